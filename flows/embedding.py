"""Called flows go into the revision that calls them: what runs never changes because another flow did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flows.building import MOST_CALLS
from flows.definition import Action, Do, Flow
from flows.findings import Finding, FlowInvalid, Severity
from flows.walking import every_step


def called_by(flow: Flow) -> tuple[str, ...]:
    """The codes of the flows that a flow calls itself, in the order of the calls."""
    codes = [
        str(step.arguments.get("flow"))
        for step in every_step(flow.steps)
        if isinstance(step, Do) and step.action is Action.CALL
    ]
    return tuple(dict.fromkeys(codes))


def embed(flow: Flow, find: Callable[[str], Flow | None]) -> Flow:
    """The flow with all that it calls inside, and what those call in them. Without calls: the same flow.

    Raises:
        FlowInvalid: a called flow does not exist, calls itself in the end, or stands too deep in others.
    """
    return _embedded(flow, find, (flow.code,))


def _embedded(flow: Flow, find: Callable[[str], Flow | None], above: tuple[str, ...]) -> Flow:
    codes = called_by(flow)
    if not codes:
        return flow
    return replace(flow, subflows={code: _one(flow, code, find, above) for code in codes})


def _one(flow: Flow, code: str, find: Callable[[str], Flow | None], above: tuple[str, ...]) -> Flow:
    if code in above:
        raise _fault(flow, code, "call_in_a_circle", f"The flow “{code}” calls itself in the end.")
    if len(above) > MOST_CALLS:
        raise _fault(flow, code, "too_deep", f"Flows may call one another {MOST_CALLS} deep at most.")
    found = find(code)
    if found is None:
        raise _fault(flow, code, "unknown_flow", f"There is no flow “{code}” to call.")
    return _embedded(found, find, (*above, code))


def _fault(flow: Flow, code: str, kind: str, sentence: str) -> FlowInvalid:
    step = next(
        (
            step.name
            for step in every_step(flow.steps)
            if isinstance(step, Do) and step.arguments.get("flow") == code
        ),
        None,
    )
    return FlowInvalid([Finding(Severity.ERROR, step, None, kind, sentence)])
