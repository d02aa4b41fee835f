"""Passkeys: made and proven by a device of our own, and everything that must not be taken for a proof."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from werkzeug.test import TestResponse

from gateway import clock
from gateway.app import create_pages
from gateway.models.staff import Role
from gateway.settings import Settings
from gateway.web import passkeys, resources
from tests.integration.operation import Operation
from tests.integration.web.people import CODES, PASSWORD, Device, Person, elsewhere, newcomer
from tests.integration.web.visitors import Visitor


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def person(app: Flask, operation: Operation, device: Device) -> Person:
    """Somebody with a passkey, signed out again."""
    made = newcomer(app, operation, Role.PROTECTION_REVIEWER)
    made.sign_in()
    assert add(made, device).status_code == 200
    made.browser.post("/signout")
    return made


def add(person: Person, device: Device, *, name: str = "my blue key") -> TestResponse:
    page = person.browser.get("/me/security/passkeys").text
    return person.browser.post("/me/security/passkeys", credential=device.make(page), name=name)


def sign_in(browser: Visitor, device: Device, **wrong: object) -> TestResponse:
    page = browser.get("/signin/passkey").text
    return browser.post("/signin/passkey", credential=device.prove(page, **wrong))


def test_a_passkey_is_a_second_factor_and_comes_with_recovery_codes(
    app: Flask, operation: Operation, device: Device
) -> None:
    somebody = newcomer(app, operation, Role.PROTECTION_REVIEWER)
    somebody.sign_in()
    made = add(somebody, device)
    assert len(CODES.findall(made.text)) == 10
    assert somebody.is_in(), "setting it up passes the second step"
    somebody.browser.post("/signout")
    somebody.sign_in()
    assert not somebody.is_in()
    page = somebody.browser.get("/signin/second").text
    assert somebody.browser.post("/signin/second", confirm_passkey=device.prove(page)).status_code == 303
    assert somebody.is_in()


def test_a_passkey_that_asks_for_its_owner_signs_in_alone(app: Flask, person: Person, device: Device) -> None:
    browser = Visitor(app.test_client())
    entered = sign_in(browser, device)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    assert browser.get("/").status_code == 200
    assert "With a passkey" in browser.get("/me/sessions").text


def test_a_passkey_that_asks_nobody_is_no_first_factor_but_a_second(app: Flask, operation: Operation) -> None:
    device = Device(verifies=False)
    somebody = newcomer(app, operation)
    somebody.sign_in()
    add(somebody, device)
    somebody.browser.post("/signout")
    assert sign_in(somebody.browser, device).status_code == 401
    somebody.sign_in()
    page = somebody.browser.get("/signin/second").text
    assert somebody.browser.post("/signin/second", confirm_passkey=device.prove(page)).status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"challenge": "bm90IHdoYXQgd2FzIGFza2Vk"},
        {"rp": "elsewhere.example"},
        {"handle": b"somebody else's id"},
    ],
    ids=["another key", "another challenge", "another site", "another owner"],
)
def test_a_proof_with_one_wrong_part_is_none(
    wrong: dict[str, object], app: Flask, person: Person, device: Device
) -> None:
    browser = Visitor(app.test_client())
    assert sign_in(browser, device, **wrong).status_code == 401
    assert browser.get("/").status_code == 303
    assert sign_in(browser, device).status_code == 303


def test_a_proof_for_another_address_of_the_web_is_none(app: Flask, person: Person, device: Device) -> None:
    device.origin = "http://localhost.evil.example"
    assert sign_in(Visitor(app.test_client()), device).status_code == 401


def test_a_proof_works_once_and_only_in_the_browser_that_was_asked(
    app: Flask, person: Person, device: Device
) -> None:
    browser, thief = Visitor(app.test_client()), Visitor(app.test_client())
    thief.get("/signin/passkey")
    page = browser.get("/signin/passkey").text
    proof = device.prove(page)
    assert thief.post("/signin/passkey", credential=proof).status_code == 401
    assert browser.post("/signin/passkey", credential=proof).status_code == 303
    browser.post("/signout")
    assert browser.post("/signin/passkey", credential=proof).status_code == 401


def test_a_device_that_counts_must_count_on(app: Flask, person: Person, device: Device) -> None:
    assert sign_in(Visitor(app.test_client()), device).status_code == 303
    copy = Device(key=device.key, credential_id=device.credential_id, handle=device.handle, count=0)
    assert sign_in(Visitor(app.test_client()), copy).status_code == 401


@pytest.mark.parametrize(
    "credential",
    ["", "{", "[]", "null", "1", '{"rawId": 3}', '{"rawId": "!"}', '{"rawId": "AAAA", "response": []}'],
)
def test_what_is_no_answer_at_all_is_refused_politely(credential: str, stranger: Visitor) -> None:
    stranger.get("/signin/passkey")
    assert stranger.post("/signin/passkey", credential=credential).status_code == 401


def test_an_answer_with_torn_parts_is_refused_politely(app: Flask, person: Person, device: Device) -> None:
    browser = Visitor(app.test_client())
    whole = json.loads(device.prove(browser.get("/signin/passkey").text))
    for part in ("clientDataJSON", "authenticatorData", "signature"):
        torn = {**whole, "response": {**whole["response"], part: "AAAA"}}
        browser.get("/signin/passkey")
        assert browser.post("/signin/passkey", credential=json.dumps(torn)).status_code == 401


def test_a_question_is_over_after_ten_minutes(
    app: Flask, person: Person, device: Device, sql: sa.Connection
) -> None:
    browser = Visitor(app.test_client())
    page = browser.get("/signin/passkey").text
    sql.execute(
        sa.text("UPDATE staff_ticket SET expires_at = :past"), {"past": clock.now() - timedelta(seconds=1)}
    )
    sql.commit()
    assert browser.post("/signin/passkey", credential=device.prove(page)).status_code == 401


def test_a_passkey_is_one_accounts_alone(
    app: Flask, operation: Operation, person: Person, device: Device
) -> None:
    other = newcomer(app, operation)
    other.sign_in()
    assert add(other, device).status_code == 422
    other.set_up_app()
    other.browser.post("/signout")
    other.sign_in()
    page = elsewhere(app, person)
    page.sign_in()
    theirs = device.prove(page.browser.get("/signin/second").text)
    assert other.browser.post("/signin/second", confirm_passkey=theirs).status_code == 401
    assert not other.is_in()


def test_a_closed_account_has_no_passkey(
    app: Flask, person: Person, device: Device, sql: sa.Connection
) -> None:
    sql.execute(sa.text("UPDATE staff SET active = false WHERE id = :id"), {"id": person.id})
    sql.commit()
    assert sign_in(Visitor(app.test_client()), device).status_code == 401


def test_a_passkey_has_a_name_that_is_sealed_and_is_removed_by_its_owner_alone(
    app: Flask, operation: Operation, person: Person, device: Device, sql: sa.Connection
) -> None:
    sign_in(person.browser, device)
    assert "my blue key" in person.browser.get("/me/security").text
    row = sql.execute(sa.text("SELECT * FROM staff_credential WHERE staff_id = :id"), {"id": person.id}).one()
    assert b"blue" not in b"".join(value for value in row if isinstance(value, bytes))
    other = newcomer(app, operation)
    other.sign_in()
    assert other.browser.post(f"/me/security/passkeys/{row.id}/remove").status_code == 404
    last = person.browser.post(f"/me/security/passkeys/{row.id}/remove")
    assert last.status_code == 409, "the role needs one"
    spare = Device()
    assert add(person, spare, name="").status_code == 303
    assert person.browser.post(f"/me/security/passkeys/{row.id}/remove").status_code == 303
    assert sign_in(Visitor(app.test_client()), device).status_code == 401
    assert sign_in(Visitor(app.test_client()), spare).status_code == 303


def test_asking_again_takes_a_passkey(person: Person, device: Device, sql: sa.Connection) -> None:
    sign_in(person.browser, device)
    stale = {"past": clock.now() - timedelta(minutes=11), "id": person.id}
    sql.execute(sa.text("UPDATE staff_session SET fresh_at = :past WHERE staff_id = :id"), stale)
    sql.commit()
    page = person.browser.get("/me/confirm?next=/me/security/app").text
    done = person.browser.post("/me/confirm?next=/me/security/app", confirm_passkey=device.prove(page))
    assert done.headers["Location"] == "/me/security/app"
    assert person.browser.get("/me/security/app").status_code == 200


@pytest.mark.parametrize(
    ("pages_url", "host", "expected"),
    [
        (
            "https://gateway.example.org",
            "gateway.example.org",
            ("gateway.example.org", "https://gateway.example.org"),
        ),
        ("https://gateway.example.org", "evil.example", None),
        ("https://gateway.example.org", "localhost:8000", None),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", None),
        ("http://127.0.0.1:8000", "localhost:8000", ("localhost", "http://localhost:8000")),
        ("https://192.0.2.7", "192.0.2.7", None),
    ],
)
def test_a_passkey_is_for_our_own_name_and_never_for_what_the_request_claims(
    settings: Settings, pages_url: str, host: str, expected: tuple[str, str] | None
) -> None:
    made = create_pages(replace(settings, pages_url=pages_url))
    with made.test_request_context(headers={"Host": host}):
        ours = passkeys.party()
    assert (ours and (ours.id, ours.origin)) == expected
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


def test_where_there_can_be_no_passkeys_there_is_no_page_for_them(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/signin/passkey", base_url="http://127.0.0.1:8000").status_code == 404
    assert "passkey" not in client.get("/signin", base_url="http://127.0.0.1:8000").text


def test_a_new_passkey_is_not_taken_for_a_proof_and_not_lost_when_it_is_asked_who_made_it(
    app: Flask, operation: Operation, device: Device, sql: sa.Connection
) -> None:
    somebody = newcomer(app, operation)
    somebody.sign_in()
    page = somebody.browser.get("/me/security/passkeys").text
    stale = {"past": clock.now() - timedelta(minutes=11), "id": somebody.id}
    sql.execute(sa.text("UPDATE staff_session SET fresh_at = :past WHERE staff_id = :id"), stale)
    sql.commit()
    answer = device.make(page)
    asked = somebody.browser.post("/me/security/passkeys", credential=answer, name="key")
    assert asked.status_code == 403
    assert "was not right" not in asked.text
    form = {"credential": answer, "name": "key", "confirm_password": PASSWORD}
    assert somebody.browser.post("/me/security/passkeys", **form).status_code == 200
    somebody.browser.post("/signout")
    assert sign_in(somebody.browser, device).status_code == 303
