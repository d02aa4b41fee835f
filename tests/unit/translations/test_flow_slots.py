"""Which texts a flow has: in groups, repeats and lists too, each with the path by which an edit changes it."""

from flows import editing, load
from flows.edits import SetText
from gateway.flow_slots import slots

CAMPS = """\
spec: paigham.flow/2
flow: camps
title: Camps
languages: [eng, urd]
purpose: p
owner: im_officer
retention: survey_link
outbound: false
reminder_text: "Please answer."
lists:
  camps:
    - {code: a, label: {eng: Alpha, urd: الفا}}
    - {code: b, label: Beta}
steps:
  - group: place
    label: Part one, for staff
    when: "1 = 1"
    steps:
      - ask: camp
        type: select_one
        list: camps
        short: "Camp?"
        text: {eng: "Which camp do you live in?"}
        variants:
          - {when: "1 = 2", text: "Which of the camps?"}
        hint: "The one you sleep in"
        other: "Which other?"
  - repeat: kids
    another: "One more child?"
    steps:
      - ask: age
        type: integer
        text: "How old?"
        constraint: ". < 99"
        constraint_message: "Below 99, please."
  - say: numbers
    text: "1 2 3"
"""


def test_every_text_that_people_read_is_there_in_the_order_in_which_they_meet_it() -> None:
    assert [(slot.step, slot.kind, slot.path) for slot in slots(load(CAMPS))] == [
        ("camp", "text", ("text",)),
        ("camp", "short", ("short",)),
        ("camp", "text", ("variants", 0, "text")),
        ("camp", "hint", ("hint",)),
        ("camp", "other", ("other",)),
        ("kids", "another", ("another",)),
        ("age", "text", ("text",)),
        ("age", "constraint_message", ("constraint_message",)),
        (None, "reminder_text", ("reminder_text",)),
        (None, "label", ("lists", "camps", 0, "label")),
        (None, "label", ("lists", "camps", 1, "label")),
    ]


def test_an_edit_at_a_texts_path_changes_that_text_and_no_other() -> None:
    before = {slot.id: slot.text.by_language for slot in slots(load(CAMPS))}
    for slot in slots(load(CAMPS)):
        edited = editing.apply(CAMPS, SetText(slot.step, slot.path, "urd", "نیا متن"))
        after = {other.id: other.text.by_language for other in slots(load(edited))}
        assert after == {**before, slot.id: {**before[slot.id], "urd": "نیا متن"}}


def test_a_text_knows_what_is_said_before_it_and_which_answers_stand_beside_it() -> None:
    found = {slot.id: slot for slot in slots(load(CAMPS))}
    assert found["camps.age.text"].before == "Which camp do you live in?"
    assert [option.code for option in found["camps.list.camps.b"].options] == ["a", "b"]


def test_words_that_stand_alike_in_every_language_are_not_translated() -> None:
    text = CAMPS.replace("languages: [eng, urd]", "languages: [eng, urd, fra]").replace(
        '{eng: "Which camp do you live in?"}', "{mul: 1 English 2 اردو 3 Français}"
    )
    assert "camps.camp.text" not in {slot.id for slot in slots(load(text))}


def test_many_wordings_at_once_are_the_same_as_one_after_the_other() -> None:
    edits = [SetText(slot.step, slot.path, "urd", f"متن {slot.id}") for slot in slots(load(CAMPS))]
    one_by_one = CAMPS
    for edit in edits:
        one_by_one = editing.apply(one_by_one, edit)
    assert editing.say_all(CAMPS, edits) == one_by_one
    assert editing.say_all(CAMPS, []) == CAMPS
