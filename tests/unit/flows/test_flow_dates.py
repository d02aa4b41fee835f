from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.dates import read_date, read_dates

TODAY = date(2031, 3, 9)


@pytest.mark.parametrize(
    "text",
    [
        "2031-03-09",
        "2031/3/9",
        "09/03/2031",
        "9.3.2031",
        "9-3-31",
        "9 3 2031",
        "۲۰۳۱-۰۳-۰۹",
        "٩/٣/٢٠٣١",
        "၉.၃.၂၀၃၁",
        "9 March 2031",
        "9th Mar, 2031",
        "9mar2031",
        "March 9 2031",
        "mar 9, 2031",
        "9 mars 2031",
        "9 مارچ 2031",
        "٩ مارس ٢٠٣١",
        "  09.03.2031. ",
    ],
)
def test_dates_are_read_as_people_write_them(text):
    assert read_date(text, today=TODAY) == date(2031, 3, 9)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9",
        "9/3",
        "31/2/2031",
        "13/13/2031",
        "0/1/2031",
        "9 maybe 2031",
        "2031-03-09 12:00",
        "99999-01-01",
        "1/1/0000",
        "9" * 200,
    ],
)
def test_what_is_no_date_is_none(text):
    assert read_date(text, today=TODAY) is None


@pytest.mark.parametrize(
    ("text", "year"), [("1/1/95", 1995), ("1/1/31", 2031), ("1/1/51", 2051), ("1/1/52", 1952)]
)
def test_a_short_year_is_near_to_today(text, year):
    assert read_date(text, today=TODAY) == date(year, 1, 1)


@given(st.dates(min_value=date(1600, 1, 1)))
def test_every_day_is_read_back(day):
    assert read_date(day.isoformat(), today=TODAY) == day
    assert read_date(f"{day.day}/{day.month}/{day.year}", today=TODAY) == day
    months = [
        "january",
        "fevrier",
        "mars",
        "april",
        "mai",
        "juin",
        "july",
        "august",
        "sept",
        "oct",
        "novembre",
        "dec",
    ]
    assert read_date(f"{day.day} {months[day.month - 1]} {day.year}", today=TODAY) == day


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_none(text):
    assert read_date(text, today=TODAY) is None or isinstance(read_date(text, today=TODAY), date)


@pytest.mark.parametrize(
    ("language", "text", "days"),
    [
        ("eng", "3/4/2031", ["2031-04-03", "2031-03-04"]),
        ("eng", "04/25/2031", ["2031-04-25"]),
        ("urd", "04/25/2031", ["2031-04-25"]),
        ("eng", "20310309", ["2031-03-09"]),
        ("eng", "3 feburay 2031", ["2031-02-03"]),
        ("urd", "کل", ["2031-03-08", "2031-03-10"]),
        ("urd", "parson", ["2031-03-07", "2031-03-11"]),
        ("eng", "3 days ago", ["2031-03-06"]),
        ("prs", "سه روز پیش", ["2031-03-06"]),
        ("fra", "il y a 2 semaines", ["2031-02-23"]),
        ("eng", "Monday", ["2031-03-03", "2031-03-10"]),
        ("eng", "Sunday", ["2031-03-09", "2031-03-16"]),
        ("arb", "٥ آذار", ["2031-03-05", "2032-03-05"]),
        ("prs", "5 hamal", ["2031-03-25", "2030-03-25"]),
        ("urd", "۱۴۰۲/۲/۳", ["2023-04-23", "1981-11-29"]),
        ("arb", "3/2/1402", ["2023-04-23", "1981-11-29"]),
        ("arb", "1 رمضان 1445", ["2024-03-11"]),
        ("prs", "3/2/02", ["2002-02-03", "2023-04-23"]),
    ],
)
def test_a_date_that_leaves_room_is_given_in_all_its_readings(language, text, days):
    found = read_dates(text, today=TODAY, language=language)
    assert [day.isoformat() for day in found.values] == days
    assert not found.sure


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("urd", "3/4/2031", "2031-04-03"),
        ("prs", "3 Sawr 1402", "2023-04-23"),
        ("prs", "۱۴۰۲/۲/۳", "2023-04-23"),
        ("pbt", "3/2/1402", "2023-04-23"),
        ("pus", "۵ وری ۱۴۰۳", "2024-03-24"),
        ("pes", "۳ اردیبهشت ۱۴۰۲", "2023-04-23"),
        ("prs", "روز دوشنبه ۱۲ حمل ۱۴۰۲", "2023-04-01"),
        ("prs", "۳۰ حوت ۱۴۰۳", "2025-03-20"),
        ("mya", "၂၀၃၁ ခုနှစ် မတ်လ ၉ ရက်", "2031-03-09"),
        ("eng", "yesterday", "2031-03-08"),
        ("pus", "پرون", "2031-03-08"),
        ("som", "berri", "2031-03-10"),
        ("eng", "2031 March 9", "2031-03-09"),
    ],
)
def test_a_date_that_leaves_none_is_sure(language, text, day):
    assert read_date(text, today=TODAY, language=language) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        "1402/13/1",
        "۳۱ حوت ۱۴۰۳",
        "3 Sawr 2031",
        "3 March 1402",
        "1200/1/1",
        "March",
        "0 days ago",
        "week ago",
    ],
)
def test_a_day_that_no_calendar_has_is_none(text):
    assert read_dates(text, today=TODAY, language="prs").values == ()


@given(
    st.text(max_size=80),
    st.sampled_from(["eng", "prs", "arb", "mya", None]),
    st.dates(date(1900, 1, 1), date(2200, 1, 1)),
)
def test_on_any_day_any_text_is_some_dates_or_none(text, language, today):
    found = read_dates(text, today=today, language=language)
    assert not found.sure or len(found.values) == 1
