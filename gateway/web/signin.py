"""Coming and going: signing in and out, the first password, the language of the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import second_factor
from gateway.services import sign_in as sessions
from gateway.services import staff as accounts
from gateway.services.sign_in import Member, Refused, SignedIn
from gateway.services.staff import UnfitEmail, UnfitPassword
from gateway.web import gate, language, page, passkeys, proofs, security
from gateway.web.access import open_to_all
from gateway.web.blueprint import staff
from gateway.web.limits import limited
from gateway.web.resources import connection, resources, undo
from gateway.web.words import N_

WELCOME_COOKIE = "paigham_welcome"
WELCOME_LASTS = 3600  # seconds

WRONG = N_("The e-mail address or the password is wrong.")
WRONG_CODE = N_("That code is wrong, or it was used already.")
WRONG_PASSKEY = N_("This passkey is not known here.")
FAULTS = {
    "too_short": N_("Use at least 12 characters. A few words in a row are good."),
    "too_long": N_("Use at most 256 characters."),
    "too_easy": N_("This password is too easy to guess."),
    "different": N_("The two passwords are not the same."),
    "unfit_email": N_("This e-mail address cannot be used."),
}


@staff.route("/signin", methods=["GET", "POST"])
@open_to_all
@limited("sign_in")
def sign_in() -> AnyResponse:
    """Show the form, or let somebody in."""
    onward = gate.inside(request.args.get("next"))
    if request.method != "POST":
        return redirect(onward) if gate.member() else form()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    outcome = sessions.attempt(
        connection(),
        resources().ring,
        email=email,
        is_right=lambda account: security.password_is_right(account, password),
        device=proofs.device(),
        now=clock.now(),
    )
    if isinstance(outcome, SignedIn):
        return let_in(outcome, onward, method=sessions.PASSWORD)
    _note_failure(outcome)
    return form(status=401, email=email, wrong=WRONG, blocked_until=outcome.until)


@staff.route("/signin/second", methods=["GET", "POST"])
@open_to_all
@limited("sign_in")
@limited("step_up")
def second_step() -> AnyResponse:
    """Ask whoever proved the first factor for the second."""
    onward, member = gate.inside(request.args.get("next")), gate.halfway()
    if member is None:
        return redirect(onward if gate.member() else url_for("staff.sign_in"), 303)
    if request.method != "POST":
        return _second_form(member)
    verdict = proofs.of(member, password=False)
    if verdict.how is None:
        proofs.note(member.id, member.organisation_id, "staff.second_factor_failed")
        return _second_form(member, status=401, wrong=WRONG_CODE, blocked_until=verdict.until)
    session.clear()
    proofs.rise(member, passed=True)
    _note_signed_in(member.id, member.organisation_id, member.standing.method, second_factor=verdict.how)
    return redirect(onward, 303)


@staff.route("/signin/passkey", methods=["GET", "POST"])
@open_to_all
@limited("door")
@limited("sign_in")
def sign_in_by_passkey() -> AnyResponse:
    """Let somebody in whose passkey asked for a finger or a PIN: that is two factors at once."""
    ours, onward = passkeys.party(), gate.inside(request.args.get("next"))
    if ours is None:
        abort(404)
    if request.method != "POST":
        return page.show("security/passkey_signin.html", passkey=passkeys.question(ours))
    found = passkeys.proven(ours, request.form.get("credential", ""))
    if found is None:
        question = passkeys.question(ours)
        return page.show("security/passkey_signin.html", status=401, passkey=question, wrong=WRONG_PASSKEY)
    secret = sessions.open_session(
        connection(),
        found.staff_id,
        method=sessions.PASSKEY,
        device=proofs.device(),
        passed=True,
        now=clock.now(),
    )
    outcome = SignedIn(found.staff_id, found.organisation_id, secret)
    return let_in(outcome, onward, method=sessions.PASSKEY)


@staff.post("/signout")
@open_to_all
def sign_out() -> AnyResponse:
    """End this session, however far it has come."""
    member = gate.holder()
    sessions.leave(connection(), request.cookies.get(gate.cookie_name(), ""))
    if member is not None:
        proofs.note(member.id, member.organisation_id, "staff.signed_out")
    session.clear()
    answer = redirect(url_for("staff.sign_in"), 303)
    gate.take_cookie(answer)
    return answer


@staff.get("/welcome/<token>")
@open_to_all
@limited("link")
def take_link(token: str) -> AnyResponse:
    """Take the token out of the address, where it would stay in histories, into a cookie for one hour."""
    answer = redirect(url_for("staff.welcome"), 303)
    answer.set_cookie(
        WELCOME_COOKIE,
        token,
        max_age=WELCOME_LASTS,
        path=url_for("staff.welcome"),
        httponly=True,
        samesite="Lax",
        secure=resources().settings.secure_cookies,
    )
    return answer


@staff.route("/welcome", methods=["GET", "POST"])
@open_to_all
@limited("link")
def welcome() -> AnyResponse:
    """Let whoever holds a link set a password, once."""
    token = request.cookies.get(WELCOME_COOKIE, "")
    guest = accounts.guest(connection(), resources().ring, token, now=clock.now())
    if guest is None:
        return page.show("link_over.html", status=404)
    if language.COOKIE not in request.cookies:
        language.use(guest.language)
    if request.method != "POST":
        return page.show("welcome.html", guest=guest)
    fault = _set_password(token)
    if fault is not None:
        undo()
        return page.show("welcome.html", status=422, guest=guest, fault=FAULTS[fault])
    secret = sessions.open_session(connection(), guest.staff_id, device=proofs.device(), now=clock.now())
    outcome = SignedIn(guest.staff_id, guest.organisation_id, secret)
    proofs.note(guest.staff_id, guest.organisation_id, "staff.password_set")
    answer = let_in(outcome, url_for("staff.overview"), method=sessions.PASSWORD)
    answer.delete_cookie(WELCOME_COOKIE, path=url_for("staff.welcome"))
    return answer


@staff.post("/language")
@open_to_all
def choose_language() -> AnyResponse:
    """Speak another language from now on."""
    code = request.form.get("language", "")
    if code not in language.offered():
        abort(400)
    member = gate.member()
    if member is not None:
        accounts.set_language(connection(), member.id, code)
    answer = redirect(gate.inside(request.form.get("back")), 303)
    gate.remember_language(answer, code)
    return answer


def let_in(outcome: SignedIn, onward: str, *, method: str) -> AnyResponse:
    """Hand the session to the browser, and lead on: to the second factor where one is to come."""
    session.clear()  # Forms that were loaded before belong to a stranger.
    proofs.give(outcome.secret)
    if gate.halfway() is not None:
        wanted = onward if onward != url_for("staff.overview") else None
        return redirect(url_for("staff.second_step", next=wanted), 303)
    _note_signed_in(outcome.staff_id, outcome.organisation_id, method)
    return redirect(onward, 303)


def form(*, status: int = 200, **values: Any) -> AnyResponse:
    """Show the door, with the ways in that there are."""
    settings = resources().settings
    return page.show(
        "signin.html",
        status=status,
        passkeys=passkeys.party() is not None,
        sso=(settings.sso_label or _default_label()) if settings.sso_issuer else None,
        onward=request.args.get("next"),
        **values,
    )


def _default_label() -> str:
    return language.gettext("Sign in with your organisation's account")


def _second_form(member: Member, *, status: int = 200, **values: Any) -> AnyResponse:
    ours = passkeys.party()
    return page.show(
        "security/second.html",
        status=status,
        has_app=second_factor.totp(connection(), resources().ring, member.id) is not None,
        passkey=passkeys.question(ours, of=member.id) if ours is not None else None,
        **values,
    )


def _note_signed_in(staff_id: UUID, organisation_id: UUID, method: str, **detail: str) -> None:
    proofs.note(staff_id, organisation_id, "staff.signed_in", method=method, **detail)


def _note_failure(outcome: Refused) -> None:
    """Note a wrong password in the audit of the account it was tried on. Of an address of nobody there is no line."""
    account = outcome.account
    if account is not None and account.id is not None and account.organisation_id is not None:
        proofs.note(account.id, account.organisation_id, "staff.sign_in_failed")


def _set_password(token: str) -> str | None:
    """Use the link up; returns the code of a fault, or None."""
    form = request.form
    if form.get("password", "") != form.get("again", ""):
        return "different"
    try:
        done = accounts.welcome(
            connection(),
            resources().ring,
            token,
            password=form.get("password", ""),
            email=form.get("email"),
            name=form.get("name"),
            now=clock.now(),
        )
    except (UnfitPassword, UnfitEmail) as error:
        return error.code
    return None if done else abort(404)
