"""What is wrong with a translation: each rule with a text that breaks it; the library's own texts break none."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.definition import Ask, Flow
from flows.languages import SHIPPED, SOURCE
from gateway import text_checks
from gateway.flow_slots import slots
from gateway.services import flow_store
from gateway.text_checks import Doubt, Pair, Term, check, contains, refusals

WORDS = st.text(max_size=80) | st.text("abc1۲ {}$می\u200c\u2068\u2069\u202eSTOP", max_size=40)


def pair(source: str, target: str, language: str = "urd", **more: object) -> Pair:
    return Pair(source, target, "eng", language, **more)  # type: ignore[arg-type]


def codes(*given: object, **more: object) -> list[str]:
    return [doubt.code for doubt in check(pair(*given, **more))]  # type: ignore[arg-type]


@given(WORDS, WORDS, st.sampled_from(SHIPPED))
def test_any_text_gets_findings_and_never_an_error(source: str, target: str, language: str) -> None:
    found = check(pair(source, target, language, numbers=(1, 2), terms=(Term("a", "ب", ("c",)),)))
    assert {doubt.code for doubt in found} <= set(text_checks.CODES)
    assert [doubt for doubt in found if doubt.refused] == refusals(
        pair(source, target, language, numbers=(1, 2), terms=(Term("a", "ب", ("c",)),))
    )


@given(st.sampled_from(SHIPPED))
def test_what_is_not_translated_yet_has_nothing_wrong(language: str) -> None:
    assert check(pair("Send STOP to end. ${x} 1 2", "  ", language)) == []


def test_a_lost_placeholder_is_refused_and_named() -> None:
    assert refusals(pair("Come on ${visit_date} to {place}", "${visit_date} کو آئیں")) == [
        Doubt("placeholder_missing", ("${place}",), True)
    ]


def test_placeholders_may_stand_in_another_order_and_spelling() -> None:
    assert refusals(pair("${a} then {b}", "پہلے ${b} پھر { a }")) == []


def test_a_placeholder_that_the_source_has_not_is_refused() -> None:
    assert codes("Come", "${name} آئیں") == ["placeholder_unknown"]


def test_a_brace_alone_would_reach_the_phone() -> None:
    assert "brace" in codes("Come ${a}", "${a} آئیں }")


def test_an_override_is_refused_and_an_isolate_is_not() -> None:
    assert [doubt.code for doubt in refusals(pair("Pay", "ادا \u202eabc\u202c"))] == ["override"]
    assert refusals(pair("Call 123", "کال \u2066123\u2069")) == []


def test_numbers_that_people_answer_by_must_all_be_there_in_their_order() -> None:
    source = "Did it work? 1 Yes 2 No"
    assert refusals(pair(source, "کام ہوا؟ ۱ ہاں ۲ نہیں", numbers=(1, 2))) == []
    assert codes(source, "کام ہوا؟ 2 نہیں 1 ہاں", numbers=(1, 2)) == ["numbering"]
    assert codes(source, "کام ہوا؟ ہاں یا نہیں", numbers=(1, 2)) == ["numbering"]


def test_another_number_is_pointed_at_and_any_script_counts() -> None:
    assert check(pair("Within 72 hours", "27 گھنٹوں میں")) == [Doubt("numbers", ("27", "72"))]
    assert codes("Within 72 hours, 1,200 rupees", "۷۲ گھنٹے، ۱٬۲۰۰ روپے") == []


def test_two_options_may_not_be_answered_by_the_same_word() -> None:
    others = {"no": ("نہیں", "نہ"), "some": ("کبھی کبھی",)}
    assert codes("Not at all", "نہ", others=others) == ["same_as_option"]
    assert codes("Yes", "ہاں", others=others) == []


def test_stop_must_stay_a_word_that_is_read_as_stop() -> None:
    assert check(pair("Send STOP to end", "ختم کرنے کے لیے بھیجیں")) == [Doubt("keyword", ("STOP",))]
    assert codes("Send STOP to end", "ختم کرنے کے لیے STOP بھیجیں") == []


def test_words_in_capitals_that_are_no_keyword_may_go() -> None:
    assert codes("NADRA office", "نادرا کا دفتر") == []


def test_a_copy_of_the_source_is_pointed_at_but_not_a_name_or_a_number() -> None:
    assert codes("How old are you?", "How old are you? ") == ["copy", "spaces"]
    assert codes("${place}", "${place}") == []
    assert codes("OK", "OK", "som") == []


def test_a_letter_of_another_alphabet_inside_a_latin_word_is_found() -> None:
    assert check(pair("Water", "W\u0430ter", "som"))[0] == Doubt("mixed_script", ("W\u0430ter",))
    assert "mixed_script" in codes("Water", "Вода", "som")
    assert "mixed_script" not in codes("Send by WhatsApp", "واٹس ایپ WhatsApp سے بھیجیں")


def test_burmese_in_the_old_encoding_is_refused() -> None:
    zawgyi = "ျမန္မာႏုိင္ငံတြင္ ေနထိုင္သည္"
    assert codes("We live in Myanmar", zawgyi, "mya") == ["zawgyi"]
    assert codes("We live in Myanmar", "မြန်မာနိုင်ငံတွင် နေထိုင်သည်", "mya") == []


def test_the_glossary_is_kept_in_any_spelling_of_a_word() -> None:
    terms = (Term("cash", "نقد رقم", ("پیسہ",)),)
    assert codes("Did you get cash?", "کیا نقد رقم ملی؟", terms=terms) == []
    assert check(pair("Did you get cash?", "کیا پیسہ ملا؟", terms=terms)) == [
        Doubt("term", ("cash", "نقد رقم")),
        Doubt("forbidden", ("cash", "پیسہ")),
    ]
    assert codes("Did you get water?", "کیا پانی ملا؟", terms=terms) == []


@pytest.mark.parametrize(
    ("text", "term", "there"),
    [
        ("Two officers came", "officer", True),
        ("The office is shut", "officer", False),
        ("Health post", "HEALTH", True),
        ("Unhealthy", "health", False),
        ("ငွေသား ရပြီလား", "ငွေသား", True),
        ("كيف الصحة", "صحة", False),
        ("anything", "", False),
    ],
)
def test_a_term_is_found_as_a_word(text: str, term: str, *, there: bool) -> None:
    assert contains(text, term) is there


def test_a_second_sms_is_pointed_at_where_the_source_needs_one() -> None:
    assert check(pair("A short question?", "سوال " * 20))[-1] == Doubt("long", ("2", "1"))


def library() -> Iterator[tuple[Flow, str]]:
    for flow in flow_store.library():
        yield from ((flow, language) for language in SHIPPED if language != SOURCE)


def test_nothing_in_the_library_would_be_refused() -> None:
    refused = []
    for flow, language in library():
        for slot in slots(flow):
            numbers = (
                tuple(option.number for option in slot.question.options)
                if isinstance(slot.question, Ask)
                else ()
            )
            words = slot.text.by_language
            asked = numbers if slot.kind in {"text", "short"} else ()
            target = words.get(language, "")
            refused += [
                (slot.id, language, doubt.code)
                for doubt in refusals(pair(words[SOURCE], target, language, numbers=asked))
            ]
    assert refused == []


def test_each_text_of_the_library_is_met_once() -> None:
    for flow in flow_store.library():
        ids = [slot.id for slot in slots(flow)]
        assert len(ids) == len(set(ids)) > 0
