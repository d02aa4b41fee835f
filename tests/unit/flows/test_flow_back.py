"""Going back: the last answer is taken back, and nothing else changes."""

import pytest
from flow_builders import YES_NO, Phone, ask, flow_of, options

import flows
from flows.events import AnswerGiven, AnswerWithdrawn, GrievanceRaised

FLOW = flow_of(ask("a"), ask("b", "integer"), ask("c"), {"say": "bye", "text": "Bye"})


@pytest.mark.parametrize(
    "word", ["BACK", "back", "واپس", "شاته", "برگشت", "رجوع", "နောက်သို့", "dib", "retour", "wapas", "<", "🔙"]
)
def test_back_asks_the_last_question_again_in_every_language(word):
    phone = Phone(FLOW).says("1", word)
    assert phone.heard == ["a?\n1) Yes\n2) No"]
    assert phone.answers == {}
    assert phone.reported(AnswerWithdrawn) == [AnswerWithdrawn("a", "a")]


def test_the_new_answer_counts_and_says_that_it_corrects():
    phone = Phone(FLOW).says("1", "back", "2")
    assert phone.answers == {"a": "no"}
    assert [given.corrected for given in phone.reported(AnswerGiven)] == [False, True]


def test_one_can_go_back_further_than_one_answer():
    phone = Phone(FLOW).says("1", "5", "back", "back", "2", "6", "1")
    assert phone.answers == {"a": "no", "b": 6, "c": "yes"}
    assert phone.session.ended


def test_a_skipped_question_can_be_gone_back_to():
    phone = Phone(FLOW).says("0", "back")
    assert phone.session.step == "a"
    assert phone.says("1").answers == {"a": "yes"}


def test_at_the_first_question_there_is_no_way_back():
    phone = Phone(FLOW).says("back")
    assert phone.heard == ["You cannot go back from here.", "a?\n1) Yes\n2) No"]
    assert phone.session.retries == 0


def test_answers_that_rested_on_the_old_one_are_asked_anew():
    flow = flow_of(
        ask("a", options=[YES_NO[0] | {"goto": "x"}, YES_NO[1]]),
        ask("b"),
        ask("x", when="${b} != 'no'"),
        ask("y"),
    )
    phone = Phone(flow).says("2", "2")
    assert phone.session.step == "y"
    phone.says("back", "back", "1", "2")
    assert phone.answers == {"a": "yes", "x": "no"}


def test_nobody_goes_back_behind_a_complaint():
    flow = flow_of(
        ask("what", "text"),
        {"do": "complain", "action": "grievance", "text": "=${what}"},
        ask("where", "text"),
    )
    phone = Phone(flow).says("No water", "back")
    assert phone.heard[0] == "You cannot go back from here."
    assert len(phone.reported(GrievanceRaised)) == 1


def test_one_can_go_back_into_the_round_before():
    repeat = {"repeat": "child", "count": "2", "steps": [ask("age", "integer"), ask("girl")]}
    phone = Phone(flow_of(repeat)).says("5", "1", "back", "2")
    assert phone.answers == {"age[1]": 5, "girl[1]": "no"}
    assert phone.session.more.positions == {"child": 2}
    assert phone.says("back", "back").heard == ["age?"]
    assert phone.answers == {}
    assert phone.session.more.positions == {"child": 1}


def test_what_was_calculated_is_what_it_was_before():
    flow = flow_of(
        ask("a", "integer"), {"calculate": "b", "value": "${a} * 2"}, ask("c", "integer"), ask("d")
    )
    phone = Phone(flow).says("4", "1", "back", "back")
    assert phone.session.more.values == {}
    assert phone.says("5").session.more.values == {"b": 10}


def test_the_word_as_an_option_is_an_answer():
    flow = flow_of(ask("a"), ask("pain", options=options(head="Head", back="Back")))
    assert Phone(flow).says("1", "back").answers == {"a": "yes", "pain": "back"}


def test_the_same_answer_after_going_back_gives_the_same_session():
    straight = Phone(FLOW).says("1", "5")
    turned = Phone(FLOW).says("1", "5", "back", "5")
    plain = [
        (p.session.step, p.answers, p.session.trail, p.session.more, p.session.language)
        for p in (straight, turned)
    ]
    assert plain[0] == plain[1]


def test_asking_for_help_gives_the_hint_and_costs_no_retry():
    flow = flow_of(ask("a", hint="Think of last week.", retries=0))
    phone = Phone(flow).says("?", "؟")
    assert phone.heard == ["Think of last week.", "a?\n1) Yes\n2) No"]
    assert phone.says("1").answers == {"a": "yes"}
    assert Phone(flow_of(ask("a"))).says("?").heard[0].startswith("There is no more to say")


def test_a_session_of_an_older_version_goes_on():
    row = '["tried","b","eng",{"a":"yes"},1,2,true,false,null,"2031-03-12T12:00:00+00:00"]'
    session = flows.Session.from_json(row)
    assert session.to_json() == row
    phone = Phone(FLOW)
    phone.session = session
    assert phone.says("7").answers == {"a": "yes", "b": 7}
