"""Rules about texts: translations, placeholders, lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from flows.checks.parts import error, spoken, warning
from flows.definition import Ask, Flow, Option, Say, Text
from flows.findings import Finding
from flows.languages import LANGUAGES, is_known
from flows.rendering import units, with_options
from flows.texts import PLACEHOLDER, names_in
from flows.walking import every_step

# Longest fillings in units, to measure with; names that are not here count as `LONGEST_FILLING`.
FILLINGS: Mapping[str, int] = {"hotline": 16, "hours": 26, "date": 10, "time": 5, "place": 36, "contact": 20}
LONGEST_FILLING = 24


def languages_are_known(flow: Flow) -> Iterator[Finding]:
    """Every language has a row in the language table."""
    if not flow.languages:
        yield error("unknown_language", "The flow has no language.")
    for code in flow.languages:
        if not is_known(code):
            yield error(
                "unknown_language", f"“{code}” is not in the language table (ISO 639-3).", language=code
            )


def texts_exist_in_every_language(flow: Flow) -> Iterator[Finding]:
    """People read a fallback where their language has no text; the first language must have all."""
    said = list(spoken(flow))
    for place, language in enumerate(flow.languages):
        missing = Counter(text.step for text in said if not text.text.by_language.get(language, "").strip())
        for step, count in missing.items():
            name = LANGUAGES[language].name if language in LANGUAGES else language
            sentence = f"{count} {'text is' if count == 1 else 'texts are'} missing in {name}."
            make = warning if place else error
            yield make("missing_translation", sentence, step=step, language=language)


def placeholders_are_whole(flow: Flow) -> Iterator[Finding]:
    """A brace that belongs to no placeholder would reach the phone."""
    for said in spoken(flow):
        for language, words in said.text.by_language.items():
            rest = PLACEHOLDER.sub("", words)
            if "{" in rest or "}" in rest:
                yield error(
                    "bad_placeholder",
                    "A placeholder is {name}; a brace stands alone.",
                    step=said.step,
                    language=language,
                )


def placeholders_agree(flow: Flow) -> Iterator[Finding]:
    """A translation has the placeholders of its source."""
    source = flow.languages[0] if flow.languages else "eng"
    for said in spoken(flow):
        wanted = names_in(said.text.by_language.get(source, ""))
        for language, words in said.text.by_language.items():
            if names_in(words) != wanted:
                names = ", ".join(sorted(wanted)) or "none"
                sentence = f"Placeholders differ from the {source} text, which has: {names}."
                yield error("placeholders_differ", sentence, step=said.step, language=language)


def texts_fit_one_sms(flow: Flow) -> Iterator[Finding]:
    """A step has a form of one SMS in every language: the full one, or the short one. A second SMS costs twice."""
    for step in every_step(flow.steps):
        if not isinstance(step, Say | Ask):
            continue
        options = step.options if isinstance(step, Ask) else ()
        for full, short in ((step.text, step.short), *((row.text, row.short) for row in step.variants)):
            for language in flow.languages:
                yield from _too_long(step.name, full, short, options, language)
    if flow.reminder_text is not None:
        for language in flow.languages:
            yield from _too_long(None, flow.reminder_text, None, (), language)


def _too_long(
    step: str | None, full: Text, short: Text | None, options: tuple[Option, ...], language: str
) -> Iterator[Finding]:
    forms = [
        text.by_language[language]
        for text in (full, short)
        if text is not None and language in text.by_language
    ]
    labels = [(option.number, option.label.by_language.get(language, "")) for option in options]
    measured = [units(with_options(filled(form), labels)) for form in forms]
    if measured and all(taken > allowed for taken, allowed in measured):
        taken, allowed = min(measured)
        sentence = (
            f"Needs more than one SMS: {taken} units, {allowed} fit. A shorter “short” form would help."
        )
        yield warning("long_sms", sentence, step=step, language=language)


def filled(words: str) -> str:
    """The words with every placeholder at its longest."""
    return PLACEHOLDER.sub(lambda match: "0" * FILLINGS.get(match[1], LONGEST_FILLING), words)
