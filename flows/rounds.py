"""Going through a repeat round by round."""

from __future__ import annotations

from flows.facts import Facts
from flows.nodes import Node, Question, RepeatNode
from flows.views import key_of

MAX_ROUNDS = 100  # of one repeat, whatever its author says


def settle(run: Facts, node: Node) -> int:
    """Leave the repeats in which a node does not stand. A jump into a repeat from outside begins it instead."""
    nodes = run.plan.nodes
    inside = {nodes[index].name for index in node.repeats}
    if run.positions.keys() - inside:
        run.positions = {name: place for name, place in run.positions.items() if name in inside}
        run.moved()
    return next((index for index in node.repeats if nodes[index].name not in run.positions), node.index)


def begin(run: Facts, node: RepeatNode) -> int:
    """The first round, or, where there is none, what follows the repeat. An earlier pass is forgotten."""
    key = run.key(node)
    path = key[len(node.name) :]
    run.forget(
        [
            kept
            for name, around in run.plan.repeated.items()
            if node.index in around and name != node.name
            for kept in (*run.answers, *run.values)
            if kept.startswith(f"{name}{path}[")
        ]
    )
    run.rounds = {name: count for name, count in run.rounds.items() if not _within(run, node, name, path)}
    total = _total(run, node)
    if total is not None:
        run.totals[key] = total
    if total == 0 or node.most == 0:
        run.rounds[key] = 0
        run.moved()
        return node.after
    run.rounds[key] = 1
    run.positions[node.name] = 1
    run.moved()
    return node.next


def _within(run: Facts, node: RepeatNode, name: str, path: str) -> bool:
    """Whether the rounds counted under a name belong to this pass of the repeat, or to a repeat inside it."""
    base = name.partition("[")[0]
    around = run.plan.repeated.get(base, ())
    return name == node.name + path or (node.index in around[:-1] and name.startswith(f"{base}{path}["))


def _total(run: Facts, node: RepeatNode) -> int | None:
    """How many rounds the count asks for, between 0 and the most; None: the person is asked after each."""
    if node.count is None:
        return None
    value = run.value(node.count, node)
    try:
        wanted = int(float(value))
    except (TypeError, ValueError, OverflowError):
        wanted = 0
    return max(0, min(wanted, node.most, MAX_ROUNDS))


def next_round(run: Facts, end: RepeatNode) -> int:
    """From the end of a repeat: the next round, or what follows."""
    first = run.plan.nodes[end.begin]
    position = run.positions.get(first.name, 1)
    total = run.totals.get(_key(run, end))
    if position >= (min(end.most, MAX_ROUNDS) if total is None else total):
        return end.after
    run.positions[first.name] = position + 1
    run.rounds[_key(run, end)] = position + 1
    run.moved()
    return end.next


def _key(run: Facts, node: Node) -> str:
    """The key of the innermost repeat around a node."""
    *outer, _ = run.path(node)
    return key_of(run.plan.nodes[node.repeats[-1]].name, tuple(outer))


def is_counted(run: Facts, question: Question) -> bool:
    """Whether the number of rounds is known, so that nobody is asked for one more."""
    return _key(run, question) in run.totals


def may_go_on(run: Facts, question: Question) -> bool:
    """Whether there may be one more round after this one."""
    first = run.plan.nodes[question.repeats[-1]]
    most = first.most if isinstance(first, RepeatNode) else 0
    return is_counted(run, question) or run.path(question)[-1] < min(most, MAX_ROUNDS)
