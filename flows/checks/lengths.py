"""How long each message of a flow is on each kind of channel, and shorter forms for those that take several SMS.

A shorter form is a proposal: it says what was taken out, somebody reads it, and nothing is ever cut in the middle.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flows.checks.wording import filled
from flows.definition import CHOSEN, Ask, Flow, Say, Step, Text
from flows.rendering import GSM_UNITS, holds_numbers, units, with_options
from flows.tables import read_table
from flows.walking import every_step, options_of

GSM_PART, UCS2_PART = 153, 67  # units of each part of a longer SMS (3GPP TS 23.040)
MESSENGER = 4096  # characters of one message on the messengers that we speak
MOST_LISTED = 9  # options that an SMS lists; more are found by typing
GSM, UCS2 = "GSM-7", "UCS-2"

_TABLE = read_table("short_forms")
_GSM: Mapping[str, str] = _TABLE["gsm"]
_POLITE: Mapping[str, list[str]] = _TABLE["polite"]
_BRACKETS = re.compile(r"\s*[(\[（][^()\[\]（）]{0,300}[)\]）]")
_NUMBERING = re.compile(
    r"^\s*(?:[A-Za-z]{0,3}\d{1,3}(?:[.\-]\d{1,3})*[a-z]?\s*[.):\-]\s*|[A-Z]\d{1,3}\s+)(?=\S)"
)
_SENTENCE = re.compile(r"[^.!?؟۔။…\n]*[.!?؟۔။…\n]+(?=\s|$)|[^.!?؟۔။…\n]+$")
_ASKS = ("?", "؟")


@dataclass(frozen=True, slots=True)
class Length:
    """One message in one language, with its options.

    Attributes:
        step: its name, or None for the reminder.
        units: of its alphabet, placeholders at their longest.
        segments: SMS that it takes.
        messages: that a messenger needs.
    """

    step: str | None
    language: str
    encoding: str
    units: int
    segments: int
    messages: int


@dataclass(frozen=True, slots=True)
class Tally:
    """A flow in one language: texts, those that are missing, and what it takes on SMS."""

    language: str
    texts: int
    missing: int
    encoding: str
    units: int
    segments: int
    longest: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A shorter form of one message.

    Attributes:
        text: the short form, options in it where they were listed below.
        taken: what was taken out, as codes: typography, spaces, numbering, brackets, politeness, sentences, list.
        before, segments: SMS that the message takes now, and with the short form.
    """

    step: str
    language: str
    text: str
    taken: tuple[str, ...]
    before: int
    segments: int


def segments(text: str) -> int:
    """SMS that a text takes; GSM alphabet or UCS-2 by its characters."""
    taken, allowed = units(text)
    if taken <= allowed:
        return 1
    return -(-taken // (GSM_PART if allowed == GSM_UNITS else UCS2_PART))


def measured(flow: Flow) -> Iterator[Length]:
    """Every message of a flow in every language that has its words; on SMS the short form where that is shorter."""
    for step in every_step(flow.steps):
        if isinstance(step, Say | Ask):
            for language in flow.languages:
                forms = _said(flow, step, language)
                if forms:
                    yield _length(step.name, language, min(forms, key=segments), forms[0])
    if flow.reminder_text is not None:
        for language, words in flow.reminder_text.by_language.items():
            yield _length(None, language, words, words)


def _length(step: str | None, language: str, sms: str, full: str) -> Length:
    taken, allowed = units(sms)
    encoding = GSM if allowed == GSM_UNITS else UCS2
    return Length(step, language, encoding, taken, segments(sms), -(-len(full) // MESSENGER))


def tally(flow: Flow) -> tuple[Tally, ...]:
    """The flow in each of its languages."""
    found = {
        language: [row for row in measured(flow) if row.language == language] for language in flow.languages
    }
    spoken = [step for step in every_step(flow.steps) if isinstance(step, Say | Ask)]
    labels = [option.label for options in flow.lists.values() for option in options]
    labels += [option.label for step in spoken if isinstance(step, Ask) for option in step.options]
    texts = [step.text for step in spoken] + labels
    return tuple(_tally(language, rows, texts) for language, rows in found.items())


def _tally(language: str, rows: list[Length], texts: list[Text]) -> Tally:
    there = sum(bool(text.by_language.get(language, "").strip()) for text in texts)
    wide = any(row.encoding == UCS2 for row in rows)
    return Tally(
        language,
        there,
        len(texts) - there,
        UCS2 if wide else GSM,
        sum(row.units for row in rows),
        sum(row.segments for row in rows),
        max((row.segments for row in rows), default=0),
    )


def _said(flow: Flow, step: Say | Ask, language: str) -> list[str]:
    """The full form, then the short one, each with its options as an SMS shows them."""
    texts = [text for text in (step.text, step.short) if text is not None]
    return [
        with_options(filled(words), _labels(flow, step, language))
        for text in texts
        if (words := text.by_language.get(language, "")).strip()
    ]


def _labels(flow: Flow, step: Step, language: str) -> list[tuple[int, str]]:
    """The numbered options that stand below a question; none where there are too many to be listed."""
    if not isinstance(step, Ask) or step.type not in CHOSEN:
        return []
    options = options_of(flow, step)
    if step.lookup or (step.lookup is None and len(options) > MOST_LISTED):
        return []
    return [(option.number, option.label.by_language.get(language, option.code)) for option in options]


# Proposals


def proposals(flow: Flow) -> Iterator[Proposal]:
    """A shorter form for each message that takes more than one SMS, where there is one that takes fewer."""
    for step in every_step(flow.steps):
        if not isinstance(step, Say | Ask):
            continue
        for language in flow.languages:
            forms = _said(flow, step, language)
            before = min(map(segments, forms), default=1)
            words = step.text.by_language.get(language, "")
            if before > 1 and words.strip():
                found = _shorter(step, language, _labels(flow, step, language), before)
                if found is not None:
                    yield found


def _shorter(step: Say | Ask, language: str, labels: list[tuple[int, str]], before: int) -> Proposal | None:
    """Take out one thing after the other until it fits; keep the shortest form that takes fewer SMS."""
    best: Proposal | None = None
    taken: tuple[str, ...] = ()
    shown = step.text.by_language[language]
    for what, shorten in _WAYS.items():
        if what == "sentences" and _asks_for_consent(step):
            continue
        tried = shorten(shown, language)
        if tried != shown and tried.strip():
            shown, taken = tried, (*taken, what)
        for form, more in ((shown, ()), (_inline(shown, labels), ("list",))):
            needed = segments(with_options(filled(form), labels))
            if needed < (best.segments if best else before):
                best = Proposal(
                    step.name, language, form, (*taken, *(more if form != shown else ())), before, needed
                )
        if best is not None and best.segments == 1:
            break
    return best


def _asks_for_consent(step: Say | Ask) -> bool:
    """What somebody agrees to is never taken out of the words that ask for it."""
    indicator = step.indicator or "" if isinstance(step, Ask) else ""
    return "consent" in f"{step.name} {indicator}".lower()


def _inline(words: str, labels: list[tuple[int, str]]) -> str:
    """The options behind the words instead of one on a line: “1 Yes 2 No”."""
    if not labels or holds_numbers(words, [number for number, _ in labels]):
        return words
    return " ".join([words, *(f"{number} {_plain(label)}" for number, label in labels)])


def _plain(label: str) -> str:
    return _spaces(_typography(label, ""), "")


def _typography(words: str, _: str) -> str:
    for character, same in _GSM.items():
        words = words.replace(character, same)
    return words


def _spaces(words: str, _: str = "") -> str:
    return " ".join(words.split())


def _without_numbering(words: str, _: str) -> str:
    return _NUMBERING.sub("", words)


def _without_brackets(words: str, _: str) -> str:
    """Without what stands in brackets: nearly always a hint for interviewers."""
    return _spaces(_BRACKETS.sub("", words))


def _without_politeness(words: str, language: str) -> str:
    for phrase in _POLITE.get(language, ()):
        found = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)[,،]?\s*", re.IGNORECASE)
        words = found.sub("", words)
    return words[:1].upper() + words[1:].strip()


def _only_the_question(words: str, _: str) -> str:
    """The sentences that ask, without those before and after; all of them where none asks."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(words)]
    asking = [sentence for sentence in sentences if sentence.endswith(_ASKS)]
    return " ".join(asking) or words


_WAYS: Mapping[str, Callable[[str, str], str]] = {
    "typography": _typography,
    "spaces": _spaces,
    "numbering": _without_numbering,
    "brackets": _without_brackets,
    "politeness": _without_politeness,
    "sentences": _only_the_question,
}
