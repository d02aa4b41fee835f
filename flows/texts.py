"""Texts ready to be said, looked up by language with fallback; and the engine's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

import yaml

from flows.definition import Text
from flows.languages import SOURCE, chain

Catalogs = Mapping[str, Mapping[str, str]]  # language -> msgid -> msgstr

PLACEHOLDER = re.compile(r"\$?\{\s*([A-Za-z_][\w.-]*)\s*\}", re.ASCII)


class Template(NamedTuple):
    """One wording. `parts` is empty where nothing is to be filled in, else words and names in turn."""

    language: str
    text: str
    parts: tuple[str, ...]


class Phrase:
    """A `Text` with its lookup done once a language."""

    __slots__ = ("_source", "_templates", "text")

    def __init__(self, text: Text, source: str) -> None:
        """Keep a text; `source` is the flow's first language, the last resort after the declared chain."""
        self.text = text
        self._source = source
        self._templates: dict[str, Template] = {}

    def pick(self, language: str) -> Template:
        """The wording for a contact of this language; empty only where the text exists in no language."""
        template = self._templates.get(language)
        if template is None:
            template = self._templates[language] = self._find(language)
        return template

    def _find(self, language: str) -> Template:
        for code in (*chain(language), self._source, *sorted(self.text.by_language)):
            words = self.text.by_language.get(code, "")
            if words.strip():
                parts = PLACEHOLDER.split(words)
                return Template(code, words, tuple(parts) if len(parts) > 1 else ())
        return Template(language, "", ())


def names_in(text: str) -> frozenset[str]:
    """The placeholders of a wording."""
    return frozenset(PLACEHOLDER.findall(text))


@cache
def engine_texts() -> Mapping[str, Text]:
    """The engine's own wording in English, by key; "fix_choice.short" is the short form of "fix_choice"."""
    source = (files("flows") / "library" / "engine_texts.yaml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, str]] = yaml.safe_load(source)["texts"]
    texts = {}
    for key, row in rows.items():
        texts[key] = Text(f"engine.{key}", {SOURCE: row["text"]})
        texts[f"{key}.short"] = Text(f"engine.{key}.short", {SOURCE: row["short"]})
    return MappingProxyType(texts)


def translate(text: Text, catalogs: Catalogs, languages: tuple[str, ...]) -> Text:
    """The text with its gaps filled from catalogs whose msgid is the English wording."""
    msgid = text.by_language.get(SOURCE)
    if not msgid:
        return text
    found = {
        code: catalogs.get(code, {}).get(msgid, "") for code in languages if code not in text.by_language
    }
    added = {code: words for code, words in found.items() if words}
    return Text(text.id, {**text.by_language, **added}) if added else text
