from datetime import timedelta

import pytest
from flow_builders import NOW, Phone, ask, flow_of, options

import flows
from flows.definition import END, AnswerType, Ask, Branch, Flow, Route, Say, Text
from flows.events import (
    AnswerGiven,
    AnswerMissed,
    DisclosureSuspected,
    Disposition,
    HumanAsked,
    LanguageSet,
    Matched,
    MessageSaid,
    Missing,
    Problem,
    ReplyNotUnderstood,
    RunEnded,
    WaitStarted,
)
from flows.run import MAX_MESSAGES
from flows.session import Session


def test_a_flow_runs_to_its_first_question_and_waits():
    flow = flow_of({"say": "hello", "text": "Hello."}, ask(), expires="2d", reminders=["4h", "1d"])
    phone = Phone(flow)
    assert phone.heard == ["Hello.", "q?\n1) Yes\n2) No"]
    assert phone.session.step == "q"
    assert phone.session.waiting
    assert phone.reported(WaitStarted) == [
        WaitStarted("q", NOW + timedelta(days=2), (NOW + timedelta(hours=4), NOW + timedelta(days=1)))
    ]
    assert phone.session.expires == NOW + timedelta(days=2)


def test_an_answer_is_reported_and_the_flow_goes_on_to_its_end():
    phone = Phone(flow_of(ask(indicator="PM18"), {"say": "bye", "text": "Bye."})).says("1")
    assert phone.last == (
        AnswerGiven("q", "yes", AnswerType.SELECT_ONE, "1", Matched.NUMBER, "PM18", step="q"),
        MessageSaid("bye", "bye.1", "Bye.", "eng"),
        RunEnded(Disposition.COMPLETED),
    )
    assert phone.session.ended
    assert phone.session.disposition is Disposition.COMPLETED
    assert phone.session.step is None


def test_an_ended_session_does_not_move():
    phone = Phone(flow_of(ask())).says("1")
    before = phone.session
    assert phone.says("1").last == ()
    assert phone.session == before
    for sprint in (
        flows.repeat(phone.flow, before, phone.contact, now=NOW),
        flows.remind(phone.flow, before, phone.contact, now=NOW),
        flows.expire(phone.flow, before, phone.contact, now=NOW),
        flows.stop(phone.flow, before, disposition=Disposition.OPTED_OUT),
    ):
        assert sprint == flows.Sprint(before, ())


def test_a_reply_that_is_not_understood_gets_help_and_the_question_again():
    phone = Phone(flow_of(ask())).says("perhaps")
    assert phone.last[0] == ReplyNotUnderstood("q", "perhaps")
    assert phone.heard[0].startswith("Sorry, we did not understand. Reply with one number only")
    assert phone.heard[1] == "q?\n1) Yes\n2) No"
    assert phone.session.retries == 1


def test_after_its_retries_a_question_is_given_up_and_the_flow_goes_on():
    phone = Phone(flow_of(ask(retries=2), {"say": "bye", "text": "Bye."})).says("hm", "hm")
    assert phone.session.waiting
    phone.says("what")
    assert phone.heard == ["Bye."]
    assert phone.reported(AnswerMissed) == [AnswerMissed("q", Missing.NOT_UNDERSTOOD, "what", step="q")]
    assert phone.answers == {}


def test_a_good_reply_after_a_bad_one_starts_the_count_anew():
    phone = Phone(flow_of(ask("a", retries=1), ask("b", retries=1))).says("hm", "1", "hm")
    assert phone.session.step == "b"
    assert phone.session.retries == 1


def test_a_question_may_hand_over_to_a_person_when_given_up():
    phone = Phone(flow_of(ask(retries=0, on_failure="human"))).says("hm")
    assert phone.reported(HumanAsked) == [HumanAsked("not_understood")]
    assert phone.session.disposition is Disposition.HANDED_OVER


@pytest.mark.parametrize("text", ["0", "۰", "skip", "SKIP."])
@pytest.mark.parametrize("kind", ["select_one", "select_multiple", "text", "date", "place"])
def test_zero_and_the_word_skip_a_question(kind, text):
    phone = Phone(flow_of(ask("q", kind, indicator="PM1"))).says(text)
    assert phone.reported(AnswerMissed) == [AnswerMissed("q", Missing.SKIPPED, text, "PM1", step="q")]
    assert phone.session.disposition is Disposition.COMPLETED


@pytest.mark.parametrize("kind", ["integer", "decimal"])
def test_in_a_number_zero_is_a_value_and_the_word_skips(kind):
    assert Phone(flow_of(ask("q", kind))).says("0").answers == {"q": 0}
    phone = Phone(flow_of(ask("q", kind))).says("skip")
    assert phone.reported(AnswerMissed)[0].why is Missing.SKIPPED


def test_a_required_question_refuses_to_be_skipped_but_not_for_ever():
    phone = Phone(flow_of(ask(required=True, retries=1))).says("0")
    assert phone.heard[0].startswith("Sorry, we need an answer to this question")
    assert phone.session.waiting
    assert phone.reported(ReplyNotUnderstood) == []
    phone.says("0")
    assert phone.reported(AnswerMissed) == [AnswerMissed("q", Missing.SKIPPED, "0", step="q")]


def test_help_for_a_required_question_does_not_offer_to_skip():
    assert "skip" not in Phone(flow_of(ask(required=True))).says("hm").heard[0]
    assert "skip" in Phone(flow_of(ask())).says("hm").heard[0]


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("select_multiple", "1,3"),
        ("integer", "for example 12"),
        ("decimal", "for example 12"),
        ("date", "25-12-2030"),
        ("place", "in words"),
    ],
)
def test_help_suits_the_kind_of_question(kind, part):
    contact = flows.Contact("eng", places={"here": "x"})
    assert part in Phone(flow_of(ask("q", kind)), contact).says("???").heard[0]


def test_a_constraint_refuses_an_answer_with_its_own_words():
    flow = flow_of(ask("q", "integer", constraint=". > 0 and . < 100", constraint_message="1 to 99, please."))
    phone = Phone(flow).says("100")
    assert phone.heard == ["1 to 99, please.", "q?"]
    assert phone.answers == {}
    assert phone.reported(ReplyNotUnderstood) == [ReplyNotUnderstood("q", "100")]
    assert phone.says("99").answers == {"q": 99}


def test_a_constraint_without_words_of_its_own_uses_the_engines():
    phone = Phone(flow_of(ask("q", "integer", constraint=". > 0"))).says("0")
    assert phone.heard[0].startswith("Sorry, this answer does not fit the question.")


def test_a_constraint_counts_as_a_retry():
    phone = Phone(flow_of(ask("q", "integer", constraint=". > 5", retries=1))).says("1", "2")
    assert phone.reported(AnswerMissed) == [AnswerMissed("q", Missing.NOT_UNDERSTOOD, "2", step="q")]


def test_a_constraint_may_look_at_other_answers():
    flow = flow_of(ask("all", "integer"), ask("part", "integer", constraint=". <= ${all}"))
    assert Phone(flow).says("5", "6").answers == {"all": 5}
    assert Phone(flow).says("5", "5").answers == {"all": 5, "part": 5}


def test_options_jump_by_code_in_every_language():
    rows = [
        {"code": "yes", "label": {"eng": "Yes", "urd": "ہاں"}},
        {"code": "no", "label": {"eng": "No", "urd": "نہیں"}, "goto": "bye"},
    ]
    flow = flow_of(
        ask(options=rows),
        {"say": "more", "text": "More."},
        {"say": "bye", "text": "Bye."},
        languages=["eng", "urd"],
    )
    for language, text in (("eng", "no"), ("urd", "نہیں"), ("urd", "۲")):
        assert Phone(flow, flows.Contact(language)).says(text).heard == ["Bye."]
    assert Phone(flow).says("1").heard == ["More.", "Bye."]


def test_a_question_may_jump_itself_and_the_option_comes_first():
    rows = [{"code": "a", "label": "Alpha"}, {"code": "b", "label": "Bravo", "goto": "second"}]
    flow = flow_of(
        ask(options=rows, goto="end"), {"say": "first", "text": "1st"}, {"say": "second", "text": "2nd"}
    )
    assert Phone(flow).says("1").heard == []
    assert Phone(flow).says("2").heard == ["2nd"]


def test_a_list_jumps_where_its_first_option_with_a_jump_leads():
    rows = [
        {"code": "a", "label": "A"},
        {"code": "b", "label": "B", "goto": "second"},
        {"code": "c", "label": "C", "goto": "end"},
    ]
    flow = flow_of(
        ask("q", "select_multiple", options=rows),
        {"say": "first", "text": "1st"},
        {"say": "second", "text": "2nd"},
    )
    assert Phone(flow).says("3,2,1").heard == ["2nd"]


def test_a_branch_takes_the_first_route_that_holds_and_else_its_way_out():
    flow = flow_of(
        ask("age", "integer"),
        {
            "branch": "by_age",
            "routes": [{"when": "${age} < 18", "goto": "young"}, {"when": "${age} < 60", "goto": "grown"}],
            "otherwise": "old",
        },
        {"say": "young", "text": "young", "goto": "end"},
        {"say": "grown", "text": "grown", "goto": "end"},
        {"say": "old", "text": "old"},
    )
    assert [Phone(flow).says(age).heard for age in ("17", "18", "60", "skip")] == [
        ["young"],
        ["grown"],
        ["old"],
        ["old"],
    ]


def test_a_step_whose_condition_is_false_is_passed_over_with_its_jump():
    flow = flow_of(
        {"say": "a", "text": "A", "when": "${vip} = 'yes'", "goto": "end"},
        {"say": "b", "text": "B"},
        fields=["vip"],
    )
    assert Phone(flow).heard == ["B"]
    assert Phone(flow, flows.Contact("eng", fields={"vip": "yes"})).heard == ["A"]


def test_an_answer_hides_a_field_of_the_same_name():
    flow = flow_of(ask("area", "text"), {"say": "a", "text": "A", "when": "${area} = 'here'"})
    phone = Phone(flow, flows.Contact("eng", fields={"area": "there"})).says("here")
    assert phone.heard == ["A"]


def test_asking_again_and_skipping_forgets_the_first_answer():
    flow = flow_of(
        ask("n", "integer"),
        ask("sure", options=[{"code": "yes", "label": "Yes"}, {"code": "no", "label": "No", "goto": "n"}]),
    )
    phone = Phone(flow).says("5", "no")
    assert phone.session.step == "n"
    phone.says("skip", "yes")
    assert phone.answers == {"sure": "yes"}


@pytest.mark.parametrize("disposition", ["completed", "refused", "ineligible", "broken_off"])
def test_a_flow_may_end_itself(disposition):
    phone = Phone(flow_of({"finish": "over", "disposition": disposition}))
    assert phone.events == [RunEnded(Disposition(disposition))]


def test_keys_are_unique_and_the_same_for_the_same_talk():
    flow = flow_of(ask("a"), ask("b"), {"say": "bye", "text": "Bye."})

    def keys():
        phone = Phone(flow).says("hm", "1", "hm")
        phone.take(flows.remind(flow, phone.session, phone.contact, now=NOW))
        phone.take(flows.repeat(flow, phone.session, phone.contact, now=NOW)).says("2")
        return [said.key for said in phone.reported(MessageSaid)]

    assert len(set(keys())) == len(keys())
    assert keys() == keys()


def test_the_session_follows_the_language_that_an_action_sets():
    flow = flow_of(
        ask("language", options=options(eng="English", urd="اردو"), text={"eng": "Which?", "urd": "کون سی؟"}),
        {"do": "set", "action": "language", "value": "=${language}"},
        {"say": "bye", "text": {"eng": "Bye.", "urd": "شکریہ"}},
        languages=["eng", "urd"],
    )
    phone = Phone(flow).says("اردو")
    assert phone.reported(LanguageSet) == [LanguageSet("urd")]
    assert phone.heard == ["شکریہ"]
    assert phone.session.language == "urd"


def test_a_text_falls_back_by_the_declared_chain_and_says_in_which_language_it_is():
    say = {"say": "hi", "text": {"fra": "Salut", "pes": "درود"}}
    flow = flow_of(say, languages=["fra", "pes"])
    assert [Phone(flow, flows.Contact(code)).events[0].language for code in ("prs", "pes", "som", "xxx")] == [
        *["pes", "pes", "fra", "fra"]
    ]


def test_placeholders_are_filled_from_fields_and_answers():
    flow = flow_of(
        ask("need", options=options(food="Food", cash="Cash")),
        {"say": "bye", "text": "You need {need}. Call ${hotline}, {count} of you."},
        fields=["hotline", "count"],
    )
    contact = flows.Contact("eng", fields={"hotline": "0800 1", "count": 3.0})
    assert Phone(flow, contact).says("2").heard == ["You need Cash. Call 0800 1, 3 of you."]


def test_what_a_placeholder_brings_in_is_not_read_as_a_placeholder():
    flow = flow_of({"say": "a", "text": "{x}"}, fields=["x", "y"])
    contact = flows.Contact("eng", fields={"x": "{y}", "y": "secret"})
    assert Phone(flow, contact).heard == ["{y}"]


def test_a_missing_value_is_a_problem_for_staff_and_no_brace_reaches_the_phone():
    phone = Phone(flow_of({"say": "a", "text": "Call {hotline}."}, fields=["hotline"]))
    assert phone.heard == ["Call ."]
    assert phone.reported(Problem) == [Problem("missing_value", "a", "hotline")]


def test_what_a_person_wrote_is_never_repeated():
    steps = (
        ask("story", "text"),
        ask("n", "integer", personal=True),
        {"say": "a", "text": "You said {story} {n}."},
    )
    phone = Phone(flow_of(*steps)).says("my secret", "77")
    assert phone.heard == ["You said  ."]
    assert [problem.code for problem in phone.reported(Problem)] == ["echo", "echo"]


def test_a_message_that_would_be_empty_is_not_sent():
    phone = Phone(flow_of({"say": "a", "text": "{x}"}, fields=["x"]))
    assert phone.heard == []
    assert [problem.code for problem in phone.reported(Problem)] == ["missing_value", "empty_text"]


def test_values_inside_right_to_left_words_are_isolated_in_chat_and_never_in_sms():
    flow = flow_of(
        {"say": "a", "text": {"urd": "{hotline} پر کال کریں"}}, languages=["urd"], fields=["hotline"]
    )
    fields = {"hotline": "0800 1"}
    assert Phone(flow, flows.Contact("urd", fields=fields)).heard == ["0800 1 پر کال کریں"]
    assert Phone(flow, flows.Contact("urd", "telegram", fields)).heard == ["\u20680800 1\u2069 پر کال کریں"]


def test_sms_gets_the_short_form_only_where_the_full_one_needs_a_second_segment():
    def flow(length):
        return flow_of(ask(text="x" * length, short="Short? 1 Yes 2 No"))

    full = "\n1) Yes\n2) No"
    assert Phone(flow(160 - len(full))).heard[0].endswith(full)
    assert Phone(flow(161 - len(full))).heard == ["Short? 1 Yes 2 No"]
    assert len(Phone(flow(500), flows.Contact("eng", "telegram")).heard[0]) > 500


def test_a_short_form_in_another_language_is_not_used():
    flow = flow_of(
        {"say": "a", "text": {"eng": "A", "urd": "ا" * 100}, "short": "Short"}, languages=["eng", "urd"]
    )
    assert Phone(flow, flows.Contact("urd")).heard == ["ا" * 100]


def test_a_short_form_in_the_persons_own_language_is_used_before_a_full_one_in_another():
    say = {"say": "a", "text": {"eng": "A" * 200}, "short": {"eng": "Short", "pus": "لنډ"}}
    flow = flow_of(say, languages=["eng", "pus"])
    assert Phone(flow, flows.Contact("pus")).heard == ["لنډ"]
    assert Phone(flow, flows.Contact("pbu")).heard == ["لنډ"]
    assert Phone(flow, flows.Contact("som")).heard == ["Short"]


def test_the_first_variant_that_holds_is_said():
    say = {
        "say": "a",
        "text": "Costs one text.",
        "variants": [{"when": "${free} = 'yes'", "text": "Free."}, {"when": "true()", "text": "Never mind."}],
    }
    flow = flow_of(say, fields=["free"])
    assert Phone(flow).heard == ["Never mind."]
    assert Phone(flow, flows.Contact("eng", fields={"free": "yes"})).heard == ["Free."]


def test_media_goes_along_in_the_language_of_the_text():
    flow = flow_of(
        {"say": "a", "text": {"eng": "A", "urd": "ا"}, "media": {"urd": "audio:1"}}, languages=["eng", "urd"]
    )
    assert Phone(flow, flows.Contact("urd", "telegram")).events[0].media == "audio:1"
    assert Phone(flow, flows.Contact("eng", "telegram")).events[0].media is None
    assert Phone(flow, flows.Contact("urd")).events[0].media is None  # an SMS carries none


DISCLOSED = "my husband beats me every day"


@pytest.mark.parametrize(
    "kind", ["text", "select_one", "select_multiple", "integer", "decimal", "date", "place"]
)
def test_a_disclosure_stops_the_machine_whatever_was_asked(kind):
    phone = Phone(flow_of(ask("q", kind))).says(DISCLOSED)
    suspected = phone.reported(DisclosureSuspected)
    assert [(event.text, event.question) for event in suspected] == [(DISCLOSED, "q")]
    assert phone.last == (suspected[0], RunEnded(Disposition.HANDED_OVER))
    assert phone.heard == []
    assert phone.answers == {}
    assert DISCLOSED not in phone.session.to_json()


def test_an_option_that_matches_exactly_is_no_disclosure():
    flow = flow_of(ask(options=options(a="my husband beats me", b="Other")))
    assert Phone(flow).says("My husband beats me.").answers == {"q": "a"}


def test_a_question_may_have_its_own_rule_as_a_pattern_or_an_expression():
    by_pattern = flow_of(ask("q", "text", disclosure="red (umbrella|hat)"))
    phone = Phone(by_pattern).says("I saw a RED  umbrella!")
    assert phone.reported(DisclosureSuspected)[0].rule == "flow.tried.q"
    assert Phone(by_pattern).says("a blue umbrella").answers == {"q": "a blue umbrella"}
    by_expression = flow_of(
        ask("n", "integer"), ask("q", "text", disclosure="=${n} > 3 and contains(., 'boat')")
    )
    assert Phone(by_expression).says("5", "the boat").session.disposition is Disposition.HANDED_OVER
    assert Phone(by_expression).says("2", "the boat").answers == {"n": 2, "q": "the boat"}


def text(words):
    return Text("t", {"eng": words})


def raw_flow(*steps, **more):
    return Flow("raw", text("Raw"), ("eng",), steps, **more)


def test_a_bad_expression_is_a_problem_and_false():
    phone = Phone(raw_flow(Say("a", text("A"), when="nonsense("), Say("b", text("B"))))
    assert phone.heard == ["B"]
    assert [(problem.code, problem.step) for problem in phone.reported(Problem)] == [("bad_expression", "a")]


def test_an_expression_that_fails_on_values_is_a_problem_and_false():
    flow = flow_of(ask("n", "integer"), {"say": "a", "text": "A", "when": "${big} > 1"}, fields=["big"])
    phone = Phone(flow, flows.Contact("eng", fields={"big": 10**400})).says("1")
    assert phone.heard == []
    assert phone.reported(Problem) == [Problem("bad_expression", "a", "OverflowError")]


def test_a_bad_constraint_refuses_and_a_bad_pattern_suspects_nothing():
    question = Ask("q", text("Q?"), AnswerType.TEXT, constraint="(", disclosure="(", retries=0)
    phone = Phone(raw_flow(question)).says("hello")
    assert [problem.code for problem in phone.reported(Problem)] == ["bad_pattern", "bad_expression"]
    assert phone.reported(AnswerMissed)[0].why is Missing.NOT_UNDERSTOOD


def test_an_unknown_jump_ends_as_a_problem():
    phone = Phone(raw_flow(Say("a", text("A"), goto="nowhere")))
    assert phone.events[-2:] == [Problem("unknown_step", None), RunEnded(Disposition.FAILED)]


@pytest.mark.parametrize("steps", [2, 1000])
def test_a_loop_without_a_question_ends_as_a_problem(steps):
    around = [Branch(f"s{n}", (), otherwise=f"s{(n + 1) % steps}") for n in range(steps)]
    phone = Phone(raw_flow(*around))
    assert [type(event) for event in phone.events] == [Problem, RunEnded]
    assert phone.events[0].code == "step_limit"
    assert phone.session.disposition is Disposition.FAILED


def test_a_loop_that_speaks_does_not_fill_the_phone():
    phone = Phone(raw_flow(Say("a", text("Again!"), goto="a")))
    assert len(phone.heard) == MAX_MESSAGES + 1
    assert phone.reported(Problem) == [Problem("message_limit", "a")]


def test_a_branch_of_a_hand_made_flow_may_go_to_the_end():
    phone = Phone(raw_flow(Branch("b", (Route("true()", END),)), Say("a", text("A"))))
    assert phone.events == [RunEnded(Disposition.COMPLETED)]


def test_a_closed_question_with_nothing_to_choose_is_passed_over():
    phone = Phone(raw_flow(Ask("q", text("Q?"), AnswerType.SELECT_ONE), Say("a", text("A"))))
    assert phone.heard == ["A"]
    assert phone.reported(Problem) == [Problem("no_options", "q")]


def test_a_session_at_a_step_that_is_gone_fails_as_a_problem():
    session = Session("tried", "gone", "eng", waiting=True)
    sprint = flows.resume(flow_of(ask()), session, flows.Contact("eng"), flows.Reply("1"), now=NOW)
    assert sprint.events == (Problem("unknown_step", "gone"), RunEnded(Disposition.FAILED))
    assert sprint.session.ended


def test_each_flow_object_has_its_own_tables_and_they_go_with_it():
    from flows import plan

    before = len(plan._plans)
    first = flow_of({"say": "a", "text": "A"})
    second = flow_of({"say": "a", "text": "B"})
    assert (Phone(first).heard, Phone(second).heard) == (["A"], ["B"])
    assert len(plan._plans) == before + 2
    del first, second
    assert len(plan._plans) <= before
