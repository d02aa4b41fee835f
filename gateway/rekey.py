"""Rotating keys while the system runs: an entry point, with a commit after each batch."""

from __future__ import annotations

from collections.abc import Callable

from gateway import db
from gateway.crypto import Keyring
from gateway.errors import CannotStart
from gateway.services import keys
from gateway.settings import Settings

BATCH = 500
# Processes follow the key file within seconds; what they write under the old key meanwhile is found by another pass.
PASSES = 5


def rotate(settings: Settings, report: Callable[[str, int], None]) -> Keyring:
    """Make new keys current, re-seal everything under them, and forget old keys that nothing stands under.

    Args:
        settings: names the database and the key file.
        report: told each column's name and how many of its values changed.

    Raises:
        CannotStart: the ring comes from the environment, where it cannot be changed.
    """
    ring = Keyring.of(settings)
    if ring.path is None:
        raise CannotStart("Keys from PAIGHAM_KEYS cannot be rotated in place: keep them in a file.")
    with db.connect(settings) as connection:
        db.check_keys(connection, ring)
        ring.rotated().write(ring.path)
        ring = Keyring.open_file(ring.path)
        db.remember_keys(connection, ring)
        connection.commit()
        for _ in range(PASSES):
            if _reseal_all(connection, ring, report) == 0:
                break
        connection.commit()
        left = {key_id for key_id, count in keys.in_use(connection).items() if count}
    old = set(ring.secrets_by_id) - set(ring.current.values()) - left
    return _forget(ring, old)


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
