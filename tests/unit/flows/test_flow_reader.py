import json
import time

import pytest
from flow_builders import HEAD, YES_NO, ask, flow_of
from hypothesis import given
from hypothesis import strategies as st

import flows
from flows.definition import AnswerType, Ask, Do, OnFailure
from flows.readers.tree import MAX_SIZE

GOOD = """
spec: paigham.flow/1
flow: good
title: Good
languages: [eng, urd]
expires: 24h
reminders: [4h, 1d]
reminder_text: {eng: Please reply., urd: جواب دیں}
steps:
  - say: hello
    text: {eng: Hello., urd: سلام}
  - ask: who
    type: select_one
    text: Who?
    options:
      - {code: yes, label: Yes, aliases: [ok, sure]}
      - code: "no"
        label: {eng: No, urd: نہیں}
        number: 5
        aliases: {urd: [نا]}
        goto: end
    retries: 1
    on_failure: human
    media: {urd: "audio:1"}
  - do: keep
    action: field
    field: area
    value: =${who}
    when: ${who} != ''
"""


def faults(text):
    with pytest.raises(flows.FlowInvalid) as caught:
        flows.load(text)
    return caught.value.findings


def faults_of(*steps, **top):
    return faults(json.dumps(HEAD | top | {"steps": list(steps)}))


def refused(read):
    """The findings of a definition that may be good or bad."""
    try:
        read()
    except flows.FlowInvalid as error:
        return error.findings or [None]
    return []


def codes(findings):
    return [finding.code for finding in findings]


def test_a_flow_is_read_as_it_is_written():
    flow = flows.load(GOOD)
    hello, who, keep = flow.steps
    assert flow.code == "good"
    assert flow.languages == ("eng", "urd")
    assert flow.expires.total_seconds() == 24 * 3600
    assert [after.total_seconds() for after in flow.reminders] == [4 * 3600, 24 * 3600]
    assert hello.text.by_language == {"eng": "Hello.", "urd": "سلام"}
    assert hello.text.id == "good.hello.text"
    assert isinstance(who, Ask)
    assert who.type is AnswerType.SELECT_ONE
    assert (who.retries, who.on_failure) == (1, OnFailure.HUMAN)
    assert [(option.code, option.number, option.goto) for option in who.options] == [
        ("yes", 1, None),
        ("no", 5, "end"),
    ]
    assert who.options[0].aliases == {"eng": ("ok", "sure")}
    assert who.options[1].aliases == {"urd": ("نا",)}
    assert who.options[0].label.id == "good.who.option.yes"
    assert who.media == {"urd": "audio:1"}
    assert isinstance(keep, Do)
    assert keep.arguments == {"field": "area", "value": "=${who}"}


def test_yes_and_no_without_quotation_marks_are_words():
    assert [option.code for option in flows.load(GOOD).steps[1].options] == ["yes", "no"]


def test_words_that_read_the_same_in_every_language_are_written_once():
    step = {"say": "a", "text": {"mul": "1 English 2 اردو"}}
    words = flow_of(step, languages=["eng", "urd"]).steps[0].text.by_language
    assert words == {"eng": "1 English 2 اردو", "urd": "1 English 2 اردو"}
    assert "unknown_language" in codes(faults_of({"say": "a", "text": {"mul": "A", "eng": "B"}}))


def test_catalogs_fill_the_gaps_and_leave_what_is_there():
    catalogs = {"urd": {"Who?": "کون؟", "No": "بالکل نہیں", "Hello.": "ہیلو"}, "fra": {"Who?": "Qui ?"}}
    flow = flows.load(GOOD, catalogs=catalogs)
    assert flow.steps[1].text.by_language == {"eng": "Who?", "urd": "کون؟"}
    assert flow.steps[1].options[1].label.by_language["urd"] == "نہیں"
    assert flow.steps[0].text.by_language["urd"] == "سلام"


def test_the_engines_own_words_are_translated_with_the_flow():
    english = flows.load(GOOD)
    assert english.engine_texts == {}
    words = "Sorry, this answer does not fit the question. Please check it and send it again."
    flow = flows.load(GOOD, catalogs={"urd": {words: "یہ جواب ٹھیک نہیں"}})
    assert flow.engine_texts["does_not_fit"].by_language == {"eng": words, "urd": "یہ جواب ٹھیک نہیں"}


def test_every_fault_is_told_at_once_with_its_line_and_step():
    found = faults("""
spec: paigham.flow/1
flow: bad name
title: Bad
languages: [eng, klingon]
expires: soon
colour: red
steps:
  - ask: a
    type: selekt
    text: ""
  - say: a
    text: Hi
    goto: nowhere
    when: "${x"
  - sing: song
""")
    assert [(finding.line, finding.step, finding.code) for finding in found] == [
        (3, None, "bad_name"),
        (5, None, "unknown_language"),
        (6, None, "bad_duration"),
        (7, None, "unknown_key"),
        (10, "a", "unknown_word"),
        (11, "a", "text_missing"),
        (12, "a", "duplicate_step"),
        (14, "a", "unknown_target"),
        (15, "a", "bad_expression"),
        (16, None, "unknown_step_kind"),
    ]
    assert all(finding.severity is flows.Severity.ERROR for finding in found)
    assert all(finding.sentence.endswith((".", ")")) for finding in found)
    assert "line 14, step “a”: There is no step “nowhere” to go to." in str(flows.FlowInvalid(found))


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"say": "a"}, "text_missing"),
        ({"say": "a", "text": {"urd": "ا"}}, "text_missing"),
        ({"say": "a", "text": {"eng": "A", "fra": "A"}}, "unknown_language"),
        ({"say": "a", "text": ["A"]}, "not_text"),
        ({"say": "end", "text": "A"}, "duplicate_step"),
        ({"say": "a b", "text": "A"}, "bad_name"),
        ({"say": "a", "text": "A", "variants": [{"text": "B"}]}, "missing"),
        ({"say": "a", "text": "A", "media": {"fra": "x"}}, "unknown_language"),
        (ask("q", options=[]), "options"),
        (ask("q", "text", options=YES_NO), "options"),
        (ask("q", options=[{"code": "a", "label": "A"}, {"code": "a", "label": "B"}]), "duplicate_code"),
        (
            ask("q", options=[{"code": "a", "label": "A", "number": 2}, {"code": "b", "label": "B"}]),
            "duplicate_number",
        ),
        (ask("q", options=[{"code": "a b", "label": "A"}]), "bad_name"),
        (ask("q", options=[{"label": "A"}]), "missing"),
        (ask("q", options=["A"]), "not_a_mapping"),
        (ask("q", retries=99), "not_a_number"),
        (ask("q", retries="two"), "not_a_number"),
        (ask("q", required="yes"), "not_a_flag"),
        (ask("q", constraint="${x} ="), "bad_expression"),
        (ask("q", disclosure="=("), "bad_expression"),
        (ask("q", disclosure="(a+)+"), "bad_pattern"),
        (ask("q", exclusive=["c"]), "unknown_code"),
        (ask("q", aliases=[]), "unknown_key"),
        ({"do": "a", "action": "dance"}, "unknown_word"),
        ({"do": "a", "action": "join"}, "missing"),
        ({"do": "a", "action": "ask_service", "service": "s", "gives": 5}, "not_a_list"),
        ({"do": "a", "action": "ask_service", "service": "s", "arguments": [1]}, "not_a_mapping"),
        ({"do": "a", "action": "wait"}, "missing"),
        ({"do": "a", "action": "wait", "for": "soon"}, "bad_duration"),
        ({"repeat": "a", "steps": []}, "missing"),
        ({"split": "a", "routes": [{"weight": 0, "goto": "end"}]}, "missing"),
        ({"calculate": "a"}, "missing"),
        ({"meta": "a", "fact": "moon"}, "unknown_word"),
        (ask("q", list="none"), "options"),
        (ask("q", "text", other="x"), "options"),
        (ask("q", "range"), "range"),
        (ask("q", "text", attachments={"most": 1}), "attachments"),
        (ask("q", timeout_goto="end"), "missing"),
        (ask("q", range={"start": 2, "end": 1}), "bad_range"),
        ({"do": "a", "action": "join", "group": "g", "purpose": "x"}, "unknown_key"),
        ({"do": "a", "action": "field", "field": "x", "value": "=1 +"}, "bad_expression"),
        ({"branch": "a", "routes": [{"when": "true()"}]}, "missing"),
        ({"branch": "a", "otherwise": "nowhere"}, "unknown_target"),
        ({"finish": "a", "disposition": "handed_over"}, "unknown_word"),
        ({"say": "a", "ask": "b", "text": "A"}, "unknown_step_kind"),
        ("hello", "unknown_step_kind"),
    ],
)
def test_a_fault_in_a_step_is_told(step, code):
    found = faults_of(step)
    assert code in codes(found)


@pytest.mark.parametrize(
    ("top", "code"),
    [
        ({"spec": "paigham.flow/9"}, "unknown_spec"),
        ({"languages": []}, "missing"),
        ({"languages": ["eng", "eng"]}, "duplicate_language"),
        ({"title": None}, "text_missing"),
        ({"sensitivity": "S9"}, "unknown_word"),
        ({"reminders": ["4 hours"]}, "bad_duration"),
        ({"expires": "91d"}, "bad_duration"),
        ({"expires": "0h"}, "bad_duration"),
        ({"discreet": "maybe"}, "not_a_flag"),
        ({"tests": ["x"]}, "not_a_mapping"),
        ({"topics": {"a": 1}}, "not_a_list"),
        ({"purpose": ["a"]}, "not_text"),
    ],
)
def test_a_fault_of_the_flow_is_told(top, code):
    assert code in codes(faults_of({"say": "a", "text": "A"}, **top))


def test_a_flow_without_steps_is_no_flow():
    assert "missing" in codes(faults_of())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: ]", 1),
        ("a: b\n\tc: d", 2),
        ("a: &x 1\nb: *x", 1),
        ("a: 1\nb: !!python/object:os.system x", 2),
        ("a: 1\n---\nb: 2", 2),
        ("a: 1\na: 2", 2),
        ("? [a]\n: b", 1),
        ("a: \x00", 1),
        ("\ud800", 1),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text, line):
    found = faults(text)
    assert len(found) == 1
    assert found[0].line == line


@pytest.mark.parametrize("text", ["", "[]", "hello", "null", "- 1\n- 2"])
def test_other_yaml_is_no_flow_either(text):
    assert faults(text)


def test_size_depth_and_number_of_values_are_bounded():
    assert codes(faults("a" * (MAX_SIZE + 1))) == ["too_large"]
    assert codes(faults("[" * 500 + "]" * 500)) == ["too_large"]
    assert codes(faults("[" + "1," * 600_000 + "]")) == ["too_large"]


def test_an_alias_bomb_is_refused_at_once():
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    began = time.perf_counter()
    assert codes(faults("\n".join(lines))) == ["yaml"]
    assert time.perf_counter() - began < 5


@given(st.text(max_size=200))
def test_any_text_is_a_flow_or_is_refused_with_sentences(text):
    assert all(finding.sentence and finding.line for finding in refused(lambda: flows.load(text)))


_JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda rows: st.lists(rows, max_size=3) | st.dictionaries(st.text(max_size=8), rows, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    ["text", "type", "options", "when", "goto", "routes", "action", "variants", "media", "retries"]
)


@given(
    st.sampled_from(["say", "ask", "do", "branch", "finish"]),
    st.dictionaries(_KEYS, _JUNK, max_size=4),
    _JUNK,
)
def test_any_step_is_read_or_refused(kind, step, top):
    assert all(
        finding.sentence for finding in refused(lambda: flow_of({kind: "a"} | step, reminder_text=top))
    )
