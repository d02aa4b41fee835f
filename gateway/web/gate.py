"""The gate of the staff pages: who asks, whether they may, and whether a form is ours."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import abort, current_app, g, redirect, request, url_for
from flask_wtf.csrf import generate_csrf, validate_csrf
from werkzeug.wrappers import Response as AnyResponse
from wtforms import ValidationError

from gateway import clock
from gateway.models.organisations import Shared
from gateway.services import agreements, second_factor, sign_in
from gateway.services.clearance import Clearance
from gateway.services.sign_in import Member
from gateway.web import access, language, tokens
from gateway.web.access import Action, Object, View
from gateway.web.resources import bind, connection, resources

LARGEST_FORM = 64 * 1024  # bytes
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # they change nothing, so that any link may ask for them
FORM_FIELD = "form_token"
LIVING_PART = "part"  # what addresses of living parts name
FORM_EXPIRED = "form_expired"  # the description of a 400: the form carries no token of ours


def guard() -> AnyResponse | None:
    """Let a request in, send it to the sign-in page, or answer as if the page did not exist."""
    view = current_app.view_functions[request.endpoint or ""]
    rule = access.rule_of(view)
    if rule is None:
        abort(404)
    if rule.object is not None:
        somebody = member()
        if somebody is None:
            return _to_sign_in() if halfway() is None else _to_second_factor()
        if not access.allows(somebody.role, rule.object, rule.action):
            abort(404)
        if needs_second_factor(somebody) and not access.leads_to_a_second_factor(view):
            return redirect(url_for("staff.start_second_factor"), 303)
    # Looked at last: what is forbidden must not be told apart by a form without a token.
    if request.method not in SAFE_METHODS:
        _check_form()
    return None


def member() -> Member | None:
    """Return who asks; None for a stranger, and for somebody whose second factor is still to come."""
    if "member" not in g:
        found = holder()
        g.member = found if found is not None and not found.standing.halfway else None
        if g.member is not None:
            bind(g.member.organisation_id, sealed=access.allows(g.member.role, Object.SEALED))
    whole: Member | None = g.member
    return whole


def halfway() -> Member | None:
    """Return whose session this is when their second factor is still to come."""
    found = holder()
    return found if found is not None and found.standing.halfway else None


def holder() -> Member | None:
    """Return whose session this is, however far it has come."""
    if "holder" not in g:
        secret = request.cookies.get(cookie_name())
        g.holder = _of_session(secret) if secret else None
        if g.holder is not None:
            language.use(g.holder.language)
    found: Member | None = g.holder
    return found


def _of_session(secret: str) -> Member | None:
    # A living part asks by itself: a desk that was left must not stay signed in because of it.
    active = LIVING_PART not in request.args
    return sign_in.holder(connection(), resources().ring, secret, active=active, now=clock.now())


def needs_second_factor(somebody: Member) -> bool:
    """Say whether somebody must set up a second factor before anything else."""
    standing = somebody.standing
    if standing.has_factor or standing.second_factor_at is not None:
        return False
    return second_factor.must_have_one(somebody.role, resources().settings.second_factor)


def fresh(view: View) -> View:
    """Mark a view that is for people who proved lately who they are; others are asked, and then go on."""
    view.wants_fresh = True  # type: ignore[attr-defined]
    return view


def needs_fresh() -> None:
    """Ask who this is, unless they proved it lately. For views where only some requests are sensitive: call it first.

    Ends the request with the page that asks; that page leads back, with the form as it was sent.
    """
    from gateway.web import confirm

    answer = confirm.ask()
    if answer is not None:
        abort(answer)


def me() -> Member:
    """Return who asks, behind the gate."""
    found = member()
    if found is None:
        abort(404)
    return found


def may(object_: Object | str, action: Action | str = Action.SEE) -> bool:
    """Say whether who asks may do this."""
    somebody = member()
    return somebody is not None and access.allows(somebody.role, Object(object_), Action(action))


def clearance() -> Clearance:
    """Return how much of cases and sealed words who asks may read."""
    levels: set[str] = set()
    if may(Object.GRIEVANCE):
        levels |= {"S0", "S1"}
    if may(Object.SENSITIVE):
        levels.add("S2")
    if may(Object.SEALED):
        levels.add("S3")
    # Community staff read the cases of their own unit; the protection team those of all.
    office_id = None if may(Object.SENSITIVE) else me().office_id
    shared = agreements.reach(connection(), Shared.GRIEVANCE) if levels else frozenset()
    return Clearance(frozenset(levels), sealed=may(Object.SEALED), office_id=office_id, reach=shared)


def form_token() -> str:
    """Return the token that every form carries, under a mask of this response."""
    if "form_token" not in g:
        g.form_token = tokens.mask(str(generate_csrf(token_key=FORM_FIELD)))
    masked: str = g.form_token
    return masked


def cookie_name() -> str:
    """The session's cookie. Browsers take a name with this prefix over HTTPS and from this host only."""
    return "__Host-paigham" if resources().settings.secure_cookies else "paigham"


def give_cookie(response: AnyResponse, secret: str) -> None:
    """Hand the session's secret to the browser."""
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=int(sign_in.SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=resources().settings.secure_cookies,
    )


def take_cookie(response: AnyResponse) -> None:
    """Have the browser forget the session's secret."""
    response.delete_cookie(
        cookie_name(), httponly=True, samesite="Lax", secure=resources().settings.secure_cookies
    )


def remember_language(response: AnyResponse, code: str) -> None:
    """Have the browser remember a language, for whoever opens it before signing in."""
    response.set_cookie(
        language.COOKIE,
        code,
        max_age=language.COOKIE_LASTS,
        httponly=True,
        samesite="Lax",
        secure=resources().settings.secure_cookies,
    )


def inside(path: str | None) -> str:
    """Return a path of ours to go on to; whatever else was asked for becomes the first page."""
    return path if path and _OURS(path) else url_for("staff.overview")


# One slash, then nothing that a browser drops (tabs, line breaks) or reads as a slash: "/<tab>/there" is "//there".
_OURS = re.compile(r"/(?!/)[^\\\x00-\x20\x7f]*").fullmatch


def _to_second_factor() -> AnyResponse:
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("staff.second_step", next=wanted if wanted != "/" else None), 303)


def _to_sign_in() -> AnyResponse:
    if request.method != "GET":
        return redirect(url_for("staff.sign_in"), 303)
    wanted = request.full_path.rstrip("?")
    return redirect(url_for("staff.sign_in", next=wanted if wanted != "/" else None), 303)


def takes(largest: int) -> Callable[[View], View]:
    """Let a view take forms of up to so many bytes: those with files in them."""

    def mark(view: View) -> View:
        view.largest_form = largest  # type: ignore[attr-defined]
        return view

    return mark


def _check_form() -> None:
    view = current_app.view_functions[request.endpoint or ""]
    request.max_content_length = getattr(view, "largest_form", LARGEST_FORM)
    try:
        validate_csrf(tokens.unmask(request.form.get(FORM_FIELD)), token_key=FORM_FIELD)
    except ValidationError:
        abort(400, FORM_EXPIRED)
