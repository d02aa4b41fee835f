"""The picture of a flow: all boxes and lines inside it, nothing that is code, the same each time, mirrored for RTL."""

import re
from xml.etree import ElementTree as ET

import pytest

from flows.graph import graph
from flows.outline import outline
from gateway.web.flow_drawing import BOX, Words, draw
from tests.unit.flows.test_editing import SMALL
from tests.unit.flows.test_graph import WAYS

SVG = "{http://www.w3.org/2000/svg}"


def picture(source: str, *, rtl: bool = False, links: bool = True) -> str:
    words = Words(
        kind=str,
        excerpt=lambda line: str(line.values.get("text", "")),
        lang="en",
        address=(lambda name: f"/edit?step={name}") if links else None,
        end="The end",
        missing="is not there",
        title="Picture",
        rtl=rtl,
    )
    return str(draw(graph(outline(source)), words))


def corners(drawn: str) -> list[float]:
    root = ET.fromstring(drawn)  # noqa: S314 - we drew it ourselves
    return [float(box.get("x", "-1")) for box in root.iter(f"{SVG}rect")]


def test_each_step_is_a_box_that_leads_to_it_and_each_way_a_line() -> None:
    drawn = picture(WAYS)
    steps = outline(WAYS).lines
    assert re.findall(r'href="/edit\?step=(\w+)"', drawn) == [line.name for line in steps]
    assert drawn.count('marker-end="url(#arrow)"') == len(graph(outline(WAYS)).edges)
    assert "nowhere: is not there" in drawn


def test_all_of_it_lies_inside_the_picture() -> None:
    for source in (WAYS, SMALL):
        drawn = picture(source)
        width = float(ET.fromstring(drawn).get("width", "0"))  # noqa: S314 - we drew it ourselves
        assert all(0 <= x <= width - BOX for x in corners(drawn))


def test_it_is_mirrored_for_those_who_read_from_the_right() -> None:
    left, right = corners(picture(WAYS)), corners(picture(WAYS, rtl=True))
    width = float(ET.fromstring(picture(WAYS)).get("width", "0"))  # noqa: S314 - we drew it ourselves
    assert [width - x - BOX for x in left] == pytest.approx(right, abs=1)


def test_words_are_never_code_and_a_file_has_no_links() -> None:
    drawn = picture(SMALL.replace('"Hello."', '"<script>alert(1)</script>"'))
    assert "<script" not in drawn
    assert "&lt;script" in drawn
    assert "<a " not in picture(SMALL, links=False)


def test_the_same_flow_gives_the_same_picture() -> None:
    assert picture(WAYS) == picture(WAYS)


def test_a_step_that_leads_to_itself_and_a_flow_without_steps_are_drawn() -> None:
    assert "works" in picture(SMALL.replace("goto: end", "goto: works"))
    assert picture("flow: x\nsteps: []\n").startswith("<svg")
