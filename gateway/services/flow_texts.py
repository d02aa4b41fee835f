"""Translations of a flow: which texts there are, how far each is in each language, and whether the flow may go out.

The wordings stand in the flow itself. What is known beside them, who translated which wording and who read it again,
stands in `flow_text`; a row holds for the translation whose digest it names, and for no other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from flows.definition import Flow, Option, Text
from flows.languages import LANGUAGES, SOURCE, chain
from gateway import i18n, text_checks
from gateway.flow_slots import Slot, slots
from gateway.models.flows import FlowDraft
from gateway.models.translations import FlowText
from gateway.services.unfit import Unfit
from gateway.text_checks import Pair, Term
from gateway.text_files import clean, digest_of


class State(StrEnum):
    """How far a text is in a language, from the start to the end."""

    MISSING = "missing"
    MACHINE = "machine"  # drafted by a machine, and read by nobody
    TRANSLATED = "translated"
    STALE = "stale"  # the source has changed since
    REVIEWED = "reviewed"  # a second person has read it


# What a translator looks at first.
ORDER = (State.MISSING, State.STALE, State.MACHINE, State.TRANSLATED, State.REVIEWED)


@dataclass(frozen=True, slots=True)
class Line:
    """A text in one language. `before`: the source that was translated, where it has changed since."""

    slot: Slot
    language: str
    source: str
    target: str
    state: State
    before: str = ""
    by: UUID | None = None
    at: datetime | None = None
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    native: bool = False

    @property
    def digest(self) -> str:
        """Digest of the translation, by which a form says which one it saw."""
        return digest_of(self.target)


@dataclass(frozen=True, slots=True)
class Readiness:
    """How far a language is. `falls_to`: the languages that missing texts are read in."""

    language: str
    total: int
    counts: Mapping[State, int] = field(default_factory=dict)
    falls_to: tuple[str, ...] = ()

    def of(self, state: State) -> int:
        """Return how many texts are in a state."""
        return self.counts.get(state, 0)

    @property
    def missing(self) -> int:
        """How many texts there are none of."""
        return self.of(State.MISSING)

    @property
    def stale(self) -> int:
        """How many texts say what the source said before."""
        return self.of(State.STALE)

    @property
    def unreviewed(self) -> int:
        """How many texts no second person has read."""
        return self.of(State.MACHINE) + self.of(State.TRANSLATED)

    @property
    def done(self) -> int:
        """How many texts there are that are not stale."""
        return self.total - self.missing - self.stale

    def needs_fallback(self) -> bool:
        """Whether people would read another language than they chose."""
        return self.missing > 0


# --- How far each is


def lines(connection: sa.Connection, flow_id: UUID, flow: Flow, language: str) -> list[Line]:
    """Return every text of a flow in one language, in order, with what is known of it."""
    known, hand = _known(connection, flow_id, [language]), _last_hand(connection, flow_id)
    return [
        _line(slot, flow.languages[0], language, known.get((slot.id, language)), hand) for slot in slots(flow)
    ]


def line(connection: sa.Connection, flow_id: UUID, flow: Flow, language: str, text_id: str) -> Line | None:
    """Return one text; None when the flow has no such."""
    slot = next((it for it in slots(flow) if it.id == text_id), None)
    if slot is None:
        return None
    row = connection.execute(
        sa.select(*FlowText.__table__.c).where(
            FlowText.flow_id == flow_id, FlowText.language == language, FlowText.text_id == text_id
        )
    ).first()
    return _line(slot, flow.languages[0], language, row, _last_hand(connection, flow_id))


def _known(connection: sa.Connection, flow_id: UUID, languages: Sequence[str]) -> dict[tuple[str, str], Any]:
    rows = connection.execute(
        sa.select(*FlowText.__table__.c).where(FlowText.flow_id == flow_id, FlowText.language.in_(languages))
    )
    return {(row.text_id, row.language): row for row in rows}


Hand = tuple[UUID | None, datetime | None]
NOBODY: Hand = (None, None)


def _last_hand(connection: sa.Connection, flow_id: UUID) -> Hand:
    """Who changed the draft last: words that are not as they were written here are theirs, as far as anybody knows."""
    row = connection.execute(
        sa.select(FlowDraft.changed_by, FlowDraft.changed_at).where(FlowDraft.flow_id == flow_id)
    ).first()
    return NOBODY if row is None else (row.changed_by, row.changed_at)


def _line(slot: Slot, source_language: str, language: str, row: Any, hand: Hand = NOBODY) -> Line:
    source, target = (clean(slot.text.by_language.get(code, "")) for code in (source_language, language))
    if not target:
        return Line(slot, language, source, "", State.MISSING)
    if row is None:
        drafted = _drafted(source, language) == target
        return Line(slot, language, source, target, State.MACHINE if drafted else State.TRANSLATED)
    if row.digest != digest_of(target):
        return Line(slot, language, source, target, State.TRANSLATED, "", *hand)
    told = (row.by, row.at, row.reviewed_by, row.reviewed_at, row.native)
    if row.source != source:
        return Line(slot, language, source, target, State.STALE, row.source, *told)
    return Line(slot, language, source, target, State(row.state), "", *told)


def _drafted(source: str, language: str) -> str:
    """The translation that ships, where nobody who speaks the language has read it yet."""
    return clean(i18n.catalog(i18n.FLOWS, language).get(source, "")) if _unread(language) else ""


@cache
def _unread(language: str) -> bool:
    path = resources.files("locales") / language / "LC_MESSAGES" / f"{i18n.FLOWS}.po"
    if not path.is_file():
        return False
    return (
        re.search(r'^"X-Paigham-Status: machine-drafted', path.read_text("utf-8"), re.MULTILINE) is not None
    )


def readiness(connection: sa.Connection, flow_id: UUID, flow: Flow) -> dict[str, Readiness]:
    """Say how far each language of a flow is, but the source itself; for the publishing check and for lists."""
    languages = flow.languages[1:]
    known, found = _known(connection, flow_id, languages), slots(flow)
    return {language: _ready(flow, language, found, known) for language in languages}


def _ready(
    flow: Flow, language: str, found: Sequence[Slot], known: Mapping[tuple[str, str], Any]
) -> Readiness:
    made = [_line(slot, flow.languages[0], language, known.get((slot.id, language))) for slot in found]
    missing = [it.slot for it in made if it.state is State.MISSING]
    falls = {_read_in(slot.text, flow, language) for slot in missing}
    order = [code for code in (*chain(language), *flow.languages) if code in falls]
    return Readiness(language, len(made), Counter(it.state for it in made), tuple(dict.fromkeys(order)))


def _read_in(text: Text, flow: Flow, language: str) -> str:
    """The language that the engine takes where one is missing: the declared chain, then the flow's first."""
    codes = (*chain(language), flow.languages[0])
    return next((code for code in codes if text.by_language.get(code, "").strip()), flow.languages[0])


def not_ready(states: Mapping[str, Readiness], chosen: Mapping[str, Sequence[str]]) -> list[Readiness]:
    """Return the languages that a flow cannot go out in.

    A language with missing texts goes out only where whoever publishes has named every language that people would read
    instead: `chosen` is language -> those codes.
    """
    return [
        state
        for state in states.values()
        if state.needs_fallback() and not set(state.falls_to) <= set(chosen.get(state.language, ()))
    ]


# --- Checks


def pair_of(line: Line, source_language: str, target: str, *, terms: Sequence[Term] = ()) -> Pair:
    """Return what `text_checks` looks at, for words that are to become a translation."""
    slot = line.slot
    is_answer, is_said = slot.kind == "label", slot.kind in {"text", "short"}
    return Pair(
        line.source,
        target,
        source_language,
        line.language,
        numbers=tuple(option.number for option in slot.options) if is_said else (),
        others=_others(slot.options, slot.code, line.language) if is_answer else {},
        terms=tuple(terms),
    )


MOST_COMPARED = (
    300  # options of one question; of longer lists the person types a word, and is asked which is meant
)


def _others(options: Sequence[Option], code: str, language: str) -> dict[str, tuple[str, ...]]:
    if len(options) > MOST_COMPARED:
        return {}
    return {
        option.code: (option.label.by_language.get(language, ""), *option.aliases.get(language, ()))
        for option in options
        if option.code != code
    }


def check(line: Line, source_language: str, *, terms: Sequence[Term] = ()) -> list[text_checks.Doubt]:
    """Return what may be wrong with a translation as it stands."""
    return text_checks.check(pair_of(line, source_language, line.target, terms=terms))


# --- Writing down


def keep(
    connection: sa.Connection,
    flow_id: UUID,
    texts: Iterable[Line],
    *,
    state: State = State.TRANSLATED,
    by: UUID | None,
    now: datetime,
) -> None:
    """Write down that these translations, as they stand, are of these sources. A review before is over."""
    rows = [
        {
            "flow_id": flow_id,
            "text_id": it.slot.id,
            "language": it.language,
            "source": it.source,
            "digest": it.digest,
            "state": state.value,
            "by": by,
            "at": now,
            "reviewed_by": None,
            "reviewed_at": None,
            "native": False,
        }
        for it in texts
        if it.target
    ]
    if rows:
        connection.execute(_put(), rows)


def _put() -> Any:
    statement = insert(FlowText)
    told = ("source", "digest", "state", "by", "at", "reviewed_by", "reviewed_at", "native")
    return statement.on_conflict_do_update(
        index_elements=[FlowText.flow_id, FlowText.text_id, FlowText.language],
        set_={name: statement.excluded[name] for name in told},
    )


def observe(connection: sa.Connection, flow_id: UUID, flow: Flow, *, now: datetime) -> int:
    """Remember which source each translation is of, where that is not known yet; returns how many were new.

    Called before a draft changes: from then on a change of a source is seen, whoever makes it and wherever.
    """
    languages = flow.languages[1:]
    known, found, hand = _known(connection, flow_id, languages), slots(flow), _last_hand(connection, flow_id)
    fresh = [
        _line(slot, flow.languages[0], language, known.get((slot.id, language)), hand)
        for language in languages
        for slot in found
        if _is_news(slot, language, known.get((slot.id, language)))
    ]
    for state, by in {(it.state, it.by) for it in fresh}:
        keep(
            connection,
            flow_id,
            [it for it in fresh if (it.state, it.by) == (state, by)],
            state=state,
            by=by,
            now=now,
        )
    return len(fresh)


def rename_step(connection: sa.Connection, flow_id: UUID, flow: Flow, before: str, after: str) -> None:
    """Let what is known of a step's texts go with it when it gets another name."""
    old, new = f"{flow.code}.{before}.", f"{flow.code}.{after}."
    # Of a step that had this name once and is gone.
    connection.execute(
        sa.delete(FlowText).where(
            FlowText.flow_id == flow_id, FlowText.text_id.startswith(new, autoescape=True)
        )
    )
    connection.execute(
        sa.update(FlowText)
        .where(FlowText.flow_id == flow_id, FlowText.text_id.startswith(old, autoescape=True))
        .values(text_id=sa.func.concat(new, sa.func.substr(FlowText.text_id, len(old) + 1)))
    )


def _is_news(slot: Slot, language: str, row: Any) -> bool:
    target = clean(slot.text.by_language.get(language, ""))
    return bool(target) and (row is None or row.digest != digest_of(target))


def review(
    connection: sa.Connection, flow_id: UUID, line: Line, *, native: bool, by: UUID, now: datetime
) -> None:
    """Write down that a second person has read a translation.

    Raises:
        Unfit: "own_translation", "nothing_to_review", "stale_text", or "needs_native" where a machine drafted it.
    """
    if line.state is State.MISSING:
        raise Unfit("nothing_to_review", field="target")
    if line.state is State.STALE:
        raise Unfit("stale_text", field="target")
    if line.by == by:
        raise Unfit("own_translation", field="target")
    if line.state is State.MACHINE and not native:
        raise Unfit("needs_native", field="native")
    keep(connection, flow_id, [line], state=State.REVIEWED, by=line.by, now=line.at or now)
    connection.execute(
        sa.update(FlowText)
        .where(
            FlowText.flow_id == flow_id,
            FlowText.text_id == line.slot.id,
            FlowText.language == line.language,
        )
        .values(reviewed_by=by, reviewed_at=now, native=native)
    )


def known_languages(flow: Flow) -> list[str]:
    """Return the languages that a flow could be given, those that ship first."""
    rest = [code for code in LANGUAGES if code not in flow.languages]
    return sorted(
        rest, key=lambda code: (code != SOURCE, code not in i18n.flow_catalogs(), LANGUAGES[code].name)
    )
