"""One's own settings: what a person chose is how all pages speak to them, and to nobody else."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st

from gateway.calendars import Calendar, Digits
from gateway.models.staff import Role
from gateway.services.preferences import Preference, zones
from gateway.services.sign_in import Member, Standing
from gateway.web import formats
from tests.integration.web.visitors import Visitor, World, account, detail, signed_in

FORM = {
    "language": "eng",
    "timezone": "",
    "calendar": "gregorian",
    "digits": "latin",
    "theme": "device",
    "shortcuts": "1",
}


@pytest.fixture
def somebody(app: Flask, world: World) -> Visitor:
    """A member of staff of the test's own."""
    made = account(
        world.operation, Role.COMMUNITY_STAFF, email=f"{datetime.now(UTC).timestamp()}@example.org"
    )
    return signed_in(app, world.operation, made)


def reading(app: Flask, write: Callable[[], Any], *, language: str = "eng", **chosen: Any) -> Any:
    """What a format makes for somebody who chose so; their office is in Kabul."""
    nobody = UUID(int=1)
    with app.test_request_context("/"):
        standing = Standing(nobody, "password", None, None, has_factor=False)
        g.member = Member(nobody, nobody, None, Role.ADMIN, language, "Asia/Kabul", "", standing)
        g.preference, g.language = Preference(**chosen), language
        return write()


MOMENT = datetime(2021, 8, 15, 12, 30, tzinfo=UTC)


def test_whoever_chose_nothing_reads_latin_digits_and_the_zone_of_their_office(app: Flask) -> None:
    assert reading(app, lambda: formats.moment(MOMENT)).endswith("5:00:00\u202fPM Asia/Kabul")
    assert reading(app, lambda: formats.number(1234.5)) == "1,234.5"
    assert reading(app, lambda: formats.number(12), language="mya") == "12"


def test_days_are_written_in_the_chosen_calendar(app: Flask) -> None:
    solar, lunar = {"calendar": Calendar.SOLAR_HIJRI}, {"calendar": Calendar.HIJRI}
    assert reading(app, lambda: formats.when(MOMENT), **solar) == "24 Asad 1400"
    assert reading(app, lambda: formats.when(MOMENT), **lunar) == "7 Muharram 1443"
    assert reading(app, lambda: formats.moment(MOMENT), **solar) == "24 Asad 1400, 17:00:00 Asia/Kabul"
    assert reading(app, lambda: formats.moment(MOMENT), **lunar, timezone="Asia/Tokyo").startswith(
        "7 Muharram"
    )


def test_the_day_is_that_of_the_chosen_zone(app: Flask) -> None:
    late = datetime(2021, 8, 14, 22, 0, tzinfo=UTC)
    assert reading(app, lambda: formats.when(late), calendar=Calendar.SOLAR_HIJRI) == "24 Asad 1400"
    utc = {"timezone": "UTC", "calendar": Calendar.SOLAR_HIJRI}
    assert reading(app, lambda: formats.when(late), **utc) == "23 Asad 1400"


@pytest.mark.parametrize(
    ("language", "written"), [("prs", "۱٬۲۳۴"), ("arb", "١٬٢٣٤"), ("mya", "၁,၂၃၄"), ("eng", "1,234")]
)
def test_numbers_times_and_shares_take_the_scripts_own_digits(
    app: Flask, language: str, written: str
) -> None:
    own = {"language": language, "digits": Digits.OWN}
    assert reading(app, lambda: formats.number(1234), **own) == written
    for write in (
        lambda: formats.when(MOMENT),
        lambda: formats.ago(MOMENT),
        lambda: formats.for_long(MOMENT),
        lambda: formats.percent(1, 3),
        lambda: formats.moment(MOMENT).removesuffix("Asia/Kabul"),
    ):
        shown = reading(app, write, **own)
        assert any(map(str.isdigit, shown))
        assert any(sign in shown for sign in "0123456789") == (language == "eng")


@given(
    st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    st.sampled_from(Calendar),
    st.sampled_from(["eng", "prs", "arb", "mya"]),
)
def test_what_an_input_shows_is_read_back(app: Flask, day: date, calendar: Calendar, language: str) -> None:
    chosen = {"calendar": calendar, "digits": Digits.OWN, "language": language}
    assert reading(app, lambda: formats.read_day(formats.day_input(day)), **chosen) == day


@given(st.integers(0, 10**9))
def test_numbers_are_read_in_any_digits(app: Flask, number: int) -> None:
    own = {"digits": Digits.OWN, "language": "prs"}
    assert reading(app, lambda: formats.read_number(formats.digits(str(number))), **own) == number
    assert reading(app, lambda: formats.read_number(f"{number} x")) is None


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis adds it
    st.sampled_from(zones()),
)
def test_the_days_beginning_is_its_first_moment_in_any_zone(app: Flask, now: datetime, zone: str) -> None:
    begins = reading(app, lambda: formats.midnight(now), timezone=zone).astimezone(UTC)
    there = ZoneInfo(zone)
    assert begins <= now
    assert begins.astimezone(there).date() == now.astimezone(there).date()
    assert (begins - timedelta(seconds=1)).astimezone(there).date() < now.astimezone(there).date()


def test_the_zones_offered_are_places_where_people_live() -> None:
    assert {"Asia/Karachi", "Asia/Kabul", "Africa/Nairobi", "Asia/Yangon", "UTC"} <= set(zones())
    assert set(zones()) <= available_timezones()
    assert not any(name.startswith("Etc/") for name in zones())


def test_a_choice_is_kept_and_all_pages_follow(somebody: Visitor) -> None:
    form = FORM | {
        "language": "urd",
        "timezone": "Asia/Karachi",
        "calendar": "hijri",
        "digits": "own",
        "theme": "dark",
    }
    del form["shortcuts"]
    answer = somebody.post("/me", **form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me?saved=1")
    page = somebody.get("/contacts").text
    assert 'lang="ur" dir="rtl" data-theme="dark" data-shortcuts="off"' in page
    shown = somebody.get("/me?saved=1").text
    assert 'value="Asia/Karachi" selected' in shown
    for code in ("hijri", "own", "dark"):
        assert f'value="{code}" checked' in shown
    assert 'name="shortcuts" value="1" checked' not in shown


def test_machines_still_read_iso_times(somebody: Visitor) -> None:
    somebody.post("/me", **FORM | {"language": "urd", "calendar": "solar_hijri", "digits": "own"})
    page = somebody.get("/contacts").text
    stamps = [part.partition('"')[0] for part in page.split('datetime="')[1:]]
    assert stamps
    assert all(datetime.fromisoformat(stamp).tzinfo for stamp in stamps)
    assert any("۰" <= letter <= "۹" for letter in page)


def test_others_keep_their_own_ways(
    somebody: Visitor, world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    somebody.post("/me", **FORM | {"theme": "contrast"})
    assert 'data-theme="contrast"' not in visit(Role.COMMUNITY_STAFF).get("/contacts").text


def test_each_calendar_shows_today_as_an_example(somebody: Visitor) -> None:
    shown = somebody.get("/me").text
    assert shown.count('name="calendar"') == 3
    assert any(str(year) in shown for year in range(1404, 1500)), "a year of the solar Hijri calendar"


@pytest.mark.parametrize(
    "wrong",
    [
        {"language": "xxx"},
        {"timezone": "Mars/Olympus"},
        {"calendar": ""},
        {"digits": "roman"},
        {"theme": "x"},
    ],
)
def test_what_was_not_offered_is_refused_and_changes_nothing(
    somebody: Visitor, wrong: dict[str, str]
) -> None:
    somebody.post("/me", **FORM | {"theme": "dark"})
    assert somebody.post("/me", **FORM | wrong).status_code == 400
    assert 'data-theme="dark"' in somebody.get("/contacts").text


def test_a_stranger_chooses_nothing(stranger: Visitor) -> None:
    assert stranger.get("/me").status_code == 303
    assert stranger.post("/me", **FORM).headers["Location"].startswith("/signin")


def test_changing_settings_is_noted_sealed_as_they_were_and_as_they_are(
    somebody: Visitor, world: World
) -> None:
    somebody.post("/me", **FORM | {"theme": "light"})
    somebody.post("/me", **FORM | {"theme": "dark"})
    changed = detail(world.operation, "staff.preferences_changed")
    assert changed == {"before": {"theme": "light"}, "after": {"theme": "dark"}}


def test_the_help_page_shows_what_the_role_may_open(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    shown = visit(Role.ADMIN).get("/help").text
    assert 'id="messages"' in shown
    assert 'id="contacts"' not in shown
    assert 'id="contacts"' in visit(Role.COMMUNITY_STAFF).get("/help").text


def test_a_refused_page_does_not_say_what_it_would_have_been(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    assert 'class="help"' in visit(Role.ADMIN).get("/").text
    assert 'class="help"' not in visit(Role.ADMIN).get("/contacts").text


MINE = ("/me", "/me/security", "/me/sessions", "/me/notices", "/views", "/shortcuts")


@pytest.mark.parametrize("path", MINE)
def test_each_of_ones_own_pages_leads_to_the_others_and_says_which_it_is(
    path: str, somebody: Visitor
) -> None:
    text = somebody.get(path).text
    tabs = text[text.index('<nav class="tabs" aria-label="Parts of my settings"') :].partition("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', tabs) == list(MINE)
    assert re.findall(r'href="([^"]+)" aria-current="page"', tabs) == [path]
