import pytest
from flow_builders import ask, flow_of, options
from flow_strategies import flows_of_any_kind
from hypothesis import given

import flows
from flows.check import RULES
from flows.definition import AnswerType, Ask, Branch, Flow, Option, Say, Text
from flows.findings import Severity

SAY = {"say": "a", "text": "A"}


def text(words):
    return Text("t", {"eng": words})


def raw_flow(*steps, **more):
    return Flow(
        "raw", text("Raw"), ("eng",), steps, **{"purpose": "p", "owner": "o", "retention": "r"} | more
    )


def found(flow, code):
    return [(finding.step, finding.language) for finding in flows.check(flow) if finding.code == code]


def codes(flow):
    return {finding.code for finding in flows.check(flow)}


def test_a_sound_flow_has_no_findings():
    flow = flow_of(
        ask("may_we", indicator="CONSENT"),
        {
            "do": "agree",
            "action": "consent",
            "purpose": "surveys",
            "question": "may_we",
            "when": "${may_we} = 'yes'",
        },
        {"say": "thanks", "text": "Thank you. Call {hotline}."},
        outbound=True,
        fields=["hotline"],
    )
    assert flows.check(flow) == []


def test_steps_that_nothing_leads_to():
    flow = flow_of(SAY | {"goto": "c"}, {"say": "b", "text": "B"}, {"say": "c", "text": "C"})
    assert found(flow, "unreachable") == [("b", None)]
    after_end = flow_of({"finish": "over"}, {"say": "b", "text": "B"})
    assert found(after_end, "unreachable") == [("b", None)]
    after_opt_out = flow_of({"do": "stop", "action": "opt_out"}, {"say": "b", "text": "B"})
    assert found(after_opt_out, "unreachable") == [("b", None)]
    branch = {"branch": "b", "routes": [{"when": "${x} = 1", "goto": "end"}]}
    assert found(flow_of(branch, SAY, fields=["x"]), "unreachable") == []
    assert found(flow_of(branch | {"otherwise": "end"}, SAY, fields=["x"]), "unreachable") == [("a", None)]
    perhaps = flow_of({"finish": "over", "when": "${x} = 1"}, {"say": "b", "text": "B"}, fields=["x"])
    assert found(perhaps, "unreachable") == []


def test_a_step_that_only_an_option_leads_to_is_reached():
    rows = [{"code": "a", "label": "A"}, {"code": "b", "label": "B", "goto": "last"}]
    flow = flow_of(ask(options=rows, goto="end"), {"say": "last", "text": "Last"})
    assert found(flow, "unreachable") == []


def test_a_loop_without_a_question():
    flow = flow_of(SAY, {"branch": "b", "otherwise": "a"})
    assert found(flow, "endless_loop") == [("a", None), ("b", None)]
    asking = flow_of(SAY, ask(), {"branch": "b", "otherwise": "a"})
    assert found(asking, "endless_loop") == []


def test_jumps_names_and_expressions_of_hand_made_flows():
    flow = raw_flow(
        Say("a", text("A"), goto="gone", when="nonsense("),
        Say("a", text("A")),
        Branch("end", ()),
        Ask("q", text("Q?"), AnswerType.TEXT, disclosure="(a+)+"),
    )
    assert {"unknown_target", "duplicate_step", "bad_expression", "bad_pattern"} <= codes(flow)
    assert found(flow, "duplicate_step") == [("a", None), ("end", None)]


def test_unknown_names_in_expressions_and_placeholders():
    flow = flow_of(
        ask("age", "integer", constraint=". < ${limit}"),
        SAY | {"text": "Call {hotline}, {age}.", "when": "${sex} = 'woman'"},
        {"do": "keep", "action": "field", "field": "area", "value": "=${region}"},
        {"say": "b", "text": "In {area}", "variants": [{"when": "${free} = 'yes'", "text": "Free"}]},
    )
    assert found(flow, "unknown_name") == [
        ("age", None),
        ("a", None),
        ("keep", None),
        ("b", None),
        ("a", None),
    ]


def test_an_answer_that_hides_a_field():
    assert found(flow_of(ask("area", "text"), fields=["area"]), "shadowed") == [("area", None)]


def test_options():
    many = options(**{f"o{number}": str(number) for number in range(10)})
    assert found(flow_of(ask(options=many)), "too_many_options") == [("q", None)]
    assert found(flow_of(ask(options=many[:9])), "too_many_options") == []
    same = (Option("a", 1, text("A")), Option("a", 1, text("B")))
    flow = raw_flow(Ask("q", text("Q?"), AnswerType.SELECT_ONE, same))
    assert {"duplicate_code", "duplicate_number"} <= codes(flow)


def test_waits():
    assert codes(flow_of(SAY, expires="4h", reminders=["4h"])) == {"late_reminder"}
    assert codes(flow_of(SAY, reminders=["1h", "2h", "3h"])) == {"too_many_reminders"}


def test_missing_translations_are_counted_by_step_and_language():
    flow = flow_of(
        ask(text={"eng": "Q?", "urd": "سوال؟"}, short="Q"),
        SAY,
        languages=["eng", "urd"],
        reminder_text="Reply.",
    )
    findings = [finding for finding in flows.check(flow) if finding.code == "missing_translation"]
    assert [(finding.step, finding.language) for finding in findings] == [
        ("q", "urd"),
        ("a", "urd"),
        (None, "urd"),
    ]
    assert findings[0].sentence == "3 texts are missing in Urdu."
    assert findings[1].sentence == "1 text is missing in Urdu."
    assert {finding.severity for finding in findings} == {Severity.WARNING}


def test_a_text_missing_in_the_first_language_is_an_error():
    flow = raw_flow(Say("a", Text("t", {"urd": "ا"})))
    assert [finding.severity for finding in flows.check(flow) if finding.code == "missing_translation"] == [
        Severity.ERROR
    ]


def test_languages():
    assert "unknown_language" in codes(Flow("f", text("T"), (), ()))
    assert "unknown_language" in codes(Flow("f", text("T"), ("klingon",), ()))


@pytest.mark.parametrize("words", ["Call {hotline", "Call hotline}", "Call {0}", "Call {{hotline}}", "{ }"])
def test_a_brace_that_is_no_placeholder(words):
    assert found(flow_of(SAY | {"text": words}, fields=["hotline"]), "bad_placeholder") == [("a", "eng")]


def test_placeholders_that_differ_between_languages():
    words = {"eng": "Call {hotline}", "urd": "کال", "fra": "Appelez ${hotline}"}
    flow = flow_of(SAY | {"text": words}, languages=["eng", "urd", "fra"], fields=["hotline"])
    assert found(flow, "placeholders_differ") == [("a", "urd")]


def test_texts_that_need_a_second_sms_in_some_language():
    words = {"eng": "x" * 160, "urd": "ا" * 71}
    flow = flow_of(SAY | {"text": words}, languages=["eng", "urd"])
    assert found(flow, "long_sms") == [("a", "urd")]
    assert (
        found(
            flow_of(SAY | {"text": words, "short": {"eng": "x", "urd": "ا"}}, languages=["eng", "urd"]),
            "long_sms",
        )
        == []
    )


def test_options_and_the_longest_values_count_too():
    assert found(flow_of(ask(text="x" * 150)), "long_sms") == [("q", "eng")]
    assert found(flow_of(SAY | {"text": "x" * 144 + "{hotline}"}, fields=["hotline"]), "long_sms") == []
    assert found(flow_of(SAY | {"text": "x" * 145 + "{hotline}"}, fields=["hotline"]), "long_sms") == [
        ("a", "eng")
    ]


def test_variants_and_reminders_are_measured_too():
    variant = {"when": "true()", "text": "x" * 161}
    assert found(flow_of(SAY | {"variants": [variant]}), "long_sms") == [("a", "eng")]
    assert found(flow_of(SAY, reminder_text="x" * 161), "long_sms") == [(None, "eng")]


@pytest.mark.parametrize("key", ["purpose", "owner", "retention"])
def test_nobody_answers_for_the_flow(key):
    flow = raw_flow(Say("a", text("A")), **{key: ""})
    assert codes(flow) == {f"no_{key}"}


def test_topics_that_are_never_asked_by_message():
    flow = flow_of(ask(topics=["gbv_or_sea_experience", "water"]), topics=["exact_address"])
    assert found(flow, "forbidden_topic") == [(None, None), ("q", None)]


def test_a_survey_asks_for_consent_first():
    assert found(flow_of(ask(), outbound=True), "no_consent") == [("q", None)]
    assert found(flow_of(ask(), outbound=False), "no_consent") == []
    agreeing = flow_of(
        ask(), {"do": "agree", "action": "consent", "purpose": "surveys", "question": "q"}, outbound=True
    )
    assert found(agreeing, "no_consent") == []


def test_a_survey_has_five_questions_of_substance_at_most():
    background = [ask("may_we", indicator="CONSENT"), ask("age", indicator="DEM-AGE")]
    asked = [ask(f"q{number}", indicator=f"PM{number}") for number in range(5)]
    assert "too_many_questions" not in codes(flow_of(*background, *asked, outbound=True))
    assert "too_many_questions" in codes(flow_of(*background, *asked, ask("q6"), outbound=True))
    assert "too_many_questions" not in codes(flow_of(*background, *asked, ask("q6")))


@pytest.mark.parametrize("words", ["See https://x", "Go to www.help", "visit help.org now", "bit.ly/abc"])
def test_links(words):
    assert found(flow_of(SAY | {"text": words}), "link") == [("a", "eng")]


@pytest.mark.parametrize("words", ["Reply 1. Or 2.", "At 9.30", "Send HELP. Free.", "e.g. 1,3"])
def test_what_is_no_link(words):
    assert found(flow_of(SAY | {"text": words}), "link") == []


def test_a_text_that_repeats_what_a_person_wrote():
    flow = flow_of(ask("story", "text"), ask("n", "integer", personal=True), SAY | {"text": "{story} {n}"})
    assert found(flow, "echo") == [("a", None), ("a", None)]
    assert found(flow_of(ask("n", "integer"), SAY | {"text": "{n}"}), "echo") == []


@pytest.mark.parametrize(
    "words",
    ["This is UNHCR.", "from the UN", "Croix-Rouge", "the red cross", "الأمم المتحدة تسأل", "اقوام متحدہ"],
)
def test_a_discreet_flow_that_names_an_agency(words):
    assert found(flow_of(SAY | {"text": words}, discreet=True), "agency_named") == [("a", "eng")]
    assert found(flow_of(SAY | {"text": words}), "agency_named") == []


@pytest.mark.parametrize("words", ["un problème", "Who is it?", "Run!", "a pam of hands", "the office"])
def test_words_that_only_look_like_an_agency(words):
    assert found(flow_of(SAY | {"text": words}, discreet=True), "agency_named") == []


@given(flows_of_any_kind())
def test_any_flow_can_be_checked_and_every_finding_is_a_sentence(flow):
    for finding in flows.check(flow):
        assert finding.sentence.endswith((".", ")"))
        assert finding.code.isidentifier()


def test_every_rule_says_what_it_is_for():
    assert all(rule.__doc__ for rule in RULES)
