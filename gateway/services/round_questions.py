"""Questions in counts, of a round or a flow, and single answers as they come in. Written answers are counted only."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from flows import walking
from flows.definition import CHOSEN, AnswerType, Ask, Flow, Option, Text
from flows.languages import chain
from gateway.models.sessions import Answer

LATEST = 20
LONGEST_LIST = 12  # lines of a table that one still reads
BINS = 8  # classes of numbers
REST = "…"  # as a label: everything else together
NUMBERS = frozenset({AnswerType.INTEGER, AnswerType.DECIMAL, AnswerType.RANGE})
DAYS = frozenset({AnswerType.DATE, AnswerType.TIME, AnswerType.DATETIME})
CALCULATED = "calculated"  # the type of values that nobody was asked for


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a table: what is counted, how many, and whether the number is too small to show."""

    label: str
    count: int
    hidden: bool = False
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """How many numbers lie from `low` to `high`, both among them."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What numeric answers come to."""

    lowest: float
    median: float
    highest: float
    spread: tuple[Bin, ...] = ()


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


def questions(
    connection: sa.Connection, flow: Flow, asked: sa.ColumnElement[bool], language: str
) -> list[Question]:
    """Return each question of a flow with those answers counted that `asked` holds for, in the flow's order.

    The rounds of a repeat count together: `age[1]` and `age[2]` are answers to `age`.
    """
    values, missing, counts = (
        _values(connection, asked),
        _missing(connection, asked),
        _answered(connection, asked),
    )
    return [
        _question(flow, step, language, values[step.name], missing[step.name], counts[step.name])
        for step in walking.questions(flow)
    ]


def plain_name(question: str) -> str:
    """The name of a question without the rounds of its repeats."""
    return question.partition("[")[0]


def _question(
    flow: Flow, step: Ask, language: str, values: Counter[str], missing: Counter[str], answered: int
) -> Question:
    text, lang = wording(step.text, language)
    numbers = None
    cells: list[Cell] = []
    if step.type in CHOSEN:
        cells = _cells(_offered(flow, step, values), language, values)
    elif step.type in NUMBERS and values:
        numbers = _numbers(values)
    elif step.type in DAYS:
        cells = _most(sorted(values.items()))
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


def _offered(flow: Flow, step: Ask, values: Mapping[str, int]) -> Sequence[Option]:
    """The options of a question: of a list, which may have thousands, only those that somebody chose."""
    options = walking.options_of(flow, step)
    return options if step.list is None else [option for option in options if values.get(option.code)]


def _cells(options: Sequence[Option], language: str, values: Mapping[str, int]) -> list[Cell]:
    """One line an option; of a long list those that were chosen most, and the rest in one line."""
    known = {option.code: wording(option.label, language) for option in options}
    cells = [
        Cell(known[option.code][0], values.get(option.code, 0), lang=known[option.code][1])
        for option in options
    ]
    cells += [Cell(code, count) for code, count in sorted(values.items()) if code not in known]
    if len(cells) <= LONGEST_LIST:
        return cells
    ranked = sorted(cells, key=lambda cell: -cell.count)
    return [*ranked[:LONGEST_LIST], Cell(REST, sum(cell.count for cell in ranked[LONGEST_LIST:]))]


def _most(counted: Sequence[tuple[str, int]]) -> list[Cell]:
    """Days and times in their order, as many as one reads; where there are more, those given most."""
    kept = set(sorted(counted, key=lambda row: -row[1])[:LONGEST_LIST])
    cells = [Cell(label, count) for label, count in counted if (label, count) in kept]
    rest = sum(count for _, count in counted) - sum(cell.count for cell in cells)
    return [*cells, Cell(REST, rest)] if rest else cells


def _numbers(values: Mapping[str, int]) -> Numbers:
    counted = sorted((float(value), count) for value, count in values.items())
    every = [value for value, count in counted for _ in range(count)]
    return Numbers(every[0], median(every), every[-1], _spread(counted))


def _spread(counted: Sequence[tuple[float, int]]) -> tuple[Bin, ...]:
    """Numbers in at most eight classes of the same width; few different whole numbers each for themselves."""
    if len(counted) <= BINS:
        return tuple(Bin(value, value, count) for value, count in counted)
    low, high = counted[0][0], counted[-1][0]
    whole = all(value.is_integer() for value, _ in counted)
    width = math.ceil((high - low + 1) / BINS) if whole else (high - low) / BINS
    counts: Counter[int] = Counter()
    for value, count in counted:
        counts[min(int((value - low) / width), BINS - 1)] += count
    last = max(counts)
    return tuple(
        Bin(low + place * width, low + (place + 1) * width - whole, counts[place])
        for place in range(last + 1)
    )


def _values(connection: sa.Connection, asked: sa.ColumnElement[bool]) -> defaultdict[str, Counter[str]]:
    # A list of codes counts once for each code; anything else as a list of one.
    is_list = sa.func.jsonb_typeof(Answer.value) == "array"
    listed = sa.case((is_list, Answer.value), else_=sa.func.jsonb_build_array(Answer.value, type_=JSONB))
    values = sa.func.jsonb_array_elements_text(listed).table_valued("value").lateral()
    rows = connection.execute(
        sa.select(Answer.question, values.c.value, sa.func.count())
        .join_from(Answer, values, sa.true())
        .where(asked, Answer.value.is_not(None), Answer.missing.is_(None))
        .group_by(Answer.question, values.c.value)
    )
    return _by_question(rows.all())


def _missing(connection: sa.Connection, asked: sa.ColumnElement[bool]) -> defaultdict[str, Counter[str]]:
    rows = connection.execute(
        sa.select(Answer.question, Answer.missing, sa.func.count())
        .where(asked, Answer.missing.is_not(None))
        .group_by(Answer.question, Answer.missing)
    )
    return _by_question(rows.all())


def _by_question(rows: Iterable[Any]) -> defaultdict[str, Counter[str]]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for question, code, count in rows:
        found[plain_name(question)][str(code)] += count
    return found


def _answered(connection: sa.Connection, asked: sa.ColumnElement[bool]) -> Counter[str]:
    rows = connection.execute(
        sa.select(Answer.question, sa.func.count())
        .where(asked, Answer.missing.is_(None))
        .group_by(Answer.question)
    )
    found: Counter[str] = Counter()
    for question, count in rows:
        found[plain_name(question)] += count
    return found


def latest(
    connection: sa.Connection, flow: Flow, asked: sa.ColumnElement[bool], language: str
) -> list[Latest]:
    """Return the newest answers, the last one first."""
    rows = connection.execute(
        sa.select(Answer.question, Answer.value, Answer.missing, Answer.language, Answer.answered_at)
        .where(asked, Answer.type.is_distinct_from(CALCULATED))
        .order_by(Answer.answered_at.desc(), Answer.position.desc())
        .limit(LATEST)
    )
    steps = {step.name: step for step in walking.questions(flow)}
    return [
        Latest(
            question=_asked(steps.get(plain_name(row.question)), row.question, language),
            answer=_label(flow, steps.get(plain_name(row.question)), row.value, language),
            missing=row.missing,
            language=row.language,
            at=row.answered_at,
        )
        for row in rows
    ]


def _asked(step: Ask | None, name: str, language: str) -> str:
    return wording(step.text, language)[0] if step is not None else name


def _label(flow: Flow, step: Ask | None, value: Any, language: str) -> str | None:
    if value is None:
        return None
    options = walking.options_of(flow, step) if step is not None else ()
    labels = {option.code: wording(option.label, language)[0] for option in options}
    codes = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(str(code), str(code)) for code in codes)


def wording(text: Text, language: str) -> tuple[str, str]:
    """Return a text in a language, or in the first of its fallbacks that has it, and that language's code."""
    for code in (*chain(language), *text.by_language):
        if text.by_language.get(code):
            return text.by_language[code], code
    return text.id, language
