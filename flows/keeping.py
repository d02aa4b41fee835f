"""Values that nobody answers: calculated ones, facts about the run, what chance decides."""

from __future__ import annotations

import hashlib
from typing import Any

from flows.definition import Calculate, Fact, Meta
from flows.events import ValueCalculated
from flows.facts import Facts
from flows.nodes import KeepNode, SplitNode

MAX_KEPT = 2_000  # characters of one value


def keep(run: Facts, node: KeepNode) -> None:
    """Work a value out and keep it. The end of a run is not known before it."""
    step = node.step
    if isinstance(step, Meta) and step.fact is Fact.END:
        return
    value = run.value(node.value, node) if node.value is not None else _fact(run, node)
    _keep(run, node, value[:MAX_KEPT] if isinstance(value, str) else value)


def keep_end(run: Facts, node: KeepNode) -> None:
    """Keep the moment at which the run ends."""
    _keep(run, node, run.now.isoformat())


def _keep(run: Facts, node: KeepNode, value: Any) -> None:
    key = run.key(node)
    run.keep_value(key, value)
    indicator = node.step.indicator if isinstance(node.step, Calculate) else None
    run.report(
        ValueCalculated(
            key, value, personal=node.personal, indicator=indicator, step=node.name, path=run.path(node)
        )
    )


def _fact(run: Facts, node: KeepNode) -> str:
    fact = node.step.fact if isinstance(node.step, Meta) else Fact.TODAY
    match fact:
        case Fact.TODAY:
            return run.now.date().isoformat()
        case Fact.START:
            return run.more.started or run.now.isoformat()
        case Fact.LANGUAGE:
            return run.language
        case Fact.CHANNEL:
            return run.contact.channel
        case Fact.END:
            return ""


def drawn(run: Facts, node: SplitNode) -> tuple[int, str, int] | None:
    """The way that chance takes: the same for the same seed, flow and step; None: there is none to take."""
    total = sum(weight for weight, _, _ in node.routes)
    if total <= 0:
        return None
    text = f"{run.contact.seed}:{run.plan.flow_code}:{run.key(node)}"
    # 8 bytes: so much more than any total that no route is favoured.
    number = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) % total
    for route in node.routes:
        number -= route[0]
        if number < 0:
            return route
    return None
