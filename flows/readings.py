"""What a reply may turn out to be, and what reading depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import NamedTuple

from flows.events import Matched
from flows.session import Answer

MAX_REPLY = 10_000  # characters; what comes after them is cut
MAX_NUMBER = 64  # characters of a number, its words and spaces included
MAX_LIST = 1_000  # characters of a list
MAX_PARTS = 64  # parts of a list
MAX_READINGS = 4  # that a person is asked to choose among; above, the question itself is clearer


class Understood(NamedTuple):
    """An answer; `choices` are the places of the chosen options, `shown` a name for a value that is a code."""

    value: Answer
    matched: Matched
    choices: tuple[int, ...] = ()
    shown: str | None = None


class Suspected(NamedTuple):
    """Words that may be a disclosure, by the id of the rule."""

    rule: str


class Unsure(NamedTuple):
    """What the person may have meant, likeliest first, and only the person can say.

    One reading asks "Did you mean …?", several ask "Which one?". Nothing of it is an answer before that.
    """

    readings: tuple[Understood, ...]

    @property
    def candidates(self) -> tuple[int, ...]:
        """The places of the options, where each reading is one option; else nothing."""
        places = tuple(place for reading in self.readings for place in reading.choices)
        return places if all(len(reading.choices) == 1 for reading in self.readings) else ()

    @property
    def matched(self) -> Matched:
        """How the first reading came about."""
        return self.readings[0].matched


class Outcome(Enum):
    """A reply that is no answer."""

    SKIP = "skip"
    UNCLEAR = "unclear"


Reading = Understood | Unsure | Suspected | Outcome


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What reading depends on beside the question and the reply.

    Attributes:
        language: of the conversation; its words come first.
        today: for years written with two digits, and for "yesterday".
        suspects: gives the id of a disclosure rule that the text matches, or None.
        hidden: places of options whose own `when` is false.
        places: folded name -> p-code, or those of several places that share it.
    """

    language: str
    today: date
    suspects: Callable[[str], str | None]
    hidden: frozenset[int] = frozenset()
    places: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


def unsure(readings: list[Understood]) -> Unsure | Outcome:
    """The readings to ask about, each once; none of them, or too many, is no reading at all."""
    kept: list[Understood] = []
    for reading in readings:
        if all(reading.value != other.value for other in kept):
            kept.append(reading)
    return Unsure(tuple(kept)) if 0 < len(kept) <= MAX_READINGS else Outcome.UNCLEAR
