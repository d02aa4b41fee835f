"""The questions of a round in counts, and single answers as they come in. Written answers are counted only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

import flows
from flows.definition import AnswerType, Ask, Flow, Text
from flows.languages import chain
from gateway.models.sessions import Answer

LATEST = 20
# A question inside a repeat is answered as "age[1]", "age[2]": its rounds are counted together. Written out, because
# PostgreSQL takes two placeholders for two expressions.
_STEP = sa.func.split_part(Answer.question, sa.literal_column("'['"), sa.literal_column("1"))
CLOSED_QUESTIONS = frozenset({AnswerType.SELECT_ONE, AnswerType.SELECT_MULTIPLE})
NUMBERS = frozenset({AnswerType.INTEGER, AnswerType.DECIMAL})


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a table: what is counted, how many, and whether the number is too small to show."""

    label: str
    count: int
    hidden: bool = False
    lang: str | None = None


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


def questions(connection: sa.Connection, flow: Flow, round_id: UUID, language: str) -> list[Question]:
    """Return each question of the flow with its answers counted, in the flow's order."""
    values = _values(connection, round_id)
    missing = _missing(connection, round_id)
    counts = _answered(connection, round_id)
    return [
        _question(
            _offered(flow, step, values.get(step.name, {})),
            language,
            values.get(step.name, {}),
            missing.get(step.name, {}),
            counts.get(step.name, 0),
        )
        for step in flows.questions(flow)
    ]


def _offered(flow: Flow, step: Ask, values: Mapping[str, int]) -> Ask:
    """The question with the options of its list: of thousands only those that somebody chose."""
    if step.list is None and step.other is None:
        return step
    options = flows.options_of(flow, step)
    chosen = options if step.list is None else tuple(option for option in options if option.code in values)
    return replace(step, options=chosen)


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
        sa.select(_STEP, values.c.value, sa.func.count())
        .join_from(Answer, values, sa.true())
        .where(Answer.round_id == round_id, Answer.value.is_not(None), Answer.missing.is_(None))
        .group_by(_STEP, values.c.value)
    )
    found: dict[str, Counter[str]] = {}
    for question, code, count in rows:
        found.setdefault(question, Counter())[code] = count
    return found


def _missing(connection: sa.Connection, round_id: UUID) -> dict[str, Counter[str]]:
    rows = connection.execute(
        sa.select(_STEP, Answer.missing, sa.func.count())
        .where(Answer.round_id == round_id, Answer.missing.is_not(None))
        .group_by(_STEP, Answer.missing)
    )
    found: dict[str, Counter[str]] = {}
    for question, why, count in rows:
        found.setdefault(question, Counter())[str(why)] = count
    return found


def _answered(connection: sa.Connection, round_id: UUID) -> dict[str, int]:
    rows = connection.execute(
        sa.select(_STEP, sa.func.count())
        .where(Answer.round_id == round_id, Answer.missing.is_(None))
        .group_by(_STEP)
    )
    return {row[0]: row[1] for row in rows}


def latest(connection: sa.Connection, flow: Flow, round_id: UUID, language: str) -> list[Latest]:
    """Return the newest answers, the last one first."""
    rows = connection.execute(
        sa.select(Answer.question, Answer.value, Answer.missing, Answer.language, Answer.answered_at)
        .where(Answer.round_id == round_id)
        .order_by(Answer.answered_at.desc(), Answer.position.desc())
        .limit(LATEST)
    )
    steps = {step.name: replace(step, options=flows.options_of(flow, step)) for step in flows.questions(flow)}
    return [
        Latest(
            question=wording(step.text, language)[0]
            if (step := steps.get(row.question.partition("[")[0])) is not None
            else row.question,
            answer=_label(step, row.value, language),
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
