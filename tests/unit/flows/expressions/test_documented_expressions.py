"""docs/expressions.md names every function, and each of its examples is true."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from flows.expressions import ChoiceList, Repeated, Row, Scope, compile_expression
from flows.functions import FUNCTIONS
from flows.functions.values import text

PAGE = (Path(__file__).parents[4] / "docs" / "expressions.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| [^|]+ \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)
SITES = ChoiceList([Row("c1", "Camp one", {"district": "north"}), Row("c2", "Camp two")])
SCOPE = Scope(
    {
        "age": 34,
        "needs": ["cash", "food"],
        "name": Repeated(["Ana", "Ben", "Cem"]),
        "age_of": Repeated([34, 0, 41]),
    },
    datetime(2031, 3, 9, 14, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=5))),
    lists={"sites": SITES},
    options={"tap": ChoiceList([Row("clean", "Clean water")])},
    places=(("member", 2),),
)


def test_the_page_names_every_function_once():
    names = [form.partition("(")[0] for form, _, _ in ROWS]
    assert sorted(names) == sorted([*FUNCTIONS, "instance"])


@pytest.mark.parametrize(("form", "example", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_an_example_calls_its_function_and_is_true(form, example, expected):
    assert f"{form.partition('(')[0]}(" in example
    assert text(compile_expression(example).evaluate(SCOPE)) == expected
