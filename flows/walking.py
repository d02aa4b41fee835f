"""What a flow holds, in its order: steps inside groups and repeats too, questions, options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flows.definition import OTHER, AnswerType, Ask, Flow, Group, Option, Repeat, Step, Text
from flows.languages import SOURCE


def every_step(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps in their order, each group and repeat before what it holds."""
    for step in steps:
        yield step
        if isinstance(step, Group | Repeat):
            yield from every_step(step.steps)


def questions(flow: Flow) -> list[Ask]:
    """The questions of a flow in their order, those inside groups and repeats too, with those of `other`."""
    return [
        question for step in every_step(flow.steps) if isinstance(step, Ask) for question in _with_other(step)
    ]


def other_question(question: Ask) -> Ask | None:
    """What is asked after "other": a question of its own, `<name>_other`; None where there is none."""
    if question.other is None:
        return None
    return Ask(
        f"{question.name}_other",
        question.other,
        AnswerType.TEXT,
        when=f"selected(${{{question.name}}}, '{OTHER}')",
        goto=question.goto,
        indicator=None,
        personal=True,
    )


def _with_other(question: Ask) -> tuple[Ask, ...]:
    other = other_question(question)
    return (question,) if other is None else (question, other)


def options_of(flow: Flow, question: Ask) -> tuple[Option, ...]:
    """The options of a question: its own, or those of its list; with "other" where that is offered."""
    options = question.options if question.list is None else flow.lists.get(question.list, ())
    if question.other is None or any(option.code == OTHER for option in options):
        return options
    number = max((option.number for option in options), default=0) + 1
    label = flow.engine_texts.get("other_option") or Text("engine.other_option", {SOURCE: "Other"})
    return (*options, Option(OTHER, number, label))
