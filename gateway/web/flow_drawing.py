"""The picture of a flow: steps as boxes, ways between them as lines, laid out in layers and drawn as SVG.

The boxes are links, so a keyboard walks through them. Colours are those of the page's stylesheet; a picture that is
kept as a file carries plain ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from fast_sugiyama import from_edges
from markupsafe import Markup

from flows.definition import END
from flows.graph import Edge, Graph, Way
from flows.outline import Line

BOX, TALL = 224.0, 56.0  # of a box
COLUMN, ROW = 264.0, 104.0  # from one to the next
EDGE = 24.0  # around everything
LETTERS = 24  # that a line of a box holds
GRID = 72.0  # what the layout leaves between two centres
_SHORT = 14  # letters beside a line

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Words:
    """What the picture says, in the reader's language.

    Attributes:
        kind: words for the kind of a step.
        excerpt: a step in a few words of its own.
        lang: HTML's tag of the language that those are in.
        address: where a step is edited; None: no links.
        end, missing: names of the boxes that are no steps.
        rtl, told_rtl: whether the reader's language, and that of the excerpts, is written from the right.
    """

    kind: Callable[[str], str]
    excerpt: Callable[[Line], str]
    lang: str
    address: Callable[[str], str] | None
    end: str
    missing: str
    title: str
    rtl: bool = False
    told_rtl: bool = False


def draw(found: Graph, words: Words) -> Markup:
    """Return the picture as SVG."""
    places, paths = _laid_out(found)
    width = max((x for x, _ in places.values()), default=0) + BOX + 2 * EDGE
    height = max((y for _, y in places.values()), default=0) + TALL + 2 * EDGE
    pen = _Pen(words, width)
    lines = [pen.line(edge, paths[number]) for number, edge in enumerate(found.edges) if number in paths]
    boxes = [pen.box(line, places[line.name]) for line in found.nodes if line.name in places]
    ends = [pen.end(name, places[name]) for name in (*sorted(found.missing), END) if name in places]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="flow-picture" viewBox="0 0 {0} {1}" width="{0}" height="{1}"'
        ' role="group" aria-label="{2}" font-family="system-ui, sans-serif" font-size="14">'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0 8 4 0 8z" fill="#545f5d"/></marker></defs>{3}{4}{5}</svg>'
    ).format(
        round(width),
        round(height),
        words.title,
        Markup().join(lines),
        Markup().join(boxes),
        Markup().join(ends),
    )


def _laid_out(found: Graph) -> tuple[dict[str, Point], dict[int, list[Point]]]:
    """Return the upper corner of each box, and the bends of each line."""
    names = list(dict.fromkeys([line.name for line in found.nodes] + [edge.to for edge in found.edges]))
    number = {name: place for place, name in enumerate(names)}
    pairs = list(
        dict.fromkeys((number[edge.start], number[edge.to]) for edge in found.edges if edge.start != edge.to)
    )
    centres, bends, shift = dict[str, Point](), dict[tuple[int, int], list[Point]](), 0.0
    for positions, wide, tall, links in from_edges(pairs, vertex_spacing=GRID) if pairs else ():
        at = {int(node): _scaled((x, tall - y), shift) for node, (x, y) in positions}
        centres |= {names[node]: at[node] for node in at if node < len(names)}
        bends |= _chains([(int(a), int(b)) for a, b in links or ()], at, len(names))
        shift += (wide / GRID + 1) * COLUMN
    for name in names:  # one step that leads nowhere but to itself
        centres.setdefault(name, (EDGE + BOX / 2, EDGE + TALL / 2))
    places = {name: (x - BOX / 2, y - TALL / 2) for name, (x, y) in centres.items()}
    return places, {place: _path(edge, centres, bends, number) for place, edge in enumerate(found.edges)}


def _scaled(point: Point, shift: float) -> Point:
    x, y = point
    return EDGE + BOX / 2 + shift + x / GRID * COLUMN, EDGE + TALL / 2 + y / GRID * ROW


def _chains(
    links: Sequence[tuple[int, int]], at: Mapping[int, Point], real: int
) -> dict[tuple[int, int], list[Point]]:
    """Follow lines through the bends that the layout put in, to the box where they end."""
    onward: dict[int, list[int]] = {}
    for start, to in links:
        onward.setdefault(start, []).append(to)
    found = {}
    for start in [node for node in onward if node < real]:
        for first in onward[start]:
            node, points = first, []
            while node >= real:
                points.append(at[node])
                node = onward[node][0]
            found[start, node] = points
    return found


def _path(
    edge: Edge,
    centres: Mapping[str, Point],
    bends: Mapping[tuple[int, int], list[Point]],
    number: Mapping[str, int],
) -> list[Point]:
    start, to = centres[edge.start], centres[edge.to]
    pair = number[edge.start], number[edge.to]
    # A line against the stream is laid out the other way round.
    between = bends.get(pair) or list(reversed(bends.get((pair[1], pair[0]), [])))
    if edge.start == edge.to:
        return [
            (start[0] + BOX / 2, start[1] - 8),
            (start[0] + BOX / 2 + 24, start[1]),
            (start[0] + BOX / 2, start[1] + 8),
        ]
    points = [start, *between, to]
    return [_rim(start, points[1]), *between, _rim(to, points[-2])]


def _rim(centre: Point, other: Point) -> Point:
    """Where a line meets a box: above or below it, or at a side where the other stands on the same height."""
    x, y = centre
    if other[1] > y + 1:
        return x, y + TALL / 2
    if other[1] < y - 1:
        return x, y - TALL / 2
    return (x + BOX / 2 if other[0] > x else x - BOX / 2), y


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws in the reader's direction."""

    words: Words
    width: float

    def _x(self, x: float) -> float:
        return round(self.width - x if self.words.rtl else x, 1)

    def line(self, edge: Edge, points: Sequence[Point]) -> Markup:
        turned = [(self._x(x), round(y, 1)) for x, y in points]
        word = edge.word if edge.way in {Way.ANSWER, Way.ROUTE} else ""
        at = turned[0] if len(turned) == 2 else turned[1]  # noqa: PLR2004 - a straight line
        label = Markup("")
        if word:
            short = word if len(word) <= _SHORT else word[: _SHORT - 1] + "…"
            middle = ((at[0] + turned[-1][0]) / 2, (at[1] + turned[-1][1]) / 2) if len(turned) == 2 else at  # noqa: PLR2004
            label = Markup(
                '<text class="way" x="{0}" y="{1}" text-anchor="middle" font-size="12" fill="#545f5d" direction="ltr">'
                "{2}</text>"
            ).format(round(middle[0]), round(middle[1]) - 4, short)
        dashes = Markup(' stroke-dasharray="5 4"') if edge.way in {Way.PASSED, Way.AGAIN} else ""
        return Markup(
            '<path class="way {0}" d="{1}" fill="none" stroke="#848c8a" stroke-width="1.5"'
            ' marker-end="url(#arrow)"{2}/>{3}'
        ).format(edge.way, _curve(turned), dashes, label)

    def box(self, line: Line, place: Point) -> Markup:
        x, y = (self.width - place[0] - BOX if self.words.rtl else place[0]), place[1]
        head = self.words.kind(line.kind)
        told = _cut(self.words.excerpt(line) or head)
        start = x + (BOX - 12 if self.words.rtl else 12)
        drawn = Markup(
            '<rect class="box {0}" x="{1}" y="{2}" width="{3}" height="{4}" rx="10" fill="#fff" stroke="#0a6664"/>'
            '<text class="kind" x="{5}" y="{6}" font-size="12" fill="#545f5d">{7} · {8}</text>'
            '<text class="told" x="{5}" y="{9}" fill="#1b2627" lang="{10}" direction="{12}" text-anchor="{13}">'
            "{11}</text>"
        ).format(
            line.kind or "unknown",
            round(x, 1),
            round(y, 1),
            round(BOX),
            round(TALL),
            round(start, 1),
            round(y + 21, 1),
            head,
            _cut(line.name, 18),
            round(y + 42, 1),
            self.words.lang,
            told,
            "rtl" if self.words.told_rtl else "ltr",
            "start" if self.words.told_rtl == self.words.rtl else "end",
        )
        side = Markup(' direction="rtl"') if self.words.rtl else Markup("")
        if self.words.address is None:
            return Markup("<g{0}>{1}</g>").format(side, drawn)
        return Markup('<a href="{0}" aria-label="{1}"{2}>{3}</a>').format(
            self.words.address(line.name), f"{head}: {told} ({line.name})", side, drawn
        )

    def end(self, name: str, place: Point) -> Markup:
        x = self._x(place[0] + BOX / 2)
        word = self.words.end if name == END else f"{name}: {self.words.missing}"
        return Markup(
            '<g class="{0}"><rect x="{1}" y="{2}" width="{3}" height="36" rx="18" fill="#efede6" stroke="#848c8a"/>'
            '<text x="{4}" y="{5}" text-anchor="middle" fill="#1b2627">{6}</text></g>'
        ).format(
            "end" if name == END else "missing",
            round(x - BOX / 2, 1),
            round(place[1] + 10, 1),
            round(BOX),
            x,
            round(place[1] + 33, 1),
            _cut(word),
        )


def _cut(text: str, most: int = LETTERS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _curve(points: Iterable[Point]) -> str:
    """A line through points, bent softly between heights."""
    (x, y), *rest = points
    parts = [f"M{x} {y}"]
    for to_x, to_y in rest:
        middle = round((y + to_y) / 2, 1)
        parts.append(f"C{x} {middle} {to_x} {middle} {to_x} {to_y}")
        x, y = to_x, to_y
    return " ".join(parts)
