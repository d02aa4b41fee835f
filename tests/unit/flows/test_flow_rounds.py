"""Groups and repeats: rounds by a number or by asking, names inside and outside, bounds."""

import pytest
from flow_builders import Phone, ask, flow_of

import flows
from flows.events import AnswerGiven, Disposition, Problem

NUMBER = ask("n", "integer")


def children(*steps, **more):
    return {"repeat": "child", "steps": list(steps), **more}


AGES = children(ask("age", "integer", text="Age of child {child}?"), count="${n}")
TOTAL = {"calculate": "total", "value": "sum(${age})"}
BYE = {"say": "bye", "text": "{total} years, {age}"}


def test_a_repeat_with_a_count_asks_so_many_times_and_keeps_each_answer():
    phone = Phone(flow_of(NUMBER, AGES, TOTAL, BYE)).says("3", "5", "7", "9")
    assert phone.answers == {"n": 3, "age[1]": 5, "age[2]": 7, "age[3]": 9}
    assert phone.heard == ["21 years, 5, 7, 9"]
    given = phone.reported(AnswerGiven)[-1]
    assert (given.question, given.step, given.path) == ("age[3]", "age", (3,))
    assert phone.session.disposition is Disposition.COMPLETED


def test_texts_in_a_round_name_its_number():
    assert Phone(flow_of(NUMBER, AGES)).says("2", "5").heard == ["Age of child 2?"]


@pytest.mark.parametrize("count", ["0", "-1"])
def test_no_rounds_are_no_rounds(count):
    phone = Phone(flow_of(NUMBER, AGES, {"say": "bye", "text": "Bye"})).says(count)
    assert phone.heard == ["Bye"]


def test_a_count_above_the_most_is_cut_and_one_that_is_no_number_is_none():
    assert (
        len([a for a in Phone(flow_of(NUMBER, AGES | {"most": 2})).says("9", "1", "1").answers if "[" in a])
        == 2
    )
    odd = children(ask("age", "integer"), count="'many'")
    assert Phone(flow_of(odd)).session.ended


def test_without_a_count_people_are_asked_for_one_more():
    flow = flow_of(children(ask("age", "integer"), another="One more child?"), TOTAL, BYE)
    phone = Phone(flow).says("4")
    assert phone.heard == ["One more child?\n1) Yes\n2) No"]
    phone.says("haan", "6", "2")
    assert phone.heard == ["10 years, 4, 6"]
    assert phone.answers == {"age[1]": 4, "age[2]": 6}
    assert all(given.step == "age" for given in phone.reported(AnswerGiven))


def test_silence_and_noise_are_no_yes_to_one_more():
    phone = Phone(flow_of(children(ask("age", "integer")), {"say": "bye", "text": "Bye"}))
    assert phone.says("4", "hm", "hm").heard == ["Bye"]


def test_nobody_is_asked_for_one_more_than_the_most():
    phone = Phone(flow_of(children(ask("age", "integer"), most=2), {"say": "bye", "text": "Bye"}))
    assert phone.says("1", "1", "2").heard == ["Bye"]


def test_conditions_inside_a_round_see_that_rounds_answers():
    school = ask("school", when="${age} > 5")
    phone = Phone(flow_of(NUMBER, children(ask("age", "integer"), school, count="${n}")))
    phone.says("2", "3", "8")
    assert phone.session.step == "school"
    phone.says("1")
    assert phone.answers == {"n": 2, "age[1]": 3, "age[2]": 8, "school[2]": "yes"}


def test_repeats_inside_repeats_keep_both_numbers():
    toys = {"repeat": "toy", "count": "2", "steps": [ask("colour", "text")]}
    flow = flow_of(
        children(ask("age", "integer"), toys, count="2"), {"calculate": "c", "value": "count(${toy})"}
    )
    phone = Phone(flow).says("1", "a", "b", "2", "c", "d")
    assert list(phone.answers) == [
        "age[1]",
        "colour[1][1]",
        "colour[1][2]",
        "age[2]",
        "colour[2][1]",
        "colour[2][2]",
    ]
    assert phone.session.more.rounds == {"child": 2, "toy[1]": 2, "toy[2]": 2}


def test_a_jump_out_of_a_repeat_leaves_it():
    leave = ask("age", "integer", goto="after")
    phone = Phone(flow_of(children(leave, count="5"), ask("after", "integer")))
    phone.says("1")
    assert phone.session.step == "after"
    assert phone.session.more.positions == {}


def test_a_repeat_that_is_reached_again_begins_anew():
    again = {"branch": "again", "routes": [{"when": "${more} = 'yes'", "goto": "child"}]}
    flow = flow_of(children(ask("age", "integer"), count="2"), ask("more"), again)
    phone = Phone(flow).says("1", "2", "1", "7")
    assert phone.answers == {"age[1]": 7, "more": "yes"}


def test_a_group_that_does_not_hold_is_passed_over_whole():
    group = {
        "group": "g",
        "when": "${a} = 'yes'",
        "steps": [ask("b"), {"group": "h", "steps": [ask("c")]}],
    }
    assert Phone(flow_of(ask("a"), group, ask("d"))).says("2").session.step == "d"
    phone = Phone(flow_of(ask("a"), group, ask("d"))).says("1", "1")
    assert phone.session.step == "c"


def test_a_repeat_at_the_end_of_a_group_goes_round_as_any_other():
    group = {"group": "g", "steps": [children(ask("age", "integer"), count="2")]}
    assert Phone(flow_of(group)).says("1", "2").answers == {"age[1]": 1, "age[2]": 2}


def test_a_jump_into_a_repeat_is_refused_by_the_reader():
    with pytest.raises(flows.FlowInvalid) as caught:
        flow_of(ask("a", goto="age"), children(ask("age", "integer"), count="2"))
    assert [finding.code for finding in caught.value.findings] == ["jump_into_repeat"]


def test_functions_over_rounds():
    values = {
        "many": "count(${child})",
        "joined": "join(' ', ${age})",
        "oldest": "max(${age})",
        "second": "indexed-repeat(${age}, ${child}, 2)",
    }
    steps = [{"calculate": name, "value": value} for name, value in values.items()]
    phone = Phone(flow_of(NUMBER, AGES, *steps, ask("end_"))).says("2", "5", "7")
    assert phone.session.more.values == {"many": 2, "joined": "5 7", "oldest": 7, "second": 7}
    assert not phone.reported(Problem)
