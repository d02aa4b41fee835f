"""What a sprint says: the wording, the short form, the options, the placeholders."""

from __future__ import annotations

from flows.definition import Ask, Say
from flows.events import MessageSaid, OptionShown
from flows.facts import Facts, whole
from flows.languages import LANGUAGES, chain
from flows.plan import Composed, Node, Question
from flows.rendering import fits_one_sms, with_options
from flows.texts import Phrase, Template

MAX_FILLED = 200  # characters of one filled placeholder
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"  # keep a number or a code whole inside right-to-left words


class Speech(Facts):
    """The part of a sprint that speaks. Each message has a key that no other of the session has."""

    __slots__ = ()

    def say(self, node: Node) -> None:
        """Say a step's words: a variant where one holds, the short form where an SMS needs it."""
        said = self.compose(node)
        media = node.step.media.get(said.language) if isinstance(node.step, Say | Ask) else None
        self._say(node.step.name, said.text, said.language, said.options, media)

    def say_phrase(self, node: Node, phrase: Phrase, short: Phrase | None = None) -> None:
        """Say words that are not the step's own: a reminder, or that a reply was not understood."""
        said = self._compose(node, phrase, short, ())
        self._say(node.step.name, said.text, said.language, (), None)

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
        if not hidden and not self._fills(wording.phrase, wording.short):
            node.said[key] = said
        return said

    def _compose(
        self, node: Node, phrase: Phrase, short: Phrase | None, options: tuple[OptionShown, ...]
    ) -> Composed:
        """The full form, or the short one where an SMS of the full one would need a second part.

        A short form in a language that the reader knows less well than that of the full one is no help.
        """
        full = phrase.pick(self.language)
        text = self._filled(full, node)
        if short is not None and self.contact.channel == "sms" and not _fits(text, options):
            brief = short.pick(self.language)
            if brief.text and self._reads_as_well(brief, full):
                return Composed(short.text.id, brief.language, self._filled(brief, node), options)
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
        if not isinstance(node, Question):
            return ()
        return tuple(
            OptionShown(choice.number, choice.code, choice.label.pick(self.language).text)
            for place, choice in enumerate(node.choices)
            if place not in hidden
        )

    def _say(
        self, step: str, text: str, language: str, options: tuple[OptionShown, ...], media: str | None
    ) -> None:
        if not text.strip():
            self.problem("empty_text", step)
            return
        self.events.append(MessageSaid(step, f"{step}.{self.sequence}", text, language, options, media))
        self.sequence += 1

    def _filled(self, template: Template, node: Node) -> str:
        """The wording with its placeholders filled."""
        if not template.parts:
            return template.text
        parts = list(template.parts)
        parts[1::2] = [self._isolated(self._spoken(name, node), template.language) for name in parts[1::2]]
        return "".join(parts)

    def _isolated(self, value: str, language: str) -> str:
        """Guard a value inside right-to-left words; never in an SMS, where old phones show boxes."""
        known = LANGUAGES.get(language)
        if not value or known is None or known.direction != "rtl" or self.contact.channel == "sms":
            return value
        return f"{_ISOLATE}{value}{_END_ISOLATE}"

    def _spoken(self, name: str, node: Node) -> str:
        """A value as people read it: an option's label, not its code. What a person wrote is not repeated."""
        question = self.plan.questions.get(name)
        value = self.variables.get(name)
        if question is not None and question.personal:
            self.problem("echo", node.step.name, name)
            return ""
        if value is None or value == "":
            self.problem("missing_value", node.step.name, name)
            return ""
        if question is not None and question.choices:
            codes = value if isinstance(value, list) else [value]
            places = [question.by_code[code] for code in codes if code in question.by_code]
            return ", ".join(question.choices[place].label.pick(self.language).text for place in places)
        return str(whole(value) if isinstance(value, float) else value)[:MAX_FILLED]


def _fits(text: str, options: tuple[OptionShown, ...]) -> bool:
    return fits_one_sms(with_options(text, ((option.number, option.label) for option in options)))
