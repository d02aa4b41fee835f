"""Warming up: what the first visitor needs is there before they come, and nothing waits for it."""

import time
from collections.abc import Iterator

import jinja2
import pytest
from flask import Flask

from gateway import i18n
from gateway.app import create_pages
from gateway.settings import Settings
from gateway.web import resources, warm
from gateway.web.assets import assets


@pytest.fixture
def cold(settings: Settings) -> Iterator[Flask]:
    """An application that nobody has asked for anything."""
    for kept in (i18n._read, i18n._singles, assets):
        kept.cache_clear()
    made = create_pages(settings)
    yield made
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


def test_the_first_visitor_waits_for_no_template_no_catalog_and_no_file(
    cold: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm.warm(cold)
    read, made = i18n._read.cache_info().misses, assets.cache_info().misses

    def compiles(*_: object, **__: object) -> None:
        pytest.fail("a template is compiled while somebody waits")

    monkeypatch.setattr(jinja2.Environment, "compile", compiles)
    for code in ("en", "ur", "fr"):
        answer = cold.test_client().get("/signin", headers={"Accept-Language": code})
        assert answer.status_code == 200
        assert f'lang="{code}"' in answer.text
    assert cold.test_client().get("/nowhere").status_code == 404
    assert (i18n._read.cache_info().misses, assets.cache_info().misses) == (read, made)


def test_every_page_is_ready_in_the_end(cold: Flask) -> None:
    warm.warm(cold)
    ready = {name for _, name in cold.jinja_env.cache}
    assert set(cold.jinja_env.list_templates(extensions=["html"])) - ready == set()


def test_beginning_to_warm_up_waits_for_nothing(cold: Flask) -> None:
    began = time.perf_counter()
    thread = warm.begin(cold)
    took = time.perf_counter() - began
    assert cold.test_client().get("/healthz").status_code == 200
    thread.join(30)
    assert not thread.is_alive()
    assert took < 0.1


def test_a_step_that_fails_is_told_and_ends_nothing(
    cold: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warm, "FIRST", ("gone.html",))
    warm.warm(cold)
    assert '"not_warm"' in capsys.readouterr().err
    assert cold.test_client().get("/signin").status_code == 200
