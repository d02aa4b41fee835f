"""Burmese of the old fonts, turned into Unicode."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.zawgyi import LOOKED_AT, as_unicode, convert, other_reading, probability

PAIRS = [
    ("ေယာက္်ား", "ယောက်ျား"),
    ("ဟုတ္ကဲ့", "ဟုတ်ကဲ့"),
    ("ျမန္မာ", "မြန်မာ"),
    ("မဟုတ္ဘူး", "မဟုတ်ဘူး"),
    ("ရွိတယ္", "ရှိတယ်"),
    ("ႏွစ္", "နှစ်"),
    ("သံုး", "သုံး"),
    ("ေက်ာ္ပါ", "ကျော်ပါ"),
    ("က်န္းမာေရး", "ကျန်းမာရေး"),
    ("မဂၤလာပါ", "မင်္ဂလာပါ"),
    ("ေက်းဇူးတင္ပါတယ္", "ကျေးဇူးတင်ပါတယ်"),
    ("ပညာေရး", "ပညာရေး"),
    ("ေအး", "အေး"),
    ("အကူအညီလိုတယ္", "အကူအညီလိုတယ်"),
    ("ျပႆနာ", "ပြဿနာ"),
    ("ဝန္ထမ္း", "ဝန်ထမ်း"),
    ("ခြင့္", "ခွင့်"),
    ("ေျခာက္", "ခြောက်"),
    ("ကုိယ္ေရး", "ကိုယ်ရေး"),
    ("အဂၤလိပ္", "အင်္ဂလိပ်"),
    ("ဘာသာစကား", "ဘာသာစကား"),
    ("လူႀကီး", "လူကြီး"),
    ("ၾကိဳက္တယ္", "ကြိုက်တယ်"),
    ("ႏိုင္ငံ", "နိုင်ငံ"),
    ("သတၱဳ", "သတ္တု"),
    ("ဥကၠဌ", "ဥက္ကဌ"),
    ("ေသာင္း", "သောင်း"),
    ("ကြၽန္ေတာ္", "ကျွန်တော်"),
    ("ဉာဏ္", "ဉာဏ်"),
    ("ညႊန္", "ညွှန်"),
    ("႐ွိ", "ရှိ"),
    ("ၿပီး", "ပြီး"),
    ("ေမးခြန္း", "မေးခွန်း"),
    ("ၾကာသပေတး", "ကြာသပတေး"),
    ("စေန", "စနေ"),
    ("တနဂၤေႏြ", "တနင်္ဂနွေ"),
    ("ဒုကၡသည္", "ဒုက္ခသည်"),
    ("ပို႔", "ပို့"),
    ("လူ႔", "လူ့"),
    ("ဆႏၵ", "ဆန္ဒ"),
    ("သေဘာတူ", "သဘောတူ"),
]
BURMESE = st.text(alphabet=st.characters(min_codepoint=0x1000, max_codepoint=0x109F), max_size=40)


@pytest.mark.parametrize(("zawgyi", "unicode"), PAIRS)
def test_a_word_in_zawgyi_becomes_the_same_word_in_unicode(zawgyi, unicode):
    assert convert(zawgyi) == unicodedata.normalize("NFC", unicode)


@pytest.mark.parametrize("unicode", [unicode for _, unicode in PAIRS])
def test_unicode_stays_as_it_is(unicode):
    assert as_unicode(unicode) == unicode


def test_a_sentence_is_converted_without_being_told():
    typed = "ကၽြန္ေတာ္တို႔ရြာမွာ ေရမရွိဘူး။ ၃ ရက္ရွိၿပီ"
    assert as_unicode(typed) == "ကျွန်တော်တို့ရွာမှာ ရေမရှိဘူး။ ၃ ရက်ရှိပြီ"
    assert as_unicode(as_unicode(typed)) == as_unicode(typed)


def test_text_of_other_scripts_is_left_alone():
    assert as_unicode("Water, پانی, ماء 3") == "Water, پانی, ماء 3"
    assert probability("Water") == 0
    assert other_reading("Water") is None


def test_what_could_be_either_is_left_alone_and_offered_as_the_other():
    assert as_unicode("ဟုတ္ကဲ့") == "ဟုတ္ကဲ့"
    assert other_reading("ဟုတ္ကဲ့") == "ဟုတ်ကဲ့"
    assert other_reading("ဟုတ်ကဲ့") is None


@given(st.text() | BURMESE)
def test_any_text_is_converted_without_an_error(text):
    assert isinstance(convert(text), str)
    assert isinstance(as_unicode(text), str)
    assert 0 <= probability(text) <= 1


def test_only_the_beginning_of_a_long_text_is_looked_at():
    tail = "ေက်ာ္ပါ" * 2_000
    assert probability("ကျော်ပါ" * LOOKED_AT + tail) == probability("ကျော်ပါ" * LOOKED_AT)
