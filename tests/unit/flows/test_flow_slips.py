import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.folding import fold
from flows.slips import SlipIndex, one_slip, within_a_slip


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ("shelter", "shelter", True),
        ("shelter", "sheltr", True),
        ("shelter", "shelterr", True),
        ("shelter", "shilter", True),
        ("shelter", "hselter", True),
        ("shelter", "shletre", False),
        ("shelter", "shel", False),
        ("", "a", True),
        ("ab", "ba", True),
        ("abc", "cba", False),
    ],
)
def test_one_slip_is_one_letter_or_two_neighbours(left, right, near):
    assert one_slip(left, right) is near
    assert one_slip(right, left) is near


def near(reply, *labels):
    """The places of the labels that a reply may be meant for."""
    return within_a_slip(fold(reply), [(fold(label), place) for place, label in enumerate(labels)])


@pytest.mark.parametrize("reply", ["sheltr", "shelterr", "shalter", "shleter", "sshelter"])
def test_a_slip_in_a_long_word_is_forgiven(reply):
    assert near(reply, "Shelter", "Food") == [0]


@pytest.mark.parametrize(
    ("label", "opposite"),
    [
        ("می‌خواهم", "نمی‌خواهم"),
        ("من می‌خواهم", "من نمی‌خواهم"),
        ("moral", "amoral"),
        ("typical", "atypical"),
        ("ကျွန်တော်သွားမယ်", "ကျွန်တော်မသွားမယ်"),
        ("hselter", "shelter"),
    ],
)
def test_no_slip_turns_an_answer_into_its_opposite(label, opposite):
    assert one_slip(fold(label), fold(opposite))
    assert near(opposite, label) == []
    assert near(label, opposite) == []


def test_short_words_and_words_with_digits_are_never_slips():
    assert near("fooe", "food") == []
    assert near("18-69 years", "18-59 years") == []
    assert near("shelte2", "shelter") == []
    assert near("block b2", "block b1") == []


def test_all_meanings_within_a_slip_are_given_once():
    assert near("norkh", "north", "norch") == [0, 1]
    assert near("norkh", "north", "south") == [0]
    assert within_a_slip("norkh", [("north", 7), ("norch", 7)]) == [7]


WORDS = [
    "shelter",
    "shelters",
    "documents",
    "water",
    "waters",
    "health",
    "ကျန်းမာရေး",
    "north",
    "norch",
    "stop",
]
LETTERS = "aehlorstwx "


@given(st.sampled_from(WORDS), st.integers(0, 12), st.text(LETTERS, max_size=1), st.booleans())
def test_an_index_finds_what_looking_at_every_word_finds(word, place, letter, longer):
    typed = word[:place] + letter + word[place + (not longer) :]
    pairs = [(each, number) for number, each in enumerate(WORDS)]
    assert set(SlipIndex(pairs).near(typed)) == set(within_a_slip(typed, pairs))


@given(st.text(LETTERS, max_size=9))
def test_an_index_finds_nothing_else_in_any_text(typed):
    pairs = [(each, number) for number, each in enumerate(WORDS)]
    assert set(SlipIndex(pairs).near(typed)) == set(within_a_slip(typed, pairs))
