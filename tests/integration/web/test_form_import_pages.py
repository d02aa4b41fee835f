"""Forms brought by the browser: looked at row by row, then made a draft, replaced, and taken out again."""

import io
import itertools
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from uuid import UUID

import openpyxl
import pytest
from werkzeug.test import TestResponse

from flows.readers import xlsform
from gateway import clock
from gateway.models.staff import Role
from gateway.services import drafts, form_imports
from tests.integration.web.matrix import FLOW_READERS
from tests.integration.web.visitors import Visitor, World, transaction
from tests.unit.flows.form_builders import workbook

_numbers = itertools.count(1)
SURVEY = """
| type | name | label::English (en) | label::Urdu (ur) |
| barcode | card | Scan | |
| select_one yn | water | Is there water? | کیا پانی ہے؟ |
| text | why | Why do you think so? | |
"""
CHOICES = "| list_name | name | label::English (en) |\n| yn | yes | Yes |\n| yn | no | No |"


def form_of(survey: str = SURVEY, code: str = "", choices: str = CHOICES) -> bytes:
    return workbook(survey, choices, {"form_id": code or f"form{next(_numbers)}", "form_title": "Water"})


def bring(visitor: Visitor, data: bytes, query: str = "", **lists: bytes) -> TestResponse:
    files = {"file": (io.BytesIO(data), "water.xlsx")}
    more = [(io.BytesIO(content), name.replace("_csv", ".csv")) for name, content in lists.items()]
    form = {"form_token": visitor.token(), **files, "lists": more}
    return visitor.client.post(f"/flows/import{query}", data=form)


def flow_of(world: World, code: str) -> UUID | None:
    rows = world.operation.rows("SELECT id FROM flow WHERE code = %s", code)
    return rows[0][0] if rows else None


@pytest.fixture
def officer(visit: Callable[[Role], Visitor]) -> Visitor:
    return visit(Role.IM_OFFICER)


def test_a_form_is_looked_at_before_anything_is_written(officer: Visitor, world: World) -> None:
    answer = bring(officer, form_of(code="looked_at"))
    assert answer.status_code == 303
    text = unescape(officer.get(answer.headers["Location"]).text)
    assert "A conversation cannot scan a barcode." in text
    assert "survey · 2" in text
    assert 'value="take"' not in text
    assert flow_of(world, "looked_at") is None


def test_the_rest_becomes_a_draft_when_its_author_agrees(officer: Visitor, world: World) -> None:
    page = bring(officer, form_of(code="agreed")).headers["Location"]
    refused = officer.post(page, do="take")
    assert refused.status_code == 422
    looked = officer.post(page, do="look", all="yes")
    assert looked.status_code == 200
    assert 'value="survey:2" checked' in looked.text
    done = officer.post(page, do="take", without="survey:2")
    flow_id = flow_of(world, "agreed")
    assert done.headers["Location"] == f"/flows/{flow_id}/edit"
    with transaction(world.operation) as connection:
        draft = drafts.read(connection, flow_id)
    assert [step.name for step in draft.flow.steps] == ["water", "why"]
    assert draft.flow.steps[0].text.by_language["urd"] == "کیا پانی ہے؟"
    assert officer.get(page).status_code == 404, "the form is gone"
    lines = world.operation.rows("SELECT action FROM audit WHERE object = %s", f"flow {flow_id}")
    assert ("flow.imported",) in [tuple(line) for line in lines]


def test_a_language_is_chosen_by_hand(officer: Visitor, world: World) -> None:
    survey = "| type | name | label::Klingon |\n| text | a | nuq |"
    page = bring(officer, form_of(survey, "tongue", "")).headers["Location"]
    assert "Which language is “Klingon”?" in unescape(officer.get(page).text)
    form = {"heading-0": "Klingon", "language-0": "som"}
    assert officer.post(page, do="take", **form).status_code == 303
    with transaction(world.operation) as connection:
        assert drafts.read(connection, flow_of(world, "tongue")).flow.languages == ("som",)


def test_a_newer_form_shows_what_changes_and_can_be_taken_back(officer: Visitor, world: World) -> None:
    first = bring(officer, form_of(code="again")).headers["Location"]
    officer.post(first, do="take", without="survey:2")
    flow_id = flow_of(world, "again")
    newer = SURVEY.replace(
        "| text | why | Why do you think so? | |", "| integer | litres | How many litres? | |"
    )
    page = bring(officer, form_of(newer, "whatever"), f"?into={flow_id}").headers["Location"]
    text = officer.post(page, do="look", all="yes").text
    assert "litres" in text
    assert "Its draft will be replaced" in text
    done = officer.post(page, do="take", without="survey:2")
    assert done.headers["Location"] == f"/flows/{flow_id}/edit"
    with transaction(world.operation) as connection:
        draft = drafts.read(connection, flow_id)
        assert (draft.code, [step.name for step in draft.flow.steps]) == ("again", ["water", "litres"])
        drafts.undo(connection, flow_id, by=officer_id(world), now=clock.now())
        assert [step.name for step in drafts.read(connection, flow_id).flow.steps] == ["water", "why"]


def officer_id(world: World) -> UUID:
    return world.operation.one("SELECT changed_by FROM flow_draft_change ORDER BY changed_at DESC LIMIT 1")


@pytest.mark.parametrize("page", ["/flows/import", "/places/load"])
def test_a_browser_sends_the_file_and_not_its_name_alone(officer: Visitor, page: str) -> None:
    assert 'enctype="multipart/form-data"' in officer.get(page).text


def test_a_list_beside_the_form_is_read(officer: Visitor) -> None:
    survey = "| type | name | label |\n| select_one_from_file camps.csv | a | Which camp? |"
    page = bring(officer, form_of(survey), camps_csv=b"name,label\nc1,Camp 1\n").headers["Location"]
    assert 'value="take"' in officer.get(page).text


def test_a_shorter_form_is_used_only_where_it_was_chosen(officer: Visitor, world: World) -> None:
    words = "Which places did the people of your household go to for water during these last seven days"
    long = f"{words}? (read out all of the answers, then wait until the person speaks, and write it down)"
    survey = f"| type | name | label |\n| text | a | {long} |\n| text | b | {long} |"
    page = bring(officer, form_of(survey, "shorter")).headers["Location"]
    assert 'value="a|eng"' in officer.get(page).text
    officer.post(page, do="take", short="a|eng")
    with transaction(world.operation) as connection:
        first, second = drafts.read(connection, flow_of(world, "shorter")).flow.steps
    assert first.short.by_language == {"eng": f"{words}?"}
    assert second.short is None


def test_a_draft_leaves_as_a_form_with_the_other_sheets(officer: Visitor, world: World) -> None:
    survey = "| type | name | label | kuid |\n| text | a | What? | k1 |"
    data = workbook(survey, "", {"form_id": "leaves"}, plan=[["what"], ["mean"]])
    officer.post(bring(officer, data).headers["Location"], do="take")
    answer = officer.get(f"/flows/{flow_of(world, 'leaves')}/form.xlsx")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="leaves.xlsx"'
    again = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert "plan" in again.sheetnames
    assert xlsform.read(answer.data, "x.xlsx").flow == xlsform.read(data, "x.xlsx").flow


def test_what_is_no_form_says_so(officer: Visitor) -> None:
    assert bring(officer, b"").status_code == 422
    page = bring(officer, b"\x89PNG\r\n\x1a\n\x00\x00").headers["Location"]
    text = unescape(officer.get(page).text)
    assert "neither an Excel file nor a table" in text
    assert 'value="take"' not in text


@pytest.mark.parametrize("role", Role)
def test_who_reads_flows_may_take_them_as_forms(
    role: Role, visit: Callable[[Role], Visitor], world: World
) -> None:
    answer = visit(role).get(f"/flows/{world.flow_id}/form.xlsx")
    assert answer.status_code == (200 if role in FLOW_READERS else 404)


def test_nobody_else_sees_a_form_that_waits(officer: Visitor, visit: Callable[[Role], Visitor]) -> None:
    page = bring(officer, form_of()).headers["Location"]
    assert visit(Role.COMMUNITY_STAFF).get(page).status_code == 404


def test_a_form_that_nobody_decided_about_is_gone_a_day_later(world: World) -> None:
    staff_id = world.staff[Role.COMMUNITY_STAFF]
    with transaction(world.operation) as connection:
        made = form_imports.keep(
            connection, world.operation.id, staff_id,
            name="a.xlsx", content=b"x", attached={}, flow_id=None, now=clock.now() - timedelta(days=2),
        )  # fmt: skip
        assert form_imports.kept(connection, staff_id, made, now=clock.now()) is None
