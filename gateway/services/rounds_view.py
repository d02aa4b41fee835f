"""Reading one round as the answers come in: the funnel, each question in counts, and the latest answers.

Nobody is named here, and written answers are counted only: people write names and places into them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa

from gateway.models.channels import Channel
from gateway.models.flows import Round
from gateway.models.sessions import Answer, Run, Session
from gateway.services import suppression
from gateway.services.agreements import Reach
from gateway.services.bridge import plain
from gateway.services.flow_store import Library
from gateway.services.round_list import Progress, progress, readable
from gateway.services.round_questions import Cell, Latest, Numbers, Question, latest, questions


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
    found = progress(
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
        questions=questions(connection, flow, Answer.round_id == round_id, language),
        languages=by_language(connection, Run.round_id == round_id),
        channels=by_channel(connection, Run.round_id == round_id),
        latest=latest(connection, flow, Answer.round_id == round_id, language) if singly else [],
    )
    return view if singly else _suppressed(view)


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


def by_language(connection: sa.Connection, asked: sa.ColumnElement[bool]) -> list[Share]:
    """Count runs and completed ones by the language in which they were held."""
    return _shares(connection, asked, sa.select(Run.language.label("label"), *_COUNTED))


def by_channel(connection: sa.Connection, asked: sa.ColumnElement[bool]) -> list[Share]:
    """Count runs and completed ones by channel."""
    joined = (
        sa.select(Channel.name.label("label"), *_COUNTED)
        .join(Session, Session.id == Run.session_id)
        .join(Channel, Channel.id == Session.channel_id)
    )
    return _shares(connection, asked, joined)


_COUNTED = (
    sa.func.count().label("sent"),
    sa.func.count().filter(Run.disposition == "completed").label("completed"),
)


def _shares(
    connection: sa.Connection, asked: sa.ColumnElement[bool], counted: sa.Select[str, int, int]
) -> list[Share]:
    rows = connection.execute(counted.where(asked).group_by("label").order_by(sa.desc("sent"), "label"))
    return [Share(row.label, row.sent, row.completed) for row in rows]


# --- Small numbers


def _suppressed(view: RoundView) -> RoundView:
    return replace(
        view,
        funnel=replace(view.funnel, others=suppress(view.funnel.others)),
        questions=[suppress_question(question) for question in view.questions],
        languages=suppress_shares(view.languages),
        channels=suppress_shares(view.channels),
        latest=[],
    )


def suppress_question(question: Question) -> Question:
    """Hide what is too small to show in the counts of one question."""
    enough = question.answered >= suppression.SMALLEST_CELL
    return replace(
        question,
        cells=suppress(question.cells),
        missing=suppress(question.missing),
        numbers=_suppress_numbers(question.numbers) if question.numbers and enough else None,
    )


def _suppress_numbers(numbers: Numbers) -> Numbers:
    """Without their spread where one of its classes is too small; lowest and highest may be one person's too."""
    small = any(0 < part.count < suppression.SMALLEST_CELL for part in numbers.spread)
    return replace(numbers, spread=()) if small else numbers


def suppress(cells: Sequence[Cell]) -> list[Cell]:
    """Hide what is too small to show among the counts of one table."""
    marks = suppression.hidden([cell.count for cell in cells])
    return [
        replace(cell, count=0, hidden=True) if mark else cell for cell, mark in zip(cells, marks, strict=True)
    ]


def suppress_shares(shares: Sequence[Share]) -> list[Share]:
    """Hide what is too small to show by language or channel."""
    sent = suppression.hidden([share.sent for share in shares])
    completed = suppression.hidden([share.completed for share in shares])
    return [
        replace(share, sent=0, completed=0, hidden=True) if either or other else share
        for share, either, other in zip(shares, sent, completed, strict=True)
    ]
