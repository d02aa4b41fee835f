"""Rules about what expressions read: filters and the columns of lists, lists, and answers that there are several of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flows.checks.parts import error, expressions, questions
from flows.definition import Ask, Calculate, Flow, Group, Meta, Repeat, Step
from flows.expressions import Expression, ExpressionInvalid, compile_expression, compile_filter
from flows.findings import Finding
from flows.walking import every_step

_ALWAYS = frozenset({"name", "label"})  # columns of every list


def filters_fit_their_lists(flow: Flow) -> Iterator[Finding]:
    """A choice filter compiles, and its bare names are columns of the question's list."""
    for question in questions(flow):
        if question.filter is None:
            continue
        try:
            columns = compile_filter(question.filter).columns
        except ExpressionInvalid as problem:
            yield error("bad_expression", f"In the filter “{question.filter}”: {problem}", step=question.name)
            continue
        for column in sorted(columns - _columns(flow, question)):
            sentence = (
                f"The list has no column “{column}”: put a word in quotation marks, an answer in ${{…}}."
            )
            yield error("unknown_column", sentence, step=question.name)


def _columns(flow: Flow, question: Ask) -> frozenset[str]:
    options = question.options if question.list is None else flow.lists.get(question.list, ())
    return _ALWAYS.union(*(option.columns for option in options))


def lists_are_there(flow: Flow) -> Iterator[Finding]:
    """What pulldata() and instance() look things up in is a list of the flow."""
    for step in every_step(flow.steps):
        for expression in _compiled(step):
            for name in sorted(expression.lists - set(flow.lists)):
                yield error("unknown_list", f"The flow has no list “{name}”.", step=step.name)


def repeated_answers_are_chosen(flow: Flow) -> Iterator[Finding]:
    """Outside its repeat a question has many answers: an expression takes them all, or says which."""
    around = {name: path for step, path in _with_repeats(flow.steps, ()) for name in _values(step)}
    repeats = {
        step.name: (*path, step.name)
        for step, path in _with_repeats(flow.steps, ())
        if isinstance(step, Repeat)
    }
    for step, path in _with_repeats(flow.steps, ()):
        for expression in _compiled(step):
            for name in sorted(expression.singles):
                if name in repeats or around.get(name, ()) != path[: len(around.get(name, ()))]:
                    yield _several(name, (repeats.get(name) or around[name])[-1], step)


def _several(name: str, repeat: str, step: Step) -> Finding:
    if name == repeat:
        sentence = f"“{name}” is a repeat: write count(${{{name}}}), or position(..) inside it."
    else:
        sentence = (
            f"“{name}” is asked in the repeat “{repeat}” and has many answers here: write sum, join, max, or"
            f" indexed-repeat(${{{name}}}, ${{{repeat}}}, number)."
        )
    return error("many_answers", sentence, step=step.name)


def _values(step: Step) -> tuple[str, ...]:
    """The names under which a step keeps something."""
    match step:
        case Ask():
            return (step.name,) if step.other is None else (step.name, f"{step.name}_other")
        case Calculate() | Meta():
            return (step.name,)
        case _:
            return ()


def _with_repeats(steps: Iterable[Step], path: tuple[str, ...]) -> Iterator[tuple[Step, tuple[str, ...]]]:
    """The steps, each with the repeats around it, outermost first."""
    for step in steps:
        yield step, path
        if isinstance(step, Repeat):
            yield from _with_repeats(step.steps, (*path, step.name))
        elif isinstance(step, Group):
            yield from _with_repeats(step.steps, path)


def _compiled(step: Step) -> Iterator[Expression]:
    """The expressions of a step that compile, its filter too; the others have findings of their own."""
    texts = [(text, compile_expression) for text in expressions(step)]
    if isinstance(step, Ask) and step.filter is not None:
        texts.append((step.filter, compile_filter))
    for text, read in texts:
        try:
            yield read(text)
        except ExpressionInvalid:
            continue
