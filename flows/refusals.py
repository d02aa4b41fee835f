"""Why a text is no expression: sentences for its author, who mostly knows ODK, Excel or a programming language."""

from __future__ import annotations

import re

_MISTAKES = (
    ("&&", "Write “and”."),
    ("||", "Write “or”."),
    ("&gt;", "Write “>”."),
    ("&lt;", "Write “<”."),
    ("&amp;", "Write “and”."),
    ("≥", "Write “>=”."),
    ("≤", "Write “<=”."),
    ("≠", "Write “!=”."),
    ("÷", "Write “div”."),
)

_PATH = re.compile(r"[\w.:-]*(?:/+[\w.:@-]+(?:\(\))?)*/+@?([^\W\d][\w.-]*)")
_WORD = re.compile(r"[\w:-][\w.:-]*")
NO_PATH = "Paths are not possible here: use ${name} for an answer."
_SIGNS = {
    **dict.fromkeys("'\"", "A quotation mark is not closed."),
    **dict.fromkeys("‘’“”", "Use straight quotation marks: '…'."),
    **dict.fromkeys("/@[|:*.", NO_PATH),
}


def mistake_in(rest: str) -> str:
    """What to write instead of a sign that other languages have here, or ""."""
    return next((sentence for wrong, sentence in _MISTAKES if rest.startswith(wrong)), "")


def why_refused(rest: str) -> str:
    """Why a text is neither a value nor an operator."""
    if rest.startswith("${"):
        return _why_no_name(rest)
    if path := _PATH.match(rest):
        return f"Paths are not possible here: write ${{{path[1]}}} for that answer."
    if word := _WORD.match(rest):
        return (
            f"“{word[0]}” is neither a function nor in quotation marks; an answer is written ${{{word[0]}}}."
        )
    return mistake_in(rest) or _SIGNS.get(rest[0], f"“{rest[0]}” has no meaning here.")


def _why_no_name(rest: str) -> str:
    if rest.startswith("${last-saved"):
        return "The answers of an earlier form are not at hand: keep them in a field of the contact."
    return "A name in ${…} has letters, digits, “_”, “-” and “.”, starts with a letter, and ends with “}”."
