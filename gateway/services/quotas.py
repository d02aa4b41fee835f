"""How many places of a quota are taken: counted under a lock, so that two workers never give the last place twice.

A quota counts in a round, or outside of rounds in a revision. Its rows are locked until the batch is committed, and
only conversations whose flow has quotas touch them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from gateway.db import Connection
from gateway.services.batch import Batch
from gateway.services.people import Person, Run

_MAKE = """
INSERT INTO quota_count (scope_id, name, organisation_id) SELECT %s, name, %s FROM unnest(%s::text[]) AS names (name)
ON CONFLICT DO NOTHING
"""
_LOCK = "SELECT name, taken FROM quota_count WHERE scope_id = %s ORDER BY name FOR NO KEY UPDATE"


def scope(round_id: UUID | None, revision_id: UUID) -> UUID:
    """Within what a quota counts."""
    return round_id or revision_id


def taken(connection: Connection, batch: Batch, person: Person, run: Run) -> Mapping[str, int]:
    """Return how many others each quota of a run's flow holds now; nothing is asked where it has none."""
    if not run.flow.quotas:
        return {}
    key = scope(run.round_id, run.revision_id)
    if key not in batch.quotas:
        _lock(connection, batch, key, person.organisation_id, [quota.name for quota in run.flow.quotas])
    mine = set(run.state.more.quotas)
    return {name: count - (name in mine) for name, count in batch.quotas[key].items()}


def lock_all(connection: Connection, batch: Batch, people: Iterable[Person]) -> None:
    """Lock what the open conversations of a batch may count, always in the same order: workers must not cross."""
    wanted = {
        scope(run.round_id, run.revision_id): (person.organisation_id, run)
        for person in people
        if person.session is not None
        for run in person.session.runs
        if run.flow.quotas
    }
    for key in sorted(wanted):
        organisation_id, run = wanted[key]
        _lock(connection, batch, key, organisation_id, [quota.name for quota in run.flow.quotas])


def _lock(connection: Connection, batch: Batch, key: UUID, organisation_id: UUID, names: list[str]) -> None:
    connection.execute(_MAKE, [key, organisation_id, sorted(names)])
    batch.quotas[key] = dict(connection.execute(_LOCK, [key]).fetchall())


def change(batch: Batch, key: UUID, name: str, by: int) -> None:
    """Count one more or one less; written with the batch."""
    if name in batch.quotas.get(key, {}):
        batch.quotas[key][name] = max(0, batch.quotas[key][name] + by)
        batch.quota_changes.add((key, name))
