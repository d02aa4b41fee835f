"""The daily care: chains are verified in slices and anchored, and the data protection officer hears of a fault."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from gateway import anchors, clock
from gateway.audit_care import AuditCare, anchor_file
from gateway.crypto import Keyring
from gateway.models.staff import Role
from gateway.services import audit_check, staff
from gateway.services.audit import Line
from gateway.settings import Settings
from tests.integration.audit.chains import organisation, tampering, write

DONE = Line("system", "test.done", "test")


@pytest.fixture
def care(settings: Settings, ring: Keyring) -> AuditCare:
    return AuditCare(settings, ring, slice=4)


@pytest.fixture
def whose(engine: sa.Engine, ring: Keyring) -> UUID:
    """A chain of ten lines; no other organisation is due."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO audit_check (organisation_id, walked_seq, walked_hash, walked_keyed, found, ended_at)"
                " SELECT id, 0, '', false, '[]', now() FROM organisation"
                " ON CONFLICT (organisation_id) DO UPDATE SET ended_at = now(), began_at = NULL"
            )
        )
    made = organisation(engine)
    write(engine, ring, made, [DONE] * 10)
    return made


def checked(engine: sa.Engine, whose: UUID) -> audit_check.Checked:
    with engine.connect() as connection:
        return audit_check.latest(connection, whose)


def again(engine: sa.Engine, whose: UUID) -> None:
    """Let a day pass."""
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE audit_check SET ended_at = :then WHERE organisation_id = :whose"),
            {"then": clock.now() - timedelta(days=1), "whose": whose},
        )


def all_turns(care: AuditCare) -> list[audit_check.Turn]:
    turns = []
    while (turn := care.check()) is not None:
        turns.append(turn)
        assert len(turns) < 30
    return turns


def test_a_chain_is_walked_in_slices_until_its_end_and_then_anchored(
    care: AuditCare, whose: UUID, engine: sa.Engine, ring: Keyring, settings: Settings
) -> None:
    assert checked(engine, whose).ended_at is None
    turns = all_turns(care)
    assert [(turn.head.seq, turn.ended) for turn in turns] == [(4, False), (8, False), (10, True)]
    found = checked(engine, whose)
    assert (found.lines, found.faults, found.anchored_seq) == (10, [], 10)
    assert found.ended_at is not None
    (anchor,) = anchors.read(anchor_file(settings), ring)
    assert (anchor.organisation_id, anchor.seq, anchor.hash) == (whose, 10, turns[-1].head.hash)


def test_what_was_verified_today_is_left_for_tomorrow(
    care: AuditCare, whose: UUID, engine: sa.Engine, ring: Keyring
) -> None:
    all_turns(care)
    write(engine, ring, whose, [DONE])
    assert care.check() is None
    again(engine, whose)
    assert all_turns(care)[-1].head.seq == 11


def test_lines_that_come_between_two_slices_are_walked_too(
    care: AuditCare, whose: UUID, engine: sa.Engine, ring: Keyring
) -> None:
    care.check()
    write(engine, ring, whose, [DONE] * 3)
    assert all_turns(care)[-1].head.seq == 13
    assert checked(engine, whose).faults == []


def test_a_fault_is_kept_written_down_and_told(
    care: AuditCare, whose: UUID, engine: sa.Engine, owner: sa.Engine, ring: Keyring
) -> None:
    with engine.begin() as connection:
        officer = staff.create(
            connection,
            ring,
            organisation_id=whose,
            email=f"{whose.hex}@example.org",
            name="Officer",
            role=Role.DATA_PROTECTION_OFFICER,
        )
    with tampering(owner) as connection:
        connection.execute(
            sa.text("UPDATE audit SET object = 'x' WHERE organisation_id = :whose AND seq = 2"),
            {"whose": whose},
        )
    all_turns(care)
    assert checked(engine, whose).faults == ["Line 2 was changed."]
    with engine.connect() as connection:
        last = connection.execute(
            sa.text("SELECT actor, action FROM audit WHERE organisation_id = :whose ORDER BY seq DESC"),
            {"whose": whose},
        ).first()
        told = connection.execute(
            sa.text("SELECT staff_id, priority FROM notice WHERE organisation_id = :whose"), {"whose": whose}
        ).all()
    assert last == ("system", "audit.faulty")
    assert told == [(officer, "P1")]


def test_a_cut_that_an_anchor_knows_is_found(
    care: AuditCare, whose: UUID, engine: sa.Engine, owner: sa.Engine
) -> None:
    all_turns(care)
    with tampering(owner) as connection:
        connection.execute(
            sa.text("DELETE FROM audit WHERE organisation_id = :whose AND seq > 7"), {"whose": whose}
        )
    again(engine, whose)
    all_turns(care)
    (fault,) = checked(engine, whose).faults
    assert fault.startswith("Line 10 is gone: it is one that was anchored at ")


def test_anchors_that_somebody_touched_are_a_fault_and_are_left_as_they_are(
    care: AuditCare, whose: UUID, engine: sa.Engine, settings: Settings
) -> None:
    path = anchor_file(settings)
    path.write_text("not an anchor\n")
    all_turns(care)
    (fault,) = checked(engine, whose).faults
    assert "anchors were changed" in fault
    assert path.read_text() == "not an anchor\n"


def test_the_setting_says_where_anchors_go(
    whose: UUID, ring: Keyring, settings: Settings, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "mounted" / "anchors"
    all_turns(AuditCare(replace(settings, audit_anchors=str(elsewhere)), ring))
    assert [anchor.organisation_id for anchor in anchors.read(elsewhere, ring)] == [whose]


def test_a_place_that_cannot_be_written_is_no_reason_not_to_verify(
    whose: UUID, engine: sa.Engine, ring: Keyring, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    all_turns(AuditCare(replace(settings, audit_anchors=str(tmp_path / "file" / "anchors")), ring))
    found = checked(engine, whose)
    assert (found.lines, found.anchored_seq) == (10, None)
