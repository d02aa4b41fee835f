"""How often somebody may ask, counted in Redis under names that tell nothing, and in the process when Redis is away."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from gateway import clock
from gateway.app import create_pages
from gateway.crypto import Keyring
from gateway.models.staff import Role
from gateway.settings import Settings
from gateway.web import limits, resources
from gateway.web.access import open_to_all
from tests.integration.web.visitors import Visitor, World, colleague, signed_in

HOME = "203.0.113.9"
MOST = 60  # sign-ins a minute from one address


@pytest.fixture
def fresh(settings: Settings) -> Iterator[redis.Redis]:
    """Counters that nobody has used."""
    with redis.Redis.from_url(settings.redis_url) as connection:
        connection.flushall()
        yield connection
        connection.flushall()


def application(settings: Settings) -> Iterator[Flask]:
    made = create_pages(settings)

    @made.post("/tried")
    @open_to_all
    @limits.limited("sign_in")
    def tried() -> str:
        limits.guard()
        return "tried"

    yield made
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


@pytest.fixture
def limited(settings: Settings, fresh: redis.Redis) -> Iterator[Flask]:
    yield from application(replace(settings, trusted_proxies=1))


@pytest.fixture
def alone(settings: Settings) -> Iterator[Flask]:
    """Redis is away."""
    yield from application(replace(settings, trusted_proxies=1, redis_url="redis://127.0.0.1:9/0"))


def tries(client: FlaskClient, times: int, *, address: str = HOME) -> list[int]:
    given = {"X-Forwarded-For": address}
    return [client.post("/tried", headers=given).status_code for _ in range(times)]


def test_an_address_that_tries_too_often_waits_and_no_other_does(limited: Flask) -> None:
    client = limited.test_client()
    codes = tries(client, MOST + 5)
    assert set(codes[:MOST]) == {200}
    assert set(codes[MOST:]) == {429}
    assert tries(client, 1, address="203.0.113.10") == [200]


def test_counts_are_shared_by_all_processes(limited: Flask, settings: Settings) -> None:
    assert set(tries(limited.test_client(), MOST)) == {200}
    for other in application(replace(settings, trusted_proxies=1)):
        assert tries(other.test_client(), 1) == [429]


def test_without_redis_nobody_gets_in_by_guessing_and_nothing_breaks(alone: Flask) -> None:
    codes = tries(alone.test_client(), MOST + 5)
    assert set(codes[:MOST]) == {200}
    assert set(codes[MOST:]) == {429}


def test_redis_learns_no_address_and_no_account(limited: Flask, fresh: redis.Redis, world: World) -> None:
    tries(limited.test_client(), 3)
    staff_id = world.staff[Role.SENSITIVE_FOCAL_POINT]
    visitor = signed_in(limited, world.operation, staff_id)
    assert visitor.get("/contacts").status_code == 200
    keys = [key.decode() for key in fresh.scan_iter()]
    ours = [key for key in keys if key.startswith("paigham:limit")]
    assert len(ours) >= 2
    for key in keys:
        assert HOME not in key
        assert str(staff_id) not in key
    assert {fresh.ttl(key) > 0 for key in ours} == {True}


def test_tomorrow_a_count_has_another_name(limited: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    counters: limits.Counters = limited.extensions[limits.EXTENSION]
    today = counters._hidden(limits.By.ADDRESS, HOME)
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert counters._hidden(limits.By.ADDRESS, HOME) != today


def test_the_refusal_is_a_page_in_the_visitors_language_that_says_when(limited: Flask) -> None:
    client = limited.test_client()
    tries(client, MOST)
    answer = client.post("/tried", headers={"X-Forwarded-For": HOME, "Accept-Language": "en"})
    assert answer.status_code == 429
    assert "Too often in a short time" in answer.text
    assert re.search(r"You can go on after .*\d", answer.text)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["X-Request-ID"] in answer.text


def test_a_member_of_staff_is_counted_whatever_the_address(limited: Flask, world: World) -> None:
    visitor = signed_in(limited, world.operation, world.staff[Role.PROTECTION_REVIEWER])
    path = f"/contacts/{world.contact_id}"
    token = visitor.token()
    codes = [
        visitor.client.post(
            path, data={"form_token": token}, headers={"X-Forwarded-For": f"203.0.113.{place}"}
        ).status_code
        for place in range(31)
    ]
    assert (set(codes[:30]), codes[30]) == ({200}, 429)
    colleague: Visitor = signed_in(limited, world.operation, world.staff[Role.SENSITIVE_FOCAL_POINT])
    assert colleague.post(path).status_code == 200


def test_looking_at_the_form_is_not_an_attempt(limited: Flask) -> None:
    client = limited.test_client()
    tries(client, MOST)
    assert client.get("/signin", headers={"X-Forwarded-For": HOME}).status_code == 200


def test_a_limit_that_does_not_exist_is_noticed_when_the_page_is_written() -> None:
    with pytest.raises(KeyError):
        limits.limited("kitchen")


@pytest.mark.parametrize(
    ("one", "other", "households"),
    [
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff::4", 1),
        ("2001:db8:1:2::3", "2001:db8:1:3::3", 2),
        ("203.0.113.9", "203.0.113.10", 2),
        ("::ffff:203.0.113.9", "203.0.113.9", 1),
    ],
)
def test_an_address_counts_with_its_household(one: str, other: str, households: int) -> None:
    assert len({limits.prefix(one), limits.prefix(other)}) == households


@given(st.one_of(st.text(max_size=60), st.ip_addresses().map(str)))
def test_whatever_a_proxy_calls_an_address_is_one_or_none(text: str) -> None:
    found = limits.prefix(text)
    assert found == "" or len(found) <= 39


def test_every_rule_can_be_counted(limited: Flask, ring: Keyring) -> None:
    counters: limits.Counters = limited.extensions[limits.EXTENSION]
    for name, rules in limits.LIMITS.items():
        for rule in rules:
            assert counters.items[rule]
            assert counters.wait(name, "somebody", rule) == 0.0


# What makes a view one of a kind: what it searches with, what it writes files with, how much it takes in.
SEARCHES = re.compile(r"\b(?:places\.search|audit_view\.find|_find)\(")
WRITES_FILES = "Content-Disposition"


# What is kept at each key, and what pages show beside their words, may be asked for more often than files.
OFTEN = {"staff.change_flow": "edit", "staff.rehearse_on": "edit", "staff.trigger_picture": "picture"}
KINDS = {"search", "export", "upload", "edit", "picture"}
OWN_ALONE = {"staff.preview_translations"}  # what somebody brought, nobody else sees


def of_kind(app: Flask) -> Iterator[tuple[str, str]]:
    """Each view that searches, exports or takes files in, with the limit that it must have."""
    for endpoint, view in app.view_functions.items():
        source = inspect.getsource(inspect.unwrap(view))
        if SEARCHES.search(source):
            yield endpoint, "search"
        if WRITES_FILES in source:
            yield endpoint, OFTEN.get(endpoint, "export")
        if hasattr(view, "largest_form"):
            yield endpoint, OFTEN.get(endpoint, "upload")


def test_whatever_searches_exports_or_takes_files_has_its_limit(limited: Flask) -> None:
    found = set(of_kind(limited))
    assert {kind for _, kind in found} == KINDS
    marked = {(name, limit) for name, view in limited.view_functions.items() for limit in limits.names(view)}
    assert found - marked == set()


class Walked(NamedTuple):
    role: Role
    path: str
    form: dict[str, str] | None = None  # None: it is only looked at


WALKED: Mapping[str, Walked] = {
    "staff.search": Walked(Role.COMMUNITY_STAFF, "/search", {"words": "lantern"}),
    "staff.find_in_audit": Walked(Role.DATA_PROTECTION_OFFICER, "/audit", {"who": "nobody"}),
    "staff.place_list": Walked(Role.IM_OFFICER, "/places?name=hill"),
    "staff.export_audit": Walked(Role.DATA_PROTECTION_OFFICER, "/audit/export", {"kind": "csv"}),
    "staff.upload_places": Walked(Role.IM_OFFICER, "/places/load", {}),
    "staff.preview_places": Walked(Role.IM_OFFICER, "/places/load/{upload}", {}),
    "staff.import_form": Walked(Role.IM_OFFICER, "/flows/import", {}),
    "staff.export_form": Walked(Role.IM_OFFICER, "/flows/{flow}/form.xlsx"),
    "staff.change_flow": Walked(Role.IM_OFFICER, "/flows/{flow}/edit", {}),
    "staff.rehearse_on": Walked(Role.IM_OFFICER, "/flows/{flow}/rehearse", {}),
    "staff.flow_picture_file": Walked(Role.IM_OFFICER, "/flows/{flow}/picture.svg"),
    "staff.trigger_picture": Walked(Role.IM_OFFICER, "/flows/triggers/{trigger}/1.svg"),
    "staff.translation_file": Walked(Role.TRANSLATOR, "/flows/{flow}/translate/urd/file/po"),
    "staff.import_translations": Walked(Role.TRANSLATOR, "/flows/{flow}/translate/urd/import", {}),
    "staff.preview_translations": Walked(Role.TRANSLATOR, "/flows/{flow}/translate/urd/import/{flow}", {}),
    "staff.glossary_file": Walked(Role.TRANSLATOR, "/glossary/urd/file"),
    "staff.import_glossary": Walked(Role.TRANSLATOR, "/glossary/urd/import", {}),
}


def places(world: World, path: str) -> dict[str, object]:
    """What a path names: made only where it does."""
    known = {"upload": "upload_id", "flow": "flow_id", "trigger": "trigger_id"}
    return {name: getattr(world, made) for name, made in known.items() if f"{{{name}}}" in path}


@pytest.fixture
def strict(settings: Settings, fresh: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application that allows each search, export and upload twice an hour."""
    kinds = {name: tuple(replace(rule, rates="2/hour") for rule in limits.LIMITS[name]) for name in KINDS}
    monkeypatch.setattr(limits, "LIMITS", {**limits.LIMITS, **kinds})
    yield from application(settings)


def test_each_of_them_is_refused_when_it_is_asked_for_too_often(strict: Flask, world: World) -> None:
    marked = {name for name, view in strict.view_functions.items() if KINDS & set(limits.names(view))}
    assert set(WALKED) == marked, "a view is marked, and nobody walks it"
    for endpoint, way in WALKED.items():
        # Each as somebody new, whose counts the others did not use up.
        visitor = signed_in(strict, world.operation, colleague(world, way.role))
        path = way.path.format(**places(world, way.path))
        codes = [
            visitor.get(path).status_code if way.form is None else visitor.post(path, **way.form).status_code
            for _ in range(3)
        ]
        assert 429 not in codes[:2], (endpoint, codes)
        assert 404 not in codes or endpoint in OWN_ALONE, (endpoint, codes)
        assert codes[2] == 429, (endpoint, codes)
