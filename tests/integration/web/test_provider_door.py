"""The door for providers over HTTP: what is stored, what is refused, and what nobody learns from it."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.app import create_webhooks
from gateway.crypto import Keyring
from gateway.settings import Settings
from gateway.web.webhooks import MAX_BODY, MAX_HEADERS, Door, Patience, door_of
from tests.integration.operation import Operation

PUBLIC = "https://gateway.example"
TOKEN = "invented-token"
SECRET = "invented-secret"
PERSON = {"id": 7, "is_bot": False, "first_name": "Somebody", "language_code": "fa"}
MESSAGE = {"message_id": 1, "date": 1_900_000_000, "chat": {"id": 7, "type": "private"}, "from": PERSON}
FORM = {"MessageSid": "SM" + "1" * 32, "From": "+923001234567", "To": "+922100000000", "Body": "سلام"}


class Lines:
    """An SMS line and a bot, and a client that speaks to both as their providers do."""

    def __init__(self, settings: Settings, ring: Keyring) -> None:
        self.operation = Operation(settings, ring)
        with self.operation.connect() as connection:
            sms = {"account_sid": "AC" + "0" * 32, "auth_token": TOKEN}
            self.sms = f"/in/{self.operation.channel(connection, 'twilio', sms).id}/"
            bot = {"token": "1:invented", "secret_token": SECRET}
            self.bot = f"/in/{self.operation.channel(connection, 'telegram', bot).id}/"
            connection.commit()
        self.app = create_webhooks(settings)
        self.client: FlaskClient = self.app.test_client()

    @property
    def door(self) -> Door:
        return door_of(self.app)

    def text(self, *, token: str = TOKEN, path: str | None = None, **form: str) -> TestResponse:
        path, form = path or self.sms, FORM | form
        signed = PUBLIC + path + "".join(key + form[key] for key in sorted(form))
        digest = hmac.digest(token.encode(), signed.encode(), hashlib.sha1)
        headers = {"X-Twilio-Signature": base64.b64encode(digest).decode(), "Host": "somebody.else"}
        return self.client.post(path, data=form, headers=headers)

    def update(self, update: Any, *, secret: str = SECRET) -> TestResponse:
        return self.client.post(self.bot, json=update, headers={"X-Telegram-Bot-Api-Secret-Token": secret})

    def stored(self) -> int:
        count: int = self.operation.one(
            "SELECT count(*) FROM message_in WHERE organisation_id = %s", self.operation.id
        )
        return count


@pytest.fixture
def lines(settings: Settings, ring: Keyring, tmp_path: Path) -> Iterator[Lines]:
    made = Lines(replace(settings, public_url=PUBLIC, data=tmp_path, keys=ring.to_json()), ring)
    yield made
    made.door.close()
    made.operation.drains.close()


def test_a_signed_text_is_stored_before_the_200(lines: Lines) -> None:
    answer = lines.text()
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert lines.stored() == 1


def test_a_text_that_is_delivered_again_changes_nothing_and_is_answered_200(lines: Lines) -> None:
    assert [lines.text().status_code for _ in range(3)] == [200, 200, 200]
    assert lines.stored() == 1
    assert lines.operation.one("SELECT count(*) FROM pending_in") >= 1


def test_a_button_and_a_text_of_a_messenger_are_stored(lines: Lines) -> None:
    pressed = {"id": "1", "from": PERSON, "chat_instance": "1", "data": "o:3=yes", "message": MESSAGE}
    assert lines.update({"update_id": 1, "message": MESSAGE | {"text": "سلام"}}).status_code == 200
    assert lines.update({"update_id": 2, "callback_query": pressed}).status_code == 200
    assert lines.stored() == 2


def test_what_is_no_message_is_answered_and_not_stored(lines: Lines) -> None:
    edited = MESSAGE | {"text": "سلام", "edit_date": 1_900_000_001}
    assert lines.update({"update_id": 3, "edited_message": edited}).status_code == 200
    assert lines.stored() == 0


def test_a_wrong_signature_looks_like_a_channel_that_does_not_exist(lines: Lines) -> None:
    unknown = lines.text(path=f"/in/{uuid4()}/")
    for answer in (lines.text(token="guessed"), lines.update({"update_id": 1}, secret="guessed")):
        assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data) == (404, b"")
    assert lines.stored() == 0


def test_a_signature_is_made_over_our_public_address_whatever_the_host_header_says(lines: Lines) -> None:
    assert lines.text().status_code == 200, "the request named another host"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"update_id": "x"}'])
def test_a_body_that_is_not_the_providers_is_refused_and_nothing_is_stored(lines: Lines, body: bytes) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
    assert lines.client.post(lines.bot, data=body, headers=headers).status_code == 400
    assert lines.stored() == 0


def test_bodies_and_headers_have_limits(lines: Lines) -> None:
    assert lines.text(Body="x" * MAX_BODY).status_code == 413
    long = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "X-Long": "x" * MAX_HEADERS}
    assert lines.client.post(lines.bot, json={"update_id": 1}, headers=long).status_code == 431
    assert lines.stored() == 0


def test_an_answer_to_a_wrong_request_repeats_nothing_of_it(lines: Lines) -> None:
    answer = lines.text(token="guessed", Body="canary")
    assert b"canary" not in answer.data
    assert "canary" not in json.dumps(dict(answer.headers))


def away(lines: Lines) -> None:
    """Let PostgreSQL be away for this process; its channels are known."""
    assert lines.text(MessageSid="SM" + "0" * 32).status_code == 200
    lines.door.pool.close()


def test_a_text_is_spooled_sealed_while_postgresql_is_away(lines: Lines) -> None:
    away(lines)
    assert lines.text().status_code == 200
    (kept,) = lines.door.spool.folder.glob("*.req")
    assert b"923001234567" not in kept.read_bytes()
    assert lines.stored() == 1, "only the one before"


def test_the_provider_is_told_to_come_again_when_nothing_can_be_kept(lines: Lines, tmp_path: Path) -> None:
    away(lines)
    blocked = tmp_path / "no-folder"
    blocked.write_text("a file stands where the spool should be")
    lines.door.spool.folder = blocked
    answer = lines.text()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_strangers_who_try_addresses_are_told_to_wait_and_keep_nobody_else_waiting(lines: Lines) -> None:
    assert lines.text().status_code == 200
    lines.door.strangers = Patience(per_second=0.001, most=3, _left=3, _at=time.monotonic())
    codes = [lines.client.post(f"/in/{uuid4()}/").status_code for _ in range(5)]
    assert codes == [404, 404, 404, 429, 429]
    assert lines.text(MessageSid="SM" + "2" * 32).status_code == 200


def test_patience_comes_back_with_time() -> None:
    patience = Patience(per_second=100.0, most=2, _left=0, _at=time.monotonic())
    assert not patience.take()
    time.sleep(0.05)
    assert [patience.take() for _ in range(3)] == [True, True, False]


def test_while_postgresql_is_away_requests_for_unknown_channels_are_kept_however_many(lines: Lines) -> None:
    away(lines)
    lines.door.strangers = Patience(per_second=0.001, most=0, _left=0, _at=time.monotonic())
    assert lines.client.post(f"/in/{uuid4()}/", data=b"x").status_code == 200
    assert len(list(lines.door.spool.folder.glob("*.req"))) == 1
