"""Differences between two wordings of a flow: nothing for equal ones, and every change is seen and readable."""

from dataclasses import fields, replace

from flow_builders import ask, flow_of, options
from flow_strategies import flows_of_any_kind
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import flows
from flows.definition import Ask, Say, Text
from flows.differences import Mark, Part, Way, differences, marked

BEFORE = flow_of(
    ask("water", text={"eng": "Do you have enough water?", "urd": "کیا پانی کافی ہے؟"}),
    ask("food"),
    {"say": "thanks", "text": "Thank you."},
    languages=["eng", "urd"],
)


def after(*steps, **top):
    return flow_of(*steps, **{"languages": ["eng", "urd"]} | top)


WATER = ask("water", text={"eng": "Do you have enough water?", "urd": "کیا پانی کافی ہے؟"})
FOOD, THANKS = ask("food"), {"say": "thanks", "text": "Thank you."}


def told(flow):
    return [(item.step, item.way) for item in differences(BEFORE, flow)]


def test_equal_flows_do_not_differ():
    assert told(after(WATER, FOOD, THANKS)) == []


def test_steps_are_added_removed_and_moved_and_the_fewest_are_called_moved():
    assert told(after(WATER, THANKS)) == [("food", Way.REMOVED)]
    assert told(after(WATER, FOOD, ask("new"), THANKS)) == [("new", Way.ADDED)]
    assert told(after(FOOD, THANKS, WATER)) == [("water", Way.MOVED)]
    assert told(after(WATER, {"group": "g", "steps": [FOOD]}, THANKS)) == [
        ("g", Way.ADDED),
        ("food", Way.CHANGED),
    ]


def test_a_wording_is_shown_in_its_language_with_its_words_marked():
    changed = after(
        WATER | {"text": {"eng": "Do you have clean water?", "urd": "کیا پانی کافی ہے؟"}}, FOOD, THANKS
    )
    (found,) = differences(BEFORE, changed)
    assert (found.step, found.way) == ("water", Way.CHANGED)
    (part,) = found.parts
    assert (part.path, part.language) == (("text",), "eng")
    assert [(piece.mark, piece.words) for piece in part.pieces] == [
        (Mark.SAME, "Do you have "),
        (Mark.GONE, "enough"),
        (Mark.NEW, "clean"),
        (Mark.SAME, " water?"),
    ]


def test_options_and_conditions_are_named_by_code():
    changed = after(
        WATER, FOOD | {"options": options(yes="Yes", no="Not at all"), "when": "${water} = 'no'"}, THANKS
    )
    (found,) = differences(BEFORE, changed)
    parts = {part.path: part for part in found.parts}
    assert parts["when",] == Part(("when",), None, None, "${water} = 'no'")
    assert parts["options", "no", "label"].language == "eng"
    assert (parts["options", "no", "label"].before, parts["options", "no", "label"].after) == (
        "No",
        "Not at all",
    )


def test_the_order_of_options_and_facts_about_the_flow_are_seen():
    turned = after(WATER, FOOD | {"options": options(no="No", yes="Yes")}, THANKS)
    assert ("options", "order") in {part.path for item in differences(BEFORE, turned) for part in item.parts}
    (head,) = differences(BEFORE, after(WATER, FOOD, THANKS, purpose="Other"))
    assert head.step is None
    assert [part.path for part in head.parts] == [("purpose",)]


@given(st.text(max_size=80), st.text(max_size=80))
def test_marked_words_give_both_wordings_back(before, later):
    pieces = marked(before, later)
    assert "".join(piece.words for piece in pieces if piece.mark is not Mark.NEW) == before
    assert "".join(piece.words for piece in pieces if piece.mark is not Mark.GONE) == later


@given(flows_of_any_kind())
@settings(max_examples=30)
def test_any_flow_equals_itself_frozen_and_thawed(flow):
    assert differences(flow, flows.from_dict(flows.dump(flow))) == []


@given(flows_of_any_kind(), flows_of_any_kind())
@settings(max_examples=30)
def test_two_flows_differ_where_their_frozen_forms_do_and_nowhere_else(one, other):
    assert (differences(one, other) == []) == (flows.dump(one) == flows.dump(other))


@given(flows_of_any_kind(), st.data())
@settings(max_examples=30)
def test_every_mutation_of_a_step_is_seen(flow, data):
    places = [place for place, step in enumerate(flow.steps) if isinstance(step, Ask | Say)]
    assume(places)
    place = data.draw(st.sampled_from(places))
    step = flow.steps[place]
    name = data.draw(st.sampled_from([item.name for item in fields(step) if item.name in MUTATIONS]))
    mutated = replace(step, **{name: MUTATIONS[name](getattr(step, name))})
    changed = replace(flow, steps=(*flow.steps[:place], mutated, *flow.steps[place + 1 :]))
    assert {item.step for item in differences(flow, changed)} & {step.name}


MUTATIONS = {
    "text": lambda text: Text(
        text.id, {**text.by_language, "eng": text.by_language.get("eng", "") + " more"}
    ),
    "when": lambda when: f"({when or 'true()'}) and true()",
    "goto": lambda goto: f"{goto or ''}x",
    "short": lambda short: None if short else Text("s", {"eng": "Short"}),
    "required": lambda required: not required,
    "retries": lambda retries: retries + 1,
    "indicator": lambda indicator: f"{indicator or ''}X",
    "topics": lambda topics: (*topics, "more"),
    "media": lambda found: {**found, "fra": "other.ogg"},
    "extra": lambda found: {**found, "column": "value"},
}
MUTATIONS |= dict.fromkeys(("constraint", "required_when", "filter"), MUTATIONS["when"])
