"""The linter: what would go wrong with a flow, said before anybody is asked anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flows.checks import safety, structure, wording
from flows.definition import Flow
from flows.findings import Finding

# In the order in which an author would mend things.
RULES: tuple[Callable[[Flow], Iterable[Finding]], ...] = (
    structure.steps_have_one_name,
    structure.jumps_lead_somewhere,
    structure.steps_can_be_reached,
    structure.loops_hold_a_question,
    structure.expressions_compile,
    structure.names_are_known,
    structure.options_are_distinct,
    structure.waits_are_sensible,
    wording.languages_are_known,
    wording.texts_exist_in_every_language,
    wording.placeholders_are_whole,
    wording.placeholders_agree,
    wording.texts_fit_one_sms,
    safety.the_flow_is_accounted_for,
    safety.no_forbidden_topic,
    safety.surveys_ask_for_consent_first,
    safety.surveys_are_short,
    safety.no_links,
    safety.nothing_personal_is_repeated,
    safety.discreet_flows_name_no_agency,
)


def check(flow: Flow) -> list[Finding]:
    """Every error and warning about a flow."""
    return [finding for rule in RULES for finding in rule(flow)]
