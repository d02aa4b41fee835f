"""The table of adapters, what their settings must hold, and what a web process loads."""

import subprocess
import sys

import pytest

from gateway.channels import ADAPTERS, build
from gateway.channels.base import CanBeAsked, ChannelSettings, Delivery, Outgoing, Traits
from gateway.channels.simulator import Simulator
from gateway.channels.twilio import Twilio
from gateway.errors import SettingsInvalid

GOOD = {
    "simulator": {"secret": "s"},
    "telegram": {"token": "1:t", "secret_token": "s"},
    "twilio": {"account_sid": "AC0", "auth_token": "t"},
}


@pytest.mark.parametrize("kind", sorted(ADAPTERS))
def test_every_kind_is_built_from_settings_and_says_what_is_missing(kind: str):
    channel = build(kind, ChannelSettings("c1", "+441632960001", None, GOOD[kind]))
    assert isinstance(channel.traits, Traits)
    assert channel.traits.can_be_asked == isinstance(channel, CanBeAsked)
    with pytest.raises(SettingsInvalid) as raised:
        build(kind, ChannelSettings("c1", "+441632960001"))
    assert len(raised.value.problems) == len(GOOD[kind])
    assert all(name in str(raised.value) for name in GOOD[kind])


def test_an_unknown_kind_is_a_key_error():
    assert "pigeon" not in ADAPTERS
    with pytest.raises(KeyError):
        build("pigeon", ChannelSettings("c1", ""))


def test_the_table_lists_every_kind():
    assert len(ADAPTERS) == len(list(ADAPTERS)) == len(GOOD)


def test_twilio_without_any_sender_is_refused():
    with pytest.raises(SettingsInvalid, match="messaging_service_sid"):
        Twilio(ChannelSettings("c1", "", None, GOOD["twilio"]))
    assert Twilio(ChannelSettings("c1", "", None, GOOD["twilio"] | {"messaging_service_sid": "MG0"}))


def test_credentials_do_not_print():
    settings = ChannelSettings("c1", "bot", None, {"token": "do-not-print", "secret_token": "nor-this"})
    assert "do-not-print" not in repr(settings)
    assert "do-not-print" not in repr(build("telegram", settings))


WEB_PROCESS = """
import sys
from gateway.channels import build
from gateway.channels.base import ChannelSettings
build("twilio", ChannelSettings("c1", "+441632960001", None, {"account_sid": "AC0", "auth_token": "t"}))
build("simulator", ChannelSettings("c1", "", None, {"secret": "s"}))
print(*sorted({"twilio", "telegram", "aiohttp", "httpx", "requests"} & set(sys.modules)))
"""


def test_a_web_process_that_receives_sms_loads_no_sdk():
    done = subprocess.run([sys.executable, "-c", WEB_PROCESS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("kind", ["telegram", "twilio"])
def test_sending_before_the_pool_is_open_is_a_programming_error(kind: str):
    channel = build(kind, ChannelSettings("c1", "+441632960001", None, GOOD[kind]))
    with pytest.raises(RuntimeError, match="async with"):
        finish(channel.send(Outgoing("m1", "tel:+923000000123", "x")))


def test_the_simulator_delivers_at_once():
    sent = finish(
        Simulator(ChannelSettings("c1", "", None, {"secret": "s"})).send(Outgoing("m1", "simulator:a", "x"))
    )
    assert (sent.external_id, sent.status) == ("sim-m1", Delivery.DELIVERED)


def test_the_simulators_phones_show_buttons_when_told_so():
    assert not Simulator(ChannelSettings("c1", "", None, {"secret": "s"})).traits.buttons
    assert Simulator(ChannelSettings("c1", "", None, {"secret": "s", "buttons": True})).traits.buttons


def finish(coroutine):
    """Run a coroutine that waits for nothing, without an event loop, which would need a socket."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")
