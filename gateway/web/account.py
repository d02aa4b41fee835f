"""One's own account: password, second factors, recovery codes, passkeys, and the devices that are signed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import passkeys as stored_passkeys
from gateway.services import second_factor, sign_in
from gateway.services import staff as accounts
from gateway.services.staff import UnfitPassword
from gateway.web import gate, notes, page, passkeys, proofs, qr, security, tickets
from gateway.web.access import Action, Object, needs, while_setting_up
from gateway.web.blueprint import staff
from gateway.web.limits import limited
from gateway.web.resources import connection, resources
from gateway.web.signin import FAULTS
from gateway.web.words import N_

APP = "app"  # the kind of ticket that holds an app's secret until a code proves it

WRONG_CODE = N_("That code does not fit. Look at the app for the newest one.")
WRONG_PASSKEY = N_("Your device did not give us a passkey. Try again, or choose another way.")
LAST_ONE = N_("Your role needs a second factor. Set up another one before you remove this.")


@staff.get("/me/security")
@needs(Object.SELF)
def account() -> AnyResponse:
    """Show how one signs in, and what can be changed about it."""
    return _account()


@staff.get("/me/security/start")
@needs(Object.SELF)
@while_setting_up
def start_second_factor() -> AnyResponse:
    """Explain to somebody whose role needs a second factor what that is, and let them choose one."""
    return page.show("security/start.html", forced=gate.needs_second_factor(gate.me()), **_possible())


@staff.route("/me/password", methods=["GET", "POST"])
@needs(Object.SELF, Action.CHANGE)
@gate.fresh
@limited("step_up")
def change_password() -> AnyResponse:
    """Set another password. All other sessions end."""
    if request.method != "POST":
        return page.show("security/password.html")
    member = gate.me()
    fault = _set_password(member.id)
    if fault is not None:
        return page.show("security/password.html", status=422, fault=FAULTS[fault])
    secret = sign_in.open_session(
        connection(),
        member.id,
        method=member.standing.method,
        device=proofs.device(),
        passed=member.standing.second_factor_at is not None,
        now=clock.now(),
    )
    session.clear()
    proofs.give(secret)
    notes.note("staff.password_changed", f"staff {member.id}")
    return redirect(url_for("staff.account"), 303)


# --- The authenticator app


@staff.route("/me/security/app", methods=["GET", "POST"])
@needs(Object.SELF, Action.CHANGE)
@while_setting_up
@gate.fresh
@limited("step_up")
def set_up_app() -> AnyResponse:
    """Show a new secret to an authenticator app, and keep it once a code proves that the app has it."""
    if request.method != "POST":
        return _app_form()
    state, member = tickets.look(APP), gate.me()
    counter = security.proves(state["secret"], request.form.get("code", "")) if state is not None else None
    if state is None or counter is None:
        return _app_form(status=422, wrong=WRONG_CODE)
    tickets.take(APP)
    second_factor.keep_totp(connection(), resources().ring, member.id, state["secret"], counter=counter)
    return _added("staff.app_added")


@staff.post("/me/security/app/remove")
@needs(Object.SELF, Action.CHANGE)
@gate.fresh
def remove_app() -> AnyResponse:
    """Forget the authenticator app."""
    if _is_needed():
        return _account(status=409, wrong=LAST_ONE)
    if not second_factor.drop_totp(connection(), gate.me().id):
        abort(404)
    return _removed("staff.app_removed")


@staff.post("/me/security/codes")
@needs(Object.SELF, Action.CHANGE)
@gate.fresh
def renew_codes() -> AnyResponse:
    """Make new recovery codes and show them, this once."""
    if not second_factor.has_one(connection(), gate.me().id):
        abort(404)
    return _show_codes()


# --- Passkeys


@staff.route("/me/security/passkeys", methods=["GET", "POST"])
@needs(Object.SELF, Action.CHANGE)
@while_setting_up
@gate.fresh
def add_passkey() -> AnyResponse:
    """Let a device make a passkey."""
    member, ours = gate.me(), passkeys.party()
    if ours is None:
        abort(404)
    if request.method != "POST":
        return page.show("security/passkey.html", passkey=passkeys.invitation(member, ours))
    form = request.form
    name = form.get("name", "") or proofs.device()
    if passkeys.register(member, ours, credential=form.get("credential", ""), name=name):
        return _added("staff.passkey_added")
    invitation = passkeys.invitation(member, ours)
    return page.show("security/passkey.html", status=422, passkey=invitation, wrong=WRONG_PASSKEY)


@staff.post("/me/security/passkeys/<uuid:passkey_id>/remove")
@needs(Object.SELF, Action.CHANGE)
@gate.fresh
def remove_passkey(passkey_id: UUID) -> AnyResponse:
    """Forget a passkey."""
    if _is_needed():
        return _account(status=409, wrong=LAST_ONE)
    if not stored_passkeys.remove(connection(), gate.me().id, passkey_id):
        abort(404)
    return _removed("staff.passkey_removed")


# --- Sessions


@staff.get("/me/sessions")
@needs(Object.SELF)
def own_sessions() -> AnyResponse:
    """Show where one is signed in."""
    member = gate.me()
    found = sign_in.sessions(connection(), member.id, now=clock.now())
    return page.show("security/sessions.html", sessions=found, this=member.standing.id)


@staff.post("/me/sessions/<uuid:session_id>/end")
@needs(Object.SELF, Action.CHANGE)
def end_session(session_id: UUID) -> AnyResponse:
    """Sign out one device. No proof is asked for: whoever sees a stranger's device there must not be held up."""
    member = gate.me()
    if not sign_in.end(connection(), member.id, session_id):
        abort(404)
    notes.note("staff.session_ended", f"staff {member.id}", session=str(session_id))
    return _after_ending()


@staff.post("/me/sessions/end")
@needs(Object.SELF, Action.CHANGE)
def end_sessions() -> AnyResponse:
    """Sign out everywhere, or everywhere but here."""
    member = gate.me()
    but = member.standing.id if request.form.get("but") == "this" else None
    ended = sign_in.end_all(connection(), member.id, but=but)
    notes.note("staff.sessions_ended", f"staff {member.id}", count=ended)
    return _after_ending()


def _after_ending() -> AnyResponse:
    secret = request.cookies.get(gate.cookie_name(), "")
    if sign_in.member(connection(), resources().ring, secret, now=clock.now()) is not None:
        return redirect(url_for("staff.own_sessions"), 303)
    session.clear()
    answer = redirect(url_for("staff.sign_in"), 303)
    gate.take_cookie(answer)
    return answer


# --- What the views share


def _account(*, status: int = 200, **values: Any) -> AnyResponse:
    member = gate.me()
    return page.show(
        "security/account.html",
        status=status,
        email=accounts.email_of(connection(), resources().ring, member.id),
        has_password=sign_in.account_of(connection(), member.id).password_hash is not None,
        forced=second_factor.must_have_one(member.role, resources().settings.second_factor),
        codes_left=second_factor.codes_left(connection(), member.id),
        **_possible(),
        **values,
    )


def _possible() -> dict[str, Any]:
    """Which second factors there are, and which can be added here."""
    member, ring = gate.me(), resources().ring
    return {
        "has_app": second_factor.totp(connection(), ring, member.id) is not None,
        "passkeys": stored_passkeys.of(connection(), ring, member.id),
        "can_add_passkey": passkeys.party() is not None,
    }


def _app_form(*, status: int = 200, **values: Any) -> AnyResponse:
    """Show the secret that waits for its proof; a reload shows the same one."""
    member = gate.me()
    state = tickets.look(APP)
    if state is None:
        state = {"secret": security.new_secret()}
        tickets.put(APP, state)
    email = accounts.email_of(connection(), resources().ring, member.id)
    address, key = security.shown(state["secret"], email)
    return page.show("security/app.html", status=status, picture=qr.picture(address), key=key, **values)


def _added(action: str) -> AnyResponse:
    """Go on after a factor was added: with a session that passed it, and recovery codes if there are none."""
    member = gate.me()
    proofs.rise(member, passed=True)
    if second_factor.codes_left(connection(), member.id) == 0:
        return _show_codes(also=action)
    notes.note(action, f"staff {member.id}")
    return redirect(url_for("staff.account"), 303)


def _is_needed() -> bool:
    """Say whether the only second factor that is left must stay."""
    member, possible = gate.me(), _possible()
    only = int(possible["has_app"]) + len(possible["passkeys"]) == 1
    return only and second_factor.must_have_one(member.role, resources().settings.second_factor)


def _removed(action: str) -> AnyResponse:
    member = gate.me()
    if not second_factor.has_one(connection(), member.id):
        second_factor.keep_codes(connection(), resources().ring, member.id, ())
    notes.note(action, f"staff {member.id}")
    return redirect(url_for("staff.account"), 303)


def _show_codes(*, also: str | None = None) -> AnyResponse:
    member = gate.me()
    codes = security.new_codes(member.id)
    answer = page.show("security/codes.html", codes=codes)
    if also is not None:
        notes.note(also, f"staff {member.id}")
    notes.note("staff.recovery_codes_made", f"staff {member.id}")
    return answer


def _set_password(staff_id: UUID) -> str | None:
    form = request.form
    if form.get("password", "") != form.get("again", ""):
        return "different"
    try:
        accounts.set_password(connection(), resources().ring, staff_id, form.get("password", ""))
    except UnfitPassword as error:
        return error.code
    return None
