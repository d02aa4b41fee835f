"""Reading rounds as the answers come in: the funnel, each question in counts, and the latest answers.

Nobody is named here, and written answers are counted only: people write names and places into them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from flows.definition import AnswerType, Ask, Flow, Text
from flows.languages import chain
from gateway.models.channels import Channel
from gateway.models.flows import Flow as FlowRow
from gateway.models.flows import FlowRevision, Round
from gateway.models.organisations import Organisation
from gateway.models.sessions import Answer, Run, Session
from gateway.services import suppression
from gateway.services.agreements import Reach
from gateway.services.bridge import plain
from gateway.services.flow_store import Library
from gateway.services.listing import Orders, Part

LATEST = 20
ROUNDS = 100
CLOSED_QUESTIONS = frozenset({AnswerType.SELECT_ONE, AnswerType.SELECT_MULTIPLE})
NUMBERS = frozenset({AnswerType.INTEGER, AnswerType.DECIMAL})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round has come. `started`: answered at least once."""

    id: UUID
    name: str
    title: str
    opens_at: datetime
    closes_at: datetime | None
    sent: int
    completed: int
    running: int
    owner: str | None = None  # the organisation that shares it; None: our own


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a table: what is counted, how many, and whether the number is too small to show."""

    label: str
    count: int
    hidden: bool = False
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of everybody who was asked.

    Attributes:
        sent, started, completed: each a part of the one before; `started` answered at least once.
        others: everybody who has not completed, by code: "running", "refused", "under_age", "stopped",
            "expired", and "ended" for broken off, failed or handed to a person: these three stand together,
            so that no count shows that somebody's words were sealed.
    """

    sent: int
    started: int
    completed: int
    others: list[Cell]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What numeric answers come to."""

    lowest: float
    median: float
    highest: float


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a round in counts. `cells` is empty for written answers; `missing` has one a reason."""

    name: str
    text: str
    lang: str
    type: str
    indicator: str | None
    answered: int
    cells: list[Cell]
    missing: list[Cell]
    numbers: Numbers | None = None

    @property
    def most(self) -> int:
        """The largest count, for the length of bars."""
        return max((cell.count for cell in self.cells), default=0)


@dataclass(frozen=True, slots=True)
class Latest:
    """One answer as it came in. `answer` None: written in words, or missing."""

    question: str
    answer: str | None
    missing: str | None
    language: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """Those who were asked and those who completed, in one language or on one channel."""

    label: str
    sent: int
    completed: int
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round, read."""

    progress: Progress
    funnel: Funnel
    questions: list[Question]
    languages: list[Share]
    channels: list[Share]
    latest: list[Latest]


def running(connection: sa.Connection, organisation_id: UUID, *, now: datetime) -> list[Progress]:
    """Return the rounds that are open now."""
    return _progress(
        connection,
        Round.organisation_id == organisation_id,
        Round.opens_at <= now,
        sa.or_(Round.closes_at.is_(None), Round.closes_at > now),
    )


def rounds(
    connection: sa.Connection, organisation_id: UUID, part: Part, *, shared: frozenset[Reach] = frozenset()
) -> tuple[list[Progress], bool]:
    """Return one page of the rounds, by "opens" or "name", and whether there are more behind it."""
    asked = sa.select(Round.id).where(readable(organisation_id, shared))
    shown, more = part.cut(connection.scalars(part.of(asked, _ORDERS)).all())
    place = {round_id: number for number, round_id in enumerate(shown)}
    found = (
        _progress(connection, Round.id.in_(shown), most=len(shown), reader=organisation_id) if shown else []
    )
    return sorted(found, key=lambda progress: place[progress.id]), more


_ORDERS: Orders = {
    "opens": (Round.opens_at, Round.id),
    "name": (Round.name, Round.id),
}


def readable(organisation_id: UUID, shared: frozenset[Reach]) -> sa.ColumnElement[bool]:
    """Return the condition under which a round may be read: the reader's own, or shared with them."""
    return sa.or_(
        Round.organisation_id == organisation_id,
        *(
            sa.and_(
                Round.organisation_id == reach.organisation_id,
                Round.office_id == reach.office_id if reach.office_id is not None else sa.true(),
            )
            for reach in shared
        ),
    )


def read(
    connection: sa.Connection,
    library: Library,
    organisation_id: UUID,
    round_id: UUID,
    *,
    language: str,
    singly: bool = True,
    shared: frozenset[Reach] = frozenset(),
) -> RoundView | None:
    """Read one round; None when there is none in this organisation, and none is shared with it.

    Args:
        connection: the page's.
        library: flows by revision.
        organisation_id: the reader's.
        round_id: which round.
        language: in which questions and options are shown, where the flow has them.
        singly: whether the reader may see single answers; else small numbers are hidden.
        shared: what agreements open; of a shared round nobody sees single answers or small numbers.
    """
    found = _progress(
        connection, readable(organisation_id, shared), Round.id == round_id, reader=organisation_id
    )
    if not found:
        return None
    singly = singly and found[0].owner is None
    row = connection.execute(sa.select(Round.revision_id, Round.under_age).where(Round.id == round_id)).one()
    flow = library.flow(plain(connection), row.revision_id)
    view = RoundView(
        progress=found[0],
        funnel=_funnel(connection, round_id, row.under_age),
        questions=_questions(connection, flow, round_id, language),
        languages=_by_language(connection, round_id),
        channels=_by_channel(connection, round_id),
        latest=_latest(connection, flow, round_id, language) if singly else [],
    )
    return view if singly else _suppressed(view)


# --- Rounds


def _progress(
    connection: sa.Connection,
    *conditions: sa.ColumnElement[bool],
    most: int = ROUNDS,
    reader: UUID | None = None,
) -> list[Progress]:
    counts = (
        sa.select(
            Run.round_id,
            sa.func.count().label("sent"),
            sa.func.count().filter(Run.disposition == "completed").label("completed"),
            sa.func.count().filter(Run.disposition.is_(None)).label("running"),
        )
        .where(Run.round_id.in_(sa.select(Round.id).where(*conditions)))
        .group_by(Run.round_id)
        .subquery()
    )
    rows = connection.execute(
        sa.select(
            Round.id,
            Round.name,
            FlowRow.title,
            Round.opens_at,
            Round.closes_at,
            sa.func.coalesce(counts.c.sent, 0),
            sa.func.coalesce(counts.c.completed, 0),
            sa.func.coalesce(counts.c.running, 0),
            _owner(reader),
        )
        .join(FlowRevision, FlowRevision.id == Round.revision_id)
        .join(FlowRow, FlowRow.id == FlowRevision.flow_id)
        .outerjoin(counts, counts.c.round_id == Round.id)
        .where(*conditions)
        .order_by(Round.opens_at.desc(), Round.id.desc())
        .limit(most)
    )
    return [Progress(*row) for row in rows]


def _owner(reader: UUID | None) -> sa.ColumnElement[Any]:
    """The name of the organisation that a round belongs to, where it is not the reader's."""
    if reader is None:
        return sa.null()
    name = sa.select(Organisation.name).where(Organisation.id == Round.organisation_id).scalar_subquery()
    return sa.case((Round.organisation_id == reader, sa.null()), else_=name)


def _funnel(connection: sa.Connection, round_id: UUID, under_age: int) -> Funnel:
    rows = connection.execute(
        sa.select(Run.disposition, sa.func.count()).where(Run.round_id == round_id).group_by(Run.disposition)
    )
    by_end: dict[str | None, int] = {row[0]: row[1] for row in rows}
    started = connection.scalar(
        sa.select(sa.func.count(sa.distinct(Answer.run_id))).where(
            Answer.round_id == round_id, Answer.missing.is_(None)
        )
    )
    return Funnel(
        sent=sum(by_end.values()),
        started=(started or 0) + under_age,  # A child's answers are not kept, only the count.
        completed=by_end.get("completed", 0),
        others=[Cell(name, sum(by_end.get(end, 0) for end in ends)) for name, ends in _OTHERS.items()],
    )


_OTHERS: Mapping[str, tuple[str | None, ...]] = {
    "running": (None,),
    "refused": ("refused",),
    "under_age": ("ineligible",),
    "stopped": ("opted_out",),
    "expired": ("expired",),
    "ended": ("broken_off", "failed", "handed_over"),
}


def _by_language(connection: sa.Connection, round_id: UUID) -> list[Share]:
    return _shares(connection, round_id, sa.select(Run.language.label("label"), *_COUNTED))


def _by_channel(connection: sa.Connection, round_id: UUID) -> list[Share]:
    joined = (
        sa.select(Channel.name.label("label"), *_COUNTED)
        .join(Session, Session.id == Run.session_id)
        .join(Channel, Channel.id == Session.channel_id)
    )
    return _shares(connection, round_id, joined)


_COUNTED = (
    sa.func.count().label("sent"),
    sa.func.count().filter(Run.disposition == "completed").label("completed"),
)


def _shares(connection: sa.Connection, round_id: UUID, counted: sa.Select[str, int, int]) -> list[Share]:
    rows = connection.execute(
        counted.where(Run.round_id == round_id).group_by("label").order_by(sa.desc("sent"), "label")
    )
    return [Share(row.label, row.sent, row.completed) for row in rows]


# --- Questions


def _questions(connection: sa.Connection, flow: Flow, round_id: UUID, language: str) -> list[Question]:
    values = _values(connection, round_id)
    missing = _missing(connection, round_id)
    counts = _answered(connection, round_id)
    return [
        _question(
            step, language, values.get(step.name, {}), missing.get(step.name, {}), counts.get(step.name, 0)
        )
        for step in flow.steps
        if isinstance(step, Ask)
    ]


def _question(
    step: Ask, language: str, values: Mapping[str, int], missing: Mapping[str, int], answered: int
) -> Question:
    text, lang = wording(step.text, language)
    numbers = None
    cells: list[Cell] = []
    if step.type in CLOSED_QUESTIONS:
        cells = _cells(step, language, values)
    elif step.type in NUMBERS and values:
        numbers = _numbers(values)
    return Question(
        name=step.name,
        text=text,
        lang=lang,
        type=step.type,
        indicator=step.indicator,
        answered=answered,
        cells=cells,
        missing=[Cell(why, count) for why, count in sorted(missing.items())],
        numbers=numbers,
    )


def _cells(step: Ask, language: str, values: Mapping[str, int]) -> list[Cell]:
    cells = []
    for option in step.options:
        label, lang = wording(option.label, language)
        cells.append(Cell(label, values.get(option.code, 0), lang=lang))
    known = {option.code for option in step.options}
    return cells + [Cell(code, count) for code, count in sorted(values.items()) if code not in known]


def _numbers(values: Mapping[str, int]) -> Numbers:
    numbers = [float(value) for value, count in values.items() for _ in range(count)]
    return Numbers(min(numbers), median(numbers), max(numbers))


def _values(connection: sa.Connection, round_id: UUID) -> dict[str, Counter[str]]:
    # A list of codes counts once for each code; anything else as a list of one.
    is_list = sa.func.jsonb_typeof(Answer.value) == "array"
    listed = sa.case((is_list, Answer.value), else_=sa.func.jsonb_build_array(Answer.value, type_=JSONB))
    values = sa.func.jsonb_array_elements_text(listed).table_valued("value").lateral()
    rows = connection.execute(
        sa.select(Answer.question, values.c.value, sa.func.count())
        .join_from(Answer, values, sa.true())
        .where(Answer.round_id == round_id, Answer.value.is_not(None), Answer.missing.is_(None))
        .group_by(Answer.question, values.c.value)
    )
    found: dict[str, Counter[str]] = {}
    for question, code, count in rows:
        found.setdefault(question, Counter())[code] = count
    return found


def _missing(connection: sa.Connection, round_id: UUID) -> dict[str, Counter[str]]:
    rows = connection.execute(
        sa.select(Answer.question, Answer.missing, sa.func.count())
        .where(Answer.round_id == round_id, Answer.missing.is_not(None))
        .group_by(Answer.question, Answer.missing)
    )
    found: dict[str, Counter[str]] = {}
    for question, why, count in rows:
        found.setdefault(question, Counter())[str(why)] = count
    return found


def _answered(connection: sa.Connection, round_id: UUID) -> dict[str, int]:
    rows = connection.execute(
        sa.select(Answer.question, sa.func.count())
        .where(Answer.round_id == round_id, Answer.missing.is_(None))
        .group_by(Answer.question)
    )
    return {row[0]: row[1] for row in rows}


# --- Single answers


def _latest(connection: sa.Connection, flow: Flow, round_id: UUID, language: str) -> list[Latest]:
    rows = connection.execute(
        sa.select(Answer.question, Answer.value, Answer.missing, Answer.language, Answer.answered_at)
        .where(Answer.round_id == round_id)
        .order_by(Answer.answered_at.desc(), Answer.position.desc())
        .limit(LATEST)
    )
    steps = {step.name: step for step in flow.steps if isinstance(step, Ask)}
    return [
        Latest(
            question=wording(steps[row.question].text, language)[0]
            if row.question in steps
            else row.question,
            answer=_label(steps.get(row.question), row.value, language),
            missing=row.missing,
            language=row.language,
            at=row.answered_at,
        )
        for row in rows
    ]


def _label(step: Ask | None, value: Any, language: str) -> str | None:
    if value is None:
        return None
    labels = {option.code: wording(option.label, language)[0] for option in step.options} if step else {}
    codes = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(str(code), str(code)) for code in codes)


def wording(text: Text, language: str) -> tuple[str, str]:
    """Return a text in a language, or in the first of its fallbacks that has it, and that language's code."""
    for code in (*chain(language), *text.by_language):
        if text.by_language.get(code):
            return text.by_language[code], code
    return text.id, language


# --- Small numbers


def _suppressed(view: RoundView) -> RoundView:
    return replace(
        view,
        funnel=replace(view.funnel, others=_suppress(view.funnel.others)),
        questions=[_suppress_question(question) for question in view.questions],
        languages=_suppress_shares(view.languages),
        channels=_suppress_shares(view.channels),
        latest=[],
    )


def _suppress_question(question: Question) -> Question:
    enough = question.answered >= suppression.SMALLEST_CELL
    return replace(
        question,
        cells=_suppress(question.cells),
        missing=_suppress(question.missing),
        numbers=question.numbers if enough else None,
    )


def _suppress(cells: Sequence[Cell]) -> list[Cell]:
    marks = suppression.hidden([cell.count for cell in cells])
    return [
        replace(cell, count=0, hidden=True) if mark else cell for cell, mark in zip(cells, marks, strict=True)
    ]


def _suppress_shares(shares: Sequence[Share]) -> list[Share]:
    sent = suppression.hidden([share.sent for share in shares])
    completed = suppression.hidden([share.completed for share in shares])
    return [
        replace(share, sent=0, completed=0, hidden=True) if either or other else share
        for share, either, other in zip(shares, sent, completed, strict=True)
    ]
