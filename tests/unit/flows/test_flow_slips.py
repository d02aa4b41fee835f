import pytest

from flows.folding import fold
from flows.slips import one_slip, one_slip_away


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
    """The place of the label that a reply is taken for."""
    return one_slip_away(fold(reply), [(fold(label), place) for place, label in enumerate(labels)])


@pytest.mark.parametrize("reply", ["sheltr", "shelterr", "shalter", "shleter", "sshelter"])
def test_a_slip_in_a_long_word_is_forgiven(reply):
    assert near(reply, "Shelter", "Food") == 0


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
    assert near(opposite, label) is None
    assert near(label, opposite) is None


def test_short_words_and_words_with_digits_are_never_slips():
    assert near("fooe", "food") is None
    assert near("18-69 years", "18-59 years") is None
    assert near("shelte2", "shelter") is None
    assert near("block b2", "block b1") is None


def test_two_meanings_within_a_slip_are_none():
    assert near("norkh", "north", "norch") is None
    assert near("norkh", "north", "south") == 0
