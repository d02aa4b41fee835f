"""Doubts are asked about, long lists are looked up, answers are read back where the author wants that."""

from datetime import timedelta

import pytest
from flow_builders import NOW, Phone, ask, flow_of, options

import flows
from flows.events import (
    AnswerGiven,
    AnswerMissed,
    MatchConfirmed,
    MatchDoubted,
    Matched,
    MessageSaid,
    WaitStarted,
)

NEEDS = ask("need", options=options(shelter="Shelter", health="Health", water="Water"))


def test_a_slip_is_asked_about_and_taken_with_a_yes():
    phone = Phone(flow_of(NEEDS)).says("sheltr")
    assert phone.heard == ["Did you mean: Shelter?\n1) Yes\n2) No"]
    assert phone.answers == {}
    assert phone.reported(MatchDoubted) == [MatchDoubted("need", "sheltr", ("shelter",))]
    phone.says("1")
    assert phone.answers == {"need": "shelter"}
    given = phone.reported(AnswerGiven)[-1]
    assert (given.raw, given.matched, given.confirmed) == ("sheltr", Matched.FUZZY, True)


@pytest.mark.parametrize("reply", ["2", "no", "نہیں", "non"])
def test_with_a_no_the_question_is_asked_again(reply):
    phone = Phone(flow_of(NEEDS)).says("sheltr", reply)
    assert phone.reported(MatchConfirmed) == [MatchConfirmed("need", confirmed=False)]
    assert phone.session.step == "need"
    assert phone.session.more.doubt is None
    assert phone.says("2").answers == {"need": "health"}


def test_another_answer_in_place_of_yes_or_no_is_an_answer():
    assert Phone(flow_of(NEEDS)).says("sheltr", "water").answers == {"need": "water"}


def test_a_word_of_two_options_asks_which_one():
    shared = [
        {"code": "a", "label": "Camp A", "aliases": ["camp"]},
        {"code": "b", "label": "Camp B", "aliases": ["camp"]},
    ]
    phone = Phone(flow_of(ask("where", options=shared))).says("camp")
    assert phone.heard == ["Which one do you mean? Reply with its number.\n1) Camp A\n2) Camp B"]
    assert phone.says("۲").answers == {"where": "b"}


def test_a_button_answers_the_doubt():
    phone = Phone(flow_of(NEEDS), flows.Contact("eng", "telegram")).says("sheltr")
    assert phone.reply(flows.Reply(choice="yes")).answers == {"need": "shelter"}


def test_a_reminder_repeats_the_doubt_and_not_the_question():
    phone = Phone(flow_of(NEEDS)).says("sheltr")
    phone.take(flows.remind(phone.flow, phone.session, phone.contact, now=phone.session.expires))
    assert phone.heard == ["Did you mean: Shelter?\n1) Yes\n2) No"]
    assert phone.says("1").answers == {"need": "shelter"}


def test_asking_again_in_another_language_leaves_the_doubt_open_and_waits_anew():
    flow = flow_of(
        ask("need", options=options(shelter="Shelter", water="Water"), text={"eng": "q?", "urd": "سوال؟"}),
        languages=["eng", "urd"],
    )
    phone = Phone(flow).says("sheltr")
    later = NOW + timedelta(hours=10)
    phone.take(flows.repeat(flow, phone.session, flows.Contact("urd"), now=later))
    assert phone.heard == ["Did you mean: Shelter?\n1) Yes\n2) No"]
    assert phone.session.language == "urd"
    assert phone.session.expires == phone.reported(WaitStarted)[-1].expires == later + timedelta(hours=72)
    assert phone.says("1").answers == {"need": "shelter"}


def test_an_answer_is_read_back_where_the_author_wants_it():
    phone = Phone(flow_of(ask("n", "integer", confirm=True), ask("b"))).says("12")
    assert phone.heard == ["We noted: 12. Is this right?\n1) Yes\n2) No"]
    assert phone.says("no").session.retries == 0
    assert phone.says("13", "yes").answers == {"n": 13}
    assert phone.reported(AnswerGiven)[-1].confirmed


def test_a_persons_own_words_are_never_read_back():
    phone = Phone(flow_of(ask("n", "integer", confirm=True, personal=True), ask("b"))).says("12")
    assert phone.answers == {"n": 12}


DISTRICTS = [
    {
        "code": f"d{number:03}",
        "label": f"{name} {number}",
        "columns": {"province": "n" if number < 20 else "s"},
    }
    for number, name in enumerate(["Kabul", "Herat", "Balkh", "Zabul"] * 10)
]
LONG = {"ask": "where", "type": "select_one", "text": "Where?", "list": "districts"}


def long(**more):
    return flow_of(
        ask("p", options=options(n="North", s="South")),
        LONG | more,
        ask("end_"),
        lists={"districts": DISTRICTS},
    )


def test_a_long_list_is_not_shown_but_looked_up():
    phone = Phone(long()).says("1")
    assert phone.heard == ["Where?\nWrite the first letters of your answer. Send MORE for the list."]
    phone.says("zab")
    assert len(phone.last[0].options) == 9
    assert phone.last[0].options[0].label.startswith("Zabul")
    page = [option.code for option in phone.last[0].options]
    phone.says("more")
    assert not {option.code for option in phone.last[0].options} & set(page)
    assert phone.says("1").answers["where"].startswith("d0")


def test_more_without_a_text_shows_the_whole_list_page_by_page_and_begins_again():
    phone = Phone(long()).says("1", "MORE")
    seen = [option.code for option in phone.last[0].options]
    for _ in range(4):
        phone.says("+")
        seen += [option.code for option in phone.last[0].options]
    assert seen == [row["code"] for row in DISTRICTS]
    phone.says("مزید")
    assert phone.last[0].options[0].code == "d000"


def test_a_whole_name_is_taken_at_once():
    assert Phone(long()).says("1", "herat 5").answers["where"] == "d005"


def test_the_only_match_is_asked_about():
    phone = Phone(long()).says("1", "kabul 3")
    assert phone.heard[0].startswith(("Did you mean", "Which one"))


def test_a_filter_leaves_only_what_fits():
    phone = Phone(long(filter="province = ${p}")).says("2", "more")
    assert phone.last[0].options[0].code == "d020"
    assert phone.says("herat 5").session.step == "where"
    assert phone.says("herat 21").answers["where"] == "d021"


def test_what_a_filter_leaves_is_not_crowded_out_by_the_rest():
    many = [
        {"code": f"v{n}", "label": f"Village {n}", "columns": {"province": "n" if n % 100 else "s"}}
        for n in range(800)
    ]
    flow = flow_of(
        ask("p", options=options(n="North", s="South")),
        LONG | {"list": "many", "filter": "province = ${p}"},
        lists={"many": many},
    )
    phone = Phone(flow).says("2", "vill")
    assert [option.code for option in phone.last[0].options] == [f"v{n}" for n in range(0, 800, 100)]


def test_more_in_place_of_yes_or_no_shows_the_list():
    phone = Phone(long()).says("1", "kabull 36")
    assert phone.session.more.doubt or phone.session.more.offer
    phone.says("more")
    assert phone.last[0].options


def test_a_filter_that_lets_nothing_through_passes_the_question_over():
    phone = Phone(long(filter="province = 'x'")).says("1")
    assert phone.session.step == "end_"


def test_a_messenger_shows_as_many_options_as_it_can():
    contact = flows.Contact("eng", "telegram", limits=flows.Limits(options=5))
    phone = Phone(long(), contact).says("1", "herat")
    assert len(phone.last[0].options) == 5
    code = phone.last[0].options[2].code
    assert phone.reply(flows.Reply(choice=code)).answers["where"] == code


def test_nothing_found_is_said():
    phone = Phone(long()).says("1", "qqqqq")
    assert phone.heard[0].startswith("Sorry, we found nothing like that.")
    assert phone.session.retries == 1


def test_other_is_offered_and_asked_in_words():
    flow = flow_of(NEEDS | {"other": "What else?", "goto": "end_"}, ask("never"), ask("end_"))
    phone = Phone(flow)
    assert phone.heard == ["need?\n1) Shelter\n2) Health\n3) Water\n4) Other"]
    assert phone.says("4").heard == ["What else?"]
    phone.says("a goat")
    assert phone.answers == {"need": "other", "need_other": "a goat"}
    assert phone.reported(AnswerGiven)[-1].personal
    assert phone.session.step == "end_"
    assert Phone(flow).says("1").session.step == "end_"


def test_a_default_is_taken_for_a_skip():
    flow = flow_of(
        ask("n", "integer", default="=2 + 3", required=True),
        ask("a", default="no"),
        ask("d", "date", default="x"),
    )
    phone = Phone(flow).says("skip", "0", "0")
    assert phone.answers == {"n": 5, "a": "no"}
    assert {given.matched for given in phone.reported(AnswerGiven)} == {Matched.DEFAULT}


@pytest.mark.parametrize(
    ("reply", "fits"), [("0", False), ("1", True), ("2", False), ("9", True), ("11", False)]
)
def test_numbers_outside_their_range_or_between_its_steps_are_refused(reply, fits):
    flow = flow_of(ask("n", "range", range={"start": 1, "end": 10, "step": 2}))
    phone = Phone(flow).says(reply)
    assert (phone.answers == {"n": int(reply)}) is fits
    if not fits:
        assert "Please send a number from 1 to 10." in phone.heard


def test_required_may_depend_on_an_answer_and_has_its_own_words():
    flow = flow_of(ask("a"), ask("b", required_when="${a} = 'yes'", required_message="We need this one."))
    assert Phone(flow).says("2", "0").session.ended
    assert Phone(flow).says("1", "0").heard[0] == "We need this one."


def test_a_picture_is_not_asked_for_by_sms_and_its_fallbacks_hold():
    for fallback, heard in ((None, "Our next question"), ("skip", "Bye"), ("words", "photo?")):
        more = {} if fallback is None else {"media_fallback": fallback}
        phone = Phone(flow_of(ask("photo", "image", **more), {"say": "bye", "text": "Bye"}))
        assert phone.heard[0].startswith(heard)
        assert bool(phone.reported(AnswerMissed)) is (fallback != "words")
    phone = Phone(flow_of(ask("photo", "image")), flows.Contact("eng", "telegram"))
    assert phone.reply(flows.Reply(media=("media:7",))).answers == {"photo": "media:7"}


def test_words_with_a_picture_may_be_left_out_where_it_cannot_be_shown():
    flow = flow_of(
        {"say": "a", "text": "See", "media": {"eng": "m:1"}, "media_fallback": "skip"},
        {"say": "b", "text": "B"},
    )
    assert Phone(flow).heard == ["B"]
    said = Phone(flow, flows.Contact("eng", "telegram")).reported(MessageSaid)
    assert [(message.text, message.media) for message in said] == [("See", "m:1"), ("B", None)]
