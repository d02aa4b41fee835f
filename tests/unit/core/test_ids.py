"""Ids: version 7, in the order in which they were made, and derived ones always the same."""

import time
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from gateway import ids

parents = st.builds(lambda bits: UUID(int=bits), st.integers(0, (1 << 128) - 1))


def milliseconds(made: UUID) -> int:
    return made.int >> 80


def test_a_new_id_is_a_version_7_uuid():
    made = ids.new()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_a_new_id_begins_with_the_time_it_was_made_at():
    before = time.time_ns() // 1_000_000
    made = ids.new()
    assert before <= milliseconds(made) <= time.time_ns() // 1_000_000


def test_ids_keep_their_order_within_a_millisecond():
    made = []
    for _ in range(200):
        made.append(ids.new())
        started = time.perf_counter_ns()
        while time.perf_counter_ns() - started < 2_000:
            pass  # two microseconds; the fraction in an id tells a quarter of one apart
    assert made == sorted(made)
    assert len({milliseconds(one) for one in made}) < len(made)


def test_ids_made_as_fast_as_can_be_are_all_different():
    made = [ids.new() for _ in range(20_000)]
    assert len(set(made)) == len(made)


@given(parents, st.text())
def test_a_derived_id_is_the_same_at_every_call_and_keeps_its_parents_time(parent, key):
    derived = ids.derive(parent, key)
    assert derived == ids.derive(parent, key)
    assert milliseconds(derived) == milliseconds(parent)
    assert (derived.version, derived.variant) == (7, RFC_4122)


@given(parents, st.lists(st.text(), unique=True, min_size=2, max_size=20))
def test_different_keys_below_a_parent_derive_different_ids(parent, keys):
    assert len({ids.derive(parent, key) for key in keys}) == len(keys)


@given(st.lists(parents, unique=True, min_size=2, max_size=20), st.text())
def test_the_same_key_below_different_parents_derives_different_ids(several, key):
    assert len({ids.derive(parent, key) for parent in several}) == len(several)
