"""Logs hold ids and nothing about people."""

import json
import logging
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway import log
from gateway.errors import Refusal, SendError

ID = UUID("018f4e2a-1234-7abc-8def-0123456789ab")


@pytest.fixture(autouse=True)
def _put_back():
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before
    log._wire("info")
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def lines(capsys):
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


RISKY_KEYS = [
    *("text", "body", "Body", "raw", "answers", "name", "display_name", "number", "phone_number", "urn"),
    *("address", "email", "token", "auth_token", "password", "url", "callback_url", "headers"),
]


def logged(**facts):
    line = log.redact(None, "info", {"event": "it_happened", **facts})
    return {key: value for key, value in line.items() if key != "event"}


def test_a_line_is_json_with_time_level_module_event_and_ids(lines):
    log.get("gateway.outbox").info("message_sent", message=ID, channel="simulator", tries=2)
    (line,) = lines()
    datetime.fromisoformat(line.pop("at"))
    assert line == {
        "event": "message_sent",
        "level": "info",
        "module": "gateway.outbox",
        "message": str(ID),
        "channel": "simulator",
        "tries": 2,
    }


@pytest.mark.parametrize("key", RISKY_KEYS)
@pytest.mark.parametrize("value", ["x", 1, ["x"], {"a": 1}, b"x"])
def test_a_value_under_a_risky_key_is_removed_whatever_it_is(key, value):
    assert logged(**{key: value}) == {key: "[removed]"}


LOOKS_PERSONAL = [
    *("+923001234567", "923001234567", 923001234567, "0300-1234567", "tel:+923001234567", "192.168.100.23"),
    *("salam dost", "مدد", "a@b.org", b"bytes", object(), "x" * 121),
]


@pytest.mark.parametrize("value", LOOKS_PERSONAL)
def test_what_looks_like_text_or_an_address_is_removed_under_any_key(value):
    assert logged(fact=value) == {"fact": "[removed]"}
    assert logged(facts=[value, {"deep": value}]) == {"facts": ["[removed]", {"deep": "[removed]"}]}
    assert logged(facts={"deep": value}) == {"facts": {"deep": "[removed]"}}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (ID, str(ID)),
        (str(ID), str(ID)),
        ("SM" + "0123456789abcdef" * 2, "SM" + "0123456789abcdef" * 2),
        ("drain_inbox", "drain_inbox"),
        ("gateway/app.py:120", "gateway/app.py:120"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
        ("2026-01-02T03:04:05.678+00:00", "2026-01-02T03:04:05.678+00:00"),
        (timedelta(seconds=2), "0:00:02"),
        (Refusal.THROTTLED, "throttled"),
        (True, True),
        (None, None),
        (0.25, 0.25),
        (100_000, 100_000),
    ],
)
def test_ids_words_times_and_counts_are_written(value, written):
    assert logged(fact=value) == {"fact": written}


@pytest.mark.parametrize("key", ["message", "contact", "session", "broadcast"])
def test_a_word_where_an_id_belongs_is_removed(key):
    assert logged(**{key: "STOP"}) == {key: "[removed]"}
    assert logged(**{key: str(ID)}) == {key: str(ID)}


def test_an_event_that_is_not_a_constant_word_is_removed(lines):
    log.get("x").info("sent to +923001234567")
    assert lines()[0]["event"] == "[removed]"


def test_an_exception_is_told_by_type_code_and_places_only(lines):
    def fail(secret):
        cause = SendError(Refusal.THROTTLED, code="429")
        raise ValueError(secret) from cause

    try:
        fail("canary-words")
    except ValueError as error:
        log.get("x").exception("send_failed")
        found = log.bug(log.get("x"), error)
    first, second = lines()
    assert (first["error"], first["chain"]) == ("ValueError", ["SendError"])
    assert any(
        frame.startswith("tests/unit/test_log.py:") and frame.endswith(":fail") for frame in first["frames"]
    )
    assert second["bug"] == found
    assert "canary" not in json.dumps([first, second])


def test_a_providers_code_is_kept():
    assert log.describe(SendError(Refusal.OPTED_OUT, code="21610"))["code"] == "21610"


def test_a_long_chain_of_causes_ends():
    error = ValueError()
    error.__cause__ = error
    assert len(log.describe(error)["chain"]) < 20


def test_ids_of_a_scope_are_on_each_line_inside_and_on_none_outside(lines):
    with log.scope(job="drain_inbox", request=log.new_id()):
        log.get("x").info("inside")
    log.get("x").info("outside")
    inside, outside = lines()
    assert inside["job"] == "drain_inbox"
    assert inside["request"].isalpha()
    assert "job" not in outside


def test_the_level_keeps_quiet_what_lies_below_it(lines):
    log.configure("warning")
    log.get("x").info("quiet")
    log.get("x").warning("loud")
    assert [line["event"] for line in lines()] == ["loud"]


def test_what_a_library_says_is_left_out_and_where_it_said_so_is_kept(lines):
    log.configure("debug")
    logging.getLogger("twilio.http_client").warning("Body: %s", "canary-words")
    try:
        int("canary-words")
    except ValueError:
        logging.getLogger("alembic").exception("canary-words")
    first, second = lines()
    assert (first["event"], first["module"], first["level"]) == (
        "library_log",
        "twilio.http_client",
        "warning",
    )
    assert first["place"].startswith("test_log.py:")
    assert second["error"] == "ValueError"
    assert "canary" not in json.dumps([first, second])


@given(st.text(min_size=1), st.sampled_from(["fact", "message", "text", "place"]))
def test_only_short_plain_words_ever_pass(text, key):
    (value,) = logged(**{key: text}).values()
    assert (
        value == "[removed]"
        or (value.isascii() and " " not in value and sum(map(str.isdigit, value)) <= 6)
        or len(value) > 7
    )


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.lists(st.text()), st.binary())))
def test_any_line_can_be_written_as_json(facts):
    facts.pop("event", None)
    json.dumps(log.redact(None, "info", {"event": "it_happened", **facts}))


def test_what_ends_a_process_is_logged_without_its_words(lines, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    log.configure("info")
    error = ValueError("canary-words")
    sys.excepthook(ValueError, error, None)
    (line,) = lines()
    assert (line["event"], line["error"]) == ("crashed", "ValueError")
    assert "canary" not in json.dumps(line)


def test_a_bug_goes_to_a_file_where_there_is_a_folder_for_it(tmp_path, lines):
    found, written = log.bug_to_file(ValueError("canary-words"), tmp_path / "logs" / "bugs.log")
    assert written
    text = (tmp_path / "logs" / "bugs.log").read_text()
    assert json.loads(text)["bug"] == found
    assert "canary" not in text
    found, written = log.bug_to_file(ValueError("canary-words"), tmp_path / "not" / "there" / "bugs.log")
    assert not written
    assert lines()[0]["bug"] == found


@pytest.mark.parametrize(
    "place", ["click/core.py:1514:main", "python3.11/x.py:12345:<lambda>", "<string>:1:<module>"]
)
def test_places_in_code_are_written_however_many_digits_they_have(place):
    assert logged(place=place) == {"place": place}


@pytest.mark.parametrize("place", ["03001234567:1", "03001234567.txt:1", "+92 300.py:1"])
def test_a_number_is_no_place_in_code(place):
    assert logged(place=place) == {"place": "[removed]"}
