"""Proofs of who somebody is, each guess counted and each noted: a password, a code, a passkey."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import after_this_request, g, request

from gateway import clock
from gateway.services import audit, second_factor, sign_in, staff, throttle
from gateway.services.passkeys import Passkey
from gateway.services.sign_in import Member
from gateway.web import devices, gate, passkeys, security
from gateway.web.resources import connection, resources, within

PASSWORD, PASSKEY = sign_in.PASSWORD, sign_in.PASSKEY
FIELDS = ("confirm_passkey", "confirm_code", "confirm_password")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a proof is worth. `how`: by what it was proven; None: not at all. `until`: no more tries before."""

    how: str | None = None
    until: datetime | None = None


def of(member: Member, *, password: bool) -> Verdict:
    """Check what this form offers: a passkey's answer, a code, or, where `password` is allowed, a password."""
    form = request.form
    if form.get("confirm_passkey"):
        return _by_passkey(member, form["confirm_passkey"])
    if form.get("confirm_code"):
        return _by_code(member, form["confirm_code"])
    if password and form.get("confirm_password"):
        return _by_password(member, form["confirm_password"])
    return Verdict()


def offered() -> bool:
    """Say whether this form offers a proof at all."""
    return any(request.form.get(name) for name in FIELDS)


def rise(member: Member, *, passed: bool) -> None:
    """Note in the session that its holder proved who they are, under a new secret. `passed`: by a second factor."""
    secret = sign_in.rise(connection(), member.standing.id, passed=passed, now=clock.now())
    give(secret)


def give(secret: str) -> None:
    """Hand a session's secret to the browser with this response, and look anew at how far the session has come."""

    @after_this_request
    def cookie(response: Any) -> Any:
        gate.give_cookie(response, secret)
        return response

    g.given_secret = secret
    g.holder = sign_in.holder(connection(), resources().ring, secret, now=clock.now())
    g.pop("member", None)


def device() -> str:
    """Return on what this request was made, roughly."""
    return devices.label(request.headers.get("User-Agent", ""))


def note(staff_id: UUID, organisation_id: UUID, action: str, **detail: Any) -> None:
    """Write into the audit what somebody did with an account, also while they are a stranger to the gate."""
    with within(organisation_id):
        audit.record(
            connection(),
            resources().ring,
            organisation_id=organisation_id,
            actor=str(staff_id),
            action=action,
            object=f"staff {staff_id}",
            detail=detail or None,
            now=clock.now(),
        )


def _by_password(member: Member, password: str) -> Verdict:
    ring = resources().ring
    key = staff.index(ring, staff.email_of(connection(), ring, member.id))
    account = sign_in.account_of(connection(), member.id)
    return _counted(key, lambda: PASSWORD if security.password_is_right(account, password) else None)


def _by_code(member: Member, code: str) -> Verdict:
    key = second_factor.throttle_key(resources().ring, member.id)
    return _counted(key, lambda: security.code_is_right(member.id, code))


def _by_passkey(member: Member, credential: str) -> Verdict:
    ours = passkeys.party()
    found: Passkey | None = passkeys.proven(ours, credential, of=member.id) if ours is not None else None
    return Verdict(PASSKEY if found is not None else None)


def _counted(key: bytes, check: Callable[[], str | None]) -> Verdict:
    """Check a guess, unless guessing rests; a wrong one is counted."""
    now = clock.now()
    blocked = throttle.blocked_until(connection(), key, now=now)
    if blocked is not None:
        return Verdict(until=blocked)
    how = check()
    if how is None:
        return Verdict(until=throttle.failed(connection(), key, now=now))
    throttle.forget(connection(), key)
    return Verdict(how)
