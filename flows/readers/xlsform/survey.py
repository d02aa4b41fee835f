"""Rows of the survey sheet -> steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.definition import (
    CHOSEN,
    OTHER,
    AnswerType,
    Ask,
    Calculate,
    Group,
    Meta,
    Option,
    Range,
    Repeat,
    Say,
    Step,
    Text,
)
from flows.readers.steps import MAX_ROUNDS
from flows.readers.xlsform.entries import NO, YES, Entry, Outline, every
from flows.readers.xlsform.form import Cells, Form
from flows.readers.xlsform.formulas import Formulas
from flows.readers.xlsform.headings import MEDIA
from flows.readers.xlsform.report import State
from flows.readers.xlsform.types import Part
from flows.readers.xlsform.values import dynamic, parameters, plain_type, quoted
from flows.readers.xlsform.wording import text as in_order

OTHER_WORDS = "Which other?"  # asked after `or_other`, until somebody writes it in the form's languages
LOOKUP = frozenset({"minimal", "autocomplete", "autocomplete_noscroll", "search", "quick-search"})
_OLD = (
    "sms_field",
    "sms_option",
    "sms_separator",
    "sms_allow_media",
    "sms_date_format",
    "sms_datetime_format",
    "sms_response",
)
_KEPT = ("trigger", "read_only", "disabled", *_OLD)
_RANGE = {"start": 1.0, "end": 10.0, "step": 1.0}  # what pyxform takes where nothing is written
ROUNDS = 20  # of a repeat, where the form does not say how many
_SENSITIVE = ("S0", "S1", "S2", "S3")


@dataclass(slots=True)
class Survey:
    """Builds the steps of a form.

    Attributes:
        lists: the options by list, under the names that the flow has for them.
        files: name of a file beside the form -> its list.
    """

    form: Form
    outline: Outline
    lists: Mapping[str, tuple[Option, ...]]
    list_columns: Mapping[str, frozenset[str]]
    files: Mapping[str, str]
    formulas: Formulas
    sensitivity: str = ""

    def steps(self) -> tuple[Step, ...]:
        """All steps of the flow."""
        for entry in every(self.outline.entries):
            if entry.kind.other:
                self.formulas.also(f"{entry.written}_other")
        return self._steps(self.outline.entries)

    def _steps(self, entries: list[Entry]) -> tuple[Step, ...]:
        return tuple(step for entry in entries for step in self._of(entry))

    def _of(self, entry: Entry) -> tuple[Step, ...]:
        """What a row becomes; nothing where it is refused on its own account, so that others are checked still."""
        self._heed(entry.cells)
        match entry.kind.part:
            case Part.GROUP | Part.REPEAT:
                return self._block(entry)
            case Part.META:
                assert entry.kind.fact is not None  # noqa: S101 - a meta row has one
                extra = self._extra(
                    entry, "label", "hint", "default", "required", "appearance", "calculation", "parameters"
                )
                return (Meta(entry.name, entry.kind.fact, when=self._when(entry), extra=extra),)
            case Part.CALCULATE:
                return self._calculate(entry)
            case Part.SAY:
                return self._say(entry, entry.name)
            case _:
                return self._question(entry)

    def _heed(self, cells: Cells) -> None:
        """Columns that matter for the whole flow, and those that nobody reads any more."""
        level = cells.others().get("sensitivity", "")
        if level in _SENSITIVE:
            self.sensitivity = max(self.sensitivity, level)
        for kind in _OLD:
            if cells.value(kind):
                sentence = "This column of an old way to send forms by SMS means nothing here; it is kept."
                self.form.remark(cells, State.MAPPED, "old_sms", sentence, kind=kind)

    # Blocks

    def _block(self, entry: Entry) -> tuple[Step, ...]:
        steps = self._steps(entry.inside)
        if not steps:
            self.form.remark(entry.cells, State.LEFT_OUT, "empty_block", "Nothing in this block is left.")
            return ()
        label = self._text(entry, "label", "label")
        when = self._when(entry)
        extra = self._extra(
            entry, "hint", "appearance", "required", "constraint", "calculation", "default", "parameters"
        )
        if entry.kind.part is Part.GROUP:
            return (Group(entry.name, steps, label=label, when=when, extra=extra),)
        count = self.formulas.cell(entry.cells, "repeat_count")
        return (
            Repeat(
                entry.name,
                steps,
                label=label,
                when=when,
                count=count,
                most=self._most(entry, count),
                extra=extra,
            ),
        )

    def _most(self, entry: Entry, count: str | None) -> int:
        """How many rounds there are at most: more than usual where the form says so many; and it is said."""
        if count is not None and count.isdecimal():
            wanted = int(count) if len(count) < len(str(MAX_ROUNDS)) + 1 else MAX_ROUNDS + 1
            if wanted > MAX_ROUNDS:
                sentence = f"More than {MAX_ROUNDS} rounds are not gone through."
                self.form.remark(entry.cells, State.CHANGED, "many_rounds", sentence, kind="repeat_count")
            return max(ROUNDS, min(wanted, MAX_ROUNDS))
        sentence = f"There are {ROUNDS} rounds at most."
        if not entry.cells.value("repeat_count"):
            sentence = f"After each round people are asked whether there is another, {ROUNDS} times at most."
        self.form.remark(entry.cells, State.MAPPED, "another", sentence, kind="repeat_count")
        return ROUNDS

    # Rows that nobody answers

    def _calculate(self, entry: Entry) -> tuple[Step, ...]:
        cells = entry.cells
        hidden = cells.value("type").strip().lower() == "hidden"
        kind = "calculation" if cells.value("calculation") else "default"
        written = cells.value(kind)
        extra = self._extra(
            entry, "label", "hint", "required", "appearance", "constraint", "constraint_message", "parameters"
        )
        if kind == "default" and (hidden or not dynamic(written, "text")):
            extra = {**extra, "type": "hidden"} if hidden else extra
            value = quoted(written)
            if value is None:
                self._refuse(
                    entry, "default", "bad_default", "A value cannot hold both kinds of quotation marks."
                )
                return ()
        else:
            value = self.formulas.read(cells, kind, written)
        if value is None:
            return ()
        personal = cells.value("personal").lower() in YES
        indicator = cells.value("indicator_code") or None
        step = Calculate(
            entry.name, value, when=self._when(entry), personal=personal, indicator=indicator, extra=extra
        )
        return (step,)

    def _say(self, entry: Entry, name: str) -> tuple[Step, ...]:
        text = self._text(entry, "label", "text", name=name)
        media, extra = self._media(entry)
        kept = self._extra(
            entry,
            "hint",
            "guidance_hint",
            "default",
            "required",
            "appearance",
            "constraint",
            "constraint_message",
            "parameters",
        )
        if text is None and entry.cells.worded("label"):
            return ()  # in a language that is not known, which is said for the whole form
        if text is None:
            sentence = "The note has no words" + (", only a picture or a recording." if media else ".")
            self._refuse(entry, "label", "no_label", sentence, "Write its label.")
            return ()
        if entry.cells.worded("hint"):
            self.form.remark(
                entry.cells, State.CHANGED, "hint_of_note", "The hint of a note is kept, but not said.", kind="hint",
                instead="Put it into the label."
            )  # fmt: skip
        short = self._text(entry, "sms_label", "short", name=name)
        return (Say(name, text, when=self._when(entry), media=media, short=short, extra={**kept, **extra}),)

    # Questions

    def _question(self, entry: Entry) -> tuple[Step, ...]:
        cells = entry.cells
        if cells.value("read_only").lower() in YES:
            return self._read_only(entry)
        if not cells.worded("label") and not cells.worded("hint"):
            if cells.value("calculation"):
                self.form.remark(
                    cells,
                    State.CHANGED,
                    "only_calculated",
                    "Without words nobody can be asked: it is calculated.",
                )
                return self._calculate(entry)
            sentence = "The question has no words, so nobody can be asked."
            self._refuse(entry, "label", "no_label", sentence, "Write its label.")
            return ()
        answer, text = entry.kind.answer, self._asked(entry)
        assert answer is not None  # noqa: S101 - a question has a type
        options = self._options(entry) if answer in CHOSEN else {}
        if (
            options is None or text is None
        ):  # None: in a language that is not known, which is said for the form
            return ()
        return (self._ask(entry, answer, text, options),)

    def _ask(self, entry: Entry, answer: AnswerType, text: Text, options: Mapping[str, Any]) -> Ask:
        cells = entry.cells
        media, more = self._media(entry)
        required, required_when = self._required(entry)
        used = (
            ()
            if answer is AnswerType.RANGE and _RANGE.keys() >= parameters(cells).keys()
            else ("parameters",)
        )
        if answer is AnswerType.TEXT:
            sentence = "People may write about themselves and others here. Their words are sealed."
            self.form.remark(cells, State.MAPPED, "free_text", sentence)
        return Ask(
            entry.name,
            text,
            answer,
            when=self._when(entry),
            constraint=self.formulas.cell(cells, "constraint"),
            constraint_message=self._text(entry, "constraint_message", "constraint"),
            required=required,
            required_when=required_when,
            required_message=self._text(entry, "required_message", "required_message"),
            hint=self._text(entry, "hint", "hint") if cells.worded("label") else None,
            guidance=self._text(entry, "guidance_hint", "guidance"),
            default=self._default(entry),
            appearance=cells.value("appearance") or None,
            lookup=True if answer in CHOSEN and LOOKUP & set(cells.value("appearance").split()) else None,
            range=self._range(entry) if answer is AnswerType.RANGE else None,
            short=self._text(entry, "sms_label", "short"),
            indicator=cells.value("indicator_code") or None,
            personal=cells.value("personal").lower() in YES,
            media=media,
            extra={**self._extra(entry, *used), **more},
            **options,
        )

    def _asked(self, entry: Entry) -> Text | None:
        """The words of a question; one that has only a hint asks with it."""
        if entry.cells.worded("label"):
            return self._text(entry, "label", "text")
        sentence = "There is no label: the hint is asked."
        self.form.remark(entry.cells, State.CHANGED, "asks_hint", sentence, kind="hint")
        return self._text(entry, "hint", "text")

    def _read_only(self, entry: Entry) -> tuple[Step, ...]:
        """Something shown, and perhaps calculated: two steps where it is both."""
        cells = entry.cells
        sentence = "Nobody can change a read-only question: it is said as a note"
        if cells.value("calculation"):
            self.form.remark(
                cells,
                State.CHANGED,
                "read_only",
                f"{sentence}, and its value is calculated.",
                kind="read_only",
            )
            shown = f"{entry.name}_note"
            return (*self._calculate(entry), *(self._say(entry, shown) if cells.worded("label") else ()))
        self.form.remark(cells, State.CHANGED, "read_only", f"{sentence}.", kind="read_only")
        return self._say(entry, entry.name)

    def _options(self, entry: Entry) -> dict[str, Any] | None:
        """Where the options come from; None where that cannot be told."""
        written = entry.kind.choices
        name = self.files.get(written, "") if entry.kind.file else self.form.list_name(written)
        if name not in self.lists:
            sentence, instead = f"There is no list “{written}” in the sheet “choices”.", "Check its spelling."
            if entry.kind.file:
                sentence = (
                    f"The list of choices is in the file “{written}”, which is not here, or cannot be read."
                )
                instead = "Hand the file (.csv, .xlsx or .geojson) in together with the form."
            self._refuse(entry, "type", "missing_list", sentence, instead)
            return None
        found: dict[str, Any] = {"list": name}
        columns = self.list_columns.get(name, frozenset())
        if (rule := self.formulas.cell(entry.cells, "choice_filter", columns=columns)) is not None:
            found["filter"] = rule
        if entry.kind.other:
            ident = f"{self.form.code}.{entry.name}.other"
            found["other"] = in_order(ident, {self.form.source: OTHER_WORDS}, self.form.source)
            sentence = f"An option “{OTHER}” is added, and then the question “{OTHER_WORDS}”."
            self.form.remark(
                entry.cells, State.CHANGED, "or_other", sentence, kind="type", instead="Write it in all languages."
            )  # fmt: skip
        return found

    def _required(self, entry: Entry) -> tuple[bool, str | None]:
        written = entry.cells.value("required")
        if written.lower() in YES | NO:
            return written.lower() in YES, None
        return False, self.formulas.cell(entry.cells, "required")

    def _default(self, entry: Entry) -> str | None:
        """A literal, or “=” and an expression. A visible question that is calculated begins with that value."""
        cells = entry.cells
        written = cells.value("default")
        if cells.value("calculation"):
            sentence = (
                "A question that people see cannot be calculated: the value is taken where they skip it."
            )
            self.form.remark(cells, State.CHANGED, "calculated", sentence, kind="calculation")
            rule = self.formulas.cell(cells, "calculation")
            return None if rule is None else f"={rule}"
        if not written:
            return None
        if dynamic(written, plain_type(entry)):
            rule = self.formulas.read(cells, "default", written)
            return None if rule is None else f"={rule}"
        if entry.kind.answer is AnswerType.DATE:
            return written.removesuffix(" 00:00:00")  # as a spreadsheet shows a day
        return self.form.code_of(written) if entry.kind.answer in CHOSEN else written

    def _range(self, entry: Entry) -> Range | None:
        found = _RANGE | {name: value for name, value in parameters(entry.cells).items() if name in _RANGE}
        try:
            start, end, step = (float(found[name]) for name in _RANGE)
        except ValueError:
            start = end = step = 0.0
        if not (start < end and 0 < step <= end - start):
            sentence = (
                "The range needs numbers: start is the smallest, end the largest, step fits between them."
            )
            self._refuse(entry, "parameters", "bad_range", sentence, "Write “start=0 end=10 step=1”.")
            return None
        return Range(start, end, step)

    # Parts

    def _when(self, entry: Entry) -> str | None:
        return self.formulas.cell(entry.cells, "relevant")

    def _text(self, entry: Entry, kind: str, ident: str, *, name: str = "") -> Text | None:
        for words in entry.cells.worded(kind).values():
            self.formulas.refers(entry.cells, kind, words)
        return self.form.text(
            entry.cells, kind, f"{self.form.code}.{name or entry.name}.{ident}", self.formulas.names
        )

    def _media(self, entry: Entry) -> tuple[dict[str, str], dict[str, str]]:
        """One medium a language: a recording first, for those who do not read. Others are kept as columns."""
        kinds = [kind for kind in MEDIA if entry.cells.worded(kind)]
        if not kinds:
            return {}, {}
        media = self.form.media(entry.cells, kinds[0])
        rest = {column: text for kind in kinds[1:] for column, text in entry.cells.others(kind).items()}
        rest = {column: text for column, text in rest.items() if column not in entry.cells.others()}
        if rest:
            sentence = f"One medium goes with a text: the {kinds[0]}. The other is kept, but not sent."
            self.form.remark(entry.cells, State.CHANGED, "one_medium", sentence, kind=kinds[1])
        return media, rest

    def _extra(self, entry: Entry, *kinds: str) -> dict[str, str]:
        """Columns that mean nothing to a step of this kind; and the form's own name for it, where that is another."""
        kept = entry.cells.others(*kinds, *_KEPT)
        renamed = entry.written and entry.written != entry.name
        return {"original_name": entry.written, **kept} if renamed else kept

    def _refuse(self, entry: Entry, kind: str, code: str, sentence: str, instead: str = "") -> None:
        self.form.remark(entry.cells, State.REFUSED, code, sentence, kind=kind, instead=instead)
