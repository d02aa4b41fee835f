"""How to walk every route as every role: a valid value for each part of an address, and forms that say something."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flask import Flask
from werkzeug.test import TestResponse

from gateway import clock, ids
from gateway.models.staff import Role
from gateway.services import notices, passkeys, saved_views, second_factor, sign_in
from gateway.services.notices import Event, Kind
from gateway.web import access
from gateway.web.access import Rule
from tests.integration.web.visitors import Visitor, World, transaction

PART = re.compile(r"<(?:[a-z]+:)?(\w+)>")
NOWHERE = "/nowhere-at-all"

# What a form must hold, where an empty one is answered like a page that does not exist.
FORMS: Mapping[str, Mapping[str, str]] = {"staff.decide": {"answer": "refuse"}}
# Whom these let in depends on more than the role (a team, a day): other tests look at that; here, whom they turn away.
MORE_THAN_ROLES = (
    "staff.roster",
    "staff.plan_roster",
    "staff.copy_week",
    "staff.remove_shift",
    "staff.hand_over",
    "staff.set_patience",
    "staff.invite_founder",
    "staff.preview_translations",
    "staff.preview_form",
    "staff.settle_reply",  # whoever changes flows and may read people's words
)
QUERIES: Mapping[str, str] = {
    "staff.messages": "?status=failed",
    "staff.keep_view": "?list=staff.rounds&query=sort%3Dname",
}


@dataclass(frozen=True)
class Way:
    """One route by one method, and its rule."""

    endpoint: str
    method: str
    address: str
    rule: Rule

    def roles(self) -> set[Role]:
        assert self.rule.object is not None
        return {role for role in Role if access.allows(role, self.rule.object, self.rule.action)}

    def path(self, world: World, visitor: Visitor) -> str:
        if self.endpoint in BEFORE:
            BEFORE[self.endpoint](world, visitor)

        def value(match: re.Match[str]) -> str:
            make = MADE.get(self.endpoint)
            made = make(world, visitor) if make else getattr(world, match[1], None)
            assert made is not None, (
                f"World needs a field {match[1]}, or walk.MADE a line, for {self.endpoint}"
            )
            return str(made)

        return PART.sub(value, self.address) + QUERIES.get(self.endpoint, "")


def ways(app: Flask) -> Iterator[Way]:
    """Every route that asks for a role, by GET and by POST."""
    for rule in app.url_map.iter_rules():
        asked = access.rule_of(app.view_functions[rule.endpoint])
        if asked is None or asked.object is None:
            continue
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            yield Way(rule.endpoint, method, rule.rule, asked)


def go(visitor: Visitor, way: Way, path: str, *, token: str | None = None) -> TestResponse:
    """Ask for a way, with a token of the visitor's forms where it is posted."""
    if way.method == "GET":
        return visitor.get(path)
    form = {"form_token": token or visitor.token(), **FORMS.get(way.endpoint, {})}
    return visitor.client.post(path, data=form)


def _own_phone(world: World, visitor: Visitor) -> str:
    answer = visitor.post("/simulator")
    if answer.status_code != 303:
        return "0190aaaa-0000-7000-8000-000000000000"
    return answer.headers["Location"].rpartition("/")[2].partition("#")[0]


def _own_passkey(world: World, visitor: Visitor) -> object:
    with transaction(world.operation) as connection:
        passkeys.add(
            connection,
            world.operation.ring,
            visitor.owner,
            credential_id=ids.new().bytes,
            public_key=b"k",
            sign_count=0,
            name="One",
        )
        return passkeys.of(connection, world.operation.ring, visitor.owner)[-1].id


def _own_session(world: World, visitor: Visitor) -> object:
    with transaction(world.operation) as connection:
        sign_in.open_session(connection, visitor.owner, passed=True, now=clock.now())
        return sign_in.sessions(connection, visitor.owner, now=clock.now())[0].id


def _own_view(world: World, visitor: Visitor) -> object:
    ring, owner = world.operation.ring, visitor.owner
    with transaction(world.operation) as connection:
        saved_views.keep(connection, ring, owner, "staff.rounds", query="sort=name", name="Mine")
        return saved_views.of_list(connection, ring, owner, "staff.rounds")[0].id


def _own_notice(world: World, visitor: Visitor) -> object:
    told = Event(
        Kind.HANDED_OVER,
        f"grievance {world.case_id}",
        "P3",
        world.operation.id,
        [visitor.owner],
        occasion=ids.new().hex,
    )
    with transaction(world.operation) as connection:
        notices.raise_all(connection, [told], now=clock.now())
        told_to_them, _ = notices.of(connection, visitor.owner)
        return told_to_them[0].id


def _own_app(world: World, visitor: Visitor) -> None:
    with transaction(world.operation) as connection:
        second_factor.keep_totp(connection, world.operation.ring, visitor.owner, "secret", counter=1)


# What somebody must have, where a way is answered like a page that does not exist without it.
BEFORE: Mapping[str, Callable[[World, Visitor], object]] = {
    "staff.remove_app": _own_app,
    "staff.renew_codes": _own_passkey,
}
# Where a part of an address is no field of World: what makes a value for it, by endpoint.
MADE: Mapping[str, Callable[[World, Visitor], object]] = {
    "staff.phone": _own_phone,
    "staff.talk": _own_phone,
    "staff.audit_line": lambda *_: 1,
    "staff.remove_passkey": _own_passkey,
    "staff.end_session": _own_session,
    "staff.remove_view": _own_view,
    "staff.notice": _own_notice,
}
