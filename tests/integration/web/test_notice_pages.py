"""The bell, one's own notices and nobody else's, and when one wants mail."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest

from gateway import clock, ids
from gateway.models.staff import Role
from gateway.services import notices
from gateway.services.notices import Kind
from tests.integration.web.visitors import Visitor, World, account, detail, signed_in

Visit = Callable[[Role], Visitor]


def told(world: World, role: Role, kind: Kind = Kind.HANDED_OVER, object_: str | None = None) -> UUID:
    """Tell one person of something; returns the notice's id."""
    about = object_ or f"grievance {ids.new()}"
    with world.operation.connect() as connection:
        notices.raise_(
            connection,
            kind=kind,
            object=about,
            priority="P2",
            organisation_id=world.operation.id,
            to=[world.staff[role]],
            now=clock.now(),
        )
        connection.commit()
    found: UUID = world.operation.one(
        "SELECT id FROM notice WHERE object = %s AND kind = %s AND staff_id = %s",
        about,
        kind,
        world.staff[role],
    )
    return found


def count(visitor: Visitor) -> int:
    bell = visitor.get("/notices?part=bell").text
    found = re.search(r">(\d+) things? waits? for you<|>(\d+) things? wait for you<", bell)
    return int(next(group for group in found.groups() if group)) if found else 0


def test_the_bell_counts_what_is_not_read_and_follows(world: World, visit: Visit) -> None:
    visitor = visit(Role.TRANSLATOR)
    before = count(visitor)
    notice_id = told(world, Role.TRANSLATOR)
    assert count(visitor) == before + 1
    assert 'class="bell"' in visitor.get("/me").text
    visitor.post("/notices", only=str(notice_id))
    assert count(visitor) == before


def test_a_notice_leads_to_what_it_is_about_and_is_read_then(world: World, visit: Visit) -> None:
    visitor = visit(Role.PROTECTION_REVIEWER)
    notice_id = told(world, Role.PROTECTION_REVIEWER, object_=f"grievance {world.case_id}")
    page = visitor.get(f"/notices/{notice_id}")
    assert page.status_code == 200
    assert world.operation.one("SELECT read_at FROM notice WHERE id = %s", notice_id) is None, (
        "looking is not opening"
    )
    answer = visitor.post("/notices", open=str(notice_id))
    assert answer.location == f"/grievances/{world.case_id}"
    assert visitor.get(answer.location).status_code == 200
    assert world.operation.one("SELECT read_at FROM notice WHERE id = %s", notice_id) is not None


def test_what_the_reader_may_no_longer_see_answers_as_if_it_did_not_exist(world: World, visit: Visit) -> None:
    visitor = visit(Role.COMMUNITY_STAFF)
    notice_id = told(world, Role.COMMUNITY_STAFF, object_=f"grievance {world.sensitive_id}")
    answer = visitor.post("/notices", open=str(notice_id))
    assert visitor.get(answer.location).status_code == 404


def test_nobody_sees_or_marks_anybody_elses_notices(world: World, visit: Visit) -> None:
    notice_id = told(world, Role.PROTECTION_REVIEWER)
    stranger = visit(Role.ADMIN)
    assert stranger.get(f"/notices/{notice_id}").status_code == 404
    assert stranger.post("/notices", open=str(notice_id)).status_code == 404
    stranger.post("/notices", only=str(notice_id))
    stranger.post("/notices", all="1")
    assert world.operation.one("SELECT read_at FROM notice WHERE id = %s", notice_id) is None
    assert str(notice_id) not in stranger.get("/notices?show=all").text


def test_everything_is_marked_as_read_at_once(world: World, visit: Visit) -> None:
    visitor = visit(Role.PARTNER)
    for _ in range(3):
        told(world, Role.PARTNER)
    assert count(visitor) >= 3
    visitor.post("/notices", all="1")
    assert count(visitor) == 0
    assert "Nothing waits for you" in visitor.get("/notices").text
    assert "Something was handed over to you" in visitor.get("/notices?show=all").text


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_and_leads_somewhere(kind: Kind, world: World, visit: Visit) -> None:
    notice_id = told(world, Role.PROTECTION_REVIEWER, kind)
    visitor = visit(Role.PROTECTION_REVIEWER)
    page = visitor.get(f"/notices/{notice_id}").text
    assert "_" not in re.sub(r"<[^>]*>", "", page[page.index("<h1>") :]), "its code is no word"
    assert visitor.post("/notices", open=str(notice_id)).status_code == 303


def test_a_notice_of_a_sealed_case_does_not_say_what_it_is(world: World, visit: Visit) -> None:
    notice_id = told(world, Role.SENSITIVE_FOCAL_POINT, Kind.SEALED_CASE, f"grievance {world.sealed_id}")
    page = visit(Role.SENSITIVE_FOCAL_POINT).get(f"/notices/{notice_id}").text
    main = page[page.index("<h1>") :]
    assert "Something waits for you" in main
    assert "ealed" not in main


def test_a_person_chooses_when_mail_comes(world: World, visit: Visit) -> None:
    visitor = visit(Role.IM_OFFICER)
    assert 'value="21:00"' in visitor.get("/me/notices").text
    answer = visitor.client.post(
        "/me/notices",
        data={
            "form_token": visitor.token(),
            "by_mail": "1",
            "digest": "daily",
            "digest_at": "06:30",
            "quiet_from": "18:00",
            "quiet_until": "06:00",
            "about": ["flow_problem"],
        },
    )
    assert answer.status_code == 303
    row = world.operation.rows(
        "SELECT digest, digest_at::text, quiet_from::text, by_mail, muted FROM notice_setting WHERE staff_id = %s",
        world.staff[Role.IM_OFFICER],
    )[0]
    assert row[:4] == ("daily", "06:30:00", "18:00:00", True)
    assert set(row[4]) == {"duty_gap", "handed_over"}, "of the kinds that the role is told of"
    assert 'value="18:00"' in visitor.get("/me/notices").text
    changed = detail(world.operation, "notice_setting.changed")
    assert changed["before"]["quiet_from"] == "21:00"
    assert changed["after"]["quiet_from"] == "18:00"
    assert "handed_over" in set(changed["before"]["about"]) - set(changed["after"]["about"])


def test_wishes_that_make_no_sense_are_told_in_words(visit: Visit) -> None:
    answer = visit(Role.IM_OFFICER).post(
        "/me/notices", digest="weekly", digest_at="25:00", quiet_from="", quiet_until="6"
    )
    assert answer.status_code == 422
    assert "Please" in answer.text


def test_administrators_see_which_mails_failed_without_an_address_and_send_again(
    world: World, visit: Visit
) -> None:
    mail_id = ids.new()
    with world.operation.connect() as connection:
        connection.execute(
            "INSERT INTO mail (id, organisation_id, staff_id, priority, state, code, due_at, created_at)"
            " VALUES (%s, %s, %s, 'P2', 'refused', '550', now(), now())",
            [mail_id, world.operation.id, world.staff[Role.PARTNER]],
        )
        connection.commit()
    visitor = visit(Role.ADMIN)
    page = visitor.get("/mails").text
    assert "The address was refused" in page
    assert "Some partner" in page
    assert "example.org" not in page[page.index("<h1>") :]
    visitor.post("/mails", only=str(mail_id))
    assert world.operation.one("SELECT state FROM mail WHERE id = %s", mail_id) == "waiting"
    assert "Every mail arrived" in visitor.get("/mails").text


def test_a_page_with_many_notices_goes_on(world: World, app) -> None:
    reader = account(world.operation, Role.TRANSLATOR, email=f"{ids.new().hex}@example.org")
    with world.operation.connect() as connection:
        for _ in range(notices.PAGE + 5):
            notices.raise_(
                connection,
                kind=Kind.HANDED_OVER,
                object=f"grievance {ids.new()}",
                priority="P3",
                organisation_id=world.operation.id,
                to=[reader],
                now=clock.now(),
            )
        connection.commit()
    visitor = signed_in(app, world.operation, reader)
    first, second = visitor.get("/notices").text, visitor.get("/notices?page=2").text
    assert (first.count('name="open"'), second.count('name="open"')) == (notices.PAGE, 5)


@pytest.mark.parametrize(
    ("path", "used"), [("/notices?part=bell", False), ("/?part=live", False), ("/notices", True)]
)
def test_a_bell_that_rings_before_an_empty_chair_keeps_nobody_signed_in(
    path: str, *, used: bool, world: World, app
) -> None:
    person = account(world.operation, Role.TRANSLATOR, email=f"{ids.new().hex}@example.org")
    visitor = signed_in(app, world.operation, person)
    with world.operation.connect() as connection:
        connection.execute(
            "UPDATE staff_session SET seen_at = now() - interval '30 minutes' WHERE staff_id = %s", [person]
        )
        connection.commit()
    assert visitor.get(path).status_code == 200
    seen = world.operation.one(
        "SELECT now() - seen_at < interval '1 minute' FROM staff_session WHERE staff_id = %s", person
    )
    assert seen is used
