"""Forms in and out: a workbook is looked at row by row before it becomes a draft; a draft leaves as a workbook."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FileField, MultipleFileField

from flows.languages import LANGUAGES
from flows.readers.xlsform import Line, Place, State
from gateway import clock
from gateway.services import drafts, form_imports
from gateway.services.form_imports import Kept, Look
from gateway.services.unfit import Unfit
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.flows import found as found_flow
from gateway.web.forms import FAULTY
from gateway.web.house_forms import HouseForm, form_page, some_id
from gateway.web.language import gettext
from gateway.web.limits import limited
from gateway.web.resources import connection, undo
from gateway.web.words import N_

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 300  # rows of the report that one page shows of a kind


class FormForm(HouseForm):
    """A form, and the lists beside it."""

    file = FileField(N_("Form"), description=N_("An XLSForm as .xlsx, .xls or .csv, as KoBo and ODK use it."))
    lists = MultipleFileField(
        N_("Lists beside it"),
        description=N_("Only where questions take their choices from a file: .csv, .xlsx or .geojson."),
    )


@staff.route("/flows/import", methods=["GET", "POST"])
@needs(Object.FLOW, Action.CHANGE)
@gate.takes(form_imports.LARGEST)
@limited("upload")
def import_form() -> AnyResponse:
    """Take a form in, to be looked at before anything is written."""
    into = some_id(request.args.get("into"))
    head = found_flow(into) if into is not None else None
    form = FormForm()
    if form.is_right():
        try:
            return redirect(_keep(into), 303)
        except Unfit as error:
            undo()
            form.fault(error)
    return form_page(
        form,
        title=gettext("Bring a form"),
        submit=N_("Look at the form"),
        back=("staff.flows", N_("Flows")),
        section="staff.flows",
        lead=gettext("Nothing is written before you have seen what becomes of each row.")
        if head is None
        else gettext("It will replace the draft of this flow, after you have seen what changes:")
        + f" {head.title}",
    )


@staff.route("/flows/import/<uuid:upload_id>", methods=["GET", "POST"])
@needs(Object.FLOW, Action.CHANGE)
def preview_form(upload_id: UUID) -> AnyResponse:
    """Show what a form comes to, with rows left out and languages chosen by hand; then make the draft."""
    kept = form_imports.kept(connection(), gate.me().id, upload_id, now=clock.now())
    if kept is None:
        abort(404)
    without, seen = _look(kept)
    if request.method == "POST" and request.form.get("do") == "take" and seen.form.sound:
        return _take(upload_id, kept, seen)
    return _preview(kept, without, seen)


@staff.get("/flows/<uuid:flow_id>/form.xlsx")
@needs(Object.FLOW)
@limited("export")
def export_form(flow_id: UUID) -> Response:
    """Give a flow's draft as a form."""
    head = found_flow(flow_id)
    data = form_imports.export(connection(), drafts.read(connection(), flow_id))
    if data is None:
        abort(409)
    page.note("flow.exported", f"flow {flow_id}", kind="xlsform")
    answer = Response(data, content_type=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{head.code}.xlsx"'
    return answer


def _keep(into: UUID | None) -> str:
    file = request.files.get("file")
    lists = [item for item in request.files.getlist("lists") if item.filename]
    made = form_imports.keep(
        connection(),
        gate.me().organisation_id,
        gate.me().id,
        name=_name(file),
        content=file.read() if file is not None else b"",
        attached={_name(item): item.read() for item in lists},
        flow_id=into,
        now=clock.now(),
    )
    return url_for("staff.preview_form", upload_id=made)


def _name(file: FileStorage | None) -> str:
    return (file.filename or "form" if file is not None else "form").replace("\\", "/").rsplit("/", 1)[-1]


def _look(kept: Kept) -> tuple[set[Place], Look]:
    """See what the form comes to as it was asked for. Who agrees to leave out what is refused, agrees row by row."""
    without = {
        place for text in request.form.getlist("without")[:5000] if (place := _place(text)) is not None
    }
    languages = {
        request.form.get(f"heading-{number}", ""): code
        for number in range(50)
        if (code := request.form.get(f"language-{number}", "")) in LANGUAGES
    }
    whose = gate.me().organisation_id
    seen = form_imports.look(connection(), whose, kept, without=without, languages=languages)
    if request.form.get("all") and seen.form.refused:
        without |= set(seen.form.refused)
        seen = form_imports.look(connection(), whose, kept, without=without, languages=languages)
    return without, seen


def _place(text: str) -> Place | None:
    try:
        return Place.of(text)
    except ValueError:
        return None


def _take(upload_id: UUID, kept: Kept, seen: Look) -> AnyResponse:
    short = {
        (step, language)
        for text in request.form.getlist("short")
        for step, _, language in [text.rpartition("|")]
    }
    flow_id = form_imports.take(
        connection(), gate.me().organisation_id, kept, seen, short=short, by=gate.me().id, now=clock.now()
    )
    form_imports.drop(connection(), upload_id)
    counts = Counter(str(line.state) for line in seen.form.lines)
    page.note("flow.imported", f"flow {flow_id}", again=seen.target is not None, short=len(short), **counts)
    return redirect(url_for("staff.edit_flow", flow_id=flow_id), 303)


def _preview(kept: Kept, without: set[Place], seen: Look) -> Response:
    lines = seen.form.lines
    return page.show(
        "flow_import.html",
        status=FAULTY if request.method == "POST" and not seen.form.sound else 200,
        kept=kept,
        seen=seen,
        chosen=set(request.form.getlist("short")),
        without=without,
        languages=sorted(LANGUAGES.values(), key=lambda row: row.name),
        counts=Counter(line.state for line in lines),
        refused=_of(lines, State.REFUSED),
        changed=_of(lines, State.CHANGED),
        left_out=_of(lines, State.LEFT_OUT),
        most=MOST_ROWS,
    )


def _of(lines: tuple[Line, ...], state: State) -> list[Line]:
    return [line for line in lines if line.state is state][:MOST_ROWS]
