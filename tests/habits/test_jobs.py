"""Every job that is enqueued by name exists, is short, and takes ids and shard numbers only."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from rq.utils import import_attribute

from gateway.queue import Waker
from gateway.settings import Settings
from workers import jobs, schedule

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*ROOT.glob("gateway/**/*.py"), *ROOT.glob("workers/**/*.py")]
NAMED = re.compile(r"[\"']workers\.jobs\.([a-z_]+)[\"']")
CARED_FOR = re.compile(r"\.care\(\s*[\"']([a-z_]+)[\"']")
LONGEST = 10  # lines


def enqueued():
    """Names of jobs in the code, and in the schedule."""
    texts = [path.read_text("utf-8") for path in SOURCES]
    named = {name for text in texts for pattern in (NAMED, CARED_FOR) for name in pattern.findall(text)}
    made = schedule.build(Settings(redis_url="redis://127.0.0.1:1/0"))
    return named | {job.func_name.rpartition(".")[2] for job in made.get_jobs()}


ENQUEUED = sorted(enqueued())
PUBLIC = sorted(
    name
    for name, value in vars(jobs).items()
    if inspect.isfunction(value) and value.__module__ == jobs.__name__
)


def test_the_waker_enqueues_something():
    assert {"drain_inbox", "drain_outbox", "settle", "sweep", "reconcile", "tidy", "watch", "deliver"} <= set(
        ENQUEUED
    )
    assert callable(Waker.care)


@pytest.mark.parametrize("name", ENQUEUED)
def test_a_job_that_is_enqueued_by_name_resolves_to_a_function(name):
    assert import_attribute(f"workers.jobs.{name}") is getattr(jobs, name)


def test_every_job_is_enqueued_by_somebody():
    helpers = {"drains", "post"}
    assert {name for name in PUBLIC if not name.startswith("_")} - helpers == set(ENQUEUED)


@pytest.mark.parametrize("name", PUBLIC)
def test_an_entry_point_is_at_most_ten_lines_long(name):
    (function,) = ast.parse(inspect.getsource(getattr(jobs, name))).body
    assert function.end_lineno - function.lineno + 1 <= LONGEST


@pytest.mark.parametrize("name", ENQUEUED)
def test_the_arguments_of_a_job_are_shard_numbers_and_ids(name):
    parameters = inspect.signature(getattr(jobs, name)).parameters
    assert {(parameter, given.annotation) for parameter, given in parameters.items()} <= {
        ("shard", "int"),
        ("channel_id", "str"),
    }
