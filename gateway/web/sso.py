"""Signing in with an organisation's own account, by OpenID Connect.

Authlib speaks the protocol: discovery, PKCE, state, nonce, the signature and the claims. Here stand whom we ask (the
provider of the settings and no other host, without following redirects) and what its word is worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_client import FlaskOAuth2App, OAuth  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from flask import Flask, abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway import clock, log
from gateway.errors import InvalidRequest
from gateway.services import sign_in, sso
from gateway.services.sign_in import SignedIn
from gateway.services.sso import Vouched
from gateway.web import gate, proofs, signin, tickets
from gateway.web.access import open_to_all
from gateway.web.blueprint import staff
from gateway.web.limits import limited
from gateway.web.resources import connection, of, resources
from gateway.web.words import N_

NAME, EXTENSION = "sso", "paigham.sso"
PATIENCE = 5  # seconds that the provider has for each answer
LEEWAY = 60  # seconds that its clock may differ from ours
JUST_NOW = timedelta(minutes=2)  # how long ago somebody proved themselves who was asked to do it again
DISCOVERY = "/.well-known/openid-configuration"
SIGNATURES = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})

# What providers call a sign-in with more than one factor.
MULTIPLE = "mfa"  # RFC 8176, in `amr`
LEVELS = frozenset(
    {
        "https://refeds.org/profile/mfa",
        "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
        "phrh",  # OpenID Connect EAP: phishing-resistant, hardware-protected
        "mfa",
    }
)

REFUSED = N_("Signing in there did not work, or nobody invited you here. Ask your administrator.")

logger = log.get(__name__)


class StrangeProvider(InvalidRequest):
    """The provider, or whoever poses as it, said something that we do not take. `code` says what."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Line(OAuth2Session):  # type: ignore[misc]
    """Requests to the provider of the settings alone."""

    def __init__(self, **kwargs: Any) -> None:
        self._issuer = kwargs.pop("our_issuer")
        super().__init__(**kwargs)
        self.trust_env = False  # No proxies, and no passwords from files, that nobody here knows of.

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        """Ask, unless the address is another host's."""
        if not is_of(self._issuer, url):
            raise StrangeProvider("another_host")
        kwargs |= {"allow_redirects": False, "timeout": PATIENCE}
        answer = super().request(method, url, **kwargs)
        if answer.is_redirect:
            raise StrangeProvider("redirect")
        return answer


class Provider(FlaskOAuth2App):  # type: ignore[misc]
    """The provider, known by what it publishes once that fits the settings."""

    client_cls = Line

    def load_server_metadata(self) -> Mapping[str, Any]:
        """Read what it publishes, once, and refuse what does not belong to the issuer of the settings."""
        issuer = self.client_kwargs["our_issuer"]
        metadata: dict[str, Any] = super().load_server_metadata()
        ends = [metadata.get(f"{name}_endpoint") for name in ("authorization", "token")]
        if metadata.get("issuer") != issuer or not all(
            isinstance(end, str) and is_of(issuer, end) for end in [*ends, metadata.get("jwks_uri")]
        ):
            self.server_metadata: dict[str, Any] = {}
            raise StrangeProvider("metadata")
        listed = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = sorted(SIGNATURES.intersection(listed))
        return metadata


class Memory:
    """Where Authlib keeps what it must know again when somebody comes back: a ticket that is taken once."""

    def get(self, key: str) -> str | None:
        """Take what stands there."""
        state = tickets.take(key)
        return state["value"] if state is not None else None

    def set(self, key: str, value: str, _seconds: int) -> None:
        """Keep it for ten minutes."""
        tickets.put(key, {"value": value})

    def delete(self, key: str) -> None:
        """Forget it."""
        tickets.take(key)


def install(app: Flask) -> None:
    """Know the provider, where the settings name one. Nothing is asked before somebody wants to sign in."""
    settings = of(app).settings
    oauth = OAuth(app, cache=Memory())
    oauth.oauth2_client_cls = Provider
    if settings.sso_issuer:
        app.extensions[EXTENSION] = oauth.register(
            NAME,
            client_id=settings.sso_client_id,
            client_secret=settings.sso_client_secret,
            server_metadata_url=settings.sso_issuer.rstrip("/") + DISCOVERY,
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "our_issuer": settings.sso_issuer,
            },
        )


@staff.get("/signin/sso")
@open_to_all
@limited("door")
def sign_in_by_sso() -> AnyResponse:
    """Send somebody to the provider. `again`: to prove themselves anew before something sensitive."""
    provider = _provider()
    again = "again" in request.args and gate.member() is not None
    tickets.put(NAME, {"next": request.args.get("next"), "again": again})
    more = {"prompt": "login", "max_age": 0} if again else {}
    back = resources().settings.pages_url.rstrip("/") + url_for("staff.back_from_sso")
    try:
        answer: AnyResponse = provider.authorize_redirect(back, **more)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a provider: nobody gets in by it
        return _refuse(error)
    return answer


@staff.get("/signin/sso/back")
@open_to_all
@limited("door")
def back_from_sso() -> AnyResponse:
    """Let somebody in for whom the provider vouches."""
    provider, wish = _provider(), tickets.take(NAME) or {}
    try:
        token = provider.authorize_access_token(leeway=LEEWAY, claims_options=_expected())
        claims = token.get("userinfo") or {}
        who = vouched(claims, domains=_domains())
    except Exception as error:  # noqa: BLE001 - whatever is wrong with an answer: nobody gets in by it
        return _refuse(error)
    onward = gate.inside(wish.get("next"))
    return _prove_again(who, claims, onward) if wish.get("again") else _let_in(who, claims, onward)


def vouched(claims: Mapping[str, Any], *, domains: frozenset[str]) -> Vouched:
    """Return whom claims speak of, when they speak clearly.

    Raises:
        StrangeProvider: no subject, no verified address, or one of a domain that may not come.
    """
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not subject:
        raise StrangeProvider("no_subject")
    if not isinstance(email, str) or claims.get("email_verified") is not True:
        raise StrangeProvider("no_verified_address")
    local, _, domain = email.strip().casefold().rpartition("@")
    if not local or (domains and domain not in domains):
        raise StrangeProvider("another_domain")
    name = claims.get("name")
    return Vouched(str(claims["iss"]), subject, email, name if isinstance(name, str) else "")


def several_factors(claims: Mapping[str, Any]) -> bool:
    """Say whether the provider saw more than one factor."""
    methods = claims.get("amr")
    return (isinstance(methods, list) and MULTIPLE in methods) or claims.get("acr") in LEVELS


def is_of(issuer: str, url: str) -> bool:
    """Say whether an address is of the issuer's own scheme, host and port."""
    ours, asked = urlsplit(issuer), urlsplit(url)
    return (ours.scheme, ours.netloc) == (asked.scheme, asked.netloc)


def _let_in(who: Vouched, claims: Mapping[str, Any], onward: str) -> AnyResponse:
    create = resources().settings.sso_create and bool(_domains())
    found = sso.find(connection(), resources().ring, who, create=create)
    if found is None:
        return _refuse(StrangeProvider("nobody_of_ours"))
    if found.how != "known":
        proofs.note(found.staff_id, found.organisation_id, f"staff.sso_{found.how}")
    secret = sign_in.open_session(
        connection(),
        found.staff_id,
        method=sign_in.SSO,
        device=proofs.device(),
        passed=several_factors(claims),
        now=clock.now(),
    )
    return signin.let_in(SignedIn(found.staff_id, found.organisation_id, secret), onward, method=sign_in.SSO)


def _prove_again(who: Vouched, claims: Mapping[str, Any], onward: str) -> AnyResponse:
    """Take the provider's word that it asked just now, for the same person."""
    member, at = gate.member(), claims.get("auth_time")
    asked = isinstance(at, int) and clock.now() - datetime.fromtimestamp(at, UTC) <= JUST_NOW
    if member is None or not asked or sso.owner(connection(), resources().ring, who) != member.id:
        return _refuse(StrangeProvider("not_proven_again"))
    proofs.rise(member, passed=several_factors(claims))
    proofs.note(member.id, member.organisation_id, "staff.confirmed", how=sign_in.SSO)
    return redirect(onward, 303)


def _refuse(error: Exception) -> AnyResponse:
    """Say that it did not work, and nothing else; the log has what was wrong, without what the provider sent."""
    code = error.code if isinstance(error, StrangeProvider) else type(error).__name__
    logger.warning("sso_refused", reason=code)
    return signin.form(status=401, wrong=REFUSED)


def _expected() -> dict[str, Any]:
    settings = resources().settings
    return {
        "iss": {"essential": True, "value": settings.sso_issuer},
        "aud": {"essential": True, "value": settings.sso_client_id},
        "nonce": {"essential": True},
    }


def _provider() -> Provider:
    found: Provider | None = current_app.extensions.get(EXTENSION)
    if found is None:
        abort(404)
    return found


def _domains() -> frozenset[str]:
    listed = resources().settings.sso_domains.casefold().split(",")
    return frozenset(part.strip() for part in listed if part.strip())
