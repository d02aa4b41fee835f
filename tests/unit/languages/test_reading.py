"""What holds for every reply: nothing raises, nothing takes long, and spelling changes nothing."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_replies import FOLDER, PLACES, QUESTIONS, ROWS, TODAY, of, understood

import flows
from flows.answers import MAX_REPLY, Circumstances, Outcome, Unsure, clean, read
from flows.disclosure import suspect
from flows.folding import fold
from flows.languages import SHIPPED
from flows.lists import alternatives, runs, spoken, unglued
from flows.readings import MAX_READINGS
from flows.zawgyi import as_unicode
from gateway.keywords import match

CLOSED = ("agree", "need", "needs", "seen")
DIGITS = [
    "".join(map(chr, range(code, code + 10)))
    for code in range(sys.maxunicode - 9)
    if chr(code).isdecimal() and chr(code) == chr(code) and str(int(chr(code))) == "0"
]
SENTENCES = (FOLDER / "sentences.txt").read_text(encoding="utf-8").splitlines()
MOST_CALLS = 20_000  # of Python functions, for one reply: a hundred times what an ordinary one takes
ANYTHING = st.text() | st.lists(st.sampled_from([row[3] for row in ROWS]), max_size=4).map(" ".join)


@given(ANYTHING, st.sampled_from(sorted(QUESTIONS)), st.sampled_from([*SHIPPED, "zzz"]))
def test_any_reply_to_any_question_is_read_without_an_error(text, question, language):
    about = Circumstances(language, TODAY, suspect, places=PLACES)
    reading = read(QUESTIONS[question], flows.Reply(clean(text)), about)
    if isinstance(reading, Unsure):
        values = [str(one.value) for one in reading.readings]
        assert 0 < len(values) == len(set(values)) <= MAX_READINGS


@pytest.mark.parametrize("language", SHIPPED)
@pytest.mark.parametrize("question", CLOSED)
def test_a_folded_reply_is_read_as_the_reply_itself(language, question):
    typed = [as_unicode(reply) for *_, reply in of(language, question)]
    spelled = [reply for reply in typed if re.fullmatch(r"[\w\s\u064b-\u065f\u200c\u102b-\u103e]+", reply)]
    assert spelled
    for reply in spelled:
        assert understood(language, question, fold(reply)) == understood(language, question, reply)


@given(st.integers(0, 99_999_999), st.sampled_from(DIGITS), st.sampled_from(DIGITS))
def test_a_number_is_the_same_in_every_script_and_in_two_at_once(number, first, second):
    digits = [(first, second)[place % 2][int(digit)] for place, digit in enumerate(str(number))]
    assert understood("eng", "people", "".join(digits)) == str(number)


def calls(read_it):
    """How many Python functions are called, once all tables are read."""
    read_it()
    count = 0

    def counted(_, event, __):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        read_it()
    finally:
        sys.setprofile(before)
    return count


HOSTILE = [
    "1" * MAX_REPLY,
    "1," * (MAX_REPLY // 2),
    "1 - " * (MAX_REPLY // 4),
    "a" * MAX_REPLY,
    "yes " * (MAX_REPLY // 4),
    "-" * MAX_REPLY,
    " \n" * (MAX_REPLY // 2),
    "و" * MAX_REPLY,
    "ေ" * MAX_REPLY,
    "\u0301" * MAX_REPLY,
    "١٢٣ و " * (MAX_REPLY // 6),
    "((((" * (MAX_REPLY // 4),
    "\u202e👍\ufe0f" * (MAX_REPLY // 3),
    "https://maps.example/?q=" + "1." * (MAX_REPLY // 3),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_a_hostile_reply_of_ten_thousand_characters_is_bounded_work(question, text):
    assert calls(lambda: understood("eng", question, text)) < MOST_CALLS


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_message_is_no_keyword_and_bounded_work(text):
    assert calls(lambda: match(text)) < MOST_CALLS * 2
    assert match(text) is None


@pytest.mark.parametrize("language", SHIPPED)
@pytest.mark.parametrize("question", ["agree", "need", "needs", "people", "since", "at", "order", "seen"])
def test_a_sentence_is_never_silently_an_answer(question, language):
    for sentence in SENTENCES:
        read_as = understood(language, question, sentence)
        assert read_as == Outcome.UNCLEAR.value or read_as.startswith("?")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_no_keyword(sentence):
    assert match(sentence) is None


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("1-3", ((1, 2, 3), (1, 3))),
        ("1-2", ((1, 2),)),
        ("1 to 3", ((1, 2, 3),)),
        ("۱ سے ۳ تک", ((1, 2, 3),)),
        ("13", ((1, 3),)),
        ("11", ()),
        ("3-1", ()),
        ("10", ()),
        ("food", ()),
    ],
)
def test_a_range_and_digits_without_a_space_are_lists_that_may_be_meant(text, lists):
    assert runs(text) == lists


def test_one_or_the_other_and_numbers_in_words_are_told_apart():
    assert alternatives("1 or 2") == ["1", "2"]
    assert alternatives("food ya pani") == ["food", "pani"]
    assert alternatives("corn") == []
    assert spoken("do teen", "urd") == (2, 3)
    assert spoken("do do", "urd") == ()
    assert spoken("do bache", "urd") == ()
    assert unglued("طعام وماء") == "طعام و ماء"
