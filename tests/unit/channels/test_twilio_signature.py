"""Our check of Twilio's signature accepts and refuses what the SDK's does."""

import dataclasses
from hashlib import sha256
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from gateway.channels.base import ChannelSettings, Webhook
from gateway.channels.twilio import Twilio
from gateway.errors import BadSignature

FORM = "application/x-www-form-urlencoded"
# Vectors published with twilio-python, tests/unit/test_request_validator.py.
TOKEN = "12345"
PARAMETERS = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_URL = f"{URL}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


def channel(token: str = TOKEN) -> Twilio:
    return Twilio(ChannelSettings("c1", "+441632960001", None, {"account_sid": "AC0", "auth_token": token}))


def signed(url: str, form: list[tuple[str, str]], signature: str) -> Webhook:
    body = urlencode(form).encode()
    return Webhook.of("POST", url, {"Content-Type": FORM, "X-Twilio-Signature": signature}, body)


def is_accepted(webhook: Webhook, token: str = TOKEN) -> bool:
    try:
        channel(token).verify(webhook)
    except BadSignature:
        return False
    return True


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        (URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com/", ".com:443/"), "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (URL.replace("https", "http").replace(".com/", ".com:80/"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (URL.replace("https", "http").replace(".com/", ".com:1234/"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ],
)
def test_published_vectors_with_and_without_port(url: str, signature: str):
    form = list(PARAMETERS.items())
    assert is_accepted(signed(url, form, signature))
    assert is_accepted(signed(url, form[::-1], signature)), "the order of parameters does not matter"
    assert not is_accepted(signed(url, [*form, ("Extra", "1")], signature))


def test_the_port_may_be_left_out_or_spelled_out_on_either_side():
    form = list(PARAMETERS.items())
    with_port = URL.replace(".com/", ".com:443/")
    assert is_accepted(signed(with_port, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8="))
    assert is_accepted(signed(URL, form, "kvajT1Ptam85bY51eRf/AJRuM3w="))


def test_published_vector_with_a_json_body():
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": "a9nBmqA0ju/hNViExpshrM61xv4="}
    good = Webhook.of("POST", JSON_URL, headers, JSON_BODY)
    assert is_accepted(good)
    assert not is_accepted(dataclasses.replace(good, body=JSON_BODY.replace(b"true", b"false")))


def test_a_body_that_no_signature_covers_is_refused():
    signature = RequestValidator(TOKEN).compute_signature(URL, {})
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": signature}
    assert is_accepted(Webhook.of("GET", URL, headers))
    assert not is_accepted(Webhook.of("POST", URL, headers, JSON_BODY))


def test_published_vector_with_repeated_parameters():
    form = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")]
    assert is_accepted(signed(URL, form, "IK+Dwps556ElfBT0I3Rgjkr1wJU="))
    assert is_accepted(signed(URL, [*form, form[-1]], "IK+Dwps556ElfBT0I3Rgjkr1wJU=")), (
        "a value twice counts once"
    )
    assert not is_accepted(signed(URL, form[:-1], "IK+Dwps556ElfBT0I3Rgjkr1wJU="))


class Repeated(dict[str, str]):
    """Parameters with several values, as Flask hands them to the SDK."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
urls = st.sampled_from(
    [
        URL,
        "https://gateway.example.org/in/c1/",
        "http://gateway.example.org:8080/in/c1/status?m=1",
        "https://a.org",
    ]
)


@given(urls, st.lists(st.tuples(words.filter(bool), words), max_size=25), words)
def test_the_sdk_and_we_agree_on_every_form(url: str, form: list[tuple[str, str]], token: str):
    token = token or TOKEN
    validator = RequestValidator(token)
    signature = validator.compute_signature(url, Repeated(form))
    assert validator.validate(url, Repeated(form), signature)
    assert is_accepted(signed(url, form, signature), token)
    assert not is_accepted(signed(url, form, signature), token + "x")


@given(st.binary(min_size=1, max_size=200))
def test_the_sdk_and_we_agree_on_every_other_body(body: bytes):
    url = f"{URL}&bodySHA256={sha256(body).hexdigest()}"
    signature = RequestValidator(TOKEN).compute_signature(url, {})
    headers = {"Content-Type": "application/octet-stream", "X-Twilio-Signature": signature}
    assert is_accepted(Webhook.of("POST", url, headers, body))
    assert not is_accepted(Webhook.of("POST", url, headers, body + b"."))
