"""What the check says of filters, lists and answers that there are several of."""

from dataclasses import replace

import pytest

import flows
from flows.checks.formulas import filters_fit_their_lists, lists_are_there, repeated_answers_are_chosen
from flows.checks.structure import names_are_known
from flows.expressions import compile_expression

FLOW = """
spec: paigham.flow/2
flow: household
title: Household
languages: [eng]
purpose: A test
owner: im_officer
retention: survey_link
expires: 72h
outbound: false
fields: [hotline]
lists:
  sites:
    - {{code: c1, label: One, columns: {{district: north}}}}
    - {{code: c2, label: Two}}
steps:
  - ask: district
    type: text
    text: "Which district?"
  - ask: site
    type: select_one
    text: "Which site?"
    list: sites
    filter: "{filter}"
    other: "Which other?"
  - repeat: member
    most: 3
    steps:
      - ask: age
        type: integer
        text: "How old?"
        constraint: "{inside}"
      - group: more
        steps:
          - calculate: double
            value: "${{age}} * 2 + position(..)"
  - calculate: total
    value: "{outside}"
  - say: bye
    when: "${{total}} > 3 and ${{site_other}} = ''"
    text: "Thank you."
"""


def said(rule, *, narrow="district = ${district}", inside=". < 120", outside="sum(${age})"):
    flow = flows.load(FLOW.format(filter=narrow, inside=inside, outside=outside))
    return [(finding.step, finding.code) for finding in rule(flow)]


RULES = (filters_fit_their_lists, lists_are_there, repeated_answers_are_chosen, names_are_known)


@pytest.mark.parametrize("rule", RULES)
def test_a_flow_that_names_what_it_has_is_left_alone(rule):
    assert said(rule) == []


@pytest.mark.parametrize(
    "narrow", ["name != ${district}", "label = 'One'", "selected(${district}, district) or name = 'c1'"]
)
def test_a_filter_may_read_the_columns_and_what_every_list_has(narrow):
    assert said(filters_fit_their_lists, narrow=narrow) == []


def test_a_filter_that_does_not_compile_is_said_once():
    flow = flows.load(FLOW.format(filter="true()", inside=". < 120", outside="sum(${age})"))
    broken = replace(flow.steps[1], filter="district = (${district}")
    flow = replace(flow, steps=(flow.steps[0], broken, *flow.steps[2:]))
    assert [finding.code for finding in filters_fit_their_lists(flow)] == ["bad_expression"]
    assert not list(lists_are_there(flow))


def test_a_column_that_no_row_has_is_named():
    assert said(filters_fit_their_lists, narrow="province = ${district}") == [("site", "unknown_column")]


@pytest.mark.parametrize(
    "outside",
    [
        "count(${member}) + max(${age})",
        "join(' ', ${double})",
        "indexed-repeat(${age}, ${member}, 1)",
        "indexed-repeat(${age}, ${member}, count(${member}))",
        "if(count-non-empty((${age})) > 1, sum(${age}), 0)",
    ],
)
def test_all_answers_of_a_repeat_or_a_chosen_one_may_be_used_outside(outside):
    assert said(repeated_answers_are_chosen, outside=outside) == []


@pytest.mark.parametrize(
    "outside",
    [
        "${age} + 1",
        "sum(${age}) + ${age}",
        "string(${double})",
        "${member} > 1",
        "sum(${age} + 1)",
        "if(${age}, 1, 2)",
    ],
)
def test_one_answer_of_a_repeat_cannot_be_meant_outside_it(outside):
    assert said(repeated_answers_are_chosen, outside=outside) == [("total", "many_answers")]


def test_inside_its_repeat_an_answer_is_one():
    assert said(repeated_answers_are_chosen, inside=". > ${double}") == []
    assert said(repeated_answers_are_chosen, inside=". > ${member}") == [("age", "many_answers")]


def test_a_list_that_is_not_there_is_named_wherever_it_is_read():
    missing = "pulldata('towns', 'district', 'name', ${site})"
    assert said(lists_are_there, outside=missing) == [("total", "unknown_list")]
    assert said(lists_are_there, narrow=f"district = {missing}") == [("site", "unknown_list")]
    assert said(lists_are_there, outside=missing.replace("towns", "sites.csv")) == []


def test_an_expression_says_which_of_its_names_must_have_one_value():
    expression = compile_expression("sum(${a}) + ${b} + count(${c}) * ${c} + string-length(${d})")
    assert expression.names == {"a", "b", "c", "d"}
    assert expression.singles == {"b", "c", "d"}
