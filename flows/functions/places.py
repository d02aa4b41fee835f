"""Functions of places. A point is "latitude longitude [altitude [accuracy]]", a line or shape points between ";"."""

from __future__ import annotations

import math
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from flows.functions.parts import MANY, Function, Table, over_nodes
from flows.functions.values import BadValue, items, text

_RADIUS = 6_378_100.0  # metres; JavaRosa's equatorial radius of the Earth
_ALTITUDE_AND_ACCURACY = 4  # numbers of a point at most

Point = tuple[float, float]


def _points(values: tuple[Any, ...]) -> list[Point]:
    """All points of shapes, lines and repeated points; what is not answered is left out."""
    words = (part for value in values for item in items(value) for part in text(item).split(";"))
    return [_point(word) for word in words if word.strip()]


def _point(word: str) -> Point:
    try:
        numbers = [float(part) for part in word.split()]
    except ValueError as error:
        raise BadValue("The value is no place.") from error
    if not 2 <= len(numbers) <= _ALTITUDE_AND_ACCURACY or not _on_earth(*numbers[:2]):  # noqa: PLR2004
        raise BadValue("The value is no place.")
    return numbers[0], numbers[1]


def _on_earth(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= 90 and abs(longitude) <= 180  # noqa: PLR2004 - degrees


def _distance(*values: Any) -> float:
    """Metres along the points, on a sphere. By haversines: they stay exact for points that are near."""
    return math.fsum(_between(*pair) for pair in pairwise(_points(values)))


def _between(one: Point, other: Point) -> float:
    (north, east), (north2, east2) = (tuple(map(math.radians, point)) for point in (one, other))
    chord = (
        math.sin((north2 - north) / 2) ** 2
        + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    )
    return 2 * _RADIUS * math.asin(min(1.0, math.sqrt(chord)))


def _area(*values: Any) -> float:
    """Square metres inside the points, on a plane that touches the first (JavaRosa's `GeoUtils`)."""
    points = _points(values)
    if len(points) < 3:  # noqa: PLR2004 - a triangle
        return 0.0
    (north, east), *rest = points
    flat = [
        (
            math.radians(point[1] - east) * _RADIUS * math.cos(math.radians(point[0])),
            math.radians(point[0] - north) * _RADIUS,
        )
        for point in rest
    ]
    return abs(math.fsum((y * x2 - x * y2) / 2 for (x, y), (x2, y2) in pairwise(flat)))


def _geofence(point: Any, shape: Any) -> bool:
    """Whether the point lies inside the shape: a line to the east crosses its border an odd number of times."""
    where, border = _points((point,)), _points((shape,))
    if len(where) != 1 or not border:
        return False
    north, east = where[0]
    crossings = [
        side
        for side in pairwise([*border, border[0]])
        if (side[0][0] > north) != (side[1][0] > north) and east < _crossing(*side, north)
    ]
    return len(crossings) % 2 == 1


def _crossing(one: Point, other: Point, north: float) -> float:
    """The longitude at which a side of a shape meets a parallel."""
    return (one[1] - other[1]) * (north - other[0]) / (one[0] - other[0]) + other[1]


PLACES: Table = MappingProxyType(
    {
        "area": Function(1, 1, over_nodes(_area)),
        "enclosed-area": Function(1, 1, over_nodes(_area)),
        "distance": Function(1, MANY, over_nodes(_distance)),
        "geofence": Function(2, 2, over_nodes(_geofence)),
    }
)
