"""A round of questions from end to end: every process of the Procfile, two fake providers, two hundred people."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.fakes.people import Habit
from tests.e2e.cases import Cases
from tests.e2e.house import House
from tests.e2e.ledger import Ledger
from tests.e2e.town import Town

MIX = {
    "digits": 0.30,
    "latin": 0.20,
    "words": 0.14,
    "wrong_first": 0.08,
    "late": 0.05,
    "never": 0.05,
    "stops": 0.06,
    "complains": 0.07,
    "discloses": 0.05,
}


@pytest.fixture(scope="module")
def ledger(house: House) -> Ledger:
    """What there is once everybody has come to an end."""
    town = Town(house)
    town.invite("twilio", 120, mix=MIX, think=0.1, seed=11)
    town.invite("telegram", 80, mix=MIX, think=0.1, seed=12)
    town.ask()
    town.wait_until_over(within=120)
    return Ledger.of(house)


def test_people_of_every_habit_and_language_took_part_on_both_channels(ledger: Ledger) -> None:
    taking_part = {(human.channel, human.habit) for human in ledger.humans if human.diary}
    assert {habit for _, habit in taking_part} == set(Habit) - {"never"}
    assert {channel for channel, _ in taking_part} == {"twilio", "telegram"}
    assert len({human.language for human in ledger.humans}) == 5
    assert {human.habit for human in ledger.humans if not human.diary} == {"never"}


def test_each_message_answer_and_ending_is_there_once_and_as_it_was_meant(ledger: Ledger) -> None:
    assert ledger.disagreements() == []


def test_each_complaint_disclosure_and_stop_has_its_row_and_no_other_effect(ledger: Ledger) -> None:
    assert Cases(ledger).disagreements() == []


def test_twilio_told_us_of_every_message_that_it_delivered(ledger: Ledger) -> None:
    taken = {message["id"] for message in ledger.taken["twilio"]}
    delivered = {
        out.external_id for out in ledger.out if out.channel == "twilio" and out.status == "delivered"
    }
    assert delivered == taken
    assert {out.status for out in ledger.out if out.channel == "telegram"} == {"sent"}


def test_no_provider_was_asked_twice_with_the_same_words_to_the_same_address(ledger: Ledger) -> None:
    """What a person's own replies made us say again has another id of ours, and its own external id."""
    callbacks = [message["callback"] for message in ledger.taken["twilio"]]
    assert len(callbacks) == len(set(callbacks))
    sent = [out for out in ledger.out if out.external_id is not None]
    assert len({(out.channel, out.external_id) for out in sent}) == len(sent)
    assert len(sent) == sum(map(len, ledger.taken.values()))


def test_no_sender_died_and_no_process_complained(ledger: Ledger) -> None:
    house = ledger.house
    assert house.dead() == []
    assert house.rows("SELECT name FROM sweeper_find WHERE name = 'leases'") == []
    assert {
        log.stem: complaints(log.read_text())
        for log in house.logs.glob("*.log")
        if log.stem in house.programs
    } == {name: [] for name in house.programs}


def complaints(text: str) -> list[str]:
    """Lines that are more than the record of a request."""
    return [line for line in text.splitlines() if '"event": "request"' not in line or '"status": 5' in line]


def lose_what_somebody_said(ledger: Ledger) -> Ledger:
    return replace(ledger, came=dict(list(ledger.came.items())[1:]))


def lose_an_answer(ledger: Ledger) -> Ledger:
    return replace(ledger, answers={contact: rows[:-1] for contact, rows in ledger.answers.items()})


def change_an_answer(ledger: Ledger) -> Ledger:
    changed = {
        contact: [replace(row, value="cash") for row in rows] for contact, rows in ledger.answers.items()
    }
    return replace(ledger, answers=changed)


def end_a_survey_twice(ledger: Ledger) -> Ledger:
    return replace(ledger, endings={contact: ends * 2 for contact, ends in ledger.endings.items()})


def send_by_twilio_twice(ledger: Ledger) -> Ledger:
    return replace(
        ledger, taken=ledger.taken | {"twilio": [*ledger.taken["twilio"], ledger.taken["twilio"][0]]}
    )


def send_by_telegram_twice(ledger: Ledger) -> Ledger:
    again = ledger.taken["telegram"][0] | {"id": "1"}
    return replace(ledger, taken=ledger.taken | {"telegram": [*ledger.taken["telegram"], again]})


def lose_what_we_said(ledger: Ledger) -> Ledger:
    return replace(ledger, taken={kind: messages[1:] for kind, messages in ledger.taken.items()})


def turn_the_order_round(ledger: Ledger) -> Ledger:
    return replace(ledger, taken={kind: messages[::-1] for kind, messages in ledger.taken.items()})


def forget_a_report(ledger: Ledger) -> Ledger:
    return replace(ledger, out=[replace(out, status="sent") for out in ledger.out])


@pytest.mark.parametrize(
    ("tamper", "notices"),
    [
        (lose_what_somebody_said, "lost: "),
        (lose_an_answer, "was lost: "),
        (change_an_answer, "stored cash"),
        (end_a_survey_twice, "ended as "),
        (send_by_twilio_twice, "twilio took 2 times"),
        (send_by_telegram_twice, "telegram took 1 more"),
        (lose_what_we_said, "never at "),
        (turn_the_order_round, "overtaken: "),
        (forget_a_report, "due delivered"),
    ],
)
def test_the_ledger_itself_notices_what_is_wrong(
    ledger: Ledger, tamper: Callable[[Ledger], Ledger], notices: str
) -> None:
    assert any(notices in sentence for sentence in tamper(ledger).disagreements())
