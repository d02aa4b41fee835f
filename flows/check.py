"""The linter: what would go wrong with a flow, said before anybody is asked anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flows.checks import disguise, formulas, harm, safety, structure, wording
from flows.definition import Flow
from flows.findings import Finding

# In the order in which an author would mend things.
RULES: tuple[Callable[[Flow], Iterable[Finding]], ...] = (
    harm.no_forbidden_topic,
    harm.no_harmful_question,
    structure.steps_have_one_name,
    structure.jumps_lead_somewhere,
    structure.steps_can_be_reached,
    structure.loops_hold_a_question,
    structure.expressions_compile,
    structure.names_are_known,
    formulas.filters_fit_their_lists,
    formulas.lists_are_there,
    formulas.repeated_answers_are_chosen,
    structure.options_are_distinct,
    structure.waits_are_sensible,
    wording.languages_are_known,
    wording.texts_exist_in_every_language,
    wording.placeholders_are_whole,
    wording.placeholders_agree,
    wording.texts_fit_one_sms,
    safety.the_flow_is_accounted_for,
    safety.surveys_serve_a_decision,
    safety.surveys_ask_for_consent_first,
    safety.class_b_asks_those_who_agreed,
    safety.surveys_are_short,
    disguise.no_links,
    disguise.no_personal_facts,
    disguise.free_is_true,
    safety.nothing_personal_is_repeated,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What the check knows of whoever publishes: names of the operation and its partners, and their own numbers."""

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


NOBODY = Operation()


def check(flow: Flow, operation: Operation = NOBODY) -> list[Finding]:
    """Every error and warning about a flow."""
    return [
        *(finding for rule in RULES for finding in rule(flow)),
        *disguise.no_numbers(flow, operation.numbers),
        *safety.discreet_flows_name_no_agency(flow, operation.names),
    ]
