"""Rules that keep people safe: who answers for a flow, consent, opt-in, its length, echoes, agency names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flows.checks.parts import error, questions, spoken, warning
from flows.definition import OWN_WORDS, Action, Ask, Do, Flow, Group, Repeat, Step
from flows.findings import Finding
from flows.folding import fold
from flows.tables import read_table
from flows.texts import names_in
from flows.walking import every_step

MOST_QUESTIONS = 5  # of substance, in one survey by text
LEVELS = ("S0", "S1", "S2", "S3")
SHORTEST_NAME = 3  # letters: shorter names are words of somebody's language
KEY_INFORMANTS = "key_informants"  # the audience that class b is for
OPT_IN = "${class_b}"  # the fact "yes" about whoever agreed to questions of class b
BACKGROUND = ("CONSENT", "DEM-")  # indicators that are not questions of substance

_ACCOUNTS: Mapping[str, str] = {
    "purpose": "Write in one sentence what the answers are for.",
    "owner": "Name the role that answers for it, such as im_officer.",
    "retention": "Name the rule by which answers are deleted, such as survey_link.",
}
_SERVES: Mapping[str, str] = {
    "audience": "Write who is asked, such as consenting_adults.",
    "decision": "Write which decision the answers serve, and who takes it.",
    "analysis": "Write for each indicator the product it goes into and the decision it serves.",
}
_OPT_IN = f"Give the question “when: {OPT_IN} = 'yes'”, or the flow the audience “{KEY_INFORMANTS}”, or leave it out."
# Capitals only: “un” is a French word, and “who” an English one.
_AGENCIES = re.compile(
    r"\b(?:UN|UNO|UNHCR|HCR|IOM|OIM|WFP|PAM|UNICEF|UNRWA|UNFPA|UNDP|OCHA|WHO|OMS|ICRC|CICR|IFRC|NRC|IRC|DRC|MSF)\b"
)
_AGENCY_WORDS = tuple(
    map(
        fold,
        [
            *[
                "United Nations",
                "Red Cross",
                "Red Crescent",
                "Nations Unies",
                "Croix-Rouge",
                "Croissant-Rouge",
            ],
            *["Qaramada Midoobay", "Bisha Cas", "اقوام متحدہ", "یو این ایچ سی آر", "ہلال احمر"],
            *[
                "الأمم المتحدة",
                "المفوضية",
                "الصليب الأحمر",
                "الهلال الأحمر",
                "ملل متحد",
                "ملګري ملتونه",
                "کمیشنری",
            ],
            *["ကုလသမဂ္ဂ", "ကြက်ခြေနီ"],
        ],
    )
)


def the_flow_is_accounted_for(flow: Flow) -> Iterator[Finding]:
    """Somebody answers for the flow, and it is known what for and how long answers are kept."""
    for key, advice in _ACCOUNTS.items():
        if not getattr(flow, key):
            yield error(f"no_{key}", f"The flow does not say its {key}.", advice=advice)
    if flow.sensitivity not in LEVELS:
        sentence = f"“{flow.sensitivity}” is no level of sensitivity."
        yield error(
            "no_sensitivity", sentence, advice="Say S0 (open), S1 (personal), S2 (protection) or S3 (sealed)."
        )


def surveys_serve_a_decision(flow: Flow) -> Iterator[Finding]:
    """Nobody is asked what nobody uses: who is asked, for which decision, and which product each answer goes into."""
    asked = substance(flow)
    if not flow.outbound or not asked:
        return
    for key, advice in _SERVES.items():
        if not getattr(flow, key):
            yield error(f"no_{key}", f"The flow does not say its {key}.", advice=advice)
    used = {use.indicator for use in flow.analysis}
    for question in asked if flow.analysis else ():
        if not used & {question.indicator, question.name}:
            sentence = "The analysis plan does not use this answer."
            yield warning("unused_answer", sentence, step=question.name, advice="Use it, or do not ask it.")


def substance(flow: Flow) -> list[Ask]:
    """Return the questions that are neither about consent nor background."""
    return [item for item in questions(flow) if not (item.indicator or "").startswith(BACKGROUND)]


def class_b_asks_those_who_agreed(flow: Flow) -> Iterator[Finding]:
    """Some indicators are asked only of people who opted in for them, or of the panel of key informants."""
    if not flow.outbound or flow.audience == KEY_INFORMANTS:
        return
    for step in _without_opt_in(flow.steps):
        if indicator_class(step.indicator) == "b":
            sentence = f"{step.indicator} is of class b: it is asked only of those who opted in for it."
            yield error("no_opt_in", sentence, step=step.name, advice=_OPT_IN)


def _without_opt_in(steps: Iterable[Step]) -> Iterator[Ask]:
    """The questions that people reach who did not opt in for class b."""
    for step in steps:
        if step.when is not None and OPT_IN in step.when:
            continue
        if isinstance(step, Ask):
            yield step
        elif isinstance(step, Group | Repeat):
            yield from _without_opt_in(step.steps)


def indicator_class(code: str | None) -> str | None:
    """Return the class of an indicator that ships, "a" or "b"; None: we know no such indicator."""
    row = read_table("indicators")["indicators"].get(code or "")
    return row["class"] if row is not None else None


def surveys_ask_for_consent_first(flow: Flow) -> Iterator[Finding]:
    """Where we write first, the first question asks whether we may."""
    asked = questions(flow)
    if not flow.outbound or not asked:
        return
    agreed = {
        str(step.arguments.get("question"))
        for step in every_step(flow.steps)
        if isinstance(step, Do) and step.action is Action.CONSENT
    }
    if asked[0].indicator != "CONSENT" and asked[0].name not in agreed:
        sentence = "We write first here, so the first question must ask for consent."
        advice = (
            "Begin with a question of the indicator CONSENT, and end the flow kindly where the answer is no."
        )
        yield error("no_consent", sentence, step=asked[0].name, advice=advice)


def surveys_are_short(flow: Flow) -> Iterator[Finding]:
    """After five questions most people stop answering."""
    asked = len(substance(flow))
    if flow.outbound and asked > MOST_QUESTIONS:
        sentence = f"More than {MOST_QUESTIONS} questions of substance: {asked}."
        advice = "Leave questions out, or ask them in another round. After five most people stop."
        yield warning("too_many_questions", sentence, advice=advice)


def nothing_personal_is_repeated(flow: Flow) -> Iterator[Finding]:
    """What a person wrote is never sent back: somebody else may be reading."""
    own_words = {
        question.name for question in questions(flow) if question.personal or question.type in OWN_WORDS
    }
    for said in spoken(flow):
        for name in sorted(own_words & frozenset().union(*map(names_in, said.text.by_language.values()))):
            sentence = f"The text repeats the person's own words, “{name}”. They are left out."
            advice = "Take it out, or ask without it. Others may read the text on a shared phone."
            yield error("echo", sentence, step=said.step, advice=advice)


def discreet_flows_name_no_agency(flow: Flow, names: Sequence[str] = ()) -> Iterator[Finding]:
    """On a shared phone an agency's name says enough. `names`: of the operation and its partners."""
    if not flow.discreet:
        return
    ours = tuple(folded for name in names if len(folded := fold(name)) >= SHORTEST_NAME)
    for said in spoken(flow):
        for language, words in said.text.by_language.items():
            if _AGENCIES.search(words) or _names_one(fold(words), ours):
                advice = "Say “we” or “this service”. Whoever sees the phone must not learn of us."
                sentence = "A discreet flow names an agency."
                yield error("agency_named", sentence, step=said.step, language=language, advice=advice)


def _names_one(folded: str, ours: Sequence[str]) -> bool:
    if any(name in folded for name in _AGENCY_WORDS):
        return True
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded) for name in ours)
