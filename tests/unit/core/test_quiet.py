"""Quiet hours and digests, over every zone's summer and winter."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.quiet import MINUTE, Digest, Habits, send_at

# Zones that change their clocks by an hour, by half an hour, at midnight, in the south, and not at all.
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Asia/Karachi",
        "Asia/Kathmandu",
        "Europe/Berlin",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "Asia/Beirut",
        "America/St_Johns",
        "Pacific/Chatham",
    )
]
moments = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
minutes = st.builds(time, st.integers(0, 23), st.integers(0, 59))
habits = st.builds(
    Habits,
    zone=st.sampled_from(ZONES),
    quiet_from=minutes,
    quiet_until=minutes,
    digest=st.sampled_from(Digest),
    digest_at=minutes,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@given(habits, moments)
def test_quiet_ends_at_the_first_minute_that_is_not_quiet(wanted: Habits, moment: datetime) -> None:
    end = wanted.quiet_ends(moment)
    assert end >= moment
    assert not wanted.is_quiet(end)
    if end > moment:
        # Every minute until then is quiet.
        passed = int((end - moment) / MINUTE)
        assert all(wanted.is_quiet(moment + MINUTE * count) for count in range(passed))


@given(habits, moments)
def test_a_digest_leaves_later_than_what_it_holds_and_within_a_day_or_an_hour(
    wanted: Habits, moment: datetime
) -> None:
    slot = wanted.gathered_until(moment)
    longest = {
        Digest.AT_ONCE: timedelta(0),
        Digest.HOURLY: timedelta(hours=1),
        Digest.DAILY: timedelta(hours=26),
    }
    assert slot - moment <= longest[wanted.digest]
    assert (slot > moment) == (wanted.digest is not Digest.AT_ONCE)


@given(habits, moments, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_digests_keep_the_order_of_what_happened(wanted: Habits, first: datetime, gap: timedelta) -> None:
    assert wanted.gathered_until(first) <= wanted.gathered_until(first + gap)


@given(
    wanted=habits, raised=moments, priority=st.sampled_from(["P1", "P2", "P3", "P4"]), on_duty=st.booleans()
)
def test_every_notice_leaves_within_three_days_and_never_in_quiet_hours_unless_urgent(
    wanted: Habits, raised: datetime, priority: str, *, on_duty: bool
) -> None:
    now = raised
    for _ in range(4):
        again = send_at(wanted, raised_at=raised, priority=priority, on_duty=on_duty, now=now)
        if again is None:
            break
        assert again > now
        now = again
    assert again is None
    assert now - raised <= timedelta(days=3)
    assert not wanted.is_quiet(now) or (priority == "P1" and on_duty)


def test_an_emergency_wakes_whoever_is_on_duty_and_nobody_else() -> None:
    night = at("2026-02-01T23:30+05:00")
    wanted = Habits(ZoneInfo("Asia/Karachi"))
    assert send_at(wanted, raised_at=night, priority="P1", on_duty=True, now=night) is None
    assert send_at(wanted, raised_at=night, priority="P1", on_duty=False, now=night) == at(
        "2026-02-02T07:00+05:00"
    )


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        # The night in which 02:00 becomes 03:00, and the one in which 03:00 becomes 02:00.
        ("2026-03-29T01:15+01:00", "2026-03-29T03:00+02:00"),
        ("2026-10-25T01:15+02:00", "2026-10-25T02:30+02:00"),
    ],
)
def test_quiet_hours_follow_the_wall_clock_when_it_is_changed(moment: str, end: str) -> None:
    wanted = Habits(ZoneInfo("Europe/Berlin"), time(22), time(2, 30))
    assert wanted.quiet_ends(at(moment)) == at(end)


def test_the_same_hour_twice_means_no_quiet_hours() -> None:
    wanted = Habits(ZoneInfo("UTC"), time(8), time(8))
    assert not any(wanted.is_quiet(at("2026-01-01T00:00Z") + MINUTE * count) for count in range(0, 1440, 7))


def test_an_hourly_digest_leaves_at_the_full_hour_of_zones_that_are_not_whole_hours_off() -> None:
    wanted = Habits(ZoneInfo("Asia/Kathmandu"))
    assert wanted.gathered_until(at("2026-01-01T12:10+05:45")) == at("2026-01-01T13:00+05:45")
