"""Charts: nothing is drawn of nothing, every number stands in the table, mirrors are mirrors, words are words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import NothingToDraw
from gateway.web import charts
from gateway.web.charts import MOST_SERIES, Drawn, Figures, Hand

LTR = Hand(rtl=False, number=str)
RTL = Hand(rtl=True, number=str)
DRAWERS = [charts.bars, charts.stacked, charts.lines]

labels = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=20,
)
numbers = st.one_of(st.none(), st.integers(0, 10_000_000))


@st.composite
def figures(draw: st.DrawFn) -> Figures:
    rows = draw(st.integers(1, 12))
    columns = draw(st.integers(1, MOST_SERIES))
    made = [draw(st.lists(numbers, min_size=rows, max_size=rows)) for _ in range(columns)]
    if not any(number is not None for column in made for number in column):
        made[0][0] = draw(st.integers(0, 9))
    names = [draw(labels) for _ in range(rows)]
    return Figures("What", ("Row", *("abcdef"[:columns])), tuple(names), tuple(map(tuple, made)))


def simple(*numbers: float | None) -> Figures:
    return Figures(
        "Water", ("Place", "People"), tuple(f"row {index}" for index in range(len(numbers))), (numbers,)
    )


def read(drawn: Drawn) -> etree._Element:
    return etree.fromstring(str(drawn.svg))


def percent(text: str) -> float:
    assert text.endswith("%")
    return float(text[:-1])


@pytest.mark.parametrize(
    ("head", "names", "series"),
    [
        (("Place", "People"), (), ((),)),
        (("Place", "People"), ("a",), ((None,),)),
        (("Place",), ("a",), ((1,),)),
        (("Place", "People"), ("a", "b"), ((1,),)),
        (("Place", "People"), ("a",), ((-1,),)),
        (("Place", *"abcdefg"), ("a",), ((1,),) * 7),
    ],
)
def test_there_is_no_chart_without_numbers_that_fit(head, names, series):
    with pytest.raises(NothingToDraw):
        Figures("Water", head, names, series)


@pytest.mark.parametrize("draw", DRAWERS)
@given(shown=figures())
def test_every_number_stands_in_the_table_and_nothing_leaves_the_drawing(draw, shown):
    for hand in (LTR, RTL):
        drawn = draw(shown, hand)
        assert [label for label, _ in drawn.rows] == list(shown.labels)
        assert [cells for _, cells in drawn.rows] == [
            tuple(hand.write(number) for number in row) for row in zip(*shown.series, strict=True)
        ]
        svg = read(drawn)
        assert svg.get("role") == "img"
        assert [found.text for found in svg.iter("title")] == ["What"]
        for rect in svg.iter("rect"):
            begin, width = percent(rect.get("x")), percent(rect.get("width"))
            assert begin >= -0.02
            assert begin + width <= 100.02
        for mark in svg.iter("circle"):
            assert 0 <= percent(mark.get("cx")) <= 100
            assert 0 <= float(mark.get("cy")) <= float(svg.get("height"))


@pytest.mark.parametrize("draw", DRAWERS)
@given(shown=figures())
def test_from_right_to_left_is_the_mirror_image(draw, shown):
    spans = []
    for hand in (LTR, RTL):
        rects = [
            (percent(it.get("x")), percent(it.get("width"))) for it in read(draw(shown, hand)).iter("rect")
        ]
        dots = [(percent(it.get("cx")), 0.0) for it in read(draw(shown, hand)).iter("circle")]
        spans.append(rects + dots)
    for (begin, width), (mirrored, same) in zip(*spans, strict=True):
        assert width == same
        assert mirrored == pytest.approx(100 - begin - width, abs=0.02)


def test_a_bar_is_as_long_as_its_number():
    parts = [
        it for it in read(charts.bars(simple(50, 25, 0), LTR)).iter("rect") if it.get("class") == "series-1"
    ]
    assert [percent(part.get("width")) for part in parts] == [100, 50]
    of_whole = [
        it
        for it in read(charts.bars(simple(50, 25), LTR, whole=200)).iter("rect")
        if it.get("class") == "series-1"
    ]
    assert [percent(part.get("width")) for part in of_whole] == [25, 12.5]


def test_a_hidden_number_is_a_dot_and_gives_no_sum_away():
    hand = Hand(rtl=False, number=str, hidden="Too few to show")
    shown = Figures("Water", ("Place", "Yes", "No"), ("a", "b"), ((4, 10), (None, 20)))
    drawn = charts.stacked(shown, hand)
    signs = [text.text for text in read(drawn).iter("text") if text.get("class") == "value"]
    assert signs == ["·", "30"]
    assert drawn.rows[0][1] == ("4", "Too few to show")


def test_parts_of_a_bar_follow_one_another_and_carry_patterns():
    shown = Figures("Water", ("Place", "Yes", "No"), ("a",), ((30,), (70,)))
    svg = read(charts.stacked(shown, LTR))
    yes, no = (next(it for it in svg.iter("rect") if it.get("class") == f"series-{n}") for n in (1, 2))
    assert percent(yes.get("x")) + percent(yes.get("width")) == pytest.approx(percent(no.get("x")))
    patterns = {pattern.get("id") for pattern in svg.iter("pattern")}
    assert {
        re.sub(r"url\(#(.*)\)", r"\1", it.get("fill")) for it in svg.iter("rect") if it.get("fill")
    } == patterns
    assert [name for name, _ in charts.stacked(shown, LTR).legend] == ["Yes", "No"]


def test_an_unknown_number_breaks_its_line():
    svg = read(charts.lines(simple(1, None, 3, 4), LTR))
    assert len([it for it in svg.iter("line") if "line-1" in it.get("class")]) == 1
    assert len(list(svg.iter("circle"))) == 3


def test_words_stay_words():
    shown = Figures("<script>", ("a & b", "c"), ("<b>bold</b>",), ((1,),))
    text = str(charts.bars(shown, LTR).svg)
    assert "<b>" not in text
    assert "<script>" not in text
    assert "&lt;b&gt;bold" in text


def test_a_drawing_needs_no_style_and_no_script_of_its_own():
    shown = Figures("Water", ("Place", "Yes", "No"), ("a",), ((30,), (70,)))
    for draw in DRAWERS:
        text = str(draw(shown, LTR).svg)
        assert "style" not in text
        assert "xmlns" not in text
        assert "#" not in re.sub(r"url\(#[^)]*\)", "", text), "colours are classes"


@given(st.integers(0, 10**9))
def test_a_scale_ends_on_a_plain_number_not_far_above(number):
    top = charts._round_up(number)
    assert top >= number
    assert top <= max(1, 2.5 * number)
    assert str(int(top)).rstrip("0") in {"1", "2", "5"}
