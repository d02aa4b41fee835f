"""`Flow` -> XLSForm: a workbook that converters read as an ordinary form, and our own reader as the same flow.

What XLSForm has no word for stands in a column of our own, `paigham`, which others ignore: after the rows are
written they are read back, and whatever differs goes there. So the way out and in again gives the same flow.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import openpyxl

from flows.definition import (
    CHOSEN,
    AnswerType,
    Ask,
    Calculate,
    Fact,
    Flow,
    Group,
    Meta,
    Option,
    Range,
    Repeat,
    Say,
    Step,
    Text,
)
from flows.readers.xlsform import from_book, tongues
from flows.readers.xlsform.book import Book
from flows.readers.xlsform.form import LANGUAGES, NAME, confirmed
from flows.readers.xlsform.headings import COLUMN, FIELD
from flows.readers.xlsform.own import INLINE, differences, pieces
from flows.readers.xlsform.report import CHOICES, SETTINGS, SURVEY
from flows.walking import every_step
from flows.writers import sheets

_WRITTEN = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's own date is none of ours: the same flow, the same bytes
_TYPES: Mapping[AnswerType, str] = {
    AnswerType.SELECT_ONE: "select_one",
    AnswerType.SELECT_MULTIPLE: "select_multiple",
    AnswerType.RANK: "rank",
    AnswerType.DATETIME: "dateTime",
    AnswerType.LOCATION: "geopoint",
    AnswerType.PLACE: "text",
}
_FACTS: Mapping[Fact, str] = {Fact.TODAY: "today", Fact.START: "start", Fact.END: "end"}
_MEDIA = {
    "audio": ("mp3", "wav", "ogg", "oga", "opus", "m4a", "amr", "aac", "3ga"),
    "video": ("mp4", "3gp", "webm", "mov", "mkv"),
}


@dataclass(slots=True)
class _Tables:
    """The rows of the three sheets by heading, while they are written."""

    survey: list[dict[str, str]] = field(default_factory=list)
    choices: list[dict[str, str]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    more_settings: list[dict[str, str]] = field(default_factory=list)  # where our own column goes on
    inline: dict[str, str] = field(
        default_factory=dict
    )  # steps whose own options stand in a list -> that list

    def book(self) -> Book:
        """The tables as a file that was read."""
        rows = {SURVEY: self.survey, CHOICES: self.choices, SETTINGS: [self.settings]}
        return Book({name: sheets.table(name, rows_) for name, rows_ in rows.items()}, tuple(rows))


def write(flow: Flow, *, original: bytes | None = None) -> bytes:
    """The flow as `.xlsx`.

    Args:
        flow: any flow.
        original: the workbook that the flow came from: its other sheets are written too.
    """
    tables = _tables(flow)
    _complete(flow, tables)
    book = openpyxl.Workbook(write_only=True)
    book.properties.created = book.properties.modified = _WRITTEN
    book.properties.creator = "Paigham"
    settings = [tables.settings, *tables.more_settings]
    for name, rows in ((SURVEY, tables.survey), (CHOICES, tables.choices), (SETTINGS, settings)):
        sheets.write_sheet(book, name, [sheets.headings(rows), *sheets.lines(rows)])
    for name, lines in sheets.others(original):
        sheets.write_sheet(book, name, lines)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def unsaid(flow: Flow) -> tuple[str, ...]:
    """The steps that other programs cannot follow in the exported form: jumps, actions and the like."""
    return tuple(step.name for step in every_step(flow.steps) if not _is_sayable(step))


def _is_sayable(step: Step) -> bool:
    if isinstance(step, Meta):
        return step.fact in _FACTS
    if isinstance(step, Ask):
        return not (
            step.goto or step.variants or step.timeout_goto or any(option.goto for option in step.options)
        )
    return isinstance(step, Calculate | Group | Repeat) or (isinstance(step, Say) and not step.goto)


# Tables


def _tables(flow: Flow) -> _Tables:
    tables = _Tables()
    headings = _languages(flow)
    writer = _Rows(flow, headings, tables)
    writer.fields()
    for step in flow.steps:
        writer.step(step)
    for name, options in flow.lists.items():
        writer.options(name, options)
    tables.settings = _settings(flow, headings)
    return tables


def _languages(flow: Flow) -> dict[str, str]:
    """Language -> its heading: the form's own where it came from one."""
    own = {code: heading for heading, code in confirmed(flow.settings.get(LANGUAGES, "")).items()}
    return {code: own.get(code, tongues.heading(code)) for code in flow.languages}


def _settings(flow: Flow, headings: Mapping[str, str]) -> dict[str, str]:
    source = flow.languages[0]
    values = {
        "form_title": flow.title.by_language.get(source, flow.code),
        "form_id": flow.code,
        "default_language": headings[source],
        "purpose": flow.purpose,
        "audience": flow.audience,
        "retention": flow.retention,
        **flow.settings,
    }
    return {name: text for name, text in values.items() if text}


class _Rows:
    """Writes steps and options as rows."""

    def __init__(self, flow: Flow, headings: Mapping[str, str], tables: _Tables) -> None:
        self._flow = flow
        self._headings = headings
        self._tables = tables
        self._taken = set(flow.lists)

    def fields(self) -> None:
        """Rows for the facts that conditions use: other programs refuse a name that no row has."""
        steps = {step.name for step in every_step(self._flow.steps)}
        for name in self._flow.fields:
            if name not in steps and NAME.fullmatch(name):
                self._tables.survey.append({"type": "hidden", "name": name, COLUMN: FIELD})

    def step(self, step: Step) -> None:
        """The row of a step, and of what it holds."""
        row = self._row(step)
        extra = {heading: text for heading, text in step.extra.items() if heading not in row}
        row = {heading: text for heading, text in {**row, **extra}.items() if text}
        self._tables.survey.append(row)
        if isinstance(step, Group | Repeat):
            for inner in step.steps:
                self.step(inner)
            self._tables.survey.append({"type": "end_group" if isinstance(step, Group) else "end_repeat"})

    def options(self, name: str, options: Iterable[Option]) -> None:
        """The rows of a list."""
        for place, option in enumerate(options, 1):
            number = str(option.number) if option.number != place else ""
            row = {
                "list_name": name,
                "name": option.code,
                **self._texts("label", option.label),
                "sms_code": number,
                **self._media(option.media),
                **option.columns,
            }
            self._tables.choices.append({heading: text for heading, text in row.items() if text})

    def _row(self, step: Step) -> dict[str, str]:  # noqa: PLR0911 - one return for each kind of step
        head = {"name": step.name, "relevant": step.when or ""}
        match step:
            case Say():
                texts = {**self._texts("label", step.text), **self._texts("sms_label", step.short)}
                return {"type": "note", **head, **texts, **self._media(step.media)}
            case Ask():
                return {"type": self._type(step), **head, **self._ask(step)}
            case Calculate():
                return {**self._calculate(step), **head, **_marks(step)}
            case Meta():
                return {
                    "type": _FACTS.get(step.fact, "calculate"),
                    **head,
                    **_constant(step.fact not in _FACTS),
                }
            case Group():
                return {"type": "begin_group", **head, **self._texts("label", step.label)}
            case Repeat():
                label = self._texts("label", step.label)
                return {"type": "begin_repeat", **head, **label, "repeat_count": step.count or ""}
            case _:
                return {"type": "calculate", **head, **_constant(missing=True)}

    def _type(self, step: Ask) -> str:
        word = _TYPES.get(step.type, str(step.type))
        if step.type not in CHOSEN:
            return word
        return f"{word} {step.list or self._inline(step)}" + (" or_other" if step.other else "")

    def _inline(self, step: Ask) -> str:
        """A list of a question's own options."""
        name = next(
            wish
            for wish in (step.name, *(f"{step.name[:60]}_{number}" for number in range(2, 999)))
            if wish not in self._taken
        )
        self._taken.add(name)
        self._tables.inline[step.name] = name
        self.options(name, step.options)
        return name

    def _ask(self, step: Ask) -> dict[str, str]:
        row = {
            **self._texts("label", step.text),
            **self._texts("hint", step.hint),
            **self._texts("guidance_hint", step.guidance),
            "required": step.required_when or ("yes" if step.required else ""),
            **self._texts("required_message", step.required_message),
            "constraint": step.constraint or "",
            **self._texts("constraint_message", step.constraint_message),
            "choice_filter": step.filter or "",
            "default": (step.default or "").removeprefix("="),
            "appearance": step.appearance or "",
            **self._texts("sms_label", step.short),
            **_marks(step),
            **self._media(step.media),
        }
        if step.range is not None and step.type is AnswerType.RANGE:
            row["parameters"] = step.extra.get("parameters") or _range(step.range)
        return row

    def _calculate(self, step: Calculate) -> dict[str, str]:
        literal = step.value[1:-1]
        quoted = len(step.value) > 1 and step.value[0] == step.value[-1] and step.value[0] in "'\""
        if step.extra.get("type") == "hidden" and quoted and step.value[0] not in literal:
            return {"type": "hidden", "default": literal}
        return {"type": "calculate", "calculation": step.value}

    def _texts(self, kind: str, text: Text | None) -> dict[str, str]:
        words = text.by_language if text is not None else {}
        return {
            f"{kind}::{heading}" if heading else kind: words.get(code, "")
            for code, heading in self._headings.items()
        }

    def _media(self, media: Mapping[str, str]) -> dict[str, str]:
        kind = _kind_of_medium(next(iter(media.values()), ""))
        return {
            f"{kind}::{heading}" if heading else kind: media.get(code, "")
            for code, heading in (self._headings if media else {}).items()
        }


def _kind_of_medium(reference: str) -> str:
    ending = reference.rsplit(".", 1)[-1].lower()
    return next((kind for kind, endings in _MEDIA.items() if ending in endings), "image")


def _marks(step: Ask | Calculate) -> dict[str, str]:
    return {"indicator_code": step.indicator or "", "personal": "yes" if step.personal else ""}


def _constant(missing: bool) -> dict[str, str]:  # noqa: FBT001 - the one question it answers
    """A step that only we know is a calculation of nothing to others."""
    return {"calculation": "''"} if missing else {}


def _range(span: Range) -> str:
    return " ".join(
        f"{name}={int(value) if value == int(value) else value}"
        for name, value in (("start", span.start), ("end", span.end), ("step", span.step))
    )


# What the rows do not say


def _complete(flow: Flow, tables: _Tables) -> None:
    """Read the rows back, and write what differs into our own column."""
    for row in tables.survey:
        if row.get("name") in tables.inline:
            row[COLUMN] = json.dumps({INLINE: True})
    back = _read_back(flow, tables)
    if _stand_in(flow, tables, back):
        back = _read_back(flow, tables)
    over = differences(flow, back, tables.inline)
    if over.whole:
        tables.settings[COLUMN], *more = pieces(_json(over.whole))
        tables.more_settings = [{COLUMN: piece} for piece in more]
    for row in tables.survey:
        name = row.get("name", "")
        if name in over.steps:
            row[COLUMN] = _json({**({INLINE: True} if name in tables.inline else {}), **over.steps[name]})
    _complete_options(tables, over.lists)


def _read_back(flow: Flow, tables: _Tables) -> Flow:
    return from_book(tables.book(), f"{flow.code}.xlsx").flow or replace(flow, steps=())


def _stand_in(flow: Flow, tables: _Tables, back: Flow) -> bool:
    """A step that a form cannot hold, such as one without words, stands in our column alone."""
    lost = {step.name for step in every_step(flow.steps)} - {step.name for step in every_step(back.steps)}
    rows: list[dict[str, str]] = []
    for row in tables.survey:
        if row["type"].startswith("end_") and rows[-1]["type"].startswith("begin_"):
            rows.append(_alone(rows.pop()["name"]))  # a group of nothing
        elif row.get("name") in lost and not row["type"].startswith("begin_"):
            rows.append(_alone(row["name"]))
            listed = tables.inline.pop(row["name"], None)
            tables.choices = [choice for choice in tables.choices if choice["list_name"] != listed]
        else:
            rows.append(row)
    tables.survey = rows
    return bool(lost)


def _alone(name: str) -> dict[str, str]:
    """A row that others take for a calculation of nothing."""
    return {"type": "calculate", "name": name, **_constant(missing=True)}


def _complete_options(tables: _Tables, lists: Mapping[str, Mapping[int, Any]]) -> None:
    places: dict[str, int] = {}
    for row in tables.choices:
        name = row["list_name"]
        place = places[name] = places.get(name, -1) + 1
        if place in lists.get(name, {}):
            row[COLUMN] = _json(lists[name][place])


def _json(values: Mapping[str, Any]) -> str:
    """JSON in which others find no `${name}`: they would look for the question."""
    written = json.dumps(values, ensure_ascii=False, sort_keys=True)
    return written.replace("$", "\\u0024").replace("\xa0", "\\u00a0")
