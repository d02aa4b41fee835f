"""The API, asked by Schemathesis for what its document allows and what it forbids: answers keep to the document."""

import json
import os
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from gateway.models.staff import Role
from gateway.services.api_keys import Scope
from gateway.web import limits
from tests.integration.web.test_api import key
from tests.integration.web.visitors import NAME, NUMBER, WORDS, World

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "30"))
CHECKS = (not_a_server_error, response_schema_conformance, content_type_conformance)
HURRY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.Counters, "wait", lambda *_: 0.0)


@pytest.fixture(scope="module")
def secret(world: World) -> str:
    """A key that opens everything."""
    return key(world.operation, world.staff[Role.ADMIN], *Scope)


def test_every_answer_keeps_to_the_document(app: Flask, secret: str) -> None:
    schema = openapi.from_wsgi("/api/v1/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 5
    for operation in operations:
        _ask(operation, secret)


def _ask(operation: Any, secret: str) -> None:
    """Ask one operation for whatever its document allows, and for what it forbids."""

    @HURRY
    @given(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
    def asked(case: Any) -> None:
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=CHECKS)
        assert not [person for person in (NAME, NUMBER, WORDS) if person in answer.text]

    asked()


ODD_NUMBERS = ("", "0", "-1", "1", "2", "1" * 30, "000000001" + "9" * 400)
ODD_WORDS = ("\x00", "a\x00", "٣", "\U0001f642", "'", "eng", "zzz")


ANYTHING = st.sampled_from(ODD_NUMBERS + ODD_WORDS)


@HURRY
@given(
    path=st.sampled_from(["/areas", "/offices", "/rounds", "/channels", "/organisation"]),
    query=st.dictionaries(st.sampled_from(["page", "size", "after", "language"]), ANYTHING, max_size=2),
    bearer=st.sampled_from([None, None, None, "", "x", "paigham_", "\u00ff", "Basic eDp4"]),
)
def test_no_question_breaks_it_and_errors_are_json(
    app: Flask, secret: str, path: str, query: dict[str, str], bearer: str | None
) -> None:
    given_key = secret if bearer is None else bearer
    answer = app.test_client().get(
        f"/api/v1{path}", query_string=query, headers={"Authorization": f"Bearer {given_key}"}
    )
    assert answer.status_code in ({200, 400, 404} if bearer is None else {401})
    assert json.loads(answer.text)
    if answer.status_code >= 400:
        assert set(answer.json) == {"error", "request"}
