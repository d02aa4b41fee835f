"""Reading the parts of a definition: each takes a value out of a mapping, and notes what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from flows.definition import Text
from flows.expressions import ExpressionInvalid, compile_expression, compile_filter
from flows.findings import Finding, Severity
from flows.readers.tree import Map, Scalar, Sequence, Tree
from flows.texts import Catalogs, translate

LONGEST = timedelta(days=90)
EVERY = "mul"  # ISO 639-3 "multiple languages": words that read the same in all of the flow's languages
_DURATION = re.compile(r"(\d{1,6})(m|h|d)", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_Word = TypeVar("_Word", bound=StrEnum)


class Notes:
    """What was found so far, and what all parts need: the languages and the catalogs."""

    def __init__(self, catalogs: Catalogs) -> None:
        """Begin without findings and languages."""
        self.findings: list[Finding] = []
        self.languages: tuple[str, ...] = ()
        self._catalogs = catalogs

    def fault(
        self, code: str, sentence: str, line: int, *, step: str | None = None, language: str | None = None
    ) -> None:
        """Note an error."""
        self.findings.append(Finding(Severity.ERROR, step, language, code, sentence, line))

    def translated(self, text: Text) -> Text:
        """The text with the catalogs' translations."""
        return translate(text, self._catalogs, self.languages)


class Part:
    """One mapping of the definition. Every method notes what is wrong, and returns something usable."""

    def __init__(
        self,
        notes: Notes,
        tree: Tree,
        *,
        allowed: Iterable[str],
        step: str | None = None,
        unknown: str = "unknown_key",
    ) -> None:
        """Take a mapping, and note keys that it must not have, under the code `unknown`."""
        self.notes = notes
        self.step = step
        self.line = tree.line
        self.items: Mapping[str, Tree] = {}
        if not isinstance(tree, Map):
            self.fault("not_a_mapping", "Here “key: value” lines are needed.")
            return
        self.items = tree.items
        known = frozenset(allowed)
        for key in tree.items:
            if key not in known:
                self.fault(unknown, f"The key “{key}” is not known here.", line=tree.lines[key])

    def fault(
        self, code: str, sentence: str, *, line: int | None = None, language: str | None = None
    ) -> None:
        """Note an error of this part."""
        self.notes.fault(code, sentence, line or self.line, step=self.step, language=language)

    def string(self, key: str, default: str = "", *, required: bool = False) -> str:
        """A line of text."""
        tree = self.items.get(key)
        if isinstance(tree, Scalar) and not tree.empty:
            return tree.text.strip()
        if tree is not None and not isinstance(tree, Scalar):
            self.fault("not_text", f"“{key}” must be a text.", line=tree.line)
        elif required or tree is not None:
            self.fault("missing", f"“{key}” is missing or empty.", line=tree.line if tree else None)
        return default

    def optional(self, key: str) -> str | None:
        """A line of text, or None where the key is absent."""
        return (self.string(key) or None) if key in self.items else None

    def flag(self, key: str, *, default: bool = False) -> bool:
        """`true` or `false`."""
        tree = self.items.get(key)
        if tree is None:
            return default
        value = tree.value()
        if not isinstance(value, bool):
            self.fault("not_a_flag", f"“{key}” must be true or false.", line=tree.line)
            return default
        return value

    def count(self, key: str, default: int, *, most: int) -> int:
        """A whole number from 0 to `most`."""
        tree = self.items.get(key)
        if tree is None:
            return default
        value = tree.value()
        if type(value) is not int or not 0 <= value <= most:
            self.fault("not_a_number", f"“{key}” must be a number from 0 to {most}.", line=tree.line)
            return default
        return value

    def word(self, key: str, kind: type[_Word], default: _Word, *, required: bool = False) -> _Word:
        """One of a fixed set of words."""
        text = self.string(key, required=required)
        if not text:
            return default
        try:
            return kind(text)
        except ValueError:
            known = ", ".join(kind)
            self.fault(
                "unknown_word", f"“{text}” is not a {key}; known are: {known}.", line=self.items[key].line
            )
            return default

    def name(self, key: str, pattern: re.Pattern[str], default: str) -> str:
        """A name for machines."""
        text = self.string(key, required=True)
        if text and not pattern.fullmatch(text):
            self.fault(
                "bad_name",
                f"“{text}” is not a good name: use letters, digits and “_”.",
                line=self.items[key].line,
            )
        return text or default

    def words(self, key: str) -> tuple[str, ...]:
        """A list of words; one word alone is a list of one."""
        tree = self.items.get(key)
        rows = tree.items if isinstance(tree, Sequence) else [] if tree is None else [tree]
        if not all(isinstance(row, Scalar) and not row.empty for row in rows):
            self.fault("not_a_list", f"“{key}” must be a list of words.", line=tree.line if tree else None)
        return tuple(row.text.strip() for row in rows if isinstance(row, Scalar) and not row.empty)

    def words_by_language(self, key: str) -> dict[str, tuple[str, ...]]:
        """Lists of words by language; one list alone is in the source language."""
        tree = self.items.get(key)
        if tree is None:
            return {}
        if not isinstance(tree, Map):
            return {self._source: self.words(key)}
        languages = self.notes.languages
        by_language = Part(self.notes, tree, allowed=languages, step=self.step, unknown="unknown_language")
        return {language: by_language.words(language) for language in by_language.items}

    def strings(self, key: str) -> dict[str, str]:
        """A mapping of any keys to lines of text, which may be empty."""
        tree = self.items.get(key)
        if tree is None:
            return {}
        if not isinstance(tree, Map) or not all(isinstance(row, Scalar) for row in tree.items.values()):
            self.fault("not_a_mapping", f"“{key}” is a mapping of names to texts.", line=tree.line)
            return {}
        return {name: row.text for name, row in tree.items.items() if isinstance(row, Scalar)}

    def number(self, key: str, default: float | None = None) -> float:
        """A number, with or without a point."""
        tree = self.items.get(key)
        value = tree.value() if tree is not None else default
        if isinstance(value, bool) or not isinstance(value, int | float):
            line = tree.line if tree is not None else None
            self.fault("not_a_number", f"“{key}” must be a number.", line=line)
            return 0
        return value

    def period(self, key: str) -> timedelta | None:
        """A time like 72h, 30m or 2d; None where the key is absent or wrong."""
        text = self.optional(key)
        return None if text is None else self.duration(text, self.items[key].line)

    def optional_word(self, key: str, kind: type[_Word]) -> _Word | None:
        """One of a fixed set of words, or None where the key is absent."""
        return self.word(key, kind, next(iter(kind))) if key in self.items else None

    def condition_over_columns(self, key: str) -> str | None:
        """An expression in which a bare name is a column of the option."""
        text = self.optional(key)
        if text is not None:
            try:
                compile_filter(text)
            except ExpressionInvalid as error:
                self.fault("bad_expression", f"In “{key}”: {error}", line=self.items[key].line)
        return text

    def rows(self, key: str) -> list[Tree]:
        """A list of anything."""
        tree = self.items.get(key)
        if tree is None or isinstance(tree, Sequence):
            return tree.items if tree else []
        self.fault("not_a_list", f"“{key}” must be a list.", line=tree.line)
        return []

    def plain(self, key: str) -> Any:
        """Plain Python values of whatever stands there."""
        tree = self.items.get(key)
        return tree.value() if tree else None

    def expression(self, key: str) -> str | None:
        """An expression that compiles."""
        text = self.optional(key)
        if text is not None:
            self.check_expression(text, self.items[key].line)
        return text

    def check_expression(self, text: str, line: int) -> None:
        """Note what is wrong with an expression."""
        try:
            compile_expression(text)
        except ExpressionInvalid as error:
            self.fault("bad_expression", f"In the expression “{text}”: {error}", line=line)

    def duration(self, text: str, line: int) -> timedelta | None:
        """A time like 72h, 30m or 2d."""
        match = _DURATION.fullmatch(text)
        length = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None
        if length is None or not timedelta(minutes=1) <= length <= LONGEST:
            self.fault(
                "bad_duration", f"“{text}” is not a time: write 30m, 4h or 3d, 90 days at most.", line=line
            )
            return None
        return length

    def text(self, key: str, name: str, *, required: bool = False) -> Text | None:
        """Words for people: one line in the source language, or a mapping of languages to lines."""
        tree = self.items.get(key)
        if tree is None:
            if required:
                self.fault("text_missing", f"“{key}” is missing.")
                return Text(name, {self._source: ""})
            return None
        return self.notes.translated(Text(name, self._wordings(key, tree)))

    @property
    def _source(self) -> str:
        return self.notes.languages[0] if self.notes.languages else "eng"

    def _wordings(self, key: str, tree: Tree) -> dict[str, str]:
        if isinstance(tree, Scalar):
            tree = Map({self._source: tree}, {self._source: tree.line}, tree.line)
        if not isinstance(tree, Map):
            self.fault("not_text", f"“{key}” must be a text, or a text for each language.", line=tree.line)
            return {self._source: ""}
        if list(tree.items) == [EVERY]:
            tree = Map(dict.fromkeys(self.notes.languages, tree.items[EVERY]), tree.lines, tree.line)
        words: dict[str, str] = {}
        for language, row in tree.items.items():
            if language not in self.notes.languages:
                self.fault(
                    "unknown_language", f"“{language}” is not among the flow's languages.", line=row.line
                )
            if isinstance(row, Scalar) and not row.empty:
                words[language] = row.text.strip()
            else:
                self.fault("text_missing", f"“{key}” is empty.", line=row.line, language=language)
        if self._source not in tree.items:
            sentence = f"“{key}” has no text in the flow's first language, “{self._source}”."
            self.fault("text_missing", sentence, line=tree.line, language=self._source)
        return words
