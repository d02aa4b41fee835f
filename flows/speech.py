"""What a sprint says: the wording, the short form, the options, the placeholders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flows.definition import AnswerType, Ask, Say
from flows.events import MessageSaid, OptionShown
from flows.facts import Facts, whole
from flows.languages import LANGUAGES, chain
from flows.nodes import Composed, Node, Question
from flows.rendering import fits_one_sms, with_options
from flows.texts import Phrase, Template

MAX_FILLED = 200  # characters of one filled placeholder
_DAYS = frozenset({AnswerType.DATE, AnswerType.TIME, AnswerType.DATETIME})
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d.{0,20})?", re.ASCII)
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"  # keep a number or a code whole inside right-to-left words


class Speech(Facts):
    """The part of a sprint that speaks. Each message has a key that no other of the session has."""

    __slots__ = ()

    @property
    def shows_media(self) -> bool:
        """Whether the contact's channel carries pictures and recordings."""
        return self.contact.channel != "sms"

    def say(self, node: Node) -> None:
        """Say a step's words: a variant where one holds, the short form where an SMS needs it."""
        said = self.compose(node)
        media = None
        pictures = node.step.media if isinstance(node.step, Say | Ask) else None
        if pictures and self.shows_media:
            media = pictures.get(said.language)
        self._say(node, said, media)

    def say_phrase(
        self,
        node: Node,
        phrase: Phrase,
        short: Phrase | None = None,
        *,
        options: tuple[OptionShown, ...] = (),
        filled: Mapping[str, str] | None = None,
    ) -> None:
        """Say words that are not the step's own: a reminder, or that a reply was not understood."""
        self._say(node, self._compose(node, phrase, short, options, filled), None)

    def say_engine(self, node: Node, key: str, **more: Any) -> None:
        """Say one of the engine's own texts, in its short form where an SMS needs it."""
        self.say_phrase(node, self.plan.engine[key], self.plan.engine[f"{key}.short"], **more)

    def label(self, key: str) -> str:
        """One of the engine's own words for an option."""
        return self.plan.engine[key].pick(self.language).text

    def compose(self, node: Node) -> Composed:
        """What the step says to this contact now; kept by language and channel where nothing is filled in."""
        which = next(
            place
            for place, wording in enumerate(node.wordings)
            if wording.when is None or self.holds(wording.when, node)
        )
        hidden = self.hidden(node)
        key = (self.language, self.contact.channel == "sms", which)
        kept = None if hidden else node.said.get(key)
        if kept is not None:
            return kept
        wording = node.wordings[which]
        said = self._compose(node, wording.phrase, wording.short, self._options(node, hidden))
        if isinstance(node, Question) and node.lookup:
            said = said._replace(text=f"{said.text}\n{self.label('lookup')}")
        if not hidden and not self._fills(wording.phrase, wording.short):
            node.said[key] = said
        return said

    def _compose(
        self,
        node: Node,
        phrase: Phrase,
        short: Phrase | None,
        options: tuple[OptionShown, ...],
        filled: Mapping[str, str] | None = None,
    ) -> Composed:
        """The full form, or the short one where an SMS of the full one would need a second part.

        A short form in a language that the reader knows less well than that of the full one is no help.
        """
        full = phrase.pick(self.language)
        text = self._filled(full, node, filled)
        if short is not None and self.contact.channel == "sms" and not _fits(text, options):
            brief = short.pick(self.language)
            if brief.text and self._reads_as_well(brief, full):
                return Composed(short.text.id, brief.language, self._filled(brief, node, filled), options)
        return Composed(phrase.text.id, full.language, text, options)

    def _reads_as_well(self, brief: Template, full: Template) -> bool:
        """Whether the short form's language is that of the full one, or nearer to the reader's own."""
        nearest = next(
            (code for code in chain(self.language) if code in (brief.language, full.language)), None
        )
        return brief.language in (nearest, full.language)

    def _fills(self, phrase: Phrase, short: Phrase | None) -> bool:
        """Whether a wording in this language has placeholders."""
        return bool(phrase.pick(self.language).parts or (short and short.pick(self.language).parts))

    def _options(self, node: Node, hidden: frozenset[int]) -> tuple[OptionShown, ...]:
        if not isinstance(node, Question) or node.lookup:
            return ()
        return tuple(
            OptionShown(choice.number, choice.code, choice.label.pick(self.language).text)
            for place, choice in enumerate(node.choices)
            if place not in hidden
        )

    def _say(self, node: Node, said: Composed, media: str | None) -> None:
        if not said.text.strip():
            self.problem("empty_text", node.name)
            return
        key = f"{node.name}.{self.sequence}"
        path = self.path(node) if node.repeats else ()
        self.events.append(MessageSaid(node.name, key, said.text, said.language, said.options, media, path))
        self.sequence += 1

    def _filled(self, template: Template, node: Node, filled: Mapping[str, str] | None = None) -> str:
        """The wording with its placeholders filled: from these values, else from what is known."""
        if not template.parts:
            return template.text
        parts = list(template.parts)
        parts[1::2] = [
            self._isolated(
                filled[name] if filled is not None and name in filled else self._spoken(name, node, template),
                template.language,
            )
            for name in parts[1::2]
        ]
        return "".join(parts)

    def _isolated(self, value: str, language: str) -> str:
        """Guard a value inside right-to-left words; never in an SMS, where old phones show boxes."""
        known = LANGUAGES.get(language)
        if not value or known is None or known.direction != "rtl" or self.contact.channel == "sms":
            return value
        return f"{_ISOLATE}{value}{_END_ISOLATE}"

    def _spoken(self, name: str, node: Node, template: Template) -> str:
        """A value as people read it: an option's label, not its code. What a person wrote is not repeated."""
        full = node.prefix + name
        if full in self.plan.personal:
            self.problem("echo", node.name, name)
            return ""
        value = self._value_of(full, name, node)
        if value is None or value in ("", ()):
            self.problem("missing_value", node.name, name)
            return ""
        question = self.plan.questions.get(full)
        values = value if isinstance(value, tuple) else (value,)
        said = [self.spoken(one, question, template.language) for one in values]
        return ", ".join(word for word in said if word)[:MAX_FILLED]

    def _value_of(self, full: str, name: str, node: Node) -> Any:
        """What a name stands for in a text: the name of a repeat around it for the number of the present round."""
        if full in self.positions:
            return self.positions[full]
        return self.seen_from(node).get(name)

    def spoken(self, value: Any, question: Question | None, language: str) -> str:
        """One value in words: labels of options, dates, numbers and places as people of the language say them."""
        if question is not None and question.choices:
            codes = value if isinstance(value, list) else [value]
            places = [question.by_code[code] for code in codes if code in question.by_code]
            return ", ".join(question.choices[place].label.pick(self.language).text for place in places)
        speaker = self.contact.speaker
        if isinstance(value, float):
            value = whole(value)
        if speaker is None or isinstance(value, bool):
            return str(value)
        if isinstance(value, int | float):
            return speaker.number(value, language)
        text = str(value)
        if (question is not None and question.step.type in _DAYS) or _ISO.fullmatch(text):
            return speaker.date(text, language)
        return speaker.place(text, language) or text


def _fits(text: str, options: tuple[OptionShown, ...]) -> bool:
    return fits_one_sms(with_options(text, ((option.number, option.label) for option in options)))
