"""Whatever an author writes and people answer: compiled or refused, evaluated or failed, and always at once."""

import inspect
import sys
import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.expressions import (
    MAX_DEPTH,
    MAX_LENGTH,
    ChoiceList,
    ExpressionFailed,
    ExpressionInvalid,
    Repeated,
    Row,
    Scope,
    compile_expression,
    compile_filter,
)
from flows.functions import FUNCTIONS
from flows.functions.values import MAX_TEXT

NOW = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)
LONG = 20.0  # seconds; what is unbounded takes hours

_PIECES = st.sampled_from(
    [
        *(f"{name}(" for name in FUNCTIONS),
        "instance('l')/root/item[",
        "]/label",
        "/" + "root/item",
        *(
            "${a}",
            "${b}",
            "${n}",
            ".",
            "..",
            "../..",
            "name",
            "1",
            "'x'",
            "''",
            "0",
            "-",
            "1e9",
            ")",
            "(",
            ",",
        ),
        *(" = ", " != ", " < ", " >= ", " and ", " or ", " + ", " - ", " * ", " div ", " mod "),
    ]
)
_SCALARS = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.times(),
    st.lists(st.text(max_size=5), max_size=3),
    st.sampled_from(
        ["2031-03-09", "2031-02-30", "9999-12-31T23:59:59Z", "0001-01-01", "NaN", "1 1;2 2", "90 181"]
    ),
)
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3).map(Repeated), max_leaves=5)


def scope(**values):
    listed = ChoiceList([Row("x", "X", {"district": "d"}), Row("y", "Y")])
    return Scope(
        values,
        NOW,
        answer=values.get("a", ""),
        lists={"l": listed},
        options={"a": listed},
        row=listed.rows[0],
    )


def refused(text, read):
    try:
        read(text)
    except ExpressionInvalid as error:
        return error
    return None


@settings(max_examples=400)
@given(st.lists(_PIECES, max_size=12).map("".join), st.booleans())
def test_any_heap_of_pieces_is_compiled_or_refused_at_a_place(text, columns):
    error = refused(text, compile_filter if columns else compile_expression)
    assert error is None or (0 <= error.position <= len(text) and error.sentence.endswith("."))


def calls():
    """A call of each function with arguments of any kind, patterns and names as they must be."""
    fixed = {
        "regex": "regex(${a}, '[a-z]+')",
        "jr:choice-name": "jr:choice-name(${a}, '${a}')",
        "pulldata": "pulldata('l', ${a}, ${b}, ${n})",
        "position": "position(${a})",
        "indexed-repeat": "indexed-repeat(${a}, ${b}, ${n})",
    }
    arguments = ("${a}", "${b}", "${n}", "${a}")
    usual = {
        f"{name}[{count}]": f"{name}({', '.join(arguments[:count])})"
        for name, function in FUNCTIONS.items()
        for count in range(function.fewest, min(function.most, 4) + 1)
        if name not in fixed and not (name == "weighted-checklist" and count % 2)
    }
    return [pytest.param(text, id=name) for name, text in {**usual, **fixed}.items()]


@pytest.mark.parametrize("text", calls())
@settings(max_examples=40)
@given(a=_VALUES, b=_VALUES, n=_VALUES)
def test_a_function_gives_a_plain_value_or_fails_whatever_it_is_given(text, a, b, n):
    expression = compile_expression(text)
    try:
        value = expression.evaluate(scope(a=a, b=b, n=n))
    except ExpressionFailed:
        return
    assert isinstance(value, str | float | bool)
    assert not isinstance(value, str) or len(value) <= 2 * MAX_TEXT


@pytest.mark.parametrize(
    "operator", ["=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod", "and", "or"]
)
@settings(max_examples=60)
@given(a=_VALUES, b=_VALUES)
def test_an_operator_gives_a_plain_value_or_fails_whatever_stands_beside_it(operator, a, b):
    expression = compile_expression(f"${{a}} {operator} ${{b}}")
    try:
        assert isinstance(expression.evaluate(scope(a=a, b=b)), float | bool)
    except ExpressionFailed:
        return


@given(a=_VALUES)
def test_equal_and_not_equal_are_opposites_and_what_is_equal_is_so_from_both_sides(a):
    about = scope(a=a, b="x")
    try:
        same = compile_expression("${a} = ${b}").evaluate(about)
    except ExpressionFailed:
        return
    assert compile_expression("${a} != ${b}").evaluate(about) is not same
    assert compile_expression("${b} = ${a}").evaluate(about) is same


@given(st.dates(), st.integers(-50_000, 50_000))
def test_days_that_are_added_can_be_taken_away_again(day, days):
    try:
        later = compile_expression(f"date(${{day}} + {days})").evaluate({"day": day}, now=NOW)
    except ExpressionFailed:
        return  # beyond the years that a date has
    assert (date.fromisoformat(later) - day).days == days
    assert compile_expression("${later} - ${day}").evaluate({"later": later, "day": day}, now=NOW) == days


@pytest.mark.parametrize(
    "text",
    [
        "1" + " + 1" * ((MAX_LENGTH - 1) // 4),
        "1" + " = 1" * ((MAX_LENGTH - 1) // 4),
        "-" * (MAX_LENGTH - 1) + "1",
        "${a}" + " or ${a}" * ((MAX_LENGTH - 4) // 8),
        "not(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH,
        "1 or 1 and 1 = 1 < 1 + 1 * (" * MAX_DEPTH + "1" + ")" * MAX_DEPTH,
        "".join(f"if(${{a}} = {n}, {n}, " for n in range(MAX_DEPTH)) + "0" + ")" * MAX_DEPTH,
        "join(" * 20 + "${a}" + ", ${n})" * 20,
        "concat(" * 20 + "${a}" + ", ${a}, ${a}, ${a})" * 20,
        "join(${a}, ${n})",
        "string-length(translate(${a}, ${a}, ${a}))",
        "format-date(today(), ${a})",
        "selected(${a}, ${a})",
        "pow(10, pow(10, pow(10, 10)))",
        "regex(${a}, 'x*x*x*y')",
        "substring-before(${a}, ${a})",
        "digest(${a}, 'SHA-512')",
    ],
)
def test_the_longest_and_deepest_expressions_end_at_once(text):
    about = scope(a="x" * 2 * MAX_TEXT, n=Repeated(["y" * MAX_TEXT] * 1000))
    began = time.perf_counter()
    try:
        value = compile_expression(text).evaluate(about)
    except ExpressionFailed:
        value = ""
    assert time.perf_counter() - began < LONG
    assert not isinstance(value, str) or len(value) <= MAX_TEXT


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "not(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "instance('l')/root/item[name = " * (MAX_DEPTH + 1) + "'x'" + "]/label" * (MAX_DEPTH + 1),
        "1" * (MAX_LENGTH + 1),
        " + ".join(["count(instance('l')/root/item)"] * 5),
        "instance('l')/root/item[count(instance('l')/root/item) > 1]/label",
        "instance('l')/root/item[instance('l')/root/item[people > 1]/name = 'x']/label",
    ],
)
def test_what_could_take_too_long_is_refused(text):
    with pytest.raises(ExpressionInvalid):
        compile_expression(text)


def test_a_filter_may_not_look_through_a_list_for_each_row_of_another():
    with pytest.raises(ExpressionInvalid):
        compile_filter("count(instance('l')/root/item) > 1")
    nested = compile_filter("count(instance('l')/root/item[district = 'd']) > 0 and name != ''")
    many = ChoiceList(Row(f"c{n}", "", {"district": "d"}) for n in range(5000))
    began = time.perf_counter()
    with pytest.raises(ExpressionFailed):
        nested.choose(many, scope()._replace(lists={"l": many}))
    assert time.perf_counter() - began < LONG


def test_a_thousand_expressions_compile_in_a_moment():
    texts = [
        f"${{age_{n}}} >= {n} and selected(${{needs}}, 'food{n}') or not(count-selected(.) > 3)"
        for n in range(1000)
    ]
    began = time.perf_counter()
    for text in texts:
        compile_expression.__wrapped__(text)
    assert time.perf_counter() - began < LONG  # measured by bench: a fifth of a second


def test_a_failure_never_repeats_what_a_person_answered():
    for text in ("date(${a})", "uuid(${a})", "area(${a})", "decimal-time(${a})", "base64-decode(${a})"):
        with pytest.raises(ExpressionFailed) as caught:
            compile_expression(text).evaluate({"a": "Fatima:0300"}, now=NOW)
        assert "Fatima" not in str(caught.value)
        assert "0300" not in str(caught.value)


def below(frames, work):
    return work() if frames == 0 else below(frames - 1, work)


def test_a_full_stack_is_an_answer_too():
    text = "not(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH
    room = sys.getrecursionlimit() - len(inspect.stack()) - 60
    with pytest.raises(ExpressionInvalid, match="too many brackets"):
        below(room, lambda: compile_expression.__wrapped__(text))
    expression = compile_expression(text)
    with pytest.raises(ExpressionFailed):
        below(room + 30, lambda: expression.evaluate({}, now=NOW))
