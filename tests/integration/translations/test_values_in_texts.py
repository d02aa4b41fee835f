"""A real text to a real phone: dates, numbers and places stand in it as its reader says them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from gateway import clock, db
from gateway.crypto import Keyring
from gateway.gazetteer import Place
from gateway.services import places
from gateway.services.places import Origin
from gateway.settings import Settings
from tests.integration.operation import Operation

VISIT = """\
spec: paigham.flow/1
flow: visit
title: Visit
languages: [eng, urd, prs, fra]
purpose: p
owner: im_officer
retention: survey_link
outbound: false
fields: [area]
steps:
  - ask: day
    type: date
    text: {eng: "Which day?", urd: "کون سا دن؟", prs: "کدام روز؟", fra: "Quel jour ?"}
  - ask: people
    type: integer
    text: {eng: "How many?", urd: "کتنے؟", prs: "چند؟", fra: "Combien ?"}
  - say: told
    text:
      eng: "${people} people on ${day} in ${area}"
      urd: "${area} میں ${day} کو ${people} لوگ"
      prs: "${people} نفر، ${day}، ${area}"
      fra: "${people} personnes, ${day}, ${area}"
"""
NAMES = {"eng": "Peshawar", "urd": "پشاور"}


@pytest.fixture
def afghan(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    """An operation where Dari speakers count days as in Afghanistan, with a list of places."""
    made = Operation(replace(settings, calendars="prs=solar_hijri"), ring)
    engine = db.engine(settings)
    with engine.begin() as connection:
        origin = Origin("A publisher", "CC BY", clock.now().date())
        found = [Place(code="PK201", level=0, parent=None, names=NAMES, row=2)]
        places.load(connection, found, origin, content=b"x", by=None, now=clock.now())
    engine.dispose()
    yield made
    made.drains.close()


def hears(operation: Operation, language: str, *, messenger: bool = False, area: str = "PK201") -> str:
    revision = operation.publish(VISIT)
    phone = operation.phone(language=language, messenger=messenger)
    with operation.connect() as connection:
        connection.execute("UPDATE contact SET area = %s WHERE id = %s", [area, phone.contact_id])
        connection.commit()
    operation.ask([phone], revision)
    phone.says(date(2031, 3, 9).isoformat())
    return phone.says("1200")[-1]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("eng", "1,200 people on 9 March 2031 in Peshawar"),
        ("urd", "پشاور میں 9 مارچ 2031 کو 1,200 لوگ"),
        ("prs", "1,200 نفر، 18 حوت 1409، Peshawar"),
        ("fra", "1 200 personnes, 9 mars 2031, Peshawar"),
    ],
)
def test_an_sms_says_values_in_the_readers_language_with_latin_digits(
    afghan: Operation, language: str, said: str
) -> None:
    assert hears(afghan, language) == said


def test_a_messenger_shows_the_digits_of_the_language_and_keeps_each_value_whole(afghan: Operation) -> None:
    said = hears(afghan, "urd", messenger=True)
    assert said == "\u2068پشاور\u2069 میں \u2068۹ مارچ ۲۰۳۱\u2069 کو \u2068۱٬۲۰۰\u2069 لوگ"


def test_a_place_that_nobody_knows_is_said_by_its_code(afghan: Operation) -> None:
    assert hears(afghan, "eng", area="XX9999").endswith("in XX9999")
