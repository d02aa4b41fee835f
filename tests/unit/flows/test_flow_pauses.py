"""Waits for a time and for services, called flows, chance, quotas, timeouts, late answers."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flow_builders import NOW, Phone, ask, flow_of

import flows
from flows import window
from flows.events import (
    AnswerGiven,
    AnswerMissed,
    Disposition,
    Matched,
    Missing,
    Problem,
    QuotaReached,
    QuotaReleased,
    QuotaTaken,
    ServiceAsked,
    SplitTaken,
    ValueCalculated,
    WaitStarted,
)

BYE = {"say": "bye", "text": "Bye"}


@pytest.mark.parametrize(
    ("when", "until"),
    [
        ({"for": "2h"}, NOW + timedelta(hours=2)),
        ({"until": "15:30"}, NOW.replace(hour=15, minute=30)),
        ({"until": "08:00"}, NOW.replace(hour=8) + timedelta(days=1)),
        ({"until": "2031-03-20"}, datetime(2031, 3, 20, tzinfo=UTC)),
        ({"until": "='2031-03-20T10:00:00'"}, datetime(2031, 3, 20, 10, tzinfo=UTC)),
    ],
)
def test_a_wait_holds_until_its_time_and_then_goes_on(when, until):
    phone = Phone(flow_of({"do": "w", "action": "wait", **when}, BYE))
    assert phone.reported(WaitStarted) == [WaitStarted(None, until)]
    assert phone.session.expires == until
    phone.take(flows.wake(phone.flow, phone.session, phone.contact, now=until - timedelta(seconds=1)))
    assert phone.heard == []
    phone.take(flows.wake(phone.flow, phone.session, phone.contact, now=until))
    assert phone.heard == ["Bye"]


@pytest.mark.parametrize(
    ("when", "problems"), [({"until": "2001-01-01"}, 0), ({"until": "=''"}, 1), ({"for": "=1"}, 1)]
)
def test_a_time_that_has_passed_or_cannot_be_read_is_not_waited_for(when, problems):
    phone = Phone(flow_of({"do": "w", "action": "wait", **when}, BYE))
    assert phone.heard == ["Bye"]
    assert len(phone.reported(Problem)) == problems


def test_words_during_a_wait_answer_nothing():
    phone = Phone(flow_of({"do": "w", "action": "wait", "for": "2h"}, ask("a"))).says("1")
    assert phone.answers == {}
    assert phone.session.step == "w"
    assert phone.waits(hours=2).says("1").answers == {"a": "yes"}


SERVICE = {
    "do": "balance",
    "action": "ask_service",
    "service": "cash",
    "arguments": {"case": "=${n}", "kind": "all"},
    "gives": ["amount"],
    "timeout": "5m",
    "otherwise": "sorry",
}
SERVED = flow_of(
    ask("n", "integer"),
    SERVICE,
    {"say": "told", "text": "You have {balance.amount}.", "goto": "end"},
    {"say": "sorry", "text": "Nobody knows ({balance})."},
)


def test_a_service_is_asked_once_and_its_declared_values_are_kept():
    phone = Phone(SERVED).says("7")
    (asked,) = phone.reported(ServiceAsked)
    assert (asked.service, asked.arguments) == ("cash", {"case": 7, "kind": "all"})
    assert asked.expires == NOW + timedelta(minutes=5)
    assert phone.is_told({"amount": 250, "name": "somebody"}, "another key").heard == []
    phone.is_told({"amount": 250, "name": "somebody"}, asked.key)
    assert phone.heard == ["You have 250."]
    assert phone.session.more.values == {"balance": "ok", "balance.amount": 250}


def test_a_service_that_fails_or_is_silent_leads_on():
    assert Phone(SERVED).says("7").is_told(None).heard == ["Nobody knows (failed)."]
    assert Phone(SERVED).says("7").waits(minutes=5).heard == ["Nobody knows (failed)."]


def test_whoever_writes_while_a_service_is_asked_hears_once_that_it_goes_on():
    phone = Phone(SERVED).says("7", "hello")
    assert phone.heard == ["One moment please, we are looking."]
    assert phone.says("hello").heard == []
    assert phone.is_told({"amount": 1}).heard == ["You have 1."]


VISIT = flow_of(
    ask("day", "integer", constraint="${day} = '' and . < 32"),
    {"finish": "never", "disposition": "refused", "when": "${day} = 13"},
    {"say": "noted", "text": "Day {day}."},
    flow="visit",
)
CALLER = flow_of(
    ask("day", "integer"),
    {"do": "visit", "action": "call", "flow": "visit"},
    {"say": "back", "text": "{day} {visit.day} {visit}"},
)


def test_a_called_flow_comes_back_with_its_answers_under_its_name():
    flow = flows.embed(CALLER, {"visit": VISIT}.get)
    phone = Phone(flow).says("1", "5")
    assert phone.heard == ["Day 5.", "1 5 completed"]
    assert phone.answers == {"day": 1, "visit.day": 5}
    assert phone.reported(AnswerGiven)[-1].question == "visit.day"
    assert Phone(flow).says("1", "13").heard == ["1 13 refused"]


def test_a_frozen_revision_holds_the_flows_that_it_calls():
    flow = flows.embed(CALLER, {"visit": VISIT}.get)
    again = flows.from_dict(flows.dump(flow))
    assert again == flow
    assert Phone(again).says("1", "5").answers == {"day": 1, "visit.day": 5}


def test_going_back_leads_into_the_called_flow_and_out_of_it():
    flow = flows.embed(flow_of(*CALLER_STEPS, ask("after")), {"visit": VISIT}.get)
    phone = Phone(flow).says("1", "5", "back")
    assert phone.session.step == "visit.day"
    assert phone.says("back").session.step == "day"


CALLER_STEPS = [ask("day", "integer"), {"do": "visit", "action": "call", "flow": "visit"}]


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({}, "unknown_flow"),
        ({"visit": flow_of({"do": "x", "action": "call", "flow": "tried"})}, "call_in_a_circle"),
    ],
)
def test_calls_that_cannot_be_are_refused(known, code):
    with pytest.raises(flows.FlowInvalid) as caught:
        flows.embed(CALLER, known.get)
    assert [finding.code for finding in caught.value.findings] == [code]


def test_a_call_of_a_flow_that_is_not_there_goes_on_without_it():
    phone = Phone(CALLER).says("1")
    assert [problem.code for problem in phone.reported(Problem)][:1] == ["unknown_flow"]
    assert phone.session.ended


def test_chance_is_the_same_for_the_same_seed_and_fair_over_many():
    flow = flow_of(
        {"split": "arm", "routes": [{"weight": 3, "goto": "a"}, {"weight": 1, "goto": "b"}]},
        {"say": "a", "text": "A {arm}", "goto": "end"},
        {"say": "b", "text": "B"},
    )

    def arm(seed):
        return Phone(flow, flows.Contact("eng", seed=seed)).reported(SplitTaken)[0].goto

    taken = Counter(arm(seed) for seed in range(400))
    assert 260 < taken["a"] < 340
    assert taken["a"] + taken["b"] == 400
    assert arm(7) == arm(7)


def test_quotas_are_told_and_end_the_run_when_they_are_full():
    flow = flow_of(ask("woman"), ask("b"), quotas=[{"name": "women", "when": "${woman} = 'yes'", "most": 2}])
    phone = Phone(flow, flows.Contact("eng", quotas={"women": 1})).says("1")
    assert phone.reported(QuotaTaken) == [QuotaTaken("women")]
    phone.says("back", "2")
    assert phone.reported(QuotaReleased) == [QuotaReleased("women")]
    full = Phone(flow, flows.Contact("eng", quotas={"women": 2})).says("1")
    assert full.reported(QuotaReached) == [QuotaReached("women")]
    assert full.session.disposition is Disposition.QUOTA_FULL
    assert full.heard[0].startswith("Thank you. We have enough answers")


def test_whoever_breaks_off_counts_for_no_quota():
    flow = flow_of(ask("a"), ask("b"), quotas=[{"name": "all", "when": "${a} != ''", "most": 2}])
    phone = Phone(flow).says("1").waits(hours=72)
    assert phone.reported(QuotaReleased) == [QuotaReleased("all")]
    stopped = Phone(flow).says("1")
    stopped.take(flows.stop(flow, stopped.session, disposition=Disposition.OPTED_OUT))
    assert stopped.reported(QuotaReleased) == [QuotaReleased("all")]


def test_a_question_with_a_timeout_is_missed_and_the_flow_goes_on():
    flow = flow_of(
        ask("a", timeout="30m", timeout_goto="c"), ask("b"), ask("c"), expires="72h", reminders=["10m", "2h"]
    )
    phone = Phone(flow)
    started = phone.reported(WaitStarted)[0]
    assert started.expires == NOW + timedelta(minutes=30)
    assert started.reminders == (NOW + timedelta(minutes=10),)
    assert phone.waits(minutes=29).session.step == "a"
    phone.waits(minutes=30)
    assert phone.session.step == "c"
    assert phone.reported(AnswerMissed)[0].why is Missing.NO_REPLY


def test_a_late_answer_is_read_and_changes_nothing():
    flow = flow_of(ask("a"), ask("b", "integer", constraint=". < 50"))
    phone = Phone(flow).says("1").waits(hours=72)
    over = phone.session
    late = flows.late(flow, over, phone.contact, flows.Reply("۱۲"), now=NOW + timedelta(days=5))
    assert late is not None
    assert (late.question, late.value, late.matched) == ("b", 12, Matched.VALUE)
    refused = flows.late(flow, over, phone.contact, flows.Reply("99"), now=NOW)
    assert refused is not None
    assert refused.value is None
    assert flows.late(flow, Phone(flow).session, phone.contact, flows.Reply("1"), now=NOW) is None


def test_somebody_goes_on_after_five_days():
    phone = Phone(flow_of(ask("a"), ask("b"), expires="7d")).says("1")
    later = NOW + timedelta(days=5)
    phone.take(flows.resume(phone.flow, phone.session, phone.contact, flows.Reply("2"), now=later))
    assert phone.answers == {"a": "yes", "b": "no"}


def test_how_far_somebody_has_come():
    phone = Phone(flow_of(ask("a"), ask("b")))
    assert flows.standing(phone.session) is Disposition.CONTACTED
    assert flows.standing(Phone(phone.flow).waits(hours=72).session) is Disposition.UNRESPONSIVE
    phone.says("1")
    assert flows.standing(phone.session) is Disposition.STARTED
    assert flows.standing(phone.waits(hours=72).session) is Disposition.PARTIAL
    assert flows.standing(Phone(phone.flow).says("1", "1").session) is Disposition.COMPLETED


def test_facts_about_the_run_are_kept():
    facts = ["today", "start", "end", "language", "channel"]
    flow = flow_of(*({"meta": f"m_{fact}", "fact": fact} for fact in facts), ask("a"))
    phone = Phone(flow).says("1")
    kept = {event.name: event.value for event in phone.reported(ValueCalculated)}
    now = NOW.isoformat()
    assert kept == {
        "m_today": "2031-03-09",
        "m_start": now,
        "m_end": now,
        "m_language": "eng",
        "m_channel": "sms",
    }


def test_what_rests_on_a_persons_words_is_theirs_too():
    flow = flow_of(
        ask("who", "text"),
        {"calculate": "loud", "value": "concat(${who}, '!')"},
        {"say": "b", "text": "Hi {loud}."},
    )
    phone = Phone(flow).says("Zarghuna")
    assert phone.reported(ValueCalculated)[0].personal
    assert phone.heard == ["Hi ."]


class Slow:
    """Says values in a way that shows."""

    def date(self, value, language):
        return f"<{value} in {language}>"

    def number(self, value, language):
        return f"<{value}>" if language == "eng" else ""

    def place(self, code, language):
        return {("PK-1", "eng"): "Jalozai"}.get((code, language))


def test_values_in_texts_are_said_by_the_speaker():
    flow = flow_of({"say": "a", "text": "{day} {n} {site} {word}"}, fields=["day", "n", "site", "word"])
    fields = {"day": "2031-03-09", "n": 5.0, "site": "PK-1", "word": "tea"}
    said = Phone(flow, flows.Contact("eng", fields=fields, speaker=Slow())).heard
    assert said == ["<2031-03-09 in eng> <5> Jalozai tea"]


@pytest.mark.parametrize(
    ("hours", "at", "opened", "first"),
    [
        ("09:00-19:00", 12, True, 12),
        ("09:00-19:00", 20, False, 33),
        ("09:00-19:00", 3, False, 9),
        ("20:00-06:00", 23, True, 23),
        ("20:00-06:00", 12, False, 20),
        ("00:00-24:00", 23, True, 23),
        (None, 3, True, 3),
    ],
)
def test_people_are_addressed_within_a_window(hours, at, opened, first):
    moment = NOW.replace(hour=at)
    assert window.is_open(hours, moment) is opened
    assert window.opens(hours, moment) == NOW.replace(hour=0) + timedelta(hours=first)


def test_embedding_a_flow_without_calls_changes_nothing():
    assert flows.embed(VISIT, {}.get) is VISIT
    assert flows.called_by(CALLER) == ("visit",)
    assert replace(VISIT) == VISIT


def unknown_names(flow):
    return [finding.sentence for finding in flows.check(flow) if finding.code == "unknown_name"]


def test_the_check_knows_what_services_calls_and_chance_give():
    split = {"split": "arm", "routes": [{"goto": "bye"}]}
    for flow in (SERVED, CALLER, flow_of(split, {"say": "bye", "text": "{arm}"})):
        assert unknown_names(flow) == []
    assert (
        "balance.name"
        in unknown_names(
            flow_of(SERVICE | {"otherwise": "end"}, {"say": "b", "text": "{balance.name}"}, ask("n"))
        )[0]
    )
