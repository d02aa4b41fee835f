import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.events import MessageSaid, OptionShown
from flows.rendering import GSM_BASIC, GSM_EXTENSION, as_sms, fits_one_sms, holds_numbers, units
from gateway import segments


def said(text, *labels):
    options = tuple(OptionShown(number, label.lower(), label) for number, label in enumerate(labels, 1))
    return MessageSaid("q", "q.0", text, "eng", options)


def test_options_stand_below_as_a_numbered_list():
    assert as_sms(said("Safe?", "Yes", "No")) == "Safe?\n1) Yes\n2) No"
    assert as_sms(said("Hello.")) == "Hello."


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Reply 1 to agree, 2 to refuse.", ["Yes", "No"]),
        ("Your age? 1 <18  2 18-59  3 60+", ["Under 18", "18-59", "60+"]),
        ("1 English 2 اردو", ["English", "اردو"]),
        ("جواب: ۱ ہاں ۲ نہیں", ["Yes", "No"]),
        ("1) Yes\n2) No", ["Yes", "No"]),
    ],
)
def test_numbers_that_the_words_hold_are_not_repeated(text, labels):
    assert as_sms(said(text, *labels)) == text


@pytest.mark.parametrize(
    "text",
    [
        "In the last 30 days (reply all, e.g. 1,3):",
        "Between 1-2 hours?",
        "Version 1.2",
        "2 or 1?",
        "Only 1",
        "12",
        "",
    ],
)
def test_other_numbers_are_not_taken_for_those_of_options(text):
    assert not holds_numbers(text, [1, 2])


def test_the_alphabet_has_the_sizes_of_the_standard():
    assert len(GSM_BASIC) == 127  # 128 places, one of them the escape
    assert len(GSM_EXTENSION) == 10
    assert GSM_BASIC.isdisjoint(GSM_EXTENSION)


@pytest.mark.parametrize(
    ("text", "taken", "allowed"),
    [
        ("Hello", 5, 160),
        ("[é]", 5, 160),
        ("€^{}", 8, 160),
        ("", 0, 160),
        ("سلام", 4, 70),
        ("ok’s", 4, 70),
        ("ç", 1, 70),
        ("😀", 2, 70),
        ("a😀", 3, 70),
    ],
)
def test_units_are_counted_as_the_standard_does(text, taken, allowed):
    assert units(text) == (taken, allowed)


def test_one_segment_is_160_or_70_units():
    assert fits_one_sms("a" * 160)
    assert not fits_one_sms("a" * 161)
    assert fits_one_sms("[" * 80)
    assert not fits_one_sms("[" * 81)
    assert fits_one_sms("ا" * 70)
    assert not fits_one_sms("ا" * 71)
    assert not fits_one_sms("😀" * 36)


_LETTERS = st.text(st.sampled_from("aé[€\nçسم😀e\u0301\u200c") | st.characters(), max_size=170)


@given(_LETTERS, st.sampled_from(["", "a" * 150, "[" * 75, "ا" * 66]))
def test_the_count_is_that_of_the_gateway(text, before):
    assert units(before + text)[0] == segments.units(before + text)
    assert fits_one_sms(before + text) == (segments.size(before + text).segments <= 1)


@given(st.text())
def test_any_text_can_be_counted(text):
    taken, allowed = units(text)
    assert taken >= len(unicodedata.normalize("NFC", text))
    assert allowed in {70, 160}
