"""Looking after staff: invitations, roles that need a second person, leaving; organisations, offices and teams."""

import re
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from gateway import clock, ids
from gateway.models.staff import Role, Staff
from gateway.services import api_keys, flow_store, leaving, members, offices, teams
from gateway.services.leaving import Leaver
from gateway.services.unfit import Unfit
from gateway.web import access
from gateway.web.access import Object
from gateway.web.words import house
from tests.integration.web.visitors import (
    Visitor,
    World,
    account,
    colleague,
    detail,
    role_that_waits,
    signed_in,
    transaction,
)

CONTENT_OBJECTS = {
    Object.CONTACT,
    Object.IDENTITY,
    Object.ANSWER,
    Object.GRIEVANCE,
    Object.SENSITIVE,
    Object.SEALED,
}


@pytest.fixture
def admin(visit: Callable[[Role], Visitor]) -> Visitor:
    """The administrator."""
    return visit(Role.ADMIN)


def role_of(world: World, staff_id: UUID) -> str:
    found: str = world.operation.one("SELECT role FROM staff WHERE id = %s", staff_id)
    return found


def last_line(world: World) -> tuple[str, str]:
    row = world.operation.rows(
        "SELECT action, object FROM audit WHERE organisation_id = %s ORDER BY seq DESC LIMIT 1",
        world.operation.id,
    )[0]
    return row[0], row[1]


def test_roles_with_content_are_those_of_the_table() -> None:
    reading = {role for role in Role if any(access.allows(role, object_) for object_ in CONTENT_OBJECTS)}
    assert reading == members.CONTENT


# --- Inviting


def test_an_invited_colleague_gets_a_link_once_and_stands_in_the_list(admin: Visitor, world: World) -> None:
    answer = admin.post(
        "/staff/invite",
        name="Rahima Canary",
        email="rahima@example.org",
        role="translator",
        office=str(world.office_id),
    )
    assert answer.status_code == 200
    link = re.search(r"http\S+/welcome/[\w-]+", answer.text)
    assert link is not None
    assert link[0].startswith(world.operation.settings.pages_url), "where staff reach us, not providers"
    listed = admin.get("/staff").text
    assert "Rahima Canary" in listed
    assert "Hillside" in listed
    assert "Invited" in listed
    assert link[0] not in listed
    assert "rahima@example.org" not in listed
    assert detail(world.operation, "staff.invited") == {"role": "translator", "waits": False}


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ({"email": "no address"}, "cannot be used"),
        ({"name": " "}, "must not be empty"),
        ({"role": "emperor"}, "choose one of the list"),
        ({"office": str(ids.new())}, "choose one of the list"),
    ],
)
def test_an_invitation_that_does_not_fit_says_why_and_makes_nobody(
    fact: dict[str, str], told: str, admin: Visitor, world: World
) -> None:
    before = world.operation.one("SELECT count(*) FROM staff")
    facts = {"name": "Somebody", "email": f"{ids.new()}@x.org", "role": "translator", "office": "", **fact}
    answer = admin.post("/staff/invite", **facts)
    assert answer.status_code == 422
    assert told.casefold() in answer.text.casefold()
    assert world.operation.one("SELECT count(*) FROM staff") == before


def test_nobody_is_invited_into_sealed_cases_by_one_person(admin: Visitor, world: World) -> None:
    answer = admin.post(
        "/staff/invite", name="Focal", email=f"{ids.new()}@x.org", role="sensitive_focal_point", office=""
    )
    assert "waits until a second person agrees" in answer.text
    made = world.operation.one("SELECT staff_id FROM role_change ORDER BY id DESC LIMIT 1")
    assert role_of(world, made) == Role.VIEWER_AGGREGATE


# --- The list

NAMED = re.compile(r'<th role="rowheader" scope="row"><a href="/staff/([^"]+)"')


def listed(visitor: Visitor, query: str = "") -> list[UUID]:
    return [UUID(found) for found in NAMED.findall(visitor.get(f"/staff?{query}").text)]


def test_the_list_of_staff_is_narrowed_sorted_and_says_whom_it_showed(admin: Visitor, world: World) -> None:
    here, invited, gone = (colleague(world, Role.IM_OFFICER) for _ in range(3))
    with world.operation.connect() as connection:
        connection.execute("UPDATE staff SET password_hash = 'x' WHERE id = ANY(%s)", [[here, gone]])
        connection.execute("UPDATE staff SET active = false WHERE id = %s", [gone])
        connection.execute("UPDATE staff SET office_id = %s WHERE id = %s", [world.office_id, here])
        connection.commit()
    assert {here, invited} <= set(listed(admin))
    assert gone not in listed(admin)
    assert gone in listed(admin, "state=left")
    assert invited in listed(admin, "state=invited&role=im_officer")
    assert here not in listed(admin, "state=invited&role=im_officer")
    assert here not in listed(admin, "role=translator")
    office = listed(admin, f"office={world.office_id.hex}")
    assert here in office
    assert invited not in office
    shown = world.operation.rows(
        "SELECT id FROM audit_subject s WHERE s.organisation_id = %s AND s.seq ="
        " (SELECT max(seq) FROM audit WHERE organisation_id = s.organisation_id)",
        world.operation.id,
    )
    assert {row[0] for row in shown} == set(office)
    for query in ("office=nowhere", "role=emperor", "sort=factor"):
        assert admin.get(f"/staff?{query}").status_code == 404
    roles = [role_of(world, person) for person in listed(admin, "sort=role&direction=desc")]
    assert roles == sorted(roles, key=list(Role).index, reverse=True)


def test_a_view_of_the_list_of_staff_is_kept_and_found_again(admin: Visitor) -> None:
    path = "/views/keep?list=staff.member_list&query=role%3Dim_officer"
    assert admin.post(path, name="Analysts").headers["Location"] == "/staff?role=im_officer"
    assert "Analysts" in admin.get("/staff").text
    assert "Analysts" in admin.get("/views").text


# --- Roles


def test_an_ordinary_role_is_given_at_once_and_ends_open_sessions(
    app: Flask, admin: Visitor, world: World
) -> None:
    person = colleague(world)
    theirs = signed_in(app, world.operation, person)
    assert theirs.get("/").status_code == 200
    answer = admin.post(f"/staff/{person}/change", role="community_staff", office=str(world.office_id))
    assert answer.status_code == 303
    assert role_of(world, person) == Role.COMMUNITY_STAFF
    assert theirs.get("/").status_code == 303, "signed out"
    changed = detail(world.operation, "staff.changed")
    assert changed["before"] == {"role": "translator", "office": ""}
    assert changed["after"] == {"role": "community_staff", "office": str(world.office_id)}


@pytest.mark.parametrize("role", sorted(members.CONTENT))
def test_an_administrator_gives_no_content_to_themself_alone(
    role: Role, app: Flask, admin: Visitor, world: World, visit: Callable[[Role], Visitor]
) -> None:
    me = world.staff[Role.ADMIN]
    colleague(world, Role.ADMIN)  # Somebody else could administer.
    admin.post(f"/staff/{me}/change", role=role, office="")
    assert role_of(world, me) == Role.ADMIN
    change = world.operation.one("SELECT id FROM role_change WHERE staff_id = %s AND decided_at IS NULL", me)
    assert admin.post(f"/approvals/{change}", answer="agree").status_code == 404
    assert "Somebody else must answer" in admin.get("/approvals").text
    assert (
        visit(Role.DATA_PROTECTION_OFFICER).post(f"/approvals/{change}", answer="refuse").status_code == 303
    )
    assert role_of(world, me) == Role.ADMIN


def test_a_second_person_opens_sealed_cases_to_somebody(
    visit: Callable[[Role], Visitor], world: World
) -> None:
    change = role_that_waits(world)
    person = world.operation.one("SELECT staff_id FROM role_change WHERE id = %s", change)
    assert role_of(world, person) == Role.TRANSLATOR
    second = visit(Role.DATA_PROTECTION_OFFICER)
    assert second.post(f"/approvals/{change}", answer="agree").status_code == 303
    assert role_of(world, person) == Role.SENSITIVE_FOCAL_POINT
    assert last_line(world) == ("staff.role_agreed", f"staff {person}")
    assert second.post(f"/approvals/{change}", answer="agree").status_code == 404, "once"


def test_whom_it_concerns_does_not_agree(app: Flask, world: World) -> None:
    asker, person = colleague(world, Role.ADMIN), colleague(world, Role.ADMIN)
    with transaction(world.operation) as connection:
        done = members.change_role(
            connection, world.operation.id, person, to="sensitive_focal_point", by=asker, now=clock.now()
        )
    assert not done
    change = world.operation.one("SELECT id FROM role_change WHERE staff_id = %s", person)
    for one in (asker, person):
        assert (
            signed_in(app, world.operation, one).post(f"/approvals/{change}", answer="agree").status_code
            == 404
        )
    assert role_of(world, person) == Role.ADMIN


def test_the_administration_is_given_by_two_where_there_are_two(admin: Visitor, world: World) -> None:
    person = colleague(world)
    with world.operation.connect() as connection:
        connection.execute(
            "UPDATE staff SET password_hash = 'x' WHERE id = %s", [world.staff[Role.DATA_PROTECTION_OFFICER]]
        )
        connection.commit()
    admin.post(f"/staff/{person}/change", role="admin", office="")
    assert role_of(world, person) == Role.TRANSLATOR


def test_a_change_of_another_organisation_cannot_be_decided(app: Flask, world: World) -> None:
    other = type(world.operation)(world.operation.settings, world.operation.ring)
    change = role_that_waits(world)
    outsider = signed_in(app, other, account(other, Role.ADMIN))
    assert outsider.post(f"/approvals/{change}", answer="agree").status_code == 404
    for path in (f"/staff/{world.staff_id}", f"/offices/{world.office_id}", f"/teams/{world.team_id}"):
        assert outsider.get(path).status_code == 404
    assert outsider.get(f"/organisations/{world.operation.id}/change").status_code == 404
    other.drains.close()


def test_the_last_administrator_stays(world: World) -> None:
    other = type(world.operation)(world.operation.settings, world.operation.ring)
    last = account(other, Role.ADMIN)
    with transaction(other) as connection, pytest.raises(Unfit, match="last_administrator"):
        members.change_role(connection, other.id, last, to="translator", by=last, now=clock.now())
    with transaction(other) as connection, pytest.raises(Unfit, match="last_administrator"):
        leaving.leave(connection, Leaver(last, other.id), now=clock.now())
    other.drains.close()


# --- Leaving


def test_leaving_ends_everything_and_hands_over(app: Flask, admin: Visitor, world: World) -> None:
    person, heir = colleague(world, Role.PROTECTION_REVIEWER), colleague(world, Role.PROTECTION_REVIEWER)
    with world.operation.connect() as connection:
        connection.execute("UPDATE staff SET password_hash = 'x' WHERE id = ANY(%s)", [[person, heir]])
        connection.commit()
    with transaction(world.operation) as connection:
        facts = teams.Facts("Leavers' team", members=frozenset({person}), leads=frozenset({person}))
        team = teams.add(connection, world.operation.id, facts)
        _, secret = api_keys.create(
            connection,
            world.operation.id,
            name="A program",
            scopes=["rounds"],
            lasts=api_keys.LONGEST_LIFE,
            by=person,
            now=clock.now(),
        )
    theirs = signed_in(app, world.operation, person)
    page = f"/staff/{person}/leave"
    told = admin.get(page).text
    for sentence in (
        "Devices that are signed out: <strong>1",
        "taken back: <strong>1",
        "given up: <strong>1",
    ):
        assert sentence in told
    assert admin.post(page, heir=str(heir)).status_code == 303
    assert theirs.get("/").status_code == 303, "signed out"
    with transaction(world.operation) as connection:
        assert api_keys.find(connection, secret, now=clock.now()) is None
        after = teams.find(connection, world.operation.id, team)
        assert after is not None
        assert after.members == after.leads == {heir}
        row = connection.execute(sa.select(Staff.active, Staff.password_hash).where(Staff.id == person)).one()
        assert tuple(row) == (False, None)
    assert "Some protection_reviewer" in admin.get(f"/staff/{person}").text, "the name stays"
    ended = detail(world.operation, "staff.left")
    assert ended["heir"] == str(heir)
    assert admin.get(page).status_code == 404


def test_work_goes_to_somebody_who_may_read_as_much(admin: Visitor, world: World) -> None:
    person, clerk = colleague(world, Role.PROTECTION_REVIEWER), colleague(world, Role.COMMUNITY_STAFF)
    page = f"/staff/{person}/leave"
    assert str(clerk) not in admin.get(page).text
    answer = admin.post(page, heir=str(clerk))
    assert answer.status_code == 422
    assert "may read as much" in answer.text
    assert world.operation.one("SELECT active FROM staff WHERE id = %s", person)


def test_nobody_closes_their_own_account(admin: Visitor, world: World) -> None:
    assert admin.post(f"/staff/{world.staff[Role.ADMIN]}/leave").status_code == 404


@pytest.mark.parametrize("role", Role)
def test_each_role_may_hand_over_to_its_own(role: Role) -> None:
    assert leaving.may_take_over(role, of=role)


def test_what_is_counted_beforehand_is_what_ends(world: World) -> None:
    person = colleague(world)
    leaver = Leaver(person, world.operation.id)
    with transaction(world.operation) as connection:
        before = {step.name: step.count for step in leaving.preview(connection, leaver)}
        assert leaving.leave(connection, leaver, now=clock.now()) == before
        assert sum(step.count for step in leaving.preview(connection, leaver)) == 0


# --- Organisations, offices, teams


def test_a_lone_organisation_adds_another_and_leads_from_then_on(world: World, app: Flask) -> None:
    with world.operation.connect() as connection:
        connection.execute("UPDATE organisation SET active = false WHERE id <> %s", [world.operation.id])
        connection.commit()
    administrator = signed_in(app, world.operation, world.staff[Role.ADMIN])
    code = f"new-{ids.new().hex[-12:]}"
    form = {"code": code, "name": "Hill Relief", "kind": "partner", "hotline": ""}
    assert administrator.post("/organisations/add", **form).status_code == 303
    assert world.operation.one("SELECT lead FROM organisation WHERE id = %s", world.operation.id)
    assert "exists already" in administrator.post("/organisations/add", **form).text
    assert administrator.post("/organisations/add", **{**form, "code": "No!"}).status_code == 422
    made = world.operation.one("SELECT id FROM organisation WHERE code = %s", code)
    changed = {"name": "Hill Help", "kind": "partner", "hotline": "0800 555 011"}
    assert administrator.post(f"/organisations/{made}/change", **changed).status_code == 303
    assert world.operation.rows("SELECT name, active FROM organisation WHERE id = %s", made) == [
        ("Hill Help", False)
    ]
    assert detail(world.operation, "organisation.changed")["before"] == {
        "name": "Hill Relief",
        "hotline": "",
        "active": True,
    }
    own = f"/organisations/{world.operation.id}/change"
    assert administrator.post(own).status_code == 303, "nobody closes the organisation that they work in"
    assert world.operation.one("SELECT active FROM organisation WHERE id = %s", world.operation.id)
    with world.operation.connect() as connection:
        connection.execute("UPDATE organisation SET lead = false, active = true")
        connection.commit()


@pytest.fixture
def lead(admin: Visitor, world: World) -> Iterator[Visitor]:
    """The administrator of the organisation that leads."""
    with world.operation.connect() as connection:
        connection.execute("UPDATE organisation SET lead = (id = %s)", [world.operation.id])
        connection.commit()
    yield admin
    with world.operation.connect() as connection:
        connection.execute("UPDATE organisation SET lead = false")
        connection.commit()


def new_organisation(lead: Visitor, world: World) -> UUID:
    form = {"code": f"new-{ids.new().hex[-12:]}", "name": "River Aid", "kind": "partner", "hotline": ""}
    assert lead.post("/organisations/add", **form).status_code == 303
    made: UUID = world.operation.one("SELECT id FROM organisation WHERE code = %s", form["code"])
    return made


def test_an_organisation_begins_with_the_flows_that_ship_and_a_line_in_its_own_audit(
    lead: Visitor, world: World
) -> None:
    made = new_organisation(lead, world)
    theirs = world.operation.rows("SELECT code FROM flow WHERE organisation_id = %s", made)
    assert {code for (code,) in theirs} == {flow.code for flow in flow_store.library()}
    lines = world.operation.rows("SELECT actor, action FROM audit WHERE organisation_id = %s", made)
    assert lines == [(str(world.staff[Role.ADMIN]), "organisation.added")]
    assert last_line(world) == ("organisation.added", f"organisation {made}"), "and in that of the lead"


def test_the_lead_invites_the_first_administrator_and_nobody_after(
    lead: Visitor, world: World, app: Flask
) -> None:
    made = new_organisation(lead, world)
    page, link = f"/organisations/{made}/invite", r"/welcome/[\w-]+"
    assert page in lead.get("/organisations").text
    facts = {"name": "Founder Canary", "email": f"{made}@example.org"}
    assert lead.post(page, **{**facts, "email": "nobody"}).status_code == 422
    first, again = (re.search(link, lead.post(page, **facts).text) for _ in range(2))
    assert first is not None
    assert again is not None, "a link that ran out is made anew, for the same account"
    invited = world.operation.rows("SELECT role FROM staff WHERE organisation_id = %s", made)
    assert invited == [(Role.ADMIN,)]
    actions = world.operation.rows("SELECT action FROM audit WHERE organisation_id = %s", made)
    assert actions == [("organisation.added",), ("staff.invited",), ("staff.invited",)]
    guest, chosen = Visitor(app.test_client()), "a long and odd sentence 7"
    assert guest.get(first[0], follow_redirects=True).status_code == 404
    guest.get(again[0])
    assert guest.post("/welcome", password=chosen, again=chosen).status_code == 303
    assert page not in lead.get("/organisations").text
    assert lead.get(page).status_code == 404
    assert "Founder Canary" not in lead.get("/staff").text, "the lead looks after nobody else's people"


def test_a_first_administrator_who_was_replaced_comes_in_no_more(
    lead: Visitor, world: World, app: Flask
) -> None:
    made = new_organisation(lead, world)
    page = f"/organisations/{made}/invite"
    links = []
    for who in ("one", "two", "one", "two"):
        answer = lead.post(page, name=who, email=f"{who}.{made}@example.org")
        links.append(re.search(r"/welcome/[\w-]+", answer.text))
    *over, last = [link[0] for link in links if link is not None]
    assert len(over) == 3
    for link in over:
        assert Visitor(app.test_client()).get(link, follow_redirects=True).status_code == 404
    assert Visitor(app.test_client()).get(last, follow_redirects=True).status_code == 200
    waiting = world.operation.rows("SELECT id FROM staff WHERE organisation_id = %s AND active", made)
    assert len(waiting) == 1
    one = world.operation.one("SELECT id FROM staff WHERE organisation_id = %s AND NOT active", made)
    assert detail(world.operation, "staff.invited")["replaced"] == [str(one)]


def test_an_organisation_that_came_in_by_its_own_accounts_invites_its_people_itself(
    lead: Visitor, world: World
) -> None:
    made = new_organisation(lead, world)
    page = f"/organisations/{made}/invite"
    lead.post(page, name="one", email=f"one.{made}@example.org")
    with world.operation.connect() as connection:
        connection.execute("UPDATE staff SET sso_index = %s WHERE organisation_id = %s", [made.bytes, made])
        connection.commit()
    assert lead.get(page).status_code == 404


def test_only_the_lead_invites_a_first_administrator(admin: Visitor, world: World) -> None:
    other = type(world.operation)(world.operation.settings, world.operation.ring)
    assert admin.get(f"/organisations/{other.id}/invite").status_code == 404
    other.drains.close()


def test_people_of_a_closed_organisation_are_out(world: World, app: Flask) -> None:
    other = type(world.operation)(world.operation.settings, world.operation.ring)
    theirs = signed_in(app, other, account(other, Role.TRANSLATOR))
    assert theirs.get("/").status_code == 200
    with other.connect() as connection:
        connection.execute("UPDATE organisation SET active = false WHERE id = %s", [other.id])
        connection.commit()
    assert theirs.get("/").status_code == 303
    other.drains.close()


def test_only_the_lead_adds_organisations(admin: Visitor, world: World) -> None:
    other = type(world.operation)(world.operation.settings, world.operation.ring)
    form = {"code": f"new-{ids.new().hex[-12:]}", "name": "X", "kind": "partner", "hotline": ""}
    answer = admin.post("/organisations/add", **form)
    assert answer.status_code == 422
    assert "Only the organisation that leads" in answer.text
    assert admin.get(f"/organisations/{other.id}/change").status_code == 404
    other.drains.close()


def test_an_office_is_opened_changed_and_closed(admin: Visitor, world: World) -> None:
    form = {
        "name": "Valley",
        "code": "VA",
        "kind": "site",
        "timezone": "Asia/Kabul",
        "area": "",
        "areas": "X1\nX2",
    }
    assert admin.post("/offices/add", **form).status_code == 303
    listed = admin.get("/offices").text
    assert "Valley" in listed
    assert "X1, X2" in listed
    office = world.operation.one("SELECT id FROM office WHERE code = 'VA'")
    assert admin.post(f"/offices/{office}", **{**form, "areas": "X3"}).status_code == 303
    assert detail(world.operation, "office.changed")["after"] == {"areas": ["X3"], "active": False}
    assert "exists already" in admin.post("/offices/add", **form).text
    assert admin.post("/offices/add", **{**form, "code": "V2", "timezone": "Moon/Base"}).status_code == 422


def test_an_office_where_people_work_is_not_closed(world: World) -> None:
    person = colleague(world)
    with transaction(world.operation) as connection:
        office = offices.add(connection, world.operation.id, offices.Facts("Busy"))
        members.set_office(connection, world.operation.id, person, office)
        with pytest.raises(Unfit, match="in_use"):
            offices.change(connection, world.operation.id, office, offices.Facts("Busy", active=False))


def test_a_team_takes_members_of_its_own_organisation_only(admin: Visitor, world: World) -> None:
    person = colleague(world)
    answer = admin.post("/teams/add", name="Day", office="", members=str(person), leads=str(person))
    assert answer.status_code == 303
    team = world.operation.one("SELECT id FROM team WHERE name = 'Day'")
    with transaction(world.operation) as connection:
        found = teams.find(connection, world.operation.id, team)
        assert found is not None
        assert found.leads == {person}
    with transaction(world.operation) as connection, pytest.raises(Unfit, match="members"):
        teams.add(connection, world.operation.id, teams.Facts("Odd", members=frozenset({ids.new()})))
    assert admin.post("/teams/add", name="Odd", office="", members=str(ids.new())).status_code == 422


def test_every_step_of_leaving_has_words_and_a_name_of_its_own() -> None:
    names = [step.name for step in leaving.STEPS]
    assert len(set(names)) == len(names)
    assert set(names) <= set(house.LEAVING)
