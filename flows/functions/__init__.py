"""The functions of flow expressions: ODK's library, one table."""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import MappingProxyType

from flows.functions.chance import CHANCE
from flows.functions.choices import CHOICES
from flows.functions.codes import CODES
from flows.functions.days import DAYS
from flows.functions.logic import LOGIC
from flows.functions.numbers import NUMBERS
from flows.functions.parts import MANY, Table
from flows.functions.places import PLACES
from flows.functions.repeats import REPEATS
from flows.functions.texts import TEXTS

FUNCTIONS: Table = MappingProxyType(
    {**TEXTS, **NUMBERS, **LOGIC, **DAYS, **CHOICES, **REPEATS, **PLACES, **CHANCE, **CODES}
)

_ALL = ("concat", "min", "max", "sum", "count", "count-non-empty", "position")
_PLACES = ("area", "enclosed-area", "distance", "geofence")
# Functions that take all the values of a repeated question, and the places of the arguments that may be one.
NODES: Mapping[str, Container[int]] = MappingProxyType(
    {
        **dict.fromkeys((*_ALL, *_PLACES), range(MANY)),
        "join": range(1, MANY),
        **dict.fromkeys(("checklist", "weighted-checklist"), range(2, MANY)),
        "randomize": range(1),
        "indexed-repeat": (0, 1, 3, 5, 7, 9),  # the question, and the repeats between the numbers
    }
)

# Functions that forms written for other programs hold, and what to write instead.
REFUSED = MappingProxyType(
    {
        "current": "current() is not possible here: write ${name} for an answer.",
        "property": "There is no device here: property() has no value.",
        "version": "version() is not kept in answers: the flow's revision is.",
        "depend": "Write the value itself: depend() is not needed.",
        "extract-signed": "Signed codes cannot be read here.",
        "document": "Other documents cannot be read here.",
        "search": "Write the search as a filter of the choices.",
        "lower-case": "ODK has no lower-case(): write translate(${name}, 'ABC…', 'abc…').",
        "upper-case": "ODK has no upper-case(): write translate(${name}, 'abc…', 'ABC…').",
    }
)
