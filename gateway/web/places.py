"""Places: found by name in any script, walked as a tree, and loaded from files after a look at what they come to."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, FileField, StringField

from flows.languages import LANGUAGES
from gateway import clock, gazetteer
from gateway.gazetteer import Reading, Table, Unreadable
from gateway.services import organisations, places
from gateway.services.places import Origin
from gateway.services.unfit import Unfit
from gateway.web import gate, page
from gateway.web.access import Action, Object, needs
from gateway.web.administration import parts
from gateway.web.blueprint import staff
from gateway.web.forms import FAULTY
from gateway.web.house_forms import HouseForm, form_page
from gateway.web.language import gettext, language
from gateway.web.limits import limited
from gateway.web.resources import connection, undo
from gateway.web.words import N_, word

DEEPEST_COLUMN = 6  # levels that a column may be given by hand
EXAMPLES = 5  # rows shown beside the mapping


class UploadForm(HouseForm):
    """A file, and where it is from."""

    file = FileField(N_("File"), description=N_("A table of places as CSV in UTF-8, at most 32 megabytes."))
    source = StringField(N_("Who published it"))
    licence = StringField(
        N_("Licence"), description=N_("It stands beside every list of names that leaves the house.")
    )
    dated = DateField(N_("Its date"))


@staff.get("/places")
@needs(Object.PLACE)
@limited("search")
def place_list() -> Response:
    """Show the tree of places from one place down, or what a search finds."""
    text, at = request.args.get("name", "").strip()[:100], request.args.get("at") or None
    here = places.place(connection(), at, language=language()) if at else None
    if at and here is None:
        abort(404)
    found = (
        places.search(connection(), text, language=language())
        if text
        else places.below(connection(), at, language=language())
    )
    return page.show(
        "places.html",
        parts=parts(),
        places=found,
        text=text,
        here=here,
        latest=places.latest(connection()),
        loads=_may_load(),
    )


@staff.route("/places/load", methods=["GET", "POST"])
@needs(Object.PLACE, Action.CHANGE)
@gate.takes(places.LARGEST)
@limited("upload")
def upload_places() -> AnyResponse:
    """Take a file in, to be looked at before anything is written."""
    form = UploadForm()
    if form.is_right() and not _may_load():
        form.fault(Unfit("not_lead", field="file"))
    elif form.is_right():
        try:
            return redirect(_keep(form), 303)
        except Unfit as error:
            undo()
            form.fault(error)
        except Unreadable as error:
            form.file.errors = [_told(error)]
    return form_page(
        form,
        title=gettext("Load places"),
        submit=N_("Look at the file"),
        back=("staff.place_list", N_("Places")),
        lead=gettext("Nothing is written before you have seen what the file comes to."),
    )


@staff.route("/places/load/<uuid:upload_id>", methods=["GET", "POST"])
@needs(Object.PLACE, Action.CHANGE)
@limited("upload")
def preview_places(upload_id: UUID) -> AnyResponse:
    """Show what a file comes to, with its columns as they were guessed or chosen; then load it."""
    kept = places.kept(connection(), gate.me().organisation_id, upload_id, now=clock.now())
    if kept is None:
        abort(404)
    content, origin = kept
    headed = request.values.get("header", "yes") == "yes"
    table = gazetteer.table(content, header=headed)
    chosen = tuple(request.values.get(f"column-{place}", "") for place in range(len(table.header)))
    roles = chosen if any(chosen) else gazetteer.guess(table.header)
    fault = gazetteer.check_roles(roles)
    reading = None if fault else gazetteer.read(table, roles)
    if request.method == "POST" and request.form.get("do") == "load" and reading and not reading.found:
        return _load(upload_id, reading, content, origin)
    return _preview(upload_id, table, roles, reading, fault, origin, headed=headed)


def _keep(form: UploadForm) -> str:
    content = request.files["file"].read() if "file" in request.files else b""
    if not content:
        raise Unfit("empty", field="file")
    if form.dated.data is None:
        raise Unfit("no_date", field="dated")
    gazetteer.table(content)
    made = places.keep(
        connection(),
        gate.me().organisation_id,
        gate.me().id,
        content=content,
        origin=Origin(form.source.data or "", form.licence.data or "", form.dated.data),
        now=clock.now(),
    )
    return url_for("staff.preview_places", upload_id=made)


def _load(upload_id: UUID, reading: Reading, content: bytes, origin: Origin) -> AnyResponse:
    if not _may_load():
        abort(404)
    done = places.load(
        connection(), reading.places, origin, content=content, by=gate.me().id, now=clock.now()
    )
    places.drop(connection(), upload_id)
    page.note("gazetteer.loaded", "gazetteer", added=done.added, retired=done.retired, removed=done.removed)
    return redirect(url_for("staff.place_list"), 303)


def _preview(
    upload_id: UUID,
    table: Table,
    roles: tuple[str, ...],
    reading: Reading | None,
    fault: str | None,
    origin: Origin,
    *,
    headed: bool,
) -> Response:
    sound = reading is not None and not reading.found
    return page.show(
        "places_preview.html",
        status=200 if sound or request.method == "GET" else FAULTY,
        upload_id=upload_id,
        header=table.header,
        roles=roles,
        choices=_choices(),
        headed=headed,
        reading=reading,
        fault=fault,
        origin=origin,
        examples=reading.places[:EXAMPLES] if reading else (),
        expected=places.expected(connection(), reading.places) if reading and sound else None,
        count=len(table.rows),
    )


def _choices() -> list[tuple[str, str]]:
    """What a column may hold: (role, words)."""
    long = [
        ("code", gettext("Code")),
        ("parent", gettext("Code of the place above")),
        ("level", gettext("Level")),
    ]
    long += [(f"name:{code}", gettext("Name") + " · " + row.endonym) for code, row in LANGUAGES.items()]
    wide = []
    for level in range(DEEPEST_COLUMN + 1):
        wide.append((f"code@{level}", gettext("Code") + f" · {level}"))
        wide += [
            (f"name@{level}:{code}", gettext("Name") + f" · {level} · " + row.endonym)
            for code, row in LANGUAGES.items()
        ]
    return [("", gettext("Nothing that is needed")), *long, *wide]


def _told(error: Unreadable) -> str:
    said = word(error.code, "unreadable")
    return said if error.row is None else said + " " + gettext("Row") + f" {error.row}."


def _may_load() -> bool:
    return gate.may(Object.PLACE, Action.CHANGE) and organisations.leads(
        connection(), gate.me().organisation_id
    )
