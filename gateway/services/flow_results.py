"""What a flow comes to: how far people came, step by step, what they answered, how fast, and where they were lost.

Answers of different wordings are counted together only where their codes are the same; a question whose words or
options changed between revisions is marked, so that nobody compares what was not asked alike. Nobody is named here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from flows import walking
from flows.definition import Flow
from gateway.models.flows import FlowRevision, Round
from gateway.models.respondents import LateReply, Misreading, Respondent
from gateway.models.sessions import Answer, Run
from gateway.services import rounds_view, suppression
from gateway.services.bridge import plain
from gateway.services.dispositions import State
from gateway.services.flow_store import Library
from gateway.services.round_questions import CALCULATED, Cell, Question, plain_name, questions
from gateway.services.rounds_view import Share

MOST_ROUNDS = 100  # in the list from which one chooses


@dataclass(frozen=True, slots=True)
class Scope:
    """Which answers are read: of a flow, and where these are given of one revision or one round."""

    flow_id: UUID
    revision_id: UUID | None = None
    round_id: UUID | None = None

    def of(self, table: type[Run | Respondent | Misreading | LateReply]) -> sa.ColumnElement[bool]:
        """The condition for rows that name their revision and their round."""
        if self.round_id is not None:
            return table.round_id == self.round_id
        return table.revision_id.in_(self._revisions())

    def answers(self) -> sa.ColumnElement[bool]:
        """The condition for answers."""
        if self.round_id is not None:
            return Answer.round_id == self.round_id
        return Answer.run_id.in_(sa.select(Run.id).where(self.of(Run)))

    def _revisions(self) -> Any:
        if self.revision_id is not None:
            return [self.revision_id]
        return sa.select(FlowRevision.id).where(FlowRevision.flow_id == self.flow_id)


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision that can be chosen."""

    id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class RoundName:
    """One round that can be chosen."""

    id: UUID
    name: str
    revision_id: UUID


@dataclass(frozen=True, slots=True)
class Stage:
    """One question as a stage of the way: how many it was put to, and what became of them.

    Attributes:
        seconds: from question to answer, for half of the people; None without an answer.
        most: no longer took nine of ten.
        hidden: too few to show.
    """

    name: str
    text: str
    lang: str
    asked: int
    answered: int
    skipped: int
    unclear: int
    left: int
    waiting: int
    seconds: float | None
    most: float | None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """A flow's results.

    Attributes:
        registered, contacted, started, completed: each a part of the one before.
        states: where everybody stands now.
        reworded: questions that were asked in other words, or with other options, in another revision read here.
        misread: replies that were not understood and that nobody has dealt with, by question.
        late: replies that came when their conversation was over.
    """

    registered: int
    contacted: int
    started: int
    completed: int
    states: list[Cell]
    stages: list[Stage]
    questions: list[Question]
    languages: list[Share]
    channels: list[Share]
    reworded: frozenset[str]
    misread: Mapping[str, int]
    late: int


def choices(connection: sa.Connection, flow_id: UUID) -> tuple[list[Revision], list[RoundName]]:
    """Return what can be chosen: the revisions and the rounds of a flow, the newest first."""
    revisions = connection.execute(
        sa.select(FlowRevision.id, FlowRevision.number)
        .where(FlowRevision.flow_id == flow_id)
        .order_by(FlowRevision.number.desc())
        .limit(MOST_ROUNDS)
    )
    rounds = connection.execute(
        sa.select(Round.id, Round.name, Round.revision_id)
        .join(FlowRevision, FlowRevision.id == Round.revision_id)
        .where(FlowRevision.flow_id == flow_id)
        .order_by(Round.opens_at.desc(), Round.id.desc())
        .limit(MOST_ROUNDS)
    )
    return [Revision(*row) for row in revisions], [RoundName(*row) for row in rounds]


def read(
    connection: sa.Connection, library: Library, scope: Scope, *, language: str, singly: bool = True
) -> Results | None:
    """Read a flow's results; None where nothing of it was ever published.

    `language`: in which questions and options are shown, where the flow has them. `singly`: whether the reader may see
    single answers; else small numbers are hidden.
    """
    wordings = _wordings(connection, library, scope)
    if not wordings:
        return None
    asked = questions(connection, wordings[0], scope.answers(), language)
    counts = _furthest(connection, scope)
    results = Results(
        *counts,
        states=_states(connection, scope),
        stages=_stages(connection, scope, asked),
        questions=asked,
        languages=rounds_view.by_language(connection, scope.of(Run)),
        channels=rounds_view.by_channel(connection, scope.of(Run)),
        reworded=_reworded(wordings),
        misread=_misread(connection, scope),
        late=connection.scalar(sa.select(sa.func.count()).where(scope.of(LateReply))) or 0,
    )
    return results if singly else _suppressed(results)


def _wordings(connection: sa.Connection, library: Library, scope: Scope) -> list[Flow]:
    """The revisions that people were asked by, the newest first; the newest of all where nobody was asked yet."""
    used = sa.exists().where(Run.revision_id == FlowRevision.id, scope.of(Run))
    asked = sa.select(FlowRevision.id, used).where(FlowRevision.flow_id == scope.flow_id)
    if scope.revision_id is not None:
        asked = asked.where(FlowRevision.id == scope.revision_id)
    rows = connection.execute(asked.order_by(FlowRevision.number.desc())).all()
    ids = [row[0] for row in rows if row[1]] or [row[0] for row in rows[:1]]
    return [library.flow(plain(connection), revision_id) for revision_id in ids]


def _furthest(connection: sa.Connection, scope: Scope) -> tuple[int, int, int, int]:
    row = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(Respondent.contacted_at),
            sa.func.count(Respondent.started_at),
            sa.func.count().filter(Respondent.state == State.COMPLETED),
        ).where(scope.of(Respondent))
    ).one()
    return row[0], row[1], row[2], row[3]


def _states(connection: sa.Connection, scope: Scope) -> list[Cell]:
    rows = connection.execute(
        sa.select(Respondent.state, sa.func.count()).where(scope.of(Respondent)).group_by(Respondent.state)
    )
    found = {row[0]: row[1] for row in rows}
    return [Cell(state.value, found[state.value]) for state in State if state.value in found]


_MISSED = {"skipped": ("skipped",), "unclear": ("not_understood",), "left": ("no_reply", "stopped")}


def _stages(connection: sa.Connection, scope: Scope, asked: Sequence[Question]) -> list[Stage]:
    times, waiting = _times(connection, scope), _waiting(connection, scope)
    stages = []
    for question in asked:
        missed = {cell.label: cell.count for cell in question.missing}
        counts = {name: sum(missed.get(why, 0) for why in whys) for name, whys in _MISSED.items()}
        here = waiting.get(question.name, 0)
        middle, most = times.get(question.name, (None, None))
        total = question.answered + sum(counts.values()) + here
        stages.append(
            Stage(
                question.name,
                question.text,
                question.lang,
                total,
                question.answered,
                counts["skipped"],
                counts["unclear"],
                counts["left"],
                here,
                middle,
                most,
            )
        )
    return stages


def _times(connection: sa.Connection, scope: Scope) -> dict[str, tuple[float, float]]:
    """How long half of the people, and nine of ten, took to answer each question, in seconds."""
    # Written out, because PostgreSQL takes two placeholders for two expressions.
    name = sa.func.split_part(Answer.question, sa.literal_column("'['"), sa.literal_column("1"))
    took = sa.extract("epoch", Answer.answered_at - Answer.asked_at)
    rows = connection.execute(
        sa.select(name, *(sa.func.percentile_cont(share).within_group(took) for share in (0.5, 0.9)))
        .where(
            scope.answers(),
            Answer.missing.is_(None),
            Answer.asked_at.is_not(None),
            Answer.type.is_distinct_from(CALCULATED),
        )
        .group_by(name)
    )
    return {row[0]: (float(row[1]), float(row[2])) for row in rows}


def _waiting(connection: sa.Connection, scope: Scope) -> dict[str, int]:
    rows = connection.execute(
        sa.select(Run.asked, sa.func.count())
        .where(scope.of(Run), Run.disposition.is_(None), Run.asked.is_not(None))
        .group_by(Run.asked)
    )
    found: dict[str, int] = {}
    for question, count in rows:
        name = plain_name(str(question))
        found[name] = found.get(name, 0) + count
    return found


def _misread(connection: sa.Connection, scope: Scope) -> dict[str, int]:
    rows = connection.execute(
        sa.select(Misreading.question, sa.func.count())
        .where(scope.of(Misreading), Misreading.settled_at.is_(None))
        .group_by(Misreading.question)
    )
    found: dict[str, int] = {}
    for question, count in rows:
        found[plain_name(question)] = found.get(plain_name(question), 0) + count
    return found


def _reworded(wordings: Sequence[Flow]) -> frozenset[str]:
    """Questions that not all of these revisions ask in the same words and with the same options."""
    seen: dict[str, set[Any]] = {}
    for flow in wordings:
        for step in walking.questions(flow):
            options = [(option.code, _said(option.label)) for option in walking.options_of(flow, step)]
            seen.setdefault(step.name, set()).add((step.type, _said(step.text), tuple(options)))
    return frozenset(name for name, forms in seen.items() if len(forms) > 1)


def _said(text: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(text.by_language.items()))


# --- Small numbers


def _suppressed(results: Results) -> Results:
    return replace(
        results,
        states=rounds_view.suppress(results.states),
        stages=[_suppress_stage(stage) for stage in results.stages],
        questions=[rounds_view.suppress_question(question) for question in results.questions],
        languages=rounds_view.suppress_shares(results.languages),
        channels=rounds_view.suppress_shares(results.channels),
        misread={},
        late=0,
    )


def _suppress_stage(stage: Stage) -> Stage:
    """Hide a whole stage where one of its counts is small: the others would give it away."""
    counts = (stage.answered, stage.skipped, stage.unclear, stage.left, stage.waiting)
    small = any(0 < count < suppression.SMALLEST_CELL for count in counts)
    return replace(stage, hidden=True, seconds=None, most=None) if small else stage
