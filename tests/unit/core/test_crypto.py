"""Sealing: whatever was sealed opens at its place, and nowhere else, and not when a byte was touched."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import ids
from gateway.crypto import CLASSES, DATA, SEALED, Keyring, key_of
from gateway.errors import CannotDecrypt, CannotStart, KeyMissing

RING = Keyring.generate()
ROW = UUID("01900000-0000-7000-8000-000000000001")
OTHER_ROW = UUID("01900000-0000-7000-8000-000000000002")
CANARY = "canary +92 300 0000000 گھر"

texts = st.text(st.characters(codec="utf-8"))


@given(texts, st.sampled_from(CLASSES))
def test_any_text_opens_as_it_was_sealed(text, key_class):
    blob = RING.seal("contact.name", ROW, text, key_class=key_class)
    assert RING.open("contact.name", ROW, blob) == text
    assert RING.class_by_id[key_of(blob)] == key_class


def test_half_a_surrogate_pair_is_kept_as_a_replacement_mark():
    blob = RING.seal("message_in.content", ROW, "so \ud83d sad")
    assert RING.open("message_in.content", ROW, blob) == "so \ufffd sad"


def test_two_halves_that_belong_together_become_one_character():
    blob = RING.seal("message_in.content", ROW, "\ud83d\ude00 and \ud83d")
    assert RING.open("message_in.content", ROW, blob) == "😀 and \ufffd"


def test_the_same_text_is_sealed_differently_each_time():
    assert len({RING.seal("contact.name", ROW, "Amina") for _ in range(50)}) == 50


def test_a_sealed_value_does_not_show_what_it_holds():
    blob = RING.seal("contact.name", ROW, CANARY)
    assert CANARY.encode() not in blob
    assert b"canary" not in blob


@pytest.mark.parametrize(
    ("place", "row"),
    [("contact.name", OTHER_ROW), ("contact.fields", ROW), ("contact.nam", ROW), ("", ROW)],
)
def test_a_value_that_was_moved_does_not_open(place, row):
    blob = RING.seal("contact.name", ROW, CANARY)
    with pytest.raises(CannotDecrypt):
        RING.open(place, row, blob)


@given(st.data())
def test_a_value_with_one_changed_bit_does_not_open(data):
    blob = bytearray(RING.seal("contact.name", ROW, CANARY))
    place = data.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((CannotDecrypt, KeyMissing)):
        RING.open("contact.name", ROW, bytes(blob))


@given(st.data())
def test_a_value_that_was_cut_or_grew_does_not_open(data):
    blob = RING.seal("contact.name", ROW, CANARY)
    cut = blob[: data.draw(st.integers(0, len(blob) - 1))]
    grown = blob + data.draw(st.binary(min_size=1, max_size=4))
    for changed in (cut, grown):
        with pytest.raises((CannotDecrypt, KeyMissing)):
            RING.open("contact.name", ROW, changed)


def test_a_value_of_a_class_does_not_open_under_the_key_of_the_other():
    blob = RING.seal("grievance_note.text", ROW, CANARY, key_class=SEALED)
    as_data = blob[:1] + RING.current[DATA].to_bytes(2, "big") + blob[3:]
    with pytest.raises(CannotDecrypt):
        RING.open("grievance_note.text", ROW, as_data)


def test_a_value_under_a_key_that_the_ring_lacks_says_which_key():
    blob = RING.rotated().seal("contact.name", ROW, CANARY)
    with pytest.raises(KeyMissing, match=f"key {key_of(blob)}"):
        RING.open("contact.name", ROW, blob)


def test_errors_say_place_and_row_and_never_the_text():
    for ring, error in ((Keyring.generate(), CannotDecrypt), (RING.rotated(), KeyMissing)):
        blob = ring.seal("contact.name", ROW, CANARY)
        with pytest.raises(error) as caught:
            RING.open("contact.name", ROW, blob)
        assert "contact.name" in str(caught.value)
        assert str(ROW) in str(caught.value)
        assert "canary" not in repr(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_ring_never_prints_its_keys():
    printed = repr(RING) + str(RING)
    for secret in (*RING.secrets_by_id.values(), RING.index_key):
        assert repr(secret) not in printed


# ---------------------------------------------------------------------- the blind index


@given(texts, texts)
def test_the_index_tells_addresses_apart_and_is_always_the_same(one, other):
    assert RING.index(one) == RING.index(one)
    assert len(RING.index(one)) == 32
    assert (RING.index(one) == RING.index(other)) == (one == other)


def test_the_index_says_nothing_without_its_key():
    assert RING.index("tel:+923000000000") != Keyring.generate().index("tel:+923000000000")


def test_the_index_stays_when_keys_rotate_and_when_the_ring_is_written_and_read():
    before = RING.index("tel:+923000000000")
    assert RING.rotated().index("tel:+923000000000") == before
    assert Keyring.from_json(RING.rotated().to_json()).index("tel:+923000000000") == before


# ---------------------------------------------------------------------- the ring


def test_a_rotated_ring_reads_the_old_and_writes_under_the_new():
    blob = RING.seal("contact.name", ROW, "Amina")
    rotated = RING.rotated()
    fresh = rotated.seal("contact.name", ROW, "Amina")
    assert rotated.open("contact.name", ROW, blob) == rotated.open("contact.name", ROW, fresh) == "Amina"
    assert key_of(fresh) not in RING.secrets_by_id
    assert set(rotated.current) == set(CLASSES)


def test_a_ring_forgets_old_keys_but_never_current_ones():
    rotated = RING.rotated()
    forgetful = rotated.without(set(rotated.secrets_by_id))
    assert set(forgetful.secrets_by_id) == set(rotated.current.values())
    with pytest.raises(KeyMissing):
        forgetful.open("contact.name", ROW, RING.seal("contact.name", ROW, "Amina"))


def test_a_ring_survives_writing_and_reading():
    ring = RING.rotated()
    again = Keyring.from_json(ring.to_json())
    assert again == ring
    assert again.open("contact.name", ROW, ring.seal("contact.name", ROW, CANARY)) == CANARY


def changed(**parts):
    return json.dumps(json.loads(RING.to_json()) | parts)


KEYS = json.loads(RING.to_json())["keys"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        "{" * 100_000,
        "[" * 100_000,
        b"\xff\xfe\xfa",
        changed(keys=[]),
        changed(keys=KEYS[:1]),
        changed(keys=[KEYS[0], {**KEYS[1], "key": "c2hvcnQ="}]),
        changed(keys=[KEYS[0], {**KEYS[1], "key": "not base 64"}]),
        changed(keys=[KEYS[0], {**KEYS[1], "id": 1 << 16}], current={DATA: 1, SEALED: 1 << 16}),
        changed(keys=[KEYS[0], {**KEYS[1], "id": -1}], current={DATA: 1, SEALED: -1}),
        changed(index="c2hvcnQ="),
        changed(index=None),
        changed(current={DATA: 1}),
        changed(current={DATA: 2, SEALED: 1}),
        changed(current={DATA: 1, SEALED: 99}),
    ],
    ids=range(18),
)
def test_what_is_no_ring_is_refused_in_one_sentence_that_holds_no_secret(text):
    with pytest.raises(CannotStart) as caught:
        Keyring.from_json(text)
    assert str(caught.value).count("\n") == 0
    for item in KEYS:
        assert item["key"] not in str(caught.value)
    assert caught.value.__context__ is None, "the first error would quote the ring"


def test_ids_of_rows_tie_values_even_when_they_are_derived():
    parent = ids.new()
    blob = RING.seal("audit.detail", ids.derive(parent, "audit 1"), CANARY)
    with pytest.raises(CannotDecrypt):
        RING.open("audit.detail", ids.derive(parent, "audit 2"), blob)
