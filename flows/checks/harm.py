"""The rule that no harmful question goes out: by declared topics, by words in every language, by names, by type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from flows import harm
from flows.checks.parts import error, warning
from flows.definition import AnswerType, Ask, Flow, Option, Repeat, Say, Text
from flows.findings import Finding
from flows.harm import Hit
from flows.walking import every_step, questions

# What no author lets out alone; a data protection officer and a specialist together may.
CLASS_C = frozenset({"forbidden_topic", "harmful_question"})
FORBIDDEN_TOPICS = frozenset(harm.TOPICS.values())

_PLAIN = {
    "gbv_or_sea_experience": "sexual or domestic violence, exploitation or abuse that somebody lived through",
    "torture_experience": "torture",
    "recruitment_or_association_of_children": "children with armed groups",
    "trafficking_experience": "trafficking or forced work",
    "perpetrator_or_armed_actor_identity": "who did harm, or armed actors",
    "sexual_orientation": "sexual orientation or gender identity",
    "religion_or_ethnicity_of_the_person": "religion, ethnicity or clan of the person",
    "hiv_or_health_diagnosis": "HIV or another diagnosis",
    "exact_address": "the exact address",
    "asylum_claim_content": "the reasons of flight or the asylum claim",
}
_REFUSED = (
    "Take the question out. Others may read the answer on the phone, at the operator or on the way; people who lived "
    "through such a thing are not asked by message, they are told where a trained person is."
)
_DOUBT = "If it asks nobody about themselves, say so when you publish; else take it out or ask about services instead."


class _Told(NamedTuple):
    """A hit with the language of the words that told; None: a name told."""

    hit: Hit
    language: str | None


def no_forbidden_topic(flow: Flow) -> Iterator[Finding]:
    """Some things are never asked by message."""
    tagged = [(None, flow.topics), *((question.name, question.topics) for question in questions(flow))]
    for step, topics in tagged:
        for topic in sorted(FORBIDDEN_TOPICS.intersection(topics)):
            sentence = f"“{topic}” must never be asked by message."
            yield error("forbidden_topic", sentence, step=step, advice=_REFUSED)


def no_harmful_question(flow: Flow) -> Iterator[Finding]:
    """The words of a question, its options and its name tell what it is about, whatever was declared."""
    lists = {name: tuple(_of_labels(flow, "", rows)) for name, rows in flow.lists.items()}
    for step in every_step(flow.steps):
        if isinstance(step, Ask):
            yield from _findings(step.name, [*_of_question(flow, step), *lists.get(step.list or "", ())])
        elif isinstance(step, Say):
            yield from _findings(step.name, _of_statement(step))
        elif isinstance(step, Repeat) and step.another is not None:
            yield from _findings(step.name, _of_text(step.another))
    if flow.reminder_text is not None:
        yield from _findings(None, _of_text(flow.reminder_text))


def _of_question(flow: Flow, step: Ask) -> Iterator[_Told]:
    if step.type is AnswerType.LOCATION:
        yield _Told(Hit("exact_address", refused=True, words="location"), None)
    yield from (_Told(hit, None) for hit in harm.look_at_name(step.name))
    for said in spoken_of(step):
        yield from _of_text(said)
    yield from _of_labels(flow, step.text, step.options)


def spoken_of(step: Ask) -> Iterator[Text]:
    """Return the texts of a question, its options aside."""
    yield step.text
    for variant in step.variants:
        yield from (text for text in (variant.text, variant.short) if text is not None)
    more = (step.short, step.hint, step.guidance, step.constraint_message, step.required_message, step.other)
    yield from (text for text in more if text is not None)


def _of_text(text: Text) -> Iterator[_Told]:
    for language, words in text.by_language.items():
        yield from (_Told(hit, language) for hit in harm.look(words, language))


def _of_labels(flow: Flow, question: Text | str, options: Sequence[Option]) -> Iterator[_Told]:
    for language in flow.languages if options else ():
        asked = question if isinstance(question, str) else question.by_language.get(language, "")
        labels = [option.label.by_language.get(language, "") for option in options]
        yield from (_Told(hit, language) for hit in harm.look_at_options(asked, labels, language))


def _of_statement(step: Say) -> Iterator[_Told]:
    """What is said and not asked may name such things ("to report abuse, call …"); a question in it may not."""
    texts = [step.text, *(variant.text for variant in step.variants)]
    for told in (told for text in texts for told in _of_text(text)):
        asks = told.language is not None and any(
            _asks(text.by_language.get(told.language, "")) for text in texts
        )
        if told.hit.refused:
            yield told._replace(hit=told.hit._replace(refused=asks))


def _asks(words: str) -> bool:
    return any(mark in words for mark in "?؟⁇") or words.rstrip().endswith(("လား။", "လဲ။", "နည်း။"))


def _findings(step: str | None, told: Iterable[_Told]) -> Iterator[Finding]:
    """One finding a subject: refused where any language's words leave little doubt."""
    by_topic: dict[str, list[_Told]] = defaultdict(list)
    for one in told:
        by_topic[one.hit.topic].append(one)
    for topic, found in by_topic.items():
        worst = max(found, key=lambda one: one.hit.refused)
        language, words = worst.language, worst.hit.words
        if worst.hit.refused:
            sentence = f"This asks about {_PLAIN[topic]} (“{words}”). It is never asked by message."
            yield error("harmful_question", sentence, step=step, language=language, advice=_REFUSED)
        else:
            sentence = f"“{words}” may ask about {_PLAIN[topic]}."
            yield warning("doubtful_question", sentence, step=step, language=language, advice=_DOUBT)
