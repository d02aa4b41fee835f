"""Hidden characters: each shown, those that spell let through, those that turn words round never."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import invisible
from gateway.invisible import Piece, balanced, faults, pieces

MARKED = st.text(st.sampled_from("ab می1 \n" + "".join(invisible.MARKS)), max_size=30)


@given(st.text(max_size=60) | MARKED)
def test_the_pieces_are_the_text_with_each_hidden_character_named(text: str) -> None:
    shown = "".join(piece.words or f"<{piece.mark}>" for piece in pieces(text))
    named = "".join(f"<{invisible.name_of(it)}>" if invisible.is_hidden(it) else it for it in text)
    assert shown == named


@given(st.text(max_size=60) | MARKED)
def test_no_piece_of_words_holds_anything_hidden(text: str) -> None:
    words = "".join(piece.words for piece in pieces(text))
    assert not any(unicodedata.category(letter) == "Cf" for letter in words)


def test_a_joiner_inside_a_persian_word_is_spelling() -> None:
    assert list(faults("می\u200cخواهم، خانه\u200cها")) == []


def test_a_joiner_inside_a_burmese_or_pashto_word_is_spelling() -> None:
    assert list(faults("က\u200dခ غوښتنه\u200cلیک")) == []


@pytest.mark.parametrize("text", ["wat\u200cer", "\u200cسلام", "سلام\u200c ", "10\u200c20", "a\u200db"])
def test_a_joiner_that_joins_nothing_is_pointed_at(text: str) -> None:
    assert [code for code, _ in faults(text)] == ["joiner"]


def test_a_family_of_pictures_is_one_picture() -> None:
    assert list(faults("👩\u200d👧")) == []


@pytest.mark.parametrize("mark", ["\u202d", "\u202e"])
def test_an_override_is_told_even_where_it_is_closed(mark: str) -> None:
    assert ("override", invisible.name_of(mark)) in list(faults(f"a{mark}b\u202c"))


@pytest.mark.parametrize(
    "text", ["a\u2068b", "a\u2069b", "\u202bab", "a\u202c", "\u2068\u202ba\u2069\u202c", "\u2068a\n\u2069"]
)
def test_what_is_opened_must_be_closed_in_its_order_and_line(text: str) -> None:
    assert not balanced(text)
    assert "unbalanced" in {code for code, _ in faults(text)}


def test_an_isolated_number_is_as_it_should_be() -> None:
    assert list(faults("فون: \u2066+92 21 000\u2069 \u200f")) == []


@pytest.mark.parametrize(
    ("letter", "name"), [("\u200b", "ZWSP"), ("\ufeff", "BOM"), ("\u00ad", "SHY"), ("\u2063", "U+2063")]
)
def test_what_has_no_use_in_a_text_is_pointed_at_by_name(letter: str, name: str) -> None:
    assert list(faults(f"a{letter}b")) == [("hidden", name)]


def test_the_narrow_space_of_french_is_shown_and_let_through() -> None:
    assert list(faults("Combien\u202f?")) == []
    assert pieces("Combien\u202f?") == [Piece("Combien"), Piece("", "NNBSP"), Piece("?")]
