from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.expressions import (
    MAX_DEPTH,
    MAX_LENGTH,
    ExpressionFailed,
    ExpressionInvalid,
    compile_expression,
)

NOW = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)


def refused(text):
    try:
        compile_expression(text)
    except ExpressionInvalid as error:
        return error
    return None


def value(text, answer="", **variables):
    return compile_expression(text).evaluate(variables, answer=answer, now=NOW)


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("${age} >= 18", {"age": 18}, True),
        ("${age} >= 18", {"age": 17}, False),
        ("${age} >= 18 and selected(${needs}, 'food')", {"age": 20, "needs": ["cash", "food"]}, True),
        ("selected(${needs}, 'foo')", {"needs": ["food"]}, False),
        ("count-selected(${needs}) = 2", {"needs": ["cash", "food"]}, True),
        ("${sex} = 'woman' or ${sex} = 'man'", {"sex": "man"}, True),
        ("if(${n} > 1, 'many', 'one')", {"n": 2}, "many"),
        ("if(${n} > 1, 'many', 'one')", {}, "one"),
        ("coalesce(${a}, ${b}, 'none')", {"b": "second"}, "second"),
        ("coalesce(${a}, 'none')", {}, "none"),
        ("concat(${a}, '-', 5)", {"a": "x"}, "x-5"),
        ("string-length(${a})", {"a": "سلام"}, 4.0),
        ("contains(${a}, 'b')", {"a": "abc"}, True),
        ("starts-with(${a}, 'b')", {"a": "abc"}, False),
        ("substring(${a}, 2, 1)", {"a": "abc"}, "b"),
        ("int(7 div 2)", {}, 3.0),
        ("7 mod 2", {}, 1.0),
        ("2 * 3 + 1", {}, 7.0),
        ("-${n}", {"n": 3}, -3.0),
        ("round(2.5)", {}, 3.0),
        ("round(3.14159, 2)", {}, 3.14),
        ("min(${a}, 3, 5)", {}, 3.0),
        ("max(1, ${a}, 5)", {"a": 9}, 9.0),
        ("true() and not(false())", {}, True),
        ("number(${a}) + 1", {"a": "41"}, 42.0),
        ("floor(1.5) + ceiling(1.5)", {}, 3.0),
        ("regex(${a}, '0[0-9]{9}')", {"a": "0123456789"}, True),
        ("regex(${a}, '[0-9]')", {"a": "12"}, False),
        ("today()", {}, "2031-03-09"),
        ("${day} < today()", {"day": "2031-03-08"}, True),
        ("${day} > today() - 7", {"day": "2031-03-01"}, False),
        ("today() = ${day}", {"day": "2031-03-09"}, True),
        ("date('2031-03-10') - date('2031-03-09')", {}, 1.0),
        ("${day} >= '2031-01-01'", {"day": date(2031, 3, 9)}, True),
        ("${n} > 5 and today() > '2031-01-01'", {"n": 7}, True),
        ("${n} > 5 and today() > '2031-01-01'", {"n": "many"}, False),
        ("date('1970-01-02')", {}, "1970-01-02"),
        ("coalesce(${n}, 0)", {"n": 2.5}, 2.5),
        ("selected(2.5, '2.5')", {}, True),
        ("selected(2, '2')", {}, True),
        ("selected(true(), 'true')", {}, True),
        ("int(${a})", {"a": "x"}, pytest.approx(float("nan"), nan_ok=True)),
        ("round(1 div 0)", {}, float("inf")),
        ("now()", {}, "2031-03-09T12:00:00.000+00:00"),
        ("${d} > 1", {"d": Decimal("1.5")}, True),
        ("${flag}", {"flag": True}, True),
    ],
)
def test_an_expression_means_what_xlsform_says(text, variables, expected):
    assert value(text, **variables) == expected


def test_the_point_is_the_answer():
    assert value(". > 0 and . <= 120", 120) is True
    assert value(". > 0 and . <= 120", 0) is False
    assert value("string-length(.) < 3", "ab") is True
    assert value("string-length(normalize-space(.)) > 0", "  ") is False


@pytest.mark.parametrize("operator", ["=", "<", "<=", ">", ">="])
def test_comparing_a_number_with_an_unanswered_question_is_false_and_its_negation_true(operator):
    assert value(f"${{age}} {operator} 18") is False
    assert value(f"not(${{age}} {operator} 18)") is True
    assert value(f"'x' {operator} ${{age}}") is False


def test_what_is_not_answered_is_empty_text_as_in_odk():
    assert value("${age} != 18") is True
    assert value("${sex} != 'man'") is True
    assert value("${a} = ${b}") is True
    assert value("${a} != ${b}") is False
    assert value("${a} < ${b}") is False


def test_emptiness_itself_can_be_tested_either_way_round():
    assert value("${age} = ''") is True
    assert value('"" = ${age}') is True
    assert value("${age} != ''") is False
    assert value("${age} != ''", age=0) is True
    assert value(". = ''") is True
    assert value("${needs} = ''", needs=[]) is True


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "empty"),
        ("/html", 0, "Paths"),
        ("${a}/b", 4, "Paths"),
        ("..", 0, "Paths"),
        ("@id", 0, "Paths"),
        ("${a}[1]", 4, "Paths"),
        ("1 | 2", 2, "Paths"),
        ("age > 3", 0, "${age}"),
        ("document('/etc/passwd')", 0, "Other documents"),
        ("id('x')", 0, "no function"),
        ("count(*)", 6, "before it"),
        ("instance('x')", 0, "pulldata"),
        ("instance(${x})/root/item", 9, "quotation marks"),
        ("instance('x')/root/item[${a}] = 1 and instance(${x})/root/item", 47, "quotation marks"),
        ("../age > 1", 0, "${age}"),
        ("/data/group/age > 1", 0, "${age}"),
        ("current()/../age", 0, "${name}"),
        ("sum(/data/rep/age)", 4, "${age}"),
        ("${rep}[position() = 2]/age", 6, "indexed-repeat(${question}, ${rep}, number)"),
        ("string(..)", 7, "position(..)"),
        ("if(true(), .., 1)", 11, "position(..)"),
        (".. = 1", 0, "Paths"),
        ("1 + ..", 4, "Paths"),
        ("1 + .. + 2", 4, "Paths"),
        ("(..)", 0, "Paths"),
        ("${last-saved#age}", 0, "earlier form"),
        ("${a} == 1", 5, "once"),
        ("${a} && ${b}", 5, "Write “and”"),
        ("${a} || ${b}", 5, "Write “or”"),
        ("${a} &gt; 1", 5, "Write “>”"),
        ("${a} ≥ 1", 5, "Write “>=”"),
        ("${a} ‘x’", 5, "straight"),
        ("jr:choice-name(${a}, ${a})", 21, "quotation marks"),
        ("jr:choice-name(${a}, '/data/a')", 21, "quotation marks"),
        ("indexed-repeat(1, ${r}, 1)", 15, "${question}"),
        ("indexed-repeat(${a}, 1, 1)", 21, "${repeat}"),
        ("indexed-repeat(${a}, ${r}, 1, ${s})", 0, "after each repeat"),
        ("position(1)", 9, "position(..)"),
        ("weighted-checklist(1, 2, ${a})", 0, "weight after each"),
        ("upper-case(${a})", 0, "translate"),
        ("(1 + 2)[1]", 7, "Paths"),
        ("'a'/b", 3, "Paths"),
        ("child::age = 1", 0, "neither a function"),
        ("1 = =", 4, "before it"),
        ("1, 2", 1, "operator is missing"),
        ("(1]", 2, "Brackets"),
        ("if(1, , 2)", 6, "value is missing"),
        ("concat('a', )", 12, "value is missing"),
        ("district = ${district}", 0, "${district}"),
        ("selected(${a})", 0, "arguments"),
        ("not()", 0, "arguments"),
        ("true(1)", 0, "arguments"),
        ("* > 1", 0, "before it"),
        ("div > 1", 0, "before it"),
        ("not(${a}) not(${b})", 10, "operator is missing"),
        ("${a} ${b}", 5, "operator is missing"),
        ("'abc", 0, "not closed"),
        ("“x” = ${a}", 0, "straight"),
        ("${a", 0, "A name in"),
        ("${1a} = 1", 0, "A name in"),
        ("(1 + 2", 5, "not closed"),
        ("1)", 1, "Brackets"),
        ("1 +", 2, "not complete"),
        ("$a = 1", 0, "no meaning"),
        ("regex(${a}, concat('(', ')'))", 0, "regex("),
        ("regex(${a}, '(a+)+')", 12, "repeated"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text, position, part):
    with pytest.raises(ExpressionInvalid) as caught:
        compile_expression(text)
    assert caught.value.position == position
    assert part in caught.value.sentence


def test_length_and_depth_are_bounded():
    with pytest.raises(ExpressionInvalid):
        compile_expression("1" + "+1" * MAX_LENGTH)
    compile_expression("1" + "+1" * ((MAX_LENGTH - 1) // 2) + " " * ((MAX_LENGTH - 1) % 2))
    compile_expression("(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH)
    with pytest.raises(ExpressionInvalid):
        compile_expression("(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1))


def test_names_are_the_answers_and_fields_that_are_read():
    assert compile_expression("${a} > 1 and selected(${b-c.d}, ${a})").names == {"a", "b-c.d"}
    assert compile_expression(". > 1").names == frozenset()


def test_the_same_text_is_compiled_once():
    assert compile_expression("${a} = 1") is compile_expression("${a} = 1")


def test_truth_is_that_of_xpath():
    def holds(text, **variables):
        return compile_expression(text).holds(variables, now=NOW)

    assert holds("'x'")
    assert not holds("''")
    assert not holds("0")
    assert not holds("0 div 0")
    assert holds("1 div 0")
    assert not holds("${a}")


def test_a_number_that_is_too_large_fails_with_our_own_error():
    with pytest.raises(ExpressionFailed):
        value("${n} > 1", n=10**400)


@given(st.text(max_size=60))
def test_any_text_compiles_or_is_refused(text):
    error = refused(text)
    assert error is None or (0 <= error.position <= len(text) and error.sentence)


_ATOMS = st.sampled_from(
    ["${a}", "${b}", ".", "1", "'x'", "''", "today()", "true()", "-2.5", "selected(${a}, 'x')"]
)
_OPERATORS = st.sampled_from([" = ", " != ", " < ", " >= ", " and ", " or ", " + ", " * ", " div ", " mod "])
_VALUES = st.one_of(
    st.none(),
    st.text(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.booleans(),
    st.lists(st.text(max_size=5)),
)


@given(st.lists(st.tuples(_OPERATORS, _ATOMS), max_size=6), _ATOMS, _VALUES, _VALUES, _VALUES)
def test_a_good_expression_gives_a_plain_value_whatever_is_answered(rest, first, a, b, answer):
    text = first + "".join(operator + atom for operator, atom in rest)
    result = compile_expression(text).evaluate({"a": a, "b": b}, answer=answer, now=NOW)
    assert isinstance(result, str | float | bool)


def test_variables_without_a_moment_are_the_callers_mistake():
    with pytest.raises(TypeError):
        compile_expression("1").evaluate({})
