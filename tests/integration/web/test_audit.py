"""The audit: a chain that shows what was changed, and a line for each look at a person."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.errors import InsufficientPrivilege, RestrictViolation

from gateway import clock, db
from gateway.db import DatabaseRole
from gateway.models.staff import Role
from gateway.services import audit, audit_check
from gateway.web import access, page, resources
from gateway.web.access import PERSONAL, Object
from tests.integration.operation import Operation
from tests.integration.web.matrix import paths
from tests.integration.web.visitors import NAME, NUMBER, Visitor, World


@pytest.fixture
def engine(operation: Operation):
    """An engine, disposed of afterwards."""
    made = db.engine(operation.settings)
    yield made
    made.dispose()


@pytest.fixture
def chain(operation: Operation, engine: sa.Engine) -> Operation:
    """A fresh organisation with five lines."""
    made = Operation(operation.settings, operation.ring)
    with engine.begin() as connection:
        for number in range(5):
            add(connection, made, action=f"test.done_{number}", detail={"number": number})
    yield made
    made.drains.close()


def add(connection: sa.Connection, operation: Operation, **more) -> int:
    values = {"actor": "system", "action": "test.done", "object": "test", **more}
    return audit.record(connection, operation.ring, organisation_id=operation.id, now=clock.now(), **values)


def faults(engine: sa.Engine, operation: Operation) -> list[str]:
    with engine.connect() as connection:
        return audit_check.verify(connection, operation.ring, operation.id).faults


def tamper(operation: Operation, statement: str) -> None:
    """Change lines as the table's owner could, behind the trigger's back."""
    with db.connect(operation.settings, role=DatabaseRole.OWNER) as connection:
        connection.execute("ALTER TABLE audit DISABLE TRIGGER audit_is_append_only")
        connection.execute(statement, {"id": operation.id})
        connection.execute("ALTER TABLE audit ENABLE TRIGGER audit_is_append_only")
        connection.commit()


def test_an_untouched_chain_is_whole(engine: sa.Engine, chain: Operation) -> None:
    assert faults(engine, chain) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("SET actor = 'somebody else'", "Line 3 was changed."),
        ("SET action = 'test.other'", "Line 3 was changed."),
        ("SET object = 'other'", "Line 3 was changed."),
        ("SET at = at + interval '1 microsecond'", "Line 3 was changed."),
        ("SET detail_sealed = NULL", "Line 3 was changed."),
        ("SET previous = '\\x00'", "Line 3 does not follow from the line before it."),
    ],
)
def test_a_changed_line_shows(change: str, says: str, engine: sa.Engine, chain: Operation) -> None:
    tamper(chain, f"UPDATE audit {change} WHERE organisation_id = %(id)s AND seq = 3")
    assert says in faults(engine, chain)


def test_a_missing_line_shows(engine: sa.Engine, chain: Operation) -> None:
    tamper(chain, "DELETE FROM audit WHERE organisation_id = %(id)s AND seq IN (2, 3)")
    assert faults(engine, chain) == ["Lines 2 to 3 are missing."]


@pytest.mark.parametrize(
    ("role", "refusal"),
    [
        (DatabaseRole.OWNER, RestrictViolation),
        (DatabaseRole.WORK, InsufficientPrivilege),
        (DatabaseRole.PAGES, InsufficientPrivilege),
    ],
)
def test_the_table_refuses_changes(chain: Operation, role: DatabaseRole, refusal: type[Exception]) -> None:
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with db.connect(chain.settings, role=role) as connection, pytest.raises(refusal):
            connection.execute(statement)


def test_writers_at_the_same_time_make_one_chain_without_gaps(engine: sa.Engine, chain: Operation) -> None:
    def write(_: int) -> int:
        with engine.begin() as connection:
            return add(connection, chain)

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(write, range(40)))
    assert sorted(numbers) == list(range(6, 46))
    assert faults(engine, chain) == []


def test_what_is_rolled_back_leaves_no_line(engine: sa.Engine, chain: Operation) -> None:
    with engine.connect() as connection:
        add(connection, chain)
        connection.rollback()
    assert chain.one("SELECT count(*) FROM audit WHERE organisation_id = %s", chain.id) == 5


def test_details_are_sealed_and_open_for_the_auditor(engine: sa.Engine, chain: Operation) -> None:
    with engine.begin() as connection:
        seq = add(connection, chain, detail={"reason": "a quiet canary"})
    blob = chain.one("SELECT detail_sealed FROM audit WHERE organisation_id = %s AND seq = %s", chain.id, seq)
    assert b"canary" not in blob
    assert audit.detail_of(chain.ring, chain.id, seq, blob) == {"reason": "a quiet canary"}


# --- What pages write


def saw(world: World, kind: str, subject: UUID) -> list[tuple[str, str]]:
    return world.operation.rows(
        "SELECT actor, action FROM audit JOIN audit_subject s USING (organisation_id, seq)"
        " WHERE organisation_id = %s AND s.kind = %s AND s.id = %s ORDER BY seq",
        world.operation.id,
        kind,
        subject,
    )


def lines(world: World) -> list[tuple[str, str, str]]:
    return world.operation.rows(
        "SELECT actor, action, object FROM audit WHERE organisation_id = %s ORDER BY seq", world.operation.id
    )


def test_each_page_that_shows_a_person_writes_who_looked(
    world: World, visit: Callable[[Role], Visitor], engine: sa.Engine
) -> None:
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    before = len(lines(world))
    for path in (
        "/contacts",
        f"/contacts/{world.contact_id}",
        "/grievances",
        f"/grievances/{world.sealed_id}",
        f"/rounds/{world.round_id}",
    ):
        assert visitor.get(path).status_code == 200
    me = str(world.staff[Role.SENSITIVE_FOCAL_POINT])
    assert lines(world)[before:] == [
        (me, "contact.listed", "contacts"),
        (me, "contact.read", f"contact {world.contact_id}"),
        (me, "grievance.listed", "grievances"),
        (me, "grievance.read", f"grievance {world.sealed_id}"),
        (me, "round.read", f"round {world.round_id}"),
    ]
    assert faults(engine, world.operation) == []


def test_showing_name_and_number_is_a_line_of_its_own_and_lasts_one_page(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.COMMUNITY_STAFF)
    page = f"/contacts/{world.contact_id}"
    assert NAME not in visitor.get(page).text
    shown = visitor.post(page)
    assert NAME in shown.text
    assert NUMBER in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    me = str(world.staff[Role.COMMUNITY_STAFF])
    assert lines(world)[-1] == (me, "contact.revealed", f"contact {world.contact_id}")
    assert NAME not in visitor.get(page).text


def test_what_is_refused_is_written_down_whether_it_is_there_or_not(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    before = len(lines(world))
    nobody = "0190aaaa-0000-7000-8000-000000000000"
    visit(Role.ADMIN).get(f"/contacts/{world.contact_id}")
    visit(Role.COMMUNITY_STAFF).get(f"/grievances/{world.sealed_id}")
    visit(Role.COMMUNITY_STAFF).get(f"/contacts/{nobody}")
    visit(Role.VIEWER_AGGREGATE).get("/grievances")
    staff = {role: str(staff_id) for role, staff_id in world.staff.items()}
    assert lines(world)[before:] == [
        (staff[Role.ADMIN], "access.refused", f"contact {world.contact_id}"),
        (staff[Role.COMMUNITY_STAFF], "access.refused", f"grievance {world.sealed_id}"),
        (staff[Role.COMMUNITY_STAFF], "access.refused", f"contact {nobody}"),
        (staff[Role.VIEWER_AGGREGATE], "access.refused", "grievances"),
    ]
    assert saw(world, "case", world.sealed_id)[-1] == (staff[Role.COMMUNITY_STAFF], "access.refused")


def test_a_list_writes_down_everybody_whom_it_showed(world: World, visit: Callable[[Role], Visitor]) -> None:
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    me = str(world.staff[Role.SENSITIVE_FOCAL_POINT])
    visitor.get("/contacts")
    for contact_id in (world.contact_id, world.sealed_contact_id):
        assert saw(world, "contact", contact_id)[-1] == (me, "contact.listed")
    visitor.get("/grievances")
    for case_id in (world.case_id, world.sensitive_id, world.sealed_id):
        assert saw(world, "case", case_id)[-1] == (me, "grievance.listed")
    visitor.get(f"/grievances/{world.case_id}")
    assert saw(world, "contact", world.contact_id)[-1] == (me, "grievance.read")
    visitor.get(f"/contacts/{world.contact_id}")
    assert saw(world, "case", world.case_id)[-1] == (me, "contact.read")


def test_a_list_of_failed_messages_that_leads_to_persons_is_written_down(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    before = len(lines(world))
    visit(Role.IM_OFFICER).get("/messages?status=failed")
    assert len(lines(world)) == before
    visit(Role.COMMUNITY_STAFF).get("/messages?status=failed")
    assert lines(world)[-1][1:] == ("message.listed", "messages")


def test_a_page_that_forgets_to_say_what_it_showed_is_written_down_all_the_same(
    app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    view = app.view_functions["staff.contact"]

    @access.needs(Object.CONTACT)
    def forgetful(contact_id: UUID) -> str:
        return f"{contact_id}"

    app.view_functions["staff.contact"] = forgetful
    try:
        visit(Role.PARTNER).get(f"/contacts/{world.contact_id}")
    finally:
        app.view_functions["staff.contact"] = view
    assert lines(world)[-1][1:] == ("page.opened", f"contact {world.contact_id}")


def test_a_page_that_breaks_leaves_no_line_and_no_change(
    app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    view, before = app.view_functions["staff.contact"], len(lines(world))

    @access.needs(Object.CONTACT)
    def breaking(contact_id: UUID) -> str:
        resources.connection().execute(
            sa.text("UPDATE contact SET area = 'X1' WHERE id = :id"), {"id": contact_id}
        )
        page.note("contact.read", f"contact {contact_id}")
        raise RuntimeError("a bug")

    app.view_functions["staff.contact"] = breaking
    try:
        assert visit(Role.PARTNER).get(f"/contacts/{world.contact_id}").status_code == 500
    finally:
        app.view_functions["staff.contact"] = view
    assert len(lines(world)) == before
    assert world.operation.one("SELECT area FROM contact WHERE id = %s", world.contact_id) is None


@pytest.mark.parametrize("role", Role)
def test_every_page_of_persons_says_what_it_showed(
    role: Role, app: Flask, world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor, forgotten = visit(role), []
    for endpoint, path in paths(world).items():
        rule = access.rule_of(app.view_functions[endpoint])
        if rule is None or rule.object not in PERSONAL:
            continue
        before = len(lines(world))
        status = visitor.get(path).status_code
        written = [action for _, action, _ in lines(world)[before:]]
        if not written or (status == 200) == ("access.refused" in written) or "page.opened" in written:
            forgotten.append((endpoint, status, written))
    assert forgotten == []


def test_lines_hold_ids_and_no_words(world: World, visit: Callable[[Role], Visitor]) -> None:
    visit(Role.COMMUNITY_STAFF).post(f"/contacts/{world.contact_id}")
    text = repr(lines(world))
    assert NAME not in text
    assert NUMBER[1:] not in text
