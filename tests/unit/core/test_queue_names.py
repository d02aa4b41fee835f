"""Names of queues and flags: what workers listen to is what wakers write to, and no name meets another."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gateway import queue
from gateway.models.contacts import SLOTS
from gateway.services.inbox import slot_of
from workers.main import QUEUES

NAMES = (queue.INBOX, queue.OUTBOX, queue.CARE)


def test_queues_have_different_names():
    assert len(set(NAMES)) == 3


def test_somebody_listens_to_every_queue_and_only_to_queues():
    assert {name for names in QUEUES.values() for name in names} == set(NAMES)


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.from_regex(r"[a-z0-9-]+(:[a-z0-9-]+)?", fullmatch=True)),
        unique=True,
    )
)
def test_every_queue_and_key_has_a_flag_of_its_own(pairs):
    flags = {queue.flag(name, key) for name, key in pairs}
    assert len(flags) == len(pairs)
    assert all(flag.startswith("paigham:") for flag in flags)


@given(st.uuids(version=4), st.integers(1, 64))
def test_all_messages_of_a_contact_fall_into_one_shard(contact_id, shards):
    slot = slot_of(contact_id)
    assert 0 <= slot < SLOTS
    assert slot_of(UUID(str(contact_id))) == slot
    assert 0 <= slot % shards < shards


def test_slots_of_new_contacts_are_spread_evenly():
    from gateway import ids

    counts = [0] * 4
    for _ in range(4000):
        counts[slot_of(ids.new()) % 4] += 1
    assert min(counts) > 850
