"""An organisation's triggers as messages are held against them: words, tokens of links, things that happen."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from flows.definition import TriggerKind as Kind
from flows.slips import within_a_slip
from gateway import keywords
from gateway.db import Connection

BOOK_SECONDS = 30.0
LONGEST_WORD = 40  # characters


@dataclass(frozen=True, slots=True)
class Entry:
    """A flow that something begins."""

    trigger_id: UUID
    flow_code: str
    during: bool = False  # wins over an open question


@dataclass(frozen=True, slots=True)
class Hit:
    """What a message begins, and whether it was written as it should be."""

    entry: Entry
    word: str
    slip: bool = False


@dataclass(frozen=True)
class Book:
    """An organisation's triggers, as messages are held against them."""

    words: Mapping[str, Entry] = field(default_factory=dict)
    tokens: Mapping[str, Entry] = field(default_factory=dict)
    happenings: Mapping[str, Entry] = field(default_factory=dict)
    first_contact: Entry | None = None
    interrupts: bool = False  # at least one word does

    def hears(self, text: str) -> Hit | None:
        """The flow that a whole message names, politeness aside; one slip in a long word is forgiven."""
        if not self.words or len(text) > 2 * LONGEST_WORD:
            return None
        word = keywords.plain(text)
        exact = self.words.get(word)
        if exact is not None:
            return Hit(exact, word)
        near = within_a_slip(word, [(known, entry.flow_code) for known, entry in self.words.items()])
        if len(near) != 1:
            return None
        # Words of one flow may differ in whether they interrupt: one with a slip never does.
        entry = next(entry for entry in self.words.values() if entry.flow_code == near[0])
        return Hit(entry, word, slip=True)

    def interrupts_with(self, text: str) -> Hit | None:
        """The flow that begins even in the middle of another one."""
        hit = self.hears(text) if self.interrupts else None
        return hit if hit is not None and hit.entry.during and not hit.slip else None


_BOOK = """
SELECT t.id, f.code, t.kind, t.words, t.during, t.event, t.token FROM flow_trigger t JOIN flow f ON f.id = t.flow_id
WHERE t.organisation_id = %s AND t.active AND f.archived_at IS NULL ORDER BY t.created_at, t.id
"""


def book(connection: Connection, organisation_id: UUID) -> Book:
    """Read an organisation's triggers."""
    words: dict[str, Entry] = {}
    tokens: dict[str, Entry] = {}
    happenings: dict[str, Entry] = {}
    first = None
    for trigger_id, code, kind, by_language, during, event, token in connection.execute(
        _BOOK, [organisation_id]
    ):
        entry = Entry(trigger_id, code, during)
        for word in all_words(by_language):
            words.setdefault(keywords.plain(word), entry)
        if token is not None:
            tokens[token] = entry
            words.setdefault(keywords.plain(token), entry)
        if kind == Kind.FIRST_CONTACT:
            first = first or entry
        elif kind in {Kind.MISSED_CALL, Kind.EVENT}:
            happenings.setdefault(event or kind, entry)
    return Book(words, tokens, happenings, first, any(entry.during for entry in words.values()))


@dataclass
class Books:
    """Books of organisations, each at most half a minute old."""

    _kept: dict[UUID, tuple[float, Book]] = field(default_factory=dict)

    def of(self, connection: Connection, organisation_id: UUID) -> Book:
        """Return an organisation's book."""
        kept = self._kept.get(organisation_id)
        if kept is None or time.monotonic() - kept[0] > BOOK_SECONDS:
            kept = (time.monotonic(), book(connection, organisation_id))
            self._kept[organisation_id] = kept
        return kept[1]

    def forget(self, organisation_id: UUID) -> None:
        """Read a book anew: whoever changed it just now wants to try it."""
        self._kept.pop(organisation_id, None)


def all_words(by_language: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a trigger's words of all languages."""
    return [word for words in by_language.values() for word in words]
