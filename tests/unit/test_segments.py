"""Counting and cutting SMS."""

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gateway import segments
from gateway.segments import GSM7, UCS2, count, look_alike, size, split, units

GSM = st.text(st.sampled_from('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓ Ææß!"#¤0Aaz¿ñà^{}\\[~]|€\f'), max_size=500)
ANY = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("aé€🙂🏳ی‌ن\r\n")), max_size=400
)
TEXTS = st.one_of(GSM, ANY)


def nfc(text):
    return unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "encoding", "length", "parts"),
    [
        ("", GSM7, 0, 0),
        ("a", GSM7, 1, 1),
        ("a" * 160, GSM7, 160, 1),
        ("a" * 161, GSM7, 161, 2),
        ("a" * 306, GSM7, 306, 2),
        ("a" * 307, GSM7, 307, 3),
        ("€" * 80, GSM7, 160, 1),
        ("€" * 81, GSM7, 162, 2),
        ("€" * 152, GSM7, 304, 2),
        ("€" * 153, GSM7, 306, 3),  # 76 pairs a part: a pair is never split, so 306 septets take three
        ("\r\n", GSM7, 2, 1),
        ("سلام", UCS2, 4, 1),
        ("ہ" * 70, UCS2, 70, 1),
        ("ہ" * 71, UCS2, 71, 2),
        ("ہ" * 134, UCS2, 134, 2),
        ("ہ" * 135, UCS2, 135, 3),
        ("🙂" * 35, UCS2, 70, 1),
        ("🙂" * 36, UCS2, 72, 2),
        ("🙂" * 66, UCS2, 132, 2),
        ("🙂" * 67, UCS2, 134, 3),  # 33 pairs a part
        ("ç", UCS2, 1, 1),
        ("Ç", GSM7, 1, 1),
        ("`", UCS2, 1, 1),
        ("می‌خواهم", UCS2, 8, 1),  # the joiner counts: it is spelling
    ],
)
def test_known_lengths_are_counted_as_the_standard_says(text, encoding, length, parts):
    assert size(text) == (encoding, length, parts)
    full = count(text)
    assert (full.encoding, full.units, full.segments) == (encoding, length, parts)
    assert units(text) == length


def test_a_decomposed_letter_is_counted_as_it_is_sent():
    assert size("cafe\u0301") == (GSM7, 4, 1)
    assert split("cafe\u0301") == ["café"]


def test_room_left_is_told_for_one_part_and_for_the_last_of_several():
    assert count("").remaining == 160
    assert count("a" * 100).remaining == 60
    assert count("a" * 161).per_segment == (153, 8)
    assert count("a" * 161).remaining == 145
    assert count("ہ" * 70).remaining == 0


def test_each_offending_character_is_named_once_with_what_could_stand_for_it():
    found = [(item.character, item.instead) for item in count("“Ça” coûte… “5”").offending]
    assert found == [("“", '"'), ("”", '"'), ("û", "u"), ("…", "...")]
    assert count("“Ça” coûte").can_be_gsm7
    assert not count("“سلام”").can_be_gsm7
    assert not count("plain").can_be_gsm7


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_joiners_are_never_suggested_away(joiner):
    assert look_alike(joiner) is None


@pytest.mark.parametrize(
    ("character", "instead"),
    [("ê", "e"), ("œ", "oe"), ("ş", "s"), ("½", "1/2"), ("Ａ", "A"), ("\u00a0", " ")],
)
def test_latin_letters_and_signs_have_plain_look_alikes(character, instead):
    assert look_alike(character) == instead


def test_every_suggestion_lies_in_the_gsm_alphabet():
    for character, instead in segments._data()["look_alikes"].items():
        assert size(instead).encoding == GSM7, character
        assert size(character).encoding == UCS2, character


def test_the_urdu_table_holds_155_letters_where_utf16_holds_70():
    text = "ا" * 155
    assert count(text).segments == 3
    told = count(text, shift_tables=["urdu"])
    assert (told.encoding, told.segments, told.tables) == (GSM7, 1, "urdu locking")
    assert count(text + "ا", shift_tables=["urdu"]).per_segment == (149, 7)


def test_two_tables_are_used_together_where_one_does_not_do():
    told = count("ا" * 150 + "؟۔", shift_tables=["urdu"])
    assert (told.tables, told.segments) == ("urdu locking and single", 2)


def test_a_table_is_not_announced_when_the_default_alphabet_does():
    assert count("Hello", shift_tables=["turkish"]).tables == ""


def test_spanish_accents_need_the_single_shift_and_cost_two():
    told = count("á" * 70, shift_tables=["spanish"])
    assert (told.units, told.segments, told.tables) == (140, 1, "spanish single")


def test_every_table_of_the_standard_can_be_used():
    for name in segments._data()["national"]:
        assert count("a", shift_tables=[name]).segments == 1
    with pytest.raises(KeyError):
        count("a", shift_tables=["klingon"])


@given(TEXTS)
@example("a" * 152 + "€" + "b" * 10)
@example("ہ" * 66 + "🙂" + "ہ" * 10)
def test_the_parts_joined_are_the_text(text):
    assert "".join(split(text)) == nfc(text)


@given(TEXTS, st.lists(st.sampled_from(["urdu", "turkish", "spanish", "hindi"]), unique=True))
def test_each_part_is_within_its_limit_and_the_counts_agree(text, tables):
    told = count(text, shift_tables=tables)
    parts = split(text, shift_tables=tables)
    assert len(parts) == told.segments == len(told.per_segment)
    assert sum(told.per_segment) == told.units
    assert told.remaining >= 0
    assert "".join(parts) == nfc(text)
    if told.segments > 1:
        assert max(told.per_segment) <= (67 if told.encoding == UCS2 else 153)


@given(TEXTS)
def test_the_quick_measure_agrees_with_the_full_one(text):
    told = count(text)
    assert size(text) == (told.encoding, told.units, told.segments)


@given(TEXTS)
def test_no_pair_is_ever_split(text):
    told = count(text)
    alone = [
        size(part).units if told.encoding == GSM7 else len(part.encode("utf-16-le")) // 2
        for part in split(text)
    ]
    assert tuple(alone) == told.per_segment  # Half a pair alone would not encode, or would count as less.


@given(TEXTS)
def test_parts_are_as_full_as_they_can_be(text):
    told = count(text)
    limit = 67 if told.encoding == UCS2 else 153
    for part, _after in zip(told.per_segment, told.per_segment[1:], strict=False):
        assert part >= limit - 1


@given(TEXTS, st.text(max_size=5))
def test_more_text_never_takes_fewer_messages(text, more):
    before, after = size(text), size(text + more)
    assert after.segments >= before.segments
    assume(after.encoding == before.encoding)
    assert after.units >= before.units


@given(ANY)
def test_national_tables_never_make_a_message_longer(text):
    assert count(text, shift_tables=["urdu", "hindi"]).segments <= count(text).segments
