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
    ServiceAsked,
)
from flows.languages import is_known
from flows.nodes import DoNode
from flows.speech import Speech
from flows.waits import SERVICE_TIMEOUT, Pause, length_of, moment_of

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


# Actions that leave something outside which nobody can take back by going back.
FINAL = frozenset({Action.GRIEVANCE, Action.ASK_SERVICE, Action.OPT_OUT, Action.HUMAN})

Outcome = Disposition | Pause | int | None


def act(run: Speech, node: DoNode) -> Outcome:
    """Report what a `do` step asks for.

    A disposition: the run ends with it; a pause: it waits; a number: it goes on at that place; None: as usual.
    """
    step = node.step
    if not isinstance(step, Do):
        return None
    arguments = {name: run.value(argument, node) for name, argument in node.arguments.items()}
    if step.action in FINAL:
        run.barrier()
    return _ACTIONS[step.action](run, node, arguments)


def _language(run: Speech, node: DoNode, arguments: Mapping[str, Any]) -> None:
    code = _text(arguments, "value")
    if not is_known(code):
        run.problem("unknown_language", node.name)
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


def _consent(run: Speech, node: DoNode, arguments: Mapping[str, Any]) -> None:
    run.report(ConsentGiven(_text(arguments, "purpose"), _wording(run, arguments, node.prefix)))


def _refuse(run: Speech, node: DoNode, arguments: Mapping[str, Any]) -> None:
    run.report(ConsentRefused(_text(arguments, "purpose"), _wording(run, arguments, node.prefix)))


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


def _call(run: Speech, node: DoNode, _: Mapping[str, Any]) -> None:
    """A call that was not laid out: its flow is not there. The conversation goes on without it."""
    run.problem("unknown_flow", node.name, _text(node.arguments, "flow"))


def _ask_service(run: Speech, node: DoNode, arguments: Mapping[str, Any]) -> Pause:
    """Ask once: the key changes with each message and each request of the session."""
    key = f"{run.key(node)}.{run.sequence}"
    run.sequence += 1
    given = arguments.get("arguments")
    until = run.now + (length_of(arguments.get("timeout")) or SERVICE_TIMEOUT)
    run.report(
        ServiceAsked(
            _text(arguments, "service"), dict(given) if isinstance(given, Mapping) else {}, key, until
        )
    )
    return Pause(until, key)


def _wait(run: Speech, node: DoNode, arguments: Mapping[str, Any]) -> Pause | None:
    """A moment that has passed, or that cannot be read, is not waited for."""
    if "for" in arguments:
        length = length_of(arguments["for"])
        until = None if length is None else run.now + length
    else:
        until = moment_of(arguments.get("until"), run.now)
    if until is None:
        run.problem("bad_time", node.name)
        return None
    return Pause(until) if until > run.now else None


_ACTIONS: Mapping[Action, Callable[[Speech, DoNode, Mapping[str, Any]], Outcome]] = MappingProxyType(
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
        Action.CALL: _call,
        Action.ASK_SERVICE: _ask_service,
        Action.WAIT: _wait,
    }
)


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    return "" if value is None else str(value)


def _wording(run: Speech, arguments: Mapping[str, Any], prefix: str) -> str:
    """The id of the wording that the person answered: the form that this contact gets of this question."""
    question = run.plan.questions.get(prefix + _text(arguments, "question"))
    return run.compose(question).id if question is not None else ""
