"""Who has a draft open just now, so that colleagues see one another. Nothing is locked by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from gateway.models.flows import FlowPresence

PRESENT_FOR = timedelta(seconds=45)  # after the last sign of life


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has the draft open."""

    staff_id: UUID
    step: str | None


def arrive(
    connection: sa.Connection, flow_id: UUID, staff_id: UUID, *, step: str | None, now: datetime
) -> None:
    """Note that somebody has the draft open, and at which step."""
    put = insert(FlowPresence).values(flow_id=flow_id, staff_id=staff_id, step=step, seen_at=now)
    connection.execute(
        put.on_conflict_do_update(index_elements=["flow_id", "staff_id"], set_={"step": step, "seen_at": now})
    )


def present(connection: sa.Connection, flow_id: UUID, *, but: UUID, now: datetime) -> list[Present]:
    """Return who else has the draft open. Whoever vanished is gone from here after 45 seconds."""
    rows = connection.execute(
        sa.select(FlowPresence.staff_id, FlowPresence.step)
        .where(
            FlowPresence.flow_id == flow_id,
            FlowPresence.staff_id != but,
            FlowPresence.seen_at > now - PRESENT_FOR,
        )
        .order_by(FlowPresence.staff_id)
    )
    return [Present(*row) for row in rows]
