"""Whatever is altered in a chain is found: by whoever has the database, and even the program, but not the key."""

import hashlib
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import anchors, ids
from gateway.crypto import Keyring
from gateway.services import audit, audit_check
from gateway.services.audit import Line
from tests.integration.audit.chains import NOW, chain, faults, lines, organisation, tampering, write

fast = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
chains = st.lists(lines, min_size=2, max_size=6)

FIELDS = {
    "at": "at + interval '1 microsecond'",
    "actor": "actor || 'x'",
    "action": "action || ' '",
    "object": "object || 'x'",
    "detail_sealed": "coalesce(detail_sealed, '') || '\\x00'::bytea",
    "previous": "previous || '\\x00'::bytea",
    "hash": "set_byte(hash, 0, (get_byte(hash, 0) + 1) % 256)",
    "keyed": "NOT keyed",
}
MINE = "organisation_id = :whose"


@fast
@given(some=chains)
def test_a_chain_that_nobody_touched_is_whole(engine: sa.Engine, ring: Keyring, some: list[Line]) -> None:
    whose = chain(engine, ring, some)
    assert faults(engine, ring, whose) == []


@fast
@given(some=chains, data=st.data())
def test_a_line_whose_field_was_changed_is_named(
    engine: sa.Engine, owner: sa.Engine, ring: Keyring, some: list[Line], data: st.DataObject
) -> None:
    whose = chain(engine, ring, some)
    seq, name = data.draw(st.integers(1, len(some))), data.draw(st.sampled_from(sorted(FIELDS)))
    with tampering(owner) as connection:
        change = f"UPDATE audit SET {name} = {FIELDS[name]} WHERE {MINE} AND seq = :seq"
        connection.execute(sa.text(change), {"whose": whose, "seq": seq})
    found = faults(engine, ring, whose)
    assert any(f"Line {seq} " in sentence for sentence in found)


@fast
@given(some=chains, data=st.data())
def test_a_line_that_was_taken_out_is_missed(
    engine: sa.Engine, owner: sa.Engine, ring: Keyring, some: list[Line], data: st.DataObject
) -> None:
    whose = chain(engine, ring, some)
    seq, with_subjects = data.draw(st.integers(1, len(some) - 1)), data.draw(st.booleans())
    with tampering(owner) as connection:
        for table in ["audit"] + ["audit_subject"] * with_subjects:
            statement = f"DELETE FROM {table} WHERE {MINE} AND seq = :seq"
            connection.execute(sa.text(statement), {"whose": whose, "seq": seq})
    assert f"Lines {seq} to {seq} are missing." in faults(engine, ring, whose)


@fast
@given(some=chains, data=st.data())
def test_a_line_that_was_taken_out_is_missed_even_when_the_others_close_ranks(
    engine: sa.Engine, owner: sa.Engine, ring: Keyring, some: list[Line], data: st.DataObject
) -> None:
    whose = chain(engine, ring, some)
    seq = data.draw(st.integers(1, len(some) - 1))
    with tampering(owner) as connection:
        for table in ("audit", "audit_subject"):
            given_ = {"whose": whose, "seq": seq, "away": 1000}
            connection.execute(sa.text(f"DELETE FROM {table} WHERE {MINE} AND seq = :seq"), given_)
            # Through numbers that nobody has, so that no key is taken twice on the way.
            connection.execute(
                sa.text(f"UPDATE {table} SET seq = seq + :away WHERE {MINE} AND seq > :seq"), given_
            )
            connection.execute(
                sa.text(f"UPDATE {table} SET seq = seq - :away - 1 WHERE {MINE} AND seq > :away"), given_
            )
    assert faults(engine, ring, whose)


@fast
@given(some=chains, data=st.data())
def test_two_lines_that_changed_places_are_found(
    engine: sa.Engine, owner: sa.Engine, ring: Keyring, some: list[Line], data: st.DataObject
) -> None:
    whose = chain(engine, ring, some)
    one = data.draw(st.integers(1, len(some) - 1))
    two = data.draw(st.integers(one + 1, len(some)))
    with tampering(owner) as connection:
        for table in ("audit", "audit_subject"):
            for old, new in ((one, 1000), (two, one), (1000, two)):
                statement = f"UPDATE {table} SET seq = :new WHERE {MINE} AND seq = :old"
                connection.execute(sa.text(statement), {"whose": whose, "old": old, "new": new})
    assert faults(engine, ring, whose)


@fast
@given(some=chains, forged=lines, data=st.data())
def test_a_line_that_was_put_in_without_the_key_is_found(
    engine: sa.Engine, owner: sa.Engine, ring: Keyring, some: list[Line], forged: Line, data: st.DataObject
) -> None:
    """Even at the end, and hashed just as the program does it, with another key or with none."""
    whose = chain(engine, ring, some)
    with engine.connect() as connection:
        head = audit.head_of(connection, whose)
    keyed = data.draw(st.booleans())
    row = {
        "organisation_id": whose,
        "seq": head.seq + 1,
        "at": NOW,
        "actor": forged.actor,
        "action": forged.action,
        "object": forged.object,
        "detail_sealed": None,
        "previous": head.hash,
        "keyed": keyed,
    }
    key = audit.chain_key(Keyring.generate()) if keyed else None
    with tampering(owner) as connection:
        columns = [*row, "hash"]
        statement = (
            f"INSERT INTO audit ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
        )
        connection.execute(sa.text(statement), {**row, "hash": audit.digest(key, row, "")})
    assert any(f"Line {head.seq + 1} " in sentence for sentence in faults(engine, ring, whose))


@fast
@given(some=chains, stranger=st.uuids(), data=st.data())
def test_whom_a_line_was_about_cannot_be_changed_unseen(
    engine: sa.Engine, owner: sa.Engine, ring: Keyring, some: list[Line], stranger: UUID, data: st.DataObject
) -> None:
    whose = chain(engine, ring, some)
    seq = data.draw(st.integers(1, len(some) + 2))  # also of lines that are not there
    has_some = seq <= len(some) and bool(some[seq - 1].everybody())
    ways = ["put in", *(["taken out", "all taken out", "exchanged"] if has_some else [])]
    statement = {
        "put in": "INSERT INTO audit_subject VALUES (:whose, :seq, 'contact', :id)",
        "taken out": f"DELETE FROM audit_subject WHERE {MINE} AND seq = :seq AND id ="
        f" (SELECT id FROM audit_subject WHERE {MINE} AND seq = :seq LIMIT 1)",
        "all taken out": f"DELETE FROM audit_subject WHERE {MINE} AND seq = :seq",
        "exchanged": f"UPDATE audit_subject SET id = :id WHERE {MINE} AND seq = :seq AND (kind, id) ="
        f" (SELECT kind, id FROM audit_subject WHERE {MINE} AND seq = :seq LIMIT 1)",
    }[data.draw(st.sampled_from(ways))]
    with tampering(owner) as connection:
        connection.execute(sa.text(statement), {"whose": whose, "seq": seq, "id": stranger})
    assert any(f"Line {seq} " in sentence for sentence in faults(engine, ring, whose))


@fast
@given(some=chains, more=st.lists(lines, max_size=3), data=st.data())
def test_a_cut_at_the_end_is_found_by_an_anchor_whatever_is_written_afterwards(
    engine: sa.Engine,
    owner: sa.Engine,
    ring: Keyring,
    some: list[Line],
    more: list[Line],
    data: st.DataObject,
) -> None:
    whose = chain(engine, ring, some)
    with engine.connect() as connection:
        known = [
            anchor for anchor in audit_check.heads(connection, now=NOW) if anchor.organisation_id == whose
        ]
        assert audit_check.compare(connection, whose, known) == []
    left = data.draw(st.integers(0, len(some) - 1))
    with tampering(owner) as connection:
        for table in ("audit", "audit_subject"):
            statement = f"DELETE FROM {table} WHERE {MINE} AND seq > :left"
            connection.execute(sa.text(statement), {"whose": whose, "left": left})
    write(engine, ring, whose, [Line("system", "other.thing", "x"), *more][: len(more)])
    assert faults(engine, ring, whose) == [], "the chain by itself is whole"
    with engine.connect() as connection:
        assert audit_check.compare(connection, whose, known)


@fast
@given(some=chains, most=st.integers(1, 4))
def test_a_walk_in_slices_finds_what_a_walk_at_once_finds(
    engine: sa.Engine, owner: sa.Engine, ring: Keyring, some: list[Line], most: int
) -> None:
    whose = chain(engine, ring, some)
    with tampering(owner) as connection:
        connection.execute(sa.text(f"DELETE FROM audit WHERE {MINE} AND seq = 2"), {"whose": whose})
        connection.execute(
            sa.text(f"UPDATE audit SET actor = actor || 'x' WHERE {MINE} AND seq = 1"), {"whose": whose}
        )
    found, after, turns = [], audit.BEFORE_THE_FIRST, 0
    with engine.connect() as connection:
        while True:
            walk = audit_check.verify(connection, ring, whose, after=after, most=most)
            found += walk.faults
            after, turns = walk.head, turns + 1
            if walk.ended:
                break
            assert turns < 20
    assert set(found) == set(faults(engine, ring, whose))


@pytest.mark.parametrize("keyed_first", [False, True])
def test_lines_of_the_first_version_are_read_and_none_may_follow_one_with_a_key(
    *, keyed_first: bool, engine: sa.Engine, owner: sa.Engine, ring: Keyring
) -> None:
    whose = organisation(engine)
    if keyed_first:
        write(engine, ring, whose, [Line("system", "test.done", "test")])
    with engine.connect() as connection:
        head = audit.head_of(connection, whose)
    row = {
        "organisation_id": whose,
        "seq": head.seq + 1,
        "at": NOW,
        "actor": "system",
        "action": "test.done",
        "object": "test",
        "detail_sealed": None,
        "previous": head.hash,
    }
    with tampering(owner) as connection:
        columns = [*row, "hash"]
        statement = (
            f"INSERT INTO audit ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
        )
        connection.execute(sa.text(statement), {**row, "hash": audit.digest(None, row, "")})
    write(engine, ring, whose, [Line("system", "test.done", "test")])
    assert bool(faults(engine, ring, whose)) is keyed_first


def test_the_first_version_hashed_as_it_always_did() -> None:
    """Old lines must go on fitting: this value was made by the first version."""
    row = {
        "organisation_id": UUID("01930000-0000-7000-8000-000000000001"),
        "seq": 1,
        "at": NOW,
        "actor": "cli",
        "action": "staff.invited",
        "object": "staff 01930000-0000-7000-8000-000000000002",
        "detail_sealed": None,
        "previous": bytes(32),
    }
    text = (
        '["01930000-0000-7000-8000-000000000001",1,"2031-03-09T12:00:00.000000+00:00","cli","staff.invited",'
        '"staff 01930000-0000-7000-8000-000000000002","'
        + hashlib.sha256(b"").hexdigest()
        + '","'
        + "00" * 32
        + '"]'
    )
    assert audit.digest(None, row, "") == hashlib.sha256(text.encode()).digest()


# --- Anchors


@given(data=st.data(), count=st.integers(1, 5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_of_anchors_that_somebody_without_the_key_touched_is_refused(
    tmp_path_factory: pytest.TempPathFactory, count: int, data: st.DataObject
) -> None:
    ring, path = Keyring.generate(), tmp_path_factory.mktemp("anchors") / "deep" / "anchors.jsonl"
    made = [anchors.Anchor(ids.new(), number + 1, bytes([number]) * 32, NOW) for number in range(count)]
    for anchor in made:
        anchors.append(path, ring, [anchor])
    kept = anchors.read(path, ring)
    assert [(anchor.seq, anchor.hash) for anchor in kept] == [(anchor.seq, anchor.hash) for anchor in made]
    rows = path.read_text().splitlines(keepends=True)
    place = data.draw(st.integers(0, count - 1))
    way = data.draw(st.sampled_from(["change", "take out", "repeat"]))
    if way == "change":
        at = data.draw(st.integers(0, len(rows[place]) - 2))
        rows[place] = rows[place][:at] + ("0" if rows[place][at] != "0" else "1") + rows[place][at + 1 :]
    elif way == "take out":
        del rows[place]
    else:
        rows.insert(place, rows[place])
    path.write_text("".join(rows))
    if way == "take out" and place == count - 1:
        assert len(anchors.read(path, ring)) == count - 1, "a file that is cut at its end looks whole"
        return
    with pytest.raises(anchors.BrokenAnchors):
        anchors.read(path, ring)
    with pytest.raises(anchors.BrokenAnchors):
        anchors.append(path, ring, made[:1])


def test_anchors_of_another_ring_are_refused(tmp_path) -> None:
    path = tmp_path / "anchors.jsonl"
    anchors.append(path, Keyring.generate(), [anchors.Anchor(ids.new(), 1, bytes(32), NOW)])
    with pytest.raises(anchors.BrokenAnchors):
        anchors.read(path, Keyring.generate())


def test_half_a_line_that_a_power_cut_left_is_cut_off(tmp_path) -> None:
    ring, path = Keyring.generate(), tmp_path / "anchors.jsonl"
    anchors.append(path, ring, [anchors.Anchor(ids.new(), 1, bytes(32), NOW)])
    whole = path.read_text()
    path.write_text(whole + whole[:40])
    assert len(anchors.read(path, ring)) == 1
    anchors.append(path, ring, [anchors.Anchor(ids.new(), 2, bytes(32), NOW)])
    assert [anchor.seq for anchor in anchors.read(path, ring)] == [1, 2]


def test_anchors_are_for_their_owner_alone_and_a_file_that_is_not_there_holds_none(tmp_path) -> None:
    ring, path = Keyring.generate(), tmp_path / "anchors.jsonl"
    assert anchors.read(path, ring) == []
    anchors.append(path, ring, [anchors.Anchor(ids.new(), 1, bytes(32), NOW)])
    assert path.stat().st_mode & 0o777 == 0o600
