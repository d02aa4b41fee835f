"""Replies to questions with options: the option that is named without doubt, and those that may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from flows.definition import AnswerType
from flows.events import Matched
from flows.folding import fold
from flows.lists import alternatives, runs, split_list, spoken, unglued
from flows.number_words import ordinal
from flows.numbers import whole_number
from flows.plan import AMBIGUOUS, Question, words_for
from flows.ranks import ranked
from flows.readings import (
    MAX_LIST,
    MAX_NUMBER,
    MAX_PARTS,
    MAX_READINGS,
    Circumstances,
    Outcome,
    Understood,
    Unsure,
    unsure,
)
from flows.session import Reply
from flows.slips import within_a_slip
from flows.words import (
    TOKEN,
    bare,
    begins_yes_no,
    names_all,
    names_none,
    says_both,
    signed,
    turns_round,
    yes_no,
)

_COPIED = re.compile(r"([0-9]{1,2})[\W_]+(.+)")
_LONGEST_GUESS = 80  # characters of a reply in which an option's name is looked for
_MOST_WORDS_SEARCHED = 500  # names of options; longer lists are looked up by typed text
_SHORTEST_FOUND = 3  # letters of a name that is found inside a longer reply; one more in another language
_NONE_CODES = ("none", "nothing", "none_of_these")


def exact(question: Question, reply: Reply, about: Circumstances) -> Understood | Outcome | None:
    """The options that the reply names without any doubt; None: it names none."""
    many = question.step.type is not AnswerType.SELECT_ONE
    if reply.choice is not None:
        pressed = [question.by_code.get(code) for code in (reply.choice.split() if many else [reply.choice])]
        if pressed and None not in pressed:
            return _taken(question, [place for place in pressed if place is not None], Matched.CODE, about)
    if question.step.type is AnswerType.RANK:
        return _exact_rank(question, reply.text, about) if len(reply.text) <= MAX_LIST else None
    place, matched = _option(question, reply.text, about)
    if place is not None:
        return _chosen(question, [place], matched, about)
    return _exact_list(question, reply.text, about) if many else None


def _taken(
    question: Question, places: list[int], matched: Matched, about: Circumstances
) -> Understood | Outcome:
    if question.step.type is not AnswerType.RANK:
        return _chosen(question, places, matched, about)
    if len(set(places)) < len(places) or not about.hidden.isdisjoint(places):
        return Outcome.UNCLEAR
    return Understood([question.choices[place].code for place in places], matched, tuple(places))


def _exact_rank(question: Question, text: str, about: Circumstances) -> Understood | None:
    places = ranked(question, text, lambda part: _option(question, part, about)[0])
    wanted = question.step.ranks or len(question.choices) - len(about.hidden)
    if len(places) != wanted or not about.hidden.isdisjoint(places):
        return None
    numeric = not any(map(str.isalpha, fold(text)))
    taken = _taken(question, places, Matched.NUMBER if numeric else Matched.WORD, about)
    return taken if isinstance(taken, Understood) else None


def _exact_list(question: Question, text: str, about: Circumstances) -> Understood | Outcome | None:
    parts = split_list(text) if len(text) <= MAX_LIST else []
    if not 1 <= len(parts) <= MAX_PARTS:
        return None
    found = [_option(question, part, about) for part in parts]
    places = [place for place, _ in found if place is not None]
    if len(places) < len(parts) or len(parts) == 1:
        apart = unglued(text)
        return _exact_list(question, apart, about) if apart != text else None
    words = any(matched is not Matched.NUMBER for _, matched in found)
    return _chosen(question, places, Matched.WORD if words else Matched.NUMBER, about)


def _option(question: Question, text: str, about: Circumstances) -> tuple[int | None, Matched]:
    """The place of the option that a word or number names exactly.

    Digits are a number before they are a word; a number in words ("two") comes last, because a short word
    may be an option's label in one language and a number in another.
    """
    folded = fold(text)
    place = question.by_number.get(folded)
    if place is not None:
        return place, Matched.NUMBER
    short = len(text) <= MAX_NUMBER
    if short and any(map(str.isdigit, folded)):
        place = _numbered(question, text, about.language)
        if place is not None:
            return place, Matched.NUMBER
    place = _worded(question, folded, about.language)
    if place is not None:
        return (None if place == AMBIGUOUS else place), Matched.WORD
    return _loosely(question, text, folded, about) if short and folded else (None, Matched.NUMBER)


def _loosely(question: Question, text: str, folded: str, about: Circumstances) -> tuple[int | None, Matched]:
    """A line copied from the list, a number or place in words, or one of these with politeness round it."""
    language = about.language
    place = _copied(question, folded, language)
    if place is None:
        place = _numbered(question, text, language)
    if place is None and not about.hidden:
        # Where an option is hidden, the second one shown has another number.
        place = _by_number(question, ordinal(folded, language))
    if place is not None:
        return place, Matched.NUMBER
    plain = bare(folded)
    if plain == folded:
        signs = signed(text, folded)
        return (None if signs is None else question.yes if signs else question.no), Matched.WORD
    return _option(question, plain, about)


def _copied(question: Question, folded: str, language: str) -> int | None:
    """A line copied from the list, "1) Yes": taken where number and words name the same option."""
    line = _COPIED.fullmatch(folded)
    if line is None:
        return None
    place = question.by_number.get(line[1])
    return place if place is not None and place == _worded(question, fold(line[2]), language) else None


def _numbered(question: Question, text: str, language: str) -> int | None:
    return _by_number(question, whole_number(text, language))


def _by_number(question: Question, number: int | None) -> int | None:
    return None if number is None else question.by_number.get(str(number))


def _worded(question: Question, folded: str, language: str) -> int | None:
    """By label, alias or code: in the person's language, then in any of the flow's; then as yes or no."""
    place = words_for(question, language).get(folded)
    if place is None:
        place = question.any_words.get(folded)
    if place is None and (question.yes is not None or question.no is not None):
        agrees = yes_no(folded, language)
        place = None if agrees is None else question.yes if agrees else question.no
    return place


def _chosen(
    question: Question, places: list[int], matched: Matched, about: Circumstances
) -> Understood | Outcome:
    """The answer of chosen options: one code, or codes in the order of the options."""
    if AMBIGUOUS in places or not about.hidden.isdisjoint(places):
        return Outcome.UNCLEAR
    kept = tuple(sorted(set(places)))
    if question.step.type is AnswerType.SELECT_ONE:
        return Understood(question.choices[kept[0]].code, matched, kept)
    if len(kept) > 1:
        kept = tuple(at for at in kept if question.choices[at].code not in question.step.exclusive) or kept
    return Understood([question.choices[place].code for place in kept], matched, kept)


# What may be meant: never an answer before the person says so.


def guess(question: Question, reply: Reply, about: Circumstances) -> Unsure | Outcome:
    """The options that a reply may mean: a slip, a word of two options, a name inside a sentence, a range."""
    text = reply.text
    folded = fold(text)
    if not folded or len(folded) > _LONGEST_GUESS:
        return Outcome.UNCLEAR
    if question.step.type is AnswerType.RANK:
        return _guessed_rank(question, text, about)
    found = _places(question, text, folded, about)
    if question.step.type is AnswerType.SELECT_MULTIPLE and len(found) < 2:  # noqa: PLR2004 - else one of several
        lists = _lists(question, text, about)
        if lists:
            return _unsure(question, lists, _how(folded), about)
    if not found and question.step.type is AnswerType.SELECT_ONE:
        found = _one_of(question, text, about)
    if found:
        return _unsure(question, [[place] for place in found], Matched.FUZZY, about)
    inside = _inside(question, folded, about)
    one = question.step.type is AnswerType.SELECT_ONE
    return _unsure(question, [[place] for place in inside] if one else [inside], Matched.FUZZY, about)


def _how(folded: str) -> Matched:
    return Matched.FUZZY if any(map(str.isalpha, folded)) else Matched.NUMBER


def _unsure(
    question: Question, lists: Iterable[list[int]], matched: Matched, about: Circumstances
) -> Unsure | Outcome:
    chosen = [_chosen(question, places, matched, about) for places in lists if places]
    return unsure([reading for reading in chosen if isinstance(reading, Understood)])


def _places(question: Question, text: str, folded: str, about: Circumstances) -> list[int]:
    """The single options that the whole reply may mean."""
    shared = _shared(question, folded, about.language)
    if shared:
        return shared
    for words in (folded, bare(folded)):
        slips = within_a_slip(words, question.any_words.items())
        if slips:
            return [place for place in slips if place != AMBIGUOUS]
    if names_none(folded):
        return [
            question.by_code[code]
            for code in (*_NONE_CODES, *question.step.exclusive)
            if code in question.by_code
        ]
    number = whole_number(text, about.language)
    place = _by_number(question, ordinal(folded, about.language)) if number is None else None
    return [] if place is None else [place]


def _shared(question: Question, folded: str, language: str) -> list[int]:
    """The options that share a word."""
    if AMBIGUOUS not in (words_for(question, language).get(folded), question.any_words.get(folded)):
        return []
    return [place for place in range(len(question.choices)) if folded in _names(question, place)]


def _names(question: Question, place: int) -> set[str]:
    """The folded labels, aliases and code of an option."""
    choice = question.choices[place]
    options = question.options
    aliases = options[place].aliases.values() if place < len(options) else ()
    words = [*choice.label.text.by_language.values(), *(word for row in aliases for word in row), choice.code]
    return {fold(word) for word in words}


def _one_of(question: Question, text: str, about: Circumstances) -> list[int]:
    """The options of a reply that names several where one is asked for: "1 or 2", "food, shelter", "1-2"."""
    parts = alternatives(text) or split_list(unglued(text))
    if len(parts) == 1:
        numbers = next(iter(runs(text)[-1:]), ()) or spoken(text, about.language)
        parts = [str(number) for number in numbers if len(str(number)) == 1] if "-" in text else []
    if not 1 < len(parts) <= MAX_READINGS:
        return []
    places = [_option(question, part, about)[0] for part in parts]
    return [place for place in places if place is not None] if None not in places else []


def _lists(question: Question, text: str, about: Circumstances) -> list[list[int]]:
    """The lists of options that a reply may mean."""
    folded = fold(text)
    if names_all(folded):
        open_places = [place for place in range(len(question.choices)) if place not in about.hidden]
        return [[at for at in open_places if question.choices[at].code not in question.step.exclusive]]
    parts = [text] if runs(text) else split_list(text)
    if not 1 <= len(parts) <= MAX_PARTS:
        return []
    choices = [_part(question, part, about) for part in parts]
    if not all(choices) or (len(parts) == 1 and not runs(text) and not spoken(text, about.language)):
        return []
    ways = 1
    for choice in choices:
        ways *= len(choice)
    return (
        [[place for part in way for place in part] for way in product(*choices)]
        if ways <= MAX_READINGS
        else []
    )


def _part(question: Question, part: str, about: Circumstances) -> list[list[int]]:
    """The lists of options that one part of a list may mean."""
    place, _ = _option(question, part, about)
    if place is not None:
        return [[place]]
    numbered = [
        [question.by_number.get(str(number)) for number in numbers]
        for numbers in (*runs(part), spoken(part, about.language))
        if numbers
    ]
    known = [[place for place in way if place is not None] for way in numbered if None not in way]
    return known or [
        [place] for place in within_a_slip(fold(part), question.any_words.items()) if place != AMBIGUOUS
    ]


def _inside(question: Question, folded: str, about: Circumstances) -> list[int]:
    """The options whose names stand as whole words in a longer reply that turns nothing round."""
    if " " not in folded or len(question.any_words) > _MOST_WORDS_SEARCHED:
        return []
    agrees = begins_yes_no(folded, about.language)
    begun = None if agrees is None else question.yes if agrees else question.no
    if begun is not None:
        both = says_both(folded, about.language)
        return [place for place in (question.yes, question.no) if place is not None] if both else [begun]
    if turns_round(folded):
        return []
    text = " ".join(["", *TOKEN.findall(folded), ""])
    own = words_for(question, about.language).items()
    words = [
        *((word, at) for word, at in own if len(word) >= _SHORTEST_FOUND),
        *_long(question.any_words.items()),
    ]
    found = {place for word, place in words if place != AMBIGUOUS and f" {word} " in text}
    line = _COPIED.fullmatch(folded)  # "2) Food", where food is not the second
    numbered = question.by_number.get(line[1]) if line is not None and found else None
    return sorted(found if numbered is None else {*found, numbered})


def _long(words: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Words of other languages: a short one means something else too often."""
    return [(word, place) for word, place in words if len(word) > _SHORTEST_FOUND]


def _guessed_rank(question: Question, text: str, about: Circumstances) -> Unsure | Outcome:
    """All options but the last one in order: only one can be left."""
    places = ranked(question, text, lambda part: _option(question, part, about)[0])
    left = [at for at in range(len(question.choices)) if at not in about.hidden and at not in places]
    if question.step.ranks is not None or len(left) != 1 or not places:
        return Outcome.UNCLEAR
    taken = _taken(question, [*places, *left], Matched.FUZZY, about)
    return unsure([taken] if isinstance(taken, Understood) else [])
