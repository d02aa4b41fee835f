"""Long lists: the best matches of a typed text are offered, page by page."""

from __future__ import annotations

from typing import Any

from flows.events import OptionShown
from flows.lookup import MOST_FOUND, best, index_of
from flows.nodes import Question, names_of
from flows.numbers import whole_number
from flows.recall import is_more
from flows.run import Run
from flows.session import Reply, Sprint

MOST_INDEXED = 2_000  # options left by a filter, for which an index of their own is made at each look


def matches(run: Run, question: Question, text: str) -> list[int]:
    """The places of the options that a text may mean, the best first."""
    hidden = run.hidden(question)
    if not hidden:
        return list(best(question.index_of_names, text, limit=MOST_FOUND))
    shown = everything(run, question)
    if len(shown) > MOST_INDEXED:
        return [
            place for place in best(question.index_of_names, text, limit=MOST_FOUND) if place not in hidden
        ]
    # A look finds only so many: those that a filter leaves must not be crowded out by the others.
    index = index_of(names_of(question.options[place]) for place in shown)
    return [shown[place] for place in best(index, text, limit=MOST_FOUND)]


def everything(run: Run, question: Question) -> list[int]:
    """All options that are offered to this person, in their order."""
    hidden = run.hidden(question)
    return [place for place in range(len(question.choices)) if place not in hidden]


def offer(run: Run, question: Question, places: list[int], first: int = 0) -> Sprint:
    """Offer a page of options; `first` is the place of the page's first one among all."""
    state = [places, first]
    say(run, question, state)
    return run.wait(question, run.session.retries, run.session.expires, offer=state)


def say(run: Run, question: Question, state: list[Any]) -> None:
    """Say the page that is open."""
    page = _page(run, state)
    options = tuple(
        OptionShown(
            number, question.choices[place].code, question.choices[place].label.pick(run.language).text
        )
        for number, place in enumerate(page, 1)
    )
    places, _ = state
    key = "lookup_which" if len(places) > len(page) else "which_one"
    run.say_engine(question, key, options=options)


def _page(run: Run, state: list[Any]) -> list[int]:
    places, first = state
    size = max(1, run.contact.limits.options)
    page: list[int] = places[first : first + size]
    return page


def chosen(run: Run, state: list[Any], reply: Reply) -> int | None:
    """The place of the option that a reply names by its number on the page; None: it names none."""
    number = whole_number(reply.text) if 0 < len(reply.text) <= 8 else None  # noqa: PLR2004 - more is no number of ours
    page = _page(run, state)
    return page[number - 1] if number is not None and 1 <= number <= len(page) else None


def next_page(
    run: Run, state: list[Any] | None, question: Question, reply: Reply
) -> tuple[list[int], int] | None:
    """The page after this one, the first one again after the last; None: the reply asks for none."""
    if not is_more(reply.text):
        return None
    if state is None:
        return everything(run, question), 0
    places, first = state
    after = first + max(1, run.contact.limits.options)
    return places, after if after < len(places) else 0
