"""Rotating keys while the system runs: an entry point, with a commit after each batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway import db
from gateway.crypto import Keyring
from gateway.errors import CannotStart
from gateway.services import keys
from gateway.settings import Settings
from gateway.spool import Spool

BATCH = 500
# One process rotates at a time: a second ring written over the first would lose keys that values stand under already.
LOCK = 5_724_402
# Processes follow the key file within seconds; what they write under the old key meanwhile is found by another pass.
PASSES = 5


def rotate(settings: Settings, report: Callable[[str, int], None]) -> Keyring:
    """Make new keys current, re-seal everything under them, and forget old keys that nothing stands under.

    Args:
        settings: names the database and the key file.
        report: told each column's name and how many of its values changed.

    Raises:
        CannotStart: the ring comes from the environment, where it cannot be changed; its file cannot be written; or
            somebody else is rotating.
    """
    path = Keyring.of(settings).path
    if path is None:
        raise CannotStart("Keys from PAIGHAM_KEYS cannot be rotated in place: keep them in a file.")
    with db.connect(settings) as connection:
        _alone(connection)
        ring = _renew(connection, path)
        for _ in range(PASSES):
            if _reseal_all(connection, ring, report) == 0:
                break
        connection.commit()
        left = {key_id for key_id, count in keys.in_use(connection).items() if count}
        left |= Spool(settings.spool, ring).key_ids()
        return _forget(ring, set(ring.secrets_by_id) - set(ring.current.values()) - left)


def _alone(connection: db.Connection) -> None:
    """Keep others from rotating, for as long as the connection lives."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
    if row is None or not row[0]:
        raise CannotStart("The keys are being rotated already. Wait for that to end.")


def _renew(connection: db.Connection, path: Path) -> Keyring:
    """Put new keys into the file, and remember them in the database."""
    ring = Keyring.open_file(path)
    db.check_keys(connection, ring)
    try:
        ring.rotated().write(path)
    except OSError as error:
        raise CannotStart(f"The key file {path} cannot be written ({error.strerror}).") from None
    ring = Keyring.open_file(path)
    db.remember_keys(connection, ring)
    connection.commit()
    return ring


def _reseal_all(connection: db.Connection, ring: Keyring, report: Callable[[str, int], None]) -> int:
    total = 0
    for column in keys.COLUMNS:
        if column.fixed:
            continue
        changed = 0
        for rows in keys.walk(connection, column, batch=BATCH):
            changed += keys.reseal(connection, ring, column, rows)
            connection.commit()
        report(f"{column.table}.{column.name}", changed)
        total += changed
    return total


def _forget(ring: Keyring, old: set[int]) -> Keyring:
    """Forget keys that nothing stands under, but never the ones before the last: a process may still write under them.

    Processes follow the file within seconds. The keys that were current until now stay in the ring until the next
    rotation, when nothing can be in flight under them any more.
    """
    assert ring.path is not None  # noqa: S101 - the caller looked
    previous = set(sorted(set(ring.secrets_by_id) - set(ring.current.values()))[-len(ring.current) :])
    kept = ring.without(old - previous)
    kept.write(ring.path)
    return kept
