"""XLSForm's expressions: `${age} >= 18 and selected(${needs}, 'food')`, compiled once into XPath by lxml.

`.` is the answer. What is not answered is the empty string: every comparison with it is false, but for the
test for emptiness itself (`${age} = ''`). Text that reaches lxml is made of checked tokens only: literals,
variables, operators and the functions of one table. There are no nodes to walk: paths and axes are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lxml import etree

from flows.functions import ALLOWED, EXTENSIONS
from flows.patterns import PatternInvalid, compile_pattern

MAX_LENGTH = 1000  # characters
MAX_DEPTH = 30  # brackets inside brackets
MAX_TEXT = 10_000  # characters of one value

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<variable>\$\{\s*(?P<name>[A-Za-z_][\w.-]*)\s*\})
      | (?P<string>'[^']*'|"[^"]*")
      | (?P<number>\d+(?:\.\d+)?|\.\d+)
      | (?P<word>(?:and|or|div|mod)(?![\w.-]))
      | (?P<function>[A-Za-z_][\w-]*(?=\s*\())
      | (?P<compare><=|>=|!=|=|<|>)
      | (?P<sign>[-+*])
      | (?P<open>\()
      | (?P<close>\))
      | (?P<comma>,)
      | (?P<answer>\.(?![.\w]))
    """,
    re.VERBOSE | re.ASCII,
)
_OPERANDS = frozenset({"variable", "string", "number", "answer", "close"})
_ORDER = frozenset({"<", "<=", ">", ">="})
_DAY = re.compile(r"today\s*\(|now\s*\(|date\s*\(|\d{4}-\d\d-\d\d")
_UNSAFE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot hold
_NOWHERE = etree.Element("nowhere")


class ExpressionInvalid(ValueError):
    """An expression that cannot be used.

    Attributes:
        position: where, in characters from 0.
        sentence: what is wrong, for the author.
    """

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(f"{sentence} (character {position + 1})")
        self.position = position
        self.sentence = sentence


class ExpressionFailed(ValueError):
    """A good expression met values that it cannot work with."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `names` are the answers and fields that it reads."""

    text: str
    names: frozenset[str]
    _compiled: Any
    _variables: tuple[tuple[str, str], ...]  # name in the form -> name in XPath
    _answer: bool
    _today: bool
    _now: bool

    def evaluate(
        self, variables: Mapping[str, Any], *, answer: Any = "", now: datetime
    ) -> str | float | bool:
        """The value, with unknown and unanswered names empty.

        Raises:
            ExpressionFailed: a function could not work with these values.
        """
        try:
            values = {inner: _xpath_value(variables.get(name)) for name, inner in self._variables}
            if self._answer:
                values["_answer"] = _xpath_value(answer)
            if self._today:
                values["_today"] = now.date().isoformat()
            if self._now:
                values["_now"] = now.isoformat()
            result = self._compiled(_NOWHERE, **values)
        except (etree.XPathError, ValueError, TypeError, ArithmeticError) as error:
            raise ExpressionFailed(type(error).__name__) from error
        return "" if isinstance(result, list) else result

    def holds(self, variables: Mapping[str, Any], *, answer: Any = "", now: datetime) -> bool:
        """Whether the value is true in XPath's sense: not false, not 0, not empty.

        Raises:
            ExpressionFailed: see `evaluate`.
        """
        result = self.evaluate(variables, answer=answer, now=now)
        return result == result and bool(result)  # noqa: PLR0124 - NaN is false


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Compile an expression; the same text is compiled once.

    Raises:
        ExpressionInvalid: with the position and a sentence.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionInvalid(MAX_LENGTH, f"An expression may have {MAX_LENGTH} characters at most.")
    tokens = list(_tokens(text))
    if not tokens:
        raise ExpressionInvalid(0, "The expression is empty.")
    _check(tokens, text)
    names = list(dict.fromkeys(token.group("name") for token in tokens if token.lastgroup == "variable"))
    inner = {name: f"v{number}" for number, name in enumerate(names)}
    xpath = _translate(tokens, inner, with_days=bool(_DAY.search(text)))
    return Expression(
        text,
        frozenset(names),
        _compile(xpath, text),
        tuple(inner.items()),
        "$_answer" in xpath,
        "$_today" in xpath,
        "$_now" in xpath,
    )


def _compile(xpath: str, text: str) -> Any:
    try:
        return etree.XPath(xpath, extensions=EXTENSIONS, smart_strings=False)
    except (etree.XPathError, ValueError) as error:
        raise ExpressionInvalid(
            len(text) - 1, "The expression is not complete, or an operator stands in the wrong place."
        ) from error


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """The tokens without the spaces; whatever is no token is refused where it stands."""
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise ExpressionInvalid(position, _why_refused(text[position:]))
        if token.lastgroup != "space":
            yield token
        position = token.end()


def _why_refused(rest: str) -> str:
    if rest.startswith("${"):
        return (
            "A name in ${…} has letters, digits, “_”, “-” and “.”, starts with a letter, and ends with “}”."
        )
    if rest[0] in "'\"":
        return "A quotation mark is not closed."
    if rest[0] in "‘’“”":
        return "Use straight quotation marks: '…'."
    if rest[0] in "/@[|:" or rest.startswith(".."):
        return "Paths are not possible here: use ${name} for an answer."
    word = re.match(r"[\w.-]+", rest)
    if word:
        name = word.group()
        return f"“{name}” is neither a function nor in quotation marks; an answer is written ${{{name}}}."
    return f"“{rest[0]}” has no meaning here."


def _check(tokens: list[re.Match[str]], text: str) -> None:
    """Refuse what lxml would read as a node, unknown functions, and brackets that do not match."""
    depth = 0
    previous = ""
    for index, token in enumerate(tokens):
        kind = token.lastgroup or ""
        depth += (kind == "open") - (kind == "close")
        if not 0 <= depth <= MAX_DEPTH:
            raise ExpressionInvalid(token.start(), "Brackets do not match, or there are too many.")
        _check_order(token, kind, previous)
        if kind == "function":
            _check_function(tokens, index)
        previous = kind
    if depth:
        raise ExpressionInvalid(len(text) - 1, "A bracket is not closed.")


def _check_order(token: re.Match[str], kind: str, previous: str) -> None:
    """An operator needs something before it, an operand must not follow another."""
    after_operand = previous in _OPERANDS
    operator = kind in {"word", "compare"} or token.group() in {"*", "+"}
    if operator and not after_operand:
        raise ExpressionInvalid(token.start(), f"“{token.group()}” needs a value before it.")
    starts_value = kind in {"variable", "string", "number", "answer", "function", "open"}
    if starts_value and after_operand:
        raise ExpressionInvalid(token.start(), f"An operator is missing before “{token.group()}”.")


def _check_function(tokens: list[re.Match[str]], index: int) -> None:
    """The function exists, gets as many arguments as it takes, and a pattern can be checked in time."""
    token = tokens[index]
    if token.group() not in ALLOWED:
        raise ExpressionInvalid(token.start(), f"There is no function “{token.group()}”.")
    fewest, most, _ = ALLOWED[token.group()]
    if not fewest <= _argument_count(tokens, index) <= most:
        raise ExpressionInvalid(
            token.start(), f"The function “{token.group()}” has a wrong number of arguments."
        )
    if token.group() == "regex":
        _check_regex(tokens, index)


def _argument_count(tokens: list[re.Match[str]], index: int) -> int:
    """How many arguments the call has; an unclosed bracket is reported elsewhere."""
    depth = commas = 0
    for token in tokens[index + 1 :]:
        kind = token.lastgroup
        depth += (kind == "open") - (kind == "close")
        commas += kind == "comma" and depth == 1
        if not depth:
            break
    empty = tokens[index + 2 : index + 3] and tokens[index + 2].lastgroup == "close"
    return 0 if empty else commas + 1


def _check_regex(tokens: list[re.Match[str]], index: int) -> None:
    """The pattern must stand there as it is, so that it is checked before anybody waits for it."""
    shape = [token.lastgroup for token in tokens[index + 1 : index + 6]]
    if shape[:1] + shape[2:] != ["open", "comma", "string", "close"]:
        raise ExpressionInvalid(
            tokens[index].start(), "Write regex(${name}, 'pattern'), the pattern in quotation marks."
        )
    pattern = tokens[index + 4]
    try:
        compile_pattern(pattern.group()[1:-1])
    except PatternInvalid as error:
        raise ExpressionInvalid(pattern.start(), str(error)) from error


def _translate(tokens: list[re.Match[str]], inner: Mapping[str, str], *, with_days: bool) -> str:
    """The XPath text. Values beside a comparison are wrapped where XPath alone would mean something else."""
    parts = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        constant = token.group() in {"today", "now"}
        after = index + (3 if constant else 1)
        left, right = tokens[:index][-1:], tokens[after : after + 1]
        text = _token_text(token, inner)
        if _tests_emptiness(token, tokens, index):
            text = f"string({text})"
        elif (
            with_days
            and (constant or token.lastgroup in {"variable", "answer", "string"})
            and _in_order(left + right)
        ):
            text = f"days({text})"
        parts.append(text)
        index = after
    return " ".join(parts)


def _token_text(token: re.Match[str], inner: Mapping[str, str]) -> str:
    match token.lastgroup:
        case "variable":
            return f"${inner[token.group('name')]}"
        case "answer":
            return "$_answer"
        case "function":
            name = ALLOWED[token.group()][2]
            return f"$_{name}" if name in {"today", "now"} else name
        case _:
            return token.group()


def _tests_emptiness(token: re.Match[str], tokens: list[re.Match[str]], index: int) -> bool:
    """`${x} = ''` either way round: the one comparison that must see what is not there."""
    if token.lastgroup not in {"variable", "answer"}:
        return False
    before, after = tokens[max(0, index - 2) : index], tokens[index + 1 : index + 3]
    return any(
        len(pair) == 2 and pair[sign].group() in {"=", "!="} and pair[1 - sign].group() in {"''", '""'}  # noqa: PLR2004
        for pair, sign in ((before, 1), (after, 0))
    )


def _in_order(neighbours: list[re.Match[str]]) -> bool:
    """Beside < or > or an addition: there a date counts in days."""
    return any(token.group() in _ORDER | {"+", "-"} for token in neighbours)


def _xpath_value(value: Any) -> Any:
    """A value as lxml takes it. What is not answered is an empty node-set: comparing with that is false."""
    match value:
        case None | "" | () | []:
            return []
        case bool() | float():
            return value
        case int() | Decimal():
            return float(value)
        case list() | tuple():
            return _xpath_text(" ".join(map(str, value)))
        case date():
            return value.isoformat()
        case _:
            return _xpath_text(str(value))


def _xpath_text(value: str) -> str:
    """Text as XML allows it."""
    text = value[:MAX_TEXT]
    return text if text.isprintable() else _UNSAFE.sub("", text)
