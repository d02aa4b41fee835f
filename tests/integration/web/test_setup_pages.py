"""The first steps, page by page: what is typed stays, nothing is skipped ahead, and they end with a message."""

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from gateway import clock, db
from gateway.crypto import Keyring
from gateway.db import DatabaseRole
from gateway.gazetteer import Place
from gateway.models.staff import Role
from gateway.services import places, setup
from gateway.services.places import Origin
from gateway.settings import Settings
from tests.integration.operation import Operation
from tests.integration.web.visitors import Visitor, account, detail, signed_in, transaction

NAMED = {
    "name": "Response Kharan",
    "organisation": "Relief Kharan",
    "country": "PK",
    "timezone": "Asia/Karachi",
    "languages": ["urd", "eng", "pus"],
}
OFFICE = {"name": "Main office", "timezone": "Asia/Karachi", "area": "PK-2-01"}


@pytest.fixture
def empty(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    """An organisation that has nothing, in an installation that nobody has set up."""
    made = Operation(settings, ring)
    with db.connect(settings, role=DatabaseRole.OWNER) as connection:
        for table in ("first_steps", "operation"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("DELETE FROM channel WHERE organisation_id = %s", [made.id])
        connection.commit()
    yield made
    made.drains.close()


@pytest.fixture
def first(app: Flask, empty: Operation) -> Visitor:
    """The first administrator."""
    return signed_in(app, empty, account(empty, Role.ADMIN))


def takes(visitor: Visitor, step: str, **form: object) -> str:
    answer = visitor.client.post(f"/setup/{step}", data={"form_token": visitor.token(), **form})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def all_but_the_message(visitor: Visitor) -> None:
    assert takes(visitor, "operation", **NAMED) == "/setup/office"
    assert takes(visitor, "office", **OFFICE) == "/setup/channel"
    assert takes(visitor, "channel", kind="sms") == "/setup/flow"
    assert takes(visitor, "flow", flow="monitoring_services") == "/setup/message"


def test_five_steps_lead_to_a_message_on_ones_own_phone(first: Visitor, empty: Operation) -> None:
    all_but_the_message(first)
    phone = takes(first, "message", language="urd")
    assert phone.startswith("/simulator/")
    contact_id = phone.removeprefix("/simulator/").partition("#")[0]
    sent = empty.rows("SELECT lane, status FROM message_out WHERE contact_id = %s", contact_id)
    assert len(sent) == 1, "one message, in the ordinary outbox"
    channel_id = empty.one("SELECT id FROM channel WHERE organisation_id = %s", empty.id)
    empty.drains.outbox(channel_id)
    assert empty.one("SELECT status FROM message_out WHERE contact_id = %s", contact_id) in {
        "sent",
        "delivered",
    }
    page = first.get(phone).text
    assert 'lang="ur"' in page
    assert "bubble in" in page


def test_each_step_writes_where_its_facts_belong(first: Visitor, empty: Operation) -> None:
    all_but_the_message(first)
    row = empty.rows("SELECT name, country, timezone, languages, set_up_at FROM operation")
    assert row == [("Response Kharan", "PK", "Asia/Karachi", ["urd", "eng", "pus"], None)]
    assert empty.one("SELECT name FROM organisation WHERE id = %s", empty.id) == "Relief Kharan"
    office = empty.rows("SELECT id, name, timezone, area FROM office WHERE organisation_id = %s", empty.id)
    assert [row[1:] for row in office] == [("Main office", "Asia/Karachi", "PK-2-01")]
    assert empty.one("SELECT office_id FROM staff WHERE organisation_id = %s", empty.id) == office[0][0]
    assert empty.rows("SELECT kind FROM channel WHERE organisation_id = %s", empty.id) == [("simulator",)]


def test_whoever_comes_back_goes_on_where_they_stopped(first: Visitor) -> None:
    assert first.get("/setup").headers["Location"] == "/setup/operation"
    takes(first, "operation", **NAMED)
    takes(first, "office", **OFFICE)
    assert first.get("/setup").headers["Location"] == "/setup/channel"


def test_going_back_shows_what_was_typed_and_changing_it_makes_nothing_twice(
    first: Visitor, empty: Operation
) -> None:
    all_but_the_message(first)
    page = first.get("/setup/operation").text
    assert 'value="Response Kharan"' in page
    assert 'selected value="PK"' in page
    assert 'selected value="Asia/Karachi"' in page
    for code in NAMED["languages"]:
        assert re.search(rf'<input checked [^>]*value="{code}"', page)
    assert takes(first, "office", **OFFICE | {"name": "Field office"}) == "/setup/channel"
    assert empty.rows("SELECT name FROM office WHERE organisation_id = %s", empty.id) == [("Field office",)]
    names = {"before": {"name": "Main office"}, "after": {"name": "Field office"}}
    assert detail(empty, "office.opened") == names
    assert detail(empty, "operation.named") == {
        "before": {},
        "after": {**NAMED, "organisation": "Relief Kharan"},
    }
    takes(first, "channel", kind="sms")
    assert empty.one("SELECT count(*) FROM channel WHERE organisation_id = %s", empty.id) == 1


def test_what_was_typed_stays_when_something_is_wrong(first: Visitor, empty: Operation) -> None:
    answer = first.client.post(
        "/setup/operation",
        data={
            "form_token": first.token(),
            "name": "Half",
            "organisation": "",
            "timezone": "Asia/Karachi",
            "languages": ["urd"],
        },
    )
    assert answer.status_code == 422
    assert 'value="Half"' in answer.text
    assert 'role="alert"' in answer.text
    assert empty.rows("SELECT name FROM operation") == []


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("operation", NAMED | {"country": "ZZ"}),
        ("operation", NAMED | {"timezone": "Mars/Olympus"}),
        ("operation", NAMED | {"languages": ["klingon"]}),
        ("operation", NAMED | {"languages": []}),
        ("office", OFFICE | {"name": ""}),
        ("channel", {"kind": "carrier pigeon"}),
        ("flow", {"flow": "language"}),
        ("flow", {"flow": "../secret"}),
        ("message", {"language": "fra"}),
    ],
)
def test_what_was_not_offered_is_refused(step: str, wrong: dict[str, object], first: Visitor) -> None:
    all_but_the_message(first)
    answer = first.client.post(f"/setup/{step}", data={"form_token": first.token(), **wrong})
    assert answer.status_code == 422


def test_no_step_can_be_taken_before_its_turn(first: Visitor) -> None:
    for step in ("office", "channel", "flow", "message", "nonsense"):
        assert first.get(f"/setup/{step}").status_code == 404
        assert first.post(f"/setup/{step}").status_code == 404


def test_the_overview_leads_there_until_it_is_done(first: Visitor) -> None:
    assert 'href="/setup"' in first.get("/").text
    all_but_the_message(first)
    assert 'href="/setup"' in first.get("/").text
    takes(first, "message", language="eng")
    assert 'href="/setup"' not in first.get("/").text


def test_it_can_be_skipped_and_taken_later(first: Visitor, empty: Operation) -> None:
    assert takes(first, "skip") == "/"
    assert 'href="/setup"' not in first.get("/").text
    assert 'href="/setup"' in first.get("/help").text
    assert first.get("/setup").headers["Location"] == "/setup/operation"
    all_but_the_message(first)
    assert empty.one("SELECT name FROM operation") == "Response Kharan"


def test_only_administrators_set_up(app: Flask, empty: Operation) -> None:
    for role in set(Role) - {Role.ADMIN}:
        visitor = signed_in(app, empty, account(empty, role))
        assert visitor.get("/setup").status_code == 404
        assert visitor.get("/setup/operation").status_code == 404
        assert visitor.post("/setup/skip").status_code == 404
        assert 'href="/setup"' not in visitor.get("/").text


def test_another_administrator_does_not_see_the_phone(app: Flask, first: Visitor, empty: Operation) -> None:
    all_but_the_message(first)
    phone = takes(first, "message", language="eng").partition("#")[0]
    other = signed_in(app, empty, account(empty, Role.ADMIN, email="second@example.org"))
    assert first.get(phone).status_code == 200
    assert other.get(phone).status_code == 404
    assert other.get(phone.replace("simulator", "contacts")).status_code == 404


def test_sending_the_last_form_again_sends_no_second_message(first: Visitor, empty: Operation) -> None:
    all_but_the_message(first)
    form = {"form_token": first.token(), "form_key": "once-and-only-once", "language": "eng"}
    answers = [first.client.post("/setup/message", data=form).headers["Location"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert empty.one("SELECT count(*) FROM message_out WHERE organisation_id = %s", empty.id) == 1


def test_every_step_says_why_and_the_flows_offered_are_without_errors(first: Visitor) -> None:
    all_but_the_message(first)
    for step in setup.Step:
        page = first.get(f"/setup/{step}").text
        assert 'class="lead"' in page
        assert 'aria-current="step"' in page
    assert all(offer.errors == 0 for offer in setup.offers())
    assert {offer.flow.code for offer in setup.offers()} >= {"monitoring_services", "grievance_intake"}


def test_the_first_office_is_placed_by_name_where_places_are_loaded(first: Visitor, empty: Operation) -> None:
    takes(first, "operation", **NAMED)
    origin = Origin("A publisher", "CC BY", clock.now().date())
    with transaction(empty) as connection:
        found = [Place("F1", None, 1, {"eng": "Far Valley"}, 1)]
        places.load(connection, found, origin, content=b"", by=None, now=clock.now())
    try:
        assert first.post("/setup/office", **OFFICE | {"area": "Near Valley"}).status_code == 422
        takes(first, "office", **OFFICE | {"area": "far"})
        assert empty.one("SELECT area FROM office WHERE organisation_id = %s", empty.id) == "F1"
    finally:
        with transaction(empty) as connection:
            connection.execute(sa.text("DELETE FROM area"))
            connection.execute(sa.text("DELETE FROM gazetteer"))
