import pytest
from form_builders import read
from hypothesis import given
from hypothesis import strategies as st

from flows.checks.lengths import measured, proposals, segments, tally
from flows.rendering import units
from gateway import segments as gateway_segments

LONG = "Which of these places did the people of your household go to for water during the last seven days"


def form(survey, choices=""):
    return read(survey, choices).flow


def one(survey, choices=""):
    (found,) = proposals(form(survey, choices))
    return found


@given(st.text(st.sampled_from("abc {}[]^€ñچ😀ہ\n’é1"), min_size=1, max_size=400))
def test_segments_are_those_that_the_gateway_sends(text):
    assert segments(text) in {
        gateway_segments.count(text).segments,
        gateway_segments.count(text).segments - 1,
    }


@pytest.mark.parametrize(
    ("text", "needed"), [("a" * 160, 1), ("a" * 161, 2), ("ہ" * 70, 1), ("ہ" * 71, 2), ("ہ" * 135, 3)]
)
def test_segments_of_both_alphabets(text, needed):
    assert segments(text) == needed


def test_a_flow_is_measured_in_each_of_its_languages():
    survey = """
    | type | name | label::English (en) | label::Urdu (ur) |
    | select_one yn | a | Is there water? | کیا پانی ہے؟ |
    | note | b | Thank you | |
    """
    choices = """
    | list_name | name | label::English (en) | label::Urdu (ur) |
    | yn | yes | Yes | ہاں |
    | yn | no | No | |
    """
    english, urdu = tally(form(survey, choices))
    assert (english.texts, english.missing, english.encoding, english.segments) == (4, 0, "GSM-7", 2)
    assert (urdu.texts, urdu.missing, urdu.encoding, urdu.segments) == (2, 2, "UCS-2", 1)
    assert {(row.step, row.language) for row in measured(form(survey, choices))} == {
        ("a", "eng"),
        ("b", "eng"),
        ("a", "urd"),
    }


def test_long_lists_are_not_listed():
    choices = "| list_name | name | label |\n" + "".join(
        f"| l | c{n} | A choice with many words {n} |\n" for n in range(40)
    )
    (row,) = measured(form("| type | name | label |\n| select_one l | a | Which? |", choices))
    assert row.segments == 1


def test_brackets_numbering_and_politeness_go_first():
    words = f"Q12. {LONG}? Please tell us all (read all of the answers out loud, and do not prompt)"
    found = one(f"| type | name | label |\n| text | a | {words} |")
    assert found.text == f"{LONG}? Please tell us all"
    assert (found.before, found.segments) == (2, 1)
    assert found.taken == ("numbering", "brackets")


def test_one_curly_sign_is_often_all_that_is_too_long():
    found = one(f"| type | name | label |\n| text | a | {LONG}’s end? |")
    assert (found.text, found.taken) == (f"{LONG}'s end?", ("typography",))


def test_options_move_behind_the_words():
    choices = "| list_name | name | label |\n" + "".join(f"| l | c{n} | Sp {n} |\n" for n in range(1, 9))
    found = one(f"| type | name | label |\n| select_one l | a | {LONG}? |", choices)
    assert found.text.endswith("days? 1 Sp 1 2 Sp 2 3 Sp 3 4 Sp 4 5 Sp 5 6 Sp 6 7 Sp 7 8 Sp 8")
    assert (found.taken, found.segments) == (("list",), 1)


def test_sentences_that_do_not_ask_go_last_and_none_is_cut():
    survey = f"| type | name | label |\n| text | a | {LONG}. {LONG}. How many litres? |"
    assert one(survey).text == "How many litres?"


def test_what_somebody_agrees_to_is_not_taken_out():
    survey = f"| type | name | label |\n| text | consent | {LONG}. {LONG}. Do you agree? |"
    assert list(proposals(form(survey))) == []


def test_words_in_urdu_lose_their_politeness():
    words = "براہ کرم بتائیں کہ پچھلے سات دنوں میں آپ کے گھر کے لوگ پانی لینے کہاں گئے تھے؟"
    found = one(f"| type | name | label::Urdu (ur) |\n| text | a | {words} |")
    assert found.text == words.removeprefix("براہ کرم ")
    assert (found.before, found.segments) == (2, 1)


def test_what_fits_gets_no_proposal():
    assert list(proposals(form("| type | name | label |\n| text | a | Please (really) tell us |"))) == []


@given(st.text(st.sampled_from("ab.?()1 ’\n"), min_size=1, max_size=500))
def test_a_proposal_always_takes_fewer_messages_and_says_why(words):
    flow = form("| type | name | label |\n| text | a | x |")
    text = type(flow.steps[0].text)("t", {"eng": words})
    step = type(flow.steps[0])("a", text, flow.steps[0].type)
    changed = type(flow)("f", text, ("eng",), (step,))
    for found in proposals(changed):
        assert found.segments < found.before
        assert found.taken
        assert units(found.text)[0] < units(words)[0] or units(found.text)[1] > units(words)[1]
