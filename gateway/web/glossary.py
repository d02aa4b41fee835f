"""The glossary's pages: the words of a language, one word changed, and a table of them in and out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FileField, StringField, TextAreaField

from flows.languages import LANGUAGES, SHIPPED, SOURCE
from gateway import clock
from gateway.services import audit, glossary
from gateway.services.glossary import Change, Entry, Outcome
from gateway.services.unfit import Unfit
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.forms import FAULTY
from gateway.web.house_forms import HouseForm
from gateway.web.language import gettext
from gateway.web.limits import limited
from gateway.web.resources import connection, undo
from gateway.web.words import N_, word


class TermForm(HouseForm):
    """A word and how it is said."""

    term = StringField(N_("The word, as it stands in English texts"))
    translation = StringField(N_("Its translation"))
    note = StringField(N_("What to know about it"), description=N_("For example: how people there call it."))
    forbidden = TextAreaField(N_("Words that must not be used"), description=N_("One in a line."))

    def entry(self) -> Entry:
        """Return what the form says."""
        data = self.data
        words = tuple((data["forbidden"] or "").splitlines())
        return Entry(data["term"] or "", data["translation"] or "", data["note"] or "", words)

    def fault(self, error: Unfit) -> None:
        """Put what was refused at its field."""
        field: Any = self._fields.get(error.field) or next(iter(self))
        field.errors = [*field.errors, word(error.code, "text_fault")]


class TableForm(HouseForm):
    """A table of words."""

    file = FileField(
        N_("File"), description=N_("CSV in UTF-8 with the columns term, translation, note, forbidden.")
    )


@staff.get("/glossary", endpoint="glossary")
@needs(Object.TRANSLATION)
def glossary_words() -> Response:
    """Show the words of one language."""
    counts = glossary.counts(connection(), _whose())
    language = request.args.get("language") or next(iter(counts), _first_language())
    if language not in LANGUAGES or language == SOURCE:
        abort(404)
    offered = dict.fromkeys([*(code for code in SHIPPED if code != SOURCE), *counts, language])
    return page.show(
        "glossary.html",
        language=language,
        languages=[(code, counts.get(code, 0)) for code in offered],
        kept=glossary.entries(connection(), _whose(), language),
    )


@staff.route("/glossary/<language>/add", methods=["GET", "POST"])
@needs(Object.TRANSLATION, Action.CHANGE)
def add_term(language: str) -> AnyResponse:
    """Add a word."""
    _known(language)
    form = TermForm()
    if form.is_right():
        try:
            made = _save(language, form.entry())
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            page.note("glossary.added", f"glossary_term {made}", language=language, **form.entry().told())
            return redirect(url_for("staff.glossary", language=language), 303)
    return _form_page(form, language, gettext("Add a word"))


@staff.route("/glossary/terms/<uuid:term_id>", methods=["GET", "POST"])
@needs(Object.TRANSLATION, Action.CHANGE)
def change_term(term_id: UUID) -> AnyResponse:
    """Change a word, or take it out."""
    kept = glossary.find(connection(), _whose(), term_id)
    if kept is None:
        abort(404)
    if request.method == "POST" and "remove" in request.form:
        return _remove(term_id, kept)
    before = kept.entry
    form = TermForm({**before.told(), "forbidden": "\n".join(before.forbidden)})
    if form.is_right():
        try:
            made = _save(kept.language, form.entry())
        except Unfit as error:
            undo()
            form.fault(error)
        else:
            _take_out_old(term_id, made)
            told = audit.changed(before.told(), form.entry().told())
            page.note("glossary.changed", f"glossary_term {made}", language=kept.language, **told)
            return redirect(url_for("staff.glossary", language=kept.language), 303)
    return _form_page(form, kept.language, before.term, term_id=term_id)


def _take_out_old(term_id: UUID, made: UUID) -> None:
    """A word that was written anew under another term leaves the old one."""
    if made != term_id:
        glossary.remove(connection(), _whose(), term_id)


def _remove(term_id: UUID, kept: glossary.Kept) -> AnyResponse:
    glossary.remove(connection(), _whose(), term_id)
    page.note("glossary.removed", f"glossary_term {term_id}", language=kept.language, **kept.entry.told())
    return redirect(url_for("staff.glossary", language=kept.language), 303)


@staff.post("/glossary/<language>/seed")
@needs(Object.TRANSLATION, Action.CHANGE)
def seed_glossary(language: str) -> AnyResponse:
    """Add the words of the flows that ship."""
    _known(language)
    count = glossary.seed(connection(), _whose(), language, by=gate.me().id, now=clock.now())
    page.note("glossary.seeded", f"glossary {language}", added=count)
    return redirect(url_for("staff.glossary", language=language), 303)


@staff.get("/glossary/<language>/file")
@needs(Object.TRANSLATION)
@limited("export")
def glossary_file(language: str) -> Response:
    """Give a language's words as a table."""
    _known(language)
    body = glossary.to_csv(glossary.entries(connection(), _whose(), language))
    page.note("glossary.exported", f"glossary {language}")
    return Response(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="glossary-{language}.csv"'},
    )


@staff.route("/glossary/<language>/import", methods=["GET", "POST"])
@needs(Object.TRANSLATION, Action.CHANGE)
@gate.takes(2 * glossary.LARGEST_CSV)
@limited("upload")
def import_glossary(language: str) -> AnyResponse:
    """Look at a table of words; take it over when it was looked at."""
    _known(language)
    form = TableForm()
    try:
        content = _content()
        rows = glossary.from_csv(content) if content else None
    except Unfit as error:
        form.file.errors = [word(error.code, "text_file")]
        return page.show("glossary_upload.html", status=FAULTY, language=language, form=form, outcomes=None)
    if rows is None:
        return page.show("glossary_upload.html", language=language, form=form, outcomes=None)
    outcomes = glossary.compare(glossary.entries(connection(), _whose(), language), rows)
    if "content" in request.form:
        return _take(language, outcomes)
    return page.show(
        "glossary_upload.html",
        language=language,
        form=form,
        outcomes=outcomes,
        content=content.decode("utf-8-sig"),
    )


def _content() -> bytes:
    """The file as it was handed in; the second time its text, which the page showed."""
    if "content" in request.form:
        return request.form["content"].encode()
    return request.files["file"].read() if "file" in request.files else b""


def _take(language: str, outcomes: list[Outcome]) -> AnyResponse:
    taken = [it for it in outcomes if it.change in (Change.NEW, Change.CHANGED)]
    for outcome in taken:
        _save(language, outcome.entry)
    told = [{"before": it.before and it.before.told(), "after": it.entry.told()} for it in taken]
    page.note("glossary.imported", f"glossary {language}", terms=told)
    return redirect(url_for("staff.glossary", language=language), 303)


def _save(language: str, entry: Entry) -> UUID:
    return glossary.save(connection(), _whose(), language, entry, by=gate.me().id, now=clock.now())


def _form_page(form: TermForm, language: str, title: str, *, term_id: UUID | None = None) -> Response:
    return page.show(
        "glossary_term.html", status=form.status, form=form, language=language, title=title, term_id=term_id
    )


def _whose() -> UUID:
    return gate.me().organisation_id


def _first_language() -> str:
    return next(code for code in SHIPPED if code != SOURCE)


def _known(language: str) -> None:
    if language not in LANGUAGES or language == SOURCE:
        abort(404)
