"""The fake service that flows ask, asked as a worker asks it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway import clock, ids
from gateway.services import outside
from gateway.services.outside import Outcome, Request
from tests.integration.channels.at_work import CONFIG, Running

SECRET = "s3cret"
ANSWERS = {"cash": {"amount": 250, "place": "Centre B"}}


@pytest.fixture
def running(start: Callable[..., Running]) -> Running:
    return start({**CONFIG, "services": {"secret": SECRET, "answers": ANSWERS}})


def asked(running: Running, name: str = "cash", *, secret: str = SECRET, url: str | None = None) -> Request:
    later = clock.now() + timedelta(minutes=5)
    return Request(ids.new(), name, 1, later, url or f"{running.url}/services/{name}", secret, {"card": 7711})


def test_a_service_answers_whoever_signs_their_question(running: Running) -> None:
    landed = outside.put(asked(running), loopback=True, now=clock.now())
    assert (landed.outcome, landed.values) == (Outcome.ANSWERED, ANSWERS["cash"])


def test_a_question_with_another_secret_or_to_nobody_is_refused(running: Running) -> None:
    for request in (asked(running, secret="wrong"), asked(running, "unknown")):
        assert outside.put(request, loopback=True, now=clock.now()).outcome is Outcome.REFUSED


def test_the_same_question_twice_is_counted_as_one_and_again(running: Running) -> None:
    request = asked(running)
    for _ in range(2):
        outside.put(request, loopback=True, now=clock.now())
    assert running.fakes.counts()["services"] == {"cash": 1, "again": 1}


def test_an_address_of_this_machine_is_asked_in_a_demonstration_alone(running: Running) -> None:
    landed = outside.put(asked(running), now=clock.now())
    assert landed.outcome is None
    assert running.fakes.counts()["services"] == {}


def test_a_question_whose_time_is_over_is_not_asked(running: Running) -> None:
    landed = outside.put(asked(running), loopback=True, now=clock.now() + timedelta(hours=1))
    assert landed.outcome is Outcome.TOO_LATE
    assert running.fakes.counts()["services"] == {}
