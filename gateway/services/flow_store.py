"""Flows in the database: publishing a frozen revision, and finding the one to run."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from importlib import resources
from uuid import UUID

import flows
from gateway import i18n, ids
from gateway.db import Connection
from gateway.services import triggers

LATEST_SECONDS = 30.0

# The flows that ship and that the gateway itself starts, by what for.
LANGUAGE_AND_CONSENT = "language_and_consent"
LANGUAGE = "language"
GRIEVANCE_INTAKE = "grievance_intake"
SAFE_CONTACT = "safe_contact"
SATISFACTION = "satisfaction"


def publish(connection: Connection, organisation_id: UUID, flow: flows.Flow) -> UUID:
    """Freeze a flow as the organisation's newest revision; the same wording twice gives the same revision.

    The flows that it calls go into it as they are now. Its triggers listen from now on.

    Raises:
        FlowInvalid: a flow that it calls is not there, or calls it.
        WordsTaken: another flow, or the system, listens to one of its words.
        Unfit: a schedule cannot be read, or another flow begins by the same event.
    """
    flow = flows.embed(flow, lambda code: newest(connection, organisation_id, code))
    text, digest = _frozen(flow)
    flow_id = _flow_id(connection, organisation_id, flow)
    triggers.settle(connection, organisation_id, flow_id, flow)
    latest = connection.execute(
        "SELECT id, number, digest FROM flow_revision WHERE flow_id = %s ORDER BY number DESC LIMIT 1",
        [flow_id],
    ).fetchone()
    if latest is not None and latest[2] == digest:
        revision_id: UUID = latest[0]
        return revision_id
    number = 1 if latest is None else latest[1] + 1
    revision_id = ids.new()
    connection.execute(
        "INSERT INTO flow_revision (id, flow_id, number, definition, digest) VALUES (%s, %s, %s, %s, %s)",
        [revision_id, flow_id, number, text, digest],
    )
    return revision_id


def newest(connection: Connection, organisation_id: UUID, code: str) -> flows.Flow | None:
    """Return a flow as its newest revision has it; None: it was never published, or is archived."""
    row = connection.execute(
        "SELECT r.definition FROM flow_revision r JOIN flow f ON f.id = r.flow_id"
        " WHERE f.organisation_id = %s AND f.code = %s AND f.state <> 'archived' ORDER BY r.number DESC LIMIT 1",
        [organisation_id, code],
    ).fetchone()
    return None if row is None else flows.from_dict(row[0])


def digest_of(flow: flows.Flow) -> str:
    """Return the SHA-256 by which a wording is known: one letter more, and it is another."""
    return _frozen(flow)[1]


def _frozen(flow: flows.Flow) -> tuple[str, str]:
    text = json.dumps(flows.dump(flow), ensure_ascii=False, sort_keys=True)
    return text, hashlib.sha256(text.encode()).hexdigest()


def _flow_id(connection: Connection, organisation_id: UUID, flow: flows.Flow) -> UUID:
    title = flow.title.by_language.get(flow.languages[0], flow.code)
    row = connection.execute(
        "INSERT INTO flow (id, organisation_id, code, title) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (organisation_id, code) DO UPDATE SET title = excluded.title,"
        " state = CASE flow.state WHEN 'draft' THEN 'live' ELSE flow.state END RETURNING id",
        [ids.new(), organisation_id, flow.code, title],
    ).fetchone()
    assert row is not None  # noqa: S101 - RETURNING gives the row that was written
    found: UUID = row[0]
    return found


def library() -> list[flows.Flow]:
    """The flows that ship, with every translation that the catalogs hold."""
    catalogs = i18n.flow_catalogs()
    folder = resources.files("flows") / "library"
    texts = (
        item.read_text()
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if _is_flow(item.name)
    )
    return [flows.load(text, catalogs=catalogs) for text in texts]


def _is_flow(name: str) -> bool:
    return name.endswith(".yaml") and name != "engine_texts.yaml"


def publish_library(connection: Connection, organisation_id: UUID) -> dict[str, UUID]:
    """Give an organisation the flows that ship; returns revision ids by code."""
    return {flow.code: publish(connection, organisation_id, flow) for flow in library()}


@dataclass
class Library:
    """Revisions as the engine reads them, kept in memory: a revision never changes."""

    _flows: dict[UUID, flows.Flow] = field(default_factory=dict)
    _latest: dict[tuple[UUID, str], tuple[float, UUID | None]] = field(default_factory=dict)

    def flow(self, connection: Connection, revision_id: UUID) -> flows.Flow:
        """Return the flow of a revision. Raises LookupError when there is none."""
        known = self._flows.get(revision_id)
        if known is None:
            row = connection.execute(
                "SELECT definition FROM flow_revision WHERE id = %s", [revision_id]
            ).fetchone()
            if row is None:
                raise LookupError(f"There is no revision {revision_id}.")
            known = self._flows[revision_id] = flows.from_dict(row[0])
        return known

    def forget(self, organisation_id: UUID, code: str) -> None:
        """Look for the newest revision anew: whoever published one just now wants to use it."""
        self._latest.pop((organisation_id, code), None)

    def latest(self, connection: Connection, organisation_id: UUID, code: str) -> UUID | None:
        """Return the newest revision of a flow by its code, at most half a minute old; none of one that is archived."""
        kept = self._latest.get((organisation_id, code))
        if kept is not None and time.monotonic() - kept[0] < LATEST_SECONDS:
            return kept[1]
        row = connection.execute(
            "SELECT r.id FROM flow_revision r JOIN flow f ON f.id = r.flow_id"
            " WHERE f.organisation_id = %s AND f.code = %s AND f.state <> 'archived' ORDER BY r.number DESC LIMIT 1",
            [organisation_id, code],
        ).fetchone()
        revision_id = None if row is None else row[0]
        self._latest[organisation_id, code] = (time.monotonic(), revision_id)
        return revision_id
