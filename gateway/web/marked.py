"""A wording as translators see it: hidden characters, placeholders, terms of the glossary and changed words marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from flows.texts import PLACEHOLDER
from gateway import invisible
from gateway.text_checks import Term


class Span(NamedTuple):
    """A stretch of a wording.

    Attributes:
        text: the words, or the name of a hidden character.
        kind: "" for plain words, else "mark", "placeholder", "term", "gone" or "new".
        note: what to know of it.
    """

    text: str
    kind: str = ""
    note: str = ""


def spans(text: str, terms: Sequence[Term] = ()) -> list[Span]:
    """Cut a wording into what is plain and what is to be marked."""
    found: list[Span] = []
    for span in _cut(text, PLACEHOLDER, "placeholder"):
        found += [span] if span.kind else _with_terms(span.text, terms)
    return found


def _with_terms(text: str, terms: Sequence[Term]) -> Iterator[Span]:
    notes = {term.term.casefold(): term for term in terms}
    words = "|".join(re.escape(word) for word in sorted(notes, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None
    cut = _cut(text, pattern, "term") if pattern else iter([Span(text)])
    for span in cut:
        known = notes.get(span.text.casefold()) if span.kind else None
        if known is not None:
            yield Span(span.text, span.kind, " · ".join(filter(None, (known.translation, known.note))))
        else:
            yield from _with_marks(span.text)


def _with_marks(text: str) -> Iterator[Span]:
    for piece in invisible.pieces(text):
        yield Span(piece.mark, "mark") if piece.mark else Span(piece.words)


def _cut(text: str, pattern: re.Pattern[str], kind: str) -> Iterator[Span]:
    start = 0
    for match in pattern.finditer(text):
        if start < match.start():
            yield Span(text[start : match.start()])
        yield Span(match[0], kind)
        start = match.end()
    if start < len(text):
        yield Span(text[start:])


def changes(before: str, after: str) -> list[Span]:
    """Say in one line how a wording became another: what stayed, what went, what came."""
    old, new = _words(before), _words(after)
    found: list[Span] = []
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Span("".join(old[i:j])))
            continue
        if i < j:
            found.append(Span("".join(old[i:j]), "gone"))
        if k < m:
            found.append(Span("".join(new[k:m]), "new"))
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)
