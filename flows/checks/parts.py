"""Walking a flow for the linter: every text, expression and way on, with the step it belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.actions import ENDING
from flows.definition import (
    END,
    Ask,
    Branch,
    Calculate,
    Do,
    Finish,
    Flow,
    Group,
    Meta,
    Option,
    Repeat,
    Say,
    Split,
    Step,
    Text,
)
from flows.findings import Finding, Severity
from flows.walking import every_step

LABEL, SHORT = "label", "short"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text that reaches people: its step (None: the flow's reminder), and which of the step's texts it is."""

    step: str | None
    kind: str
    text: Text


def spoken(flow: Flow) -> Iterator[Spoken]:
    """Every text that reaches people, in order."""
    for step in every_step(flow.steps):
        if isinstance(step, Say | Ask):
            yield from _of_step(step)
        elif isinstance(step, Repeat) and step.another is not None:
            yield Spoken(step.name, "another", step.another)
    for name, options in flow.lists.items():
        yield from (Spoken(None, f"list {name}", option.label) for option in options)
    if flow.reminder_text is not None:
        yield Spoken(None, "reminder", flow.reminder_text)
    if flow.quota_text is not None:
        yield Spoken(None, "quota text", flow.quota_text)


def _of_step(step: Say | Ask) -> Iterator[Spoken]:
    yield Spoken(step.name, "text", step.text)
    for number, variant in enumerate(step.variants, 1):
        yield Spoken(step.name, f"variant {number}", variant.text)
        if variant.short is not None:
            yield Spoken(step.name, SHORT, variant.short)
    if step.short is not None:
        yield Spoken(step.name, SHORT, step.short)
    if isinstance(step, Ask):
        for option in step.options:
            yield Spoken(step.name, LABEL, option.label)
        for kind in ("constraint_message", "required_message", "hint", "guidance", "other"):
            if (text := getattr(step, kind)) is not None:
                yield Spoken(step.name, kind.replace("_", " "), text)


def expressions(step: Step) -> Iterator[str]:
    """Every expression of a step."""
    if step.when is not None:
        yield step.when
    yield from (text for text in _own(step) if text is not None)


def _own(step: Step) -> Iterator[str | None]:
    """The expressions of a step beside its `when`; None where it has none of a kind."""
    match step:
        case Ask():
            yield from (option.when for option in step.options)
            yield from (variant.when for variant in step.variants)
            yield from (step.constraint, step.required_when, _rule(step.disclosure), _rule(step.default))
        case Say():
            yield from (variant.when for variant in step.variants)
        case Do():
            yield from map(_rule, step.arguments.values())
        case Branch():
            yield from (route.when for route in step.routes)
        case Calculate():
            yield step.value
        case Repeat():
            yield step.count
        case Finish() | Split() | Meta() | Group():
            pass


def _rule(value: object) -> str | None:
    return value[1:] if isinstance(value, str) and value.startswith("=") else None


def targets(step: Step) -> Iterator[str]:
    """Every step that a step names as a way on."""
    match step:
        case Say():
            options: tuple[Option, ...] = ()
            gotos = [step.goto]
        case Do():
            options, gotos = (), [step.goto, step.otherwise]
        case Ask():
            options, gotos = step.options, [step.goto, step.timeout_goto]
        case Branch():
            options, gotos = (), [step.otherwise, *(route.goto for route in step.routes)]
        case Split():
            options, gotos = (), [route.goto for route in step.routes]
        case Finish() | Calculate() | Meta() | Group() | Repeat():
            options, gotos = (), []
    yield from (goto for goto in (*gotos, *(option.goto for option in options)) if goto is not None)


def ways_on(flow: Flow) -> list[frozenset[int]]:
    """For each step of `every_step`, the places that may follow it; the place after the last is the end."""
    steps = tuple(every_step(flow.steps))
    places: Mapping[str, int] = {step.name: place for place, step in enumerate(steps)} | {END: len(steps)}
    ways = [
        {places[target] for target in targets(step) if target in places}
        | ({place + 1} if _falls_through(step) else set())
        for place, step in enumerate(steps)
    ]
    for place, step in enumerate(steps):
        if isinstance(step, Group | Repeat):
            after = place + 1 + len(tuple(every_step(step.steps)))
            ways[place].add(after)  # passed over, or gone through no more
    return [frozenset(way) for way in ways]


def _falls_through(step: Step) -> bool:
    """Whether the next step may follow: there is no jump, or the step itself may be passed over."""
    if step.when is not None:
        return True
    match step:
        case Say() | Ask():
            return step.goto is None
        case Do():
            return step.goto is None and step.action not in ENDING
        case Branch():
            return step.otherwise is None
        case Finish() | Split():
            return False
        case Calculate() | Meta() | Group() | Repeat():
            return True


def questions(flow: Flow) -> list[Ask]:
    """The questions, in order."""
    return [step for step in every_step(flow.steps) if isinstance(step, Ask)]


def error(
    code: str, sentence: str, *, step: str | None = None, language: str | None = None, advice: str = ""
) -> Finding:
    """A finding that keeps the flow from being published."""
    return Finding(Severity.ERROR, step, language, code, sentence, advice=advice)


def warning(
    code: str, sentence: str, *, step: str | None = None, language: str | None = None, advice: str = ""
) -> Finding:
    """A finding for the author to weigh."""
    return Finding(Severity.WARNING, step, language, code, sentence, advice=advice)
