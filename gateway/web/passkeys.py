"""Passkeys by WebAuthn: what a browser is asked, and whether what it answers proves anything.

The challenge waits in a ticket, so each works once. The library's forms would read our name from the Host header; here
it comes from the settings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from flask import request
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway import clock
from gateway.services import passkeys, staff
from gateway.services.passkeys import Passkey
from gateway.services.sign_in import Member
from gateway.settings import on_this_machine
from gateway.web import tickets
from gateway.web.resources import connection, resources
from gateway.web.security import ISSUER

NEW, PROOF = "passkey_new", "passkey_proof"  # kinds of tickets
LONGEST_NAME = 60
MOST = 10  # passkeys of one account


@dataclass(frozen=True, slots=True)
class Party:
    """Who we are to browsers: a passkey works for this name only."""

    id: str
    origin: str


def party() -> Party | None:
    """Return who we are at the address that this request came to; None where there can be no passkeys.

    Browsers know no passkeys for bare IP addresses, nor for addresses that are not ours.
    """
    ours, asked = urlsplit(resources().settings.pages_url), urlsplit(f"//{request.host}")
    name = asked.hostname or ""
    if name == ours.hostname and not _is_ip(name):
        return Party(name, f"{ours.scheme}://{ours.netloc}")
    if name == "localhost" and on_this_machine(resources().settings.pages_url):
        return Party(name, f"{request.scheme}://{request.host}")
    return None


def invitation(member: Member, ours: Party) -> str:
    """Return, as JSON, what a browser needs to make a new passkey."""
    known = passkeys.of(connection(), resources().ring, member.id)
    options = webauthn.generate_registration_options(
        rp_id=ours.id,
        rp_name=ISSUER,
        user_id=member.id.bytes,
        user_name=staff.email_of(connection(), resources().ring, member.id),
        user_display_name=member.name,
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    tickets.put(NEW, {"challenge": bytes_to_base64url(options.challenge)})
    return webauthn.options_to_json(options)


def register(member: Member, ours: Party, *, credential: str, name: str) -> bool:
    """Keep a new passkey when the browser's answer fits what it was asked."""
    state = tickets.take(NEW)
    if state is None or len(passkeys.of(connection(), resources().ring, member.id)) >= MOST:
        return False
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(state["challenge"]),
            expected_rp_id=ours.id,
            expected_origin=ours.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    return passkeys.add(
        connection(),
        resources().ring,
        member.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name.strip()[:LONGEST_NAME] or "–",
    )


def question(ours: Party, *, of: UUID | None = None) -> str | None:
    """Return, as JSON, what a browser needs to prove a passkey; None when the account has none.

    `of` None: of anybody. The passkey then says whose it is, and must ask for its owner (a finger, a PIN).
    """
    known = passkeys.of(connection(), resources().ring, of) if of is not None else []
    if of is not None and not known:
        return None
    options = webauthn.generate_authentication_options(
        rp_id=ours.id,
        allow_credentials=_descriptors(known) or None,
        user_verification=(
            UserVerificationRequirement.REQUIRED if of is None else UserVerificationRequirement.PREFERRED
        ),
    )
    tickets.put(PROOF, {"challenge": bytes_to_base64url(options.challenge)})
    return webauthn.options_to_json(options)


def proven(ours: Party, credential: str, *, of: UUID | None = None) -> Passkey | None:
    """Return the passkey that an answer proves; None when it proves nothing. Each question is answered once."""
    state = tickets.take(PROOF)
    found = _named(credential)
    if state is None or found is None or (of is not None and found.staff_id != of):
        return None
    try:
        proof = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(state["challenge"]),
            expected_rp_id=ours.id,
            expected_origin=ours.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=of is None,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    passkeys.used(connection(), found.id, sign_count=proof.new_sign_count, now=clock.now())
    return found


def _named(credential: str) -> Passkey | None:
    """Return the passkey that an answer says it comes from."""
    try:
        answer: Any = json.loads(credential)
        raw_id = base64url_to_bytes(answer["rawId"])
        handle = (answer.get("response") or {}).get("userHandle")
        owner = base64url_to_bytes(handle) if handle else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    found = passkeys.find(connection(), resources().ring, raw_id)
    return found if found is not None and owner in {None, found.staff_id.bytes} else None


def _descriptors(known: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one.credential_id) for one in known]


def _is_ip(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
