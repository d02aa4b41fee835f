"""The rules that refuse what would harm: words, names, links, numbers, agencies, consent, opt-in, accounts."""

from dataclasses import replace

import pytest
from flow_builders import ask, flow_of, options
from hypothesis import given
from hypothesis import strategies as st

import flows
from flows import harm
from flows.check import Operation
from flows.checks import parts
from flows.checks.disguise import link_in, number_in, says_free
from flows.checks.safety import indicator_class
from flows.findings import Severity, located

CONSENT = ask("may_we", indicator="CONSENT")
SERVES = {
    "outbound": True,
    "audience": "consenting_adults",
    "decision": "where water is brought",
    "analysis": [{"indicator": "q", "product": "site sheet", "decision": "where water is brought"}],
}


def found(flow, code, operation=None):
    findings = flows.check(flow, operation) if operation else flows.check(flow)
    return [(finding.step, finding.language) for finding in findings if finding.code == code]


def severities(flow):
    return {finding.code: finding.severity for finding in flows.check(flow)}


def test_a_harmful_question_is_refused_whatever_was_declared():
    flow = flow_of(ask("q", "text", text="What is your religion?"))
    assert found(flow, "harmful_question") == [("q", "eng")]
    assert severities(flow)["harmful_question"] is Severity.ERROR


def test_it_is_refused_where_only_a_translation_asks_it():
    words = {"eng": "Tell us about your life", "urd": "آپ کا مذہب کیا ہے؟"}
    flow = flow_of(ask("q", "text", text=words), languages=["eng", "urd"])
    assert found(flow, "harmful_question") == [("q", "urd")]


@pytest.mark.parametrize("part", ["hint", "guidance", "constraint_message", "required_message", "short"])
def test_no_part_of_a_question_hides_it(part):
    flow = flow_of(ask("q", "text", text="Please answer.", **{part: "Which tribe do you belong to?"}))
    assert found(flow, "harmful_question") == [("q", "eng")]


def test_options_and_lists_tell_it_too():
    creeds = options(a="Muslim", b="Christian", c="Hindu")
    assert found(flow_of(ask("q", options=creeds)), "harmful_question") == [("q", "eng")]
    listed = flow_of(
        {"ask": "q", "type": "select_one", "text": "Choose", "list": "creeds"}, lists={"creeds": creeds}
    )
    assert found(listed, "harmful_question") == [("q", "eng")]
    what = options(a="Beaten by the police", b="Something else")
    assert found(flow_of(ask("q", text="What happened to you?", options=what)), "harmful_question") == []
    worse = options(a="Rape", b="Something else")
    assert found(flow_of(ask("q", text="What happened to you?", options=worse)), "harmful_question") == [
        ("q", "eng")
    ]
    area = flow_of(ask("q", text="What worries people in your area?", options=worse))
    assert found(area, "harmful_question") == []
    assert found(area, "doubtful_question") == [("q", "eng")]


def test_languages_that_are_options_are_no_question_about_ethnicity():
    tongues = options(a="Pashto", b="Uzbek", c="Hazara", d="Tajik")
    flow = flow_of(ask("q", text="Which language do you speak?", options=tongues))
    assert found(flow, "harmful_question") == []


@pytest.mark.parametrize(
    "name",
    [
        "religion",
        "q3_ethnicity",
        "hivStatus",
        "gbv_incident",
        "home_address",
        "reason_for_flight",
        "perpetrator",
    ],
)
def test_names_of_form_questions_tell_it(name):
    assert [hit for hit in harm.look_at_name(name) if hit.refused]


@pytest.mark.parametrize(
    "name",
    [
        "religious_holiday",
        "age",
        "know_hiv_service",
        "office_address",
        "gbv_hotline",
        "language",
        "region",
        "race_x_info",
    ],
)
def test_names_that_only_sound_like_it_do_not(name):
    assert harm.look_at_name(name) == []


def test_a_location_is_an_exact_address():
    assert found(flow_of(ask("here", "location")), "harmful_question") == [("here", None)]


def test_a_group_hides_nothing():
    inner = ask("q", "text", text="Have you ever been raped?")
    flow = flow_of({"group": "g", "steps": [{"repeat": "r", "count": "2", "steps": [inner]}]})
    assert found(flow, "harmful_question") == [("q", "eng")]


def test_what_is_said_may_name_a_service_and_may_not_ask():
    say = flow_of(
        {"say": "a", "text": "To report abuse call the hotline. You will not be asked for your religion."}
    )
    assert found(say, "harmful_question") == []
    asking = flow_of({"say": "a", "text": "What is your religion?"}, ask("q", "text", text="Please reply."))
    assert found(asking, "harmful_question") == [("a", "eng")]


@given(st.text(max_size=200), st.sampled_from([*harm.LANGUAGES, "swh", "ben", "kac"]))
def test_looking_at_any_text_never_raises_and_names_known_topics(words, language):
    assert {hit.topic for hit in harm.look(words, language)} <= set(harm.TOPICS.values())


@pytest.mark.parametrize("mark", ["?", "!", " …", "？", "\u200c"])
def test_signs_case_and_accents_hide_nothing(mark):
    assert [hit for hit in harm.look(f"WHAT IS YOUR RELIGION{mark}", "eng") if hit.refused]
    assert [hit for hit in harm.look(f"Êtes-vous SÉROPOSITIF{mark}", "fra") if hit.refused]


@pytest.mark.parametrize(
    "words",
    [
        *(
            "https://a.example",
            "hxxp://a.example",
            "www.a.example",
            "t.me/group",
            "bit.ly/x1",
            "unhcr.org",
            "a.pk/x",
        ),
        *(
            "ａ．ｏｒｇ",
            "example[.]com",
            "example (dot) org",
            "example dot com",
            "سایت.پاکستان",
            "пример.рф",
            "x@y.org",
        ),
        *("10.1.2.3", "exa\u200bmple.com", "wa.me/92300"),
    ],
)
def test_links_are_found_in_any_guise(words):
    assert link_in(f"Please see {words} today") is not None


@pytest.mark.parametrize(
    "words",
    [
        "Reply yes.Thank you",
        "Call us.It is free",
        "No. 3",
        "At 9.30",
        "2.5 litres",
        "e.g. water",
        "1.Food 2.Water",
    ],
)
def test_ordinary_sentences_are_no_links(words):
    assert link_in(words) is None


def test_numbers_and_ids_are_found_in_any_digits_and_our_own_are_ours():
    assert number_in("Call 0300 1234567")
    assert number_in("۰۳۰۰۱۲۳۴۵۶۷")
    assert number_in("Your case 123-45C67890")
    assert number_in("1) 18 2) 18-59 3) 60") is None
    assert number_in("On 25-12-2030 or 2031-01-05, 10000 rupees") is None
    flow = flow_of({"say": "a", "text": "Call 0800 12345."})
    assert found(flow, "number") == [("a", "eng")]
    assert found(flow, "number", Operation(numbers=("+800-12345",))) == []


def test_a_text_says_no_fact_about_the_person():
    assert found(flow_of({"say": "a", "text": "Dear {name}"}, fields=["name"]), "personal_fact") == [
        ("a", None)
    ]


def test_free_is_said_only_where_it_is_known():
    assert found(flow_of({"say": "a", "text": "Your reply is free."}), "free_claim") == [("a", "eng")]
    known = [{"when": "${free_to_reply} = 'yes'", "text": "Your reply is free."}]
    flow = flow_of(
        {"say": "a", "text": "A reply costs one text.", "variants": known}, fields=["free_to_reply"]
    )
    assert found(flow, "free_claim") == []
    assert not says_free("Feel free to ask. All aid is free", "eng")
    assert says_free("جواب مفت ہے", "urd")
    assert says_free("La réponse est gratuite", "fra")


def test_a_discreet_flow_names_neither_the_operation_nor_a_partner():
    flow = flow_of({"say": "a", "text": "We are Hope House."}, discreet=True)
    assert found(flow, "agency_named") == []
    assert found(flow, "agency_named", Operation(names=("Hope House",))) == [("a", "eng")]
    assert (
        found(
            flow_of({"say": "a", "text": "We hope."}, discreet=True), "agency_named", Operation(names=("We",))
        )
        == []
    )


def test_a_survey_serves_a_decision():
    asked = (CONSENT, ask("q"))
    bare = {finding.code for finding in flows.check(flow_of(*asked, outbound=True))}
    assert {"no_audience", "no_decision", "no_analysis"} <= bare
    whole = {finding.code for finding in flows.check(flow_of(*asked, **SERVES))}
    assert not {"no_audience", "no_decision", "no_analysis", "unused_answer"} & whole
    more = flow_of(*asked, ask("unused"), **SERVES)
    assert found(more, "unused_answer") == [("unused", None)]
    assert found(flow_of(ask("q"), outbound=False), "no_audience") == []


def test_a_level_of_sensitivity_is_one_of_four():
    assert found(replace(flow_of(ask()), sensitivity="S9"), "no_sensitivity") == [(None, None)]


def test_class_b_is_asked_of_those_who_agreed():
    assert indicator_class("PM07") == "b"
    assert indicator_class("PM18") == "a"
    assert indicator_class("own") is None
    asked = ask("q", indicator="PM07")
    assert found(flow_of(CONSENT, asked, **SERVES), "no_opt_in") == [("q", None)]
    opted = asked | {"when": "${class_b} = 'yes'"}
    assert found(flow_of(CONSENT, opted, fields=["class_b"], **SERVES), "no_opt_in") == []
    group = {"group": "g", "when": "${class_b} = 'yes'", "steps": [asked]}
    assert found(flow_of(CONSENT, group, fields=["class_b"], **SERVES), "no_opt_in") == []
    panel = SERVES | {"audience": "key_informants"}
    assert found(flow_of(CONSENT, asked, **panel), "no_opt_in") == []


def test_what_is_refused_says_what_to_do():
    flow = flow_of(ask("q", "text", text="What is your religion? See www.a.org, 0300 1234567"), discreet=True)
    refused = [item for item in flows.check(flow) if item.code in {"harmful_question", "link", "number"}]
    assert len(refused) == 3
    assert all(item.advice and item.step == "q" for item in refused)


def test_findings_name_the_line_of_their_step_in_the_file():
    source = "spec: x\nsteps:\n  # first\n  - say: hello\n    text: Hi\n"
    source += "  - group: g\n    steps:\n    - ask: creed\n      type: text\n"
    told = [parts.error("a", "A", step="creed"), parts.error("b", "B", step="hello"), parts.error("c", "C")]
    assert [item.line for item in located(told, source)] == [8, 4, None]
    kept = [replace(told[0], line=3)]
    assert located(kept, source) == kept
