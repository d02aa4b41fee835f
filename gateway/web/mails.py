"""Mails to staff that did not arrive, or may not have: for administrators, without an address."""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import mail as service
from gateway.services import staff as accounts
from gateway.web import gate, lists, page
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.resources import connection, resources
from gateway.web.words import N_


@staff.get("/mails")
@needs(Object.MAIL)
def mails() -> Response:
    """List the mails that did not arrive, or may not have."""
    found = service.troubles(connection(), gate.me().organisation_id)
    names = accounts.names(connection(), resources().ring, {line.staff_id for line in found})
    return page.show("mails.html", mails=found, names=names, served=bool(resources().settings.smtp_url))


@staff.post("/mails")
@needs(Object.MAIL, Action.CHANGE)
def send_mails_again() -> AnyResponse:
    """Have mails sent once more, because a person decided so."""
    ours = gate.me().organisation_id
    for mail_id in lists.chosen("only") or lists.chosen():
        if service.send_again(connection(), ours, mail_id, now=clock.now()):
            page.note("mail.sent_again", f"mail {mail_id}")
    flash(N_("They leave within half a minute."), "good")
    return redirect(url_for("staff.mails"), 303)
