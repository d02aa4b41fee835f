"""Pages for what went wrong, in the visitor's language, each with a code that staff can name to whoever helps."""

from __future__ import annotations

from http import HTTPStatus

import sqlalchemy as sa
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from gateway import log
from gateway.web import edge, page
from gateway.web.gate import FORM_EXPIRED
from gateway.web.resources import undo
from gateway.web.words import N_

KNOWN = {
    400: (N_("This request could not be read"), N_("Go back, load the page again and try once more.")),
    404: (N_("This page does not exist"), N_("It may have moved, or it is not for you to see.")),
    405: (N_("This cannot be done here"), N_("Go back and use the buttons of the page.")),
    413: (N_("This is too much at once"), N_("Go back and send less.")),
    500: (N_("Something went wrong on our side"), N_("Nothing was changed. Try again in a moment.")),
    503: (N_("The database does not answer"), N_("Nothing was changed. Try again in a minute.")),
}
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
    title, advice = EXPIRED if error.description == FORM_EXPIRED else _known(code)
    answer = _page(code, title, advice)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _broken(error: Exception) -> Response:
    """Answer to a bug, or to a database that is away. The log has the whole under the id that the page shows."""
    code = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, AWAY) else HTTPStatus.INTERNAL_SERVER_ERROR
    reference = log.bug(logger, error, found=edge.request_id())
    g.member = None  # The database may be the very thing that fails: the page must not ask it who reads.
    try:
        return _page(code, *_known(code), reference=reference)
    except Exception as second:  # noqa: BLE001 - whatever is wrong with pages, somebody waits for an answer
        log.bug(logger, second)
        return Response(f"{int(code)} {reference}\n", int(code), content_type="text/plain; charset=utf-8")


def _known(code: int) -> tuple[str, str]:
    return KNOWN.get(code) or KNOWN[500 if code >= HTTPStatus.INTERNAL_SERVER_ERROR else 400]


def _page(code: int, title: str, advice: str, *, reference: str = "") -> Response:
    return page.harden(
        page.show(
            "error.html",
            status=int(code),
            title=title,
            advice=advice,
            code=int(code),
            reference=reference,
            help=None,  # A page that is refused must not say what it would have been.
        )
    )
