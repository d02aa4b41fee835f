"""The editor of flows without a script: each form makes one change, and two people never lose anything."""

import html
import itertools
import re
from collections.abc import Callable
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from gateway import clock, db
from gateway.models.staff import Role
from gateway.services import drafts
from tests.integration.web.visitors import Visitor, World, transaction
from tests.unit.flows.test_editing import SMALL, names

_numbers = itertools.count(1)


class Bench:
    """A flow under hand, and those who edit it."""

    def __init__(self, world: World, visit: Callable[[Role], Visitor], code: str) -> None:
        self.world = world
        self.visit = visit
        with transaction(world.operation) as connection:
            self.flow_id: UUID = drafts.create(
                connection,
                world.operation.id,
                code=code,
                title="Water",
                source=SMALL.replace("flow: water", f"flow: {code}"),
                by=world.staff[Role.COMMUNITY_STAFF],
                now=clock.now(),
            )

    def get(self, query: str = "", role: Role = Role.COMMUNITY_STAFF) -> TestResponse:
        return self.visit(role).get(f"/flows/{self.flow_id}/edit{query}")

    def post(self, role: Role = Role.COMMUNITY_STAFF, **form: str) -> TestResponse:
        given = {"version": str(self.version), **form}
        return self.visit(role).post(f"/flows/{self.flow_id}/edit", **given)

    @property
    def source(self) -> str:
        with transaction(self.world.operation) as connection:
            return drafts.read(connection, self.flow_id).source

    @property
    def version(self) -> int:
        with transaction(self.world.operation) as connection:
            return drafts.read(connection, self.flow_id).version


@pytest.fixture
def bench(world: World, visit: Callable[[Role], Visitor]) -> Bench:
    return Bench(world, visit, f"water{next(_numbers)}")


def step(at: str, **fields: str) -> dict[str, str]:
    return {"step": at, "fields": "1", "do": "save", **fields}


def test_the_outline_shows_every_step_in_its_words(bench: Bench) -> None:
    page = bench.get().text
    for words in ("Hello.", "Does it work?", "You said {works}.", "Who answers for it"):
        assert words in page


def test_a_step_stands_side_by_side_in_two_languages_each_in_its_direction(bench: Bench) -> None:
    page = html.unescape(bench.get("?step=works").text)
    assert re.search(r'name="t\|text\|eng"[^>]*lang="en" dir="ltr"[^>]*>\s*Does it work\?', page)
    assert re.search(r'name="t\|text\|urd"[^>]*lang="ur" dir="rtl"[^>]*>\s*کیا یہ چلتا ہے؟', page)


def test_a_text_shows_how_many_sms_it_takes_with_its_answers(bench: Bench) -> None:
    page = bench.get("?step=works").text
    assert "GSM-7" in page
    assert "UCS-2" in page


def test_only_what_was_changed_becomes_an_edit(bench: Bench) -> None:
    done = bench.post(
        **step("hello", **{"t|text|eng": "Good day.", "t|text|urd": "", "v|when": "", "v|goto": ""})
    )
    assert done.status_code == 303
    assert bench.source == re.sub(r'"Hello\."', '"Good day."', bench.source)
    assert bench.version == 2
    again = bench.post(**step("hello", **{"t|text|eng": "Good day."}))
    assert again.status_code == 303
    assert bench.version == 2


def test_a_condition_is_built_by_choosing(bench: Bench) -> None:
    bench.post(**step("hello", **{"c|when|0|name": "works"}))
    assert "when: ${works} = 'yes'" in bench.source
    row = {"c|when|0|name": "works", "c|when|0|how": "!=", "c|when|0|value": "no", "c|when|1|name": "sorry"}
    bench.post(**step("hello", **row))
    assert "when: ${works} != 'no' and ${sorry} != ''" in bench.source
    bench.post(**step("hello", **{"c|when|0|name": "", "c|when|1|name": ""}))
    assert "when: ${works} != " not in bench.source


def test_an_expression_that_was_typed_counts_more_and_its_fault_is_shown(bench: Bench) -> None:
    bench.post(**step("sorry", **{"v|when": "${works} = 'no' and and 1", "c|when|0|name": "works"}))
    page = html.unescape(bench.get("?step=sorry").text)
    assert "and and 1" in bench.source
    assert "<mark>" in page


@pytest.mark.parametrize(
    ("what", "steps"),
    [
        ("move:up", ["works", "hello", "sorry"]),
        ("move:down", ["hello", "sorry", "works"]),
        ("remove", ["hello", "sorry"]),
        ("move:in", ["hello", "works", "sorry"]),
    ],
)
def test_a_step_is_moved_by_buttons(bench: Bench, what: str, steps: list[str]) -> None:
    bench.post(**step("works") | {"do": what})
    assert names(bench.source) == steps


def test_a_step_goes_into_a_group_and_out_again_by_buttons(bench: Bench) -> None:
    added = bench.post(step="hello", do="add", kind="group", new_name="pump")
    assert "step=pump" in added.location
    bench.post(**step("works") | {"do": "move:in"})
    assert re.search(r"- group: pump\n +steps:\n.*?      - ask: works", bench.source, re.DOTALL)
    bench.post(**step("works") | {"do": "move:out"})
    assert names(bench.source) == ["hello", "pump", "works", "sorry"]
    inside = bench.post(step="pump", do="add", kind="ask", inside="1")
    assert "step=question1" in inside.location
    assert "      - ask: question1" in bench.source


def test_answers_are_added_moved_and_taken_out(bench: Bench) -> None:
    bench.post(**step("works") | {"do": "row:add.options"})
    bench.post(**step("works", **{"t|options.2.label|eng": "At times", "v|options.2.code": "at_times"}))
    bench.post(**step("works") | {"do": "row:up.options.2"})
    assert re.findall(r"code: \"?(\w+)", bench.source) == ["yes", "at_times", "no"]
    bench.post(**step("works", **{"a|options.1.aliases|urd": "کبھی کبھی، کبھی"}))
    assert "کبھی کبھی" in bench.source
    bench.post(**step("works") | {"do": "row:remove.options.0"})
    assert re.findall(r"code: \"?(\w+)", bench.source) == ["at_times", "no"]


def test_a_new_name_is_carried_everywhere(bench: Bench) -> None:
    done = bench.post(**step("works", name="pump_works"))
    assert "step=pump_works" in done.location
    assert "${pump_works} = 'no'" in bench.source


def test_a_name_that_is_taken_is_refused_in_plain_words(bench: Bench) -> None:
    done = bench.post(**step("works", name="hello"))
    assert done.status_code == 422
    assert "There is a step of this name already." in html.unescape(done.text)
    assert bench.version == 1


def test_settings_of_the_whole_flow_are_changed(bench: Bench) -> None:
    bench.post(
        fields="1",
        do="save",
        **{
            "v|purpose": "Know which pumps work",
            "l|reminders": "24h, 48h",
            "F|discreet": "",
            "f|discreet": "1",
        },
    )
    assert "purpose: Know which pumps work" in bench.source
    assert "reminders: [24h, 48h]" in bench.source
    assert "discreet: true" in bench.source


def test_two_people_on_different_steps_come_together(bench: Bench) -> None:
    seen = str(bench.version)
    bench.post(**step("hello", **{"t|text|eng": "Hi."}))
    done = bench.post(Role.IM_OFFICER, version=seen, **step("sorry", **{"t|text|eng": "Oh."}))
    assert done.status_code == 303
    assert "Hi." in bench.source
    assert "Oh." in bench.source


def test_two_people_on_one_step_get_a_clear_choice(bench: Bench) -> None:
    seen = str(bench.version)
    bench.post(**step("hello", **{"t|text|eng": "Hi."}))
    met = bench.post(Role.IM_OFFICER, version=seen, **step("hello", **{"t|text|eng": "Salaam."}))
    assert met.status_code == 409
    page = html.unescape(met.text)
    assert "Take mine" in page
    assert "Hi." in page
    assert "Salaam." in page
    assert "Salaam." not in bench.source
    hidden = dict(re.findall(r'name="(edits|part|digest)" value="([^"]*)"', met.text))
    bench.post(
        Role.IM_OFFICER,
        do="mine",
        step="hello",
        **{name: html.unescape(value) for name, value in hidden.items()},
    )
    assert "Salaam." in bench.source


def test_ones_own_changes_are_never_in_ones_way(bench: Bench) -> None:
    seen = str(bench.version)
    bench.post(**step("hello", **{"t|text|eng": "Hi."}))
    done = bench.post(version=seen, **step("hello", **{"t|text|eng": "Hi there."}))
    assert done.status_code == 303
    assert "Hi there." in bench.source


def test_undo_and_redo_stand_on_the_page(bench: Bench) -> None:
    before = bench.source
    bench.post(**step("hello", **{"t|text|eng": "Hi."}))
    bench.post(do="undo")
    assert bench.source == before
    bench.post(do="redo")
    assert "Hi." in bench.source


def test_a_text_that_is_no_yaml_is_shown_as_text_and_can_be_mended(bench: Bench) -> None:
    good = bench.source
    with db.connect(bench.world.operation.settings) as connection:
        connection.execute("UPDATE flow_draft SET source = 'a: [' WHERE flow_id = %s", [bench.flow_id])
        connection.commit()
    page = bench.get()
    assert page.status_code == 200
    assert 'name="source"' in page.text
    bench.post(do="source", source=good)
    assert bench.source == good


def test_who_looks_for_words_finds_steps_in_any_language(bench: Bench) -> None:
    found = re.findall(r'data-step="(\w+)"', bench.get("?q=چلتا").text)
    assert found == ["works"]


def test_problems_lead_to_their_steps(bench: Bench) -> None:
    bench.post(**step("sorry", **{"v|goto": "nowhere"}))
    page = html.unescape(bench.get().text)
    assert "There is no step “nowhere” to go to." in page
    assert re.search(r'href="[^"]*step=sorry[^"]*#step"><bdi dir="ltr">sorry', page)


def test_colleagues_are_seen_at_their_step(bench: Bench) -> None:
    bench.visit(Role.IM_OFFICER).get(f"/flows/{bench.flow_id}/edit/here?part=here&step=works&version=1")
    seen = bench.visit(Role.COMMUNITY_STAFF).get(f"/flows/{bench.flow_id}/edit/here?part=here&version=1").text
    assert "is editing works" in seen
    assert "Somebody changed" not in seen
    bench.post(**step("hello", **{"t|text|eng": "Hi."}))
    assert (
        "Somebody changed"
        in bench.visit(Role.IM_OFFICER).get(f"/flows/{bench.flow_id}/edit/here?part=here&version=1").text
    )


def test_the_picture_links_each_box_to_its_step(bench: Bench) -> None:
    page = html.unescape(bench.visit(Role.COMMUNITY_STAFF).get(f"/flows/{bench.flow_id}/picture").text)
    assert len(re.findall(r'<a href="/flows/[^"]*step=(hello|works|sorry)#step"', page)) == 3
    kept = bench.visit(Role.COMMUNITY_STAFF).get(f"/flows/{bench.flow_id}/picture.svg")
    assert kept.content_type.startswith("image/svg+xml")
    assert "<a " not in kept.text


WRONG = """\
flow: [x]
title: 5
languages: {a: b}
fields: 3
steps:
  - ask: one
    type: [a]
    options: 5
    text: [1, {x: y}]
    when: {a: 1}
    aliases: x
  - ask: two
    type: select_one
    options: [a, {code: [1], label: 3, aliases: 7, goto: {}}, 9]
    text: 3
  - do: three
    action: {a: b}
  - branch: four
    routes: text
    otherwise: [a]
  - branch: five
    routes: [a, {when: 3, goto: [x]}]
  - nothing: six
  - 7
  - group: eight
    steps: text
  - finish: nine
    disposition: [x]
  - ask: [ten]
"""


def test_whatever_stands_in_a_draft_it_opens(bench: Bench) -> None:
    bench.post(do="source", source=WRONG)
    assert bench.source == WRONG
    visitor = bench.visit(Role.COMMUNITY_STAFF)
    lines = re.findall(r'data-step="([^"]+)"', bench.get().text)
    assert len(lines) == 10
    for name in lines:
        assert visitor.get(f"/flows/{bench.flow_id}/edit", query_string={"step": name}).status_code == 200, (
            name
        )
    for page in ("picture", "rehearse"):
        assert visitor.get(f"/flows/{bench.flow_id}/{page}").status_code == 200


def test_a_long_flow_offers_its_steps_once(bench: Bench) -> None:
    more = "".join(f"  - say: more{number}\n    text: More.\n" for number in range(100))
    bench.post(do="source", source=bench.source.replace("# Talks.", more + "# Talks."))
    page = html.unescape(bench.get("?step=works").text)
    assert page.count('value="more50"') == 1
    bench.post(**step("hello", **{"v|goto": "more99", "c|when|0|name": "works"}))
    assert "goto: more99" in bench.source
    assert "when: ${works} = 'yes'" in bench.source
    assert 'list="questions"' in bench.get("?step=hello").text
