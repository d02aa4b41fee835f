"""How to walk every route as every role: a valid value for each part of an address, and forms that say something."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flask import Flask

from gateway.models.staff import Role
from gateway.web import access
from gateway.web.access import Object, Rule
from tests.integration.web.visitors import Visitor, World

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
)
QUERIES: Mapping[str, str] = {"staff.messages": "?status=failed"}


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
            # What is one's own is there for its owner alone, whatever the role: its own tests look at it.
            if asked.object not in {Object.SELF, Object.API}:
                yield Way(rule.endpoint, method, rule.rule, asked)


def go(visitor: Visitor, way: Way, path: str):
    if way.method == "GET":
        return visitor.get(path)
    return visitor.post(path, **FORMS.get(way.endpoint, {}))


def _own_phone(world: World, visitor: Visitor) -> str:
    answer = visitor.post("/simulator")
    if answer.status_code != 303:
        return "0190aaaa-0000-7000-8000-000000000000"
    return answer.headers["Location"].rpartition("/")[2].partition("#")[0]


# Where a part of an address is no field of World: what makes a value for it, by endpoint.
MADE: Mapping[str, Callable[[World, Visitor], object]] = {
    "staff.phone": _own_phone,
    "staff.talk": _own_phone,
    "staff.audit_line": lambda *_: 1,
}
