"""Patience with those who guess: failures counted by a key, and a rest that grows with them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway.models.staff import SignInAttempt

FREE_FAILURES = 5  # wrong guesses before guessing slows down
FIRST_BLOCK = timedelta(seconds=30)  # doubles with each further failure
LONGEST_BLOCK = timedelta(minutes=15)


def blocked_until(connection: sa.Connection, key: bytes, *, now: datetime) -> datetime | None:
    """Return when the next guess is allowed; None: at once."""
    until = connection.scalar(sa.select(SignInAttempt.blocked_until).where(SignInAttempt.email_index == key))
    return until if until is not None and until > now else None


def failed(connection: sa.Connection, key: bytes, *, now: datetime) -> datetime | None:
    """Count a wrong guess. Returns when the next one is allowed; None: at once. The caller must commit."""
    statement = insert(SignInAttempt).values(email_index=key, failures=1)
    counted = statement.on_conflict_do_update(
        index_elements=[SignInAttempt.email_index], set_={"failures": SignInAttempt.failures + 1}
    ).returning(SignInAttempt.failures)
    failures = connection.execute(counted).scalar_one()
    if failures < FREE_FAILURES:
        return None
    until: datetime = now + min(FIRST_BLOCK * 2 ** min(failures - FREE_FAILURES, 10), LONGEST_BLOCK)
    connection.execute(
        sa.update(SignInAttempt).where(SignInAttempt.email_index == key).values(blocked_until=until)
    )
    return until


def forget(connection: sa.Connection, key: bytes) -> None:
    """Start counting anew, after a right guess."""
    connection.execute(sa.delete(SignInAttempt).where(SignInAttempt.email_index == key))
