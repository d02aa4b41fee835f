"""When something is to begin: read, and reckoned in the operation's own zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.schedules import DAYS, Schedule, ScheduleInvalid, following, parse

ZONES = (
    "UTC",
    "Asia/Karachi",
    "Asia/Kabul",
    "Africa/Nairobi",
    "Europe/Berlin",
    "America/Santiago",
    "Asia/Yangon",
)
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 16 * 365 * 24 * 60).map(lambda minutes: BEGINNING + timedelta(minutes=minutes))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
WORDS = st.one_of(
    st.just("daily"),
    st.sets(st.sampled_from(DAYS), min_size=1).map(" ".join),
    st.integers(1, 31).map(lambda day: f"day {day}"),
)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("daily 09:00", Schedule(time(9), frozenset(range(7)))),
        ("mon 9:30", Schedule(time(9, 30), frozenset({0}))),
        ("Mon, Thu 18:00", Schedule(time(18), frozenset({0, 3}))),
        ("day 31 08:00", Schedule(time(8), day=31)),
        ("2031-03-09 09:00", Schedule(time(9), once=date(2031, 3, 9))),
    ],
)
def test_a_schedule_is_read_as_people_write_it(text: str, schedule: Schedule) -> None:
    assert parse(text) == schedule


@pytest.mark.parametrize(
    "text",
    ["", "09:00", "daily", "daily 25:00", "someday 09:00", "day 0 09:00", "day 32 09:00", "2031-02-30 09:00"],
)
def test_what_nobody_can_follow_is_refused(text: str) -> None:
    with pytest.raises(ScheduleInvalid):
        parse(text)


@given(days=WORDS, at=TIMES, zone=st.sampled_from(ZONES), now=MOMENTS)
def test_the_following_time_is_later_on_a_day_of_the_schedule_and_nothing_lies_between(
    days: str, at: time, zone: str, now: datetime
) -> None:
    schedule = parse(f"{days} {at:%H:%M}")
    found = following(schedule, zone, now)
    assert found is not None
    assert found > now
    local = found.astimezone(ZoneInfo(zone))
    skipped = (
        datetime.combine(local.date(), at, ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).time()
        != at
    )
    assert schedule.holds(local.date()) or skipped
    assert local.time() == at or skipped
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    while day < local.date() - timedelta(days=1):
        assert not schedule.holds(day)
        day += timedelta(days=1)


@given(days=WORDS, at=TIMES, zone=st.sampled_from(ZONES), now=MOMENTS)
def test_times_that_follow_one_another_go_forward(days: str, at: time, zone: str, now: datetime) -> None:
    schedule = parse(f"{days} {at:%H:%M}")
    first = following(schedule, zone, now)
    assert first is not None
    second = following(schedule, zone, first)
    assert second is not None
    assert timedelta(hours=22) < second - first < timedelta(days=32)
    assert following(schedule, zone, first - timedelta(microseconds=1)) == first


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    now = datetime(2031, 2, 1, tzinfo=UTC)
    assert following(parse("day 31 09:00"), "Asia/Karachi", now) == datetime(2031, 2, 28, 4, tzinfo=UTC)


def test_once_is_once() -> None:
    schedule = parse("2031-03-09 09:00")
    when = datetime(2031, 3, 9, 4, tzinfo=UTC)
    assert following(schedule, "Asia/Karachi", when - timedelta(seconds=1)) == when
    assert following(schedule, "Asia/Karachi", when) is None
