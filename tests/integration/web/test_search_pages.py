"""Searching: what a role may see is found however it is spelled, and nothing else shows that it exists."""

import itertools
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa
from flask import Flask

from gateway import db, names
from gateway.db import DatabaseRole
from gateway.models.staff import Role
from gateway.services import audit, inbox, keys, search, search_index
from gateway.settings import Settings
from tests.integration.operation import Operation
from tests.integration.web.visitors import NAME, NUMBER, TOKEN, Visitor, World, account, signed_in

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def uncounted(settings: Settings) -> None:
    """No test pays for what others searched."""
    with redis.Redis.from_url(settings.redis_url) as connection:
        connection.flushall()


@pytest.fixture
def indexed(world: World) -> World:
    """The world, with everybody in the index."""
    world.operation.drains.index_search()
    return world


def person(operation: Operation, name: str | None, urn: str) -> UUID:
    with operation.connect() as connection:
        contact_id, _ = inbox.know(connection, operation.ring, operation.id, urn, name=name)
        connection.commit()
    return contact_id


def reference(world: World, case_id: UUID) -> str:
    sealed = world.operation.one("SELECT reference_sealed FROM grievance WHERE id = %s", case_id)
    return world.operation.ring.open("grievance.reference", case_id, sealed)


def found(visitor: Visitor, words: str) -> str:
    answer = visitor.post("/search", words=words)
    assert answer.status_code == 200
    page = answer.text
    return TOKEN.sub("", page[page.index("<main") : page.index("</main>")])


def shows(visitor: Visitor, words: str, contact_id: UUID) -> bool:
    return f"/contacts/{contact_id}" in found(visitor, words)


@pytest.mark.parametrize(
    "words",
    [
        NAME,
        "zarghuna",
        "ZAR",
        "canary zarghuna",
        "Zarghoona",
        "زرغونه",
        NUMBER,
        "0300 555 0111",
        "0111",
        "۰۱۱۱",
        "٥٥٥٠١١١",
        "50111",
    ],
)
def test_a_person_is_found_by_name_and_number_and_stays_masked(
    words: str, indexed: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.COMMUNITY_STAFF)
    page = found(visitor, words)
    assert f"/contacts/{indexed.contact_id}" in page
    shown = page.replace(f'value="{words}"', "")
    assert NAME not in shown
    assert NUMBER[1:] not in shown
    assert "•••• 0111" in shown


@pytest.mark.parametrize("words", ["011", "5550119", "Zarghuna Khan", "arghuna", "+923005550110", "?", "zz"])
def test_what_does_not_fit_is_not_found(words: str, indexed: World, visit: Callable[[Role], Visitor]) -> None:
    assert not shows(visit(Role.COMMUNITY_STAFF), words, indexed.contact_id)


def test_a_case_is_found_by_its_reference_however_it_is_spelled(
    indexed: World, visit: Callable[[Role], Visitor]
) -> None:
    plain = reference(indexed, indexed.case_id)
    spoken = plain.replace("0", "o").replace("1", "l")
    arabic = plain.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    visitor = visit(Role.COMMUNITY_STAFF)
    for spelling in (
        plain,
        plain.lower(),
        f"{plain[:4]} {plain[4:]}",
        f"{plain[:4]}-{plain[4:]}",
        spoken,
        arabic,
    ):
        assert f"/grievances/{indexed.case_id}" in found(visitor, spelling), spelling


def test_rounds_and_flows_are_found_by_words_of_their_titles(
    indexed: World, visit: Callable[[Role], Visitor]
) -> None:
    assert f"/rounds/{indexed.round_id}" in found(visit(Role.IM_OFFICER), "round")
    assert "/simulator?flow=satisfaction" in found(visit(Role.TRANSLATOR), "satisf")
    assert "/rounds/" not in found(visit(Role.TRANSLATOR), "round")


def test_a_sealed_case_is_found_by_its_focal_point_alone_and_others_get_the_answer_for_nothing(
    indexed: World, visit: Callable[[Role], Visitor]
) -> None:
    sealed = reference(indexed, indexed.sealed_id)
    assert f"/grievances/{indexed.sealed_id}" in found(visit(Role.SENSITIVE_FOCAL_POINT), sealed)
    nobody = _other_reference(sealed)
    for role in Role:
        if role is not Role.SENSITIVE_FOCAL_POINT:
            visitor = visit(role)
            assert found(visitor, sealed).replace(sealed, "") == found(visitor, nobody).replace(nobody, "")


def test_a_sensitive_case_is_found_by_the_protection_team_alone(
    indexed: World, visit: Callable[[Role], Visitor]
) -> None:
    plain = reference(indexed, indexed.sensitive_id)
    assert "/grievances/" in found(visit(Role.PROTECTION_REVIEWER), plain)
    assert "/grievances/" not in found(visit(Role.COMMUNITY_STAFF), plain)


@pytest.mark.parametrize(
    "role", [Role.ADMIN, Role.IM_OFFICER, Role.DATA_PROTECTION_OFFICER, Role.VIEWER_AGGREGATE]
)
def test_whoever_sees_no_people_finds_none(
    role: Role, indexed: World, visit: Callable[[Role], Visitor]
) -> None:
    for words in (NAME, NUMBER, reference(indexed, indexed.case_id)):
        page = found(visit(role), words)
        assert "/contacts/" not in page
        assert "/grievances/" not in page


def test_another_organisation_finds_nobody_and_gets_the_same_answer(app: Flask, indexed: World) -> None:
    other = Operation(indexed.operation.settings, indexed.operation.ring)
    outsider = signed_in(app, other, account(other, Role.SENSITIVE_FOCAL_POINT))
    nothing = found(outsider, "Nobodyatall").replace("Nobodyatall", "")
    for words in (NAME, NUMBER, reference(indexed, indexed.case_id), reference(indexed, indexed.sealed_id)):
        assert found(outsider, words).replace(words, "") == nothing
    other.drains.close()


def test_what_is_not_yours_asks_the_database_as_much_as_what_is_not_there(app: Flask, indexed: World) -> None:
    other = Operation(indexed.operation.settings, indexed.operation.ring)
    outsider = signed_in(app, other, account(other, Role.SENSITIVE_FOCAL_POINT))
    outsider.post("/search", words="warm up")
    there = reference(indexed, indexed.sealed_id)
    pairs = [(NAME, "Nobody Atall"), (NUMBER, "+923009990000"), (there, _other_reference(there))]
    for theirs, nobodys in pairs:
        assert _statements(app, outsider, theirs) == _statements(app, outsider, nobodys)
    other.drains.close()


def test_the_same_name_has_different_terms_in_two_organisations(indexed: World) -> None:
    ring, ours = indexed.operation.ring, indexed.operation.id
    assert search_index.term(ring, ours, "word:khan") != search_index.term(ring, UUID(int=1), "word:khan")


# --- What stays of a search


def test_a_search_is_a_line_that_names_whom_it_showed_and_no_words(
    indexed: World, visit: Callable[[Role], Visitor]
) -> None:
    visit(Role.COMMUNITY_STAFF).post("/search", words="zarghuna 0111")
    visit(Role.COMMUNITY_STAFF).post("/search", words="Zarghuna")
    operation = indexed.operation
    seq, action, object_, detail = operation.rows(
        "SELECT seq, action, object, detail_sealed FROM audit WHERE organisation_id = %s ORDER BY seq DESC LIMIT 1",
        operation.id,
    )[0]
    assert (action, object_) == ("search.made", "search")
    assert b"arghuna" not in detail
    opened = audit.detail_of(operation.ring, operation.id, seq, detail)
    assert opened == {"words": "Zarghuna", "found": [f"contact {indexed.contact_id}"]}


def test_words_never_stand_in_an_address(indexed: World, visit: Callable[[Role], Visitor]) -> None:
    del indexed
    visitor = visit(Role.COMMUNITY_STAFF)
    page = visitor.get("/search?words=Zarghuna").text
    assert "Zarghuna" not in page[page.index("<main") : page.index("</main>")]
    assert "/contacts/0" not in page
    for form in page.split("<form")[1:]:
        opening = form.partition(">")[0]
        if "search" in opening:
            assert 'method="post"' in opening


def test_an_empty_search_is_no_search(indexed: World, visit: Callable[[Role], Visitor]) -> None:
    before = indexed.operation.one("SELECT count(*) FROM audit")
    assert "Nothing to search for" in found(visit(Role.COMMUNITY_STAFF), "   ")
    assert indexed.operation.one("SELECT count(*) FROM audit") == before


def test_what_was_typed_is_shown_as_text(indexed: World, visit: Callable[[Role], Visitor]) -> None:
    del indexed
    page = found(visit(Role.COMMUNITY_STAFF), '"><script>alert(1)</script>')
    assert "<script>alert" not in page


def test_whoever_searches_without_end_is_told_to_wait(app: Flask, indexed: World) -> None:
    eager = signed_in(
        app, indexed.operation, account(indexed.operation, Role.TRANSLATOR, email="eager@example.org")
    )
    answers = {eager.post("/search", words="nobody").status_code for _ in range(70)}
    assert answers == {200, 429}


# --- The index


def terms(operation: Operation, contact_id: UUID) -> set[bytes]:
    return {
        row[0] for row in operation.rows("SELECT term FROM search_term WHERE contact_id = %s", contact_id)
    }


def expected(operation: Operation, name: str, digits: str) -> set[bytes]:
    texts = names.name_terms(name) | names.number_terms(digits)
    return {search_index.term(operation.ring, operation.id, text) for text in texts}


def test_whoever_is_new_is_indexed_by_the_next_sweep(world: World) -> None:
    operation = world.operation
    contact_id = person(operation, "Gulalai Noor", "tel:+923007770001")
    assert terms(operation, contact_id) == set()
    operation.drains.index_search()
    assert terms(operation, contact_id) == expected(operation, "Gulalai Noor", "923007770001")
    assert operation.drains.index_search() == 0


def test_a_changed_name_replaces_the_old_one(world: World) -> None:
    operation = world.operation
    contact_id = person(operation, "Old Name", "tel:+923007770002")
    operation.drains.index_search()
    with operation.connect() as connection:
        sealed = operation.ring.seal("contact.name", contact_id, "Pashtana Wali")
        connection.execute("UPDATE contact SET name_sealed = %s WHERE id = %s", [sealed, contact_id])
        connection.commit()
    operation.drains.index_search()
    assert terms(operation, contact_id) == expected(operation, "Pashtana Wali", "923007770002")


def test_a_name_that_is_changed_while_the_sweep_reads_is_not_missed(world: World) -> None:
    operation = world.operation
    contact_id = person(operation, "Before", "tel:+923007770003")
    with operation.connect() as changing:
        sealed = operation.ring.seal("contact.name", contact_id, "Afterwards")
        changing.execute("UPDATE contact SET name_sealed = %s WHERE id = %s", [sealed, contact_id])
        operation.drains.index_search()  # sees the row held and passes it over
        changing.commit()
    operation.drains.index_search()
    assert terms(operation, contact_id) == expected(operation, "Afterwards", "923007770003")


def test_whoever_is_deleted_leaves_no_term(world: World) -> None:
    operation = world.operation
    contact_id = person(operation, "Short Stay", "tel:+923007770004")
    operation.drains.index_search()
    with operation.connect() as connection:
        connection.execute("DELETE FROM contact WHERE id = %s", [contact_id])
        connection.commit()
    assert terms(operation, contact_id) == set()


def test_one_value_that_does_not_open_keeps_nobody_else_out(world: World) -> None:
    operation = world.operation
    broken = person(operation, "Broken", "tel:+923007770005")
    whole = person(operation, "Whole", "tel:+923007770006")
    with operation.connect() as connection:
        connection.execute("UPDATE contact SET name_sealed = '\\x0100' WHERE id = %s", [broken])
        connection.commit()
    operation.drains.index_search()
    assert terms(operation, whole) == expected(operation, "Whole", "923007770006")
    assert terms(operation, broken) == expected(operation, "", "923007770005")
    with operation.connect() as connection:
        connection.execute("DELETE FROM contact WHERE id = %s", [broken])
        connection.commit()


def test_new_keys_change_no_term_and_addresses_are_not_indexed_anew(world: World) -> None:
    operation = world.operation
    named = person(operation, "Rotating", "tel:+923007770007")
    nameless = person(operation, None, "tel:+923007770008")
    operation.drains.index_search()
    before, ring = terms(operation, named), operation.ring.rotated()
    with operation.connect() as connection:
        for column in keys.COLUMNS:
            if column.table in {"contact", "contact_urn"}:
                for rows in keys.walk(connection, column, batch=100):
                    assert keys.reseal(connection, ring, column, rows) == len(rows)
        due = {row[0] for row in connection.execute("SELECT contact_id FROM search_due").fetchall()}
        assert named in due
        assert nameless not in due
        while search_index.fill(connection, ring):
            pass
        rows = connection.execute("SELECT term FROM search_term WHERE contact_id = %s", [named])
        assert {row[0] for row in rows} == before
        connection.rollback()


def test_what_the_internet_reaches_makes_people_and_touches_no_index(world: World) -> None:
    settings = world.operation.settings
    with (
        db.connect(settings, role=DatabaseRole.WEBHOOKS) as connection,
        pytest.raises(Exception, match="denied"),
    ):
        connection.execute("SELECT * FROM search_term")
    with (
        db.connect(settings, role=DatabaseRole.PAGES) as connection,
        pytest.raises(Exception, match="denied"),
    ):
        connection.execute("INSERT INTO search_due SELECT id, organisation_id FROM contact")


# --- Many


def test_many_of_one_name_are_cut_and_the_reader_is_told(app: Flask, world: World) -> None:
    crowd = Operation(world.operation.settings, world.operation.ring)
    for number in range(search.SHOWN + 5):
        person(crowd, f"Maryam {'Khan' if number % 2 else 'Gul'}", f"tel:+9230111100{number:02}")
    crowd.drains.index_search()
    reader = signed_in(app, crowd, account(crowd, Role.COMMUNITY_STAFF))
    page = found(reader, "maryam")
    assert page.count("/contacts/") == search.SHOWN
    assert "There are more" in page
    page = found(reader, "khan maryam")
    assert page.count("/contacts/") == (search.SHOWN + 5) // 2
    assert "There are more" not in page
    crowd.drains.close()


def test_the_rarer_word_leads(world: World) -> None:
    crowd = Operation(world.operation.settings, world.operation.ring)
    ids = [
        person(crowd, f"Common {'Rare' if number == 3 else ''}", f"tel:+9230222200{number:02}")
        for number in range(9)
    ]
    crowd.drains.index_search()
    engine = db.engine(crowd.settings)
    with engine.connect() as connection:
        hits, more = search.people(connection, crowd.ring, crowd.id, names.read("common rare"))
    engine.dispose()
    assert [hit.id for hit in hits] == [ids[3]]
    assert not more
    crowd.drains.close()


def _other_reference(known: str) -> str:
    from gateway import references

    return next(made for made in iter(references.new, None) if made != known)


def _statements(app: Flask, visitor: Visitor, words: str) -> list[str]:
    """The statements that a search sends, without their values."""
    from gateway.web import resources

    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    engine = resources.of(app).engine
    token = visitor.token()
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        visitor.client.post("/search", data={"form_token": token, "words": words})
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert sent
    return sent
