"""Rules that keep people safe: consent, forbidden topics, links, echoes, agency names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.checks.parts import error, questions, spoken, warning
from flows.definition import Action, AnswerType, Do, Flow
from flows.findings import Finding
from flows.folding import fold
from flows.texts import names_in
from flows.walking import every_step

MOST_QUESTIONS = 5  # of substance, in one survey by text
BACKGROUND = ("CONSENT", "DEM-")  # indicators that are not questions of substance

# Never asked by message, in any form.
FORBIDDEN_TOPICS = frozenset(
    {
        "gbv_or_sea_experience",
        "torture_experience",
        "recruitment_or_association_of_children",
        "trafficking_experience",
        "perpetrator_or_armed_actor_identity",
        "sexual_orientation",
        "religion_or_ethnicity_of_the_person",
        "hiv_or_health_diagnosis",
        "exact_address",
        "asylum_claim_content",
    }
)
_LINK = re.compile(
    r"https?:|www\.|\b[\w-]+\.(?:com|org|net|int|info|io|me|ly|gl|co|link|pk|af|mm|so|fr)\b(?!\.)",
    re.IGNORECASE,
)
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
    for key in ("purpose", "owner", "retention"):
        if not getattr(flow, key):
            yield error(f"no_{key}", f"The flow does not say its {key}.")


def no_forbidden_topic(flow: Flow) -> Iterator[Finding]:
    """Some things are never asked by message."""
    tagged = [(None, flow.topics), *((question.name, question.topics) for question in questions(flow))]
    for step, topics in tagged:
        for topic in sorted(FORBIDDEN_TOPICS.intersection(topics)):
            yield error("forbidden_topic", f"“{topic}” must never be asked by message.", step=step)


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
        yield error("no_consent", sentence, step=asked[0].name)


def surveys_are_short(flow: Flow) -> Iterator[Finding]:
    """After five questions most people stop answering."""
    substance = [
        question for question in questions(flow) if not (question.indicator or "").startswith(BACKGROUND)
    ]
    if flow.outbound and len(substance) > MOST_QUESTIONS:
        yield warning(
            "too_many_questions", f"More than {MOST_QUESTIONS} questions of substance: {len(substance)}."
        )


def no_links(flow: Flow) -> Iterator[Finding]:
    """People cannot tell our links from a swindler's."""
    for said in spoken(flow):
        for language, words in said.text.by_language.items():
            if _LINK.search(words):
                yield error("link", "A text must not hold a link.", step=said.step, language=language)


def nothing_personal_is_repeated(flow: Flow) -> Iterator[Finding]:
    """What a person wrote is never sent back: somebody else may be reading."""
    own_words = {
        question.name
        for question in questions(flow)
        if question.personal or question.type in {AnswerType.TEXT, AnswerType.PLACE}
    }
    for said in spoken(flow):
        for name in sorted(own_words & frozenset().union(*map(names_in, said.text.by_language.values()))):
            sentence = f"The text repeats the person's own words, “{name}”. They are left out."
            yield error("echo", sentence, step=said.step)


def discreet_flows_name_no_agency(flow: Flow) -> Iterator[Finding]:
    """On a shared phone an agency's name says enough."""
    if not flow.discreet:
        return
    for said in spoken(flow):
        for language, words in said.text.by_language.items():
            folded = fold(words)
            if _AGENCIES.search(words) or any(name in folded for name in _AGENCY_WORDS):
                yield error(
                    "agency_named", "A discreet flow names an agency.", step=said.step, language=language
                )
