"""Small numbers stay hidden, and cannot be found as what is left of a total."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.services.suppression import SMALLEST_CELL, hidden

counts = st.lists(st.integers(min_value=0, max_value=40), max_size=12)


@given(counts)
def test_every_small_count_is_hidden(table: list[int]) -> None:
    marks = hidden(table)
    assert len(marks) == len(table)
    assert all(mark for count, mark in zip(table, marks, strict=True) if 0 < count < SMALLEST_CELL)


@given(counts)
def test_no_hidden_count_stands_alone_in_its_table(table: list[int]) -> None:
    assert sum(hidden(table)) != 1 or len(table) == 1


@given(counts)
def test_nothing_is_hidden_without_need(table: list[int]) -> None:
    small = [count for count in table if 0 < count < SMALLEST_CELL]
    assert sum(hidden(table)) == (len(small) if len(small) != 1 or len(table) == 1 else 2)


def test_the_next_smallest_goes_with_a_lone_small_count() -> None:
    assert hidden([30, 2, 9, 0]) == [False, True, True, False]
    assert hidden([2, 0, 0]) == [True, True, False]
    assert hidden([10, 0, 7]) == [False, False, False]
