"""Replies that no question understood: shown to those who may read people's words, and taught to the flow.

A word that is taught goes into the flow's draft as another word for an option. It counts from the next revision on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

import flows
from flows import walking
from flows.definition import CHOSEN, Ask, Flow, Option
from flows.edits import Set
from flows.folding import fold
from gateway.crypto import Keyring
from gateway.keywords import match
from gateway.models.grievances import Grievance, GrievanceNote
from gateway.models.messages import MessageIn
from gateway.models.respondents import Misreading
from gateway.services import drafts
from gateway.services.clearance import Clearance
from gateway.services.drafts import Conflict, Draft
from gateway.services.flow_results import Scope
from gateway.services.kept import MISREAD
from gateway.services.round_questions import plain_name, wording
from gateway.services.unfit import Unfit

MOST = 500  # replies that are opened for one page
SHOWN = 12  # different ones of them
LONGEST_ALIAS = 60  # characters


@dataclass(slots=True)
class Unclear:
    """One reply, in the words in which it came first, with all that were written alike.

    Attributes:
        options: code and label of what it could be taught to mean; empty for open questions.
    """

    id: UUID
    question: str
    text: str
    asked: str
    language: str
    last_at: datetime
    options: list[tuple[str, str]]
    count: int = 1
    alike: list[UUID] = field(default_factory=list)
    people: set[UUID] = field(default_factory=set)

    @property
    def can_be_taught(self) -> bool:
        """Whether it is short enough to be another word for an option."""
        return bool(self.options) and len(self.text) <= LONGEST_ALIAS


def unclear(
    connection: sa.Connection, ring: Keyring, scope: Scope, flow: Flow, clearance: Clearance, *, language: str
) -> list[Unclear]:
    """Return the replies that nobody has dealt with, those written most first; alike ones together."""
    steps = {step.name: step for step in walking.questions(flow)}
    found: dict[tuple[str, str], Unclear] = {}
    for row in connection.execute(_open(scope, clearance).order_by(Misreading.at.desc()).limit(MOST)):
        name, text = plain_name(row.question), ring.open(MISREAD, row.id, row.raw_sealed)
        key = (name, fold(text))
        if key in found:
            found[key].count += 1
            found[key].alike.append(row.id)
            found[key].people.add(row.contact_id)
            continue
        step = steps.get(name)
        asked = wording(step.text, language)[0] if step is not None else name
        options = _labels(flow, step, language)
        found[key] = Unclear(
            row.id, name, text, asked, row.language, row.at, options, alike=[row.id], people={row.contact_id}
        )
    return sorted(found.values(), key=lambda reply: -reply.count)[:SHOWN]


def _open(scope: Scope, clearance: Clearance) -> sa.Select[UUID, str, str, bytes, datetime, UUID]:
    """Replies of messages that the reader may read: not sealed, and of no case that is hidden from them."""
    hidden = (
        sa.select(GrievanceNote.message_id)
        .join(Grievance, Grievance.id == GrievanceNote.grievance_id)
        .where(GrievanceNote.message_id == Misreading.message_id, sa.not_(clearance.cases()))
        .exists()
    )
    return (
        sa.select(
            Misreading.id,
            Misreading.question,
            Misreading.language,
            Misreading.raw_sealed,
            Misreading.at,
            MessageIn.contact_id,
        )
        .join(MessageIn, MessageIn.id == Misreading.message_id)
        .where(
            scope.of(Misreading),
            Misreading.settled_at.is_(None),
            clearance.unsealed(MessageIn.sealed),
            sa.not_(hidden),
        )
    )


def _labels(flow: Flow, step: Ask | None, language: str) -> list[tuple[str, str]]:
    if step is None or step.type not in CHOSEN:
        return []
    own = step.options if step.list is None else flow.lists.get(step.list, ())
    return [(option.code, wording(option.label, language)[0]) for option in own]


def teach(
    connection: sa.Connection,
    ring: Keyring,
    scope: Scope,
    clearance: Clearance,
    row_id: UUID,
    code: str,
    *,
    by: UUID,
    now: datetime,
) -> tuple[Draft, Unclear]:
    """Make a reply another word for an option in the flow's draft, and mark all that were written alike as dealt with.

    Raises:
        LookupError: the reply is not there, or not for this reader, or its question has no such option.
        Unfit: "unreadable" where the draft cannot be read, "meant" where the word means something else already,
            "too_long" for more than a few words, "changed" where somebody changes the same question just now.
    """
    draft = drafts.read(connection, scope.flow_id)
    if draft.flow is None:
        raise Unfit("unreadable", field="reply")
    found = unclear(connection, ring, scope, draft.flow, clearance, language=draft.flow.languages[0])
    reply = next((one for one in found if row_id in one.alike), None)
    if reply is None or code not in dict(reply.options):
        raise LookupError(f"There is no reply {row_id} to teach.")
    if not reply.can_be_taught:
        raise Unfit("too_long", field="reply")
    if match(reply.text) is not None:
        raise Unfit("meant", field="reply")
    # What does not come to that meaning is undone: the draft stays as it was.
    with connection.begin_nested():
        edit = _edit(draft.flow, reply, code)
        after = drafts.change(connection, scope.flow_id, edit, seen=None, by=by, now=now)
        if isinstance(after, Conflict) or after.flow is None:
            raise Unfit("changed", field="reply")
        if _meaning(after.flow, reply, now=now) != code:
            raise Unfit("meant", field="reply")
    _settle(connection, reply.alike, by=by, now=now)
    return after, reply


def dismiss(
    connection: sa.Connection,
    ring: Keyring,
    scope: Scope,
    flow: Flow,
    clearance: Clearance,
    row_id: UUID,
    *,
    by: UUID,
    now: datetime,
) -> Unclear:
    """Mark a reply, and all that were written alike, as dealt with.

    Raises:
        LookupError: it is not there, or not for this reader.
    """
    found = unclear(connection, ring, scope, flow, clearance, language=flow.languages[0])
    reply = next((one for one in found if row_id in one.alike), None)
    if reply is None:
        raise LookupError(f"There is no reply {row_id}.")
    _settle(connection, reply.alike, by=by, now=now)
    return reply


def _edit(flow: Flow, reply: Unclear, code: str) -> Set:
    """The edit that gives an option one more alias, in the language of the conversation where the flow has it."""
    step = next(step for step in walking.questions(flow) if step.name == reply.question)
    rows: Sequence[Option] = step.options if step.list is None else flow.lists[step.list]
    place = next(place for place, option in enumerate(rows) if option.code == code)
    aliases = _with(rows[place].aliases, _language(flow, reply.language), fold(reply.text))
    if step.list is None:
        return Set(step.name, ("options", place, "aliases"), aliases)
    return Set(None, ("lists", step.list, place, "aliases"), aliases)


def _with(aliases: Mapping[str, tuple[str, ...]], language: str, word: str) -> dict[str, list[str]]:
    after = {code: list(words) for code, words in aliases.items()}
    known = after.setdefault(language, [])
    if word not in known:
        known.append(word)
    return after


def _language(flow: Flow, language: str) -> str:
    return language if language in flow.languages else flow.languages[0]


def _meaning(flow: Flow, reply: Unclear, *, now: datetime) -> str | None:
    """The one option that a flow would take a reply for now; None where it would not, or would ask."""
    language = _language(flow, reply.language)
    waiting = flows.Session(flow.code, reply.question, language, waiting=True)
    sprint = flows.resume(flow, waiting, flows.Contact(language), flows.Reply(reply.text), now=now)
    given = next((event for event in sprint.events if isinstance(event, flows.events.AnswerGiven)), None)
    if given is None:
        return None
    codes = given.value if isinstance(given.value, list) else [given.value]
    return str(codes[0]) if len(codes) == 1 else None


def _settle(connection: sa.Connection, ids: Sequence[UUID], *, by: UUID, now: datetime) -> None:
    connection.execute(
        sa.update(Misreading).where(Misreading.id.in_(ids)).values(settled_at=now, settled_by=by)
    )
