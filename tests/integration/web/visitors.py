"""Who visits the pages in tests, and the people whose conversations they look at."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import redis
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import flows
from gateway import clock, db, ids
from gateway.channels.base import Received
from gateway.models.staff import Role, RoleChange
from gateway.services import (
    agreements,
    api_keys,
    audit,
    glossary,
    inbox,
    members,
    overrides,
    places,
    sign_in,
    staff,
    triggers,
)
from gateway.services.agreements import Terms
from tests.integration.operation import Operation

TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
NAME, NUMBER = "Zarghuna Canary", "+923005550111"
WORDS = "the lantern in block seven is broken"
SENSITIVE = "the guard at the gate shouts at my brother"
DISCLOSED = "the man at the distribution wants me to sleep with him before he gives food"


@dataclass
class Visitor:
    """A browser without a screen. Forms carry the token of the page they come from."""

    client: FlaskClient
    staff_id: UUID | None = None  # None: a stranger

    @property
    def owner(self) -> UUID:
        """Whose account this is."""
        assert self.staff_id is not None
        return self.staff_id

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def token(self) -> str:
        found = TOKEN.search(self.client.get("/nowhere").text)
        assert found is not None
        return found[1]

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data={"form_token": self.token(), **form})


@dataclass
class World:
    """An operation with one person who complained, one whose case is sensitive, and one who disclosed."""

    operation: Operation
    contact_id: UUID
    case_id: UUID
    sensitive_id: UUID
    sealed_id: UUID
    sealed_contact_id: UUID
    round_id: UUID
    staff: dict[Role, UUID] = field(default_factory=dict)
    office_id: UUID = field(default_factory=ids.new)
    team_id: UUID = field(default_factory=ids.new)

    step: str = "operation"  # of the first set-up

    @property
    def upload_id(self) -> UUID:
        """A list of places that somebody looks at."""
        with transaction(self.operation) as connection:
            return places.keep(
                connection,
                self.operation.id,
                colleague(self, Role.IM_OFFICER),
                content=b"code,name\nX1,Hill\n",
                origin=places.Origin("A publisher", "CC BY", clock.now().date()),
                now=clock.now(),
            )

    @property
    def key_id(self) -> UUID:
        """A key of a program."""
        with transaction(self.operation) as connection:
            return api_keys.create(
                connection,
                self.operation.id,
                name="A program",
                scopes=list(api_keys.Scope),
                lasts=api_keys.LONGEST_LIFE,
                by=self.staff[Role.ADMIN],
                now=clock.now(),
            )[0]

    @property
    def agreement_id(self) -> UUID:
        """An agreement that gives another organisation nothing yet."""
        other, day = ids.new(), clock.now().date() + timedelta(days=9)
        with transaction(self.operation) as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO organisation (id, code, name, active) VALUES (:id, :code, 'Other', true)"
                ),
                {"id": other, "code": f"other-{other.hex}"},
            )
            terms = Terms(other, "letter", "L 1", "Referrals", ("grievance",), "S0", (), day, day)
            return agreements.register(connection, self.operation.id, terms, by=None, now=clock.now())

    language: str = "urd"  # of translators' pages
    text_id: str = "monitoring_services.consent.text"
    kind: str = "po"  # of a file
    text_upload_id: UUID = field(default_factory=ids.new)  # nobody's

    @property
    def term_id(self) -> UUID:
        """A word of the glossary."""
        with transaction(self.operation) as connection:
            entry = glossary.Entry("Water", "پانی")
            return glossary.save(connection, self.operation.id, "urd", entry, by=None, now=clock.now())

    @property
    def flow_id(self) -> UUID:
        """A flow that is published."""
        found: UUID = self.operation.one(
            "SELECT id FROM flow WHERE organisation_id = %s AND code = 'monitoring_services'",
            self.operation.id,
        )
        return found

    picture = "1.svg"  # of the link's first line

    @cached_property
    def trigger_id(self) -> UUID:
        """A link that begins the flow, and a line that it leads to."""
        with self.operation.connect() as connection:
            self.operation.channel(connection, "twilio", {"account_sid": "AC", "auth_token": "invented"})
            new = triggers.New(self.flow_id, triggers.Kind.LINK)
            made = triggers.make(connection, self.operation.id, new, by=None, now=clock.now())
            connection.commit()
        return made

    @property
    def override_id(self) -> UUID:
        """An exception that an author asks for, in a wording of its own."""
        wording = flows.load(
            json.dumps(
                {"spec": "paigham.flow/2", "flow": "creed", "title": "Creed", "languages": ["eng"]}
                | {"steps": [{"ask": "q", "type": "text", "text": f"What is your religion? {ids.new()}"}]}
            )
        )
        reason = "The region asked for it, and nobody else can ask."
        with transaction(self.operation) as connection:
            by = colleague(self, Role.IM_OFFICER)
            return overrides.ask(
                connection, self.flow_id, wording, reason=reason, audience="One camp", by=by, now=clock.now()
            )

    @property
    def organisation_id(self) -> UUID:
        return self.operation.id

    @property
    def staff_id(self) -> UUID:
        """A colleague whom nobody signs in as."""
        return colleague(self)

    @property
    def change_id(self) -> UUID:
        """A role that waits for a second person, asked for by nobody who visits."""
        return role_that_waits(self)


def signed_in(app: Flask, operation: Operation, staff_id: UUID) -> Visitor:
    """Open a session for an account, without its password; it counts as fully passed."""
    engine = db.engine(operation.settings)
    with engine.begin() as connection:
        secret = sign_in.open_session(connection, staff_id, passed=True, now=clock.now())
    engine.dispose()
    client = app.test_client()
    client.set_cookie("paigham", secret)
    return Visitor(client, staff_id)


@contextmanager
def transaction(operation: Operation) -> Iterator[sa.Connection]:
    """A connection as services take it, committed at a good end."""
    engine = db.engine(operation.settings)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def colleague(world: World, role: Role = Role.TRANSLATOR) -> UUID:
    """One more account."""
    return account(world.operation, role, email=f"{ids.new()}@example.org")


def role_that_waits(world: World, *, to: Role = Role.SENSITIVE_FOCAL_POINT) -> UUID:
    """Ask for a role as one administrator, for one colleague."""
    asker, person = colleague(world, Role.ADMIN), colleague(world)
    with transaction(world.operation) as connection:
        members.change_role(connection, world.operation.id, person, to=to, by=asker, now=clock.now())
        found = connection.scalar(sa.select(RoleChange.id).where(RoleChange.staff_id == person))
    assert found is not None
    return found


def place_to_work(world: World) -> None:
    """Give the organisation an office and a team."""
    with world.operation.connect() as connection:
        connection.execute(
            "INSERT INTO office (id, organisation_id, name) VALUES (%s, %s, 'Hillside')",
            [world.office_id, world.operation.id],
        )
        connection.execute(
            "INSERT INTO team (id, organisation_id, name) VALUES (%s, %s, 'Night')",
            [world.team_id, world.operation.id],
        )
        connection.commit()


def account(operation: Operation, role: Role, *, email: str = "", language: str = "eng") -> UUID:
    """Make an account without a password."""
    engine = db.engine(operation.settings)
    with engine.begin() as connection:
        made = staff.create(
            connection,
            operation.ring,
            organisation_id=operation.id,
            email=email or f"{role}.{operation.id.hex}@example.org",
            name=f"Some {role}",
            role=role,
            language=language,
        )
    engine.dispose()
    return made


def know(operation: Operation) -> None:
    with operation.connect() as connection:
        inbox.know(connection, operation.ring, operation.id, f"tel:{NUMBER}", name=NAME, language="eng")
        connection.commit()


def says(operation: Operation, *texts: str, urn: str = f"tel:{NUMBER}") -> UUID:
    for text in texts:
        received = Received(f"{urn}-{text}", urn, text)
        with operation.connect() as connection:
            stored = inbox.store(connection, operation.ring, operation.sms, received, now=clock.now())
            connection.commit()
        operation.handle()
    return stored.contact_id


def case_of(operation: Operation, contact_id: UUID) -> UUID:
    found: UUID = operation.one("SELECT id FROM grievance WHERE contact_id = %s", contact_id)
    return found


def sensitive(operation: Operation) -> UUID:
    case_id = case_of(operation, says(operation, "PROBLEM", SENSITIVE, urn="tel:+923005550112"))
    with operation.connect() as connection:
        connection.execute("UPDATE grievance SET sensitivity = 'S2' WHERE id = %s", [case_id])
        connection.commit()
    return case_id


def sealed(operation: Operation) -> tuple[UUID, UUID]:
    contact_id = says(operation, DISCLOSED, urn="tel:+923005550113")
    found = operation.one("SELECT id FROM grievance WHERE contact_id = %s AND sealed", contact_id)
    return found, contact_id


def round_of(operation: Operation) -> UUID:
    round_id = operation.round("monitoring_services")
    phones = [operation.phone(language="urd" if place % 3 else "eng") for place in range(8)]
    operation.ask(phones, "monitoring_services", round_id=round_id)
    for place, phone in enumerate(phones):
        for answer in ("1", "2", str(1 + place % 3), "1")[: 1 + place % 4]:
            phone.says(answer)
    phones[0].says("STOP")
    return round_id


def forget_requests(redis_url: str) -> None:
    """Let nobody have asked for anything yet."""
    with redis.Redis.from_url(redis_url) as connection:
        for key in connection.scan_iter(match="*paigham:limit*"):
            connection.delete(key)


def detail(operation: Operation, action: str) -> dict[str, Any]:
    """Open what the last line of the audit with this action holds for auditors."""
    seq, blob = operation.rows(
        "SELECT seq, detail_sealed FROM audit WHERE organisation_id = %s AND action = %s ORDER BY seq DESC LIMIT 1",
        operation.id,
        action,
    )[0]
    return audit.detail_of(operation.ring, operation.id, seq, bytes(blob))
