import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.patterns import MAX_SUBJECT, PatternInvalid, compile_pattern, found, full_match


@pytest.mark.parametrize(
    "pattern",
    [
        "^0[0-9]{9}$",
        r"\+?[0-9]{7,15}",
        "(?:cat|dog)s?",
        r"[A-Z]{2}-\d+",
        "a|b|c",
        "(ab){3}",
        r"[\]+*?]+",
        "سلام.*",
        r"[\p{L} .'-]{2,60}",
    ],
)
def test_usual_patterns_are_taken(pattern):
    compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*",
        "(a|aa)+",
        "(a?){30}",
        "((a+))+",
        "(?:a{1,5}){2,}",
        "a*b*c*d*",
        "a?" * 6,
        "a{1000}",
        "a{1,999}",
        "(?=a)",
        "(?P<n>a)",
        "(",
        "[a",
        "*a",
        "[[a]",
        "[a||b]",
        "[1||",
        r"\p{Sanskrit}",
        r"[\P{L}]",
        r"\p{L",
        "[]||",
        "[^]--",
        "a" * 201,
    ],
)
def test_patterns_that_may_explode_or_do_not_compile_are_refused(pattern):
    with pytest.raises(PatternInvalid) as caught:
        compile_pattern(pattern)
    assert str(caught.value).endswith(".")


def test_a_match_is_of_the_whole_text_and_long_texts_never_match():
    assert full_match("a+", "aaa")
    assert not full_match("a+", "aab")
    assert not full_match("a+", "a" * (MAX_SUBJECT + 1))


@pytest.mark.parametrize("before", [0, 100, 190, 255, 256, 300, 9_900])
def test_a_search_finds_the_word_wherever_it_stands(before):
    assert found("needle", "x" * before + "needle" + "y" * 50)


def test_a_pattern_that_is_searched_may_have_fewer_repeats():
    compile_pattern("a*b*c*")
    with pytest.raises(PatternInvalid):
        found("a*b*c*", "abc")


def test_the_worst_pattern_that_is_allowed_is_still_quick_on_the_longest_text():
    began = time.perf_counter()
    assert not found("x*x*y", "x" * 10_000)
    assert time.perf_counter() - began < 30  # unbounded backtracking would take days


@given(st.text(alphabet="ab(|)?*+{}[]1,2\\^$.:", max_size=30))
def test_any_pattern_compiles_or_is_refused(pattern):
    with contextlib.suppress(PatternInvalid):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"\p{L}+", "فاطمہ", True),
        (r"\p{L}+", "မြန်မာ", True),
        (r"\p{L}+", "Zoë", True),
        (r"\p{L}+", "𐴌𐴟𐴇𐴥𐴝", True),
        (r"\p{L}+", "Zoë7", False),
        (r"[\p{L} .'-]+", "N'Diaye Zoë-Anne", True),
        (r"[\p{L} .'-]+", "Zoë (2)", False),
        (r"[^\p{L}]+", "123 456", True),
        (r"\P{L}+", "123 456", True),
        (r"\P{L}+", "12a", False),
        (r"\p{Nd}{4}", "۱۲۳۴", True),
        (r"\p{Lu}\p{Ll}+", "Zoë", True),
        (r"\p{IsArabic}+", "سلام", True),
        (r"\p{IsArabic}+", "salaam", False),
        (r"\\p\{L\}", r"\p{L}", True),
    ],
)
def test_kinds_of_characters_are_those_of_java_in_any_script(pattern, text, fits):
    assert full_match(pattern, text) is fits
