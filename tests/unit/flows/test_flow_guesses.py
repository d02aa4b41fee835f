"""Media, positions, ranges, and replies that are asked back."""

import pytest
from flow_builders import NOW, Phone, ask, flow_of
from flow_replies import answer, closed, place, reading

import flows
from flows.answers import Circumstances, Outcome, Understood, Unsure, read
from flows.events import MatchDoubted, Matched
from flows.plan import plan_of


@pytest.mark.parametrize(
    ("kind", "media", "kinds", "value"),
    [
        ("image", ("m:1",), ("image",), "m:1"),
        ("image", ("m:1", "m:2"), ("audio", "image"), "m:2"),
        ("image", ("m:1",), ("audio",), None),
        ("image", ("m:1",), (), "m:1"),
        ("audio", ("m:1",), ("audio",), "m:1"),
        ("video", ("m:1",), ("image",), None),
        ("file", ("m:1",), ("image",), "m:1"),
        ("image", (), (), None),
        ("integer", ("m:1",), ("audio",), None),
        ("select_one", ("m:1",), ("audio",), None),
    ],
)
def test_a_media_question_takes_what_it_asked_for_and_other_questions_take_words(kind, media, kinds, value):
    found = reading(flow_of(ask("need", kind)), flows.Reply(media=media, kinds=kinds))
    assert (found.value if isinstance(found, Understood) else None) == value
    assert reading(flow_of(ask("need", "image")), "a picture of it") is Outcome.UNCLEAR


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("34.0150, 71.5805", "34.01500 71.58050 0 0"),
        ("34.0150,71.5805", "34.01500 71.58050 0 0"),
        ("۳۴٫۰۱۵۰ ۷۱٫۵۸۰۵", "34.01500 71.58050 0 0"),
        ("34.0150° N, 71.5805° E", "34.01500 71.58050 0 0"),
        ("https://maps.example/maps?q=34.0150,71.5805&z=16", "34.01500 71.58050 0 0"),
        ("95.0150, 71.5805", None),
        ("behind the mill", "behind the mill"),  # a phone that can share no position may name a place
        ("  ", None),
    ],
)
def test_a_position_is_read_as_it_was_typed_or_copied(typed, value):
    found = reading(flow_of(ask("need", "location")), typed)
    assert (found.value if isinstance(found, Understood) else None) == value


def test_a_shared_position_answers_a_question_for_one():
    found = reading(flow_of(ask("need", "location")), flows.Reply(place=(34.015, 71.5805)))
    assert found == Understood("34.01500 71.58050 0 0", Matched.PLACE)
    assert reading(flow_of(ask("need", "location")), flows.Reply(place=(95.0, 0.0))) is Outcome.UNCLEAR


@pytest.mark.parametrize(
    ("typed", "code"), [("1", "OK"), ("ok", "OK"), ("جی", "OK"), ("no", None), ("what?", None)]
)
def test_an_acknowledgement_is_any_yes(typed, code):
    found = reading(flow_of(ask("need", "acknowledge")), typed)
    assert (found.value if isinstance(found, Understood) else None) == code
    pressed = reading(flow_of(ask("need", "acknowledge")), flows.Reply(choice="ok"))
    assert pressed == Understood("OK", Matched.CODE)


def test_the_range_of_a_question_makes_a_long_number_a_count_and_leaves_out_what_does_not_fit():
    wide = flow_of(ask("need", "range", range={"start": 0, "end": 10**10}))
    assert answer(wide, "9876543210") == (9876543210, Matched.VALUE)
    small = flow_of(ask("need", "range", range={"start": 1, "end": 5}))
    assert answer(small, "9876543210") == ([9876543210], Matched.VALUE)
    assert answer(small, "5 or 6") == ([5], Matched.VALUE)
    assert answer(small, "about 9") == (None, None)
    halves = flow_of(ask("need", "range", range={"start": 0, "end": 5, "step": 0.5}))
    assert answer(halves, "2.5") == (2.5, Matched.VALUE)


def test_options_that_share_a_name_are_asked_about_wherever_they_stand():
    rows = [
        {"code": "a", "label": "Old camp"},
        {"code": "b", "label": "New", "aliases": {"eng": ["old camp"]}},
    ]
    assert answer(closed(rows=rows), "old camp") == (["a", "b"], Matched.FUZZY)


def test_a_hidden_option_is_never_offered_as_a_guess():
    question = plan_of(closed()).questions["need"]
    about = Circumstances("eng", NOW.date(), lambda _: None, hidden=frozenset({1}))
    assert read(question, flows.Reply("sheltr"), about) is Outcome.UNCLEAR
    assert read(question, flows.Reply("second"), about) is Outcome.UNCLEAR
    assert read(question, flows.Reply("food or shelter"), about) == Unsure(
        (Understood("food", Matched.FUZZY, (0,)),)
    )


def test_several_places_of_one_name_are_all_offered():
    found = place(flows.Reply("Jalozai"), {"jalozai": ("PK1", "PK2"), "kabul": ("AF01",)})
    assert found == ([("PK1", "jalozai"), ("PK2", "jalozai")], Matched.FUZZY)
    assert place(flows.Reply("Kabul"), {"jalozai": ("PK1", "PK2"), "kabul": ("AF01",)}) == (
        "AF01",
        Matched.PLACE,
    )


def test_only_the_readings_that_a_question_allows_are_asked_about():
    flow = flow_of(ask("need", "date", constraint=". <= today()"))
    phone = Phone(flow).says("5 March")
    assert phone.reported(MatchDoubted) == [MatchDoubted("need", "5 March", ("2031-03-05",))]
    assert phone.says("yes").answers == {"need": "2031-03-05"}
    anyway = Phone(flow_of(ask("need", "date", constraint=". > '2040-01-01'"))).says("5 March")
    assert len(anyway.reported(MatchDoubted)[0].candidates) == 2


def test_a_slip_is_no_answer_before_the_person_says_yes():
    phone = Phone(closed()).says("sheltr")
    assert phone.answers == {}
    assert phone.says("yes").answers == {"need": "shelter"}
    assert Phone(closed()).says("sheltr", "no", "food").answers == {"need": "food"}
