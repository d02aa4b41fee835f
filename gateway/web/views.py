"""Views of lists: a list as somebody likes it, kept under a name, one press away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

import wtforms
from flask import Response, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import validators

from gateway.services import saved_views
from gateway.services.saved_views import LONGEST_NAME, View
from gateway.web import contacts, gate, grievances, lists, members, messages, page, partners, problems, rounds
from gateway.web.access import Action, Object, needs
from gateway.web.blueprint import staff
from gateway.web.forms import Form
from gateway.web.lists import Kind, Listed
from gateway.web.page import Entry
from gateway.web.resources import connection, resources
from gateway.web.words import N_

FULL = N_("You have 20 views of this list already. Remove one first.")
KEPT = N_("The view is kept.")
REMOVED = N_("The view is removed.")

# Lists whose views can be kept. Some have an order of their own for a part of them, so the query decides.
KINDS: Mapping[str, Callable[[Mapping[str, str]], Kind]] = {
    "staff.contacts": lambda _: contacts.CONTACTS,
    "staff.grievances": grievances.of_stage,
    "staff.messages": messages.of_status,
    "staff.rounds": lambda _: rounds.ROUNDS,
    "staff.problems": lambda _: problems.PROBLEMS,
    "staff.partners": lambda _: partners.PARTNERS,
    "staff.member_list": lambda _: members.list_kind(),
}
# Lists that are no entry of the menu: what they are called, and who sees them.
ELSEWHERE = (Entry("staff.member_list", N_("Staff"), "house", Object.ACCOUNT),)


class Name(Form):
    """What a view is called."""

    name = wtforms.StringField(
        N_("Name of the view"), [validators.DataRequired(), validators.Length(max=LONGEST_NAME)]
    )


def of_list(listed: Listed[object]) -> list[View] | None:
    """Return the views that who asks has kept of a list; None for a list that keeps none."""
    if listed.name not in KINDS or gate.member() is None:
        return None
    return saved_views.of_list(connection(), resources().ring, gate.me().id, listed.name)


@staff.get("/views")
@needs(Object.SELF)
def views() -> Response:
    """Show all views that who asks has kept, with their lists."""
    ring, member = resources().ring, gate.me()
    found = [
        (entry, saved_views.of_list(connection(), ring, member.id, entry.endpoint))
        for entry in (*page.MENU, *ELSEWHERE)
        if entry.endpoint in KINDS and gate.may(entry.object)
    ]
    return page.show("views.html", found=[(entry, kept) for entry, kept in found if kept])


@staff.route("/views/keep", methods=["GET", "POST"])
@needs(Object.SELF, Action.CHANGE)
def keep_view() -> AnyResponse:
    """Ask for a name, and keep a list as its address shows it."""
    endpoint = request.args.get("list", "")
    query = _checked(endpoint, request.args.get("query", ""))
    form = Name()
    if not form.is_right():
        back = _address(endpoint, query)
        return page.show("view.html", status=form.status, form=form, back=back)
    name = str(form.name.data)
    done = saved_views.keep(connection(), resources().ring, gate.me().id, endpoint, query=query, name=name)
    flash(KEPT if done else FULL, "good" if done else "bad")
    return redirect(_address(endpoint, query), 303)


@staff.post("/views/<uuid:view_id>/remove")
@needs(Object.SELF, Action.CHANGE)
def remove_view(view_id: UUID) -> AnyResponse:
    """Forget a view."""
    if not saved_views.drop(connection(), gate.me().id, [view_id]):
        abort(404)
    flash(REMOVED, "good")
    return redirect(url_for("staff.views"), 303)


def _checked(endpoint: str, query: str) -> str:
    """Return a query as its list would write it: only what the list offers, so never a word that somebody typed."""
    kind_of = KINDS.get(endpoint)
    if kind_of is None or len(query) > lists.LONGEST_QUERY:
        abort(404)
    return kind_of(lists.parsed(query)).query(query)


def _address(endpoint: str, query: str) -> str:
    return f"{url_for(endpoint)}?{query}" if query else url_for(endpoint)
