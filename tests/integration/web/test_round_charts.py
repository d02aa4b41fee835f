"""A round's charts: whoever may see single answers sees every number, others nothing that is small."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway.models.staff import Role
from gateway.services.rounds_view import Share
from gateway.web import drawing
from gateway.web.charts import Drawn
from tests.integration.web.visitors import Visitor, World


@pytest.fixture
def draw(world: World, visit: Callable[[Role], Visitor]) -> Callable[[list[Share]], Drawn | None]:
    """Draw shares for an English reader."""
    app: Flask = visit(Role.IM_OFFICER).client.application

    def drawn(shares: list[Share]) -> Drawn | None:
        with app.test_request_context("/"):
            return drawing.completed("By language", "Language", shares, str)

    return drawn


def test_the_numbers_of_a_chart_are_those_of_the_round(draw: Callable[[list[Share]], Drawn | None]) -> None:
    drawn = draw([Share("urd", 40, 25), Share("prs", 20, 20)])
    assert drawn is not None
    assert drawn.head == ("Language", "Completed", "Not completed")
    assert drawn.rows == (("urd", ("25", "15")), ("prs", ("20", "0")))
    assert ">40<" in str(drawn.svg), "the sum stands beside the bar"


def test_what_is_hidden_is_neither_drawn_nor_written(draw: Callable[[list[Share]], Drawn | None]) -> None:
    drawn = draw([Share("urd", 40, 25), Share("prs", 0, 0, hidden=True)])
    assert drawn is not None
    assert drawn.rows[1] == ("prs", ("Too few to show", "Too few to show"))
    assert len(re.findall(r'class="series-', str(drawn.svg))) == 2
    assert draw([Share("urd", 0, 0, hidden=True)]) is None
    assert draw([]) is None


def test_the_page_of_a_round_shows_its_charts_with_their_tables(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    text = visit(Role.IM_OFFICER).get(f"/rounds/{world.round_id}").text
    assert text.count('role="img"') == text.count('<figure class="chart-box">') >= 1
    for figure in text.split('<figure class="chart-box">')[1:]:
        assert "<title" in figure
        assert "<desc" in figure
        assert "<table>" in figure
