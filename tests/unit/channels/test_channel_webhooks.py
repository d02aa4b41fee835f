"""Every captured request of every provider: what it becomes. The files hold invented numbers."""

import dataclasses
import json
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from gateway import errors
from gateway.channels import build
from gateway.channels.base import MAX_FIELDS, Channel, ChannelSettings, Webhook

FILES = Path(__file__).parents[2] / "fixtures" / "webhooks"
SECRET = "invented-secret"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


def adapter(kind: str) -> Channel:
    config = {
        "twilio": {"account_sid": "AC" + "0" * 32, "auth_token": SECRET},
        "telegram": {"token": "1:invented", "secret_token": SECRET},
        "simulator": {"secret": SECRET},
    }[kind]
    return build(kind, ChannelSettings("c1", "+441632960001", "PK", config))


def captured() -> list[Any]:
    files = sorted(FILES.glob("*/*.json"))
    return [pytest.param(file, id=f"{file.parent.name}-{file.stem}") for file in files]


def webhook_of(kind: str, case: dict[str, Any]) -> Webhook:
    if kind == "twilio":
        signature = RequestValidator(SECRET).compute_signature(case["url"], case["form"])
        headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
        return Webhook.of("POST", case["url"], headers, urlencode(case["form"]).encode(), path=case["path"])
    name = {"telegram": "X-Telegram-Bot-Api-Secret-Token", "simulator": "X-Paigham-Simulator"}[kind]
    body = case["body"] if "body" in case else json.dumps(case["json"])
    headers = {"Content-Type": "application/json", name: SECRET}
    return Webhook.of("POST", case["url"], headers, body.encode(), path=case["path"])


def plain(value: Any) -> Any:
    """A value as its file has it: fields that differ from their defaults, words for enums and times."""
    if dataclasses.is_dataclass(value):
        fields = {
            field.name: (getattr(value, field.name), field.default) for field in dataclasses.fields(value)
        }
        return {name: plain(given) for name, (given, default) in fields.items() if given != default}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


@pytest.mark.parametrize("file", captured())
def test_a_captured_request_becomes_what_its_file_says(file: Path):
    kind, case = file.parent.name, json.loads(file.read_text(encoding="utf-8"))
    channel, webhook = adapter(kind), webhook_of(kind, case)
    channel.verify(webhook)
    if "error" in case:
        with pytest.raises(getattr(errors, case["error"])) as raised:
            channel.parse(webhook)
        assert raised.value.__context__ is None, "the first error may quote what a person wrote"
    else:
        items = [{"type": type(item).__name__} | plain(item) for item in channel.parse(webhook)]
        assert items == case["gives"]


@pytest.mark.parametrize("file", captured())
def test_a_changed_secret_is_refused(file: Path):
    kind, case = file.parent.name, json.loads(file.read_text(encoding="utf-8"))
    webhook = webhook_of(kind, case)
    headers = {name: value for name, value in webhook.headers.items() if name == "content-type"}
    signed = next(iter(webhook.headers.keys() - headers.keys()))
    for forged in ({}, {signed: ""}, {signed: webhook.headers[signed][:-1]}, {signed: "پیغام"}):
        with pytest.raises(errors.BadSignature):
            adapter(kind).verify(dataclasses.replace(webhook, headers=headers | forged))


def test_every_kind_has_captured_requests():
    assert {file.parent.name for file in FILES.glob("*/*.json")} == {"simulator", "telegram", "twilio"}


def test_a_pressed_button_is_answered_in_the_answer_to_its_webhook():
    case = json.loads((FILES / "telegram" / "pressed_button.json").read_text(encoding="utf-8"))
    answer = adapter("telegram").answer(webhook_of("telegram", case))
    assert json.loads(answer.body) == {"method": "answerCallbackQuery", "callback_query_id": "771"}
    assert answer.content_type == "application/json"


def test_a_message_without_a_button_is_answered_with_nothing():
    case = json.loads((FILES / "telegram" / "text.json").read_text(encoding="utf-8"))
    assert adapter("telegram").answer(webhook_of("telegram", case)).body == b""


def test_twilio_gets_empty_twiml_for_messages_and_nothing_for_reports():
    channel = adapter("twilio")
    for name, body in (("text_in_urdu", b"<Response/>"), ("report_sent", b"")):
        case = json.loads((FILES / "twilio" / f"{name}.json").read_text(encoding="utf-8"))
        assert channel.answer(webhook_of("twilio", case)).body == body


def test_the_simulator_is_answered_with_nothing():
    case = json.loads((FILES / "simulator" / "text.json").read_text(encoding="utf-8"))
    assert adapter("simulator").answer(webhook_of("simulator", case)).body == b""


def test_a_webhook_knows_headers_in_any_case_and_keeps_repeated_names():
    webhook = Webhook.of(
        "post", "https://x/?a=1&a=2&b=", {"CONTENT-TYPE": FORM}, b"n=%DB%B2&n=&m=a+b", path="/status/"
    )
    assert (webhook.method, webhook.path, webhook.headers) == ("POST", "status", {"content-type": FORM})
    assert webhook.query == (("a", "1"), ("a", "2"), ("b", ""))
    assert webhook.form == (("n", "۲"), ("n", ""), ("m", "a b"))


def test_a_form_that_is_not_utf_8_is_read_with_marks():
    assert Webhook.of("POST", "https://x/", {"content-type": FORM}, b"Body=\xff%ff").form == (
        ("Body", "\ufffd\ufffd"),
    )


def test_a_form_with_too_many_fields_is_malformed():
    fitting = b"&".join([b"a=1"] * MAX_FIELDS)
    assert len(Webhook.of("POST", "https://x/", {"content-type": FORM}, fitting).form) == MAX_FIELDS
    with pytest.raises(errors.MalformedWebhook):
        Webhook.of("POST", "https://x/", {"content-type": FORM}, fitting + b"&a=1")


def test_deeply_nested_json_is_malformed_and_not_a_crash():
    webhook = Webhook.of("POST", "https://x/", {}, b"[" * 100_000)
    with pytest.raises(errors.MalformedWebhook):
        webhook.json()
