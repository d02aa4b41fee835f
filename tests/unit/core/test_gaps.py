"""Hours that nobody covers, and shifts by the wall clock."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.roster import UnfitShift, gaps, later, span, week_of

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
hours = st.integers(-20, 220)
spans = st.lists(st.tuples(hours, st.integers(1, 30)), max_size=20).map(
    lambda pairs: [(START + first * HOUR, START + (first + length) * HOUR) for first, length in pairs]
)
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("Asia/Karachi", "Europe/Berlin", "Africa/Cairo", "America/Santiago")]
)
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))


@given(spans, st.integers(0, 200))
def test_every_hour_is_covered_by_a_shift_or_lies_in_a_gap_and_never_in_both(planned, length) -> None:
    end = START + length * HOUR
    found = gaps(planned, START, end)
    for number in range(length):
        middle = START + number * HOUR + HOUR / 2
        covered = any(begin <= middle < until for begin, until in planned)
        open_ = any(begin <= middle < until for begin, until in found)
        assert covered != open_


@given(spans, st.integers(0, 200))
def test_gaps_are_in_order_apart_and_within_the_time_that_was_asked_for(planned, length) -> None:
    end = START + length * HOUR
    found = gaps(planned, START, end)
    assert all(START <= begin < until <= end for begin, until in found)
    assert all(first[1] < second[0] for first, second in pairwise(found))


@given(DAYS, TIMES, TIMES, ZONES)
def test_a_shift_of_next_week_shows_the_same_hours_on_the_wall(day, begin, until, zone) -> None:
    try:
        start, end = span(day, begin, until, zone)
        expected = span(day + timedelta(days=7), begin, until, zone)
    except UnfitShift:
        return
    moved = (later(start, zone), later(end, zone))
    # An hour that is skipped this week exists again in the next: there the wall clock of the plan is lost.
    if start.astimezone(zone).time() == begin and end.astimezone(zone).time() == until:
        assert moved == expected


@given(DAYS, ZONES)
def test_a_week_holds_its_day_and_begins_on_monday(day, zone) -> None:
    start, end = week_of(day, zone)
    assert start.astimezone(zone).weekday() == 0
    assert start <= datetime.combine(day, time(12), zone) < end
    assert timedelta(days=6, hours=22) <= end - start <= timedelta(days=7, hours=2)


def test_an_end_before_the_beginning_is_one_of_the_next_day() -> None:
    zone = ZoneInfo("Asia/Karachi")
    start, end = span(date(2026, 3, 2), time(20), time(8), zone)
    assert end - start == 12 * HOUR
    assert span(date(2026, 3, 2), time(8), time(8), zone)[1] - START == timedelta(hours=27)


def test_a_shift_of_which_the_change_of_clocks_leaves_nothing_is_refused() -> None:
    with pytest.raises(UnfitShift):
        span(date(2026, 3, 29), time(2, 30), time(3, 30), ZoneInfo("Europe/Berlin"))
