"""The door for providers, asked for anything: never an error of ours, never an echo, and nothing stored unsigned."""

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from gateway.crypto import Keyring
from gateway.settings import Settings
from tests.integration.web.test_provider_door import FORM, MESSAGE, PERSON, PUBLIC, Lines

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "80"))
CANARY = "pelican-of-the-north"
CALM = {200, 400, 404, 405, 413, 431}
HURRY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
JUNK = (
    None,
    True,
    -1,
    2**63,
    2**80,
    1e308,
    "",
    "x" * 5000,
    CANARY,
    "\x00",
    "\ud83d",
    [],
    {},
    [[]],
    {"id": None},
)
PRESSED = {"id": "1", "from": PERSON, "chat_instance": "1", "data": "o:3=yes", "message": MESSAGE}
CARD = {"phone_number": "+923001234567", "first_name": "X", "user_id": 7}
UPDATES = (
    {"update_id": 1, "message": MESSAGE | {"text": "hello"}},
    {
        "update_id": 2,
        "callback_query": {
            "id": "1",
            "from": PERSON,
            "chat_instance": "1",
            "data": "o:3=yes",
            "message": MESSAGE,
        },
    },
    {"update_id": 3, "my_chat_member": {"chat": MESSAGE["chat"], "from": PERSON, "date": 1_900_000_000}},
    {
        "update_id": 4,
        "message": MESSAGE | {"contact": CARD},
    },
    {"update_id": 5, "message": MESSAGE | {"location": {"latitude": 1.0, "longitude": 2.0}}},
)
FIELDS = (
    *FORM,
    "MessageStatus",
    "ErrorCode",
    "NumMedia",
    "MediaUrl0",
    "OptOutType",
    "Latitude",
    "AccountSid",
    "SmsStatus",
)


@pytest.fixture(scope="module")
def lines(module_settings: Settings, ring: Keyring) -> Iterator[Lines]:
    made = Lines(module_settings, ring)
    yield made
    made.door.close()
    made.operation.drains.close()


@pytest.fixture(scope="module")
def module_settings(settings: Settings, ring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("spool")
    return replace(settings, public_url=PUBLIC, data=folder, keys=ring.to_json())


def check(answer: TestResponse, *, signed: bool = False) -> None:
    assert answer.status_code in CALM, answer.status_code
    # A provider is answered about its own question, by its id; whoever did not sign learns nothing at all.
    assert signed or CANARY not in answer.text + json.dumps(dict(answer.headers))
    assert "Set-Cookie" not in answer.headers


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def spoiled(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """A copy with something else at one place."""
    if not path:
        return junk
    made = deepcopy(value)
    within = made
    for key in path[:-1]:
        within = within[key]
    within[path[-1]] = junk
    return made


@HURRY
@given(data=st.data(), junk=st.sampled_from(JUNK))
def test_no_update_of_a_messenger_breaks_the_door(lines: Lines, data: st.DataObject, junk: Any) -> None:
    update = data.draw(st.sampled_from(UPDATES))
    check(lines.update(spoiled(update, data.draw(st.sampled_from(list(places(update)))), junk)), signed=True)


typed = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@HURRY
@given(
    form=st.dictionaries(
        st.one_of(st.sampled_from(FIELDS), typed),
        st.one_of(typed, st.sampled_from(["", "0", "-1", "9" * 400, CANARY, "+92300", "tel:", "\x00"])),
        max_size=8,
    ),
    path=st.sampled_from(["", "status", "status?m=x", "../x", "%00", "%F0%9F%99%82"]),
)
def test_no_signed_form_breaks_the_door(lines: Lines, form: dict[str, str], path: str) -> None:
    fields = {name: value for name, value in form.items() if name not in {"self", "token", "path"}}
    check(lines.text(path=lines.sms + path, **fields), signed=True)


@HURRY
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "BREW"]),
    body=st.binary(max_size=400),
    kind=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", ""]
    ),
    headers=st.dictionaries(
        st.sampled_from(
            ["X-Twilio-Signature", "X-Telegram-Bot-Api-Secret-Token", "Cookie", "Host", "Authorization"]
        ),
        st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40),
    ),
    line=st.sampled_from(["sms", "bot"]),
)
def test_nothing_unsigned_is_stored_whatever_it_is(
    lines: Lines, method: str, body: bytes, kind: str, headers: dict[str, str], line: str
) -> None:
    before = lines.stored()
    path = lines.bot if line == "bot" else lines.sms
    check(lines.client.open(path, method=method, data=body, content_type=kind, headers=headers))
    assert lines.stored() == before
