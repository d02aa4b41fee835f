"""The rest of the invented operation: places, a partner with cases of its own, agreements, teams and duties."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from flows.folding import fold
from gateway import ids
from gateway.crypto import Keyring
from gateway.db import Connection
from gateway.fakes.people import phrases
from gateway.models.staff import Role
from gateway.services import cases, inbox
from gateway.services.batch import Batch

ZONE = "Asia/Karachi"
PARTNER = "demo-partner"
PARTNER_PEOPLE = 24
PARTNER_CASES = 9
PARTNER_PREFIX = "+92301"

SOURCE = "Invented for the demonstration"
LICENCE = "None needed: the codes are not official"
# Code, level, parent, name, and the name in Urdu.
AREAS = (
    ("PK", 0, None, "Pakistan", "پاکستان"),
    ("PK2", 1, "PK", "Balochistan", "بلوچستان"),
    ("PK5", 1, "PK", "Khyber Pakhtunkhwa", "خیبر پختونخوا"),
    ("PK226", 2, "PK2", "Quetta", "کوئٹہ"),
    ("PK212", 2, "PK2", "Pishin", "پشین"),
    ("PK528", 2, "PK5", "Peshawar", "پشاور"),
    ("PK511", 2, "PK5", "Haripur", "ہری پور"),
    ("PK525", 2, "PK5", "Nowshera", "نوشہرہ"),
)

# Team, and the roles whose members it has.
TEAMS = (
    ("Community team, Peshawar", (Role.COMMUNITY_STAFF, Role.TRANSLATOR)),
    ("Protection team", (Role.PROTECTION_REVIEWER,)),
    ("Focal points", (Role.SENSITIVE_FOCAL_POINT,)),
)
ON_DUTY = "Protection team"
SHIFT_DAYS = 10  # the days after these stand empty, so that the roster has a gap to show


def furnish(connection: Connection, ring: Keyring, lead_id: UUID, *, now: datetime) -> UUID:
    """Write places, the partner and the agreements, once; returns the partner's id.

    A demonstration that was made before there were partners gets them too.
    """
    known = connection.execute("SELECT id FROM organisation WHERE code = %s", [PARTNER]).fetchone()
    if known is not None:
        partner_id: UUID = known[0]
        return partner_id
    connection.execute("UPDATE organisation SET lead = true WHERE id = %s", [lead_id])
    connection.execute(
        "INSERT INTO operation (id, name, country, timezone, languages, set_up_at) VALUES (%s, %s, 'PK', %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [ids.new(), "Demo operation", ZONE, Jsonb(["pus", "prs", "urd", "arb", "eng"]), now],
    )
    _gazetteer(connection, now)
    connection.execute(
        "INSERT INTO office_area (office_id, pcode) SELECT id, area FROM office WHERE organisation_id = %s",
        [lead_id],
    )
    partner_id = _partner(connection, ring, now)
    _agree(connection, partner_id, lead_id, now)
    return partner_id


def _gazetteer(connection: Connection, now: datetime) -> None:
    gazetteer_id = ids.new()
    digest = hashlib.sha256(repr(AREAS).encode()).hexdigest()
    connection.execute(
        "INSERT INTO gazetteer (id, source, licence, dated, digest, areas) VALUES (%s, %s, %s, %s, %s, %s)",
        [gazetteer_id, SOURCE, LICENCE, now.date(), digest, len(AREAS)],
    )
    for code, level, parent, name, urdu in AREAS:
        connection.execute(
            "INSERT INTO area (pcode, gazetteer_id, level, parent, name, names, folded)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [code, gazetteer_id, level, parent, name, Jsonb({"urd": urdu}), fold(name)],
        )
        connection.execute(
            "INSERT INTO area_name (pcode, language, folded) VALUES (%s, 'urd', %s)", [code, fold(urdu)]
        )


def _partner(connection: Connection, ring: Keyring, now: datetime) -> UUID:
    organisation_id, office_id = ids.new(), ids.new()
    connection.execute(
        "INSERT INTO organisation (id, code, name, kind, hotline) VALUES (%s, %s, %s, 'partner', %s)",
        [organisation_id, PARTNER, "Demo partner", "0800 555 020"],
    )
    connection.execute(
        "INSERT INTO office (id, organisation_id, code, name, kind, timezone, area)"
        " VALUES (%s, %s, 'HRP', 'Haripur site', 'site', %s, 'PK511')",
        [office_id, organisation_id, ZONE],
    )
    connection.execute("INSERT INTO office_area (office_id, pcode) VALUES (%s, 'PK511')", [office_id])
    dice = random.Random(PARTNER)
    for place in range(PARTNER_PEOPLE):
        language = ("pus", "prs", "urd")[place % 3]
        urn = f"tel:{PARTNER_PREFIX}{place:07d}"
        contact_id, _ = inbox.know(connection, ring, organisation_id, urn, name="Mina", language=language)
        if place < PARTNER_CASES:
            at = now - timedelta(hours=dice.randint(1, 40))
            _case(connection, ring, organisation_id, contact_id, language, dice, at)
    connection.execute(
        "UPDATE grievance SET office_id = %s WHERE organisation_id = %s", [office_id, organisation_id]
    )
    return organisation_id


def _case(
    connection: Connection,
    ring: Keyring,
    organisation_id: UUID,
    contact_id: UUID,
    language: str,
    dice: random.Random,
    at: datetime,
) -> None:
    batch = Batch()
    words = dice.choice(phrases()[language].complaints)
    opening = cases.Opening(organisation_id, contact_id, "twilio", language, words, None, None, sealed=False)
    cases.open_case(batch, ring, opening, acknowledged=True, now=at)
    batch.write(connection)


def _agree(connection: Connection, partner_id: UUID, lead_id: UUID, now: datetime) -> None:
    """One agreement that counts, and one that ended last month."""
    today = now.date()
    for objects, since, until in ((["grievance"], -60, 120), (["survey"], -200, -30)):
        connection.execute(
            "INSERT INTO agreement (id, giver_id, receiver_id, kind, reference, purpose, objects, highest, valid_from,"
            " valid_until) VALUES (%s, %s, %s, 'data_sharing', %s, %s, %s, 'S1', %s, %s)",
            [
                ids.new(),
                partner_id,
                lead_id,
                f"DSA-{today.year}-{1 + (until < 0)}",
                "To answer complaints about services that both run",
                Jsonb(objects),
                today + timedelta(days=since),
                today + timedelta(days=until),
            ],
        )


def assign(
    connection: Connection, organisation_id: UUID, staff: Mapping[Role, Sequence[UUID]], *, now: datetime
) -> None:
    """Put the invented members of staff into teams, and one team on duty; what is there stays."""
    for name, roles in TEAMS:
        team_id = _team(connection, organisation_id, name)
        members = [staff_id for role in roles for staff_id in staff.get(role, ())]
        for place, staff_id in enumerate(members):
            connection.execute(
                "INSERT INTO team_member (team_id, staff_id, lead) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [team_id, staff_id, place == 0],
            )
        if name == ON_DUTY and members:
            _shifts(connection, organisation_id, team_id, members, now)


def _team(connection: Connection, organisation_id: UUID, name: str) -> UUID:
    connection.execute(
        "INSERT INTO team (id, organisation_id, office_id, name) VALUES (%s, %s,"
        " (SELECT id FROM office WHERE organisation_id = %s ORDER BY id LIMIT 1), %s) ON CONFLICT DO NOTHING",
        [ids.new(), organisation_id, organisation_id, name],
    )
    row = connection.execute(
        "SELECT id FROM team WHERE organisation_id = %s AND name = %s", [organisation_id, name]
    ).fetchone()
    assert row is not None  # noqa: S101 - it was written just now
    found: UUID = row[0]
    return found


def _shifts(
    connection: Connection, organisation_id: UUID, team_id: UUID, members: Sequence[UUID], now: datetime
) -> None:
    """Days and nights from today on, taken in turns."""
    today = datetime.combine(now.astimezone(ZoneInfo(ZONE)).date(), time(8), ZoneInfo(ZONE))
    for turn in range(2 * SHIFT_DAYS):
        begins = today + timedelta(hours=12 * turn)
        on_duty = members[turn % len(members)]
        backup = members[(turn + 1) % len(members)]
        connection.execute(
            "INSERT INTO shift (id, organisation_id, team_id, staff_id, backup_id, starts_at, ends_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                ids.new(),
                organisation_id,
                team_id,
                on_duty,
                None if backup == on_duty else backup,
                begins,
                begins + timedelta(hours=12),
            ],
        )
