"""The spool: requests that wait on the disk, sealed, in order, until PostgreSQL is back."""

import stat
import threading
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import ids, spool
from gateway.channels.base import Webhook
from gateway.crypto import DATA, Keyring
from gateway.spool import ASIDE, SUFFIX, Kept, Spool, SpoolFull

RING = Keyring.generate()
CHANNEL = UUID("01900000-0000-7000-8000-00000000000a")
AT = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
CANARY = "canary"


def request(text, *, verified=True):
    url = f"https://gateway.example/in/{CHANNEL}/?m={text}"
    headers = {"Content-Type": "text/plain", "X-Canary": text}
    return Kept(CHANNEL, Webhook.of("POST", url, headers, text.encode(), path=""), AT, verified)


def bodies(kept):
    return [one.webhook.body.decode() for one in kept]


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix == SUFFIX)


@pytest.fixture
def waiting(tmp_path):
    return Spool(tmp_path / "spool", RING)


class Away(Exception):
    """PostgreSQL is away."""


# ---------------------------------------------------------------------- kept


@given(st.binary(max_size=300), st.dictionaries(st.text(max_size=20), st.text(max_size=50)), st.booleans())
def test_a_request_comes_out_as_it_went_in(tmp_path_factory, body, headers, verified):
    folder = Spool(tmp_path_factory.mktemp("spool"), RING)
    url = "https://gateway.example/in/x/status?m=1&m=%C3%A9&empty="
    kept = Kept(CHANNEL, Webhook.of("put", url, headers, body, path="status"), AT, verified)
    folder.put(kept)
    found = []
    assert folder.replay(found.append) == 1
    assert found == [kept]


def test_requests_are_replayed_in_the_order_they_came(waiting):
    texts = [f"message {number}" for number in range(100)]
    for text in texts:
        waiting.put(request(text))
    found = []
    assert waiting.replay(found.append) == 100
    assert bodies(found) == texts
    assert waiting.is_empty()


def test_a_folder_that_is_not_there_is_an_empty_spool(waiting):
    assert waiting.is_empty()
    assert waiting.replay(pytest.fail) == 0
    assert not waiting.folder.exists()


def test_nothing_on_the_disk_shows_what_a_request_holds(waiting):
    waiting.put(request(CANARY))
    for path in waiting.folder.rglob("*"):
        assert CANARY not in path.name
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes()
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(waiting.folder.stat().st_mode) == 0o700


def test_a_request_is_on_the_disk_before_put_returns(waiting, monkeypatch):
    synced = []
    sync = spool.os.fsync

    def watch(handle):
        folder = stat.S_ISDIR(spool.os.fstat(handle).st_mode)
        synced.append("folder" if folder else "file")
        sync(handle)

    waiting.put(request("one"))
    monkeypatch.setattr(spool.os, "fsync", watch)
    waiting.put(request("two"))
    assert synced == ["file", "folder"]


# ---------------------------------------------------------------------- replayed


def test_a_request_that_cannot_be_handled_stops_the_replay_and_keeps_the_order(waiting):
    for text in ("one", "two", "three"):
        waiting.put(request(text))
    found = []

    def handle(kept):
        if len(found) == 1:
            raise Away
        found.append(kept)

    with pytest.raises(Away):
        waiting.replay(handle)
    assert len(files(waiting.folder)) == 2
    waiting.put(request("four"))
    assert waiting.replay(found.append) == 3
    assert bodies(found) == ["one", "two", "three", "four"]


def test_a_request_that_comes_while_others_are_replayed_goes_last_and_is_not_forgotten(waiting):
    waiting.put(request("one"))
    waiting.put(request("two"))
    found = []

    def handle(kept):
        if not found:
            waiting.put(request("late"))
        found.append(kept)

    assert waiting.replay(handle) == 3
    assert bodies(found) == ["one", "two", "late"]


def test_a_request_waits_until_it_was_handled(waiting):
    waiting.put(request("one"))

    def handle(kept):
        assert not waiting.is_empty(), "a crash now would lose it"

    waiting.replay(handle)
    assert waiting.is_empty()


def test_a_draft_that_was_torn_by_a_crash_is_passed_over(waiting):
    waiting.put(request("one"))
    (waiting.folder / f"{ids.new()}.new").write_bytes(b"\x01\x00")
    waiting.put(request("two"))
    found = []
    assert waiting.replay(found.append) == 2
    assert bodies(found) == ["one", "two"]
    assert waiting.is_empty()


@pytest.mark.parametrize("damage", ["cut", "renamed", "not ours", "no request"])
def test_a_file_that_does_not_open_is_set_aside_and_the_others_go_on(waiting, damage):
    waiting.put(request("one"))
    waiting.put(request("two"))
    broken = waiting.folder / files(waiting.folder)[0]
    if damage == "cut":
        broken.write_bytes(broken.read_bytes()[:-1])
    elif damage == "renamed":
        broken = broken.rename(waiting.folder / f"{UUID(int=1)}{SUFFIX}")
    elif damage == "not ours":
        broken = broken.rename(waiting.folder / f"a letter{SUFFIX}")
    else:
        row = UUID(broken.stem)
        broken.write_bytes(RING.seal(spool.PLACE, row, '["no", "request"]'))
    left = broken.read_bytes()
    found = []
    assert waiting.replay(found.append) == 1
    assert bodies(found) == ["two"]
    assert (waiting.folder / ASIDE / broken.name).read_bytes() == left
    assert waiting.is_empty()


def test_staff_are_told_of_a_file_that_was_set_aside(waiting, capsys):
    waiting.put(request(CANARY))
    broken = waiting.folder / files(waiting.folder)[0]
    broken.write_bytes(broken.read_bytes()[:-1])
    waiting.replay(pytest.fail)
    written = "".join(capsys.readouterr())
    assert "spool_unreadable" in written
    assert broken.stem in written
    assert CANARY not in written


def test_only_one_of_two_replays_works_and_the_other_leaves_at_once(waiting):
    waiting.put(request("one"))
    waiting.put(request("two"))
    other = Spool(waiting.folder, RING)
    found = []

    def handle(kept):
        assert other.replay(pytest.fail) == 0
        found.append(kept)

    assert waiting.replay(handle) == 2
    assert bodies(found) == ["one", "two"]


def test_a_replay_that_failed_leaves_the_way_free_for_the_next(waiting):
    waiting.put(request("one"))

    def fail(kept):
        raise Away

    with pytest.raises(Away):
        waiting.replay(fail)
    found = []
    assert Spool(waiting.folder, RING).replay(found.append) == 1


def replaying(folder, found, stop):
    mine = Spool(folder, RING)
    while not stop.is_set():
        mine.replay(found.append)


def test_many_threads_put_and_two_replay_and_each_request_is_handled_once(waiting):
    found = []
    stop = threading.Event()
    orders = [[f"{number}.{place}" for place in range(20)] for number in range(4)]

    def put(mine):
        for text in mine:
            waiting.put(request(text))

    writers = [threading.Thread(target=put, args=[mine]) for mine in orders]
    readers = [threading.Thread(target=replaying, args=[waiting.folder, found, stop]) for _ in range(2)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    waiting.replay(found.append)
    texts = bodies(found)
    assert sorted(texts) == sorted(text for mine in orders for text in mine)
    assert [[text for text in texts if text in mine] for mine in orders] == orders


# ---------------------------------------------------------------------- limits


def test_a_spool_with_too_many_files_takes_no_more(waiting, monkeypatch):
    monkeypatch.setattr(spool, "MAX_FILES", 3)
    monkeypatch.setattr(spool, "COUNT_SECONDS", 0.0)
    for number in range(3):
        waiting.put(request(str(number)))
    with pytest.raises(SpoolFull):
        waiting.put(request("too many"))
    assert len(files(waiting.folder)) == 3


def test_a_disk_without_room_takes_no_more(waiting, monkeypatch):
    monkeypatch.setattr(spool, "MIN_FREE_BYTES", 1 << 62)
    with pytest.raises(SpoolFull):
        waiting.put(request("one"))
    assert waiting.is_empty()


def test_a_folder_that_cannot_be_written_is_a_full_spool(tmp_path):
    (tmp_path / "spool").write_text("a file, not a folder")
    with pytest.raises(SpoolFull) as caught:
        Spool(tmp_path / "spool", RING).put(request(CANARY))
    assert CANARY not in str(caught.value)


def test_a_disk_that_fails_while_writing_is_a_full_spool_and_leaves_no_request(waiting, monkeypatch):
    def fail(handle):
        raise OSError(5, "Input/output error")

    waiting.put(request("one"))
    monkeypatch.setattr(spool.os, "fsync", fail)
    with pytest.raises(SpoolFull, match="Input/output error"):
        waiting.put(request("two"))
    assert len(files(waiting.folder)) == 1


# ---------------------------------------------------------------------- keys


def test_a_spool_knows_the_keys_it_still_needs(waiting):
    assert waiting.key_ids() == set()
    rotated = RING.rotated()
    waiting.put(request("one"))
    Spool(waiting.folder, rotated).put(request("two"))
    assert waiting.key_ids() == {RING.current[DATA], rotated.current[DATA]}


def test_a_spool_needs_the_keys_of_what_was_set_aside(waiting):
    waiting.put(request("one"))
    broken = waiting.folder / files(waiting.folder)[0]
    broken.write_bytes(broken.read_bytes()[:-1])
    waiting.replay(pytest.fail)
    assert waiting.is_empty()
    assert waiting.key_ids() == {RING.current[DATA]}
