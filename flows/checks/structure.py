"""Rules about the shape of a flow: names, jumps, loops, expressions, options, waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from flows.checks.parts import error, expressions, questions, spoken, targets, warning, ways_on
from flows.definition import END, Action, Ask, Calculate, Do, Flow, Meta, Repeat, Split
from flows.expressions import ExpressionInvalid, compile_expression
from flows.findings import Finding
from flows.patterns import PatternInvalid, compile_pattern
from flows.plan import LONGEST_WAIT
from flows.texts import names_in
from flows.walking import every_step

MOST_OPTIONS = 9  # one key on a phone
MOST_REMINDERS = 2


def steps_have_one_name(flow: Flow) -> Iterator[Finding]:
    """A name that two steps share cannot be jumped to, and "end" is taken."""
    for name, count in Counter(step.name for step in every_step(flow.steps)).items():
        if count > 1 or name == END:
            yield error("duplicate_step", f"The name “{name}” is used more than once.", step=name)


def jumps_lead_somewhere(flow: Flow) -> Iterator[Finding]:
    """Every jump names a step, or the end."""
    names = {step.name for step in every_step(flow.steps)} | {END}
    for step in every_step(flow.steps):
        for target in targets(step):
            if target not in names:
                yield error("unknown_target", f"There is no step “{target}” to go to.", step=step.name)


def steps_can_be_reached(flow: Flow) -> Iterator[Finding]:
    """A step that nothing leads to is a mistake, or left over."""
    ways = ways_on(flow)
    reached: set[int] = set()
    waiting = [0] if flow.steps else []
    while waiting:
        place = waiting.pop()
        if place < len(ways) and place not in reached:
            reached.add(place)
            waiting += ways[place]
    for place, step in enumerate(every_step(flow.steps)):
        if place not in reached:
            yield warning("unreachable", "No way leads to this step.", step=step.name)


def loops_hold_a_question(flow: Flow) -> Iterator[Finding]:
    """A loop without a question never waits: it is either never entered or never left."""
    ways = ways_on(flow)
    silent = [
        frozenset() if isinstance(step, Ask) else ways[place]
        for place, step in enumerate(every_step(flow.steps))
    ]
    for place, step in enumerate(every_step(flow.steps)):
        if not isinstance(step, Ask) and _comes_back(place, silent):
            yield error(
                "endless_loop", "This step comes round to itself without a question between.", step=step.name
            )


def _comes_back(start: int, ways: Sequence[frozenset[int]]) -> bool:
    seen: set[int] = set()
    waiting = list(ways[start])
    while waiting:
        place = waiting.pop()
        if place == start:
            return True
        if place < len(ways) and place not in seen:
            seen.add(place)
            waiting += ways[place]
    return False


def expressions_compile(flow: Flow) -> Iterator[Finding]:
    """Every expression, and every pattern for a disclosure, can be used."""
    for step in every_step(flow.steps):
        for text in expressions(step):
            try:
                compile_expression(text)
            except ExpressionInvalid as problem:
                yield error("bad_expression", f"In the expression “{text}”: {problem}", step=step.name)
        if isinstance(step, Ask) and step.disclosure and not step.disclosure.startswith("="):
            try:
                compile_pattern(step.disclosure, searched=True)
            except PatternInvalid as problem:
                yield error("bad_pattern", str(problem), step=step.name)


def names_are_known(flow: Flow) -> Iterator[Finding]:
    """Expressions and placeholders use questions of the flow, and fields that it declares."""
    asked = {question.name for question in questions(flow)}
    known = (
        asked
        | {
            step.name
            for step in every_step(flow.steps)
            if isinstance(step, Calculate | Meta | Repeat | Split)
        }
        | {f"{question.name}_other" for question in questions(flow) if question.other is not None}
        | set(flow.fields)
        | {str(step.arguments.get("field")) for step in every_step(flow.steps) if isinstance(step, Do)}
    )
    # What a called flow or a service gave is kept under the step's name: ${visit.age}, ${visit} is how it went.
    doing = {step.name for step in _doing(flow, Action.CALL)}
    for asking in _doing(flow, Action.ASK_SERVICE):
        gives = asking.arguments.get("gives")
        names = gives if isinstance(gives, list | tuple) else ()
        known |= {asking.name, *(f"{asking.name}.{name}" for name in names)}
    known |= doing
    for step in every_step(flow.steps):
        for text in expressions(step):
            for name in sorted(_unknown(_names(text), known, doing)):
                sentence = f"“{name}” is neither a question here nor among the flow's “fields”."
                yield error("unknown_name", sentence, step=step.name)
    for said in spoken(flow):
        placeholders = frozenset().union(*map(names_in, said.text.by_language.values()))
        for name in sorted(_unknown(placeholders, known, doing)):
            sentence = f"The placeholder “{name}” is neither a question here nor among the flow's “fields”."
            yield error("unknown_name", sentence, step=said.step)
    for name in sorted(asked & set(flow.fields)):
        yield warning("shadowed", f"The answer “{name}” hides the field of the same name.", step=name)


def _doing(flow: Flow, action: Action) -> list[Do]:
    """The steps with an action."""
    return [step for step in every_step(flow.steps) if isinstance(step, Do) and step.action is action]


def _unknown(names: frozenset[str], known: set[str], doing: set[str]) -> Iterator[str]:
    """The names that stand for nothing in the flow."""
    return (name for name in names - known if name.partition(".")[0] not in doing or "." not in name)


def _names(expression: str) -> frozenset[str]:
    try:
        return compile_expression(expression).names
    except ExpressionInvalid:
        return frozenset()


def options_are_distinct(flow: Flow) -> Iterator[Finding]:
    """Codes and numbers are used once, and there are no more options than keys."""
    for question in questions(flow):
        for code, count in Counter(option.code for option in question.options).items():
            if count > 1:
                yield error("duplicate_code", f"Two options have the code “{code}”.", step=question.name)
        for number, count in Counter(option.number for option in question.options).items():
            if count > 1:
                yield error("duplicate_number", f"Two options have the number {number}.", step=question.name)
        if len(question.options) > MOST_OPTIONS:
            sentence = f"More than {MOST_OPTIONS} options: ask in two steps, or leave some out."
            yield warning("too_many_options", sentence, step=question.name)


def waits_are_sensible(flow: Flow) -> Iterator[Finding]:
    """Reminders are few, and come before the wait is over."""
    if flow.expires > LONGEST_WAIT:
        yield error("bad_duration", f"A wait may last {LONGEST_WAIT.days} days at most.")
    if any(after >= flow.expires for after in flow.reminders):
        yield warning("late_reminder", "A reminder comes after the wait is over, and is never sent.")
    if len(flow.reminders) > MOST_REMINDERS:
        yield warning("too_many_reminders", f"More than {MOST_REMINDERS} reminders.")
