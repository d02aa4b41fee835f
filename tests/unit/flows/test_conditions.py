"""Conditions that are built by choosing, and the expressions that they stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.conditions import WITHOUT_VALUE, Compare, Comparison, Condition, read, write
from flows.expressions import compile_expression

_values = st.text(
    st.characters(codec="utf-8", exclude_characters="\"'", exclude_categories=["Cc", "Cs", "Zl", "Zp"]),
    max_size=8,
)
_comparisons = st.builds(
    Comparison, st.sampled_from(["age", "needs", "a_b", "and_or"]), st.sampled_from(list(Compare)), _values
)


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("${works} = 'no'", Condition((Comparison("works", Compare.IS, "no"),))),
        (
            "${works} = 'no' or ${works} = 'at times'",
            Condition(
                (Comparison("works", Compare.IS, "no"), Comparison("works", Compare.IS, "at times")), "or"
            ),
        ),
        (
            "selected(${needs}, 'food and water') and ${age} >= 18",
            Condition(
                (Comparison("needs", Compare.HAS, "food and water"), Comparison("age", Compare.LEAST, "18"))
            ),
        ),
        ("not(selected(${needs}, 'x'))", Condition((Comparison("needs", Compare.HAS_NOT, "x"),))),
        ("${hotline} != ''", Condition((Comparison("hotline", Compare.ANSWERED),))),
        (
            ". > 0 and . <= 120",
            Condition((Comparison(".", Compare.MORE, "0"), Comparison(".", Compare.MOST, "120"))),
        ),
        ("", Condition(())),
    ],
)
def test_simple_expressions_are_taken_apart(expression: str, condition: Condition) -> None:
    assert read(expression) == condition
    assert write(condition) == expression


@pytest.mark.parametrize(
    "expression",
    [
        "${a} = 1 and (${b} = 2 or ${c} = 3)",
        "${a} = 1 and ${b} = 2 or ${c} = 3",
        "count-selected(${a}) > 2",
        "${a} + 1 = 2",
        "${a} = ${b}",
        "not(${a} = 1)",
        "and",
        "'",
    ],
)
def test_what_is_more_stays_an_expression(expression: str) -> None:
    assert read(expression) is None


@given(st.lists(_comparisons, min_size=1, max_size=4), st.sampled_from(["and", "or"]))
def test_what_was_chosen_is_found_again_and_can_be_worked_out(chosen: list[Comparison], join: str) -> None:
    expression = write(Condition(tuple(chosen), join))
    compile_expression(expression)
    again = read(expression)
    assert again is not None
    assert write(again) == expression
    for before, after in zip(chosen, again.comparisons, strict=True):
        assert before.name == after.name
        if before.value and before.how not in WITHOUT_VALUE:
            assert (before.how, before.value) == (after.how, after.value)


@given(st.text(alphabet="${}ab'\" ()=<>.1andorselctd,", max_size=40))
def test_whatever_is_typed_is_read_or_left(expression: str) -> None:
    condition = read(expression)
    assert condition is None or read(write(condition)) == condition
