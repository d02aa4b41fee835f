"""The audit's pages: who saw whom, when and why; the access log without persons; the audit as a file."""

import csv
import hashlib
import io
import itertools
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import audit_export
from gateway.models.staff import Role
from tests.integration.web.visitors import NAME, NUMBER, Visitor, World

WORDS = "she asked us to call her back today"
REASON = {"reason": "call_back", "words": WORDS}
LINE = re.compile(r"/audit/lines/(\d+)")


@pytest.fixture
def officer(world: World, visit: Callable[[Role], Visitor]) -> Visitor:
    """The data protection officer, after others have looked at people."""
    focal_point = visit(Role.SENSITIVE_FOCAL_POINT)
    focal_point.get("/contacts")
    focal_point.get(f"/grievances/{world.sensitive_id}")
    focal_point.post(f"/grievances/{world.sealed_id}", **REASON)
    visit(Role.COMMUNITY_STAFF).get(f"/contacts/{world.contact_id}")
    visit(Role.ADMIN).get(f"/contacts/{world.contact_id}")
    return visit(Role.DATA_PROTECTION_OFFICER)


def newest(world: World) -> tuple[str, str]:
    found: tuple[str, str] = world.operation.rows(
        "SELECT action, object FROM audit WHERE organisation_id = %s ORDER BY seq DESC LIMIT 1",
        world.operation.id,
    )[0]
    return found


def body(text: str) -> str:
    return text[text.index("<tbody") : text.index("</tbody>")]


def test_a_person_is_found_by_number_and_the_number_stays_out_of_the_address(
    officer: Visitor, world: World
) -> None:
    for typed in (NUMBER, "+92 300 555 0111", "  ۰۰۹۲۳۰۰۵۵۵۰۱۱۱"):
        answer = officer.post("/audit", who=typed)
        assert answer.status_code == 303, typed
        assert answer.headers["Location"] == f"/audit/people/{world.contact_id}"
    assert newest(world) == ("audit.searched", "audit")


def test_a_person_and_a_case_are_found_by_their_ids(officer: Visitor, world: World) -> None:
    found = officer.post("/audit", who=f" {world.contact_id} ").headers["Location"]
    assert found == f"/audit/people/{world.contact_id}"
    found = officer.post("/audit", who=str(world.sealed_id)).headers["Location"]
    assert found == f"/audit/cases/{world.sealed_id}"


def test_a_case_is_found_by_its_reference_however_it_is_typed(
    officer: Visitor, world: World, visit: Callable[[Role], Visitor]
) -> None:
    text = visit(Role.COMMUNITY_STAFF).get(f"/grievances/{world.case_id}").text
    reference = re.search(r'<h1>.*?<bdi dir="ltr">([0-9A-Z -]+)</bdi>', text, re.DOTALL)
    assert reference is not None
    found = officer.post("/audit", who=reference[1].lower()).headers["Location"]
    assert found == f"/audit/cases/{world.case_id}"


@pytest.mark.parametrize(
    "typed", ["", "+92 300 555 9999", "nobody", "0190aaaa-0000-7000-8000-000000000000", "x" * 81]
)
def test_who_is_not_found_is_said_beside_the_field(typed: str, officer: Visitor) -> None:
    answer = officer.post("/audit", who=typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_the_page_of_a_person_says_who_looked_and_who_was_refused(officer: Visitor, world: World) -> None:
    text = officer.get(f"/audit/people/{world.contact_id}").text
    lookers = body(text)
    assert "Some community_staff" in lookers
    assert "Some sensitive_focal_point" in lookers
    assert "Some admin" not in lookers, "who was refused saw nothing"
    assert "Was refused" in text
    assert newest(world) == ("audit.person_read", f"contact {world.contact_id}")
    for secret in (NAME, NUMBER, NUMBER[-4:]):
        assert secret not in text


def test_the_page_of_a_case_says_why_name_and_number_were_shown(officer: Visitor, world: World) -> None:
    text = officer.get(f"/audit/cases/{world.sealed_id}").text
    assert "To call or write to the person" in text
    assert WORDS in text
    assert newest(world) == ("audit.case_read", f"grievance {world.sealed_id}")


def test_a_line_shows_its_detail_and_whom_it_was_about(officer: Visitor, world: World) -> None:
    seq = world.operation.one("SELECT max(seq) FROM audit WHERE action = 'grievance.revealed'")
    text = officer.get(f"/audit/lines/{seq}").text
    assert WORDS in text
    assert f"/audit/cases/{world.sealed_id}" in text
    assert f"/audit/people/{world.sealed_contact_id}" in text
    assert newest(world) == ("audit.line_read", f"audit {seq}")
    for nothing in (0, 10**6, 10**30):
        assert officer.get(f"/audit/lines/{nothing}").status_code == 404


def test_a_change_stands_there_as_it_was_and_as_it_is(officer: Visitor, world: World) -> None:
    from gateway import clock, db
    from gateway.services import audit

    engine = db.engine(world.operation.settings)
    with engine.begin() as connection:
        seq = audit.record(
            connection,
            world.operation.ring,
            organisation_id=world.operation.id,
            actor="cli",
            action="office.changed",
            object="office 1",
            detail=audit.changed(
                {"code": "here", "area": "A1", "open": True}, {"code": "there", "area": "A1"}
            ),
            now=clock.now(),
        )
    engine.dispose()
    text = officer.get(f"/audit/lines/{seq}").text
    table = body(text)
    assert "here" in table
    assert "there" in table
    assert "A1" not in table, "what stayed is left out"
    assert table.count("<tr>") == 2


def test_lines_are_narrowed_by_kind_by_person_and_by_day(officer: Visitor, world: World) -> None:
    admin = world.staff[Role.ADMIN].hex
    refused = body(officer.get("/audit?group=refused").text)
    assert "Was refused" in refused
    assert "Read a case" not in refused
    assert "Some admin" in body(officer.get(f"/audit?by={admin}").text)
    assert "Some community_staff" not in body(officer.get(f"/audit?by={admin}").text)
    assert "No line here" in officer.get("/audit?until=2001-01-01").text
    assert "Was refused" in officer.get("/audit?since=2001-01-01").text
    assert newest(world)[0] == "audit.read"
    for group in ("seen", "revealed", "exported", "unusual", "accounts", "audit", "other"):
        assert officer.get(f"/audit?group={group}").status_code == 200
    for wrong in ("group=nothing", "by=zz", "since=yesterday", "until=9999-12-31", "sort=at"):
        assert officer.get(f"/audit?{wrong}").status_code == 404


def test_the_officer_reads_no_content(officer: Visitor, world: World) -> None:
    for path in (f"/contacts/{world.contact_id}", f"/grievances/{world.case_id}"):
        assert officer.get(path).status_code == 404


def test_an_administrator_reads_lines_about_access_and_no_person_in_them(
    officer: Visitor, world: World, visit: Callable[[Role], Visitor]
) -> None:
    officer.get("/audit")
    text = visit(Role.ADMIN).get("/security").text
    for hidden in (
        str(world.contact_id),
        str(world.contact_id)[-6:],
        str(world.sealed_id)[-6:],
        WORDS,
        "Read a case",
    ):
        assert hidden not in text
    assert "Read the audit" in text
    assert not LINE.search(text)
    for path in ("/audit", "/audit/lines/1", f"/audit/people/{world.contact_id}", "/audit/chain"):
        assert visit(Role.ADMIN).get(path).status_code == 404


def test_the_page_of_the_chain_says_whether_it_is_whole(officer: Visitor, world: World) -> None:
    from gateway.audit_care import AuditCare

    assert "not checked yet" in officer.get("/audit/chain").text
    care = AuditCare(world.operation.settings, world.operation.ring)
    while care.check() is not None:
        pass
    assert "The record is whole" in officer.get("/audit/chain").text
    with world.operation.connect() as connection:
        connection.execute("UPDATE audit_check SET faults = '[\"Line 3 was changed.\"]'")
        connection.commit()
    text = officer.get("/audit/chain").text
    assert "The record is not whole" in text
    assert "Line 3 was changed." in text


# --- The file


def test_the_audit_as_csv_ends_with_a_manifest_over_itself(officer: Visitor, world: World) -> None:
    answer = officer.post("/audit/export", kind="csv", group="revealed")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    data = answer.data
    assert data.count(b"\r\n") > 2
    head, _, last = data.rstrip(b"\r\n").rpartition(b"\r\n")
    rows = list(csv.DictReader(io.StringIO((head + b"\r\n").decode())))
    manifest = dict(part.split("=", 1) for part in next(csv.reader([last.decode()]))[1:])
    assert manifest["sha256"] == hashlib.sha256(head + b"\r\n").hexdigest()
    assert int(manifest["lines"]) == len(rows) > 0
    assert {row["action"] for row in rows} == {"grievance.revealed"} or all(
        row["action"].endswith(".revealed") for row in rows
    )
    assert str(world.sealed_contact_id) in rows[-1]["persons"]
    assert WORDS.encode() not in data, "details come only when they are asked for"
    assert newest(world) == ("audit.export_ended", "audit")


def test_the_audit_as_json_lines_holds_details_when_they_are_asked_for(
    officer: Visitor, world: World
) -> None:
    answer = officer.post("/audit/export", kind="jsonl", detail="1")
    *rows, last = answer.data.decode().splitlines()
    lines = [json.loads(row) for row in rows]
    manifest = json.loads(last)["manifest"]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert manifest["lines"] == len(lines)
    before_it = answer.data[: answer.data.rindex(last.encode())]
    assert manifest["sha256"] == hashlib.sha256(before_it).hexdigest()
    kept = world.operation.one("SELECT hash FROM audit WHERE seq = %s", manifest["head_seq"])
    assert manifest["head_hash"] == kept.hex()
    assert any(line["detail"].get("words") == WORDS for line in lines)
    assert all(one["hash"] == two["previous"] for one, two in itertools.pairwise(lines))


def test_a_file_of_another_kind_is_not_there(officer: Visitor) -> None:
    assert officer.post("/audit/export", kind="exe").status_code == 404
    assert officer.post("/audit/export", kind="csv", group="nothing").status_code == 404


def test_nobody_else_takes_the_audit_out(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    for role in set(Role) - {Role.DATA_PROTECTION_OFFICER}:
        assert visit(role).post("/audit/export", kind="csv").status_code == 404


@given(st.one_of(st.text(), st.dictionaries(st.text(), st.text()), st.lists(st.text()), st.none()))
def test_no_cell_is_a_formula(value: object) -> None:
    assert not audit_export.cell(value).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(
    st.lists(st.dictionaries(st.sampled_from(audit_export.COLUMNS), st.text(st.characters(codec="utf-8"))))
)
def test_whatever_stands_in_a_file_it_reads_back_and_the_manifest_fits(rows: list[dict[str, str]]) -> None:
    from datetime import UTC, datetime

    whole = [dict.fromkeys(audit_export.COLUMNS, "") | row for row in rows]
    manifest = audit_export.Manifest(1, "00", datetime(2031, 3, 9, tzinfo=UTC))
    *chunks, last = audit_export.as_csv(whole, manifest)
    before = b"".join(chunks)
    assert f"sha256={hashlib.sha256(before).hexdigest()}" in last.decode()
    assert f"lines={len(whole)}" in last.decode()
    read = list(csv.reader(io.StringIO(before.decode(), newline="")))
    assert len(read) == len(whole) + 1
    for row, given_ in zip(read[1:], whole, strict=True):
        assert [cell.removeprefix("'") for cell in row] == [
            given_[name].removeprefix("'") for name in audit_export.COLUMNS
        ]


def test_who_is_no_member_of_staff_is_named_as_the_line_names_them(officer: Visitor, world: World) -> None:
    from gateway import clock, db
    from gateway.services import audit

    engine = db.engine(world.operation.settings)
    with engine.begin() as connection:
        for actor in ("key 0190", "system", "0190aaaa-0000-7000-8000-000000000000"):
            line = audit.Line(actor, "round.read", "round 1")
            audit.write(connection, world.operation.ring, world.operation.id, [line], now=clock.now())
    engine.dispose()
    text = body(officer.get("/audit").text)
    for said in ("key 0190", "The system", "Somebody who is not known any more"):
        assert said in text


@pytest.mark.parametrize("action", ["staff.sign_in_failed", "access.refused", "staff.second_factor_failed"])
def test_a_refusal_of_any_kind_stands_in_its_group(action: str, officer: Visitor, world: World) -> None:
    from gateway import clock, db
    from gateway.services import audit

    engine = db.engine(world.operation.settings)
    with engine.begin() as connection:
        seq = audit.record(
            connection,
            world.operation.ring,
            organisation_id=world.operation.id,
            actor="system",
            action=action,
            object="staff x",
            now=clock.now(),
        )
    engine.dispose()
    assert f"/audit/lines/{seq}" in officer.get("/audit?group=refused").text
    assert f"/audit/lines/{seq}" not in officer.get("/audit?group=other").text
