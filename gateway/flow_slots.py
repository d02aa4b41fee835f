"""Which texts a flow has for people to read, in the order in which they meet them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from flows.definition import Ask, Flow, Option, Step, Text

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One text of a flow, and where it stands.

    Attributes:
        id: stable, the same in all languages.
        step: name of its step; None: of the whole flow.
        kind: which of its step's texts it is, by the name that the definition gives it ("text", "short", "label" …).
        code: of the option, where it is an option's.
        before: the source of what is said before it.
        question: whose text it is, where a question's.
        when: the condition under which its step is reached at all.
        options: the answers that it is one of, or that belong to it.
        path: where it stands in its step, or in the flow where `step` is None, as edits of a draft name it.
    """

    id: str
    step: str | None
    kind: str
    code: str
    text: Text
    before: str = ""
    question: Ask | None = None
    when: str | None = None
    options: tuple[Option, ...] = ()
    path: Path = ()


def slots(flow: Flow) -> list[Slot]:
    """Return every text of a flow that people read, in the order in which they meet it.

    Words that stand alike in all of three languages or more, such as the languages' own names, are no text to
    translate; nor is what staff alone read.
    """
    found: list[Slot] = []
    said = ""
    for slot in _walk(flow):
        if _same_everywhere(slot.text, flow.languages):
            continue
        found.append(replace(slot, before=said, options=_options(flow, slot)))
        if slot.path == ("text",):
            said = slot.text.by_language.get(flow.languages[0], "")
    return found


def _options(flow: Flow, slot: Slot) -> tuple[Option, ...]:
    if slot.question is not None:
        return slot.question.options
    return flow.lists.get(str(slot.path[1]), ()) if slot.path[0] == "lists" else ()


# The words that are said come first, then what belongs to them.
_RANK = {"text": 0, "short": 1, "variants": 2, "hint": 3, "guidance": 4}
_LAST = 9
# The engine's own words have catalogs; titles and labels of groups are for staff; steps are walked by themselves.
_ELSEWHERE = frozenset({"engine_texts", "tests", "steps", "subflows", "title"})
_FOR_STAFF = frozenset({("label",)})


def _walk(flow: Flow) -> Iterator[Slot]:
    yield from _of_steps(flow.steps)
    yield from _slots_of(None, [it for name in _names(flow) for it in _texts(getattr(flow, name), (name,))])


def _of_steps(steps: Iterable[Step]) -> Iterator[Slot]:
    for step in steps:
        texts = [it for name in _names(step) for it in _texts(getattr(step, name), (name,))]
        own = [it for it in texts if it[0] not in _FOR_STAFF]
        yield from _slots_of(step, sorted(own, key=lambda it: _RANK.get(str(it[0][0]), _LAST)))
        yield from _of_steps(getattr(step, "steps", ()))


def _slots_of(step: Any, texts: Iterable[tuple[Path, str, Text]]) -> Iterator[Slot]:
    question = step if isinstance(step, Ask) else None
    name, when = getattr(step, "name", None), getattr(step, "when", None)
    for path, code, text in texts:
        kind = next(str(key) for key in reversed(path) if isinstance(key, str))
        yield Slot(text.id, name, kind, code, text, question=question, when=when, path=path)


def _texts(value: Any, path: Path, code: str = "") -> Iterator[tuple[Path, str, Text]]:
    """Walk whatever a definition holds: new kinds of steps bring their texts along."""
    if isinstance(value, Text):
        if any(words.strip() for words in value.by_language.values()):
            yield path, code, value
        return
    code = value.code if isinstance(value, Option) else code
    for key, item in _parts(value):
        yield from _texts(item, (*path, key), code)


def _parts(value: Any) -> Iterable[tuple[str | int, Any]]:
    """What a value holds, by name or by place."""
    if isinstance(value, tuple):
        return enumerate(value)
    if isinstance(value, Mapping):
        return value.items()
    return [(name, getattr(value, name)) for name in _names(value)] if is_dataclass(value) else ()


def _names(value: Any) -> list[str]:
    return [each.name for each in fields(value) if each.name not in _ELSEWHERE]


_SOME = 3


def _same_everywhere(text: Text, languages: Sequence[str]) -> bool:
    words = [text.by_language.get(language, "").strip() for language in languages]
    if not any(letter.isalpha() for letter in words[0]):
        return True
    return len(languages) >= _SOME and len(set(words)) == 1
