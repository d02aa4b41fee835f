"""Flows of any kind, good and bad, and replies of any kind, for properties."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

import flows
from flows.actions import ARGUMENTS
from flows.definition import (
    END,
    AnswerType,
    Ask,
    Branch,
    Do,
    Finish,
    Flow,
    OnFailure,
    Option,
    Route,
    Say,
    Text,
    Variant,
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
_KINDS = [
    *[AnswerType.SELECT_ONE, AnswerType.SELECT_MULTIPLE, AnswerType.INTEGER, AnswerType.DECIMAL],
    *[AnswerType.TEXT, AnswerType.DATE, AnswerType.PLACE],
]
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
    values = st.sampled_from(["urd", "=${a}", "={", "a", 5, "=${c} + 1", None, ["x"]])
    arguments = {key: draw(values) for key in sorted(must | may)}
    return Do(name, action, arguments, when=draw(_WHEN), goto=draw(_GOTO))


@st.composite
def _ask(draw, name):
    kind = draw(st.sampled_from(_KINDS))
    closed = kind in {AnswerType.SELECT_ONE, AnswerType.SELECT_MULTIPLE}
    return Ask(
        name,
        draw(texts()),
        kind,
        draw(_options()) if closed else (),
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
    )


@st.composite
def flows_of_any_kind(draw):
    """A flow that the engine must bear: its jumps, expressions and texts may all be wrong."""
    names = NAMES[: draw(st.integers(0, len(NAMES)))]
    return Flow(
        "any",
        Text("title", {"eng": "Any"}),
        draw(st.sampled_from([LANGUAGES, ("fra",), ()])),
        tuple(draw(_step(name)) for name in names),
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
    )
