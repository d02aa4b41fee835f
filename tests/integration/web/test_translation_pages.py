"""Translators before their pages: one text at a time, read again by somebody else, files that overwrite nothing."""

import html
import io
import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from gateway import clock, ids
from gateway.models.staff import Role
from gateway.services import drafts, translating
from gateway.text_files import HEADINGS
from tests.integration.web.visitors import Visitor, World, account, signed_in, transaction

SOURCE = """\
spec: paigham.flow/1
flow: {code}
title: {{eng: Pump}}
languages: [eng, urd]
purpose: p
owner: im_officer
retention: survey_link
outbound: false
fields: [hotline]
steps:
  - say: hello
    text: "Call ${{hotline}}. Send STOP to end."
  - ask: runs
    type: select_one
    text: {{eng: "Does the pump run?", urd: "کیا پمپ چلتا ہے؟"}}
    options:
      - {{code: good, label: {{eng: "It runs", urd: "چلتا ہے"}}}}
      - {{code: bad, label: {{eng: "It stands still", urd: "بند ہے"}}}}
"""
HELLO = "${hotline} پر فون کریں۔ ختم: STOP"
FIELD = re.compile(r'name="(source|seen)" value="([0-9a-f]*)"')


@pytest.fixture
def flow_id(world: World) -> UUID:
    code = f"pump_{ids.new().hex}"
    with transaction(world.operation) as connection:
        return drafts.create(
            connection,
            world.operation.id,
            code=code,
            title="Pump",
            source=SOURCE.format(code=code),
            by=world.staff[Role.IM_OFFICER],
            now=clock.now(),
        )


@pytest.fixture
def translator(visit: Callable[[Role], Visitor]) -> Visitor:
    return visit(Role.TRANSLATOR)


def code_of(world: World, flow_id: UUID) -> str:
    with transaction(world.operation) as connection:
        return drafts.read(connection, flow_id).code


def words(world: World, flow_id: UUID, step: str) -> str:
    with transaction(world.operation) as connection:
        flow = translating.flow_of(connection, flow_id)
    assert flow is not None
    found = next(it for it in flow.steps if it.name == step)
    return str(found.text.by_language.get("urd", ""))  # type: ignore[union-attr]


def path_of(world: World, flow_id: UUID, tail: str) -> str:
    return f"/flows/{flow_id}/translate/urd/{code_of(world, flow_id)}.{tail}"


def saves(visitor: Visitor, path: str, target: str, **more: str) -> TestResponse:
    shown = dict(FIELD.findall(visitor.get(path).text))
    return visitor.post(path, target=target, **{**shown, **more})


def test_a_translator_goes_from_one_missing_text_to_the_next_and_is_done(
    world: World, flow_id: UUID, translator: Visitor
) -> None:
    page = translator.get(f"/flows/{flow_id}/translate/urd").text
    path = path_of(world, flow_id, "hello.text")
    assert f'href="{path}" rel="next"' in page
    shown = translator.get(path).text
    assert 'lang="ur" dir="rtl"' in shown
    assert '<bdi class="filled-in" dir="ltr">${hotline}</bdi>' in shown
    answer = saves(translator, path, HELLO, next="1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/flows/{flow_id}/translate/urd"
    assert words(world, flow_id, "hello") == HELLO
    assert "Next text that waits" not in translator.get(f"/flows/{flow_id}/translate/urd").text


def test_what_a_check_refuses_comes_back_in_the_field_with_the_reason(
    world: World, flow_id: UUID, translator: Visitor
) -> None:
    path = path_of(world, flow_id, "hello.text")
    answer = saves(translator, path, "فون کریں \u202e STOP")
    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert "A placeholder of the source is missing:" in text
    assert "Cannot be saved" in text
    assert (
        '<bdi class="hidden-mark" dir="ltr" lang="en" title="A character that nobody sees">RLO</bdi>' in text
    )
    assert "فون کریں \u202e STOP</textarea>" in text
    assert words(world, flow_id, "hello") == ""


def test_words_are_looked_at_while_they_are_typed_and_nothing_is_written(
    world: World, flow_id: UUID, translator: Visitor
) -> None:
    path = path_of(world, flow_id, "runs.text")
    text = translator.post(f"{path}/look", target="کیا پمپ چلتا ہے؟ 72").text
    assert "UCS-2" in text
    assert "These numbers are not the same as in the source:" in text
    assert words(world, flow_id, "runs") == "کیا پمپ چلتا ہے؟"


def test_a_second_person_reads_a_text_and_it_says_who(
    world: World, flow_id: UUID, app: Flask, translator: Visitor
) -> None:
    path = path_of(world, flow_id, "hello.text")
    saves(translator, path, HELLO)
    own = translator.get(path).text
    assert "It is right" not in own
    other = signed_in(
        app, world.operation, account(world.operation, Role.TRANSLATOR, email=f"{ids.new()}@example.org")
    )
    shown = dict(FIELD.findall(other.get(path).text))
    assert other.post(path, review="1", native="1", **shown).status_code == 303
    text = other.get(path).text
    assert "Read by a second person" in text
    assert "by a native speaker" in text
    refused = translator.post(path, review="1", **shown)
    assert refused.status_code == 422
    assert "Somebody else must read what you translated." in refused.text


def test_the_second_of_two_is_shown_what_the_first_wrote(
    world: World, flow_id: UUID, translator: Visitor, visit: Callable[[Role], Visitor]
) -> None:
    path = path_of(world, flow_id, "runs.text")
    seen = dict(FIELD.findall(translator.get(path).text))
    saves(visit(Role.COMMUNITY_STAFF), path, "پمپ چل رہا ہے؟")
    answer = translator.post(path, target="کیا پمپ ٹھیک ہے؟", **seen)
    assert answer.status_code == 422
    assert "Somebody else wrote another translation meanwhile." in answer.text
    assert "پمپ چل رہا ہے؟" in answer.text
    assert "کیا پمپ ٹھیک ہے؟</textarea>" in answer.text
    assert words(world, flow_id, "runs") == "پمپ چل رہا ہے؟"
    again = dict(FIELD.findall(answer.text))
    assert translator.post(path, target="کیا پمپ ٹھیک ہے؟", **again).status_code == 303
    assert words(world, flow_id, "runs") == "کیا پمپ ٹھیک ہے؟"


def test_texts_are_narrowed_by_how_far_they_are(world: World, flow_id: UUID, translator: Visitor) -> None:
    del world
    here = f"/flows/{flow_id}/translate/urd"
    assert translator.get(f"{here}?state=missing").text.count('role="rowheader"') == 1
    assert translator.get(f"{here}?state=translated").text.count('role="rowheader"') == 3
    assert "No text is in this state." in translator.get(f"{here}?state=stale").text
    assert translator.get(f"{here}?state=nonsense").status_code == 404
    assert translator.get(f"/flows/{flow_id}/translate/som").status_code == 404
    assert translator.get(f"/flows/{flow_id}/translate/eng").status_code == 404


def test_what_waits_stands_on_one_page_by_flow_and_language(
    world: World, flow_id: UUID, translator: Visitor
) -> None:
    del world
    text = translator.get("/translations?language=urd").text
    assert f"/flows/{flow_id}/translate/urd" in text
    assert translator.get("/translations?language=kac").status_code == 404
    assert ">Translations</span>" in text


def test_a_flow_gets_one_more_language(world: World, flow_id: UUID, translator: Visitor) -> None:
    answer = translator.post(f"/flows/{flow_id}/translate", language="som")
    assert answer.headers["Location"] == f"/flows/{flow_id}/translate/som"
    assert translator.get(f"/flows/{flow_id}/translate/som").status_code == 200
    assert translator.post(f"/flows/{flow_id}/translate", language="som").status_code == 422
    lines = world.operation.rows("SELECT action FROM audit WHERE object = %s ORDER BY seq", f"flow {flow_id}")
    assert ("flow.languages_changed",) in lines


def test_another_organisations_flow_is_not_there(world: World, translator: Visitor) -> None:
    del world
    assert translator.get(f"/flows/{ids.new()}/translate").status_code == 404
    assert translator.get(f"/flows/{ids.new()}/translate/urd").status_code == 404


# --- Files


def upload(visitor: Visitor, path: str, data: bytes, **more: str) -> TestResponse:
    form = {"form_token": visitor.token(), "file": (io.BytesIO(data), "texts"), **more}
    return visitor.client.post(path, data=form, content_type="multipart/form-data")


def test_a_workbook_goes_out_is_filled_and_taken_over_after_a_look(
    world: World, flow_id: UUID, translator: Visitor
) -> None:
    here = f"/flows/{flow_id}/translate/urd"
    sent = translator.get(f"{here}/file/xlsx")
    assert sent.headers["Content-Disposition"].endswith('-urd.xlsx"')
    book = load_workbook(io.BytesIO(sent.data))
    page, target = book["urd"], HEADINGS.index("translation") + 1
    page.cell(2, target).value = HELLO
    page.cell(3, target).value = "پمپ کام کرتا ہے؟"
    page.cell(4, target).value = "بند ہے"  # the words of the other answer
    written = io.BytesIO()
    book.save(written)
    saves(translator, path_of(world, flow_id, "runs.text"), "پمپ چل رہا ہے؟")
    answer = upload(translator, f"{here}/import", written.getvalue())
    preview = answer.headers["Location"]
    text = html.unescape(translator.get(preview).text)
    assert "It was changed in the file, and here too since the file was made." in text
    assert "Another answer has the same word:" in text
    assert words(world, flow_id, "hello") == ""
    assert translator.post(preview).status_code == 303
    assert words(world, flow_id, "hello") == HELLO
    assert words(world, flow_id, "runs") == "پمپ چل رہا ہے؟"
    assert translator.get(preview).status_code == 404


@pytest.mark.parametrize("still", [True, False])
def test_a_conflict_is_settled_for_the_file_over_the_words_that_somebody_saw_and_no_others(
    world: World, flow_id: UUID, translator: Visitor, *, still: bool
) -> None:
    here, path = f"/flows/{flow_id}/translate/urd", path_of(world, flow_id, "runs.text")
    data = translator.get(f"{here}/file/po").data.decode()
    saves(translator, path, "پمپ چل رہا ہے؟")
    mine = data.replace("کیا پمپ چلتا ہے؟", "پمپ کام کرتا ہے؟").encode()
    preview = upload(translator, f"{here}/import", mine).headers["Location"]
    shown = translator.get(preview).text
    choice = re.search(r'name="(take-\d+)" value="theirs"', shown)
    saw = re.search(r'name="(saw-\d+)" value="([^"]+)"', shown)
    assert choice is not None
    assert saw is not None
    translator.post(preview, **{choice[1]: "theirs", saw[1]: saw[2] if still else "another"})
    assert words(world, flow_id, "runs") == ("پمپ کام کرتا ہے؟" if still else "پمپ چل رہا ہے؟")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04 no", "This is not an Excel file"),
        (b"\xff\xfe", "This file is not UTF-8."),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    flow_id: UUID, translator: Visitor, data: bytes, said: str
) -> None:
    answer = upload(translator, f"/flows/{flow_id}/translate/urd/import", data)
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)


def test_nobody_takes_over_a_file_that_somebody_else_brought(
    flow_id: UUID, translator: Visitor, visit: Callable[[Role], Visitor]
) -> None:
    here = f"/flows/{flow_id}/translate/urd"
    data = translator.get(f"{here}/file/po").data
    preview = upload(translator, f"{here}/import", data).headers["Location"]
    assert visit(Role.COMMUNITY_STAFF).get(preview).status_code == 404
    assert translator.get(preview).status_code == 200


# --- Glossary


def test_a_word_of_the_glossary_is_marked_in_the_source_and_missed_in_the_translation(
    world: World, flow_id: UUID, translator: Visitor
) -> None:
    form = {"term": "pump", "translation": "نلکا", "note": "Village word", "forbidden": "مشین\nپمپ"}
    assert translator.post("/glossary/urd/add", **form).status_code == 303
    text = html.unescape(translator.get(path_of(world, flow_id, "runs.text")).text)
    assert '<mark class="term" title="نلکا · Village word">pump</mark>' in text
    assert "The glossary says it so:" in text
    assert "The glossary asks not to say it so:" in text


def test_a_word_is_changed_renamed_and_taken_out(world: World, translator: Visitor) -> None:
    del world
    translator.post("/glossary/som/add", term="Shelter", translation="Hoy")
    (term,) = re.findall(r'href="(/glossary/terms/[^"]+)"', translator.get("/glossary?language=som").text)
    assert 'value="Hoy"' in translator.get(term).text
    translator.post(term, term="Shelters", translation="Hoyga")
    (renamed,) = re.findall(r'href="(/glossary/terms/[^"]+)"', translator.get("/glossary?language=som").text)
    translator.post(renamed, remove="1")
    assert "No word yet" in translator.get("/glossary?language=som").text
    assert translator.post("/glossary/som/add", term="", translation="x").status_code == 422


def test_the_words_of_the_library_fill_a_glossary_and_leave_as_a_table_that_comes_back(
    world: World, translator: Visitor
) -> None:
    del world
    translator.post("/glossary/fra/seed")
    data = translator.get("/glossary/fra/file").data
    assert data.startswith(b"\xef\xbb\xbfterm,translation,note,forbidden")
    more = data + b"Tap,Robinet,,\n"
    shown = upload(translator, "/glossary/fra/import", more)
    assert "Robinet" in shown.text
    assert "Robinet" not in translator.get("/glossary?language=fra").text
    content = re.search(r'name="content"[^>]*>(.*?)</textarea>', shown.text, re.DOTALL)
    assert content is not None
    translator.post("/glossary/fra/import", content=html.unescape(content[1]).lstrip("\n"))
    assert "Robinet" in translator.get("/glossary?language=fra").text
    assert "The first row must name the columns" in html.unescape(
        upload(translator, "/glossary/fra/import", b"a,b\n1,2\n").text
    )
