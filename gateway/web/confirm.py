"""Asking once more who this is before something sensitive, and going on with it as it was meant."""

from __future__ import annotations

from flask import abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock
from gateway.services import second_factor, sign_in
from gateway.web import gate, page, passkeys, proofs
from gateway.web.access import Action, Object, needs, while_setting_up
from gateway.web.blueprint import staff
from gateway.web.limits import limited
from gateway.web.resources import connection, resources
from gateway.web.words import N_

WRONG = N_("That was not right. Nothing was done yet.")
OURS = frozenset({gate.FORM_FIELD, *proofs.FIELDS})


def guard() -> AnyResponse | None:
    """Ask before a view that is marked with `gate.fresh`."""
    view = current_app.view_functions[request.endpoint or ""]
    return ask() if getattr(view, "wants_fresh", False) else None


def ask() -> AnyResponse | None:
    """Return the page that asks who this is; None when it is known, or proven by this very request.

    What a form held is carried along, and sent again with the proof: it is lost only if it held a file.
    """
    if gate.me().standing.fresh(clock.now()):
        return None
    if request.method != "POST":
        return redirect(url_for("staff.confirm", next=request.full_path.rstrip("?")), 303)
    verdict = _verdict() if proofs.offered() else proofs.Verdict()
    if verdict.how is not None:
        return None
    carried = [(name, value) for name, value in request.form.items(multi=True) if name not in OURS]
    return _page(verdict, action=request.full_path.rstrip("?"), carried=carried, tried=proofs.offered())


@staff.route("/me/confirm", methods=["GET", "POST"])
@needs(Object.SELF, Action.CHANGE)
@while_setting_up
@limited("step_up")
def confirm() -> AnyResponse:
    """Ask who this is, and lead back to the page that wanted to know."""
    onward = gate.inside(request.args.get("next"))
    if request.method != "POST":
        return _page(proofs.Verdict(), action=request.full_path.rstrip("?"), carried=[], tried=False)
    verdict = _verdict()
    if verdict.how is not None:
        return redirect(onward, 303)
    return _page(verdict, action=request.full_path.rstrip("?"), carried=[], tried=True)


def _verdict() -> proofs.Verdict:
    member = gate.me()
    verdict = proofs.of(member, password=True)
    if verdict.how is None:
        proofs.note(member.id, member.organisation_id, "staff.confirmation_failed")
        return verdict
    proofs.rise(member, passed=verdict.how != proofs.PASSWORD)
    proofs.note(member.id, member.organisation_id, "staff.confirmed", how=verdict.how)
    return verdict


def _page(
    verdict: proofs.Verdict, *, action: str, carried: list[tuple[str, str]], tried: bool
) -> AnyResponse:
    member, ours = gate.member(), passkeys.party()
    if member is None:
        abort(404)
    return page.show(
        "security/confirm.html",
        status=403 if request.method == "POST" else 200,
        action=action,
        carried=carried,
        wrong=WRONG if tried else None,
        blocked_until=verdict.until,
        has_password=sign_in.account_of(connection(), member.id).password_hash is not None,
        has_app=second_factor.totp(connection(), resources().ring, member.id) is not None,
        passkey=passkeys.question(ours, of=member.id) if ours is not None else None,
        sso=resources().settings.sso_issuer and member.standing.method == sign_in.SSO,
    )
