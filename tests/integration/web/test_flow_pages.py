"""Flows on their pages: begun, published with a reason, compared, taken back, archived; and exceptions by two roles."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
import yaml

from gateway import clock, ids
from gateway.models.staff import Role
from gateway.services import asked_before, drafts, overrides, publishing, rounds
from gateway.services.bridge import plain
from gateway.services.flow_store import Library
from gateway.services.overrides import Standing
from gateway.services.publishing import Refused, Wish
from gateway.services.unfit import Unfit
from tests.integration.web.visitors import Visitor, World, colleague, transaction

REASON = "The ministry asked for it in writing, and no other source has it."
WORDS = {"water": "Do you have enough water?", "creed": "What is your religion?"}


def source(code: str, *questions: str, **top: object) -> str:
    consent = {"ask": "may_we", "type": "select_one", "text": "May we ask?", "indicator": "CONSENT"} | {
        "options": [{"code": "yes", "label": "Yes"}, {"code": "no", "label": "No", "goto": "end"}]
    }
    asked = [
        {"ask": f"q{number}", "type": "text", "text": text, "retries": 1}
        for number, text in enumerate(questions, 1)
    ]
    uses = [{"indicator": item["ask"], "product": "site sheet", "decision": "where"} for item in asked]
    head = {
        "spec": "paigham.flow/2",
        "flow": code,
        "title": f"Title of {code}",
        "languages": ["eng"],
        "purpose": "Know",
        "owner": "im_officer",
        "retention": "survey_link",
        "audience": f"only_{code}",
        "decision": "where water is brought",
        "analysis": uses,
    }
    return yaml.safe_dump(head | top | {"steps": [consent, *asked]}, sort_keys=False, allow_unicode=True)


def draft(world: World, *questions: str, by: UUID | None = None, **top: object) -> tuple[UUID, str]:
    code = f"f_{ids.new().hex[:16]}"
    with transaction(world.operation) as connection:
        made = drafts.create(
            connection,
            world.operation.id,
            code=code,
            title=f"Title of {code}",
            source=source(code, *questions, **top),
            by=by,
            now=clock.now(),
        )
    return made, code


def put(world: World, flow_id: UUID, code: str, *questions: str, **top: object) -> None:
    with transaction(world.operation) as connection:
        drafts.import_yaml(connection, flow_id, source(code, *questions, **top), by=None, now=clock.now())


def publish(world: World, flow_id: UUID, why: str = "First", **more: object) -> publishing.Published:
    with transaction(world.operation) as connection:
        told = drafts.read(connection, flow_id).flow
        assert told is not None
        return publishing.publish(
            connection, world.operation.id, flow_id, told, Wish(why, **more), by=None, now=clock.now()
        )


def numbers(world: World, flow_id: UUID) -> list[int]:
    with transaction(world.operation) as connection:
        return [row.number for row in publishing.revisions(connection, flow_id)]


@pytest.fixture
def author(visit: Callable[[Role], Visitor]) -> Visitor:
    return visit(Role.IM_OFFICER)


def test_a_flow_is_begun_on_the_page_and_stands_in_the_list(world: World, author: Visitor) -> None:
    code = f"new_{ids.new().hex[:12]}"
    form = {
        "title": "Water",
        "code": code,
        "kind": "survey",
        "languages": "eng",
        "purpose": "Know about water",
    }
    made = author.post("/flows/new", **form)
    assert made.status_code == 303
    assert "Know about water" in author.get(made.headers["Location"]).text
    assert code in author.get("/flows?state=draft").text
    assert code not in author.get("/flows?state=live").text
    assert author.post("/flows/new", **form | {"title": "Other"}).status_code == 422
    assert author.post("/flows/new", **form | {"code": "Not a code"}).status_code == 422


def test_publishing_needs_a_reason_and_leaves_a_line(world: World, author: Visitor) -> None:
    flow_id, code = draft(world, WORDS["water"])
    assert author.post(f"/flows/{flow_id}/publish", why="").status_code == 422
    assert numbers(world, flow_id) == []
    assert author.post(f"/flows/{flow_id}/publish", why="The first round begins").status_code == 303
    assert numbers(world, flow_id) == [1]
    page = author.get(f"/flows/{flow_id}/revisions").text
    assert "The first round begins" in page
    lines = world.operation.one("SELECT count(*) FROM audit WHERE action = 'flow.published'")
    assert lines >= 1
    with transaction(world.operation) as connection:
        assert Library().latest(plain(connection), world.operation.id, code) is not None


def test_what_is_refused_is_not_published_and_the_page_leads_to_the_step(
    world: World, author: Visitor
) -> None:
    flow_id, _ = draft(world, WORDS["creed"])
    answer = author.post(f"/flows/{flow_id}/publish", why="We want to know")
    assert answer.status_code == 422
    assert numbers(world, flow_id) == []
    assert f"/flows/{flow_id}/edit?step=q1#step-q1" in author.get(f"/flows/{flow_id}").text.replace(
        "&amp;", "&"
    )
    with pytest.raises(Refused):
        publish(world, flow_id)


def test_a_doubt_is_answered_in_writing_and_kept(world: World, author: Visitor) -> None:
    flow_id, _ = draft(world, "Do you know a hotline for domestic violence?")
    assert author.post(f"/flows/{flow_id}/publish", why="Now").status_code == 422
    key = re.search(r'name="(answer:doubtful_question[^"]*)"', author.get(f"/flows/{flow_id}/publish").text)
    assert key is not None
    said = {key[1]: "It asks about a service only", "why": "Now"}
    assert author.post(f"/flows/{flow_id}/publish", **said).status_code == 303
    assert "It asks about a service only" in author.get(f"/flows/{flow_id}/revisions").text


def test_a_failing_test_of_the_flow_and_missing_languages_stop_it(world: World, author: Visitor) -> None:
    failing = [{"name": "wrong", "steps": [{"hears": "Something else"}]}]
    flow_id, code = draft(world, WORDS["water"], tests=failing)
    with pytest.raises(Refused) as refused:
        publish(world, flow_id)
    assert "test_failed" in {item.code for item in refused.value.verdict.errors}
    put(world, flow_id, code, WORDS["water"], languages=["eng", "som"])
    with pytest.raises(Refused) as refused:
        publish(world, flow_id)
    assert [state.language for state in refused.value.verdict.languages] == ["som"]
    assert publish(world, flow_id, instead=["som"]).number == 1


def test_the_same_wording_is_not_published_twice(world: World) -> None:
    flow_id, _ = draft(world, WORDS["water"])
    publish(world, flow_id)
    with pytest.raises(Unfit, match="nothing_new"):
        publish(world, flow_id, "Again")


def test_revisions_are_compared_and_an_older_one_comes_back_as_a_new_one(
    world: World, author: Visitor
) -> None:
    flow_id, code = draft(world, WORDS["water"])
    publish(world, flow_id)
    put(world, flow_id, code, "Do you have clean water?")
    publish(world, flow_id, "Better words")
    page = author.get(f"/flows/{flow_id}/revisions?from=1&to=2").text
    assert "<del>enough</del>" in page
    assert "<ins>clean</ins>" in page
    assert "Nothing differs" in author.get(f"/flows/{flow_id}/revisions?from=2&to=draft").text
    assert author.post(f"/flows/{flow_id}/revisions", number="1", why="It confused people").status_code == 303
    assert numbers(world, flow_id) == [3, 2, 1]
    with transaction(world.operation) as connection:
        newest = publishing.revisions(connection, flow_id)[0]
        assert (newest.back_to, newest.why) == (1, "It confused people")
        assert publishing.wording(connection, flow_id, 3) == publishing.wording(connection, flow_id, 1)
    assert author.get(f"/flows/{flow_id}/revisions?from=nonsense&to=2").status_code == 404


def test_an_archived_flow_begins_nowhere_and_comes_back(world: World, author: Visitor) -> None:
    flow_id, code = draft(world, WORDS["water"])
    publish(world, flow_id)
    author.post(f"/flows/{flow_id}/archive", do="archive", why="")
    assert latest(world, code) is not None
    author.post(f"/flows/{flow_id}/archive", do="archive", why="The project ended")
    assert latest(world, code) is None
    assert code not in author.get("/flows").text
    assert code in author.get("/flows?state=archived").text
    with pytest.raises(Unfit, match="archived"):
        publish(world, flow_id, "Still")
    author.post(f"/flows/{flow_id}/archive", do="back", why="It goes on")
    assert latest(world, code) is not None


def test_what_the_gateway_needs_and_what_others_call_is_not_archived(world: World) -> None:
    flow_id, code = draft(world, WORDS["water"], outbound=False)
    publish(world, flow_id)
    caller, caller_code = draft(world)
    with transaction(world.operation) as connection:
        text = source(caller_code, outbound=False)
        text += f"- do: go\n  action: call\n  flow: {code}\n"
        drafts.import_yaml(connection, caller, text, by=None, now=clock.now())
    publish(world, caller)
    with transaction(world.operation) as connection:
        assert publishing.used_by(connection, world.operation.id, code) == [f"Title of {caller_code}"]
        with pytest.raises(Unfit, match="used"):
            publishing.archive(connection, world.operation.id, flow_id, now=clock.now())
        frozen = publishing.wording(connection, caller, 1)
        assert frozen is not None
        assert set(frozen.subflows) == {code}
        intake = world.operation.one(
            "SELECT id FROM flow WHERE organisation_id = %s AND code = 'grievance_intake'", world.operation.id
        )
        with pytest.raises(Unfit, match="always"):
            publishing.archive(connection, world.operation.id, intake, now=clock.now())


def latest(world: World, code: str) -> UUID | None:
    with world.operation.connect() as connection:
        return Library().latest(connection, world.operation.id, code)


def test_what_was_asked_of_the_same_people_lately_is_told(world: World, author: Visitor) -> None:
    audience = f"camp_{ids.new().hex[:12]}"
    flow_id, code = draft(world, WORDS["water"], audience=audience)
    publish(world, flow_id)
    revision = latest(world, code)
    now = clock.now()
    assert revision is not None
    with world.operation.connect() as connection:
        rounds.open_round(connection, world.operation.id, name="Water in May", revision_id=revision, now=now)
        connection.commit()
    same, _ = draft(world, "Do you have enough  WATER?", audience=audience)
    others, _ = draft(world, WORDS["water"], audience="somebody_else")
    new, _ = draft(world, "Is there light at night?", audience=audience)
    assert "Water in May" in author.get(f"/flows/{same}/publish").text
    assert "Water in May" not in author.get(f"/flows/{others}/publish").text
    assert "Water in May" not in author.get(f"/flows/{new}/publish").text
    with transaction(world.operation) as connection:
        told = drafts.read(connection, same).flow
        assert told is not None
        found = asked_before.asked_before(connection, world.operation.id, told, now=now)
        assert [(item.question, item.same) for item in found] == [("q1", "words")]
        later = now + asked_before.LATELY
        assert asked_before.asked_before(connection, world.operation.id, told, now=later) == []


# --- Exceptions


def asked(world: World, author: Visitor) -> tuple[UUID, UUID]:
    """A flow that asks what is never asked, and the exception that its author asks for."""
    flow_id, _ = draft(world, WORDS["creed"])
    form = {"reason": REASON, "audience": "Round 3, camp A"}
    assert author.post(f"/flows/{flow_id}/override", **form).status_code == 303
    found: UUID = world.operation.one("SELECT id FROM flow_override WHERE flow_id = %s", flow_id)
    return flow_id, found


def standing(world: World, override_id: UUID) -> Standing:
    with transaction(world.operation) as connection:
        found = overrides.read(connection, world.operation.id, override_id)
        assert found is not None
        return found.standing(clock.now())


def test_both_roles_let_it_out_together_for_this_wording_alone(
    world: World, author: Visitor, visit: Callable[[Role], Visitor]
) -> None:
    flow_id, override_id = asked(world, author)
    officer, focal_point = visit(Role.DATA_PROTECTION_OFFICER), visit(Role.SENSITIVE_FOCAL_POINT)
    path = f"/flow-overrides/{override_id}"
    assert "An exception for a flow waits for you" in officer.get("/notices").text
    assert "An exception for a flow waits for you" in focal_point.get("/notices").text
    assert officer.post(path, answer="yes", reason="ok").status_code == 422, "that is no reason"
    assert officer.post(path, answer="yes", reason=REASON).status_code == 303
    assert standing(world, override_id) is Standing.WAITING
    assert author.post(f"/flows/{flow_id}/publish", why="Now").status_code == 422, "one alone is not enough"
    assert officer.post(path, answer="yes", reason=REASON).status_code == 422, "nobody speaks twice"
    assert focal_point.post(path, answer="yes", reason=REASON).status_code == 303
    assert standing(world, override_id) is Standing.AGREED
    assert author.post(f"/flows/{flow_id}/publish", why="Agreed by both").status_code == 303
    assert standing(world, override_id) is Standing.USED
    with world.operation.connect() as connection:
        newest = latest(world, world.operation.one("SELECT code FROM flow WHERE id = %s", flow_id))
        assert newest is not None
        whose, now = world.operation.id, clock.now()
        rounds.open_round(connection, whose, name="The one", revision_id=newest, now=now)
        rounds.open_round(connection, whose, name="The one", revision_id=newest, now=now)
        with pytest.raises(Unfit, match="spent"):
            rounds.open_round(connection, whose, name="Another", revision_id=newest, now=now)
        connection.rollback()
    assert "Let out by an exception" in author.get(f"/flows/{flow_id}/revisions").text
    code = world.operation.one("SELECT code FROM flow WHERE id = %s", flow_id)
    put(world, flow_id, code, "What is your religion, please?")
    with pytest.raises(Refused):
        publish(world, flow_id, "One word more")
    actions = {"flow_override.asked", "flow_override.agreed"}
    assert actions <= {row[0] for row in world.operation.rows("SELECT action FROM audit")}


def test_one_refusal_ends_it(world: World, author: Visitor, visit: Callable[[Role], Visitor]) -> None:
    flow_id, override_id = asked(world, author)
    path = f"/flow-overrides/{override_id}"
    assert visit(Role.SENSITIVE_FOCAL_POINT).post(path, answer="no", reason=REASON).status_code == 303
    assert standing(world, override_id) is Standing.REFUSED
    assert visit(Role.DATA_PROTECTION_OFFICER).post(path, answer="yes", reason=REASON).status_code == 422
    with pytest.raises(Refused):
        publish(world, flow_id)


def test_nobody_agrees_to_what_they_wrote_or_asked_for_and_it_expires(world: World) -> None:
    officer = colleague(world, Role.DATA_PROTECTION_OFFICER)
    other = colleague(world, Role.SENSITIVE_FOCAL_POINT)
    flow_id, _ = draft(world, WORDS["creed"], by=officer)
    with transaction(world.operation) as connection:
        told = drafts.read(connection, flow_id).flow
        assert told is not None
        now = clock.now()
        made = overrides.ask(connection, flow_id, told, reason=REASON, audience="A", by=other, now=now)
        found = overrides.read(connection, world.operation.id, made)
        assert found is not None
        for role, by, fault in (
            (Role.DATA_PROTECTION_OFFICER, officer, "own_flow"),
            (Role.SENSITIVE_FOCAL_POINT, other, "own_flow"),
            (Role.ADMIN, colleague(world, Role.ADMIN), "not_you"),
        ):
            assert overrides.hindrance(connection, found, role=role, by=by, now=now) == fault
            with pytest.raises(Unfit, match=fault):
                overrides.speak(connection, found, role=role, agrees=True, reason=REASON, by=by, now=now)
        later = now + overrides.LASTS
        third = colleague(world, Role.SENSITIVE_FOCAL_POINT)
        role = Role.SENSITIVE_FOCAL_POINT
        assert found.standing(later) is Standing.EXPIRED
        assert overrides.hindrance(connection, found, role=role, by=third, now=later) == "over"
        assert overrides.hindrance(connection, found, role=role, by=third, now=now) is None


def test_other_refusals_cannot_be_let_out(world: World, author: Visitor) -> None:
    flow_id, _ = draft(world, "See www.example.org")
    author.post(f"/flows/{flow_id}/override", reason=REASON, audience="A")
    assert world.operation.one("SELECT count(*) FROM flow_override WHERE flow_id = %s", flow_id) == 0
