"""The phone simulator: the real way through inbox, flows and outbox, for one's own phones only."""

import re
from collections.abc import Callable

import pytest

from gateway.models.staff import Role
from gateway.queue import flag
from gateway.web import resources
from tests.integration.operation import Operation
from tests.integration.web.visitors import Visitor, World

KEY = re.compile(r'name="key" value="([0-9a-f]+)"')


def take(visitor: Visitor, **form: str) -> str:
    taken = visitor.post("/simulator", **form)
    assert taken.status_code == 303
    return taken.headers["Location"].partition("#")[0]


def work(operation: Operation) -> None:
    """Do what the woken workers would do."""
    operation.handle()
    for (channel_id,) in operation.rows("SELECT DISTINCT channel_id FROM pending_out"):
        operation.drains.outbox(channel_id)


@pytest.mark.parametrize("kind", ["sms", "messenger"])
def test_a_flow_talks_to_a_simulated_phone(kind: str, world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor, operation = visit(Role.IM_OFFICER), world.operation
    phone = take(visitor, kind=kind, language="eng", flow="monitoring_services")
    work(operation)
    page = visitor.get(phone).text
    assert "Can we ask 5 short questions" in page
    if kind == "sms":
        assert "1) Yes" in page
        assert re.search(r"GSM-7</bdi> · <bdi>\d+ units</bdi> · <bdi>1 SMS", page)
        visitor.post(phone, text="1", key="first")
    else:
        button = re.search(r'<button type="submit" name="choice" value="([^"]+)"[^>]*>Yes</button>', page)
        assert button is not None
        assert "units" not in page
        visitor.post(phone, choice=button[1], key="first")
    work(operation)
    answered = visitor.get(phone).text
    assert "How old are you?" in answered
    # What was pressed reads as its label, and cannot be pressed again.
    assert kind == "sms" or '<p class="words" dir="auto" lang="und">Yes</p>' in answered
    assert not re.search(r"<button[^>]*>Yes</button>", answered)


def test_a_message_is_stored_and_its_shard_is_woken_only_after_the_commit(
    app: object, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.IM_OFFICER)
    phone = take(visitor, kind="sms", language="eng")
    redis = resources.of(app).waker.redis
    redis.flushall()
    visitor.post(phone, text="HELP", key="once")
    assert world.operation.one(
        "SELECT count(*) FROM pending_in WHERE contact_id = %s", phone.rpartition("/")[2]
    )
    shards = world.operation.settings.shards
    assert any(redis.exists(flag("inbox", str(shard))) for shard in range(shards))


def test_the_same_key_twice_is_one_message(world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor = visit(Role.IM_OFFICER)
    phone = take(visitor, kind="sms", language="eng")
    for _ in range(2):
        visitor.post(phone, text="hello", key="twice")
    assert (
        world.operation.one("SELECT count(*) FROM message_in WHERE contact_id = %s", phone.rpartition("/")[2])
        == 1
    )


def test_each_page_has_a_key_of_its_own(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    visitor = visit(Role.IM_OFFICER)
    phone = take(visitor, kind="sms", language="eng")
    keys = {found[1] for _ in range(3) if (found := KEY.search(visitor.get(phone).text))}
    assert len(keys) == 3


def test_an_invented_complaint_shows_to_its_inventor_even_when_it_is_sealed(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.ADMIN)
    phone = take(visitor, kind="sms", language="eng")
    visitor.post(phone, text="the guard wants me to sleep with him before he gives food", key="a")
    work(world.operation)
    contact = phone.rpartition("/")[2]
    assert world.operation.one("SELECT count(*) FROM message_in WHERE contact_id = %s AND sealed", contact)
    assert "before he gives food" in visitor.get(phone).text
    assert "before he gives food" not in visit(Role.COMMUNITY_STAFF).get(f"/contacts/{contact}").text


def test_a_phone_belongs_to_whoever_opened_it(world: World, visit: Callable[[Role], Visitor]) -> None:
    phone = take(visit(Role.IM_OFFICER), kind="sms", language="urd")
    stranger = visit(Role.ADMIN)
    assert stranger.get(phone).status_code == 404
    assert stranger.post(phone, text="1").status_code == 404
    real = f"/simulator/{world.contact_id}"
    assert stranger.get(real).status_code == 404, "people's own conversations are no simulated phones"


def test_a_simulated_person_is_marked_as_such(world: World, visit: Callable[[Role], Visitor]) -> None:
    phone = take(visit(Role.IM_OFFICER), kind="sms", language="urd")
    page = visit(Role.COMMUNITY_STAFF).get(f"/contacts/{phone.rpartition('/')[2]}").text
    assert "Simulated" in page
    assert (
        world.operation.one("SELECT scheme FROM contact_urn WHERE contact_id = %s", phone.rpartition("/")[2])
        == "simulator"
    )


def test_phones_of_a_kind_share_one_channel(world: World, visit: Callable[[Role], Visitor]) -> None:
    for role in (Role.IM_OFFICER, Role.ADMIN, Role.TRANSLATOR):
        phone = take(visit(role), kind="messenger", language="eng")
        visit(role).post(phone, text="HELP", key="x")
    channels = world.operation.rows(
        "SELECT DISTINCT m.channel_id FROM message_in m JOIN contact_urn u ON u.id = m.urn_id"
        " JOIN channel c ON c.id = m.channel_id"
        " WHERE m.organisation_id = %s AND c.address LIKE 'simulator-messenger'",
        world.operation.id,
    )
    assert len(channels) <= 1


def test_nonsense_is_refused(world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor, operation = visit(Role.IM_OFFICER), world.operation
    assert visitor.post("/simulator", kind="telepathy").status_code == 400
    assert visitor.post("/simulator", kind="sms", language="klingon").status_code == 400
    phone = take(visitor, kind="sms", language="eng", flow="no_such_flow")
    before = operation.one("SELECT count(*) FROM message_in")
    visitor.post(phone, text="   ", key="blank")
    visitor.post(phone)
    assert operation.one("SELECT count(*) FROM message_in") == before


def test_someone_nobody_has_asked_is_asked_for_the_language(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.IM_OFFICER)
    phone = take(visitor, kind="sms", language="")
    assert "Language not asked yet" in visitor.get(phone).text
    visitor.post(phone, text="LANG", key="lang")
    work(world.operation)
    assert "اردو" in visitor.get(phone).text
