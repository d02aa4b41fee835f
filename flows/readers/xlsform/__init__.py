"""XLSForm -> `Flow`: a workbook out of memory, with a report that says what becomes of each of its rows.

Nothing is raised for any bytes: what cannot be read is a line of the report.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flows.definition import Flow
from flows.findings import Finding
from flows.languages import is_known
from flows.readers.xlsform import choices, entries, odk
from flows.readers.xlsform.book import Book, Unreadable
from flows.readers.xlsform.book import read as read_book
from flows.readers.xlsform.form import LANGUAGES, Form, Tongue
from flows.readers.xlsform.formulas import Formulas
from flows.readers.xlsform.headings import COLUMN
from flows.readers.xlsform.own import merged
from flows.readers.xlsform.report import SETTINGS, SURVEY, Line, Place, Remark, Report, State
from flows.readers.xlsform.survey import Survey
from flows.readers.xlsform.values import parameters
from flows.readers.xlsform.wording import text as in_order

_OURS = frozenset(
    {"form_title", "form_id", "default_language", "purpose", "audience", "retention", COLUMN, LANGUAGES}
)
_LONGEST_STEM = 64


@dataclass(frozen=True, slots=True)
class Import:
    """What a form comes to.

    Attributes:
        flow: without what is refused; None where nothing can be read at all.
        lines: what becomes of each row.
        tongues: the languages' headings, and what each means.
    """

    flow: Flow | None
    lines: tuple[Line, ...]
    tongues: tuple[Tongue, ...] = ()

    @property
    def refused(self) -> tuple[Place, ...]:
        """The rows that keep the form from being taken as it is."""
        return tuple(
            line.place for line in self.lines if line.state is State.REFUSED and line.place is not None
        )

    @property
    def sound(self) -> bool:
        """Whether the whole form can be taken: nothing is refused that was not left out."""
        return self.flow is not None and not any(line.state is State.REFUSED for line in self.lines)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was said, as findings."""
        return tuple(finding for line in self.lines for finding in line.findings())


def read(
    data: bytes,
    name: str,
    *,
    attached: Mapping[str, bytes] | None = None,
    without: Collection[Place] = (),
    languages: Mapping[str, str] | None = None,
    code: str | None = None,
) -> Import:
    """Read a form.

    Args:
        data: the file, `.xlsx`, `.xls` or `.csv`.
        name: the file's name; its stem names a form that has no id.
        attached: files with lists beside the form, by their names.
        without: rows that the author agrees to leave out.
        languages: heading -> ISO 639-3, where the author said what a heading means.
        code: of the flow, in place of the form's id.
    """
    try:
        book = read_book(data)
    except Unreadable as error:
        return _nothing(error.code, str(error))
    return from_book(book, name, attached=attached, without=without, languages=languages, code=code)


def from_book(
    book: Book,
    name: str,
    *,
    attached: Mapping[str, bytes] | None = None,
    without: Collection[Place] = (),
    languages: Mapping[str, str] | None = None,
    code: str | None = None,
) -> Import:
    """Read a form out of its sheets; see `read`."""
    if SURVEY not in book.sheets:
        known = ", ".join(f"“{title}”" for title in book.names[:10])
        return _nothing("no_survey", f"There is no sheet “survey”. The sheets are: {known}.")
    report = Report()
    for place, remark in book.remarks:
        report.note(place, remark)
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0][:_LONGEST_STEM] or "form"
    form = Form(book, report, stem=stem, chosen=languages or {}, code=code)
    if not form.has(SURVEY, "type"):
        return _nothing("no_type", "The sheet “survey” has no column “type” in its first line.")
    _note_languages(form)
    _note_settings(form)
    outline = entries.outline(form, without)
    flow = _flow(form, outline, without, attached or {})
    brought = {f"{entry.written}_other" for entry in entries.every(outline.entries) if entry.kind.other}
    odk.check(form, without, brought)
    return Import(flow, report.lines(), form.tongues)


def _nothing(code: str, sentence: str) -> Import:
    return Import(None, (Line(None, State.REFUSED, remarks=(Remark(State.REFUSED, code, sentence),)),))


def _note_languages(form: Form) -> None:
    for tongue in form.tongues:
        shown = tongue.heading or "without a language"
        if tongue.code is None or not is_known(tongue.code):
            sentence = f"Which language is “{shown}”?"
            form.refuse_all("unknown_language", sentence, "Choose one of the languages known here.")
        elif not tongue.sure:
            sentence = f"The columns “{shown}” are taken for {tongue.code}."
            form.report.note(
                None, Remark(State.CHANGED, "guessed_language", sentence, instead="Say so if it is another.")
            )
    twice = [
        code for code in form.languages if sum(t.code == code and bool(t.heading) for t in form.tongues) > 1
    ]
    for code in twice:
        sentence = f"Two headings mean the same language ({code})."
        form.refuse_all("same_language", sentence, "Say which language each is.")


def _note_settings(form: Form) -> None:
    rows = form.book.sheet(SETTINGS).rows
    if rows and form.settings.get("public_key"):
        cells = form.cells(SETTINGS, rows[0])
        sentence = "The form is encrypted for one server; answers here are sealed by the gateway itself."
        form.remark(
            cells,
            State.REFUSED,
            "encrypted",
            sentence,
            kind="public_key",
            instead="Empty the cell “public_key”.",
        )


def _flow(
    form: Form, outline: entries.Outline, without: Collection[Place], attached: Mapping[str, bytes]
) -> Flow | None:
    lists = choices.lists(form, without)
    wanted = {
        entry.kind.choices: parameters(entry.cells)
        for entry in entries.every(outline.entries)
        if entry.kind.file
    }
    choices.from_files(form, wanted, attached, lists)
    survey = Survey(form, outline, lists.options, lists.columns, lists.files, Formulas(form, outline))
    steps = survey.steps()
    if not steps:
        if not form.report.refuses_any():
            form.refuse_all("no_questions", "No row of the survey becomes a step of a flow.")
        return None
    values: dict[str, Any] = {"sensitivity": survey.sensitivity} if survey.sensitivity else {}
    flow = Flow(
        code=form.code,
        title=in_order(f"{form.code}.title", dict.fromkeys(form.languages[:1], form.title), form.source),
        languages=form.languages,
        steps=steps,
        purpose=form.settings.get("purpose", ""),
        audience=form.settings.get("audience", ""),
        retention=form.settings.get("retention", ""),
        fields=tuple(outline.fields),
        lists=lists.options,
        settings=_settings(form),
        **values,
    )
    return merged(form, flow, outline)


def _settings(form: Form) -> dict[str, str]:
    """The form's own settings, for the way back; and its id and its languages' headings where ours differ."""
    kept = {kind: text for kind, text in form.settings.items() if kind not in _OURS}
    if form.settings.get("form_id", form.code) != form.code:
        kept["form_id"] = form.settings["form_id"]
    if form.headings():
        kept[LANGUAGES] = form.headings()
    return kept


__all__ = ["Import", "Line", "Place", "State", "Tongue", "from_book", "read"]
