"""Translators at work: each wording goes into the flow's draft, and what is known of it is written beside it.

Every change is made under the flow's lock, on the draft as it is then. A form says which wording it saw; where somebody
wrote another one meanwhile, both are shown and nothing is written over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from flows import Flow, editing
from flows.definition import Option
from flows.editing import CannotEdit
from flows.edits import Set, SetText
from flows.languages import LANGUAGES
from gateway.flow_slots import Slot
from gateway.models.flows import Flow as FlowRow
from gateway.models.flows import FlowDraft
from gateway.services import drafts, flow_list, flow_store, flow_texts
from gateway.services.bridge import plain
from gateway.services.flow_list import FlowHead
from gateway.services.flow_texts import Line, Readiness, State
from gateway.services.unfit import Unfit
from gateway.text_checks import Doubt, Term, refusals
from gateway.text_files import clean, digest_of

MANY = "translations"  # what the draft's history says of a file's texts


class Refused(Unfit):
    """A translation that cannot be taken. `doubts` say why."""

    def __init__(self, doubts: Sequence[Doubt]) -> None:
        super().__init__(doubts[0].code, field="target")
        self.doubts = tuple(doubts)


@dataclass(frozen=True, slots=True)
class Seen:
    """Digests of the source and the translation that a form was made of."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Clash:
    """A translation that was not written: the source or the translation is another one by now. `line`: as it is."""

    line: Line
    mine: str
    source_changed: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What waits in one flow: how far each of its languages is."""

    head: FlowHead
    source: str
    languages: tuple[Readiness, ...]


# --- Reading


def flow_of(connection: sa.Connection, flow_id: UUID) -> Flow | None:
    """Return a flow as its draft has it; None while the draft cannot be read."""
    return drafts.read(connection, flow_id).flow


def waiting(connection: sa.Connection, library: flow_store.Library, organisation_id: UUID) -> list[Work]:
    """Return every flow of an organisation that has more languages than its first, by title."""
    edited = _edited(connection, organisation_id)
    found = []
    for head in flow_list.heads(connection, organisation_id):
        flow = _newest(connection, library, head, is_edited=head.id in edited)
        if flow is not None and len(flow.languages) > 1:
            states = flow_texts.readiness(connection, head.id, flow)
            found.append(Work(head, flow.languages[0], tuple(states.values())))
    return found


def _edited(connection: sa.Connection, organisation_id: UUID) -> set[UUID]:
    return set(
        connection.scalars(
            sa.select(FlowDraft.flow_id)
            .join(FlowRow, FlowRow.id == FlowDraft.flow_id)
            .where(FlowRow.organisation_id == organisation_id)
        )
    )


def _newest(
    connection: sa.Connection, library: flow_store.Library, head: FlowHead, *, is_edited: bool
) -> Flow | None:
    """The draft where there is one; else the revision, which is in memory already."""
    if is_edited or head.revision_id is None:
        return flow_of(connection, head.id)
    return library.flow(plain(connection), head.revision_id)


# --- Writing


def save(  # noqa: PLR0913 - a translation is these facts
    connection: sa.Connection,
    flow_id: UUID,
    language: str,
    text_id: str,
    words: str,
    *,
    seen: Seen,
    by: UUID,
    now: datetime,
    terms: Sequence[Term] = (),
    aliases: Sequence[str] | None = None,
) -> Line | Clash:
    """Write one translation. The words as they stand, sent again, say that they are still right.

    `aliases`: other words by which people may give the answer, where it is one; None: as they are.

    Raises:
        Unfit: "broken_draft", "no_such_text", "empty"; Refused where a check refuses the words.
    """
    flow = _locked(connection, flow_id)
    line = _line(connection, flow_id, flow, language, text_id)
    target = clean(words)
    if not target:
        raise Unfit("empty", field="target")
    clash = _clash(line, target, seen)
    if clash is not None:
        return clash
    _check(flow, line, target, terms)
    edits = [*_new_words(line, target), *_new_aliases(flow, line, aliases)]
    for edit in edits:
        _change(connection, flow_id, edit, by=by, now=now)
    made = replace(line, target=target, state=State.TRANSLATED, before="", by=by, at=now)
    flow_texts.keep(connection, flow_id, [made], by=by, now=now)
    return made


def save_many(
    connection: sa.Connection,
    flow_id: UUID,
    language: str,
    texts: Mapping[str, str],
    *,
    by: UUID | None,
    now: datetime,
    machine: bool = False,
) -> list[Line]:
    """Write translations of a file, all or none; returns those that are new. They are one change of the draft.

    Raises:
        Unfit: "broken_draft"; Refused where a check refuses one of them.
    """
    flow = _locked(connection, flow_id)
    known = {line.slot.id: line for line in flow_texts.lines(connection, flow_id, flow, language)}
    made = []
    for text_id, words in texts.items():
        line, target = known.get(text_id), clean(words)
        if line is None or not target or target == line.target:
            continue
        _check(flow, line, target, ())
        made.append(replace(line, target=target, state=State.TRANSLATED, before="", by=by, at=now))
    if made:
        _change_many(connection, flow_id, made, by=by, now=now)
        state = State.MACHINE if machine else State.TRANSLATED
        flow_texts.keep(connection, flow_id, made, state=state, by=by, now=now)
    return made


def review(
    connection: sa.Connection,
    flow_id: UUID,
    language: str,
    text_id: str,
    *,
    seen: Seen,
    native: bool,
    by: UUID,
    now: datetime,
) -> Line | Clash:
    """Say that one has read somebody else's translation and found it right.

    Raises:
        Unfit: see `flow_texts.review`.
    """
    flow = _locked(connection, flow_id)
    line = _line(connection, flow_id, flow, language, text_id)
    if Seen(digest_of(line.source), line.digest) != seen:
        return Clash(line, line.target, digest_of(line.source) != seen.source)
    flow_texts.review(connection, flow_id, line, native=native, by=by, now=now)
    return line


def add_language(
    connection: sa.Connection, flow_id: UUID, language: str, *, by: UUID, now: datetime
) -> tuple[str, ...]:
    """Let a flow speak one more language, with all its texts still missing; returns its languages.

    Raises:
        Unfit: "unknown", "twice" or "broken_draft".
    """
    flow = _locked(connection, flow_id)
    if language not in LANGUAGES:
        raise Unfit("unknown", field="language")
    if language in flow.languages:
        raise Unfit("twice", field="language")
    languages = (*flow.languages, language)
    _change(connection, flow_id, Set(None, ("languages",), list(languages)), by=by, now=now)
    return languages


def _locked(connection: sa.Connection, flow_id: UUID) -> Flow:
    """Return the flow as it is, and let nobody else change it before the caller commits."""
    connection.execute(sa.select(FlowRow.id).where(FlowRow.id == flow_id).with_for_update())
    flow = flow_of(connection, flow_id)
    if flow is None:
        raise Unfit("broken_draft", field="target")
    return flow


def _line(connection: sa.Connection, flow_id: UUID, flow: Flow, language: str, text_id: str) -> Line:
    line = flow_texts.line(connection, flow_id, flow, language, text_id)
    if line is None or language not in flow.languages[1:]:
        raise Unfit("no_such_text", field="target")
    return line


def _clash(line: Line, target: str, seen: Seen) -> Clash | None:
    if line.target == target and digest_of(line.source) == seen.source:
        return None
    if digest_of(line.source) != seen.source:
        return Clash(line, target, source_changed=True)
    return None if line.digest == seen.target else Clash(line, target, source_changed=False)


def _check(flow: Flow, line: Line, target: str, terms: Sequence[Term]) -> None:
    found = refusals(flow_texts.pair_of(line, flow.languages[0], target, terms=terms))
    if found:
        raise Refused(found)


def _new_words(line: Line, target: str) -> list[Set | SetText]:
    return [] if target == line.target else [SetText(line.slot.step, line.slot.path, line.language, target)]


def _new_aliases(flow: Flow, line: Line, aliases: Sequence[str] | None) -> list[Set | SetText]:
    """The edit that gives an answer its other words. Raises Refused where one of them means another answer too."""
    option = option_of(line)
    if option is None or aliases is None:
        return []
    words = tuple(dict.fromkeys(word for each in aliases if (word := clean(each))))
    if words == option.aliases.get(line.language, ()):
        return []
    for word in words:
        _check_alias(flow, line, word)
    every = {**{code: list(others) for code, others in option.aliases.items()}, line.language: list(words)}
    told = {code: others for code, others in every.items() if others}
    return [Set(line.slot.step, (*line.slot.path[:-1], "aliases"), told or None)]


def _check_alias(flow: Flow, line: Line, word: str) -> None:
    pair = flow_texts.pair_of(line, flow.languages[0], word)
    found = [it for it in refusals(pair) if it.code in _OF_ALIASES]
    if len(word) > LONGEST_ALIAS:
        raise Unfit("too_long", field="aliases")
    if found:
        raise Refused([replace(it, detail=(word, *it.detail)) for it in found])


LONGEST_ALIAS = 60  # characters
_OF_ALIASES = frozenset({"same_as_option", "override", "unbalanced", "brace", "zawgyi"})


def option_of(line: Line) -> Option | None:
    """Return the answer whose words a text is; None where it is none's."""
    if line.slot.kind != "label":
        return None
    return next((option for option in line.slot.options if option.code == line.slot.code), None)


def _change(
    connection: sa.Connection, flow_id: UUID, edit: Set | SetText, *, by: UUID | None, now: datetime
) -> None:
    try:
        drafts.change(connection, flow_id, edit, seen=None, by=by, now=now)
    except CannotEdit as error:
        raise Unfit("broken_draft", field="target") from error


def _change_many(
    connection: sa.Connection, flow_id: UUID, lines: Iterable[Line], *, by: UUID | None, now: datetime
) -> None:
    edits = [SetText(it.slot.step, it.slot.path, it.language, it.target) for it in lines]
    try:
        source = editing.say_all(drafts.read(connection, flow_id).source, edits)
        drafts.import_yaml(connection, flow_id, source, by=by, now=now, why=MANY)
    except CannotEdit as error:
        raise Unfit("broken_draft", field="target") from error


def next_of(lines: Sequence[Line], text_id: str, *, wanted: Iterable[State]) -> Slot | None:
    """Return the next text in one of these states behind a text, round to the beginning; None: none is left."""
    states = set(wanted)
    place = next((at for at, line in enumerate(lines) if line.slot.id == text_id), -1)
    turned = [*lines[place + 1 :], *lines[: max(place, 0)]]
    return next((line.slot for line in turned if line.state in states), None)
