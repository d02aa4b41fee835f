"""Hiding small numbers: who reads counts alone must not find a person in them."""

from __future__ import annotations

from collections.abc import Sequence

SMALLEST_CELL = 5  # counts from 1 to 4 are hidden
SMALLEST_BASE = 20  # below so many answers no percentage is shown


def hidden(counts: Sequence[int]) -> list[bool]:
    """Say which cells of one table to hide: 1 to 4, and with a single such cell the next smallest too.

    A lone hidden cell could be found as the total less the others. Where only zeros stand beside it, one of
    them is hidden.
    """
    marks = [0 < count < SMALLEST_CELL for count in counts]
    if sum(marks) == 1 and len(counts) > 1:
        others = [place for place, mark in enumerate(marks) if not mark]
        nonzero = [place for place in others if counts[place]]
        marks[min(nonzero or others, key=lambda place: counts[place])] = True
    return marks
