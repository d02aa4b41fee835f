"""Every function and rule against a table of what ODK gives."""

import math
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from flows.expressions import ChoiceList, ExpressionFailed, Repeated, Row, Scope, compile_expression
from flows.functions import FUNCTIONS, NODES

HERE = Path(__file__).parent
TABLES = {
    name: yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    for name in ("odk_functions", "odk_rules")
}
NOW = datetime(2031, 3, 9, 14, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=5)))
SITES = ChoiceList(
    [
        Row("c1", "Camp one", {"district": "north", "people": "100"}),
        Row("c2", "Camp two", {"district": "north", "people": "200"}),
        Row("c3", "Camp three", {"district": "south", "people": "400"}),
    ]
)
TAPS = ChoiceList([Row("clean", "Clean water"), Row("none", "No water")])
EMPTY = re.compile(r"''|\$\{(nothing|index1)\}")


def value_of(told):
    """A value as the tables tell it."""
    if isinstance(told, dict):
        return Repeated(value_of(item) for item in told["each"])
    return told


def scope(variables):
    return Scope(
        {name: value_of(told) for name, told in variables.items() if name != "."},
        NOW,
        answer=variables.get(".", ""),
        seed=7,
        lists={"sites": SITES},
        options={"tap": TAPS},
        repeated={"inside": Repeated(["first", "second"])},
        places=(("household", 3), ("questions", 1), ("member", 2)),
    )


def rows():
    return [
        pytest.param(*row[:2], (row[2:] or [{}])[0], id=f"{group}: {row[0][:60]}")
        for table in TABLES.values()
        for group, told in table.items()
        for row in told["rows"]
    ]


@pytest.mark.parametrize(("text", "expected", "variables"), rows())
def test_an_expression_gives_what_odk_gives(text, expected, variables):
    expression, about = compile_expression(text), scope(variables)
    if expected == "fails":
        with pytest.raises(ExpressionFailed):
            expression.evaluate(about)
        return
    result = expression.evaluate(about)
    if isinstance(expected, dict):
        assert math.isclose(result, expected["about"], abs_tol=expected["within"], rel_tol=0)
    elif isinstance(expected, bool | str):
        assert result == expected
        assert type(result) is type(expected)
    else:
        assert type(result) is float
        assert result == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


def test_every_function_has_a_table_of_three_rows_or_more_with_its_source():
    table = TABLES["odk_functions"]
    assert set(table) == set(FUNCTIONS)
    for name, told in table.items():
        calls = [row[0] for row in told["rows"] if f"{name}(" in row[0]]
        assert len(calls) >= 3, name
        assert told["from"], name


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if function.most])
def test_every_function_that_takes_a_value_is_tried_with_an_empty_one(name):
    assert any(EMPTY.search(row[0]) for row in TABLES["odk_functions"][name]["rows"])


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items())
def test_a_function_refuses_too_few_and_too_many_arguments(name, function):
    for count in {function.fewest - 1, function.most + 1} - {-1}:
        with pytest.raises(ValueError, match="wrong number of arguments"):
            compile_expression(f"{name}({', '.join(['${x}'] * count)})")


def test_the_same_run_and_step_have_the_same_chance_and_others_another():
    expression = compile_expression("concat(random(), uuid(), uuid(8))")
    first = scope({})
    assert expression.evaluate(first) == expression.evaluate(first._replace(variables={"x": 1}))
    others = [first._replace(seed=8), first._replace(key="other step")]
    assert len({expression.evaluate(about) for about in (first, *others)}) == 3


def test_chance_is_spread_over_the_runs():
    draws = [compile_expression("random()").evaluate(scope({})._replace(seed=seed)) for seed in range(2000)]
    assert 0.45 < sum(draws) / len(draws) < 0.55
    assert min(draws) < 0.01
    assert max(draws) > 0.99


def test_an_order_without_a_seed_is_that_of_the_run_and_holds_every_value_once():
    expression = compile_expression("join(' ', randomize(${n}))")
    variables = {"n": Repeated(range(20))}
    orders = [expression.evaluate(scope({})._replace(variables=variables, seed=seed)) for seed in range(5)]
    assert len(set(orders)) == 5
    assert all(sorted(map(int, order.split())) == list(range(20)) for order in orders)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("eng", "Sun 9 Mar"),
        ("fra", "dim 9 mars"),
        ("urd", "اتوار 9 مارچ"),
        ("som", "Axd 9 Mar"),
        ("xyz", "Sun 9 Mar"),
    ],
)
def test_months_and_days_are_written_in_the_language_of_the_conversation(language, expected):
    expression = compile_expression("format-date(today(), '%a %e %b')")
    assert expression.evaluate(scope({})._replace(language=language)) == expected


ONLY_SOMETIMES = {"if", "coalesce", "once"}  # do not look at every argument
NAMED = {
    "regex",
    "jr:choice-name",
    "pulldata",
    "position",
    "indexed-repeat",
    "weighted-checklist",
}  # need more


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - ONLY_SOMETIMES - NAMED))
def test_a_function_takes_a_repeated_question_where_the_table_says_so_and_nowhere_else(name):
    count = min(4, FUNCTIONS[name].most)
    for place in range(count):
        call = f"{name}({', '.join('${many}' if index == place else '0' for index in range(count))})"
        expression = compile_expression(f"count({call})")
        several = place in NODES.get(name, ())
        assert ("many" not in expression.singles) is several
        about = scope({"many": {"each": ["0 0", "1 1"]}})
        if several:
            assert "repeated" not in failure(expression, about)
        else:
            assert "repeated" in failure(expression, about)


def failure(expression, about):
    try:
        expression.evaluate(about)
    except ExpressionFailed as error:
        return str(error)
    return ""
