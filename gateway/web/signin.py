"""Coming and going: signing in and out, the first password, the language of the pages."""

from __future__ import annotations

from flask import abort, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import audit
from gateway.services import sign_in as sessions
from gateway.services import staff as accounts
from gateway.services.sign_in import SignedIn
from gateway.services.staff import UnfitEmail, UnfitPassword
from gateway.web import gate, language, page
from gateway.web.access import Action, Object, needs, open_to_all
from gateway.web.blueprint import staff
from gateway.web.resources import connection, resources, undo
from gateway.web.words import N_

WELCOME_COOKIE = "paigham_welcome"
WELCOME_LASTS = 3600  # seconds

WRONG = N_("The e-mail address or the password is wrong.")
FAULTS = {
    "too_short": N_("Use at least 12 characters. A few words in a row are good."),
    "too_long": N_("Use at most 256 characters."),
    "too_easy": N_("This password is too easy to guess."),
    "different": N_("The two passwords are not the same."),
    "unfit_email": N_("This e-mail address cannot be used."),
}


@staff.route("/signin", methods=["GET", "POST"])
@open_to_all
def sign_in() -> AnyResponse:
    """Show the form, or let somebody in."""
    onward = gate.inside(request.args.get("next"))
    if request.method != "POST":
        return redirect(onward) if gate.member() else page.show("signin.html")
    email = request.form.get("email", "")
    outcome = sessions.attempt(
        connection(),
        resources().ring,
        email=email,
        password=request.form.get("password", ""),
        now=clock.now(),
    )
    if isinstance(outcome, SignedIn):
        return _let_in(outcome, onward)
    return page.show("signin.html", status=401, email=email, wrong=WRONG, blocked_until=outcome.until)


@staff.post("/signout")
@needs(Object.SELF, Action.CHANGE)
def sign_out() -> AnyResponse:
    """End this session."""
    sessions.leave(connection(), request.cookies.get(gate.cookie_name(), ""))
    page.note("staff.signed_out", f"staff {gate.me().id}")
    session.clear()
    answer = redirect(url_for("staff.sign_in"), 303)
    gate.take_cookie(answer)
    return answer


@staff.get("/welcome/<token>")
@open_to_all
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
    secret = sessions.open_session(connection(), guest.staff_id, now=clock.now())
    outcome = SignedIn(guest.staff_id, guest.organisation_id, secret)
    _note(outcome, "staff.password_set")
    answer = _let_in(outcome, url_for("staff.overview"))
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


def _let_in(outcome: SignedIn, onward: str) -> AnyResponse:
    session.clear()  # Forms that were loaded before belong to a stranger.
    _note(outcome, "staff.signed_in")
    answer = redirect(onward, 303)
    gate.give_cookie(answer, outcome.secret)
    return answer


def _note(outcome: SignedIn, action: str) -> None:
    """Write into the audit what somebody did who was a stranger when the request came."""
    audit.record(
        connection(),
        resources().ring,
        organisation_id=outcome.organisation_id,
        actor=str(outcome.staff_id),
        action=action,
        object=f"staff {outcome.staff_id}",
        now=clock.now(),
    )


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
