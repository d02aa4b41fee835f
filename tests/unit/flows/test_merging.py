"""Two people change one draft: what only one of them changed is kept, what both changed is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.editing import Add, Edit, Move, Remove, Rename, Set, SetText, apply, outline
from flows.merging import Clash, merge
from tests.unit.flows.test_editing import SMALL, names


def both(mine: Edit, theirs: Edit) -> str:
    return merge(SMALL, apply(SMALL, mine), apply(SMALL, theirs))


def test_changes_of_different_steps_are_both_kept() -> None:
    merged = both(SetText("hello", ("text",), "eng", "Hi."), SetText("sorry", ("text",), "eng", "Oh."))
    assert merged == apply(
        apply(SMALL, SetText("hello", ("text",), "eng", "Hi.")), SetText("sorry", ("text",), "eng", "Oh.")
    )


def test_a_step_that_moved_keeps_what_the_other_wrote_into_it() -> None:
    merged = both(Move("hello", after="sorry"), SetText("hello", ("text",), "eng", "Hi."))
    assert names(merged) == ["works", "sorry", "hello"]
    assert outline(merged).lines[2].values["text"] == "Hi."


def test_steps_put_in_by_both_are_both_there() -> None:
    merged = both(Add("say", "mine", after="hello"), Add("say", "theirs", after="works"))
    assert names(merged) == ["hello", "mine", "works", "theirs", "sorry"]


def test_a_step_goes_into_a_group_that_the_other_filled() -> None:
    source = apply(SMALL, Add("group", "pump", after="hello"))
    merged = merge(source, apply(source, Move("works", "pump")), apply(source, Move("sorry", "pump")))
    assert {line.name: line.parent for line in outline(merged).lines} == {
        "hello": None,
        "pump": None,
        "works": "pump",
        "sorry": "pump",
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "part"),
    [
        (SetText("hello", ("text",), "eng", "A"), SetText("hello", ("text",), "eng", "B"), "step:hello"),
        (Remove("hello"), SetText("hello", ("text",), "eng", "B"), "step:hello"),
        (SetText("hello", ("text",), "eng", "B"), Remove("hello"), "step:hello"),
        (Set(None, ("title",), "A"), Set(None, ("title",), "B"), "flow:title"),
    ],
)
def test_what_both_changed_is_named(mine: Edit, theirs: Edit, part: str) -> None:
    with pytest.raises(Clash) as clash:
        both(mine, theirs)
    assert clash.value.part == part


_one = st.sampled_from(
    [
        SetText("hello", ("text",), "eng", "Hi."),
        SetText("works", ("options", 0, "label"), "urd", "ہاں"),
        Set("sorry", ("goto",)),
        Set(None, ("title",), "Pumps"),
        Move("sorry", after=None),
        Move("hello", after="works"),
        Remove("sorry"),
        Rename("hello", "hi"),
        Add("say", "bye"),
        Add("group", "pump", after="hello"),
    ]
)


@settings(max_examples=80, deadline=None)
@given(_one, _one)
def test_taking_a_change_back_leaves_the_other(first: Edit, second: Edit) -> None:
    after = apply(SMALL, first)
    try:
        later = apply(after, second)
        back = merge(after, SMALL, later)
    except ValueError:  # the second rests on the first
        return
    if later != after and not isinstance(second, Rename):  # a step of another name stays where it is
        assert steps(back) == steps(apply(SMALL, second))


def steps(source: str) -> dict[str, tuple[str | None, object]]:
    return {line.name: (line.parent, line.values) for line in outline(source).lines}


@settings(max_examples=40, deadline=None)
@given(_one)
def test_a_change_taken_back_at_once_gives_the_same_text(edit: Edit) -> None:
    after = apply(SMALL, edit)
    assert merge(after, SMALL, after) == SMALL
