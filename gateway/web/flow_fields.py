"""Forms of the editor: names of fields that say which part of a draft they hold, and the edits that they come to.

    t|text|urd          a text in a language          v|goto        a value, "" for none
    n|retries           a whole number                f|required    a flag; "F|required" says that it was there
    l|exclusive         a list with commas            a|options.0.aliases|eng   the same in one language
    c|when|0|name       a condition that is built by choosing

Paths are written with dots. Only what differs from what the editor saw becomes an edit, so two people who work on
different fields of what looks like one form still send what they did, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flows.conditions import WITHOUT_VALUE, Compare, Comparison, Condition, read, write
from flows.edits import Edit, Path, Set, SetText

COMMAS = re.compile(r"[,،、]")
MOST_COMPARISONS = 20


def edits(
    form: Mapping[str, str],
    step: str | None,
    values: Mapping[str, Any],
    languages: tuple[str, ...],
    codes: Mapping[str, list[str]],
) -> list[Edit]:
    """Return what a form changes.

    Args:
        form: what was sent.
        step: the step that it is about; None: the whole flow.
        values: what stood there when the form was made.
        languages: of the flow, the first is the source.
        codes: of the questions with answers to choose from, by question.
    """
    found: list[Edit] = []
    for name, text in form.items():
        kind, _, rest = name.partition("|")
        made = _READERS[kind](rest, text, step, values, languages, form) if kind in _READERS else None
        if made is not None:
            found.append(made)
    typed = {edit.path for edit in found if isinstance(edit, Set)}
    return [*found, *_built(form, step, values, codes, typed)]


def at(values: Any, path: Path) -> Any:
    """Return what stands at a path; None: nothing."""
    for key in path:
        if isinstance(values, Mapping) and isinstance(key, str):
            values = values.get(key)
        elif isinstance(values, list) and isinstance(key, int) and key < len(values):
            values = values[key]
        else:
            return None
    return values


def path_of(text: str) -> Path:
    """Read a path."""
    return tuple(int(key) if key.isdigit() else key for key in text.split("."))


def wording(value: Any, language: str, source: str) -> str:
    """Return a text's wording in one language, "" where there is none."""
    if isinstance(value, Mapping):
        found = value.get(language, value.get("mul"))
        return str(found) if found is not None else ""
    return str(value) if value is not None and language == source else ""


def listed(value: Any) -> str:
    """Return a list as it is typed."""
    return ", ".join(map(str, value)) if isinstance(value, list) else shown(value)


def shown(value: Any) -> str:
    """Return a value as it is typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _text(
    rest: str, text: str, step: str | None, values: Any, languages: tuple[str, ...], _: Any
) -> Edit | None:
    where, _bar, language = rest.rpartition("|")
    path, words = path_of(where), _lines(text)
    if words == wording(at(values, path), language, languages[0]).strip():
        return None
    return SetText(step, path, language, words)


def _value(rest: str, text: str, step: str | None, values: Any, _: Any, __: Any) -> Edit | None:
    path, word = path_of(rest), _lines(text)
    return Set(step, path, word or None) if word != shown(at(values, path)).strip() else None


def _number(rest: str, text: str, step: str | None, values: Any, _: Any, __: Any) -> Edit | None:
    path, word = path_of(rest), text.strip()
    number: Any = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else word or None  # noqa: PLR2004
    return Set(step, path, number) if word != shown(at(values, path)) else None


def _flag(
    rest: str, text: str, step: str | None, values: Any, _: Any, form: Mapping[str, str]
) -> Edit | None:
    """Of the marker that stands beside a flag: it comes also when the box is empty. Its value is the default."""
    path, default, is_on = path_of(rest), text == "1", f"f|{rest}" in form
    before = at(values, path)
    if is_on == (default if before is None else before is True):
        return None
    return Set(step, path, None if is_on == default else is_on)


def _list(rest: str, text: str, step: str | None, values: Any, _: Any, __: Any) -> Edit | None:
    path, words = path_of(rest), _split(text)
    before = at(values, path)
    return None if words == _split(listed(before)) else Set(step, path, words or None)


def _aliases(
    rest: str, text: str, step: str | None, values: Any, languages: tuple[str, ...], _: Any
) -> Edit | None:
    """Other words for an option, in one language; a plain list is of the source."""
    where, _bar, language = rest.rpartition("|")
    path, words = path_of(where), _split(text)
    before = aliases(at(values, path), languages[0])
    if words == before.get(language, []):
        return None
    after = {code: list(found) for code, found in before.items() if code != language} | (
        {language: words} if words else {}
    )
    return Set(step, path, after or None)


def aliases(value: Any, source: str) -> dict[str, list[str]]:
    """Return an option's other words by language."""
    if isinstance(value, Mapping):
        return {str(code): _split(listed(words)) for code, words in value.items()}
    return {source: _split(listed(value))} if value else {}


_READERS: Mapping[str, Any] = {"t": _text, "v": _value, "n": _number, "F": _flag, "l": _list, "a": _aliases}


def _split(text: str) -> list[str]:
    return [word for part in COMMAS.split(text) if (word := " ".join(part.split()))]


def _lines(text: str) -> str:
    """Bring line feeds into one form; blanks at the ends of lines mean nothing."""
    return "\n".join(
        line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ).strip()


# --- Conditions


def _built(
    form: Mapping[str, str],
    step: str | None,
    values: Any,
    codes: Mapping[str, list[str]],
    typed: set[Path],
) -> Iterator[Edit]:
    """Conditions that were built. An expression that was typed counts more."""
    for where in dict.fromkeys(name.split("|")[1] for name in form if name.startswith("c|")):
        path = path_of(where)
        before = shown(at(values, path))
        condition = read(before)
        if path in typed or condition is None:
            continue
        after = write(_condition(form, where, condition, codes))
        if after != write(condition):
            yield Set(step, path, after or None)


def _condition(
    form: Mapping[str, str], where: str, before: Condition, codes: Mapping[str, list[str]]
) -> Condition:
    rows = []
    for number in range(MOST_COMPARISONS):
        name = form.get(f"c|{where}|{number}|name")
        if name is None:
            break
        old = before.comparisons[number] if number < len(before.comparisons) else None
        rows.append(_row(form, f"c|{where}|{number}", name, old, codes.get(name, [])))
    return Condition(tuple(row for row in rows if row.name), form.get(f"c|{where}|join", before.join))


def _row(
    form: Mapping[str, str], prefix: str, name: str, old: Comparison | None, codes: list[str]
) -> Comparison:
    try:
        how = Compare(form.get(f"{prefix}|how", Compare.IS))
    except ValueError:
        how = Compare.IS
    value = form.get(f"{prefix}|value", "").strip()
    if how in WITHOUT_VALUE:
        return Comparison(name, how)
    if codes and value not in codes:  # another question was chosen: the old value is none of its answers
        return Comparison(name, how, codes[0])
    if not value and (old is None or old.name != name):
        return Comparison(name, Compare.ANSWERED)
    return Comparison(name, how, value or "0")
