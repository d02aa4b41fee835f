"""Pages for what went wrong, in the visitor's language, each with a code that staff can name to whoever helps."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from math import ceil

import sqlalchemy as sa
from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from gateway import clock, log
from gateway.web import edge, page
from gateway.web.assets import FILES
from gateway.web.gate import FORM_EXPIRED
from gateway.web.resources import undo
from gateway.web.words import N_

KNOWN = {
    400: (N_("This request could not be read"), N_("Go back, load the page again and try once more.")),
    404: (N_("This page does not exist"), N_("It may have moved, or it is not for you to see.")),
    405: (N_("This cannot be done here"), N_("Go back and use the buttons of the page.")),
    413: (N_("This is too much at once"), N_("Go back and send less.")),
    415: (N_("This kind of file cannot be taken"), N_("Go back and choose another file.")),
    429: (N_("Too often in a short time"), N_("Nothing is lost. Wait a little, then go on.")),
    500: (N_("Something went wrong on our side"), N_("Nothing was changed. Try again in a moment.")),
    503: (N_("The database does not answer"), N_("Nothing was changed. Try again in a minute.")),
}
API = "/api/"
UNSIGNED = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}  # errors without a code to ask for
EXPIRED = (N_("This form has expired"), N_("Go back, load the page again and send it once more."))

# The world failing, not a bug: PostgreSQL is away, or too busy to give us a connection.
AWAY = (sa.exc.OperationalError, sa.exc.TimeoutError, sa.exc.InterfaceError)

logger = log.get(__name__)


def install(app: Flask) -> None:
    """Answer errors with pages of ours."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)


def _refused(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        return _broken(error.original_exception)
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    undo()
    answer = _answer(
        code, EXPIRED if error.description == FORM_EXPIRED else _known(code), until=_until(error)
    )
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _until(error: HTTPException) -> datetime | None:
    """When to come again, where the error knows."""
    found = getattr(error, "retry_after", None)
    return found if isinstance(found, datetime) else None


def _broken(error: Exception) -> Response:
    """Answer to a bug, or to a database that is away. The log has the whole under the id that the page shows."""
    code = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, AWAY) else HTTPStatus.INTERNAL_SERVER_ERROR
    reference = log.bug(logger, error, found=edge.request_id())
    g.member = None  # The database may be the very thing that fails: the page must not ask it who reads.
    try:
        return _answer(code, _known(code))
    except Exception as second:  # noqa: BLE001 - whatever is wrong with pages, somebody waits for an answer
        log.bug(logger, second)
        return Response(f"{int(code)} {reference}\n", int(code), content_type="text/plain; charset=utf-8")


def _known(code: int) -> tuple[str, str]:
    return KNOWN.get(code) or KNOWN[500 if code >= HTTPStatus.INTERNAL_SERVER_ERROR else 400]


def _answer(code: int, said: tuple[str, str], *, until: datetime | None = None) -> Response:
    """Answer a person with a page, and a program with JSON."""
    if request.path.startswith(API):
        answer = jsonify(error=HTTPStatus(code).name.lower(), request=edge.request_id())
        answer.status_code = int(code)
    elif request.path.startswith(FILES):
        answer = Response(
            status=int(code)
        )  # A page would need a session, which requests for files do not have.
    else:
        # A page that does not exist and one that is forbidden are the same to the last letter.
        reference = "" if code in UNSIGNED else edge.request_id()
        title, advice = said
        answer = page.show(
            "error.html",
            status=int(code),
            title=title,
            advice=advice,
            code=int(code),
            reference=reference,
            until=until,
            help=None,  # A page that is refused must not say what it would have been.
        )
    if until is not None:
        answer.headers["Retry-After"] = str(max(1, ceil((until - clock.now()).total_seconds())))
    return page.harden(answer)
