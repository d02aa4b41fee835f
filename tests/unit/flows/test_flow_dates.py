from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.dates import read_date

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
