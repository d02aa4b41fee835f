"""What `do` steps report, one function an action. The shell acts on the events; here nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flows.definition import Action, Do
from flows.events import (
    ConsentGiven,
    ConsentRefused,
    Disposition,
    FieldSet,
    FlowStarted,
    GrievanceRaised,
    GroupJoined,
    GroupLeft,
    HumanAsked,
    LanguageSet,
    OptedOut,
)
from flows.languages import is_known
from flows.plan import DoNode
from flows.speech import Speech

# Arguments of each action: those it must have, those it may have.
ARGUMENTS: Mapping[Action, tuple[frozenset[str], frozenset[str]]] = MappingProxyType(
    {
        Action.LANGUAGE: (frozenset({"value"}), frozenset()),
        Action.FIELD: (frozenset({"field", "value"}), frozenset()),
        Action.JOIN: (frozenset({"group"}), frozenset()),
        Action.LEAVE: (frozenset({"group"}), frozenset()),
        Action.CONSENT: (frozenset({"purpose", "question"}), frozenset()),
        Action.REFUSE: (frozenset({"purpose", "question"}), frozenset()),
        Action.GRIEVANCE: (frozenset({"text"}), frozenset({"type", "category", "sensitivity"})),
        Action.OPT_OUT: (frozenset(), frozenset()),
        Action.HUMAN: (frozenset(), frozenset({"why"})),
        Action.START: (frozenset({"flow"}), frozenset()),
        Action.CALL: (frozenset({"flow"}), frozenset()),
        Action.ASK_SERVICE: (frozenset({"service"}), frozenset({"arguments", "gives", "timeout"})),
        Action.WAIT: (frozenset(), frozenset({"for", "until"})),
    }
)

# Arguments that are lengths of time, unless they are expressions.
MOMENTS = frozenset({"for", "timeout"})

# Actions that end the run: nothing may be said to somebody who opted out, or whom a person answers now.
ENDING = frozenset({Action.OPT_OUT, Action.HUMAN})


def act(run: Speech, node: DoNode) -> Disposition | None:
    """Report what a `do` step asks for; a disposition where the run ends with it."""
    step = node.step
    if not isinstance(step, Do):
        return None
    arguments = {name: run.value(argument, node) for name, argument in node.arguments.items()}
    return _ACTIONS[step.action](run, node, arguments)


def _language(run: Speech, node: DoNode, arguments: Mapping[str, Any]) -> None:
    code = _text(arguments, "value")
    if not is_known(code):
        run.problem("unknown_language", node.step.name)
        return
    run.language = code
    run.report(LanguageSet(code))


def _field(run: Speech, _: DoNode, arguments: Mapping[str, Any]) -> None:
    name, value = _text(arguments, "field"), arguments.get("value")
    run.keep_field(name, value)
    run.report(FieldSet(name, value))


def _join(run: Speech, _: DoNode, arguments: Mapping[str, Any]) -> None:
    run.report(GroupJoined(_text(arguments, "group")))


def _leave(run: Speech, _: DoNode, arguments: Mapping[str, Any]) -> None:
    run.report(GroupLeft(_text(arguments, "group")))


def _consent(run: Speech, _: DoNode, arguments: Mapping[str, Any]) -> None:
    run.report(ConsentGiven(_text(arguments, "purpose"), _wording(run, arguments)))


def _refuse(run: Speech, _: DoNode, arguments: Mapping[str, Any]) -> None:
    run.report(ConsentRefused(_text(arguments, "purpose"), _wording(run, arguments)))


def _grievance(run: Speech, _: DoNode, arguments: Mapping[str, Any]) -> None:
    run.report(
        GrievanceRaised(
            _text(arguments, "text"),
            arguments.get("type") or None,
            arguments.get("category") or None,
            arguments.get("sensitivity") or None,
        )
    )


def _opt_out(run: Speech, _: DoNode, __: Mapping[str, Any]) -> Disposition:
    """Nothing may be said after it, so the run ends."""
    run.report(OptedOut())
    return Disposition.OPTED_OUT


def _human(run: Speech, _: DoNode, arguments: Mapping[str, Any]) -> Disposition:
    run.report(HumanAsked(_text(arguments, "why") or "asked"))
    return Disposition.HANDED_OVER


def _start(run: Speech, _: DoNode, arguments: Mapping[str, Any]) -> None:
    run.report(FlowStarted(_text(arguments, "flow")))


_ACTIONS: Mapping[Action, Callable[[Speech, DoNode, Mapping[str, Any]], Disposition | None]] = (
    MappingProxyType(
        {
            Action.LANGUAGE: _language,
            Action.FIELD: _field,
            Action.JOIN: _join,
            Action.LEAVE: _leave,
            Action.CONSENT: _consent,
            Action.REFUSE: _refuse,
            Action.GRIEVANCE: _grievance,
            Action.OPT_OUT: _opt_out,
            Action.HUMAN: _human,
            Action.START: _start,
        }
    )
)


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    return "" if value is None else str(value)


def _wording(run: Speech, arguments: Mapping[str, Any]) -> str:
    """The id of the wording that the person answered: the form that this contact gets of this question."""
    question = run.plan.questions.get(_text(arguments, "question"))
    return run.compose(question).id if question is not None else ""
