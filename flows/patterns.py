"""Authors' regular expressions, kept harmless.

Python's matcher has no time limit, so shapes that can explode are refused. The work of a backtracking match
grows with the number of places where it may choose. Here a pattern is short, has few such places, never one
inside another, and the text it meets is cut.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

MAX_PATTERN = 200  # characters
MAX_SUBJECT = 256  # characters that one match looks at
MAX_REPEATS = 3  # *, + and {n,m}
MAX_REPEATS_SEARCHED = 2  # in a pattern that may start anywhere: every start is one choice more
MAX_OPTIONAL = 5  # ?
MAX_COUNT = 256  # inside {n}
_WINDOW = 128  # characters that one search looks at
_OVERLAP = 64  # characters

_PIECES = re.compile(
    r"""\\[pP]\{\w+\} | \\. | \[\^?+\]?+(?:\\.|[^\]\\])*\] | \(\?: | \(\?[^:] | \( | \)
      | [*+?]\?? | \{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\}\?? | \| | .""",
    re.VERBOSE | re.DOTALL,
)
_SCRIPTS = 0x20000  # beyond are rare characters of Chinese only
_CLASS = re.compile(r"\\(?:([pP])\{(\w+)\}|.)", re.DOTALL)
_ARABIC = "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc"
# Java's names of kinds of characters -> the first letters of Unicode's categories. Marks count as letters: without
# them no word of Burmese or Hindi would be letters alone.
_KINDS = {
    **dict.fromkeys(("L", "IsL", "IsLetter", "IsAlphabetic", "Alpha", "IsAlpha"), ("L", "M")),
    **dict.fromkeys(("M", "IsM"), ("M",)),
    **dict.fromkeys(("N", "Nd", "IsN", "IsDigit", "Digit"), ("Nd",)),
    **dict.fromkeys(("Lu", "Upper", "IsUppercase"), ("Lu",)),
    **dict.fromkeys(("Ll", "Lower", "IsLowercase"), ("Ll",)),
}
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
        return re.compile(_in_python(pattern))
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


def _in_python(pattern: str) -> str:
    r"""The pattern with Java's names of kinds of characters (`\p{L}`, any letter) written out."""
    if "{" not in pattern or "\\" not in pattern:
        return pattern
    return "".join(_piece_in_python(piece.group()) for piece in _PIECES.finditer(pattern))


def _piece_in_python(piece: str) -> str:
    if piece[0] == "[":
        return _CLASS.sub(_inside_a_set, piece)
    named = _CLASS.fullmatch(piece)
    if named is None or named[1] is None:
        return piece
    return f"[{'^' if named[1] == 'P' else ''}{_letters(named[2])}]"


def _inside_a_set(escape: re.Match[str]) -> str:
    if escape[1] == "P":
        raise PatternInvalid("Inside a set […] write what may stand there, not what may not (\\P).")
    return _letters(escape[2]) if escape[1] else escape.group()


def _letters(kind: str) -> str:
    """The characters of a kind, as they stand inside a set."""
    if kind in {"IsArabic", "InArabic"}:
        return _ARABIC
    if kind not in _KINDS:
        raise PatternInvalid(f"The kind of characters “{kind}” is not known here: write them out.")
    return _ranges(_KINDS[kind])


@lru_cache(maxsize=8)
def _ranges(categories: tuple[str, ...]) -> str:
    """The characters of these categories, of all scripts that are written today."""
    places = [place for place in range(_SCRIPTS) if unicodedata.category(chr(place)).startswith(categories)]
    begins = [place for before, place in pairwise([-9, *places]) if place != before + 1]
    ends = [place for place, after in pairwise([*places, -9]) if after != place + 1]
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in zip(begins, ends, strict=True))


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
