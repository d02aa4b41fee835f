"""Charts drawn on the server: bars, stacked bars and lines as SVG, each with its numbers as a table.

Widths are percents and text is text, so that a drawing fits any screen without a script and its words never shrink.
Right-to-left pages get the mirror image. Colour never speaks alone: bars carry patterns, lines have dashes and marks.
Colours are classes of the stylesheet, so that dark pages, paper and strong contrast need nothing of their own here.

A number may be None: it is hidden because it is small, or unknown. It is drawn as a dot, never as a bar of no length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lxml import etree
from markupsafe import Markup

from gateway.errors import NothingToDraw

Number = float | None
MOST_SERIES = 6  # as many colours and patterns as there are
UNKNOWN = "·"
TICKS = (0.0, 0.5, 1.0)  # shares of the scale's top that get a line

# Heights in pixels, of scripts with low and with tall lines.
LINE, TALL_LINE = 20, 32
BAR, GAP = 14, 14
PLOT = 160
EDGE = 6.0  # percent of the width that lines keep clear of on either side
MARK = 4  # half the size of a mark on a line

# What is drawn over a bar of each series, on tiles of 8 pixels: nothing, slants, dots, uprights, crosses, levels.
PATTERNS = (
    "",
    "M-2 2l4-4M0 8l8-8M6 10l4-4",
    "M2 2h.1M6 6h.1",
    "M4 0v8",
    "M0 0l8 8M8 0l-8 8",
    "M0 4h8",
)
DASHES = ("", "8 5", "2 5", "12 4 2 4", "5 3", "1 4")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a chart shows.

    Attributes:
        title: what is counted, as a heading says it.
        head: names of the table's columns: that of the labels, then one a series.
        labels: one a row.
        series: one column of numbers each, as long as the labels.

    Raises:
        NothingToDraw: there is no row, no number, or a column that does not fit.
    """

    title: str
    head: tuple[str, ...]
    labels: tuple[str, ...]
    series: tuple[tuple[Number, ...], ...]

    def __post_init__(self) -> None:
        if not self.labels or not any(number is not None for column in self.series for number in column):
            raise NothingToDraw("no number")
        if len(self.head) != len(self.series) + 1 or len(self.series) > MOST_SERIES:
            raise NothingToDraw("columns without a name, or too many")
        if any(len(column) != len(self.labels) for column in self.series):
            raise NothingToDraw("a column of another length")
        if any((number or 0) < 0 for column in self.series for number in column):
            raise NothingToDraw("a number below zero")


@dataclass(frozen=True, slots=True)
class Hand:
    """How the reader writes: direction, numbers, height of lines, and the words for what is hidden."""

    rtl: bool
    number: Callable[[float], str]
    tall: bool = False
    hidden: str = UNKNOWN

    @property
    def line(self) -> int:
        """Height of a line of text in pixels."""
        return TALL_LINE if self.tall else LINE

    def place(self, start: float, width: float = 0) -> str:
        """Return where something of a width begins, both in percent from the start of the line."""
        return f"{_short(100 - start - width if self.rtl else start)}%"

    def write(self, number: Number) -> str:
        """Write a number; what is hidden gets its words."""
        return self.hidden if number is None else self.number(number)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart for the macro `chart`: the drawing, its legend as (name, key), and the table behind it."""

    title: str
    svg: Markup
    legend: tuple[tuple[str, Markup], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def bars(figures: Figures, hand: Hand, *, whole: float | None = None) -> Drawn:
    """Draw one bar a row, each with its number. `whole`: what a full bar stands for; else the highest number."""
    column = figures.series[0]
    top = whole or max(number or 0 for number in column) or 1
    step = hand.line + BAR + GAP
    svg = _canvas(figures, hand, step * len(column) - GAP)
    for row, (label, number) in enumerate(zip(figures.labels, column, strict=True)):
        _row_head(svg, hand, row * step, label, _sign(hand, number))
        _rect(svg, hand, (0, 100), row * step + hand.line, "back")
        if number:
            _rect(svg, hand, (0, min(100 * number / top, 100)), row * step + hand.line, "series-1")
    return _drawn(figures, hand, svg)


def stacked(figures: Figures, hand: Hand) -> Drawn:
    """Draw one bar a row, made of a part for each series, with the sum beside it; bars share one scale."""
    sums = [_sum(row) for row in _rows(figures)]
    top = max(sum(number or 0 for number in row) for row in _rows(figures)) or 1
    step = hand.line + BAR + GAP
    svg = _canvas(figures, hand, step * len(sums) - GAP)
    for row, (label, numbers) in enumerate(zip(figures.labels, _rows(figures), strict=True)):
        y = row * step + hand.line
        _row_head(svg, hand, row * step, label, _sign(hand, sums[row]))
        _rect(svg, hand, (0, 100), y, "back")
        begin = 0.0
        for index, number in enumerate(numbers):
            share = 100 * (number or 0) / top
            if share:
                _series_rect(svg, hand, (begin, share), y, index)
            begin += share
    return _drawn(figures, hand, svg, legend=True)


def lines(figures: Figures, hand: Hand) -> Drawn:
    """Draw a line a series over labels that follow one another in time; a number that is unknown breaks its line."""
    top = _round_up(max(number or 0 for column in figures.series for number in column))
    svg = _canvas(figures, hand, hand.line + PLOT + hand.line)
    places = _places(len(figures.labels))
    for share in TICKS:
        _tick(svg, hand, share, top)
    for index, column in enumerate(figures.series):
        points = [
            None if number is None else (x, hand.line + PLOT * (1 - number / top))
            for x, number in zip(places, column, strict=True)
        ]
        _line(svg, hand, points, index)
    for position, anchor in _few(len(places)):
        at = hand.place(places[position])
        _text(svg, at, 2 * hand.line + PLOT - 4, figures.labels[position], kind="tick", anchor=anchor)
    return _drawn(figures, hand, svg, legend=len(figures.series) > 1)


# ---------------------------------------------------------------------- parts of drawings


def _canvas(figures: Figures, hand: Hand, height: int) -> etree._Element:
    name = _name(figures)
    svg = etree.Element(
        "svg",
        {
            "class": "drawing",
            "role": "img",
            "width": "100%",
            "height": str(height),
            "direction": "rtl" if hand.rtl else "ltr",
            "aria-labelledby": f"{name}-title {name}-words",
            "focusable": "false",
        },
    )
    etree.SubElement(svg, "title", id=f"{name}-title").text = figures.title
    etree.SubElement(svg, "desc", id=f"{name}-words").text = _words(figures, hand)
    if len(figures.series) > 1:
        svg.append(_patterns(name, len(figures.series)))
    return svg


def _patterns(name: str, count: int) -> etree._Element:
    found = etree.Element("defs")
    for index, path in enumerate(PATTERNS[:count]):
        if path:
            size = {"width": "8", "height": "8", "patternUnits": "userSpaceOnUse"}
            pattern = etree.SubElement(found, "pattern", {"id": f"{name}-{index}", **size})
            etree.SubElement(pattern, "path", {"class": "marks", "d": path, "stroke-linecap": "round"})
    return found


def _row_head(svg: etree._Element, hand: Hand, y: int, label: str, sign: str) -> None:
    """Write a row's name at its start and its number at its end."""
    _text(svg, hand.place(0), y + hand.line - 6, label)
    _text(svg, hand.place(100), y + hand.line - 6, sign, kind="value", anchor="end")


def _text(
    svg: etree._Element, x: str, y: float, words: str, *, kind: str = "", anchor: str = "start"
) -> None:
    place = {"x": x, "y": str(y), "text-anchor": anchor}
    etree.SubElement(svg, "text", place | ({"class": kind} if kind else {})).text = words


def _rect(svg: etree._Element, hand: Hand, span: tuple[float, float], y: int, kind: str) -> None:
    """Draw from a start over a width, both in percent along the line."""
    begin, width = span
    size = {"x": hand.place(begin, width), "y": str(y), "width": f"{_short(width)}%", "height": str(BAR)}
    etree.SubElement(svg, "rect", {"class": kind, "rx": "3", **size})


def _series_rect(svg: etree._Element, hand: Hand, span: tuple[float, float], y: int, index: int) -> None:
    _rect(svg, hand, span, y, f"series-{index + 1}")
    if PATTERNS[index]:
        name = str(svg.get("aria-labelledby")).partition("-title")[0]
        _rect(svg, hand, span, y, "over")  # its colour is the pattern
        svg[-1].set("fill", f"url(#{name}-{index})")


def _tick(svg: etree._Element, hand: Hand, share: float, top: float) -> None:
    y = _short(hand.line + PLOT * (1 - share))
    kind = "grid" if share else "base"
    etree.SubElement(svg, "line", {"class": kind, "x1": "0%", "x2": "100%", "y1": y, "y2": y})
    _text(svg, hand.place(0), float(y) - 4, hand.number(top * share), kind="tick")


def _line(svg: etree._Element, hand: Hand, points: Sequence[tuple[float, float] | None], index: int) -> None:
    """Draw a series: pieces between neighbours that are both known, and a mark on each point."""
    for before, after in pairwise(points):
        if before and after:
            ends = {"x1": hand.place(before[0]), "x2": hand.place(after[0])}
            heights = {"y1": _short(before[1]), "y2": _short(after[1])}
            kind = {"class": f"line line-{index + 1}"} | ends | heights
            etree.SubElement(
                svg, "line", kind | ({"stroke-dasharray": DASHES[index]} if DASHES[index] else {})
            )
    for point in points:
        if point:
            _mark(svg, hand, point, index)


def _mark(svg: etree._Element, hand: Hand, point: tuple[float, float], index: int) -> None:
    """Draw a point: full for every other series, hollow for the rest."""
    kind = f"series-{index + 1}" if index % 2 == 0 else f"dots line-{index + 1}"
    at = {"cx": hand.place(point[0]), "cy": _short(point[1]), "r": str(MARK), "stroke-width": "2"}
    etree.SubElement(svg, "circle", {"class": kind} | at)


# ---------------------------------------------------------------------- words, numbers, the table


def _drawn(figures: Figures, hand: Hand, svg: etree._Element, *, legend: bool = False) -> Drawn:
    rows = tuple(
        (label, tuple(hand.write(number) for number in numbers))
        for label, numbers in zip(figures.labels, _rows(figures), strict=True)
    )
    keys = (
        tuple((name, _key(figures, index)) for index, name in enumerate(figures.head[1:])) if legend else ()
    )
    return Drawn(figures.title, _markup(svg), keys, figures.head, rows)


def _key(figures: Figures, index: int) -> Markup:
    """Draw the square of a legend: the series' colour under its pattern."""
    size = {"width": "16", "height": "16"}
    svg = etree.Element("svg", {"class": "key", "aria-hidden": "true", "focusable": "false", **size})
    etree.SubElement(svg, "rect", {"class": f"series-{index + 1}", "rx": "3", **size})
    if PATTERNS[index]:
        etree.SubElement(svg, "rect", {"rx": "3", "fill": f"url(#{_name(figures)}-{index})", **size})
    return _markup(svg)


def _markup(element: etree._Element) -> Markup:
    text: str = etree.tostring(element, encoding="unicode")
    return Markup(text)  # noqa: S704 - lxml has escaped every word in it


def _words(figures: Figures, hand: Hand) -> str:
    """Say in one line what the drawing shows: every number by its label, for those who hear the page."""
    parts = (
        f"{label}: {', '.join(hand.write(number) for number in numbers)}"
        for label, numbers in zip(figures.labels, _rows(figures), strict=True)
    )
    return "; ".join(parts)


def _rows(figures: Figures) -> Iterator[tuple[Number, ...]]:
    return zip(*figures.series, strict=True)


def _sum(numbers: Sequence[Number]) -> Number:
    """Add what is known; a row with something hidden has no sum, or the sum would give it away."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _sign(hand: Hand, number: Number) -> str:
    return UNKNOWN if number is None else hand.number(number)


def _places(count: int) -> list[float]:
    """Return where points stand, in percent from the start."""
    if count == 1:
        return [50.0]
    return [EDGE + (100 - 2 * EDGE) * index / (count - 1) for index in range(count)]


def _few(count: int) -> list[tuple[int, str]]:
    """Return the labels that fit below a line on a phone: the first, the last, and one between."""
    if count == 1:
        return [(0, "middle")]
    middle = [(count // 2, "middle")] if count > 2 and count % 2 else []  # noqa: PLR2004 - more than the two ends
    return [(0, "start"), *middle, (count - 1, "end")]


def _round_up(number: float) -> float:
    """Return the next number of 1, 2 or 5 and zeros, so that the scale ends on a plain one."""
    size = 1.0
    while True:
        for step in (1, 2, 5):
            if number <= step * size:
                return step * size
        size *= 10


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _name(figures: Figures) -> str:
    """Return a name for the drawing's parts, the same each time it shows the same."""
    return "c" + hashlib.sha256(repr((figures.title, figures.labels)).encode()).hexdigest()[:8]
