"""Every route of both applications says who may use it, or is signed by a provider."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from gateway.app import create_pages, create_webhooks
from gateway.crypto import Keyring
from gateway.models.staff import Role
from gateway.settings import Settings
from gateway.web import access, resources
from gateway.web.access import Action, Object
from gateway.web.webhooks import door_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of servers that are not there; nothing connects before a request."""
    return Settings(
        database_url="postgresql://nobody@127.0.0.1:9/none",
        redis_url="redis://127.0.0.1:9/0",
        data=tmp_path,
        keys=Keyring.generate().to_json(),
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The internal application."""
    made = create_pages(settings)
    yield made
    resources.of(made).engine.dispose()


@pytest.fixture
def exposed(settings: Settings) -> Iterator[Flask]:
    """The application that strangers reach."""
    made = create_webhooks(settings)
    yield made
    door_of(made).close()


def test_every_route_has_an_access_rule(app: Flask) -> None:
    forgotten = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if access.rule_of(app.view_functions[rule.endpoint]) is None
    ]
    assert forgotten == []
    assert len(list(app.url_map.iter_rules())) > 15


def test_the_exposed_application_has_webhooks_and_health_and_nothing_else(exposed: Flask) -> None:
    routes = {rule.rule for rule in exposed.url_map.iter_rules()}
    assert routes == {"/in/<uuid:channel_id>/", "/in/<uuid:channel_id>/<path:path>", "/healthz", "/readyz"}
    assert exposed.secret_key is None


# What can read people, let somebody in, or show a page.
INSIDE = (
    "page",
    "gate",
    "resources",
    "signin",
    "internal",
    "staff",
    "sign_in",
    "people",
    "cases",
    "conversations",
)


def test_the_exposed_process_does_not_even_load_what_staff_use(settings: Settings) -> None:
    program = "import sys, gateway.app as app; app.webhooks(); print(*sorted(sys.modules))"
    environ = os.environ | settings.environment()
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stdout.split())
    assert "gateway.web.webhooks" in loaded
    assert not {
        name for name in loaded if name.startswith("gateway.") and name.rpartition(".")[2] in INSIDE
    } - {
        "gateway.models.staff"  # table and names of the roles
    }
    assert not loaded & {"flask_wtf", "flask_security", "authlib", "pygal"}


def test_every_rule_stands_in_the_table(app: Flask) -> None:
    rules = [access.rule_of(view) for view in app.view_functions.values()]
    asked = {(rule.object, rule.action) for rule in rules if rule is not None and rule.object is not None}
    assert asked <= set(access.TABLE)


def test_strangers_reach_only_what_signing_in_needs(app: Flask) -> None:
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if access.rule_of(app.view_functions[rule.endpoint]) == access.OPEN
    }
    assert public == {
        "/signin",
        "/signin/second",
        "/signin/passkey",
        "/signin/sso",
        "/signin/sso/back",
        "/signout",
        "/welcome",
        "/welcome/<token>",
        "/language",
        "/assets/<digest>/<name>",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/openapi.json",
    }


def test_administrators_see_no_content() -> None:
    content = {
        Object.CONTACT,
        Object.IDENTITY,
        Object.ANSWER,
        Object.GRIEVANCE,
        Object.SENSITIVE,
        Object.SEALED,
    }
    seen = {object_ for object_ in content for action in Action if access.allows(Role.ADMIN, object_, action)}
    assert seen == set()


def test_sealed_cases_are_for_the_focal_point_alone() -> None:
    allowed = {role for role in Role for action in Action if access.allows(role, Object.SEALED, action)}
    assert allowed == {Role.SENSITIVE_FOCAL_POINT}


def test_viewers_of_counts_see_counts_only() -> None:
    seen = {object_ for object_ in Object if access.allows(Role.VIEWER_AGGREGATE, object_)}
    assert seen == {Object.OVERVIEW, Object.SURVEY, Object.PARTNERS, Object.SELF}
