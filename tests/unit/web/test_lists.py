"""Lists: what an address may ask, and the addresses that a list gives."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import NotFound

from gateway.services.listing import Part
from gateway.web import lists
from gateway.web.lists import Asked, Choice, Column, Day, Flag, Kind, Listed

KIND = Kind(
    "things",
    columns=(
        Column("name", "Name", sortable=True),
        Column("at", "Time", sortable=True, first="desc"),
        Column("note", "Note"),
    ),
    filters=(
        Choice("stage", "Stage", ("new", "old"), "new", tabs=True),
        Choice("colour", "Colour", ("red", "blue"), name_of=str.upper),
        Choice("code", "Code"),
        Flag("mine", "Mine"),
        Day("since", "Since"),
    ),
    sort="at",
    direction="desc",
)
TEXTS = st.text(max_size=90)
NAMES = st.sampled_from(
    ["sort", "direction", "page", "stage", "colour", "code", "mine", "since", "more", "q"]
)


@pytest.fixture(autouse=True)
def request_() -> Iterator[None]:
    with _app().test_request_context():
        yield


def _app() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/things", "things", lambda: "")
    return app


def shown(**asked: str) -> Listed[int]:
    return KIND.show(KIND.asked(asked), [1, 2], more=True, code=["x", "y"])


def asked_by(url: str) -> Asked:
    return KIND.asked(dict(parse_qsl(urlsplit(url).query)))


def test_a_list_that_nobody_asks_for_comes_as_it_is_declared():
    listed = shown()
    assert (listed.sort, listed.direction, listed.page) == ("at", "desc", 1)
    assert listed.asked.values == {"stage": "new"}
    assert (listed.query, listed.url(), listed.narrowed) == ("", "/things", False)
    assert (listed.asked.part.sort, listed.asked.part.descending, listed.asked.part.page) == ("at", True, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sort": "note"},
        {"sort": "password"},
        {"direction": "sideways"},
        {"sort": "name", "direction": "up"},
        {"stage": "all"},
        {"colour": "red' OR 1=1"},
        {"code": "a b"},
        {"code": "x" * 65},
        {"mine": "yes"},
        {"since": "2026-02-30"},
        {"since": "20260201"},
        {"since": "2026-W05-1"},
    ],
)
def test_what_a_list_does_not_offer_does_not_exist(wrong: dict[str, str]):
    with pytest.raises(NotFound):
        KIND.asked(wrong)


@pytest.mark.parametrize(
    ("text", "page"), [("", 1), ("abc", 1), ("0", 1), ("-3", 1), ("²", 1), ("7", 7), ("9" * 5000, 200)]
)
def test_a_page_beyond_the_list_is_its_last_or_first(text: str, page: int):
    assert KIND.asked({"page": text}).page == page


def test_a_change_leads_to_the_first_page_and_keeps_the_rest():
    listed = shown(colour="red", sort="name", page="3")
    assert listed.url(page=4) == "/things?colour=red&sort=name&direction=asc&page=4"
    assert listed.url() == "/things?colour=red&sort=name&direction=asc&page=3"
    assert listed.url(colour="blue") == "/things?colour=blue&sort=name&direction=asc"
    assert listed.url(colour=None) == "/things?sort=name&direction=asc"
    assert listed.url(stage="old") == "/things?colour=red&sort=name&direction=asc&stage=old"
    assert listed.plain_url() == "/things?sort=name&direction=asc"


def test_a_column_turns_round_when_it_is_sorted_by_already():
    name, at, _ = KIND.columns
    assert shown().sort_url(name) == "/things?sort=name&direction=asc"
    assert shown(sort="name").sort_url(name) == "/things?sort=name&direction=desc"
    assert shown(sort="name").sort_url(at) == "/things"
    assert shown().sort_url(at) == "/things?sort=at&direction=asc"


def test_tabs_and_fields_are_told_apart():
    listed = shown(stage="old", colour="red")
    assert listed.tabs() == [
        ("/things?colour=red", "new", False),
        ("/things?stage=old&colour=red", "old", True),
    ]
    fields = {item.name: (value, choices) for item, value, choices in listed.fields()}
    assert fields["colour"] == ("red", [("red", "RED"), ("blue", "BLUE")])
    assert fields["code"] == ("", [("x", "x"), ("y", "y")])
    assert set(fields) == {"colour", "code", "mine", "since"}
    assert listed.hidden == {"stage": "old"}
    assert listed.narrowed


def test_a_view_keeps_what_the_list_offers_and_not_the_page():
    assert KIND.query("page=4&colour=red&sort=name&q=Zarghuna&stage=new") == (
        "colour=red&sort=name&direction=asc"
    )
    with pytest.raises(NotFound):
        KIND.query("colour=Zarghuna")


@given(st.dictionaries(NAMES, TEXTS))
def test_any_address_is_answered_or_does_not_exist(given_: dict[str, str]):
    with _app().test_request_context():
        try:
            listed = KIND.show(KIND.asked(given_), [], more=False)
        except NotFound:
            return
        assert asked_by(listed.url()) == listed.asked
        again = KIND.query(listed.query)
        assert again == listed.query
        assert "q=" not in again


@given(st.dates())
def test_every_day_can_be_asked_for(day: date):
    with _app().test_request_context():
        assert KIND.asked({"since": day.isoformat()}).value("since") == day.isoformat()


def test_what_was_chosen_are_ids_each_once_and_not_too_many():
    one, two = "0190aaaa-0000-7000-8000-000000000001", "0190aaaa-0000-7000-8000-000000000002"

    def chosen(*ids: str) -> list[str]:
        with _app().test_request_context("/things", method="POST", data={"id": list(ids)}):
            return [str(found) for found in lists.chosen()]

    assert chosen() == []
    assert chosen(two, one, two) == [two, one]
    for wrong in (["x"], [one, ""], [one] * 201):
        with pytest.raises(NotFound):
            chosen(*wrong)


@given(
    st.lists(st.tuples(st.integers(), st.none() | st.integers(0, 9)), max_size=40),
    st.integers(1, 7),
    st.sampled_from(["asc", "desc"]),
)
def test_the_pages_of_rows_at_hand_are_the_whole_list_in_order_unknown_ones_last(
    rows: list[tuple[int, int | None]], size: int, direction: str
) -> None:
    found: list[tuple[int, int | None]] = []
    number, more = 1, True
    while more:
        part = Part("figure", direction == "desc", number, size)
        shown, more = part.of_rows(rows, {"name": lambda row: row[0], "figure": lambda row: row[1]})
        assert len(shown) == size or not more
        found += shown
        number += 1
    assert sorted(found, key=repr) == sorted(rows, key=repr)
    known = [row[1] for row in found if row[1] is not None]
    assert known == sorted(known, reverse=direction == "desc")
    assert [row[1] for row in found[len(known) :]] == [None] * (len(rows) - len(known))
