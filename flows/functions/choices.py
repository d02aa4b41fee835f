"""Functions of chosen options and of the flow's lists of options."""

from __future__ import annotations

import math
import re
from types import MappingProxyType

from flows.functions.parts import BadArgument, Call, Function, Part, Table, literal, plain, single
from flows.functions.values import BadValue, Value, number, text
from flows.scope import ChoiceList, Scope

_QUESTION = re.compile(r"\s*\$\{\s*([^\W\d][\w.-]*)\s*\}\s*")


def _selected(chosen: Value, code: Value) -> bool:
    """Whether the code is among those of an answer; an empty one is where nothing was chosen, as in JavaRosa."""
    return f" {text(code).strip()} " in f" {text(chosen)} "


def _count_selected(chosen: Value) -> float:
    return float(len(text(chosen).split()))


def _selected_at(chosen: Value, place: Value) -> str:
    """The code at a place, counted from 0; "" beyond the last."""
    codes, index = text(chosen).split(), number(place)
    whole = 0 if math.isnan(index) else int(max(-1, min(len(codes), index)))
    return codes[whole] if 0 <= whole < len(codes) else ""


def _choice_name(call: Call) -> Part:
    """The label of an option in the language of the conversation."""
    question = named_question(call)
    code = call.arguments[0].run

    def run(scope: Scope) -> str:
        options = scope.options.get(question)
        if options is None:
            raise BadValue(f"There is no question “{question}” with options.")
        return options.label(text(code(scope)))

    return single(run)


def named_question(call: Call) -> str:
    """The question in quotation marks that jr:choice-name() is given.

    Raises:
        BadArgument: the second argument is something else.
    """
    sentence = "Write the question in quotation marks: jr:choice-name(${name}, '${name}')."
    match = _QUESTION.fullmatch(literal(call, 1, sentence))
    if match is None:
        raise BadArgument(1, sentence)
    return match[1]


def choice_list(scope: Scope, name: str) -> ChoiceList:
    """A list of the flow.

    Raises:
        BadValue: there is none of this name.
    """
    found = scope.lists.get(name)
    if found is None:
        raise BadValue(f"There is no list “{name}”.")
    return found


def list_name(call: Call) -> str:
    """The name of the list that instance() or pulldata() reads.

    Raises:
        BadArgument: it does not stand there as it is.
    """
    name = literal(call, 0, "Write the name of the list in quotation marks.")
    return name.removesuffix(".csv").removesuffix(".xml").removesuffix(".geojson")


def _pulldata(call: Call) -> Part:
    """The cell in one column of the row whose other column holds a value; "" where no row does."""
    name = list_name(call)
    column, key_column, key = (argument.run for argument in call.arguments[1:])

    def run(scope: Scope) -> str:
        rows = choice_list(scope, name).where(text(key_column(scope)), text(key(scope)))
        return rows[0].column(text(column(scope))) if rows else ""

    return single(run)


CHOICES: Table = MappingProxyType(
    {
        "selected": Function(2, 2, plain(_selected)),
        "is-selected": Function(2, 2, plain(_selected)),
        "count-selected": Function(1, 1, plain(_count_selected)),
        "selected-at": Function(2, 2, plain(_selected_at)),
        "jr:choice-name": Function(2, 2, _choice_name),
        "pulldata": Function(4, 4, _pulldata),
    }
)
