"""Authors' regular expressions, kept harmless.

Python's matcher has no time limit, so shapes that can explode are refused. The work of a backtracking match
grows with the number of places where it may choose. Here a pattern is short, has few such places, never one
inside another, and the text it meets is cut.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_PATTERN = 200  # characters
MAX_SUBJECT = 256  # characters that one match looks at
MAX_REPEATS = 3  # *, + and {n,m}
MAX_REPEATS_SEARCHED = 2  # in a pattern that may start anywhere: every start is one choice more
MAX_OPTIONAL = 5  # ?
MAX_COUNT = 256  # inside {n}
_WINDOW = 128  # characters that one search looks at
_OVERLAP = 64  # characters

_PIECES = re.compile(
    r"""\\. | \[\^?+\]?+(?:\\.|[^\]\\])*\] | \(\?: | \(\?[^:] | \( | \)
      | [*+?]\?? | \{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\}\?? | \| | .""",
    re.VERBOSE | re.DOTALL,
)
_UNSURE_SET = re.compile(r"(?<!\\)\[.*(?<!\\)\[|--|&&|\|\||~~", re.DOTALL)


class PatternInvalid(ValueError):
    """The pattern does not compile, or could take too long. The message is a sentence for the author."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, *, searched: bool = False) -> re.Pattern[str]:
    """Compile an author's pattern; `searched`: it is looked for anywhere in a text.

    Raises:
        PatternInvalid: with a sentence that says why.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternInvalid(f"A pattern may have {MAX_PATTERN} characters at most.")
    _refuse_explosive(pattern, MAX_REPEATS_SEARCHED if searched else MAX_REPEATS)
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternInvalid(f"The pattern “{pattern}” cannot be read: {error}.") from error


def full_match(pattern: str, text: str) -> bool:
    """Whether the whole text matches; a text above `MAX_SUBJECT` characters never does."""
    return len(text) <= MAX_SUBJECT and compile_pattern(pattern).fullmatch(text) is not None


def found(pattern: str, text: str) -> bool:
    """Whether the pattern occurs anywhere, looked for in overlapping windows, so that no search is long."""
    search = compile_pattern(pattern, searched=True).search
    starts = range(0, max(1, len(text) - _OVERLAP), _WINDOW - _OVERLAP)
    return any(search(text, start, start + _WINDOW) for start in starts)


def _refuse_explosive(pattern: str, most_repeats: int) -> None:
    """Count the places of choice, and refuse one inside another."""
    repeats = optional = 0
    groups = [False]  # for each open group: does it hold a choice?
    closed_with_choice = False  # the piece just read is a group that holds a choice
    for piece in _PIECES.finditer(pattern):
        text = piece.group()
        _check_set(text)
        quantifier = _quantifier(piece)
        if quantifier and closed_with_choice:
            raise PatternInvalid("A group with a choice inside must not be repeated or optional.")
        closed_with_choice = False
        if text.startswith("(?") and text != "(?:":
            raise PatternInvalid("Only plain groups and (?:…) may be used in a pattern.")
        if text.startswith("("):
            groups.append(False)
        elif text == ")" and len(groups) > 1:
            closed_with_choice = groups.pop()
            groups[-1] = groups[-1] or closed_with_choice
        elif text == "|" or quantifier in {"repeat", "optional"}:
            groups[-1] = True
        repeats += quantifier == "repeat"
        optional += quantifier == "optional"
    if repeats > most_repeats or optional > MAX_OPTIONAL:
        raise PatternInvalid(
            f"A pattern may have {most_repeats} repeats (*, +, {{n,m}})"
            f" and {MAX_OPTIONAL} optional parts (?) at most."
        )


def _check_set(piece: str) -> None:
    """Refuse sets that later versions of Python may read in another way."""
    if piece == "[":
        raise PatternInvalid("A set […] is not closed.")
    if piece[0] == "[" and _UNSURE_SET.search(piece):
        raise PatternInvalid("Inside a set […], write a backslash before [ and between doubled signs.")


def _quantifier(piece: re.Match[str]) -> str:
    """What the piece is: "repeat", "optional", "count" or, for anything else, ""."""
    text = piece.group()
    if text[0] in "*+":
        return "repeat"
    if text[0] == "?":
        return "optional"
    if text[0] != "{" or len(text) == 1:
        return ""
    low, comma, high = piece.group("low", "comma", "high")
    if max(int(low or 0), int(high or 0)) > MAX_COUNT:
        raise PatternInvalid(f"A count in a pattern may be {MAX_COUNT} at most.")
    return "repeat" if comma and low != high else "count"
