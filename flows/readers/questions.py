"""Reading questions, their options, and the flow's lists of options."""

from __future__ import annotations

from collections.abc import Mapping

from flows.definition import (
    CHOSEN,
    SHOWN,
    AnswerType,
    Ask,
    Attachments,
    MediaFallback,
    OnFailure,
    Option,
    Range,
)
from flows.patterns import PatternInvalid, compile_pattern
from flows.readers.common import CODE, NAME, WORDING, Reader
from flows.readers.parts import Part
from flows.readers.tree import Map, Tree

MAX_RETRIES = 5
MAX_OPTIONS = 99  # of a question itself
MAX_LISTED = 20_000  # of a named list
MAX_ATTACHMENTS = 10
MAX_KILOBYTES = 100_000
ASK_KEYS = (
    *("ask", "when", "goto", *WORDING, "extra"),
    *("type", "options", "required", "constraint", "constraint_message", "retries", "on_failure"),
    *("indicator", "personal", "disclosure", "exclusive", "topics"),
    *("list", "filter", "other", "lookup", "hint", "guidance", "default", "appearance"),
    *("required_when", "required_message", "range", "ranks", "timeout", "timeout_goto", "confirm"),
    "attachments",
)
OPTION_KEYS = ("code", "number", "label", "aliases", "goto", "when", "columns", "media")


class QuestionReader(Reader):
    """Reads `ask` steps."""

    def ask(self, name: str, part: Part) -> Ask:
        """Read a question."""
        kind = part.word("type", AnswerType, AnswerType.TEXT, required=True)
        options = self._options(part)
        question = Ask(
            name,
            self.text(part, "text"),
            kind,
            options,
            when=part.expression("when"),
            goto=self.jump(part, "goto"),
            constraint=part.expression("constraint"),
            constraint_message=part.text("constraint_message", self.id(part, "constraint")),
            required=part.flag("required"),
            retries=part.count("retries", 2, most=MAX_RETRIES),
            on_failure=part.word("on_failure", OnFailure, OnFailure.NEXT),
            indicator=part.optional("indicator"),
            personal=part.flag("personal"),
            disclosure=self._disclosure(part),
            short=self.optional(part, "short"),
            media=self.media(part),
            variants=self.variants(part),
            exclusive=part.words("exclusive"),
            topics=part.words("topics"),
            list=part.optional("list"),
            filter=part.condition_over_columns("filter"),
            other=self.optional(part, "other"),
            lookup=part.flag("lookup") if "lookup" in part.items else None,
            hint=self.optional(part, "hint"),
            guidance=self.optional(part, "guidance"),
            default=self._default(part),
            appearance=part.optional("appearance"),
            required_when=part.expression("required_when"),
            required_message=self.optional(part, "required_message"),
            range=self._range(part),
            ranks=part.count("ranks", 0, most=MAX_OPTIONS) or None,
            timeout=part.period("timeout"),
            timeout_goto=self.jump(part, "timeout_goto"),
            confirm=part.flag("confirm"),
            media_fallback=part.optional_word("media_fallback", MediaFallback),
            attachments=self._attachments(part),
            extra=part.strings("extra"),
        )
        self._check(part, question)
        return question

    def lists(self, part: Part) -> dict[str, tuple[Option, ...]]:
        """The flow's named lists of options."""
        tree = part.items.get("lists")
        if tree is None:
            return {}
        if not isinstance(tree, Map):
            part.fault("not_a_mapping", "“lists” is a mapping of names to lists of options.", line=tree.line)
            return {}
        lists = {}
        for name, rows in tree.items.items():
            line = tree.lines[name]
            if not NAME.fullmatch(name):
                part.fault("bad_name", f"“{name}” is not a good name for a list.", line=line)
            holder = Part(self.notes, Map({"options": rows}, {"options": line}, line), allowed=["options"])
            lists[name] = self._listed(holder, name)
        return lists

    def _listed(self, holder: Part, name: str) -> tuple[Option, ...]:
        rows = holder.rows("options")
        if len(rows) > MAX_LISTED:
            holder.fault("too_many_options", f"A list may have {MAX_LISTED} options at most.")
        options = tuple(
            self._option(holder, tree, number, prefix=f"{self.known.code}.list.{name}", most=MAX_LISTED)
            for number, tree in enumerate(rows[:MAX_LISTED], 1)
        )
        self._check_distinct(holder, options)
        return options

    def _options(self, part: Part) -> tuple[Option, ...]:
        rows = part.rows("options")
        if len(rows) > MAX_OPTIONS:
            part.fault(
                "too_many_options",
                f"More than {MAX_OPTIONS} options: put them into one of the flow's “lists”.",
            )
        return tuple(
            self._option(part, tree, number, prefix=f"{self.known.code}.{part.step}.option", most=MAX_OPTIONS)
            for number, tree in enumerate(rows[:MAX_OPTIONS], 1)
        )

    def _option(self, part: Part, tree: Tree, number: int, *, prefix: str, most: int) -> Option:
        row = Part(self.notes, tree, allowed=OPTION_KEYS, step=part.step)
        code = row.name("code", CODE, f"option{number}")
        label = row.text("label", f"{prefix}.{code}", required=True)
        assert label is not None  # noqa: S101 - a required text is always given back
        return Option(
            code,
            row.count("number", number, most=most),
            label,
            aliases=self._aliases(row),
            goto=self.jump(row, "goto"),
            when=row.expression("when"),
            columns=row.strings("columns"),
            media=self.media(row),
        )

    def _aliases(self, row: Part) -> dict[str, tuple[str, ...]]:
        return row.words_by_language("aliases")

    def _default(self, part: Part) -> str | None:
        text = part.optional("default")
        if text is not None and text.startswith("="):
            part.check_expression(text[1:], part.items["default"].line)
        return text

    def _range(self, part: Part) -> Range | None:
        tree = part.items.get("range")
        if tree is None:
            return None
        row = Part(self.notes, tree, allowed=["start", "end", "step"], step=part.step)
        found = Range(row.number("start"), row.number("end"), row.number("step", 1))
        if found.start > found.end or found.step <= 0:
            row.fault("bad_range", "A range goes from a smaller “start” to a larger “end”.")
        return found

    def _attachments(self, part: Part) -> Attachments | None:
        tree = part.items.get("attachments")
        if tree is None:
            return None
        row = Part(self.notes, tree, allowed=["most", "kilobytes"], step=part.step)
        most = row.count("most", 1, most=MAX_ATTACHMENTS)
        return Attachments(most, row.count("kilobytes", 0, most=MAX_KILOBYTES) or None)

    def _disclosure(self, part: Part) -> str | None:
        rule = part.optional("disclosure")
        if rule is None:
            return None
        line = part.items["disclosure"].line
        if rule.startswith("="):
            part.check_expression(rule[1:], line)
            return rule
        try:
            compile_pattern(rule, searched=True)
        except PatternInvalid as error:
            part.fault("bad_pattern", str(error), line=line)
        return rule

    # Whether the parts belong together

    def _check(self, part: Part, question: Ask) -> None:
        if question.other is not None:
            self.remember(f"{question.name}_other", part)
        self._check_choice(part, question)
        self._check_distinct(part, question.options)
        self._check_exclusive(part, question)
        if (question.range is None) == (question.type is AnswerType.RANGE):
            numbers = {AnswerType.INTEGER, AnswerType.DECIMAL}
            if question.type not in numbers:
                part.fault("range", "“range” belongs to a question of type range, which needs it.")
        if question.attachments is not None and question.type not in SHOWN:
            part.fault(
                "attachments", "“attachments” belongs to questions for pictures, recordings and files."
            )
        if question.timeout_goto is not None and question.timeout is None:
            part.fault("missing", "“timeout_goto” needs a “timeout”.")

    def _check_choice(self, part: Part, question: Ask) -> None:
        """A question of choices has options or a list; others have neither."""
        closed = question.type in CHOSEN
        if closed and bool(question.options) == (question.list is not None):
            part.fault("options", f"A question of type {question.type} needs “options”, or a “list”.")
        if not closed:
            for key in ("options", "list", "filter", "other", "lookup", "exclusive"):
                if key in part.items:
                    part.fault("options", f"A question of type {question.type} takes no “{key}”.")
        if question.list is not None and question.list not in self.known.lists:
            line = part.items["list"].line
            part.fault("unknown_list", f"There is no list “{question.list}”.", line=line)
        if question.ranks is not None and question.type is not AnswerType.RANK:
            part.fault("options", "“ranks” belongs to a question of type rank.")

    def _check_distinct(self, part: Part, options: tuple[Option, ...]) -> None:
        # In a list that is filtered the same code may come again, under another province.
        if len({(option.code, *sorted(option.columns.items())) for option in options}) < len(options):
            part.fault("duplicate_code", "Two options have the same code.")
        if len({option.number for option in options}) < len(options):
            part.fault("duplicate_number", "Two options have the same number.")

    def _check_exclusive(self, part: Part, question: Ask) -> None:
        own = {option.code for option in question.options}
        codes = own if question.list is None else self.known.lists.get(question.list, frozenset())
        for code in question.exclusive:
            if code not in codes:
                part.fault("unknown_code", f"“exclusive” names “{code}”, which is no option.")


def codes_of(lists: Mapping[str, tuple[Option, ...]]) -> dict[str, frozenset[str]]:
    """The codes of each list."""
    return {name: frozenset(option.code for option in options) for name, options in lists.items()}
