"""Single sign-on against a real small provider: the whole flow, and each thing that a provider could say wrong."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.app import create_pages
from gateway.fakes.oidc import Person as Account
from gateway.fakes.oidc import Provider, running
from gateway.models.staff import Role
from gateway.services import staff
from gateway.settings import Settings
from gateway.web import resources, sso
from tests.integration.operation import Operation
from tests.integration.web.people import totp
from tests.integration.web.visitors import Visitor, account

CLIENT, SECRET = "paigham-test", "a secret of the client"
PAGES = "http://localhost"
BACK = f"{PAGES}/signin/sso/back"


@dataclass
class Scene:
    """The pages and a provider that knows some people."""

    app: Flask
    provider: Provider
    operation: Operation
    browsers: list[Visitor] = field(default_factory=list)

    def browser(self) -> Visitor:
        return Visitor(self.app.test_client())

    def invite(self, sub: str, role: Role = Role.COMMUNITY_STAFF) -> UUID:
        return account(self.operation, role, email=self.provider._by_sub[sub].email)

    def go(self, browser: Visitor, sub: str, *, path: str = "/signin/sso") -> str:
        """Go to the provider and choose who one is; gives the address that the provider sends the browser to."""
        sent = browser.get(path)
        assert sent.status_code == 302, sent.text
        answer = httpx.post(sent.headers["Location"], data={"sub": sub})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].removeprefix(PAGES)

    def enter(self, browser: Visitor, sub: str, *, path: str = "/signin/sso") -> TestResponse:
        return browser.get(self.go(browser, sub, path=path))


def person(sub: str, **more: Any) -> Account:
    return Account(sub, f"{sub}@agency.example", sub.title(), **more)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    people = [
        *(
            person(sub)
            for sub in ("amina", "bilal", "chaman", "dawood", "esa", "farah", "gul", "hina", "imran")
        ),
        person("jamila", amr=("pwd", "mfa")),
        person("kamran", email_verified=False),
        Account("laila", "laila@elsewhere.example"),
        Account("thief", "imran@agency.example"),
        person("unknown"),
    ]
    made = Provider(people, CLIENT, SECRET, frozenset({BACK}))
    with running(made):
        yield made


@pytest.fixture
def scene(
    provider: Provider, settings: Settings, operation: Operation, request: pytest.FixtureRequest
) -> Iterator[Scene]:
    changes = getattr(request, "param", {})
    ours = replace(
        settings,
        pages_url=PAGES,
        sso_issuer=provider.issuer,
        sso_client_id=CLIENT,
        sso_client_secret=SECRET,
        sso_label="Sign in with Example Agency",
        **changes,
    )
    app = create_pages(ours)
    provider.strange = {}
    yield Scene(app, provider, operation)
    resources.of(app).engine.dispose()
    resources.of(app).waker.redis.close()


def is_in(browser: Visitor) -> bool:
    return browser.get("/").status_code == 200


# --- The way in


def test_somebody_who_was_invited_comes_in_with_the_account_of_their_organisation(scene: Scene) -> None:
    invited = scene.invite("amina")
    browser = scene.browser()
    assert "Sign in with Example Agency" in browser.get("/signin").text
    entered = scene.enter(browser, "amina", path="/signin/sso?next=/contacts")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/contacts")
    assert is_in(browser)
    assert "With your organisation" in browser.get("/me/sessions").text
    actions = scene.operation.rows(
        "SELECT action FROM audit WHERE object = %s ORDER BY seq", f"staff {invited}"
    )
    assert [row[0] for row in actions] == ["staff.sso_linked", "staff.signed_in"]
    again = scene.browser()
    assert scene.enter(again, "amina").status_code == 303
    assert is_in(again)


def test_what_goes_to_the_provider_holds_state_nonce_and_pkce_and_nothing_of_a_person(scene: Scene) -> None:
    asked = urlsplit(scene.browser().get("/signin/sso?next=/contacts").headers["Location"])
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert f"{asked.scheme}://{asked.netloc}" == scene.provider.issuer
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == BACK
    assert len(query["state"]) >= 20
    assert len(query["nonce"]) >= 20
    assert "contacts" not in asked.query
    other = parse_qs(urlsplit(scene.browser().get("/signin/sso").headers["Location"]).query)
    assert other["state"] != [query["state"]]
    assert other["nonce"] != [query["nonce"]]


def test_nobody_comes_in_whom_nobody_invited(scene: Scene) -> None:
    browser = scene.browser()
    refused = scene.enter(browser, "unknown")
    assert refused.status_code == 401
    assert "unknown@agency.example" not in refused.text
    assert not is_in(browser)


def test_an_address_that_went_to_somebody_else_leads_nowhere(scene: Scene) -> None:
    scene.invite("imran")
    assert scene.enter(scene.browser(), "imran").status_code == 303
    browser = scene.browser()
    assert scene.enter(browser, "thief").status_code == 401
    assert not is_in(browser)


def test_an_address_that_the_provider_did_not_verify_is_worth_nothing(scene: Scene) -> None:
    scene.invite("kamran")
    browser = scene.browser()
    assert scene.enter(browser, "kamran").status_code == 401
    assert not is_in(browser)


def test_a_closed_account_stays_closed(scene: Scene) -> None:
    invited = scene.invite("bilal")
    scene.enter(scene.browser(), "bilal")
    with scene.operation.connect() as connection:
        connection.execute("UPDATE staff SET active = false WHERE id = %s", [invited])
        connection.commit()
    assert scene.enter(scene.browser(), "bilal").status_code == 401


@pytest.mark.parametrize("scene", [{"sso_domains": "agency.example, other.example"}], indirect=True)
def test_only_addresses_of_named_domains_come_in(scene: Scene) -> None:
    scene.invite("laila")
    assert scene.enter(scene.browser(), "laila").status_code == 401
    scene.invite("gul")
    assert scene.enter(scene.browser(), "gul").status_code == 303


@pytest.mark.parametrize("scene", [{"sso_domains": "agency.example", "sso_create": True}], indirect=True)
def test_where_it_is_allowed_others_of_the_domain_get_an_account_that_sees_counts_only(scene: Scene) -> None:
    browser = scene.browser()
    assert scene.enter(browser, "hina").status_code == 303
    assert is_in(browser)
    assert browser.get("/contacts").status_code == 404
    assert "Viewer of counts" in browser.get("/me/security").text
    assert scene.enter(scene.browser(), "laila").status_code == 401
    twice = scene.browser()
    assert scene.enter(twice, "hina").status_code == 303
    made = scene.operation.rows(
        "SELECT count(*) FROM staff WHERE role = 'viewer_aggregate' AND sso_index IS NOT NULL"
    )
    assert made == [(1,)]


# --- Second factors


def test_where_the_provider_saw_two_factors_we_ask_for_none(scene: Scene) -> None:
    scene.invite("jamila", Role.PROTECTION_REVIEWER)
    browser = scene.browser()
    scene.enter(browser, "jamila")
    assert is_in(browser)


def test_where_the_provider_saw_a_password_only_ours_is_set_up_and_asked(scene: Scene) -> None:
    from tests.integration.web.people import KEY

    scene.invite("chaman", Role.PROTECTION_REVIEWER)
    browser = scene.browser()
    scene.enter(browser, "chaman")
    assert browser.get("/").headers["Location"] == "/me/security/start"
    shown = KEY.search(browser.get("/me/security/app").text)
    assert shown is not None
    browser.post("/me/security/app", code=totp(shown[1], time.time() - 30))
    assert is_in(browser)
    again = scene.browser()
    assert scene.enter(again, "chaman").headers["Location"] == "/signin/second"
    assert again.post("/signin/second", confirm_code=totp(shown[1], time.time())).status_code == 303
    assert is_in(again)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"amr": ["mfa"]}, True),
        ({"acr": "https://refeds.org/profile/mfa"}, True),
        ({"acr": "phrh"}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": "mfa"}, False),
        ({"acr": "urn:mace:incommon:iap:silver"}, False),
        ({"acr": 1}, False),
        ({}, False),
    ],
)
def test_what_counts_as_two_factors(claims: dict[str, Any], *, expected: bool) -> None:
    assert sso.several_factors(claims) is expected


def test_somebody_without_a_password_proves_themselves_again_at_the_provider(scene: Scene) -> None:
    invited = scene.invite("dawood")
    browser = scene.browser()
    scene.enter(browser, "dawood")
    with scene.operation.connect() as connection:
        connection.execute(
            "UPDATE staff_session SET fresh_at = now() - interval '11 minutes' WHERE staff_id = %s", [invited]
        )
        connection.commit()
    asked = browser.get("/me/confirm?next=/me/security/app").text
    assert "/signin/sso?next=/me/security/app&amp;again=1" in asked
    assert "confirm_password" not in asked
    path = "/signin/sso?next=/me/security/app&again=1"
    sent = parse_qs(urlsplit(browser.get(path).headers["Location"]).query)
    assert (sent["prompt"], sent["max_age"]) == (["login"], ["0"])
    # Somebody else's word is worth nothing here, and neither is one from this morning.
    assert scene.enter(browser, "amina", path=path).status_code == 401
    scene.provider.strange = {"claims": lambda claims: {**claims, "auth_time": int(time.time()) - 3600}}
    assert scene.enter(browser, "dawood", path=path).status_code == 401
    assert browser.get("/me/security/app").status_code == 303
    scene.provider.strange = {}
    assert scene.enter(browser, "dawood", path=path).headers["Location"] == "/me/security/app"
    assert browser.get("/me/security/app").status_code == 200


# --- What must not be taken


def unsigned(said: Any) -> Any:
    return {**said, "alg": "none"}


def hmac_with_the_public_key(said: Any) -> Any:
    return {**said, "alg": "HS256"}


STRANGE: dict[str, dict[str, Callable[[Any], Any]]] = {
    "another nonce": {"claims": lambda said: {**said, "nonce": "another"}},
    "no nonce": {"claims": lambda said: {name: value for name, value in said.items() if name != "nonce"}},
    "another issuer": {"claims": lambda said: {**said, "iss": "https://evil.example"}},
    "another audience": {"claims": lambda said: {**said, "aud": "somebody-else"}},
    "several audiences, for somebody else": {
        "claims": lambda said: {**said, "aud": [CLIENT, "other"], "azp": "other"}
    },
    "over": {"claims": lambda said: {**said, "exp": int(time.time()) - 3600}},
    "from the future": {"claims": lambda said: {**said, "iat": int(time.time()) + 3600}},
    "no subject": {"claims": lambda said: {**said, "sub": ""}},
    "verified as a word": {"claims": lambda said: {**said, "email_verified": "true"}},
    "no address": {"claims": lambda said: {**said, "email": None}},
    "a torn signature": {"signature": lambda said: bytes(len(said))},
    "unsigned": {"header": unsigned, "signature": lambda _said: b""},
    "an HMAC": {"header": hmac_with_the_public_key},
    "no ID token": {
        "token": lambda said: {name: value for name, value in said.items() if name != "id_token"}
    },
    "nonsense": {"token": lambda said: {**said, "id_token": "a.b.c"}},
    "another state": {"back": lambda said: {**said, "state": "another"}},
    "another code": {"back": lambda said: {**said, "code": "another"}},
    "an error": {"back": lambda said: {"error": "access_denied", "state": said["state"]}},
}


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_a_provider_that_says_one_thing_wrong_lets_nobody_in(
    strange: dict[str, Callable[[Any], Any]], scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    if scene.operation.rows("SELECT 1 FROM staff WHERE email_index = %s", _index(scene, "esa")) == []:
        scene.invite("esa", Role.COMMUNITY_STAFF)
    browser = scene.browser()
    scene.provider.strange = strange
    assert scene.enter(browser, "esa").status_code == 401
    assert not is_in(browser)
    scene.provider.strange = {}
    assert "esa@agency.example" not in capsys.readouterr().err
    assert scene.enter(browser, "esa").status_code == 303, "only that was wrong"


def _index(scene: Scene, sub: str) -> bytes:
    return staff.index(scene.operation.ring, f"{sub}@agency.example")


def test_an_answer_works_once_and_only_in_the_browser_that_asked(scene: Scene) -> None:
    scene.invite("farah")
    browser, thief = scene.browser(), scene.browser()
    thief.get("/signin/sso")
    back = scene.go(browser, "farah")
    assert thief.get(back).status_code == 401
    assert browser.get(back).status_code == 303
    browser.post("/signout")
    assert browser.get(back).status_code == 401
    assert not is_in(browser)


@pytest.mark.parametrize(
    "strange",
    [
        lambda said: {**said, "issuer": "https://evil.example"},
        lambda said: {**said, "token_endpoint": "http://169.254.169.254/latest"},
        lambda said: {**said, "jwks_uri": "https://evil.example/keys"},
        lambda said: {**said, "authorization_endpoint": "https://evil.example/authorize"},
        lambda said: {**said, "token_endpoint": None},
    ],
    ids=["issuer", "token", "keys", "authorize", "none"],
)
def test_a_description_that_points_elsewhere_is_not_followed(
    strange: Callable[[Any], Any], scene: Scene
) -> None:
    browser = scene.browser()
    scene.provider.strange = {"metadata": strange}
    assert browser.get("/signin/sso").status_code == 401
    scene.provider.strange = {}
    assert browser.get("/signin/sso").status_code == 302, "and the next look finds it mended"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://id.example.org/token", True),
        ("https://id.example.org:443/token", False),
        ("http://id.example.org/token", False),
        ("https://id.example.org.evil.example/token", False),
        ("https://id.example.org@evil.example/token", False),
        ("//id.example.org/token", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_the_issuers_own_addresses_are_asked(url: str, *, expected: bool) -> None:
    assert sso.is_of("https://id.example.org/realms/one", url) is expected


def test_a_provider_that_does_not_answer_is_said_in_words(settings: Settings) -> None:
    dead = replace(settings, sso_issuer="http://127.0.0.1:9", sso_client_id=CLIENT, sso_client_secret=SECRET)
    made = create_pages(dead)
    refused = made.test_client().get("/signin/sso")
    assert refused.status_code == 401
    assert "did not work" in refused.text
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


def test_without_a_provider_there_is_no_door_for_it(app: Flask, stranger: Visitor) -> None:
    assert stranger.get("/signin/sso").status_code == 404
    assert stranger.get("/signin/sso/back?code=x&state=y").status_code == 404
    assert "/signin/sso" not in stranger.get("/signin").text
