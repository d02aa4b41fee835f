"""Translations as files on the pages: out as PO or XLSX; in, looked at row by row before anything changes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, FileField

from flows import Flow
from gateway import clock, text_files
from gateway.services import flow_texts, text_exchange, translating
from gateway.services.flow_list import FlowHead
from gateway.services.flow_texts import Line
from gateway.services.text_exchange import Kind, Outcome
from gateway.services.unfit import Unfit
from gateway.text_files import Row, Unreadable
from gateway.web import gate, marked, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.forms import FAULTY
from gateway.web.house_forms import HouseForm
from gateway.web.language import gettext
from gateway.web.limits import limited
from gateway.web.resources import connection, undo
from gateway.web.translations import flow_in, terms_of
from gateway.web.words import N_, word

KINDS = {
    "po": ("text/x-gettext-translation; charset=utf-8", "po"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}
MOST_SHOWN = 300  # rows of the same kind on one page


class FileForm(HouseForm):
    """A file with translations."""

    file = FileField(N_("File"), description=N_("PO or Excel (.xlsx), as it was exported from here."))
    machine = BooleanField(
        N_("A machine drafted these translations"),
        description=N_("They are marked so until somebody who grew up with the language has read them."),
    )


@staff.get("/flows/<uuid:flow_id>/translate/<language>/file/<kind>")
@needs(Object.TRANSLATION)
@limited("export")
def translation_file(flow_id: UUID, language: str, kind: str) -> Response:
    """Give a flow's texts in one language as a file."""
    head, flow = flow_in(flow_id, language)
    if kind not in KINDS:
        abort(404)
    lines = flow_texts.lines(connection(), flow_id, flow, language)
    sheet = text_exchange.sheet(flow, lines, notes={line.slot.id: _notes(line) for line in lines})
    body = text_files.to_po(sheet) if kind == "po" else text_files.to_xlsx([sheet])
    page.note("translation.exported", f"flow {flow_id}", language=language, kind=kind, texts=len(lines))
    content_type, ending = KINDS[kind]
    name = f"{head.code}-{language}.{ending}"
    return Response(
        body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _notes(line: Line) -> list[str]:
    """What a translator should know who has nothing but the file."""
    slot = line.slot
    told = [word(slot.kind, "text_kind")]
    if slot.question is not None:
        told.append(gettext("Asks for") + ": " + word(slot.question.type, "question_type"))
    if slot.before:
        told.append(gettext("Said before") + ": " + slot.before)
    if slot.when:
        told.append(gettext("Only where") + ": " + slot.when)
    return told


@staff.route("/flows/<uuid:flow_id>/translate/<language>/import", methods=["GET", "POST"])
@needs(Object.TRANSLATION, Action.CHANGE)
@gate.takes(text_files.LARGEST)
@limited("upload")
def import_translations(flow_id: UUID, language: str) -> AnyResponse:
    """Take a file in, to be looked at before anything is written."""
    head, flow = flow_in(flow_id, language)
    form = FileForm()
    if form.is_right():
        try:
            rows = text_files.read(_content(), flow=flow.code, language=language)
        except Unreadable as error:
            form.file.errors = [_told(error)]
        else:
            return redirect(_keep(head, language, rows, machine=bool(form.machine.data)), 303)
    return page.show("translation_upload.html", status=form.status, flow=head, language=language, form=form)


def _content() -> bytes:
    return request.files["file"].read() if "file" in request.files else b""


def _told(error: Unreadable) -> str:
    said = word(error.code, "text_file")
    return said if error.row is None else f"{said} {gettext('Row')} {error.row}."


def _keep(head: FlowHead, language: str, rows: Sequence[Row], *, machine: bool) -> str:
    kept = text_exchange.keep(
        connection(),
        gate.me().organisation_id,
        head.id,
        language,
        rows,
        by=gate.me().id,
        now=clock.now(),
    )
    return url_for(
        "staff.preview_translations",
        flow_id=head.id,
        language=language,
        text_upload_id=kept,
        machine=1 if machine else None,
    )


@staff.route(
    "/flows/<uuid:flow_id>/translate/<language>/import/<uuid:text_upload_id>", methods=["GET", "POST"]
)
@needs(Object.TRANSLATION, Action.CHANGE)
@limited("upload")
def preview_translations(flow_id: UUID, language: str, text_upload_id: UUID) -> AnyResponse:
    """Show row by row what a file would change; take over what was chosen."""
    head, flow = flow_in(flow_id, language)
    rows = text_exchange.kept(
        connection(), flow_id, language, text_upload_id, by=gate.me().id, now=clock.now()
    )
    if rows is None:
        abort(404)
    outcomes = _compared(flow_id, flow, language, rows)
    if request.method == "GET":
        return _preview(head, flow, language, outcomes)
    try:
        return _take(head, language, text_upload_id, outcomes)
    except Unfit as error:
        undo()
        return _preview(head, flow, language, _compared(flow_id, flow, language, rows), fault=error.code)


def _compared(flow_id: UUID, flow: Flow, language: str, rows: Sequence[Row]) -> list[Outcome]:
    lines = flow_texts.lines(connection(), flow_id, flow, language)
    return text_exchange.compare(flow, lines, rows, terms=terms_of(language, flow))


def _take(head: FlowHead, language: str, upload_id: UUID, outcomes: Sequence[Outcome]) -> AnyResponse:
    takes = {it.row.id for it in outcomes if _is_taken(it)}
    texts = text_exchange.chosen(outcomes, takes)
    made = translating.save_many(
        connection(),
        head.id,
        language,
        texts,
        by=gate.me().id,
        now=clock.now(),
        machine="machine" in request.form,
    )
    text_exchange.drop(connection(), upload_id)
    page.note(
        "translation.imported",
        f"flow {head.id}",
        language=language,
        texts=[line.slot.id for line in made],
        over=sorted(takes),
    )
    return redirect(url_for("staff.translate_language", flow_id=head.id, language=language), 303)


def _is_taken(outcome: Outcome) -> bool:
    """Whether somebody chose the file's words over those that they saw here; not over others that came since."""
    place = outcome.row.place
    chose_it = request.form.get(f"take-{place}") == "theirs"
    return chose_it and request.form.get(f"saw-{place}") == _saw(outcome)


def _saw(outcome: Outcome) -> str:
    line = outcome.line
    return "" if line is None else f"{text_files.digest_of(line.source)}-{line.digest}"


def _preview(
    head: FlowHead, flow: Flow, language: str, outcomes: Sequence[Outcome], *, fault: str | None = None
) -> Response:
    counts = text_exchange.counts(outcomes)
    return page.show(
        "translation_preview.html",
        status=FAULTY if fault else 200,
        flow=head,
        language=language,
        source=flow.languages[0],
        counts=counts,
        order=[kind for kind in text_exchange.ORDER if counts[kind] and kind is not Kind.UNCHANGED],
        by_kind={kind: [it for it in outcomes if it.kind is kind][:MOST_SHOWN] for kind in Kind},
        takes=counts[Kind.NEW] + counts[Kind.CHANGED] + counts[Kind.CONFLICT],
        fault=fault,
        machine="machine" in request.values,
        spans=marked.spans,
        saw=_saw,
    )
