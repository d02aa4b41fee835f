"""Flows in full on the real tables: pauses, services, called flows, quotas, chance, hours, corrections, many days."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest

from gateway import clock
from gateway.crypto import Keyring
from gateway.drain import Drains
from gateway.due import Due
from gateway.services import conversation, dispositions, outside
from gateway.settings import Settings
from tests.integration.operation import Operation, Phone

HEAD = """
spec: paigham.flow/2
flow: {code}
title: {code}
languages: [eng, urd]
purpose: A test
owner: im_officer
retention: survey_link
sensitivity: S1
expires: 24h
outbound: false
"""
YES_NO = """
    options:
      - {code: "yes", label: {eng: "Yes", urd: "ہاں"}}
      - {code: "no", label: {eng: "No", urd: "نہیں"}}
"""


@pytest.fixture
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    made = Operation(settings, ring)
    yield made
    made.drains.close()


def flow(steps: str, code: str = "full", **more: str) -> str:
    rest = "".join(f"{key}: {value}\n" for key, value in more.items())
    return HEAD.format(code=code) + rest + "steps:" + steps


def pass_time(operation: Operation, now: datetime) -> int:
    """Let the sweeper come by at a moment, for this operation's people."""
    ours = {
        row[0] for row in operation.rows("SELECT id FROM contact WHERE organisation_id = %s", operation.id)
    }
    with operation.connect() as connection:
        due = [contact for contact in conversation.due(connection, limit=1000, now=now) if contact in ours]
        done = conversation.pass_time(connection, operation.drains.house, due, now=now)
        connection.commit()
    return done.count


# ---------------------------------------------------------------------- pauses

PAUSE = flow(
    f"""
  - ask: first
    type: select_one
    text: {{eng: "First?"}}{YES_NO}
  - do: later
    action: wait
    for: 2d
  - ask: second
    type: integer
    text: {{eng: "Second?"}}
  - say: bye
    text: {{eng: "Bye."}}
"""
)


def test_a_conversation_goes_on_after_its_pause_and_lives_for_five_days(operation: Operation) -> None:
    phone = operation.phone()
    begun = clock.now()
    operation.ask([phone], operation.publish(PAUSE))
    phone.hears()
    assert phone.says("1") == []
    assert pass_time(operation, begun + timedelta(days=1, hours=23)) == 0
    assert phone.hears() == []
    assert pass_time(operation, begun + timedelta(days=2, minutes=1)) == 1
    assert phone.hears() == ["Second?"]
    assert phone.says("5") == ["Bye."]
    assert phone.answers() == {"first": "yes", "second": 5}


def test_five_days_and_every_worker_is_a_new_one(
    operation: Operation, settings: Settings, ring: Keyring
) -> None:
    day = """
  - ask: q{n}
    type: integer
    text: {{eng: "Day {n}?"}}
  - do: w{n}
    action: wait
    for: 1d
"""
    text = flow("".join(day.format(n=n) for n in range(1, 6)) + '  - say: bye\n    text: {eng: "Bye."}\n')
    phone = operation.phone()
    operation.ask([phone], operation.publish(text))
    now = clock.now()
    for n in range(1, 6):
        assert phone.hears() == [f"Day {n}?"]
        operation.drains.close()
        operation.drains = Drains(settings, ring)
        assert phone.says(str(n)) == []
        now += timedelta(days=1, minutes=5)
        assert pass_time(operation, now) == 1
    assert phone.hears() == ["Bye."]
    assert phone.answers() == {f"q{n}": n for n in range(1, 6)}


def test_words_in_a_pause_go_to_people_and_keywords_work(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(PAUSE))
    phone.says("1")
    phone.hears()
    phone.says("the tap in block seven is broken")
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 1
    assert phone.answers() == {"first": "yes"}
    phone.says("STOP")
    assert phone.dispositions() == [("full", "opted_out")]


def test_another_flow_in_a_pause_ends_or_falls_silent_and_the_pause_goes_on(operation: Operation) -> None:
    for silent in (False, True):
        phone = operation.phone()
        begun = clock.now()
        operation.ask([phone], operation.publish(PAUSE))
        phone.says("1")
        phone.says("LANGUAGE")
        phone.hears()
        if silent:
            pass_time(operation, begun + timedelta(hours=80))
        else:
            phone.says("1")
        assert ("full", None) in phone.dispositions()
        phone.hears()
        pass_time(operation, begun + timedelta(hours=81))
        assert phone.hears() == ["Second?"]


def test_what_a_dead_worker_left_of_a_pause_is_found_by_the_next(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(PAUSE))
    phone.says("1")
    phone.hears()
    later = clock.now() + timedelta(days=3)
    with operation.connect() as connection:
        conversation.pass_time(connection, operation.drains.house, [phone.contact_id], now=later)
        connection.rollback()  # dead before its commit
    assert pass_time(operation, later) == 1
    assert pass_time(operation, later) == 0
    assert phone.hears() == ["Second?"]


# ---------------------------------------------------------------------- going back, and languages

BACK = flow(
    """
  - ask: first
    type: integer
    text: {eng: "First?", urd: "پہلا؟"}
  - ask: second
    type: integer
    text: {eng: "Second?", urd: "دوسرا؟"}
  - say: bye
    text: {eng: "Bye.", urd: "خدا حافظ۔"}
"""
)


def test_somebody_who_goes_back_corrects_their_answer_and_both_are_kept(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(BACK))
    phone.says("15")
    phone.hears()
    assert phone.says("back")[-1].endswith("First?")
    assert phone.answers()["first"] == "(withdrawn)"
    phone.says("51")
    phone.says("2")
    assert phone.answers() == {"first": 51, "second": 2}
    rows = operation.rows(
        "SELECT value, missing FROM answer_change c JOIN run r ON r.id = c.run_id WHERE r.contact_id = %s"
        " AND question = 'first' ORDER BY replaced_at",
        phone.contact_id,
    )
    assert rows == [(15, None), (None, "withdrawn")]


def test_the_language_may_change_anywhere_and_the_question_comes_again_in_it(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(BACK))
    phone.says("15")
    said = phone.says("LANGUAGE urdu")
    assert said[-1] == "دوسرا؟"
    assert phone.says("۲") == ["خدا حافظ۔"]
    assert phone.answers() == {"first": 15, "language": "urd", "second": 2}


# ---------------------------------------------------------------------- called flows


def test_a_called_flow_comes_back_with_its_answers(operation: Operation) -> None:
    operation.publish(
        flow('\n  - ask: size\n    type: integer\n    text: {eng: "How many people?"}\n', code="household")
    )
    text = flow(
        '\n  - do: home\n    action: call\n    flow: household\n  - say: told\n    text: {eng: "{home.size} people."}\n'
    )
    phone = operation.phone()
    operation.ask([phone], operation.publish(text))
    assert phone.hears() == ["How many people?"]
    assert phone.says("7") == ["7 people."]
    assert phone.answers()["home.size"] == 7
    assert phone.dispositions() == [("full", "completed")]


# ---------------------------------------------------------------------- quotas and chance

QUOTA = flow(
    f"""
  - ask: woman
    type: select_one
    text: {{eng: "Woman?"}}{YES_NO}
  - ask: more
    type: integer
    text: {{eng: "More?"}}
""",
    quotas="""[{name: women, when: "${woman} = 'yes'", most: 3}]""",
)


def counted(operation: Operation) -> list[int]:
    return [
        row[0]
        for row in operation.rows("SELECT taken FROM quota_count WHERE organisation_id = %s", operation.id)
    ]


def test_a_quota_that_is_full_ends_the_run_and_leaves_others_alone(operation: Operation) -> None:
    revision_id = operation.publish(QUOTA)
    phones = [operation.phone() for _ in range(5)]
    operation.ask(phones, revision_id)
    for phone in phones[:4]:
        phone.says("1")
    phones[4].says("2")
    assert [phone.dispositions()[0][1] for phone in phones] == [None, None, None, "quota_full", None]
    assert counted(operation) == [3]
    assert (
        operation.one("SELECT state FROM respondent WHERE contact_id = %s", phones[3].contact_id)
        == "quota_full"
    )


def test_whoever_leaves_before_the_end_frees_their_place(operation: Operation) -> None:
    revision_id = operation.publish(QUOTA)
    phones = [operation.phone() for _ in range(4)]
    operation.ask(phones, revision_id)
    for phone in phones[:3]:
        phone.says("1")
    phones[0].says("STOP")
    assert counted(operation) == [2]
    phones[3].says("1")
    phones[3].says("9")
    assert phones[3].dispositions() == [("full", "completed")]
    assert counted(operation) == [3]


def test_two_workers_never_give_the_last_place_twice(
    operation: Operation, settings: Settings, ring: Keyring
) -> None:
    revision_id = operation.publish(QUOTA)
    phones = [operation.phone() for _ in range(12)]
    operation.ask(phones, revision_id)
    for phone in phones:
        phone.sends("1")
    workers = [Drains(settings, ring) for _ in range(2)]

    def work(number: int) -> None:
        for shard in list(range(settings.shards))[:: 1 if number else -1]:
            workers[number].inbox(shard)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    operation.handle()
    for worker in workers:
        worker.close()
    ended = [phone.dispositions()[0][1] for phone in phones]
    assert ended.count("quota_full") == 9
    assert ended.count(None) == 3
    assert counted(operation) == [3]


def test_rounds_count_their_quotas_apart(operation: Operation) -> None:
    revision_id = operation.publish(QUOTA)
    operation.revisions["full"] = revision_id
    for _ in range(2):
        phones = [operation.phone() for _ in range(3)]
        operation.ask(phones, revision_id, round_id=operation.round("full"))
        for phone in phones:
            phone.says("1")
        assert [phone.dispositions()[0][1] for phone in phones] == [None] * 3
    assert counted(operation) == [3, 3]


SPLIT = flow(
    """
  - split: arm
    routes:
      - {weight: 1, goto: a}
      - {weight: 1, goto: b}
  - say: a
    text: {eng: "Arm A."}
    goto: q
  - say: b
    text: {eng: "Arm B."}
  - ask: q
    type: integer
    text: {eng: "Q?"}
"""
)


def test_chance_decides_once_for_each_run_and_differently_for_different_runs(operation: Operation) -> None:
    revision_id = operation.publish(SPLIT)
    phones = [operation.phone() for _ in range(24)]
    operation.ask(phones, revision_id)
    arms = [phone.hears()[0] for phone in phones]
    assert set(arms) == {"Arm A.", "Arm B."}
    kept = operation.rows(
        "SELECT a.value FROM answer a JOIN run r ON r.id = a.run_id WHERE r.contact_id = %s AND a.question = 'arm'",
        phones[0].contact_id,
    )
    assert kept == [({"Arm A.": "a", "Arm B.": "b"}[arms[0]],)]


# ---------------------------------------------------------------------- hours


def test_outside_of_its_hours_a_flow_writes_to_nobody_until_they_begin(operation: Operation) -> None:
    night = datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=1)
    text = flow('\n  - ask: q\n    type: integer\n    text: {eng: "Q?"}\n', window='"09:00-19:00"')
    phone = operation.phone()
    operation.ask([phone], operation.publish(text), now=night)
    due, expires = operation.rows(
        "SELECT p.due_at, p.expires_at FROM pending_out p WHERE p.contact_id = %s", phone.contact_id
    )[0]
    assert due == night.replace(hour=9)
    assert expires > due + timedelta(days=2)


def test_whoever_writes_at_night_is_answered_at_night(operation: Operation) -> None:
    start, end = (clock.now() + timedelta(hours=hours) for hours in (2, 4))
    text = flow(
        '\n  - ask: q\n    type: integer\n    text: {eng: "Q?"}\n  - say: bye\n    text: {eng: "Bye."}\n',
        window=f'"{start:%H}:00-{end:%H}:00"',
    )
    phone = operation.phone()
    operation.ask([phone], operation.publish(text))
    assert phone.says("5")[-1] == "Bye."
    late = operation.rows(
        "SELECT due_at > %s FROM pending_out WHERE contact_id = %s ORDER BY seq",
        clock.now(),
        phone.contact_id,
    )
    assert late == [(True,), (False,)]


# ---------------------------------------------------------------------- offered again


def test_a_flow_is_offered_again_to_the_silent_as_often_as_it_says_and_to_nobody_else(
    operation: Operation,
) -> None:
    text = flow('\n  - ask: q\n    type: integer\n    text: {eng: "Q?"}\n', attempts="2")
    operation.revisions["full"] = operation.publish(text)
    round_id = operation.round("full")
    silent, stopped = operation.phone(), operation.phone()
    begun = clock.now()
    operation.ask([silent, stopped], "full", round_id=round_id)
    stopped.says("STOP")
    pass_time(operation, begun + timedelta(hours=25))
    assert (
        operation.one("SELECT state FROM respondent WHERE contact_id = %s", silent.contact_id)
        == "unresponsive"
    )
    for phone in (silent, stopped):
        phone.hears()
    with operation.connect() as connection:
        assert dispositions.due_again(connection, limit=9, now=begun + timedelta(hours=30)) == []
        connection.execute("UPDATE respondent SET next_at = %s WHERE next_at IS NOT NULL", [begun])
        connection.commit()
    Due(operation.drains).offer_again()
    assert silent.hears() == ["Q?"]
    assert stopped.hears() == []
    history = operation.one("SELECT history FROM respondent WHERE contact_id = %s", silent.contact_id)
    assert [state for state, *_ in history] == ["contacted", "unresponsive", "contacted"]
    assert history[-1][2] == "offered_again"
    pass_time(operation, clock.now() + timedelta(hours=25))
    assert operation.one("SELECT next_at FROM respondent WHERE contact_id = %s", silent.contact_id) is None


# ---------------------------------------------------------------------- services

SERVICE = flow(
    """
  - ask: card
    type: integer
    text: {eng: "Card?"}
  - do: balance
    action: ask_service
    service: cash
    arguments: {card: "=${card}"}
    gives: [amount]
    timeout: 10m
    otherwise: sorry
  - say: told
    text: {eng: "You have {balance.amount}."}
    goto: end
  - say: sorry
    text: {eng: "We cannot say now."}
"""
)


class Cash(BaseHTTPRequestHandler):
    """A small service: it checks who asks, and says what the server was told to say."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.asked.append(
            (self.headers[outside.KEY], json.loads(body), self.headers[outside.SIGNATURE], body)
        )
        status, answer = server.says
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def cash(operation: Operation) -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Cash)
    server.asked, server.says = [], (200, b'{"values": {"amount": 250, "name": "Somebody"}}')
    thread = Thread(target=server.serve_forever)
    thread.start()
    with operation.connect() as connection:
        url = f"http://127.0.0.1:{server.server_port}/"
        outside.allow(connection, operation.ring, operation.id, "cash", url=url, secret="s3cret")
        connection.commit()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def asking(operation: Operation) -> Phone:
    phone = operation.phone()
    operation.ask([phone], operation.publish(SERVICE))
    phone.hears()
    assert phone.says("7711") == []
    return phone


def make_due(operation: Operation) -> None:
    with operation.connect() as connection:
        connection.execute("UPDATE service_request SET due_at = %s WHERE done_at IS NULL", [clock.now()])
        connection.commit()


def test_a_service_is_told_what_the_flow_declares_and_what_it_gives_is_said(
    operation: Operation, cash: Any, asking: Phone
) -> None:
    Due(operation.drains).ask_services()
    assert asking.hears() == ["You have 250."]
    ((key, body, signature, raw),) = cash.asked
    assert body == {"service": "cash", "arguments": {"card": 7711}}
    assert signature == outside.signature("s3cret", raw)
    assert UUID(key) == operation.one(
        "SELECT id FROM service_request WHERE service = 'cash' AND organisation_id = %s", operation.id
    )
    assert asking.dispositions() == [("full", "completed")]
    kept = operation.rows(
        "SELECT outcome, answer_sealed FROM service_request WHERE contact_id = %s", asking.contact_id
    )
    assert kept == [("answered", None)]


def test_nothing_of_the_question_stands_in_the_clear(operation: Operation, asking: Phone) -> None:
    rows = operation.rows(
        "SELECT to_jsonb(s)::text FROM service_request s WHERE s.contact_id = %s", asking.contact_id
    )
    assert "7711" not in rows[0][0]


@pytest.mark.parametrize(
    "says", [(404, b""), (200, b"no json"), (200, b'{"values": {"amount": [1]}}'), (200, b'{"values": 1}')]
)
def test_an_answer_that_is_none_leads_on_at_once(
    operation: Operation, cash: Any, asking: Phone, says: tuple[int, bytes]
) -> None:
    cash.says = says
    Due(operation.drains).ask_services()
    assert asking.hears() == ["We cannot say now."]


def test_a_service_that_fails_is_asked_again_with_the_same_key(
    operation: Operation, cash: Any, asking: Phone
) -> None:
    cash.says = (503, b"")
    Due(operation.drains).ask_services()
    assert asking.hears() == []
    cash.says = (200, b'{"values": {"amount": 3}}')
    make_due(operation)
    Due(operation.drains).ask_services()
    assert asking.hears() == ["You have 3."]
    assert cash.asked[0][0] == cash.asked[1][0]


def test_a_service_that_is_on_no_list_is_never_asked(operation: Operation, asking: Phone) -> None:
    Due(operation.drains).ask_services()
    assert asking.hears() == ["We cannot say now."]
    assert (
        operation.one("SELECT outcome FROM service_request WHERE contact_id = %s", asking.contact_id)
        == "not_allowed"
    )


def test_a_service_that_was_taken_from_the_list_is_asked_no_more(
    operation: Operation, cash: Any, asking: Phone
) -> None:
    with operation.connect() as connection:
        assert outside.forbid(connection, operation.id, "cash")
        connection.commit()
    Due(operation.drains).ask_services()
    assert cash.asked == []


def test_silence_leads_on_when_its_time_is_over_and_a_late_answer_changes_nothing(
    operation: Operation, cash: Any, asking: Phone
) -> None:
    cash.says = (503, b"")
    Due(operation.drains).ask_services()
    assert pass_time(operation, clock.now() + timedelta(minutes=11)) == 1
    assert asking.hears() == ["We cannot say now."]
    cash.says = (200, b'{"values": {"amount": 3}}')
    make_due(operation)
    Due(operation.drains).ask_services()
    assert asking.hears() == []
    assert operation.one(
        "SELECT done_at IS NOT NULL FROM service_request WHERE contact_id = %s", asking.contact_id
    )


@pytest.mark.parametrize(
    "dies", ["with the question in hand", "with the answer in hand", "before the run went on"]
)
def test_whoever_dies_on_the_way_leaves_the_question_to_the_next(
    operation: Operation, cash: Any, asking: Phone, dies: str
) -> None:
    now = clock.now()
    with operation.connect() as connection:
        taken = outside.claim(connection, operation.ring, limit=9, now=now)
        connection.commit()
        if dies != "with the question in hand":
            landed = [outside.put(one, loopback=True, now=now) for one in taken]
            if dies == "before the run went on":
                outside.record(connection, operation.ring, landed, now=now)
                connection.commit()
                (found,) = outside.settled(connection, operation.ring, limit=9, now=now)
                conversation.serve(connection, operation.drains.house, found, now=now)
                connection.rollback()
    make_due(operation)
    Due(operation.drains).ask_services()
    assert asking.hears() == ["You have 250."]
    assert len({key for key, *_ in cash.asked}) == 1


def test_an_answer_waits_while_something_else_is_open_above_its_run(
    operation: Operation, cash: Any, asking: Phone
) -> None:
    asking.says("LANGUAGE")
    asking.hears()
    Due(operation.drains).ask_services()
    assert asking.hears() == []
    asking.says("1")
    asking.hears()
    make_due(operation)
    Due(operation.drains).ask_services()
    assert asking.hears()[-1] == "You have 250."


# ---------------------------------------------------------------------- too late


def late(operation: Operation) -> list[tuple[Any, ...]]:
    return operation.rows(
        "SELECT question, value, matched FROM late_reply WHERE organisation_id = %s ORDER BY at", operation.id
    )


def test_an_answer_after_the_end_is_kept_beside_the_run_and_answers_nothing(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(BACK))
    phone.says("15")
    pass_time(operation, clock.now() + timedelta(hours=30))
    phone.hears()
    assert len(phone.says("20")) == 1
    assert late(operation) == [("second", 20, "value")]
    assert phone.answers() == {"first": 15, "second": "(no_reply)"}
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 0
    assert operation.one("SELECT state FROM respondent WHERE contact_id = %s", phone.contact_id) == "partial"


@pytest.mark.parametrize("text", ["there is no water since Monday", "yes please help me", "twenty-fish"])
def test_words_that_are_no_answer_go_to_people_as_always(operation: Operation, text: str) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(BACK))
    pass_time(operation, clock.now() + timedelta(hours=30))
    phone.says(text)
    assert late(operation) == []
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 1


def test_months_later_a_number_is_no_late_answer(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(BACK))
    pass_time(operation, clock.now() + timedelta(hours=30))
    with operation.connect() as connection:
        connection.execute(
            "UPDATE run SET ended_at = %s WHERE contact_id = %s",
            [clock.now() - timedelta(days=40), phone.contact_id],
        )
        connection.commit()
    phone.says("20")
    assert late(operation) == []
