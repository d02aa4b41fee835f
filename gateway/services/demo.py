"""An invented operation to look at: two offices, five languages, a round under way, a queue of grievances.

Nobody in it exists. The people with phones are simulated by the fakes, which know the same numbers; see
`gateway.demo` for how both are brought together.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from gateway import ids
from gateway.crypto import Keyring
from gateway.db import Connection
from gateway.fakes.people import phrases
from gateway.models.staff import Role
from gateway.services import cases, channels, flow_store, inbox, triggers
from gateway.services.batch import CONSENTS, Batch
from gateway.services.channels import NewChannel
from gateway.services.people import FIELDS
from gateway.services.triggers import Kind, New

CODE = "demo"
LANGUAGES = ("pus", "prs", "urd", "arb", "eng")
SMS_PEOPLE = 180
TELEGRAM_PEOPLE = 100
SILENT_PEOPLE = 60  # known, consenting, and without a simulated phone
CASES = 24
RATE = 20.0  # segments a second: slow enough to watch the answers arrive

# Invented numbers: the fakes count them up from here (see gateway.fakes.crowd.Spawn).
PREFIX = "+92300"
FIRST_CHAT = 7_000_000_000
OUR_NUMBER = "+922100000000"
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "invented-token"  # noqa: S105 - a fake account's
BOT_TOKEN = "1:invented"  # noqa: S105 - a fake bot's
BOT_SECRET = "invented-secret"  # noqa: S105

# Given names only, common in each language; no one in particular is meant.
NAMES = {
    "pus": ("Zarghuna", "Palwasha", "Spozhmai", "Gulalai", "Baryalai", "Toryalai", "Mirwais", "Hewad"),
    "prs": ("Laila", "Parwin", "Fariba", "Shabnam", "Farhad", "Jawed", "Najib", "Rostam"),
    "urd": ("Sadia", "Nazia", "Shazia", "Rubina", "Imran", "Kashif", "Tariq", "Waseem"),
    "arb": ("Amal", "Huda", "Rania", "Samira", "Bilal", "Khalil", "Nabil", "Rami"),
    "eng": ("Grace", "Ruth", "Joy", "Esther", "Peter", "Daniel", "Moses", "Samuel"),
}
OFFICES = (("Peshawar", "Asia/Karachi", "PK528"), ("Quetta", "Asia/Karachi", "PK226"))
Account = tuple[str, str, Role, str]  # name, e-mail, role, language
STAFF: tuple[Account, ...] = (
    ("Demo administrator", "admin@demo.invalid", Role.ADMIN, "eng"),
    ("Second administrator", "admin2@demo.invalid", Role.ADMIN, "eng"),
    ("Demo data-protection officer", "dpo@demo.invalid", Role.DATA_PROTECTION_OFFICER, "eng"),
    ("Demo translator", "translator@demo.invalid", Role.TRANSLATOR, "eng"),
    ("Demo manager", "manager@demo.invalid", Role.VIEWER_AGGREGATE, "eng"),
    ("Demo community staff", "community@demo.invalid", Role.COMMUNITY_STAFF, "eng"),
    ("Demo protection reviewer", "protection@demo.invalid", Role.PROTECTION_REVIEWER, "eng"),
    ("Demo focal point", "focal@demo.invalid", Role.SENSITIVE_FOCAL_POINT, "eng"),
    ("Demo information manager", "im@demo.invalid", Role.IM_OFFICER, "eng"),
    ("Demo reviewer in Urdu", "urdu@demo.invalid", Role.PROTECTION_REVIEWER, "urd"),
)
PARTNER_STAFF: tuple[Account, ...] = (
    ("Partner administrator", "admin@partner.invalid", Role.ADMIN, "eng"),
    ("Partner colleague", "partner@partner.invalid", Role.PARTNER, "eng"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the invented operation's parts are."""

    organisation_id: UUID
    sms_id: UUID
    telegram_id: UUID
    round_id: UUID
    revision_id: UUID


def find(connection: Connection) -> Demo | None:
    """Return the demo when this database holds one."""
    row = connection.execute(
        "SELECT o.id, s.id, t.id, r.id, r.revision_id FROM organisation o"
        " JOIN channel s ON s.organisation_id = o.id AND s.kind = 'twilio'"
        " JOIN channel t ON t.organisation_id = o.id AND t.kind = 'telegram'"
        " JOIN survey_round r ON r.organisation_id = o.id WHERE o.code = %s ORDER BY r.id DESC LIMIT 1",
        [CODE],
    ).fetchone()
    return None if row is None else Demo(*row)


def seed(connection: Connection, ring: Keyring, *, fakes_url: str, now: datetime) -> Demo:
    """Write the invented operation; everything in one transaction of the caller's."""
    organisation_id = ids.new()
    connection.execute(
        "INSERT INTO organisation (id, code, name, hotline) VALUES (%s, %s, %s, %s)",
        [organisation_id, CODE, "Demo operation", "0800 555 010"],
    )
    offices = _offices(connection, organisation_id)
    revisions = flow_store.publish_library(connection, organisation_id)
    sms_id, telegram_id = _channels(connection, ring, organisation_id, fakes_url)
    dice = random.Random(CODE)
    people = _people(connection, ring, organisation_id, dice, now)
    _cases(connection, ring, organisation_id, people, dice, now)
    round_id = ids.new()
    revision_id = revisions["monitoring_services"]
    connection.execute(
        "INSERT INTO survey_round (id, organisation_id, office_id, revision_id, name, opens_at, closes_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            round_id,
            organisation_id,
            offices[0],
            revision_id,
            f"Services and coping, {now:%B %Y}",
            now,
            now + timedelta(days=7),
        ],
    )
    _triggers(connection, organisation_id, sms_id, now)
    return Demo(organisation_id, sms_id, telegram_id, round_id, revision_id)


# What begins the survey besides its round: words that people may send, a poster, and the first of each month.
WORDS = {"eng": ("SERVICES",), "urd": ("خدمات",), "pus": ("خدمتونه",), "arb": ("الخدمات",)}


def _triggers(connection: Connection, organisation_id: UUID, channel_id: UUID, now: datetime) -> None:
    row = connection.execute(
        "SELECT id FROM flow WHERE organisation_id = %s AND code = 'monitoring_services'", [organisation_id]
    ).fetchone()
    assert row is not None  # noqa: S101 - it was published in this transaction
    for new in (
        New(row[0], Kind.KEYWORD, words=WORDS),
        New(row[0], Kind.LINK),
        New(row[0], Kind.SCHEDULE, schedule="day 1 09:00", channel_id=channel_id),
    ):
        triggers.make(connection, organisation_id, new, by=None, now=now)


def _offices(connection: Connection, organisation_id: UUID) -> list[UUID]:
    found = []
    for name, zone, area in OFFICES:
        found.append(ids.new())
        connection.execute(
            "INSERT INTO office (id, organisation_id, name, timezone, area) VALUES (%s, %s, %s, %s, %s)",
            [found[-1], organisation_id, name, zone, area],
        )
    return found


def _channels(
    connection: Connection, ring: Keyring, organisation_id: UUID, fakes_url: str
) -> tuple[UUID, UUID]:
    sms = NewChannel(
        kind="twilio",
        name="SMS line (simulated)",
        address=OUR_NUMBER,
        config=_twilio(fakes_url),
        default_region="PK",
        default_language="urd",
        rate=RATE,
    )
    bot = NewChannel(
        kind="telegram",
        name="Telegram bot (simulated)",
        address="invented_bot",
        config=_telegram(fakes_url),
        default_language="prs",
        rate=RATE,
    )
    return (
        channels.create(connection, ring, organisation_id, sms),
        channels.create(connection, ring, organisation_id, bot),
    )


def _twilio(fakes_url: str) -> dict[str, str]:
    return {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "base_url": fakes_url}


def _telegram(fakes_url: str) -> dict[str, str]:
    return {"token": BOT_TOKEN, "secret_token": BOT_SECRET, "base_url": f"{fakes_url}/bot"}


def point_at(connection: Connection, ring: Keyring, found: Demo, fakes_url: str) -> None:
    """Point the demo's channels at fakes that listen on another port than last time."""
    channels.set_config(connection, ring, found.sms_id, _twilio(fakes_url))
    channels.set_config(connection, ring, found.telegram_id, _telegram(fakes_url))


def urns() -> dict[str, str]:
    """Every simulated person's address and language, as the fakes make them."""
    sms = {f"tel:{PREFIX}{place:07d}": LANGUAGES[place % len(LANGUAGES)] for place in range(SMS_PEOPLE)}
    chats = {f"telegram:{FIRST_CHAT + place}": _language(place) for place in range(TELEGRAM_PEOPLE)}
    silent = {f"tel:{PREFIX}{9_000_000 + place:07d}": _language(place) for place in range(SILENT_PEOPLE)}
    return sms | chats | silent


def _language(place: int) -> str:
    return LANGUAGES[place % len(LANGUAGES)]


def _people(
    connection: Connection, ring: Keyring, organisation_id: UUID, dice: random.Random, now: datetime
) -> list[tuple[UUID, str]]:
    people = []
    agreed = []
    for urn, language in urns().items():
        name = dice.choice(NAMES[language])
        contact_id, _ = inbox.know(connection, ring, organisation_id, urn, name=name, language=language)
        seen = now - timedelta(days=dice.randint(1, 60), minutes=dice.randint(0, 600))
        fields = ring.seal(FIELDS, contact_id, json.dumps({"household": dice.randint(1, 9)}))
        connection.execute(
            "UPDATE contact SET sex = %s, area = %s, fields_sealed = %s, last_seen_at = %s, created_at = %s"
            " WHERE id = %s",
            [dice.choice(["woman", "man"]), dice.choice(OFFICES)[2], fields, seen, seen, contact_id],
        )
        agreed += [
            (ids.new(), organisation_id, contact_id, purpose, True, "demo", language, "twilio", None, seen)
            for purpose in ("service_news", "surveys")
        ]
        people.append((contact_id, language))
    CONSENTS.insert(connection, agreed)
    return people


def _cases(
    connection: Connection,
    ring: Keyring,
    organisation_id: UUID,
    people: list[tuple[UUID, str]],
    dice: random.Random,
    now: datetime,
) -> None:
    """Open cases of the last days, so that some are fresh, some are due, and some are late."""
    for place, (contact_id, language) in enumerate(dice.sample(people, CASES)):
        batch = Batch()
        at = now - timedelta(minutes=dice.randint(20, 40 * 60))
        sealed = place % 12 == 0
        words = phrases()[language]
        opening = cases.Opening(
            organisation_id,
            contact_id,
            dice.choice(["twilio", "telegram"]),
            language,
            dice.choice(words.disclosures if sealed else words.complaints),
            None,
            None,
            sealed=sealed,
        )
        cases.open_case(batch, ring, opening, acknowledged=True, now=at)
        batch.write(connection)
