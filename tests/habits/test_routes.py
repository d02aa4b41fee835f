"""Every route of the application says who may use it, or is signed by a provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from gateway.app import create_app
from gateway.crypto import Keyring
from gateway.models.staff import Role
from gateway.settings import Settings
from gateway.web import access, resources
from gateway.web.access import Action, Object


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """Everything there is; nothing connects before a request."""
    made = create_app(
        Settings(
            database_url="postgresql://nobody@127.0.0.1:9/none",
            redis_url="redis://127.0.0.1:9/0",
            data=tmp_path,
            keys=Keyring.generate().to_json(),
        )
    )
    yield made
    made.extensions["paigham.webhooks"].close()
    resources.of(made).engine.dispose()


def test_every_route_has_an_access_rule(app: Flask) -> None:
    forgotten = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] not in access.SIGNED_BY_PROVIDERS
        and access.rule_of(app.view_functions[rule.endpoint]) is None
    ]
    assert forgotten == []
    assert len(list(app.url_map.iter_rules())) > 15


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
        "/welcome",
        "/welcome/<token>",
        "/language",
        "/assets/<digest>/<name>",
        "/healthz",
        "/readyz",
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
    assert seen == {Object.OVERVIEW, Object.SURVEY, Object.SELF}
