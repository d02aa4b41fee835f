from datetime import timedelta

import pytest
from flow_builders import NOW, Phone, ask, flow_of

import flows
from flows.events import AnswerMissed, Disposition, MessageSaid, Missing, Problem, RunEnded, WaitStarted

FLOW = flow_of(
    ask("a", indicator="PM1", text={"eng": "Question?", "urd": "سوال؟"}),
    ask("b"),
    languages=["eng", "urd"],
    expires="72h",
    reminders=["4h"],
    reminder_text={"eng": "Reply to go on.", "urd": "جواب دیں۔"},
)


def test_silence_ends_the_run_and_says_nothing():
    phone = Phone(FLOW)
    phone.take(flows.expire(FLOW, phone.session, phone.contact, now=NOW + timedelta(hours=72)))
    assert phone.last == (
        AnswerMissed("a", Missing.NO_REPLY, "", "PM1", step="a"),
        RunEnded(Disposition.EXPIRED),
    )
    assert phone.session.disposition is Disposition.EXPIRED


def test_an_old_timer_does_not_end_a_wait_that_was_made_longer():
    phone = Phone(FLOW)
    sprint = flows.expire(FLOW, phone.session, phone.contact, now=NOW + timedelta(hours=71))
    assert sprint == flows.Sprint(phone.session, ())


def test_partial_answers_are_kept_when_a_run_expires():
    phone = Phone(FLOW).says("1")
    phone.take(flows.expire(FLOW, phone.session, phone.contact, now=NOW + timedelta(hours=72)))
    assert phone.answers == {"a": "yes"}


def test_a_reminder_comes_with_the_question_under_fresh_keys_and_leaves_the_wait_as_it_is():
    phone = Phone(FLOW)
    waiting = phone.session
    phone.take(flows.remind(FLOW, phone.session, phone.contact, now=NOW + timedelta(hours=4)))
    assert phone.heard == ["Reply to go on.", "Question?\n1) Yes\n2) No"]
    assert len({said.key for said in phone.reported(MessageSaid)}) == 3
    assert phone.session.expires == waiting.expires
    assert len(phone.reported(WaitStarted)) == 1
    assert phone.says("1").answers == {"a": "yes"}


def test_without_words_for_it_a_reminder_is_the_question_alone():
    flow = flow_of(ask())
    phone = Phone(flow)
    phone.take(flows.remind(flow, phone.session, phone.contact, now=NOW))
    assert phone.heard == ["q?\n1) Yes\n2) No"]


def test_repeating_asks_again_in_the_contacts_present_language_and_waits_anew():
    phone = Phone(FLOW)
    later = NOW + timedelta(hours=10)
    phone.take(flows.repeat(FLOW, phone.session, flows.Contact("urd"), now=later))
    assert phone.heard[0].startswith("سوال؟")
    assert phone.session.language == "urd"
    assert phone.session.expires == later + timedelta(hours=72)


def test_repeating_does_not_use_up_retries():
    phone = Phone(FLOW).says("hm")
    phone.take(flows.repeat(FLOW, phone.session, phone.contact, now=NOW))
    assert phone.session.retries == 1


@pytest.mark.parametrize(
    "disposition", [Disposition.OPTED_OUT, Disposition.BROKEN_OFF, Disposition.HANDED_OVER]
)
def test_stopping_from_outside_says_nothing_and_keeps_what_was_answered(disposition):
    phone = Phone(FLOW).says("1")
    phone.take(flows.stop(FLOW, phone.session, disposition=disposition))
    assert phone.last == (AnswerMissed("b", Missing.STOPPED, step="b"), RunEnded(disposition))
    assert phone.answers == {"a": "yes"}
    assert phone.session.ended


def test_a_session_that_waits_for_nothing_yet_can_be_stopped():
    session = flows.Session("tried", None, "eng")
    sprint = flows.stop(FLOW, session, disposition=Disposition.BROKEN_OFF)
    assert sprint.events == (RunEnded(Disposition.BROKEN_OFF),)


def test_a_session_that_waits_for_nothing_does_not_move():
    session, contact = flows.Session("tried", None, "eng"), flows.Contact("eng")
    still = flows.Sprint(session, ())
    assert flows.resume(FLOW, session, contact, flows.Reply("1"), now=NOW) == still
    assert [call(FLOW, session, contact, now=NOW) for call in (flows.repeat, flows.remind, flows.expire)] == [
        still
    ] * 3


@pytest.mark.parametrize("call", [flows.repeat, flows.remind, flows.expire])
def test_a_session_at_a_step_that_is_gone_fails_as_a_problem(call):
    session = flows.Session("tried", "gone", "eng", waiting=True)
    sprint = call(FLOW, session, flows.Contact("eng"), now=NOW)
    assert sprint.events == (Problem("unknown_step", "gone"), RunEnded(Disposition.FAILED))
