"""The daily care of the audit: every chain is verified and anchored. Like the drains, it may be called at any time."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from gateway import anchors, clock, db, log, queue
from gateway.anchors import Anchor, BrokenAnchors
from gateway.crypto import Keyring
from gateway.queue import Waker
from gateway.services import audit, audit_check, notices
from gateway.services.audit import Line
from gateway.services.audit_check import SLICE, Turn
from gateway.services.notices import Kind
from gateway.settings import Settings

FAULTY = "audit.faulty"  # the line, and the event in the log
UNREADABLE = "The anchors were changed, or cannot be read: compare them with a copy."

logger = log.get(__name__)


def anchor_file(settings: Settings) -> Path:
    """Where anchors are kept: as set, or in the data folder."""
    return Path(settings.audit_anchors) if settings.audit_anchors else settings.data / "audit-anchors.jsonl"


@dataclass
class AuditCare:
    """Verifying and anchoring, by one worker process."""

    settings: Settings
    ring: Keyring = field(repr=False)
    slice: int = SLICE

    @classmethod
    def of(cls, settings: Settings) -> AuditCare:
        """Build it from the settings of the process."""
        return cls(settings, Keyring.of(settings))

    def check(self) -> Turn | None:
        """Walk a slice of the chain that was verified longest ago; ask for another turn while something is due.

        A turn takes about a second, so that people who write to us do not wait behind the audit.
        """
        engine = db.engine(self.settings, poolclass=sa.NullPool)
        try:
            with engine.begin() as connection:
                turn = self._turn(connection)
        finally:
            engine.dispose()
        waker = Waker.of(self.settings)
        waker.clear(queue.CARE, "check_audit")
        if turn is not None:
            waker.care("check_audit")
        waker.redis.close()
        return turn

    def _turn(self, connection: sa.Connection) -> Turn | None:
        now, path = clock.now(), anchor_file(self.settings)
        try:
            known, broken = anchors.read(path, self.ring), []
        except BrokenAnchors:
            known, broken = [], [UNREADABLE]
        turn = audit_check.turn(connection, self.ring, known, broken, now=now, most=self.slice)
        if turn is None or not turn.ended:
            return turn
        if turn.faults:
            self._tell(connection, turn)
        if turn.head.seq and not broken:
            self._anchor(connection, path, Anchor(turn.organisation_id, turn.head.seq, turn.head.hash, now))
        return turn

    def _anchor(self, connection: sa.Connection, path: Path, anchor: Anchor) -> None:
        try:
            anchors.append(path, self.ring, [anchor])
        except OSError as error:
            logger.error("audit_not_anchored", error=type(error).__name__)
            return
        audit_check.anchored(connection, anchor)

    def _tell(self, connection: sa.Connection, turn: Turn) -> None:
        """Write down that the chain is faulty, and tell the data protection officer."""
        logger.error("audit_faulty", organisation=turn.organisation_id, faults=len(turn.faults))
        now, whose = clock.now(), turn.organisation_id
        object_ = f"organisation {whose}"
        occasion = now.date().isoformat()
        notices.raise_(
            connection,
            kind=Kind.UNUSUAL,
            object=object_,
            priority="P1",
            organisation_id=whose,
            occasion=occasion,
            now=now,
        )
        line = Line("system", FAULTY, object_, {"faults": turn.faults})
        audit.write(connection, self.ring, whose, [line], now=now)
