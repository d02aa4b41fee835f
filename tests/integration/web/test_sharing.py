"""What organisations share: what an agreement opens, on its days, in its areas, and nothing beside it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from gateway import clock, db, ids
from gateway.models.staff import Role
from gateway.services import agreements
from gateway.services.agreements import Terms
from gateway.services.unfit import Unfit
from tests.integration.operation import Operation
from tests.integration.web.visitors import SENSITIVE, WORDS, Visitor, World, account, signed_in, transaction

TODAY = clock.now().date()
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def neighbour(world: World) -> Iterator[Operation]:
    """Another organisation, whose people have not talked."""
    made = Operation(world.operation.settings, world.operation.ring)
    yield made
    made.drains.close()


@pytest.fixture
def reader(app: Flask, neighbour: Operation) -> Visitor:
    """A protection reviewer of the other organisation."""
    return signed_in(app, neighbour, account(neighbour, Role.PROTECTION_REVIEWER, email=f"{ids.new()}@x.org"))


@pytest.fixture
def agree(world: World, neighbour: Operation) -> Iterator[Callable[..., UUID]]:
    """Let the world share with its neighbour; all agreements end with the test."""

    def register(**more: object) -> UUID:
        terms = {
            "receiver_id": neighbour.id,
            "kind": "data_sharing",
            "reference": "DSA 1",
            "purpose": "Referrals",
            "objects": ("grievance",),
            "highest": "S1",
            "areas": (),
            "valid_from": TODAY - DAY,
            "valid_until": TODAY + DAY,
            **more,
        }
        with transaction(world.operation) as connection:
            return agreements.register(
                connection, world.operation.id, Terms(**terms), by=None, now=clock.now()
            )

    yield register
    with world.operation.connect() as connection:
        connection.execute("DELETE FROM agreement")
        connection.commit()


def test_without_an_agreement_a_case_is_not_there(reader: Visitor, world: World) -> None:
    assert reader.get(f"/grievances/{world.case_id}").status_code == 404
    assert str(world.case_id) not in reader.get("/grievances").text


def test_a_shared_case_is_marked_with_its_owner_and_names_no_person(
    agree: Callable[..., UUID], reader: Visitor, world: World
) -> None:
    agree()
    listed = reader.get("/grievances").text
    assert str(world.case_id) in listed
    assert "Shared by An operation" in listed
    text = reader.get(f"/grievances/{world.case_id}").text
    assert WORDS in text
    assert "only its owner changes it" in text
    assert str(world.contact_id) not in text
    assert reader.get(f"/contacts/{world.contact_id}").status_code == 404


def test_an_agreement_opens_its_levels_and_never_a_sealed_case(
    agree: Callable[..., UUID], app: Flask, neighbour: Operation, reader: Visitor, world: World
) -> None:
    agree(highest="S1")
    assert reader.get(f"/grievances/{world.sensitive_id}").status_code == 404
    agree(highest="S2")
    assert SENSITIVE in reader.get(f"/grievances/{world.sensitive_id}").text
    focal = signed_in(app, neighbour, account(neighbour, Role.SENSITIVE_FOCAL_POINT))
    assert focal.get(f"/grievances/{world.sealed_id}").status_code == 404
    assert str(world.sealed_id) not in focal.get("/grievances").text


def test_a_role_reads_no_more_of_others_cases_than_of_its_own(
    agree: Callable[..., UUID], app: Flask, neighbour: Operation, world: World
) -> None:
    agree(highest="S2")
    partner = signed_in(app, neighbour, account(neighbour, Role.PARTNER))
    assert partner.get(f"/grievances/{world.case_id}").status_code == 200
    assert partner.get(f"/grievances/{world.sensitive_id}").status_code == 404
    assert str(world.sensitive_id) not in partner.get("/grievances").text


@pytest.mark.parametrize(("since", "until"), [(-9, -1), (1, 9)])
def test_before_and_after_its_days_an_agreement_opens_nothing(
    since: int, until: int, agree: Callable[..., UUID], reader: Visitor, world: World
) -> None:
    agree(valid_from=TODAY + since * DAY, valid_until=TODAY + until * DAY)
    assert reader.get(f"/grievances/{world.case_id}").status_code == 404


def test_ending_an_agreement_closes_at_once(
    agree: Callable[..., UUID], reader: Visitor, world: World, neighbour: Operation
) -> None:
    made = agree()
    assert reader.get(f"/grievances/{world.case_id}").status_code == 200
    with transaction(world.operation) as connection:
        assert not agreements.end(connection, neighbour.id, made, now=clock.now()), "whoever gives ends it"
        assert agreements.end(connection, world.operation.id, made, now=clock.now())
    assert reader.get(f"/grievances/{world.case_id}").status_code == 404


def test_a_closed_organisation_shares_nothing_and_gets_nothing(
    agree: Callable[..., UUID], reader: Visitor, world: World, neighbour: Operation
) -> None:
    agree()
    for closed in (world.operation.id, neighbour.id):
        with world.operation.connect() as connection:
            connection.execute("UPDATE organisation SET active = false WHERE id = %s", [closed])
            connection.commit()
        try:
            assert reader.get(f"/grievances/{world.case_id}").status_code != 200
        finally:
            with world.operation.connect() as connection:
                connection.execute("UPDATE organisation SET active = true WHERE id = %s", [closed])
                connection.commit()


def test_an_agreement_on_areas_opens_cases_of_offices_there_and_below(
    agree: Callable[..., UUID], reader: Visitor, world: World
) -> None:
    inside, outside = ids.new(), ids.new()
    gazetteer = ids.new()
    with world.operation.connect() as connection:
        connection.execute(
            "INSERT INTO gazetteer (id, source, licence, dated, digest, areas) VALUES (%s, 's', 'l', now(), 'd', 2)",
            [gazetteer],
        )
        for code, level, parent in (("T1", 1, None), ("T101", 2, "T1"), ("T2", 1, None)):
            connection.execute(
                "INSERT INTO area (pcode, gazetteer_id, level, parent, name, folded) VALUES (%s, %s, %s, %s, %s, %s)",
                [code, gazetteer, level, parent, code, code.lower()],
            )
        for office, name, area in ((inside, "in", "T101"), (outside, "out", "T2")):
            connection.execute(
                "INSERT INTO office (id, organisation_id, name, area) VALUES (%s, %s, %s, %s)",
                [office, world.operation.id, name, area],
            )
        connection.commit()
    agree(areas=("T1",))
    seen = {}
    for office in (None, outside, inside):
        with world.operation.connect() as connection:
            connection.execute("UPDATE grievance SET office_id = %s WHERE id = %s", [office, world.case_id])
            connection.commit()
        seen[office] = reader.get(f"/grievances/{world.case_id}").status_code
    with world.operation.connect() as connection:
        connection.execute("UPDATE grievance SET office_id = NULL")
        connection.commit()
    assert seen == {None: 404, outside: 404, inside: 200}


def test_a_shared_round_shows_counts_with_small_ones_hidden_and_no_single_answer(
    agree: Callable[..., UUID], reader: Visitor, world: World
) -> None:
    page = f"/rounds/{world.round_id}"
    assert reader.get(page).status_code == 404
    agree(objects=("survey",))
    text = reader.get(page).text
    assert "Shared by An operation" in text
    assert "Latest answers" not in text
    assert "are hidden" in text
    assert "Shared by An operation" in reader.get("/rounds").text
    assert reader.get(f"/grievances/{world.case_id}").status_code == 404, "only what it names"


def test_the_reader_cannot_open_the_giver_to_itself(world: World, neighbour: Operation) -> None:
    statement = (
        "INSERT INTO agreement (id, giver_id, receiver_id, kind, reference, purpose, objects, valid_from, valid_until)"
        " VALUES (%s, %s, %s, 'letter', 'r', 'p', '[\"grievance\"]', current_date, current_date)"
    )
    with neighbour.connect() as connection:
        connection.execute("UPDATE organisation SET lead = true WHERE id = %s", [neighbour.id])
        connection.commit()
    with db.connect(neighbour.settings, role=db.DatabaseRole.PAGES) as connection:
        connection.execute("SELECT set_config('paigham.organisation', %s, false)", [str(neighbour.id)])
        with pytest.raises(Exception, match="row-level security"):
            connection.execute(statement, [ids.new(), world.operation.id, neighbour.id])
    with neighbour.connect() as connection:
        connection.execute("UPDATE organisation SET lead = false")
        connection.commit()


@pytest.mark.parametrize(
    ("fact", "field"),
    [
        ({"kind": "handshake"}, "kind"),
        ({"highest": "S3"}, "highest"),
        ({"objects": ()}, "objects"),
        ({"objects": ("contact",)}, "objects"),
        ({"purpose": "  "}, "purpose"),
        ({"reference": "x" * 201}, "reference"),
        ({"valid_until": TODAY - 9 * DAY}, "valid_until"),
        ({"valid_until": TODAY + 3000 * DAY}, "valid_until"),
        ({"receiver_id": ids.new()}, "receiver"),
    ],
)
def test_an_agreement_that_cannot_be_is_refused_by_field(
    fact: dict[str, object], field: str, agree: Callable[..., UUID]
) -> None:
    with pytest.raises(Unfit) as told:
        agree(**fact)
    assert told.value.field == field


def test_the_register_says_which_agreements_run_out(agree: Callable[..., UUID], world: World) -> None:
    made = {
        agree(valid_until=TODAY): "soon",
        agree(valid_until=TODAY + 90 * DAY): "valid",
        agree(valid_from=TODAY - 9 * DAY, valid_until=TODAY - DAY): "over",
        agree(valid_from=TODAY + DAY, valid_until=TODAY + 90 * DAY): "coming",
    }
    with transaction(world.operation) as connection:
        found = {line.id: line.state for line in agreements.lines(connection, today=TODAY)}
        soon = {line.id for line in agreements.soon_over(connection, today=TODAY)}
    assert found == made
    assert soon == {made_id for made_id, state in made.items() if state == "soon"}
