"""What holds for every page: headers, errors, weight, assets; and what the lists show."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from gateway import clock, ids
from gateway.app import create_pages, create_webhooks
from gateway.crypto import Keyring
from gateway.errors import CannotStart
from gateway.models.staff import Role
from gateway.settings import Settings
from gateway.web import assets, resources, wire
from gateway.web.webhooks import door_of
from tests.integration.operation import Operation
from tests.integration.web.matrix import everything, paths
from tests.integration.web.visitors import NAME, NUMBER, WORDS, Visitor, World

LINK = re.compile(r'(?:href|src|action)="([^"]+)"')
FIRST_PAGE = 60_000  # bytes over the wire, with all that it loads, for a browser that knows gzip and no more


def test_no_page_loads_or_names_another_host(world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    for path in [*everything(world), "/signin", "/nowhere"]:
        text = visitor.get(path).text
        assert not [link for link in LINK.findall(text) if "://" in link or link.startswith("//")], path
        assert " style=" not in text, f"{path}: an inline style breaks the policy"
        assert "<script>" not in text
        assert " onclick=" not in text
    texts = {name: it for name, it in assets.assets().items() if not name.endswith(".woff2")}
    for name, asset in texts.items():
        outside = asset.body.replace(b"http://www.w3.org/2000/svg", b"")
        assert b"//" not in re.sub(rb"(?m)^\s*//.*$|; //.*$", b"", outside), name


@pytest.mark.parametrize("path", ["/", "/contacts", "/signin", "/nowhere", "/grievances"])
def test_pages_carry_the_headers_that_protect_them(
    path: str, world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    headers = visit(Role.COMMUNITY_STAFF).get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_the_first_page_weighs_less_than_sixty_kilobytes(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    loaded = sum(len(asset.packed.get("gzip", asset.body)) for asset in _loaded())
    for path in ("/", "/signin", "/grievances", "/contacts", f"/rounds/{world.round_id}"):
        assert len(wire.QUICK["gzip"](visitor.get(path).data)) + loaded < FIRST_PAGE, path


def _loaded() -> list[assets.Asset]:
    """What every page loads, and the largest of the fonts: no page of one language needs two."""
    found = assets.assets()
    letters = [asset for name, asset in found.items() if name.endswith(".woff2")]
    rest = [asset for name, asset in found.items() if not name.endswith(".woff2")]
    return rest + sorted(letters, key=lambda asset: len(asset.body))[-1:]


def test_assets_are_kept_by_their_content_and_by_nothing_else(stranger: Visitor) -> None:
    page = stranger.get("/signin").text
    address = next(link for link in LINK.findall(page) if link.endswith("paigham.css"))
    first = stranger.get(address)
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert first.headers["Content-Type"] == "text/css; charset=utf-8"
    assert stranger.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert stranger.get("/assets/0000000000000000/paigham.css").status_code == 404
    assert stranger.get(address.replace("paigham.css", "..%2Fapp.py")).status_code == 404


def test_unknown_and_forbidden_pages_are_the_same_page(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor = visit(Role.VIEWER_AGGREGATE)
    unknown, forbidden = visitor.get("/nowhere"), visitor.get("/grievances")
    assert unknown.status_code == forbidden.status_code == 404
    strip = re.compile(r'name="(back|form_token|form_key)" value="[^"]*"|nonce="[^"]*"')
    assert strip.sub("", unknown.text) == strip.sub("", forbidden.text)


def test_errors_speak_the_readers_language_and_name_a_code(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor = visit(Role.COMMUNITY_STAFF)
    visitor.post("/language", language="urd")
    page = visitor.get("/nowhere")
    assert 'dir="rtl"' in page.text
    assert "یہ صفحہ موجود نہیں" in page.text
    assert ">404" in page.text
    visitor.post("/language", language="eng")
    wrong_method = visitor.post("/contacts")
    assert wrong_method.status_code == 405
    assert "GET" in wrong_method.headers["Allow"]
    too_much = visitor.post("/language", language="x" * 100_000)
    assert too_much.status_code == 413


def test_a_bug_is_answered_with_an_id_and_logged_without_its_words(
    app: Flask, world: World, visit: Callable[[Role], Visitor], capfd: pytest.CaptureFixture[str]
) -> None:
    del world
    visitor = visit(Role.IM_OFFICER)
    real = app.view_functions["staff.problems"]

    def broken() -> str:
        raise RuntimeError(WORDS)

    broken.access_rule = real.access_rule
    app.view_functions["staff.problems"] = broken
    try:
        answer = visitor.get("/problems")
    finally:
        app.view_functions["staff.problems"] = real
    assert answer.status_code == 500
    shown = re.search(r'<bdi dir="ltr">([a-z]{10})</bdi>', answer.text)
    logged = capfd.readouterr()
    assert shown is not None
    assert shown[1] in logged.err
    assert "RuntimeError" in logged.err
    assert WORDS not in logged.err + logged.out + answer.text


def test_pages_leave_no_words_in_the_logs(
    world: World, visit: Callable[[Role], Visitor], capfd: pytest.CaptureFixture[str]
) -> None:
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    for path in everything(world):
        visitor.get(path)
    visitor.post(f"/contacts/{world.contact_id}")
    logged = capfd.readouterr()
    for canary in (WORDS, NAME, NUMBER, NUMBER[1:]):
        assert canary not in logged.err + logged.out


def test_a_database_that_is_away_is_a_plain_sentence(settings: Settings) -> None:
    made = create_pages(
        replace(settings, database_url="postgresql://nobody@127.0.0.1:9/none?connect_timeout=1")
    )
    client = made.test_client()
    client.set_cookie("paigham", "x")
    for path in ("/", "/nowhere"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "The database does not answer" in answer.text
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


def test_health_tells_strangers_yes_or_no(settings: Settings, app: Flask, operation: Operation) -> None:
    with operation.connect() as connection:
        from gateway import db

        db.check_keys(connection, operation.ring)
        connection.commit()
    client = app.test_client()
    assert client.get("/healthz").text == "alive\n"
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")
    for broken in (
        replace(settings, redis_url="redis://127.0.0.1:9/0"),
        replace(settings, keys=Keyring.generate().to_json()),
    ):
        made = create_pages(broken)
        answer = made.test_client().get("/readyz")
        assert (answer.status_code, answer.text) == (503, "not ready\n")
        resources.of(made).engine.dispose()
        resources.of(made).waker.redis.close()


@pytest.mark.parametrize("create", [create_pages, create_webhooks])
def test_missing_keys_are_said_before_the_first_request(
    settings: Settings, create: Callable[[Settings], Flask]
) -> None:
    with pytest.raises(CannotStart):
        create(replace(settings, keys="", key_file="/nonexistent"))


def test_webhooks_are_taken_by_an_application_that_has_no_staff_pages(settings: Settings) -> None:
    webhooks = create_webhooks(settings)
    client = webhooks.test_client()
    assert client.get("/signin").status_code == 404
    assert client.get("/healthz").status_code == 200
    answer = client.post(f"/in/{ids.new()}/", data=b"x")
    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers
    door_of(webhooks).close()


# --- Lists


@pytest.fixture
def troubled(world: World) -> Iterator[World]:
    """Some messages have failed, one is uncertain, one is parked, and a flow has a mistake."""
    operation = world.operation
    with operation.connect() as connection:
        connection.execute(
            "UPDATE message_out SET status = 'failed', reason = '30003' WHERE contact_id = %s",
            [world.contact_id],
        )
        connection.execute(
            "UPDATE message_out SET status = 'uncertain', reason = 'timeout' WHERE contact_id = %s",
            [world.sealed_contact_id],
        )
        connection.execute(
            "UPDATE message_in SET parked_at = %s, parked_code = 'KeyError' WHERE contact_id = %s",
            [clock.now(), world.contact_id],
        )
        connection.execute(
            "INSERT INTO flow_problem (id, organisation_id, flow_code, step, code, detail, created_at)"
            " SELECT gen_random_uuid(), %s, 'monitoring_services', 'age', 'bad_expression', '', %s"
            " FROM generate_series(1, 3)",
            [operation.id, clock.now()],
        )
        connection.commit()
    yield world
    with operation.connect() as connection:
        connection.execute("UPDATE message_out SET status = 'delivered', reason = NULL")
        connection.execute("UPDATE message_in SET parked_at = NULL, parked_code = NULL")
        connection.execute("DELETE FROM flow_problem")
        connection.commit()


def test_the_overview_counts_what_the_lists_hold(troubled: World, visit: Callable[[Role], Visitor]) -> None:
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    text = visitor.get("/").text
    for status, reason in (("failed", "30003"), ("uncertain", "did not answer"), ("parked", "KeyError")):
        counted = re.search(rf'status={status}"><strong>(\d+)</strong>', text)
        listing = visitor.get(f"/messages?status={status}").text
        assert counted is not None, status
        assert int(counted[1]) == listing.count('scope="row"') == listing.count(reason)
    assert re.search(r'/problems"><strong>3</strong>', text)
    assert str(troubled.contact_id) in visitor.get("/messages?status=parked").text


def test_lists_of_an_administrator_lead_to_nobody(troubled: World, visit: Callable[[Role], Visitor]) -> None:
    for status in ("failed", "uncertain", "parked"):
        page = visit(Role.ADMIN).get(f"/messages?status={status}").text
        assert "/contacts/" not in page
        assert str(troubled.contact_id) not in page


def test_a_list_of_no_such_status_does_not_exist(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    for path in ("/messages?status=secret", "/grievances?stage=all", "/grievances?priority=P9"):
        assert visitor.get(path).status_code == 404
    assert visitor.get("/contacts?page=abc").status_code == 200
    assert visitor.get("/contacts?page=99999999999999999999").status_code == 200


def test_the_same_mistake_is_one_line_and_goes_when_it_is_seen(
    troubled: World, visit: Callable[[Role], Visitor]
) -> None:
    del troubled
    visitor = visit(Role.IM_OFFICER)
    page = visitor.get("/problems").text
    assert page.count("bad_expression") == page.count('scope="row"') == 1
    (problem,) = re.findall(r'name="only" value="([^"]+)"', page)
    visitor.post("/problems", only=problem)
    assert "bad_expression" not in visitor.get("/problems").text


def test_the_register_comes_by_the_time_that_is_left(world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor = visit(Role.PROTECTION_REVIEWER)
    with world.operation.connect() as connection:
        connection.execute(
            "UPDATE grievance SET triage_due_at = %s WHERE id = %s",
            [clock.now() - timedelta(hours=3), world.sensitive_id],
        )
        connection.commit()
    page = visitor.get("/grievances").text
    assert page.index(str(world.sensitive_id)) < page.index(str(world.case_id))
    assert "late:" in page
    assert str(world.case_id) not in visitor.get("/grievances?stage=closed").text
    assert str(world.case_id) not in visitor.get("/grievances?priority=P1").text
    assert str(world.case_id) in visitor.get("/grievances?priority=P2&language=eng").text


def test_a_conversation_shows_both_directions_and_what_was_agreed(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    page = visit(Role.COMMUNITY_STAFF).get(f"/contacts/{world.contact_id}").text
    assert page.index("PROBLEM") < page.index(WORDS)
    assert 'class="bubble in' in page
    assert 'class="bubble out' in page
    assert "•••• 0111" in page
    assert 'dir="auto" lang="en"' in page


def test_earlier_messages_are_a_page_away(world: World, visit: Callable[[Role], Visitor]) -> None:
    operation = world.operation
    phone = operation.phone()
    for number in range(70):
        phone.sends(f"message number {number:03}")
    visitor = visit(Role.COMMUNITY_STAFF)
    page = visitor.get(f"/contacts/{phone.contact_id}").text
    shown = re.findall(r"message number (\d+)", page)
    assert shown == [f"{number:03}" for number in range(10, 70)]
    earlier = re.search(r'href="(/contacts/[^"]+before=[^"]+)"', page)
    assert earlier is not None
    older = re.findall(r"message number (\d+)", visitor.get(earlier[1].replace("&amp;", "&")).text)
    assert older == [f"{number:03}" for number in range(10)]
    for wrong in ("yesterday", "2026-01-01T00:00:00"):
        assert visitor.get(f"/contacts/{phone.contact_id}?before={wrong}").status_code == 404


def test_every_page_is_found_in_the_menu_of_those_who_may_see_it(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    for role in Role:
        visitor = visit(role)
        links = set(re.findall(r'<li><a href="(/[a-z]*)"', visitor.get("/").text))
        for path in links:
            assert visitor.get(path).status_code == 200, (role, path)
        assert ("/contacts" in links) == (visitor.get(paths(world)["staff.contacts"]).status_code == 200)


def test_what_was_written_and_what_arrived_today_lead_to_their_lists(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    def rows(listing: str) -> int:
        # A list's rows have a heading cell each; an empty list has no table, and no row of column headings either.
        return visitor.get(f"/messages?status={listing}").text.count('role="rowheader"')

    visitor = visit(Role.IM_OFFICER)
    overview = visitor.get("/").text
    for listing in ("written", "delivered"):
        assert f'href="/messages?status={listing}"' in overview
    ours = (
        "UPDATE message_out SET status = %s WHERE id = (SELECT min(id::text)::uuid FROM message_out"
        " WHERE organisation_id = %s AND NOT sealed)"
    )
    counts = []
    for status in ("delivered", "failed"):
        with world.operation.connect() as connection:
            connection.execute(ours, [status, world.operation.id])
            connection.commit()
        counts.append((rows("written"), rows("delivered")))
    (written, delivered), after = counts
    assert after == (written, delivered - 1)
