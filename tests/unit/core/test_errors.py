"""The error tree: what may be tried again, what callers are told, and that a tree in words is the tree in code."""

import re

import pytest

from gateway import errors
from gateway.errors import (
    BadSignature,
    InvalidRequest,
    MalformedWebhook,
    PaighamError,
    Refusal,
    SendError,
    SettingsInvalid,
)

CLASSES = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, PaighamError)
]


def test_the_tree_in_the_docstring_names_every_error_where_it_stands():
    lines = re.findall(r"^([│ ├└─]*)(\w+)", errors.__doc__, re.MULTILINE)
    names = {value.__name__: value for value in CLASSES}
    told = [(len(indent) // 4, name) for indent, name in lines if name in names]
    assert {name for _, name in told} == set(names)
    above = {}
    for depth, name in told:
        above[depth] = name
        if depth:
            assert names[name].__bases__[0].__name__ == above[depth - 1]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_is_ours_and_says_what_it_is(kind):
    assert issubclass(kind, PaighamError)
    assert kind.__doc__


def test_codes_for_callers_are_stable_and_different():
    codes = {kind: kind.code for kind in (InvalidRequest, BadSignature, MalformedWebhook)}
    assert codes == {
        InvalidRequest: "invalid_request",
        BadSignature: "bad_signature",
        MalformedWebhook: "malformed",
    }


RETRYABLE = {Refusal.TEMPORARY, Refusal.THROTTLED, Refusal.CHANNEL}


@pytest.mark.parametrize("refusal", Refusal)
def test_only_a_message_that_surely_did_not_leave_may_be_sent_again_by_itself(refusal):
    error = SendError(refusal, code="21610")
    assert error.retryable == (refusal in RETRYABLE)
    assert str(error) == f"{refusal.value}: 21610"
    assert error.retry_after is None


def test_a_refusal_keeps_how_long_the_provider_wants_us_to_wait():
    assert SendError(Refusal.THROTTLED, code="429", retry_after=7.5).retry_after == 7.5


def test_wrong_settings_are_all_told_one_a_line():
    error = SettingsInvalid(["A is wrong.", "B is missing."])
    assert str(error) == "A is wrong.\nB is missing."
    assert error.problems == ["A is wrong.", "B is missing."]
