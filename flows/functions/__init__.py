"""The functions of flow expressions: ODK's library, one table."""

from __future__ import annotations

from types import MappingProxyType

from flows.functions.chance import CHANCE
from flows.functions.choices import CHOICES
from flows.functions.codes import CODES
from flows.functions.days import DAYS
from flows.functions.logic import LOGIC
from flows.functions.numbers import NUMBERS
from flows.functions.parts import Table
from flows.functions.places import PLACES
from flows.functions.repeats import REPEATS
from flows.functions.texts import TEXTS

FUNCTIONS: Table = MappingProxyType(
    {**TEXTS, **NUMBERS, **LOGIC, **DAYS, **CHOICES, **REPEATS, **PLACES, **CHANCE, **CODES}
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
