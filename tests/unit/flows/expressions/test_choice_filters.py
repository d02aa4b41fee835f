"""Filters of choices: a bare name is a column of the option."""

from datetime import UTC, datetime

import pytest

from flows.expressions import ChoiceList, ExpressionInvalid, Row, Scope, compile_expression, compile_filter

NOW = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)
SITES = ChoiceList(
    [
        Row("c1", "Camp one", {"district": "north", "people": "100"}),
        Row("c2", "Camp two", {"district": "south", "people": "200"}),
        Row("c3", "Camp three", {"district": "north", "people": "300"}),
        Row("other", "Other", {"district": ""}),
    ]
)


def chosen(text, **variables):
    return " ".join(row.code for row in compile_filter(text).choose(SITES, Scope(variables, NOW)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("district = ${district}", "c1 c3"),
        ("${district} = district", "c1 c3"),
        ("district=${district}", "c1 c3"),
        ("district != ${district}", "c2 other"),
        ("district = ${district} or name = 'other'", "c1 c3 other"),
        ("district = ${district} and people > 100", "c3"),
        ("selected(${visited}, name)", "c1 c2"),
        ("not(selected(${visited}, name))", "c3 other"),
        ("people >= ${least}", "c2 c3"),
        ("people = ${least}", "c2"),
        ("label = 'Camp two'", "c2"),
        ("district = ${nothing}", "other"),
        ("true()", "c1 c2 c3 other"),
        ("false()", ""),
        ("nothing = 'x'", ""),
        ("name = district", ""),
        ("starts-with(name, 'c') and district = 'north'", "c1 c3"),
        ("name = pulldata('sites', 'name', 'district', 'south')", "c2"),
        ("mod = 'x' or and = 'x' or div != ''", ""),
    ],
)
def test_a_filter_lets_through_what_odk_lets_through(text, expected):
    variables = {"district": "north", "visited": ["c1", "c2"], "least": 200}
    options = compile_filter(text).choose(SITES, Scope(variables, NOW, lists={"sites": SITES}))
    assert " ".join(row.code for row in options) == expected


def test_an_equality_that_is_looked_up_gives_what_looking_at_every_row_gives():
    for district in ("north", "south", "", "east", None, 7, ["north"]):
        looked_up = chosen("district = ${district}", district=district)
        assert looked_up == chosen("district = ${district} and true()", district=district)


def test_a_filter_says_which_columns_and_lists_and_answers_it_reads():
    expression = compile_filter("district = ${d} and name != pulldata('sites', 'name', 'district', ${e})")
    assert expression.columns == {"district", "name"}
    assert expression.names == {"d", "e"}
    assert expression.lists == {"sites"}
    assert compile_expression("jr:choice-name(${a}, '${q}')").names == {"a", "q"}


def test_a_bare_name_is_no_answer_outside_a_filter():
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression("district = ${district}")
    assert "${district}" in caught.value.sentence


def test_a_list_of_thousands_is_narrowed_by_an_index():
    many = ChoiceList(Row(f"v{n}", "", {"district": f"d{n % 100}"}) for n in range(20_000))
    expression = compile_filter("district = ${d}")
    for _ in range(200):
        assert len(expression.choose(many, Scope({"d": "d7"}, NOW))) == 200
