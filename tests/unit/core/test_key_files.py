"""The key file: for its owner only, whole at every moment, and followed while the system runs."""

import os
import stat
from uuid import UUID

import pytest

from gateway import crypto
from gateway.crypto import DATA, Keyring, key_of
from gateway.errors import CannotStart, KeyMissing

ROW = UUID("01900000-0000-7000-8000-000000000001")


class Clock:
    """Seconds that pass when told to."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "keys.json"


def sealed_under(ring):
    return key_of(ring.seal("contact.name", ROW, "Amina"))


# ---------------------------------------------------------------------- written


def test_a_new_ring_can_be_read_by_its_owner_only(path):
    ring = Keyring.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keyring.open_file(path) == ring


def test_the_mode_does_not_depend_on_the_umask(path):
    before = os.umask(0)
    try:
        Keyring.create(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_ring_is_never_created_over_another(path):
    ring = Keyring.create(path)
    with pytest.raises(FileExistsError):
        Keyring.create(path)
    assert Keyring.open_file(path) == ring


def test_a_ring_that_came_while_another_was_being_made_is_kept(path, monkeypatch):
    """Two processes start on an empty folder: both found nothing, and one writes first."""
    first = []
    sync = os.fsync

    def meanwhile(handle):
        sync(handle)
        if not first:
            first.append(Keyring.generate())
            path.write_text(first[0].to_json())
            path.chmod(0o600)

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(FileExistsError):
        Keyring.create(path)
    assert Keyring.open_file(path) == first[0]


def test_nothing_else_stays_in_the_folder(path):
    ring = Keyring.create(path)
    ring.rotated().write(path)
    with pytest.raises(FileExistsError):
        Keyring.create(path)
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_a_crash_while_writing_leaves_the_old_ring(path, monkeypatch):
    ring = Keyring.create(path)

    def crash(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="No space left"):
        ring.rotated().write(path)
    assert Keyring.open_file(path) == ring


def test_the_file_is_on_the_disk_before_it_takes_its_name_and_the_name_before_the_call_returns(
    path, monkeypatch
):
    Keyring.create(path)
    before = path.read_bytes()
    synced = []
    sync = os.fsync

    def watch(handle):
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        synced.append((kind, path.read_bytes() == before))
        sync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    Keyring.open_file(path).rotated().write(path)
    assert synced == [("file", True), ("folder", False)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_administrator_who_rotates_leaves_the_file_to_its_owner(path):
    Keyring.create(path)
    os.chown(path, 12345, 12346)
    Keyring.open_file(path).rotated().write(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# ---------------------------------------------------------------------- read


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644, 0o660])
def test_a_file_that_others_may_touch_is_refused_with_the_way_to_mend_it(path, mode):
    Keyring.create(path)
    path.chmod(mode)
    with pytest.raises(CannotStart, match=f"chmod 600 {path}"):
        Keyring.open_file(path)


def test_a_missing_file_is_refused_in_one_sentence(path):
    with pytest.raises(CannotStart, match=r"cannot be read \(No such file or directory\)"):
        Keyring.open_file(path)


def test_a_file_of_other_bytes_is_refused(path):
    path.parent.mkdir()
    path.write_bytes(b"\xff\x00\xfe")
    path.chmod(0o600)
    with pytest.raises(CannotStart, match="must be the JSON"):
        Keyring.open_file(path)


# ---------------------------------------------------------------------- followed


def test_values_under_new_keys_are_read_at_once(path):
    Keyring.create(path)
    ring = Keyring.open_file(path, clock=Clock())
    rotated = Keyring.open_file(path).rotated()
    rotated.write(path)
    blob = rotated.seal("contact.name", ROW, "Amina")
    assert ring.open("contact.name", ROW, blob) == "Amina"


def test_a_new_current_key_is_used_within_some_seconds(path):
    Keyring.create(path)
    clock = Clock()
    ring = Keyring.open_file(path, clock=clock)
    rotated = ring.rotated()
    rotated.write(path)
    assert sealed_under(ring) == ring.current[DATA] != rotated.current[DATA]
    clock.seconds += crypto.RELOAD_SECONDS + 0.1
    assert sealed_under(ring) == rotated.current[DATA]


def test_a_ring_looks_at_its_file_once_in_a_while_and_not_for_every_value(path, monkeypatch):
    Keyring.create(path)
    clock = Clock()
    ring = Keyring.open_file(path, clock=clock)
    looks = []
    state = type(path).stat
    monkeypatch.setattr(type(path), "stat", lambda self, **more: looks.append(1) or state(self, **more))
    for _ in range(100):
        clock.seconds += crypto.RELOAD_SECONDS / 10
        ring.seal("contact.name", ROW, "Amina")
    assert 5 <= len(looks) <= 10


def test_two_rotations_within_one_tick_of_the_clock_are_both_noticed(path):
    Keyring.create(path)
    ring = Keyring.open_file(path)
    moment = path.stat()
    newest = ring
    for _ in range(3):
        newest = newest.rotated()
        newest.write(path)
        os.utime(path, ns=(moment.st_atime_ns, moment.st_mtime_ns))
        assert ring.open("contact.name", ROW, newest.seal("contact.name", ROW, "Amina")) == "Amina"


@pytest.mark.parametrize("damage", ["gone", "readable by others", "torn", "of somebody else"])
def test_a_file_that_cannot_be_followed_leaves_the_ring_as_it_is(path, damage):
    Keyring.create(path)
    clock = Clock()
    ring = Keyring.open_file(path, clock=clock)
    before = dict(ring.secrets_by_id)
    if damage == "gone":
        path.unlink()
    elif damage == "readable by others":
        ring.rotated().write(path)
        path.chmod(0o644)
    elif damage == "torn":
        path.write_bytes(path.read_bytes()[:40])
    else:
        Keyring.generate().rotated().write(path)
    clock.seconds += crypto.RELOAD_SECONDS * 2
    assert sealed_under(ring) in before
    assert ring.secrets_by_id == before
    with pytest.raises(KeyMissing):
        ring.open("contact.name", ROW, ring.rotated().rotated().seal("contact.name", ROW, "Amina"))


def test_a_ring_that_did_not_come_from_a_file_follows_none(path):
    ring = Keyring.generate()
    ring.write(path)
    newer = ring.rotated()
    newer.write(path)
    with pytest.raises(KeyMissing):
        ring.open("contact.name", ROW, newer.seal("contact.name", ROW, "Amina"))


def test_keys_that_were_forgotten_are_forgotten_by_followers(path):
    clock = Clock()
    old = Keyring.create(path)
    blob = old.seal("contact.name", ROW, "Amina")
    ring = Keyring.open_file(path, clock=clock)
    rotated = ring.rotated()
    rotated.without(set(old.secrets_by_id)).write(path)
    clock.seconds += crypto.RELOAD_SECONDS + 0.1
    ring.seal("contact.name", ROW, "anything")
    with pytest.raises(KeyMissing):
        ring.open("contact.name", ROW, blob)
