"""The gazetteer in use: loaded, searched in any script, and replaced by a newer one that keeps what records name."""

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.folding import fold
from gateway import clock, db, gazetteer
from gateway.services import places
from gateway.services.bridge import plain
from gateway.services.place_codes import PlaceCodes
from gateway.services.places import Loaded, Origin
from gateway.services.unfit import Unfit
from tests.integration.operation import Operation

ORIGIN = Origin("A publisher", "CC BY", date(2026, 1, 2))
FIRST = (
    "ADM1_EN,ADM1_UR,ADM1_MY,ADM1_PCODE,ADM2_EN,ADM2_UR,ADM2_PCODE\n"
    "North Hill,شمالی پہاڑ,မြောက်,T1,Old Market,پرانا بازار,T101\n"
    "North Hill,شمالی پہاڑ,မြောက်,T1,=2+3,,T102\n"
    "South,جنوب,တောင်,T2,,,\n"
)


def read(text: str) -> tuple[gazetteer.Place, ...]:
    table = gazetteer.table(text.encode())
    found = gazetteer.read(table, gazetteer.guess(table.header))
    assert found.faults == ()
    return found.places


@pytest.fixture
def opened(settings: object) -> Iterator[sa.Connection]:
    engine = db.engine(settings)
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


def load(connection: sa.Connection, text: str) -> Loaded:
    return places.load(connection, read(text), ORIGIN, content=text.encode(), by=None, now=clock.now())


def codes(connection: sa.Connection, text: str, language: str = "eng") -> list[str]:
    return [found.pcode for found in places.search(connection, text, language=language)]


def test_a_file_is_loaded_with_its_origin(opened: sa.Connection) -> None:
    assert load(opened, FIRST) == Loaded(4, 0, 0, 0)
    row = places.latest(opened)
    assert (row.source, row.licence, row.dated, row.areas) == ("A publisher", "CC BY", date(2026, 1, 2), 4)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("north", ["T1"]),
        ("HILL", ["T1"]),
        ("شمالي", ["T1"]),  # with the Arabic letter yeh
        ("بازار", ["T101"]),
        ("တောင်", ["T2"]),
        ("t101", ["T101"]),
        ("orth", []),
        ("%", []),
        ("", []),
        ("2+3", ["T102"]),
    ],
)
def test_a_place_is_found_by_the_beginning_of_a_word_in_any_script(
    asked: str, found: list[str], opened: sa.Connection
) -> None:
    load(opened, FIRST)
    assert codes(opened, asked) == found


def test_a_place_stands_below_its_parent_in_the_readers_language(opened: sa.Connection) -> None:
    load(opened, FIRST)
    highest = places.below(opened, None, language="urd")
    assert {place.name: place.below for place in highest} == {"شمالی پہاڑ": 2, "جنوب": 0}
    inside = places.below(opened, "T1", language="urd")
    assert {place.name: place.path for place in inside} == {
        "پرانا بازار": ("شمالی پہاڑ",),
        "=2+3": ("شمالی پہاڑ",),
    }


def test_a_newer_file_retires_what_records_name_and_drops_the_rest(
    opened: sa.Connection, operation: Operation
) -> None:
    load(opened, FIRST)
    opened.execute(
        sa.text(
            "INSERT INTO office (id, organisation_id, name, area) VALUES (gen_random_uuid(), :o, 'x', 'T101')"
        ),
        {"o": operation.id},
    )
    newer = "code,parent,name\nT2,,South\nT201,T2,Bridge\n"
    assert places.expected(opened, read(newer)) == Loaded(1, 1, 2, 1)
    assert load(opened, newer) == Loaded(1, 1, 2, 1)
    assert codes(opened, "old market") == []
    kept = places.place(opened, "T101", language="eng")
    assert kept is not None
    assert (kept.retired, kept.path) == (True, ("North Hill",))
    assert places.place(opened, "T102", language="eng") is None
    assert load(opened, FIRST).added == 3, "a place that comes back is no longer retired"
    back = places.place(opened, "T101", language="eng")
    assert back is not None
    assert not back.retired


def test_without_licence_or_source_nothing_is_loaded(opened: sa.Connection) -> None:
    with pytest.raises(Unfit, match="licence"):
        places.load(
            opened, read(FIRST), Origin("x", " ", date(2026, 1, 1)), content=b"", by=None, now=clock.now()
        )
    with pytest.raises(Unfit, match="file"):
        places.load(opened, (), ORIGIN, content=b"", by=None, now=clock.now())


@pytest.fixture
def operation(settings: object, ring: object) -> Iterator[Operation]:
    made = Operation(settings, ring)
    yield made
    made.drains.close()


def test_twenty_thousand_places_are_loaded_within_seconds(opened: sa.Connection) -> None:
    rows = [f"C{at},{f'C{at // 10}' if at > 9 else ''},Place {at}" for at in range(20_000)]
    began = clock.now()
    assert load(opened, "code,parent,name\n" + "\n".join(rows)).added == 20_000
    assert codes(opened, "place 19999") == ["C19999"]
    assert (clock.now() - began).total_seconds() < 60


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12).filter(
            fold
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_name_finds_its_place(opened: sa.Connection, names: list[str]) -> None:
    with opened.begin_nested() as point:
        found = [gazetteer.Place(f"P{at}", None, 1, {"eng": name}, at) for at, name in enumerate(names)]
        places.load(opened, found, ORIGIN, content=b"", by=None, now=clock.now())
        for at, name in enumerate(names):
            assert f"P{at}" in codes(opened, name)
        point.rollback()


def test_a_reply_finds_a_place_by_each_of_its_names_and_all_places_that_share_one(
    opened: sa.Connection,
) -> None:
    load(opened, FIRST + "East,,,T3,Old Market,,T301\n")
    codes = PlaceCodes().of(plain(opened))
    assert codes[fold("شمالی پہاڑ")] == codes[fold("North Hill")] == ("T1",)
    assert codes[fold("OLD market")] == ("T101", "T301")
    assert codes.get(fold("Nowhere")) is None
    assert len(codes) == len(set(codes)) > 5


def test_the_names_for_replies_are_read_once_and_only_when_they_are_looked_at(opened: sa.Connection) -> None:
    kept = PlaceCodes()
    kept.of(plain(opened))
    assert kept._read is None
    load(opened, FIRST)
    assert kept.of(plain(opened))[fold("South")] == ("T2",)
    load(opened, FIRST.replace("South", "Far south"))
    assert kept.of(plain(opened))[fold("South")] == ("T2",)
    assert PlaceCodes().of(plain(opened)).get(fold("South")) is None
