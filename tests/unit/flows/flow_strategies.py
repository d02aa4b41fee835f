"""Flows of any kind, good and bad, and replies of any kind, for properties."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

import flows
from flows.actions import ARGUMENTS
from flows.definition import (
    CHOSEN,
    END,
    AnswerType,
    Ask,
    Branch,
    Calculate,
    Chance,
    Do,
    Fact,
    Finish,
    Flow,
    Group,
    MediaFallback,
    Meta,
    OnFailure,
    Option,
    Quota,
    Range,
    Repeat,
    Route,
    Say,
    Split,
    Text,
    Variant,
)

LONG = tuple(
    Option(
        f"o{number}",
        number + 1,
        Text(f"long.{number}", {"eng": f"{word} {number}", "urd": f"گاؤں {number}"}),
        columns={"kind": "one" if number % 2 else "odd"},
    )
    for number, word in enumerate(["Alpha", "Alphabet", "Bravo", "Camp"] * 5)
)
NAMES = ("a", "b", "c", "d", "e", "f")
LANGUAGES = ("eng", "urd", "fra")
_EXPRESSIONS = st.sampled_from(
    [
        *[
            "true()",
            "false()",
            "${a} = 'one'",
            "${b} != ''",
            "${c} > 2",
            "selected(${d}, 'two')",
            "not(${e} = 1)",
        ],
        *["${area} = 'north'", "string-length(${f}) > 3", "today() > '2020-01-01'", "1 div 0", "0 div 0"],
        *[
            "regex(${a}, '[a-z]+')",
            "if(${a} = 'one', 1, 0)",
            "coalesce(${a}, ${b})",
            "count-selected(${a}) >= 1",
        ],
        *["broken(", "${a} =", ""],
    ]
)
_WHEN = st.none() | _EXPRESSIONS
_TARGETS = st.sampled_from([*NAMES, END, "nowhere"])
_GOTO = st.none() | _TARGETS
_WORDS = st.sampled_from(
    ["Hello", "Hello {area}", "You said ${a}", "{missing}", "1 Yes 2 No", "ہیلو {b}", "x" * 170, " "]
)


def texts():
    return st.builds(
        Text, st.just("id"), st.dictionaries(st.sampled_from(LANGUAGES), _WORDS, max_size=3).map(dict)
    )


@st.composite
def _options(draw):
    codes = draw(st.lists(st.sampled_from(["one", "two", "three", "yes", "no"]), unique=True, max_size=4))
    words = st.sampled_from(["One", "two", "ہاں", "Same", "Alphabet", "Alphabat", "👍", ""])
    return tuple(
        Option(
            code,
            number,
            Text(f"label.{code}", {language: draw(words) for language in LANGUAGES}),
            aliases=draw(st.dictionaries(st.sampled_from(LANGUAGES), st.tuples(words), max_size=1)),
            goto=draw(_GOTO),
            when=draw(_WHEN),
        )
        for number, code in enumerate(codes, 1)
    )


def _variants():
    return st.lists(st.builds(Variant, _EXPRESSIONS, texts(), st.none() | texts()), max_size=1).map(tuple)


@st.composite
def _do(draw, name):
    action = draw(st.sampled_from(sorted(ARGUMENTS)))
    must, may = ARGUMENTS[action]
    values = st.sampled_from(["urd", "=${a}", "={", "a", 5, "=${c} + 1", None, ["x"], "2h", {"x": "=${a}"}])
    arguments = {key: draw(values) for key in sorted(must | may)}
    return Do(name, action, arguments, when=draw(_WHEN), goto=draw(_GOTO))


@st.composite
def _ask(draw, name):
    kind = draw(st.sampled_from(AnswerType))
    closed = kind in CHOSEN
    listed = closed and draw(st.booleans())
    return Ask(
        name,
        draw(texts()),
        kind,
        draw(_options()) if closed and not listed else (),
        when=draw(_WHEN),
        goto=draw(_GOTO),
        constraint=draw(
            st.none() | st.sampled_from([". > 2", ". != ''", "${a} = .", "(", "string-length(.) < 5"])
        ),
        constraint_message=draw(st.none() | texts()),
        required=draw(st.booleans()),
        retries=draw(st.integers(0, 2)),
        on_failure=draw(st.sampled_from(OnFailure)),
        indicator=draw(st.none() | st.just("PM1")),
        personal=draw(st.booleans()),
        disclosure=draw(st.none() | st.sampled_from(["secret", "=contains(., 'x')", "(", "=("])),
        short=draw(st.none() | texts()),
        variants=draw(_variants()),
        exclusive=draw(st.sampled_from([(), ("one",), ("gone",)])),
        list=draw(st.sampled_from(["long", "gone"])) if listed else None,
        filter=draw(st.sampled_from([None, "kind = ${a}", "kind != 'odd'", "broken("])) if listed else None,
        other=draw(st.none() | texts()) if closed else None,
        lookup=draw(st.none() | st.booleans()) if closed else None,
        hint=draw(st.none() | texts()),
        default=draw(st.sampled_from([None, "1", "one", "=${a}", "=(", "2031-03-09"])),
        required_when=draw(_WHEN),
        range=draw(st.sampled_from([None, Range(0, 10, 1), Range(5, 1, 0)])),
        ranks=draw(st.sampled_from([None, 1, 9])),
        timeout=draw(st.sampled_from([None, None, timedelta(minutes=5)])),
        timeout_goto=draw(_GOTO),
        confirm=draw(st.booleans()),
        media_fallback=draw(st.none() | st.sampled_from(MediaFallback)),
    )


def _step(name):
    return st.one_of(
        _ask(name),
        _ask(name),
        st.builds(
            Say,
            st.just(name),
            texts(),
            when=_WHEN,
            goto=_GOTO,
            short=st.none() | texts(),
            variants=_variants(),
        ),
        _do(name),
        st.builds(
            Branch,
            st.just(name),
            st.lists(st.builds(Route, _EXPRESSIONS, _TARGETS), max_size=2).map(tuple),
            otherwise=_GOTO,
            when=_WHEN,
        ),
        st.builds(Finish, st.just(name), st.sampled_from(["completed", "refused", "odd"]), when=_WHEN),
        st.builds(Calculate, st.just(name), _EXPRESSIONS, when=_WHEN, personal=st.booleans()),
        st.builds(Meta, st.just(name), st.sampled_from(Fact), when=_WHEN),
        st.builds(
            Split,
            st.just(name),
            st.lists(st.builds(Chance, st.integers(0, 3), _TARGETS), max_size=3).map(tuple),
            when=_WHEN,
        ),
    )


@st.composite
def _holder(draw, name, depth=0):
    """A group or repeat with steps inside, perhaps another one among them."""
    inner = [
        draw(
            _holder(f"{name}{number}", depth + 1)
            if depth == 0 and draw(st.booleans())
            else _step(f"{name}{number}")
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    if draw(st.booleans()):
        return Group(name, tuple(inner), when=draw(_WHEN))
    return Repeat(
        name,
        tuple(inner),
        when=draw(_WHEN),
        count=draw(st.sampled_from([None, "2", "${c}", "${b}", "9999", "broken(", "-3"])),
        another=draw(st.none() | texts()),
        most=draw(st.sampled_from([0, 1, 3, 10_000])),
    )


@st.composite
def flows_of_any_kind(draw):
    """A flow that the engine must bear: its jumps, expressions and texts may all be wrong."""
    names = NAMES[: draw(st.integers(0, len(NAMES)))]
    called = Flow("called", Text("title", {}), ("eng",), tuple(draw(_step(name)) for name in names[:2]))
    return Flow(
        "any",
        Text("title", {"eng": "Any"}),
        draw(st.sampled_from([LANGUAGES, ("fra",), ()])),
        tuple(draw(_step(name) | _step(name) | _holder(name)) for name in names),
        lists={"long": LONG},
        subflows=draw(st.sampled_from([{}, {"a": called}])),
        quotas=draw(st.sampled_from([(), (Quota("q", "${a} = 'one'", 1),), (Quota("r", "(", 0),)])),
        expires=draw(st.sampled_from([timedelta(hours=72), timedelta(minutes=1), timedelta(days=9_000)])),
        reminders=draw(st.sampled_from([(), (timedelta(hours=4),)])),
        reminder_text=draw(st.none() | texts()),
    )


def replies():
    """What people and machines send."""
    words = st.one_of(
        st.sampled_from(
            [
                "1",
                "2",
                "۱",
                "yes",
                "ہاں",
                "one",
                "0",
                "skip",
                "1,2",
                "",
                " ",
                "5",
                "2.5",
                "2031-03-09",
                "secret",
                "x",
                "back",
                "واپس",
                "?",
                "more",
                "alph",
                "no",
                "back",
            ]
        ),
        st.text(max_size=40),
        st.sampled_from(
            ["x" * 10_001, "1," * 6_000, "9" * 5_000, "\x00\ud800\u202e", "${a}", "{area}", "' or '1'='1"]
        ),
    )
    numbers = st.floats()
    return st.builds(
        flows.Reply,
        words,
        choice=st.none() | st.sampled_from(["one", "two", "gone", ""]),
        media=st.just(()) | st.just(("media:1",)),
        place=st.none() | st.tuples(numbers, numbers),
    )


def contacts():
    """People, with facts and places or without."""
    return st.builds(
        flows.Contact,
        st.sampled_from([*LANGUAGES, "prs", "xxx"]),
        st.sampled_from(["sms", "telegram"]),
        st.dictionaries(
            st.sampled_from(["area", "hotline", "a"]), st.text(max_size=5) | st.integers(), max_size=2
        ),
        st.just({}) | st.just({"kabul": "AF01"}),
        st.integers(0, 5),
        st.sampled_from([{}, {"q": 1}, {"q": 5}]),
        limits=st.sampled_from([flows.Limits(), flows.Limits(options=0), flows.Limits(options=3)]),
    )
