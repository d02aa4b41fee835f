"""What a text costs stands beside it, where the operation has told what an SMS costs."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from gateway.app import create_pages
from gateway.models.staff import Role
from gateway.settings import Settings
from gateway.web import resources
from tests.integration.web.visitors import World, signed_in


@pytest.fixture
def priced(settings: Settings) -> Iterator[Flask]:
    """Pages of an operation where an SMS costs something."""
    made = create_pages(replace(settings, sms_price="0.015 USD"))
    yield made
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


def editor(app: Flask, world: World) -> str:
    visitor = signed_in(app, world.operation, world.staff[Role.IM_OFFICER])
    page = visitor.get(f"/flows/{world.flow_id}/edit?step=consent")
    assert page.status_code == 200
    return page.text


def test_the_editor_says_what_a_text_costs_in_each_language(priced: Flask, world: World) -> None:
    page = editor(priced, world)
    assert "1 SMS · 0.015 USD" in page
    assert page.count(" USD") >= 2, "beside the source and beside the other language"


def test_without_a_price_nothing_is_said_of_costs(app: Flask, world: World) -> None:
    page = editor(app, world)
    assert "1 SMS" in page
    assert "USD" not in page
