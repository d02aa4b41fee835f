"""Times of day, and days with a time."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.moments import read_moments
from flows.times import read_times

TODAY = date(2031, 3, 9)


@pytest.mark.parametrize(
    ("language", "text", "hours"),
    [
        ("eng", "3pm", "15:00"),
        ("eng", "3 p.m.", "15:00"),
        ("eng", "12am", "00:00"),
        ("eng", "12 pm", "12:00"),
        ("eng", "15:30", "15:30"),
        ("eng", "15:30:20", "15:30"),
        ("eng", "08:30", "08:30"),
        ("eng", "0:15", "00:15"),
        ("eng", "half past 8 in the evening", "20:30"),
        ("eng", "noon", "12:00"),
        ("eng", "midnight", "00:00"),
        ("urd", "subah 8 baje", "08:00"),
        ("urd", "raat 9 baje", "21:00"),
        ("urd", "رات 2 بجے", "02:00"),
        ("urd", "dopahar 2 baje", "14:00"),
        ("pus", "سهار ۸ بجې", "08:00"),
        ("prs", "ساعت ۳ بعد از ظهر", "15:00"),
        ("arb", "الساعة ٣ مساء", "15:00"),
        ("arb", "٨ صباحا", "08:00"),
        ("mya", "ညနေ ၅ နာရီခွဲ", "17:30"),
        ("fra", "15h30", "15:30"),
        ("fra", "8h du soir", "20:00"),
        ("fra", "midi", "12:00"),
    ],
)
def test_a_time_is_sure_where_the_part_of_the_day_is(language, text, hours):
    assert read_times(text, language=language) == ((time.fromisoformat(hours),), True)


@pytest.mark.parametrize(
    ("language", "text", "hours"),
    [
        ("eng", "8", ["08:00", "20:00"]),
        ("eng", "8:30", ["08:30", "20:30"]),
        ("urd", "۳ بجے", ["03:00", "15:00"]),
        ("urd", "ساڑھے تین بجے", ["03:30", "15:30"]),
        ("fra", "à 8h", ["08:00", "20:00"]),
        ("som", "8 subaxnimo", ["08:00"]),  # who counts from sunrise means two in the afternoon
    ],
)
def test_a_time_without_its_part_of_the_day_is_both(language, text, hours):
    assert read_times(text, language=language) == (tuple(map(time.fromisoformat, hours)), False)


@pytest.mark.parametrize("text", ["", "morning", "25:00", "8:75", "soon", "3 pm or 4 pm", "9" * 100])
def test_what_is_no_time_is_none(text):
    assert read_times(text).values == ()


@given(st.times())
def test_every_minute_of_the_day_is_read_back(clock):
    found = read_times(f"{clock:%H:%M}")
    assert found.values[0] == clock.replace(second=0, microsecond=0)
    assert found.sure is (clock.hour not in {10, 11})  # they may be the evening's


@pytest.mark.parametrize(
    ("language", "text", "moments", "sure"),
    [
        ("eng", "2031-03-09T15:30:00.000+05:00", ["2031-03-09T15:30"], True),
        ("eng", "9 March 2031 3pm", ["2031-03-09T15:00"], True),
        ("eng", "tomorrow at 3 pm", ["2031-03-10T15:00"], True),
        ("eng", "3pm tomorrow", ["2031-03-10T15:00"], True),
        ("eng", "9.3.2031, 15:30", ["2031-03-09T15:30"], True),
        ("urd", "kal subah 8 baje", ["2031-03-08T08:00", "2031-03-10T08:00"], False),
        ("eng", "today 8", ["2031-03-09T08:00", "2031-03-09T20:00"], False),
        ("eng", "9 March 2031", [], False),
        ("eng", "3pm", [], False),
        ("eng", "word " * 30, [], False),
    ],
)
def test_a_day_and_a_time_together_are_a_moment(language, text, moments, sure):
    assert read_moments(text, today=TODAY, language=language) == (
        tuple(map(datetime.fromisoformat, moments)),
        sure,
    )


@given(st.text(max_size=100), st.sampled_from(["eng", "urd", "som", "mya", "zzz", None]))
def test_any_text_is_some_times_or_none(text, language):
    assert isinstance(read_times(text, language=language).sure, bool)
    assert isinstance(read_moments(text, today=TODAY, language=language).sure, bool)
