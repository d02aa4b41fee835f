"""The pages of triggers: the order with a text to try, changing them, links, and what came too late."""

import re
import struct
import zlib
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from gateway import clock
from gateway.models.staff import Role
from gateway.services import trigger_list
from gateway.services.replies import Step, try_out
from gateway.services.trigger_book import Book, Entry
from gateway.web import qr
from tests.integration.web.visitors import Visitor, World

Visit = Callable[[Role], Visitor]
PAGE = "/flows/triggers"


def form(world: World, **more: str) -> dict[str, str]:
    empty = {"words": "", "schedule": "", "channel": "", "group": "", "event": "", "busy": "queue"}
    return {"flow": str(world.flow_id), "kind": "keyword", **empty, **more}


def made(answer: object) -> UUID:
    return UUID(answer.headers["Location"].rpartition("/")[2])  # type: ignore[attr-defined]


def forget(world: World) -> None:
    with world.operation.connect() as connection:
        connection.execute(
            "DELETE FROM flow_trigger WHERE organisation_id = %s AND token IS NULL", [world.operation.id]
        )
        connection.commit()


@pytest.fixture
def officer(world: World, visit: Visit) -> Visitor:
    forget(world)
    return visit(Role.IM_OFFICER)


def test_a_word_that_is_added_stands_in_the_list_and_begins_its_flow(world: World, officer: Visitor) -> None:
    answer = officer.post(f"{PAGE}/add", **form(world, words="services, خدمات\nservisi"))
    assert answer.status_code == 303
    page = officer.get(PAGE).text
    assert all(word in page for word in ("services", "خدمات", "servisi"))
    tried = officer.post(PAGE, text="Services!").text
    assert "A word of a flow" in tried
    assert 'aria-current="step"' in tried
    waiting = officer.post(PAGE, text="Services!", is_waiting="1").text
    assert "Whatever else it might mean" in re.split('role="status"', waiting)[1][:400]
    assert world.operation.one("SELECT count(*) FROM audit WHERE action = 'trigger.added'") >= 1


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"words": "stop"}, "is a word of the system"),
        ({"words": "7"}, "could be an answer"),
        ({"words": ""}, "must not be empty"),
        ({"kind": "schedule", "schedule": "daily 09:00"}, "must not be empty"),
        ({"kind": "event"}, "Choose one of those that there are"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    world: World, officer: Visitor, more: dict[str, str], sentence: str
) -> None:
    answer = officer.post(f"{PAGE}/add", **form(world, **more))
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_word_of_another_flow_is_refused_with_the_flow_named(world: World, officer: Visitor) -> None:
    officer.post(f"{PAGE}/add", **form(world, words="services"))
    other = world.operation.one(
        "SELECT id FROM flow WHERE organisation_id = %s AND code = 'satisfaction'", world.operation.id
    )
    answer = officer.post(f"{PAGE}/add", **form(world, flow=str(other), words="services"))
    title = world.operation.one("SELECT title FROM flow WHERE id = %s", world.flow_id)
    assert answer.status_code == 422
    assert f"“services” begins the flow “{title}”" in answer.text


def test_a_trigger_is_turned_off_and_on(world: World, officer: Visitor) -> None:
    trigger_id = made(officer.post(f"{PAGE}/add", **form(world, words="services")))
    for active in ("0", "1"):
        assert officer.post(f"{PAGE}/{trigger_id}/switch", active=active).status_code == 303
        found = world.operation.one("SELECT active FROM flow_trigger WHERE id = %s", trigger_id)
        assert found is (active == "1")


def test_a_time_asks_on_the_channel_that_was_chosen(world: World, officer: Visitor) -> None:
    channel = str(world.operation.sms.id)
    trigger_id = made(
        officer.post(f"{PAGE}/add", **form(world, kind="schedule", schedule="daily 09:00", channel=channel))
    )
    assert "Next time" in officer.get(f"{PAGE}/{trigger_id}").text
    other = str(world.operation.messenger.id)
    assert officer.post(f"{PAGE}/{trigger_id}/aim", channel=other, group="").status_code == 303
    assert str(world.operation.one("SELECT channel_id FROM flow_trigger WHERE id = %s", trigger_id)) == other
    assert officer.post(f"{PAGE}/{trigger_id}/aim", channel=str(trigger_id), group="").status_code == 400


def test_readers_may_try_and_not_change(world: World, visit: Visit) -> None:
    reader = visit(Role.TRANSLATOR)
    assert reader.post(PAGE, text="hello").status_code == 200
    assert reader.post(f"{PAGE}/add", **form(world, words="services")).status_code == 404
    assert reader.post(f"{PAGE}/{world.trigger_id}/switch", active="0").status_code == 404
    assert reader.post(f"{PAGE}/{world.trigger_id}/aim", channel="", group="").status_code == 404


def test_a_text_that_is_tried_stands_in_no_row(world: World, officer: Visitor) -> None:
    officer.post(PAGE, text="the canary tries a text")
    with world.operation.connect() as connection:
        dump = connection.execute("SELECT to_jsonb(a)::text FROM audit a").fetchall()
    assert not [row for row in dump if "canary" in row[0]]


# ---------------------------------------------------------------------- links


def test_a_link_is_shown_with_its_code_for_each_channel(world: World, officer: Visitor) -> None:
    page = officer.get(f"{PAGE}/{world.trigger_id}").text
    token = world.operation.one("SELECT token FROM flow_trigger WHERE id = %s", world.trigger_id)
    assert f"sms:+922100000000?body={token}" in page
    assert '<svg class="qr"' in page


@pytest.mark.parametrize(("form_", "begins"), [("svg", b"<svg xmlns"), ("png", b"\x89PNG\r\n\x1a\n")])
def test_a_code_is_given_as_a_file(world: World, officer: Visitor, form_: str, begins: bytes) -> None:
    answer = officer.get(f"{PAGE}/{world.trigger_id}/1.{form_}")
    assert answer.data.startswith(begins)
    assert "attachment" in answer.headers["Content-Disposition"]
    for wrong in ("0", "99", "x"):
        assert officer.get(f"{PAGE}/{world.trigger_id}/{wrong}.{form_}").status_code == 404
    assert officer.get(f"{PAGE}/{world.trigger_id}/1.exe").status_code == 404


def test_a_png_holds_the_modules_of_the_code() -> None:
    text, scale = "sms:+922100000000?body=WATER", 3
    drawn = qr.png(text, scale=scale)
    width, height, depth = struct.unpack(">IIB", drawn[16:25])
    side = qr.picture(text)["side"]
    assert (width, height, depth) == (side * scale, side * scale, 1)
    start = drawn.index(b"IDAT") + 4
    length = struct.unpack(">I", drawn[start - 8 : start - 4])[0]
    rows = zlib.decompress(drawn[start : start + length])
    row_bytes = -(-width // 8) + 1
    assert len(rows) == row_bytes * height
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1", qr.picture(text)["path"])}
    for y in range(side):
        row = rows[y * scale * row_bytes + 1 : (y * scale + 1) * row_bytes]
        bits = "".join(f"{byte:08b}" for byte in row)
        assert {x for x in range(side) if bits[x * scale] == "0"} == {x for x, at in dark if at == y}


def test_links_belong_to_kinds_of_channel_that_have_them() -> None:
    assert set(trigger_list.LINKS) <= {"telegram", "twilio", "whatsapp", "messenger"}


# ---------------------------------------------------------------------- trying


BOOK = Book(
    {"water": Entry(UUID(int=1), "water"), "alarm": Entry(UUID(int=2), "alarm", during=True)}, interrupts=True
)


@pytest.mark.parametrize(
    ("text", "is_waiting", "step"),
    [
        ("STOP", False, Step.SYSTEM_WORD),
        ("STOP", True, Step.SYSTEM_WORD),
        ("alarm", True, Step.INTERRUPTING_WORD),
        ("alarn", True, Step.OPEN_QUESTION),
        ("water", True, Step.OPEN_QUESTION),
        ("water", False, Step.FLOW_WORD),
        ("watr", False, Step.FLOW_WORD),
        ("no water here", False, Step.PEOPLE),
    ],
)
def test_trying_follows_the_order(text: str, step: Step, *, is_waiting: bool) -> None:
    assert try_out(BOOK, text, is_waiting=is_waiting).step is step


# ---------------------------------------------------------------------- too late


def test_what_came_too_late_is_listed_without_the_person(world: World, visit: Visit) -> None:
    operation = world.operation
    phone = operation.phone()
    round_id = operation.round("monitoring_services")
    operation.ask([phone], "monitoring_services", round_id=round_id)
    operation.pass_time(timedelta(hours=200))
    phone.hears()
    (heard,) = phone.says("1")
    assert "PROBLEM" in heard, "the person hears what they can ask for"
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 0
    page = visit(Role.IM_OFFICER).get("/flows/late").text
    assert "A round" in page
    assert str(phone.contact_id) not in page
    assert clock.now().isoformat()[:10] in page
