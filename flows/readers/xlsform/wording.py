"""Words of a form as a phone shows them: without HTML and Markdown, with straight quotation marks in expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flows.definition import Text

LONGEST_MARKED = 5_000  # characters; a longer text keeps its marks
REFERENCE = re.compile(r"\$\{\s*([^\s{}]+)\s*\}")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_BREAK = re.compile(r"<br\s*/?>|</p>", re.IGNORECASE)
_STRONG = re.compile(r"(\*\*|__)(?=[^\s*_])(.{1,500}?)(?<=[^\s*_])\1(?![*_])", re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +", re.MULTILINE)
_ENTITIES = {"&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_QUOTES = str.maketrans("‘’“”", "''\"\"")


def plain(words: str) -> str:
    """The words without the marks that only a browser or ODK Collect would show as bold or coloured."""
    text = words.replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", text))
    if "&" in text:
        for entity, character in _ENTITIES.items():
            text = text.replace(entity, character)
    if len(text) <= LONGEST_MARKED and ("**" in text or "__" in text):
        text = _STRONG.sub(r"\2", text)
    return _HEADING.sub("", text).strip() if "#" in text else text.strip()


def straight(expression: str) -> str:
    """The expression with straight quotation marks, as pyxform reads it, on one line."""
    return " ".join(expression.translate(_QUOTES).split("\n")).strip()


def renamed(words: str, names: Mapping[str, str]) -> str:
    """Words or an expression whose `${name}` follow the questions' new names."""
    if "${" not in words:
        return words
    return REFERENCE.sub(lambda match: f"${{{names.get(match[1], match[1])}}}", words)


def references(words: str) -> tuple[str, ...]:
    """The names in `${…}`, each once, in order."""
    return tuple(dict.fromkeys(REFERENCE.findall(words))) if "${" in words else ()


def text(name: str, words: Mapping[str, str], source: str) -> Text:
    """A text of the flow, its source language first."""
    order = sorted(words, key=lambda code: code != source)
    return Text(name, {code: words[code] for code in order})
