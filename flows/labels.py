"""Options as expressions look them up: `jr:choice-name()`, `instance()`, filters. Made when first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flows.definition import Option
from flows.languages import chain
from flows.scope import ChoiceList, Row


class Labels(Mapping[str, ChoiceList]):
    """Lists of options by name, in one language."""

    __slots__ = ("_language", "_lists", "_made", "_source")

    def __init__(self, lists: Mapping[str, Sequence[Option]], language: str, source: str) -> None:
        """Take the lists; `source` is the language of last resort."""
        self._lists = lists
        self._language = language
        self._source = source
        self._made: dict[str, ChoiceList] = {}

    def __getitem__(self, name: str) -> ChoiceList:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = rows_of(self._lists[name], self._language, self._source)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)


def rows_of(options: Sequence[Option], language: str, source: str) -> ChoiceList:
    """A list of options with its labels in a language, or in its fallbacks."""
    codes = (*chain(language), source)
    return ChoiceList(
        Row(
            option.code,
            next((text for code in codes if (text := option.label.by_language.get(code))), option.code),
            option.columns,
        )
        for option in options
    )
