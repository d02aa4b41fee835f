"""What goes over the wire: compressed bytes, parts that are not sent twice, a policy with a nonce of each response."""

import gzip
import re
from collections.abc import Callable

import brotli
import pytest
from flask import Flask

from gateway.models.staff import Role
from gateway.web import gate
from tests.integration.web.visitors import TOKEN, Visitor, World

NONCE = re.compile(r'nonce="([^"]+)"')
OPENED = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_pages_and_assets_come_in_the_coding_that_the_browser_reads(
    coding: str, world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor = visit(Role.COMMUNITY_STAFF)
    page = visitor.get("/contacts", headers={"Accept-Encoding": coding})
    assert page.headers["Content-Encoding"] == coding
    assert "Accept-Encoding" in page.headers["Vary"]
    text = OPENED[coding](page.data).decode()
    assert text.startswith("<!doctype html>")
    assert len(page.data) < len(text) / 2
    for kind in ("css", "js"):
        address = re.search(rf'"(/assets/[^"]+\.{kind})"', text)
        assert address is not None
        packed = visitor.get(address[1], headers={"Accept-Encoding": coding})
        plain = visitor.get(address[1])
        assert OPENED[coding](packed.data) == plain.data
        assert packed.headers["ETag"] != plain.headers["ETag"]
        assert packed.headers["Vary"] == "Accept-Encoding"
        assert "Content-Encoding" not in plain.headers


def test_a_browser_that_reads_no_coding_gets_plain_pages(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    for wanted in ("identity", "br;q=0, gzip;q=0", "zstd"):
        page = visit(Role.COMMUNITY_STAFF).get("/contacts", headers={"Accept-Encoding": wanted})
        assert "Content-Encoding" not in page.headers
        assert page.text.startswith("<!doctype html>")


def test_what_is_small_stays_as_it_is(stranger: Visitor) -> None:
    answer = stranger.get("/healthz", headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in answer.headers


def test_a_living_part_that_is_as_it_was_is_not_sent_again(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.IM_OFFICER)
    for path in (f"/rounds/{world.round_id}?part=live", "/?part=live"):
        first = visitor.get(path)
        again = visitor.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert visitor.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200


def test_a_living_part_with_forms_counts_no_random_words(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    """A messenger's buttons are forms, and each carries a token that is masked anew."""
    visitor = visit(Role.IM_OFFICER)
    phone = visitor.post("/simulator", kind="messenger", language="eng", flow="monitoring_services")
    path = phone.headers["Location"].partition("#")[0]
    world.operation.handle()
    first = visitor.get(f"{path}?part=live")
    again = visitor.get(f"{path}?part=live", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    visitor.post(path, text="hello", key="one")
    assert (
        visitor.get(f"{path}?part=live", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    )


def test_the_policy_lets_in_what_carries_this_responses_nonce_and_nothing_else(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor, seen = visit(Role.COMMUNITY_STAFF), set()
    for path in ("/", "/contacts", "/nowhere", "/contacts"):
        page = visitor.get(path)
        (nonce,) = set(NONCE.findall(page.text))
        policy = page.headers["Content-Security-Policy"]
        for kind in ("script-src", "style-src"):
            assert f"{kind} 'nonce-{nonce}';" in policy
        assert not re.search(r"\*|https?:|unsafe|data:", policy)
        seen.add(nonce)
    assert len(seen) == 4


def test_the_token_of_a_form_looks_different_in_each_response_and_holds(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor = visit(Role.IM_OFFICER)
    tokens = [found[1] for _ in range(3) if (found := TOKEN.search(visitor.get("/").text))]
    assert len(set(tokens)) == 3
    longest = max(size for size in range(1, 40) if len({token[:size] for token in tokens}) == 1 or size == 1)
    assert longest < 8, "the responses share no stretch that could be guessed byte by byte"
    for token in tokens:
        answer = visitor.client.post("/problems", data={gate.FORM_FIELD: token, "flow": "x", "code": "y"})
        assert answer.status_code == 303


def test_a_token_without_its_mask_is_refused(
    app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    from gateway.web import tokens

    del app, world
    visitor = visit(Role.IM_OFFICER)
    bare = tokens.unmask(visitor.token())
    for wrong in (bare, "", "AAAA", visitor.token()[:-4]):
        answer = visitor.client.post("/problems", data={gate.FORM_FIELD: wrong, "flow": "x", "code": "y"})
        assert answer.status_code == 400
