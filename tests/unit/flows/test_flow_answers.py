import pytest
from flow_builders import Phone, ask, flow_of, options
from flow_replies import LANGUAGES, PLACES, answer, closed, place, reading

import flows
from flows.answers import MAX_REPLY, Outcome, clean
from flows.events import AnswerGiven, Matched, ReplyNotUnderstood


@pytest.mark.parametrize("text", ["2", "2.", "(2)", " 2 ) ", "۲", "٢", "၂", "২", "२", "2️⃣", "②", "#2", "02"])
def test_a_number_is_read_in_any_script(text):
    assert answer(closed(), text) == ("shelter", Matched.NUMBER)


@pytest.mark.parametrize("text", ["Shelter", "SHELTER!", " shelter ", "abri", "پناہ گاہ", "پناه گاه"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_is_read_in_any_language_of_the_flow(text, language):
    assert answer(closed(), text, language) == ("shelter", Matched.WORD)


def test_an_alias_and_a_code_are_words_too():
    assert answer(closed(), "meals") == ("food", Matched.WORD)
    assert answer(closed(), "documents", "urd") == ("documents", Matched.WORD)


@pytest.mark.parametrize("text", ["sheltr", "shelterr", "shalter", "shleter", "Docunents"])
def test_one_letter_off_in_a_long_word_is_asked_back(text):
    values, matched = answer(closed(), text)
    assert values in (["shelter"], ["documents"])
    assert matched is Matched.FUZZY


@pytest.mark.parametrize("text", ["fod", "foood", "abry", "shltr", "sh", "5", "-", "22", "2 people died"])
def test_short_words_far_words_and_other_numbers_are_not_understood(text):
    phone = Phone(closed()).says(text)
    assert phone.answers == {}
    assert phone.reported(ReplyNotUnderstood) == [ReplyNotUnderstood("need", text)]


@pytest.mark.parametrize("text", ["2) Shelter", "2 shelter", "۲. پناہ گاہ", "2 - Abri"])
def test_a_line_copied_from_the_list_is_an_answer(text):
    assert answer(closed(), text) == ("shelter", Matched.NUMBER)


@pytest.mark.parametrize("text", ["2) Food", "2 friends", "7) Food", "2)"])
def test_a_number_with_other_words_is_not(text):
    expected = {"2) Food": ["food", "shelter"], "7) Food": ["food"], "2)": "shelter"}
    assert answer(closed(), text)[0] == expected.get(text)


def test_a_slip_that_two_options_share_may_be_either():
    flow = closed(rows=options(north="Northern", south="Southern", nerth="Nerthern"))
    assert answer(flow, "Nxrthern") == (["north", "nerth"], Matched.FUZZY)
    assert answer(flow, "Soutern") == (["south"], Matched.FUZZY)


def test_digits_in_a_label_never_slip():
    flow = closed(rows=options(a="18-59 years", b="60 and over"))
    assert answer(flow, "18-69 years") == (None, None)
    assert answer(flow, "18-59 years") == ("a", Matched.WORD)


def test_a_word_that_means_two_things_is_taken_in_the_persons_language_and_else_not_at_all():
    rows = [
        {"code": "one", "label": {"eng": "la", "urd": "x"}},
        {"code": "two", "label": {"eng": "y", "urd": "la"}},
        {"code": "three", "label": {"eng": "three words", "urd": "z"}},
    ]
    assert answer(closed(rows=rows), "la", "eng") == ("one", Matched.WORD)
    assert answer(closed(rows=rows), "la", "urd") == ("two", Matched.WORD)
    assert answer(closed(rows=rows), "la", "fra") == ("one", Matched.WORD)  # French falls back to English
    same = options(a="Same", b="Same")
    assert answer(closed(rows=same), "same") == (["a", "b"], Matched.FUZZY)
    assert answer(closed(rows=same), "1") == ("a", Matched.NUMBER)


def test_a_number_is_the_number_even_where_a_label_has_the_same_digits():
    flow = closed(rows=options(three="3", four="4"))
    assert answer(flow, "3") == ("three", Matched.WORD)  # there is no third option
    assert answer(closed(rows=options(two="2", one="1")), "2") == ("one", Matched.NUMBER)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("yes", "yes"),
        ("ok", "yes"),
        ("haan", "yes"),
        ("ہاں", "yes"),
        ("oui", "yes"),
        ("نهیں", "no"),
        ("NO!", "no"),
    ],
)
def test_words_for_yes_and_no_of_all_languages_fit_options_with_these_codes(text, code):
    flow = flow_of(ask("need"))
    assert answer(flow, text) == (code, Matched.WORD)


def test_yes_means_nothing_where_there_is_no_such_option():
    assert answer(closed(), "yes") == (None, None)
    assert answer(closed(rows=options(no="No", later="Later on")), "haan") == (None, None)
    assert answer(closed(rows=options(yes="Yes", later="Later on")), "haan") == ("yes", Matched.WORD)
    assert answer(closed(rows=options(no="No", later="Later on")), "nahi") == ("no", Matched.WORD)


def test_a_number_word_is_a_number():
    assert answer(closed(), "two") == ("shelter", Matched.NUMBER)


def test_a_button_is_its_code_and_a_stale_one_is_not_understood():
    phone = Phone(closed()).reply(flows.Reply(choice="documents"))
    assert (phone.answers, phone.matched) == ({"need": "documents"}, Matched.CODE)
    phone = Phone(closed()).reply(flows.Reply(choice="gone"))
    assert phone.answers == {}
    assert phone.reported(ReplyNotUnderstood)[0].raw == "gone"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1,3", ["food", "documents"]),
        ("3, 1", ["food", "documents"]),
        ("1 3", ["food", "documents"]),
        ("۱ و ۳", ["food", "documents"]),
        ("1 aur 3", ["food", "documents"]),
        ("1+3+1", ["food", "documents"]),
        ("2", ["shelter"]),
        ("none of these", ["none"]),
        ("food, shelter", ["food", "shelter"]),
        ("Food and documents", ["food", "documents"]),
        ("خوراک، کاغذات", ["food", "documents"]),
        ("1, shelter", ["food", "shelter"]),
    ],
)
def test_a_list_is_read_in_the_order_of_the_options(text, codes):
    assert answer(closed("select_multiple"), text)[0] == codes


def test_how_a_list_was_matched_is_told():
    flow = closed("select_multiple")
    assert answer(flow, "1,3")[1] is Matched.NUMBER
    assert answer(flow, "1, shelter")[1] is Matched.WORD
    assert answer(flow, "food, sheltr") == ([["food", "shelter"]], Matched.FUZZY)
    assert answer(flow, "sheltr") == ([["shelter"]], Matched.FUZZY)
    assert Phone(flow).reply(flows.Reply(choice="food none")).answers == {"need": ["food", "none"]}


@pytest.mark.parametrize("text", ["1,9", "1, xyz", ",", "1,2,3,4," * 100])
def test_every_part_of_a_list_must_match(text):
    assert answer(closed("select_multiple"), text) == (None, None)


def test_an_exclusive_option_beside_another_is_left_out():
    flow = closed("select_multiple", exclusive=["none"])
    assert answer(flow, "1,4")[0] == ["food"]
    assert answer(flow, "4")[0] == ["none"]


def test_a_list_is_no_answer_to_a_question_for_one_but_one_of_it_may_be():
    assert answer(closed(), "1,2") == (["food", "shelter"], Matched.FUZZY)
    assert answer(closed(), "food or documents") == (["food", "documents"], Matched.FUZZY)
    assert answer(closed(), "1-2") == (["food", "shelter"], Matched.FUZZY)


@pytest.mark.parametrize(
    ("text", "number"), [("5", 5), ("۱۲", 12), ("0", 0), ("٠", 0), ("five", 5), ("(7)", 7), (" 3 ", 3)]
)
def test_a_whole_number(text, number):
    assert answer(flow_of(ask("need", "integer")), text) == (number, Matched.VALUE)


@pytest.mark.parametrize("text", ["many", "9" * 65, "9" * 5000, "1.5", ""])
def test_what_is_no_whole_number_is_not_understood(text):
    assert answer(flow_of(ask("need", "integer")), text) == (None, None)


@pytest.mark.parametrize(
    ("text", "number"), [("1.5", 1.5), ("1,5", 1.5), ("۱٫۵", 1.5), ("2", 2.0), ("0", 0.0)]
)
def test_a_decimal_number(text, number):
    value, matched = answer(flow_of(ask("need", "decimal")), text)
    assert (value, matched) == (number, Matched.VALUE)
    assert isinstance(value, float)


@pytest.mark.parametrize("text", ["inf", "nan", "1e999", "9" * 400])
def test_what_is_no_decimal_number_is_not_understood(text):
    assert answer(flow_of(ask("need", "decimal")), text) == (None, None)


@pytest.mark.parametrize(
    "text", ["2031-03-09", "9.3.2031", "09.03.31", "۹.۳.۲۰۳۱", "9 March 2031", "٩ مارس ٢٠٣١"]
)
def test_a_date(text):
    assert answer(flow_of(ask("need", "date")), text) == ("2031-03-09", Matched.VALUE)


def test_words_are_kept_as_they_are_and_are_personal():
    phone = Phone(flow_of(ask("need", "text"))).says("  The water is dirty.\nSince Monday.  ")
    given = phone.reported(AnswerGiven)[0]
    assert given.value == "The water is dirty.\nSince Monday."
    assert given.personal


def test_a_voice_note_alone_answers_a_question_for_words():
    phone = Phone(flow_of(ask("need", "text"))).reply(flows.Reply(media=("media:7",)))
    assert (phone.answers, phone.matched) == ({"need": "media:7"}, Matched.MEDIA)
    assert Phone(flow_of(ask("need"))).reply(flows.Reply(media=("media:7",))).answers == {}


def test_a_place_is_found_by_name_in_any_script():
    assert place(flows.Reply("Peshawar")) == ("PK03", Matched.PLACE)
    assert place(flows.Reply("پشاور")) == ("PK03", Matched.PLACE)
    assert place(flows.Reply("peshawar please")) == ("PK03", Matched.PLACE)
    assert place(flows.Reply("Atlantis")) == (None, None)


def test_a_place_with_a_slip_or_half_its_name_is_asked_back():
    assert place(flows.Reply("Jalalabat")) == ([("AF02", "jalalabad")], Matched.FUZZY)
    assert place(flows.Reply("mardan")) == ([("PK04", "mardan east"), ("PK05", "mardan west")], Matched.FUZZY)
    assert place(flows.Reply("near kabul city")) == ([("AF01", "kabul")], Matched.FUZZY)


def test_a_slip_between_two_places_may_be_both():
    assert place(flows.Reply("mardan eest")) == ([("PK04", "mardan east")], Matched.FUZZY)
    assert place(flows.Reply("hill3"), {"hill1": "a", "hill2": "b"}) == (None, None)
    both = place(flows.Reply("camp nortx"), {"camp north": "a", "camp nortb": "b"})
    assert both == ([("a", "camp north"), ("b", "camp nortb")], Matched.FUZZY)


def test_a_place_is_personal():
    phone = Phone(flow_of(ask("need", "place")), flows.Contact("eng", places=PLACES)).says("Peshawar")
    assert all(given.personal for given in phone.reported(AnswerGiven))
    assert phone.answers == {"need": "PK03"}


def test_a_shared_location_is_coordinates_and_nonsense_is_not():
    assert place(flows.Reply(place=(34.01, 71.5))) == ("34.01000,71.50000", Matched.PLACE)
    assert place(flows.Reply(place=(-90.0, 180.0))) == ("-90.00000,180.00000", Matched.PLACE)
    assert place(flows.Reply(place=(91.0, 0.0))) == (None, None)
    assert place(flows.Reply(place=(0.0, 180.1))) == (None, None)
    assert place(flows.Reply(place=(float("nan"), 0.0))) == (None, None)


def test_where_no_places_are_known_the_words_are_kept():
    assert place(flows.Reply("behind the mill"), {}) == ("behind the mill", Matched.VALUE)
    assert place(flows.Reply("  "), {}) == (None, None)
    assert reading(flow_of(ask("need", "place")), flows.Reply(media=("media:1",))) is Outcome.UNCLEAR


def test_a_reply_is_cut_and_loses_what_cannot_be_stored():
    assert clean("x" * (MAX_REPLY + 5)) == "x" * MAX_REPLY
    assert clean("a\x00b\ud800c\x1bd\x85") == "abcd"
    assert clean("می‌شود\n1\t2") == "می‌شود\n1\t2"  # ZWNJ is spelling


def test_a_hidden_option_is_not_offered_and_not_taken():
    rows = [{"code": "a", "label": "Alpha"}, {"code": "b", "label": "Bravo", "when": "${vip} = 'yes'"}]
    flow = flow_of(ask("need", options=rows), fields=["vip"])
    phone = Phone(flow)
    assert phone.heard == ["need?\n1) Alpha"]
    assert phone.says("2").answers == {}
    vip = Phone(flow, flows.Contact("eng", fields={"vip": "yes"}))
    assert vip.heard == ["need?\n1) Alpha\n2) Bravo"]
    assert vip.says("2").answers == {"need": "b"}
