"""STOP, HELP, PROBLEM … in every language, and nothing else taken for them."""

from __future__ import annotations

from collections import defaultdict

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flows import number_words, words
from flows.folding import fold
from flows.languages import SHIPPED
from flows.tables import read_table
from flows.zawgyi import as_unicode, other_reading
from gateway.keywords import Keyword, Match, match, read_language, read_reference
from gateway.references import new

TABLE = read_table("keywords", package="gateway")["keywords"]
NEEDED = ("stop", "start", "help", "language", "problem", "status", "my_data", "human", "delete", "wrong")


def every_alias():
    for name, row in TABLE.items():
        for language, aliases in row.items():
            if language != "takes":
                yield from ((name, language, alias) for alias in aliases)


def meant(name):
    return Keyword.PROBLEM if name == "ask" else Keyword(name)


@pytest.mark.parametrize("language", SHIPPED)
@pytest.mark.parametrize("name", NEEDED)
def test_each_language_has_a_word_for_each_keyword(name, language):
    assert TABLE[name][language]


def test_every_keyword_is_in_the_table_and_every_alias_is_text():
    assert {meant(name) for name in TABLE} == set(Keyword)
    assert all(isinstance(alias, str) for _, _, alias in every_alias())


def test_no_alias_belongs_to_two_keywords():
    owners = defaultdict(set)
    for name, _, alias in every_alias():
        owners[fold(alias)].add(meant(name))
    assert {alias: found for alias, found in owners.items() if len(found) > 1} == {}


def test_no_alias_means_yes_no_skip_or_a_number():
    taken = words._ALL_YES | words._ALL_NO | words.SKIP | set(number_words.WORDS)
    assert {fold(alias) for _, _, alias in every_alias()} & taken == set()


@pytest.mark.parametrize(("name", "language", "alias"), list(every_alias()))
def test_an_alias_alone_is_its_keyword_in_any_case_and_punctuation(name, language, alias):
    assert match(alias) == Match(meant(name), "")
    assert match(f" {alias.upper()} ") == Match(meant(name), "")
    if alias not in {"?", "؟"}:
        assert match(f"«{alias}»!") == Match(meant(name), "")


@pytest.mark.parametrize(
    "word", ["STOP", "CANCEL", "END", "QUIT", "UNSUBSCRIBE", "OPTOUT", "opt-out", "Stop."]
)
def test_the_words_that_carriers_act_on_are_stop(word):
    assert match(word) == Match(Keyword.STOP, "")


@pytest.mark.parametrize(
    "text",
    [
        "stop please",
        "please stop",
        "Please, STOP!",
        "STOP STOP STOP",
        "STOP.STOP",
        "stop stop please",
        "hello stop thank you",
        "مہربانی بند کریں",
        "بند کریں شکریہ",
        "لطفاً توقف",
        "من فضلك أوقف",
        "ကျေးဇူးပြု၍ ရပ်ပါ",
        "fadlan jooji",
        "Arrêt s'il vous plaît",
        "/stop",
    ],
)
def test_stop_is_understood_with_politeness_and_repetition(text):
    assert match(text) == Match(Keyword.STOP, "")


@pytest.mark.parametrize(
    "text",
    [
        "don't stop the food",
        "stop the food problem",
        "stop it now or I complain",
        "the bus stop is far",
        "راشن بند ہو گیا ہے",
        "بند راستہ ہے",
        "توقف المساعدات",
        "help me my child is sick",
        "help us",
        "I need help",
        "مدد نہیں ملی",
        "start of school",
        "delete this list of names and write it anew",
        "wrong food was given",
        "human rights",
        "more food please for my family",
        "news about my card never came",
        "my data was wrong",
        "حالت بہت خراب ہے",
        "status of the road is bad",
        "language is my difficulty",
        "verify this please, it looks bad",
        "the problem is water",
        "",
        "   ",
        "1",
        "۱",
        "123",
        "yes",
        "please",
        "thank you",
        "!!!",
        "👍",
    ],
)
def test_a_sentence_that_holds_a_keyword_is_none(text):
    assert match(text) is None


@pytest.mark.parametrize(
    ("text", "keyword", "rest"),
    [
        ("STATUS B4K7 T2MX", Keyword.STATUS, "B4K7 T2MX"),
        ("status:b4k7-t2mx", Keyword.STATUS, "b4k7-t2mx"),
        ("Status = B4K7T2MX.", Keyword.STATUS, "B4K7T2MX"),
        ("صورتحال B4K7T2MX", Keyword.STATUS, "B4K7T2MX"),
        ("حالت ۱۲۳۴۵۶۷۸", Keyword.STATUS, "۱۲۳۴۵۶۷۸"),
        ("STATUS B4K7", Keyword.STATUS, "B4K7"),
        ("VERIFY K7T2MX", Keyword.VERIFY, "K7T2MX"),
        ("PROBLEM my card is lost", Keyword.PROBLEM, "my card is lost"),
        ("Problem: no water.", Keyword.PROBLEM, "no water"),
        ("مسئلہ\nکارڈ گم ہے", Keyword.PROBLEM, "کارڈ گم ہے"),
        ("ASK when is the distribution?", Keyword.PROBLEM, "when is the distribution?"),
        ("LANG urdu", Keyword.LANGUAGE, "urdu"),
        ("زبان پښتو", Keyword.LANGUAGE, "پښتو"),
        ("lang 3", Keyword.LANGUAGE, "3"),
        ("change language somali", Keyword.LANGUAGE, "somali"),
        ("APPEAL the answer is not fair", Keyword.APPEAL, "the answer is not fair"),
        ("not satisfied with the answer", Keyword.APPEAL, "with the answer"),
        ("/start Abc-123", Keyword.START, "Abc-123"),
    ],
)
def test_what_stands_behind_a_keyword_is_given_as_written(text, keyword, rest):
    assert match(text) == Match(keyword, rest)


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("sto", Keyword.STOP),
        ("stopo", Keyword.STOP),
        ("ztop", Keyword.STOP),
        ("tsop", Keyword.STOP),
        ("Stip please", Keyword.STOP),
        ("unsubscibe", Keyword.STOP),
        ("stop messges", Keyword.STOP),
        ("desaboner", Keyword.STOP),
        ("languge", Keyword.LANGUAGE),
        ("langauge", Keyword.LANGUAGE),
        ("maloomaat", Keyword.HELP),
        ("shikayyat", Keyword.PROBLEM),
        ("complaiint", Keyword.PROBLEM),
        ("dhibaatto", Keyword.PROBLEM),
        ("supprimr", Keyword.DELETE),
        ("ఠ", None),
    ],
)
def test_one_letter_wrong_in_a_keyword_is_seen_and_said_to_be_a_slip(text, keyword):
    found = match(text)
    assert (None if found is None else found.keyword) is keyword
    if found is not None and text not in {"langauge", "languge"}:
        assert found == Match(keyword, "", slip=True)


@pytest.mark.parametrize("text", read_table("keywords", package="gateway")["not_slips"])
def test_a_word_of_its_own_is_no_slip(text):
    assert match(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "khana",
        "parson",
        "very",
        "made",
        "argent",
        "آسان",
        "wrog",
        "delet my",
        "water",
        "haan",
        "shukriya",
        "maybe",
        "twenty",
        "cancer",
        "shop",
        "Aisha",
        "Kabul",
        "right",
        "st",
        "s",
    ],
)
def test_ordinary_words_are_no_keywords(text):
    assert match(text) is None


@pytest.mark.parametrize(
    ("zawgyi", "keyword"), [("ရပ္ပါ", Keyword.STOP), ("သတင္း", Keyword.NEWS), ("ဖ်က္ပါ", Keyword.DELETE)]
)
def test_a_keyword_typed_in_zawgyi_is_heard(zawgyi, keyword):
    assert match(zawgyi) == Match(keyword, "")


@given(
    st.text() | st.lists(st.sampled_from([alias for _, _, alias in every_alias()]), max_size=6).map(" ".join)
)
def test_matching_never_raises_and_gives_back_words_of_the_message(text):
    found = match(text)
    assert found is None or found.rest in as_unicode(text) or found.rest in (other_reading(text) or "")


@given(st.builds(new))
def test_status_with_any_reference_is_status(reference):
    found = match(f"status {reference[:4].lower()} {reference[4:]}")
    assert found is not None
    assert found.keyword is Keyword.STATUS
    assert read_reference(found.rest) == reference


@pytest.mark.parametrize(
    ("text", "code"),
    [("Urdu", "urd"), ("اردو", "urd"), ("PASHTO", "pus"), ("pst", "pst"), ("فارسی", "prs"), ("عربي", "arb"),
     ("မြန်မာ", "mya"), ("Somali", "som"), ("Français", "fra"), ("English", "eng"), ("Kiswahili", "swh"), ("x", None)],
)  # fmt: skip
def test_a_language_is_named_in_any_language(text, code):
    assert read_language(text) == code


def test_the_table_is_plain_yaml_without_words_that_yaml_reads_as_something_else():
    text = yaml.safe_dump(TABLE, allow_unicode=True)
    assert yaml.safe_load(text) == TABLE
