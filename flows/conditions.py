"""Conditions that can be built by choosing: comparisons of answers, all joined by "and" or all by "or".

What is more than that stays an expression that is typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Compare(StrEnum):
    """How an answer is compared."""

    IS = "="
    IS_NOT = "!="
    MORE = ">"
    LEAST = ">="
    LESS = "<"
    MOST = "<="
    HAS = "selected"
    HAS_NOT = "not selected"
    ANSWERED = "answered"
    NOT_ANSWERED = "not answered"


WITHOUT_VALUE = frozenset({Compare.ANSWERED, Compare.NOT_ANSWERED})
_NAME = r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|(\.)"
_VALUE = r"'([^']*)'|\"([^\"]*)\"|(-?\d+(?:\.\d+)?)"
_PLAIN = re.compile(rf"\s*(?:{_NAME})\s*(=|!=|<=|>=|<|>)\s*(?:{_VALUE})\s*")
_HAS = re.compile(rf"\s*selected\(\s*(?:{_NAME})\s*,\s*(?:{_VALUE})\s*\)\s*")
_NOT = re.compile(r"\s*not\((.*)\)\s*", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PART = re.compile(r"'[^']*'|\"[^\"]*\"|[()]|\s(?:and|or)\s|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: the name of a question or field ("." is the answer itself), how, and with what."""

    name: str
    how: Compare
    value: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons and the word between them."""

    comparisons: tuple[Comparison, ...]
    join: str = "and"


def read(expression: str) -> Condition | None:
    """Take an expression apart; None: it is more than comparisons joined by one word."""
    if not expression.strip():
        return Condition(())
    parts = list(_split(expression))
    joins = {word for word, _ in parts[1:]}
    found = [_comparison(text) for _, text in parts]
    if len(joins) > 1 or None in found:
        return None
    return Condition(tuple(item for item in found if item is not None), joins.pop() if joins else "and")


def write(condition: Condition) -> str:
    """Return the expression; comparisons without a name are left out."""
    texts = [_text(item) for item in condition.comparisons if item.name]
    return f" {'or' if condition.join == 'or' else 'and'} ".join(texts)


def _split(expression: str) -> Iterator[tuple[str, str]]:
    """Cut at the words "and" and "or" outside of brackets and quotation marks: (word before, text)."""
    depth, word, text = 0, "", ""
    for piece in _PART.findall(expression):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if depth == 0 and piece.strip() in {"and", "or"} and len(piece) > 1:
            yield word, text
            word, text = piece.strip(), ""
        else:
            text += piece
    yield word, text


def _comparison(text: str) -> Comparison | None:
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        name, value = _words(plain[1], plain[2]), _words(*plain.groups()[3:])
        return Comparison(name, *_how(plain[3], value))
    has = _HAS.fullmatch(text)
    if has is not None:
        return Comparison(_words(has[1], has[2]), Compare.HAS, _words(*has.groups()[2:]))
    inner = _NOT.fullmatch(text)
    found = _HAS.fullmatch(inner[1]) if inner else None
    if found is None:
        return None
    return Comparison(_words(found[1], found[2]), Compare.HAS_NOT, _words(*found.groups()[2:]))


def _how(sign: str, value: str) -> tuple[Compare, str]:
    if not value and sign in {"=", "!="}:
        return (Compare.NOT_ANSWERED if sign == "=" else Compare.ANSWERED), ""
    return Compare(sign), value


def _words(*groups: str | None) -> str:
    return next((group for group in groups if group is not None), "")


def _text(item: Comparison) -> str:
    name = "." if item.name == "." else f"${{{item.name}}}"
    match item.how:
        case Compare.ANSWERED:
            return f"{name} != ''"
        case Compare.NOT_ANSWERED:
            return f"{name} = ''"
        case Compare.HAS:
            return f"selected({name}, {_quoted(item.value)})"
        case Compare.HAS_NOT:
            return f"not(selected({name}, {_quoted(item.value)}))"
        case Compare.IS | Compare.IS_NOT:
            return f"{name} {item.how} {_quoted(item.value)}"
        case Compare.MORE | Compare.LEAST | Compare.LESS | Compare.MOST:
            number = item.value if _NUMBER.fullmatch(item.value) else _quoted(item.value)
            return f"{name} {item.how} {number}"


def _quoted(value: str) -> str:
    """A value in quotation marks; one that holds both kinds loses the double ones."""
    if "'" not in value:
        return f"'{value}'"
    return '"' + value.replace('"', "") + '"'
