"""The wall, tried from outside and from inside: whatever a partner asks for, no row of another organisation shows.

Canary strings stand in every table of the other organisation: in columns of text as they are, in sealed ones beneath
the seal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from gateway import clock, db, ids
from gateway.db import DatabaseRole
from gateway.models import Base
from gateway.models.staff import Role
from gateway.services import api_keys
from tests.integration.core.test_walls import NOBODYS
from tests.integration.operation import Operation
from tests.integration.web import visitors
from tests.integration.web.visitors import Visitor, World, account, signed_in, transaction

CANARY = "kingfisher"
# Organisations know one another's names: agreements and referrals need that.
KNOWN_TO_ALL = {"organisation"}


@dataclass
class Neighbours:
    """An organisation full of canaries, and a partner who asks."""

    other: Operation
    known: list[UUID]  # every id of the other organisation
    partners: dict[Role, Visitor]
    secret: str
    app: Flask


@pytest.fixture(scope="module")
def neighbours(app: Flask, world: World, operation: Operation) -> Iterator[Neighbours]:
    other = world.operation
    fill(other)
    partner = Operation(other.settings, other.ring)
    people = {
        role: signed_in(app, partner, account(partner, role))
        for role in (Role.PARTNER, Role.SENSITIVE_FOCAL_POINT, Role.ADMIN, Role.DATA_PROTECTION_OFFICER)
    }
    with transaction(partner) as connection:
        _, secret = api_keys.create(
            connection,
            partner.id,
            name="A program",
            scopes=list(api_keys.Scope),
            lasts=api_keys.LONGEST_LIFE,
            by=account(partner, Role.TRANSLATOR),
            now=clock.now(),
        )
    yield Neighbours(other, every_id(other), people, secret, app)
    partner.drains.close()


def fill(other: Operation) -> None:
    """Write the canary into what people said and are called, and into every plain name."""
    visitors.says(other, "PROBLEM", f"the {CANARY} bridge is broken", urn="tel:+923005550777")
    account(other, Role.COMMUNITY_STAFF, email=f"{CANARY}@example.org")
    with other.connect() as connection:
        for table, column in (
            ("channel", "name"),
            ("contact_group", "name"),
            ("flow", "title"),
            ("flow_problem", "detail"),
            ("office", "name"),
            ("survey_round", "name"),
            ("team", "name"),
        ):
            query = sql.SQL("UPDATE {} SET {} = {} || ' ' || {} WHERE organisation_id = {}").format(
                sql.Identifier(table),
                sql.Identifier(column),
                sql.Literal(CANARY),
                sql.Identifier(column),
                sql.Literal(other.id),
            )
            connection.execute(query)
        connection.commit()


def every_id(other: Operation) -> list[UUID]:
    found: list[UUID] = []
    for name, table in Base.metadata.tables.items():
        if "organisation_id" in table.c and "id" in table.c:
            query = f"SELECT id FROM {name} WHERE organisation_id = %s LIMIT 20"
            found += [row[0] for row in other.rows(query, other.id) if isinstance(row[0], UUID)]
    return found


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Every address that asks for a role or a key, by method."""
    return sorted(
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in {"GET", "POST"} & (rule.methods or set())
        if rule.endpoint.startswith(("staff.", "api.")) and rule.endpoint not in LEAVES
    )


# What would end the session, so that nothing more could be asked.
LEAVES = {"staff.sign_out", "staff.end_sessions", "staff.end_others", "staff.choose_language"}
QUERIES = (
    "",
    "?page=2",
    f"?name={CANARY}",
    f"?q={CANARY}",
    "?stage=closed",
    "?status=failed",
    "?part=live",
    "?size=200",
)

requests = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(QUERIES), st.integers(0, 3)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=requests)
def test_no_sequence_of_requests_shows_a_row_of_another_organisation(
    neighbours: Neighbours, asked: list[tuple[int, int, str, int]]
) -> None:
    ways = addresses(neighbours.app)
    people = list(neighbours.partners.values())
    for which, whose, query, who in asked:
        method, rule = ways[which % len(ways)]
        known = neighbours.known[whose % len(neighbours.known)]
        path = visitors_path(rule, known) + query
        text = go(neighbours, people[who], method, path, known)
        assert CANARY not in text.replace(f"={CANARY}", "").replace(f'value="{CANARY}"', ""), (method, path)


def visitors_path(rule: str, known: UUID) -> str:
    from tests.integration.web.walk import PART

    return PART.sub(lambda match: "operation" if match[1] == "step" else str(known), rule)


def go(neighbours: Neighbours, visitor: Visitor, method: str, path: str, known: UUID) -> str:
    if path.startswith("/api/"):
        headers = {"Authorization": f"Bearer {neighbours.secret}"}
        return neighbours.app.test_client().get(path, headers=headers).text
    if method == "GET":
        return visitor.get(path).text
    form = dict.fromkeys(
        ("id", "ids", "heir", "office", "members", "receiver", "team", "staff", "contact"), str(known)
    )
    return visitor.post(path, **form, answer="agree", reason="x", do="load").text


def test_every_detail_of_the_other_is_not_there_by_any_address(neighbours: Neighbours) -> None:
    for visitor in neighbours.partners.values():
        for method, rule in addresses(neighbours.app):
            if method != "GET" or "<" not in rule or rule.startswith("/api/"):
                continue
            for known in neighbours.known[::25]:
                assert CANARY not in visitor.get(visitors_path(rule, known)).text


def test_what_was_done_by_the_partner_changed_nothing_of_the_other(neighbours: Neighbours) -> None:
    other = neighbours.other
    assert other.one("SELECT active FROM organisation WHERE id = %s", other.id)
    assert other.one("SELECT count(*) FROM staff WHERE organisation_id = %s AND NOT active", other.id) == 0


WALLED = sorted(set(Base.metadata.tables) - NOBODYS - KNOWN_TO_ALL)


@pytest.mark.parametrize("table", WALLED)
def test_sql_itself_returns_no_row_of_another_organisation(table: str, neighbours: Neighbours) -> None:
    """Bound to one organisation, every row that PostgreSQL shows leads up to it."""
    stranger = ids.new()
    with db.connect(neighbours.other.settings) as connection:
        connection.execute(
            "INSERT INTO organisation (id, code, name) VALUES (%s, %s, 'Empty')",
            [stranger, f"empty-{stranger.hex}"],
        )
        connection.commit()
    with db.connect(neighbours.other.settings, role=DatabaseRole.PAGES) as connection:
        connection.execute("SELECT set_config('paigham.organisation', %s, false)", [str(stranger)])
        connection.execute("SELECT set_config('paigham.sealed', 'on', false)")
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        row = connection.execute(query).fetchone()
        connection.rollback()
    assert row == (0,)


def test_the_canaries_are_there_for_their_own_people(
    neighbours: Neighbours, app: Flask, world: World
) -> None:
    own = signed_in(app, world.operation, world.staff[Role.SENSITIVE_FOCAL_POINT])
    assert CANARY in own.get("/rounds").text
    assert CANARY in signed_in(app, world.operation, world.staff[Role.ADMIN]).get("/offices").text
    with transaction(world.operation) as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM office WHERE name LIKE 'kingfisher%'"))
