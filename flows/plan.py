"""A flow made ready to run. Built once for each `Flow` object and kept as long as that object lives."""

from __future__ import annotations

import weakref
from datetime import timedelta

from flows.building import nodes_of
from flows.definition import Fact, Flow, Meta
from flows.labels import Labels
from flows.nodes import (
    AMBIGUOUS,
    BrokenExpression,
    Condition,
    KeepNode,
    Node,
    Question,
    RepeatNode,
    condition,
    words_for,
)
from flows.texts import Phrase, engine_texts

__all__ = [
    "AMBIGUOUS",
    "LONGEST_WAIT",
    "BrokenExpression",
    "Condition",
    "Plan",
    "Question",
    "condition",
    "plan_of",
    "position",
    "words_for",
]

LONGEST_WAIT = timedelta(days=366)


class Plan:
    """Everything about a flow that does not change between contacts.

    `places`: name -> index of the node; `repeated`: name of a value -> the repeats around it, for those that
    have any; `nested`: there are repeats or called flows, so that a name means different things in places.
    """

    __slots__ = (
        "__weakref__",
        "_labels",
        "closing",
        "engine",
        "expires",
        "flow_code",
        "keeps_start",
        "language",
        "lists",
        "nested",
        "nodes",
        "personal",
        "places",
        "questions",
        "quota_text",
        "quotas",
        "reminder",
        "reminders",
        "repeated",
    )

    def __init__(self, flow: Flow) -> None:
        """Build the tables. Never fails: what is wrong with a flow shows when it is met."""
        source = flow.languages[0] if flow.languages else "eng"
        self.flow_code = flow.code
        self.language = source
        self.expires = min(flow.expires, LONGEST_WAIT)
        self.reminders = tuple(wait for wait in flow.reminders if wait < self.expires)
        self.reminder = Phrase(flow.reminder_text, source) if flow.reminder_text else None
        self.nodes: tuple[Node, ...] = nodes_of(flow)
        self.places: dict[str, int] = {}
        for node in self.nodes:
            self.places.setdefault(node.name, node.index)
        self.questions = {node.name: node for node in self.nodes if isinstance(node, Question)}
        self.engine = {
            key: Phrase(text, source)
            for key, text in (dict(engine_texts()) | dict(flow.engine_texts)).items()
        }
        self.quotas = tuple((quota, found) for quota in flow.quotas if (found := condition(quota.when)))
        self.quota_text = Phrase(flow.quota_text, source) if flow.quota_text else None
        self.lists = flow.lists
        self._labels: dict[str, tuple[Labels, Labels]] = {}
        self._lay_out_names()

    def labels(self, language: str) -> tuple[Labels, Labels]:
        """The flow's named lists, and the options of each question, with their labels in a language."""
        kept = self._labels.get(language)
        if kept is None:
            options = {
                name: question.options for name, question in self.questions.items() if question.options
            }
            kept = Labels(self.lists, language, self.language), Labels(options, language, self.language)
            self._labels[language] = kept
        return kept

    def _lay_out_names(self) -> None:
        self.nested = any(node.repeats or node.prefix for node in self.nodes)
        self.repeated = {
            node.name: node.repeats + ((node.index,) if isinstance(node, RepeatNode) else ())
            for node in self.nodes
            if (node.repeats or isinstance(node, RepeatNode))
            and not (isinstance(node, RepeatNode) and node.ends)
        }
        facts = [node for node in self.nodes if isinstance(node, KeepNode) and isinstance(node.step, Meta)]
        self.keeps_start = any(isinstance(node.step, Meta) and node.step.fact is Fact.START for node in facts)
        self.closing = tuple(
            node for node in facts if isinstance(node.step, Meta) and node.step.fact is Fact.END
        )
        self.personal = self._personal()

    def _personal(self) -> frozenset[str]:
        """Names whose values no text repeats: personal answers, and whatever is worked out from them."""
        names = {name for name, question in self.questions.items() if question.personal}
        for node in self.nodes:
            if isinstance(node, KeepNode):
                reads = node.value.names if node.value is not None else frozenset()
                node.personal = node.personal or any(node.prefix + name in names for name in reads)
                if node.personal:
                    names.add(node.name)
        return frozenset(names)


_plans: dict[int, tuple[weakref.ref[Flow], Plan]] = {}


def plan_of(flow: Flow) -> Plan:
    """The flow's plan, built at the first call for this object."""
    kept = _plans.get(id(flow))
    if kept is not None:
        return kept[1]
    identity = id(flow)
    plan = Plan(flow)
    # Bound now: when the interpreter ends, the module's names are gone before the flows are.
    forget = _plans.pop
    _plans[identity] = (weakref.ref(flow, lambda _: forget(identity, None)), plan)
    return plan


def position(flow: Flow, name: str) -> int:
    """The place of a step among all steps, with those inside groups, repeats and called flows; the end if unknown.

    A name as the engine reports it: with its rounds ("age[2]"), with a call before it ("visit.age").
    """
    plain = name.partition("[")[0]
    plan = plan_of(flow)
    return plan.places.get(plain, len(plan.nodes))
