"""A form acts once, however often it is sent: by a reload, by two at once, by a queue that was offline."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from gateway import clock
from gateway.models.staff import Role
from gateway.services import sweep
from gateway.web import forms
from tests.integration.web.visitors import Visitor, World, signed_in

KEY = re.compile(r'name="form_key" value="([^"]+)"')


def new_phone(visitor: Visitor, key: str, **more: str) -> str:
    answer = visitor.post("/simulator", form_key=key, kind="sms", language="eng", **more)
    assert answer.status_code == 303
    return answer.headers["Location"]


def phones(world: World) -> int:
    found: int = world.operation.one(
        "SELECT count(*) FROM contact_urn WHERE organisation_id = %s AND scheme = 'simulator'",
        world.operation.id,
    )
    return found


def test_every_form_of_a_page_carries_a_key_of_its_own(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.IM_OFFICER)
    phone = new_phone(visitor, "its own")
    keys = KEY.findall(visitor.get(phone.partition("#")[0]).text)
    assert len(keys) == len(set(keys)) >= 2
    assert not set(keys) & set(KEY.findall(visitor.get(phone.partition("#")[0]).text))
    del world


def test_a_form_that_is_sent_twice_acts_once(world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor = visit(Role.IM_OFFICER)
    before = phones(world)
    first = new_phone(visitor, "twice")
    assert new_phone(visitor, "twice") == first
    assert phones(world) == before + 1
    assert new_phone(visitor, "another") != first


def test_the_same_key_with_other_words_is_another_form(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.IM_OFFICER)
    before = phones(world)
    first = new_phone(visitor, "mended")
    assert new_phone(visitor, "mended", flow="monitoring_services") != first
    assert phones(world) == before + 2


def test_two_that_come_at_once_act_once(app: Flask, world: World) -> None:
    before, locations = phones(world), []
    visitors = [signed_in(app, world.operation, world.staff[Role.IM_OFFICER]) for _ in range(4)]
    tokens = [visitor.token() for visitor in visitors]
    ready = threading.Barrier(len(visitors))

    def send(visitor: Visitor, token: str) -> None:
        form = {"form_token": token, "form_key": "at once", "kind": "sms", "language": "eng"}
        ready.wait()
        locations.append(visitor.client.post("/simulator", data=form).headers["Location"])

    threads = [threading.Thread(target=send, args=pair) for pair in zip(visitors, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(locations) == 4
    assert len(set(locations)) == 1
    assert phones(world) == before + 1


def test_somebody_elses_key_is_not_ones_own(world: World, visit: Callable[[Role], Visitor]) -> None:
    before = phones(world)
    mine, theirs = (new_phone(visit(role), "shared") for role in (Role.IM_OFFICER, Role.ADMIN))
    assert mine != theirs
    assert phones(world) == before + 2


def test_a_page_that_is_shown_once_may_be_asked_for_again(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.COMMUNITY_STAFF)
    for _ in range(2):
        answer = visitor.post(f"/contacts/{world.contact_id}", form_key="reveal")
        assert answer.status_code == 200
        assert "Zarghuna" in answer.text


def test_a_form_that_failed_may_be_sent_again(world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor, before = visit(Role.IM_OFFICER), phones(world)
    assert visitor.post("/simulator", form_key="failed", kind="pigeon").status_code == 400
    assert world.operation.one("SELECT count(*) FROM form_answer WHERE location IS NULL") == 0, (
        "nothing stays claimed"
    )
    new_phone(visitor, "failed")
    assert phones(world) == before + 1


def test_a_script_is_told_where_to_go(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    visitor = visit(Role.IM_OFFICER)
    form = {"form_token": visitor.token(), "form_key": "by script", "kind": "sms", "language": "eng"}
    answers = [visitor.client.post("/simulator", data=form, headers={forms.SCRIPT: "1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert len({answer.headers[forms.GOES_TO] for answer in answers}) == 1
    assert answers[0].headers[forms.GOES_TO].startswith("/simulator/")
    assert "Location" not in answers[0].headers


def test_old_answers_are_swept(world: World, visit: Callable[[Role], Visitor]) -> None:
    first = new_phone(visit(Role.IM_OFFICER), "old")
    with world.operation.connect() as connection:
        sweep.tidy(connection, now=clock.now() + timedelta(hours=23))
        connection.commit()
    assert new_phone(visit(Role.IM_OFFICER), "old") == first
    with world.operation.connect() as connection:
        sweep.tidy(connection, now=clock.now() + timedelta(hours=25))
        connection.commit()
    assert world.operation.one("SELECT count(*) FROM form_answer") == 0


def test_what_is_remembered_holds_no_word_of_the_form(world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor = visit(Role.IM_OFFICER)
    phone = new_phone(visitor, "a canary").partition("#")[0]
    visitor.post(phone, form_key="words", text="the canary sings", key="1")
    rows = world.operation.rows("SELECT key_hash, location FROM form_answer")
    assert rows
    for key_hash, location in rows:
        assert b"canary" not in bytes(key_hash)
        assert "canary" not in location
        assert location.startswith("/")
