"""The rehearsal before the pages: who may, what is kept, and that nothing of it reaches anybody or counts."""

import html
import json
import re
from collections.abc import Callable
from uuid import UUID

import pytest

from gateway import clock, ids
from gateway.models.staff import Role
from gateway.services import drafts
from tests.integration.web.visitors import Visitor, World, transaction

SCRIPT = re.compile(r'name="script" value="([^"]*)"')
COUNTED = ("message_out", "message_in", "run", "answer", "contact", "session", "grievance")


@pytest.fixture
def flow_id(world: World) -> UUID:
    found: UUID = world.operation.one(
        "SELECT id FROM flow WHERE organisation_id = %s AND code = 'satisfaction'", world.operation.id
    )
    return found


def script(page: str) -> str:
    found = SCRIPT.search(page)
    assert found is not None
    return html.unescape(found[1])


def say(visitor: Visitor, flow_id: UUID, page: str, **form: str) -> str:
    return html.unescape(visitor.post(f"/flows/{flow_id}/rehearse", script=script(page), **form).text)


def test_a_whole_talk_leaves_no_trace(world: World, visit: Callable[[Role], Visitor], flow_id: UUID) -> None:
    before = [world.operation.one(f"SELECT count(*) FROM {table}") for table in COUNTED]
    visitor = visit(Role.TRANSLATOR)
    first = visitor.get(f"/flows/{flow_id}/rehearse").text
    second = say(visitor, flow_id, first, text="3")
    assert "Still" in second or "not solved" in second
    third = visitor.post(
        f"/flows/{flow_id}/rehearse",
        script=json.dumps(["eng", "sms", {}, 0, [{"says": "3"}]]),
        text="No card",
    )
    assert "GrievanceRaised" in third.text
    assert [world.operation.one(f"SELECT count(*) FROM {table}") for table in COUNTED] == before


def test_a_translator_rehearses_but_keeps_no_test(visit: Callable[[Role], Visitor], flow_id: UUID) -> None:
    visitor = visit(Role.TRANSLATOR)
    page = visitor.get(f"/flows/{flow_id}/rehearse").text
    assert "Keep this talk as a test" not in page
    done = visitor.post(f"/flows/{flow_id}/rehearse", script=script(page), do="keep", name="Mine")
    assert done.status_code == 404


def test_a_talk_is_kept_as_a_test_of_the_draft(
    world: World, visit: Callable[[Role], Visitor], flow_id: UUID
) -> None:
    visitor = visit(Role.COMMUNITY_STAFF)
    page = visitor.get(f"/flows/{flow_id}/rehearse").text
    refused = visitor.post(f"/flows/{flow_id}/rehearse", script=script(page), do="keep", name=" ")
    assert refused.status_code == 422
    done = visitor.post(
        f"/flows/{flow_id}/rehearse",
        script=json.dumps(["urd", "sms", {}, 0, [{"says": "۱"}]]),
        do="keep",
        name="Somebody is glad",
    )
    assert done.status_code == 303
    with transaction(world.operation) as connection:
        flow = drafts.read(connection, flow_id).flow
    assert flow is not None
    assert flow.tests[-1]["name"] == "Somebody is glad"
    ran = html.unescape(visitor.get(f"/flows/{flow_id}/rehearse?tests=run").text)
    assert "All tests pass" in ran
    dropped = visitor.post(
        f"/flows/{flow_id}/rehearse",
        script=script(page),
        do=f"drop:{len(flow.tests) - 1}",
        name="Somebody is glad",
    )
    assert dropped.status_code == 303
    with transaction(world.operation) as connection:
        left = drafts.read(connection, flow_id).flow
    assert left is not None
    assert left.tests == flow.tests[:-1]


def test_the_person_is_described_anew(visit: Callable[[Role], Visitor], flow_id: UUID) -> None:
    visitor = visit(Role.IM_OFFICER)
    page = visitor.get(f"/flows/{flow_id}/rehearse").text
    begun = say(
        visitor,
        flow_id,
        page,
        do="begin",
        language="urd",
        channel="telegram",
        seed="7",
        **{"fact.hotline": "0800"},
    )
    assert 'class="device messenger"' in begun
    assert '"hotline": "0800"' in begun


def test_what_is_no_script_is_refused(visit: Callable[[Role], Visitor], flow_id: UUID) -> None:
    visitor = visit(Role.IM_OFFICER)
    for text in ("", "[]", "{}", '["eng", "pigeon", {}, 0, []]', '["eng", "sms", {}, 0, [{"eats": "x"}]]'):
        assert visitor.post(f"/flows/{flow_id}/rehearse", script=text, text="1").status_code == 400


def test_a_rehearsal_begins_at_a_step(visit: Callable[[Role], Visitor], flow_id: UUID) -> None:
    page = visit(Role.IM_OFFICER).get(f"/flows/{flow_id}/rehearse?step=why").text
    assert "What is still not solved?" in html.unescape(page)


def test_a_flow_that_is_called_is_played_as_its_draft_is(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    source = (
        "spec: paigham.flow/2\nflow: caller\ntitle: Caller\nlanguages: [eng]\nsteps:\n"
        "  - do: inside\n    action: call\n    flow: {}\n  - say: bye\n    text: Bye.\n"
    )
    for code in ("satisfaction", "nowhere"):
        with transaction(world.operation) as connection:
            made = drafts.create(
                connection,
                world.operation.id,
                code=f"caller_{code}",
                title="Caller",
                source=source.format(code),
                by=None,
                now=clock.now(),
            )
        page = html.unescape(visit(Role.COMMUNITY_STAFF).get(f"/flows/{made}/rehearse").text)
        wanted = "we look at it again" if code == "satisfaction" else "There is no flow “nowhere” to call."
        assert wanted in page


def test_a_rehearsal_says_dates_and_numbers_as_the_person_reads_them(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    code = f"visit_{ids.new().hex}"
    with transaction(world.operation) as connection:
        flow_id = drafts.create(
            connection,
            world.operation.id,
            code=code,
            title="Visit",
            source=VISIT % code,
            by=None,
            now=clock.now(),
        )
    visitor = visit(Role.TRANSLATOR)
    turns = [{"says": "2031-03-09"}]
    for channel, said in (
        ("sms", "9 مارچ 2031: 1,200"),
        ("telegram", "\u2068۹ مارچ ۲۰۳۱\u2069: \u2068۱٬۲۰۰\u2069"),
    ):
        talk = json.dumps(["urd", channel, {}, 0, turns])
        page = visitor.post(f"/flows/{flow_id}/rehearse", script=talk, text="1200").text
        assert said in html.unescape(page)


VISIT = """\
spec: paigham.flow/1
flow: %s
title: Visit
languages: [eng, urd]
outbound: false
steps:
  - ask: day
    type: date
    text: Which day?
  - ask: people
    type: integer
    text: How many?
  - say: told
    text: {mul: "${day}: ${people}"}
"""
