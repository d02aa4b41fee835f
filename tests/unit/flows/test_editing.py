"""Edits of a draft's text: what is not touched stays as typed, and nothing that is sent breaks anything."""

from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flows
from flows import editing, sections
from flows.editing import (
    Add,
    AddRow,
    CannotEdit,
    Move,
    MoveRow,
    Remove,
    RemoveRow,
    Rename,
    Set,
    SetText,
    apply,
    from_json,
    outline,
    to_json,
)
from flows.findings import FlowInvalid

LIBRARY = {
    item.name: item.read_text()
    for item in (resources.files("flows") / "library").iterdir()
    if item.name.endswith(".yaml") and item.name != "engine_texts.yaml"
}
SMALL = """\
# Who we are.
spec: paigham.flow/1
flow: water
title: Water   # for staff
languages: [eng, urd]
steps:
  # Everybody hears this.
  - say: hello
    text: "Hello."  # short on purpose

  - ask: works
    type: select_one
    text: {eng: "Does it work?", urd: "کیا یہ چلتا ہے؟"}
    options:
      - {code: "yes", label: "Yes", goto: end}
      # the usual answer
      - {code: "no", label: "No"}
  - say: sorry
    when: "${works} = 'no'"
    text: "You said {works}."
    goto: works
# Talks.
tests:
  - name: It works
    talk: [{says: "1"}]
    answers: {works: "yes"}
"""


def names(source: str) -> list[str]:
    return [line.name for line in outline(source).lines]


# ---------------------------------------------------------------------- text stays


@pytest.mark.parametrize("name", LIBRARY)
def test_cutting_and_joining_gives_the_same_text(name: str) -> None:
    assert sections.read(LIBRARY[name]).text() == LIBRARY[name]


def test_an_edit_changes_the_lines_it_is_about_and_no_others() -> None:
    after = apply(SMALL, SetText("hello", ("text",), "eng", "Good day."))
    changed = [
        (old, new) for old, new in zip(SMALL.splitlines(), after.splitlines(), strict=True) if old != new
    ]
    assert [old for old, _ in changed] == ['    text: "Hello."  # short on purpose']
    assert changed[0][1].split("#")[0].strip() == 'text: "Good day."'
    assert changed[0][1].endswith("# short on purpose")


def test_comments_go_with_the_step_they_stand_before() -> None:
    after = apply(SMALL, Move("hello", after="sorry"))
    assert names(after) == ["works", "sorry", "hello"]
    assert (
        '  # Everybody hears this.\n  - say: hello\n    text: "Hello."  # short on purpose\n# Talks.' in after
    )
    assert "# the usual answer" in after
    assert apply(after, Move("hello", after=None)) == SMALL


def test_a_step_taken_out_takes_its_comment_along() -> None:
    after = apply(SMALL, Remove("hello"))
    assert "Everybody" not in after
    assert names(after) == ["works", "sorry"]
    assert "# Who we are." in after
    assert "# Talks." in after


# ---------------------------------------------------------------------- texts


def test_a_text_in_a_second_language_becomes_a_text_for_each() -> None:
    after = apply(SMALL, SetText("hello", ("text",), "urd", "سلام۔"))
    assert outline(after).lines[0].values["text"] == {"eng": "Hello.", "urd": "سلام۔"}


def test_words_for_all_languages_part_when_one_is_changed() -> None:
    source = apply(SMALL, Set("hello", ("text",), {"mul": "1 OK"}))
    after = apply(source, SetText("hello", ("text",), "urd", "1 ٹھیک"))
    assert outline(after).lines[0].values["text"] == {"eng": "1 OK", "urd": "1 ٹھیک"}


@pytest.mark.parametrize(
    "words", ["نه\u200cخیر", "क्\u200dष", "Bonjour\xa0!", "ab\xadc", "\u2067اردو\u2069 1"]
)
def test_signs_that_are_spelling_stand_as_they_were_typed(words: str) -> None:
    after = apply(SMALL, SetText("sorry", ("text",), "urd", words))
    assert f"urd: {words}\n" in after
    assert outline(after).lines[2].values["text"]["urd"] == words


@pytest.mark.parametrize("odd", ["\t", "\n"])
@pytest.mark.parametrize("words", ["a{}b", "{}", "{}a", "a\n{}b", "a\n{}"])
def test_what_no_line_can_hold_is_written_so_that_it_is_read_again(odd: str, words: str) -> None:
    after = apply(SMALL, Set("hello", ("when",), words.format(odd)))
    assert outline(after).lines[0].values["when"] == words.format(odd)


def test_an_empty_text_takes_the_wording_out_and_the_last_one_the_key() -> None:
    after = apply(SMALL, SetText("works", ("text",), "urd", ""))
    assert outline(after).lines[1].values["text"] == {"eng": "Does it work?"}
    gone = apply(after, SetText("works", ("text",), "eng", ""))
    assert outline(gone).lines[1].values.get("text") in (None, {})


def test_labels_of_options_are_texts_too() -> None:
    after = apply(SMALL, SetText("works", ("options", 1, "label"), "urd", "نہیں"))
    assert outline(after).lines[1].values["options"][1]["label"] == {"eng": "No", "urd": "نہیں"}
    assert "# the usual answer" in after


@pytest.mark.parametrize(
    "word", ["yes", "no", "true", "null", "12", "1.5", "- x", "a: b", "{x}", "#", "'", '"', "~"]
)
def test_words_that_yaml_reads_otherwise_stay_words(word: str) -> None:
    after = apply(SMALL, SetText("hello", ("text",), "eng", word))
    assert outline(after).lines[0].values["text"] == word


# ---------------------------------------------------------------------- steps


def test_a_new_step_stands_where_it_was_put() -> None:
    step = Add("ask", "age", after="hello", values={"type": "integer", "text": {"eng": "Your age?"}})
    after = apply(SMALL, step)
    assert names(after) == ["hello", "age", "works", "sorry"]
    assert outline(after).lines[1].values == {"ask": "age", "type": "integer", "text": {"eng": "Your age?"}}
    assert flows.load(after).steps[1].name == "age"


def test_steps_go_into_a_group_and_out_again() -> None:
    grouped = apply(SMALL, Add("group", "pump", after="hello"))
    inside = apply(apply(grouped, Move("works", "pump")), Move("sorry", "pump"))
    assert [(line.name, line.parent, line.depth) for line in outline(inside).lines] == [
        ("hello", None, 0),
        ("pump", None, 0),
        ("works", "pump", 1),
        ("sorry", "pump", 1),
    ]
    out = apply(apply(inside, Move("works", None, "pump")), Move("sorry", None, "works"))
    assert apply(out, Remove("pump")) == SMALL


def test_a_group_never_stands_in_itself() -> None:
    source = apply(apply(SMALL, Add("group", "outer")), Add("group", "inner", "outer"))
    for parent in ("outer", "inner"):
        with pytest.raises(CannotEdit) as refused:
            apply(source, Move("outer", parent))
        assert refused.value.code == "into_itself"


def test_a_new_name_is_carried_everywhere() -> None:
    after = apply(SMALL, Rename("works", "pump_works"))
    assert "works}" not in after.replace("pump_works}", "")
    assert "goto: pump_works" in after
    assert "${pump_works} = 'no'" in after
    assert "You said {pump_works}." in after
    assert outline(after).settings["tests"][0]["answers"] == {"pump_works": "yes"}
    assert apply(after, Rename("pump_works", "works")).count("works") == SMALL.count("works")


def test_a_name_that_is_taken_or_none_is_refused() -> None:
    for name, code in (("hello", "taken"), ("end", "name"), ("2nd", "name"), ("a b", "name")):
        with pytest.raises(CannotEdit) as refused:
            apply(SMALL, Rename("works", name))
        assert refused.value.code == code


# ---------------------------------------------------------------------- rows and settings


def test_options_are_added_moved_and_taken_out() -> None:
    more = apply(SMALL, AddRow("works", ("options",), {"code": "unknown", "label": "I do not know"}))
    first = apply(more, MoveRow("works", ("options",), 2, 0))
    codes = [option["code"] for option in outline(first).lines[1].values["options"]]
    assert codes == ["unknown", "yes", "no"]
    assert (
        flows.load(apply(first, RemoveRow("works", ("options",), 0))).steps[1] == flows.load(SMALL).steps[1]
    )


def test_settings_that_were_not_there_stand_before_the_steps() -> None:
    after = apply(SMALL, Set(None, ("reminders",), ["24h", "48h"]))
    assert "languages: [eng, urd]\nreminders: [24h, 48h]\nsteps:" in after
    assert apply(after, Set(None, ("reminders",))) == SMALL


def test_a_test_is_added_behind_the_others() -> None:
    test = {"name": "It does not", "talk": [{"says": "2"}, {"hears": "You said"}], "waits_at": "works"}
    after = apply(SMALL, AddRow(None, ("tests",), test))
    assert outline(after).settings["tests"][1] == test
    assert "# Talks." in after


def test_what_is_not_yaml_is_refused() -> None:
    for text in ("[", "- a", "just words", "a: b: c", ""):
        with pytest.raises(CannotEdit):
            apply(text, Remove("x"))


def test_a_broken_flow_can_still_be_edited() -> None:
    broken = SMALL.replace("type: select_one", "type: nonsense").replace("goto: end", "goto: nowhere")
    with pytest.raises(FlowInvalid):
        flows.load(broken)
    mended = apply(
        apply(broken, Set("works", ("type",), "select_one")), Set("works", ("options", 0, "goto"), "end")
    )
    assert flows.load(mended).steps == flows.load(SMALL).steps


# ---------------------------------------------------------------------- whatever is sent

_names = st.sampled_from(["hello", "works", "sorry", "new_one", "g", "end", "", "#1", "a b"])
_texts = st.text(max_size=12) | st.sampled_from(["yes", "a: b", "- x", "# no", "{", "two\nlines", " x", "\t"])
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts, inner, max_size=2),
    max_leaves=4,
)
_paths = st.lists(
    st.sampled_from(["text", "options", "label", "code", "tests", "title", "steps", "when", "ask", 0, 1, 7]),
    min_size=1,
    max_size=3,
).map(tuple)
_steps = st.none() | _names
_rows = st.integers(min_value=0, max_value=3)
_edits = st.one_of(
    st.builds(
        Add,
        st.sampled_from([*sections.KINDS, "nonsense"]),
        _names,
        _steps,
        _steps,
        st.dictionaries(st.sampled_from(["text", "steps", "type"]), _values, max_size=2),
    ),
    st.builds(Remove, _names),
    st.builds(Move, _names, _steps, _steps),
    st.builds(Rename, _names, _names),
    st.builds(Set, _steps, _paths, _values),
    st.builds(SetText, _steps, _paths, st.sampled_from(["eng", "urd", "xxx"]), _texts),
    st.builds(AddRow, _steps, _paths, _values, st.none() | _rows),
    st.builds(RemoveRow, _steps, _paths, _rows),
    st.builds(MoveRow, _steps, _paths, _rows, _rows),
)


@settings(max_examples=70, deadline=None)
@given(st.lists(_edits, max_size=6), st.sampled_from([SMALL, LIBRARY["satisfaction.yaml"]]))
def test_any_edits_give_a_text_that_loads_or_says_why_not(edits: list[editing.Edit], source: str) -> None:
    for edit in edits:
        try:
            source = apply(source, edit)
        except CannotEdit:
            continue
        outline(source)
        assert sections.read(source).text() == source
    assert loads(source) or faults(source)


def loads(source: str) -> bool:
    try:
        flows.load(source)
    except FlowInvalid:
        return False
    return True


def faults(source: str) -> tuple[flows.Finding, ...]:
    with pytest.raises(FlowInvalid) as refused:
        flows.load(source)
    return refused.value.findings


@settings(max_examples=60, deadline=None)
@given(_edits)
def test_an_edit_survives_being_sent(edit: editing.Edit) -> None:
    try:
        read = from_json(to_json(edit))
    except CannotEdit:
        return
    assert to_json(read) == to_json(edit) or "nan" in repr(edit)


@settings(max_examples=60, deadline=None)
@given(_values)
def test_what_is_no_edit_is_refused(values: object) -> None:
    with pytest.raises(CannotEdit):
        from_json({"do": "Set", "step": "hello", "path": values if values != ["text"] else 1, "more": 1})


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["hello", "works", "sorry"]), st.sampled_from([None, "hello", "works", "sorry"]))
def test_moving_there_and_back_gives_the_same_text(step: str, after: str | None) -> None:
    if after == step:
        return
    before = names(SMALL)
    place = before.index(step)
    moved = apply(SMALL, Move(step, None, after))
    assert apply(moved, Move(step, None, before[place - 1] if place else None)) == SMALL
