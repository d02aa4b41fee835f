"""Drafts of flows: the text that people edit, every change of it, and how changes of several people come together.

Nothing is locked. An edit says how the part that it rests on looked to its editor; where somebody changed that part
meanwhile the editor gets a `Conflict` with both versions, and everything else is merged.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

import flows
from flows import editing, merging, writing
from flows.editing import CannotEdit, Edit
from flows.edits import Rename
from flows.findings import Finding, FlowInvalid, Severity
from flows.readers import tree
from gateway import i18n, ids
from gateway.models.flows import (
    Flow,
    FlowDraft,
    FlowDraftChange,
    FlowKind,
    FlowRevision,
    FlowState,
)
from gateway.services import flow_texts
from gateway.services.unfit import Unfit, among, filled

LARGEST = tree.MAX_SIZE  # bytes of a draft, as the reader of flows takes
IMPORT = "import"  # what the history says of a whole text put in
SEVERAL = "several"  # and of several edits at once


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it is. `flow` None: it cannot be read, and `findings` say why; else they are what the check says.

    `version` 0: nobody has edited it yet, it is its newest revision.
    """

    flow_id: UUID
    code: str
    source: str
    version: int
    flow: flows.Flow | None
    findings: tuple[Finding, ...]
    base_revision_id: UUID | None
    changed_by: UUID | None
    changed_at: datetime | None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps the draft from being published."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edit that was not made: somebody changed the same part since its editor saw it.

    Attributes:
        part: "step:age", "flow:title".
        mine: the part as the edit would have made it; None: it cannot be made any more.
        theirs: the part as it is; None: it is gone.
        digest: the mark by which the same edit, sent again, goes over theirs.
    """

    part: str
    mine: str | None
    theirs: str | None
    digest: str | None
    changed_by: UUID | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history."""

    version: int
    edit: Mapping[str, Any]
    undoes: int | None
    changed_by: UUID | None
    changed_at: datetime


def create(  # noqa: PLR0913 - a flow is these facts
    connection: sa.Connection,
    organisation_id: UUID,
    *,
    code: str,
    title: str,
    source: str,
    by: UUID | None,
    now: datetime,
    kind: str = FlowKind.SURVEY,
    from_form: bytes | None = None,
) -> UUID:
    """Begin a flow that is not published yet, with a text.

    Raises:
        Unfit: there is a flow of this code, or the title or the kind are none.
    """
    flow_id = ids.new()
    values = {
        "id": flow_id,
        "organisation_id": organisation_id,
        "code": code,
        "title": filled(title, field="title"),
        "kind": among(kind, FlowKind, field="kind"),
        "state": FlowState.DRAFT,
        "owner_id": by,
        "from_form": from_form,
    }
    made = connection.execute(
        insert(Flow).values(**values).on_conflict_do_nothing().returning(Flow.id)
    ).first()
    if made is None:
        raise Unfit("taken", field="code")
    connection.execute(
        sa.insert(FlowDraft).values(flow_id=flow_id, source=source, version=1, changed_by=by, changed_at=now)
    )
    return flow_id


def read(connection: sa.Connection, flow_id: UUID) -> Draft:
    """Return a flow's draft; one that nobody has edited is its newest revision.

    Raises:
        LookupError: there is no such flow.
    """
    row = connection.execute(_draft_of(flow_id)).first()
    if row is None:
        raise LookupError(f"There is no flow {flow_id}.")
    if row.source is None:
        source, revision_id = _newest(connection, flow_id)
        return _draft(flow_id, row.code, source, 0, revision_id, None, None)
    return _draft(
        flow_id, row.code, row.source, row.version, row.base_revision_id, row.changed_by, row.changed_at
    )


def flow_of(connection: sa.Connection, organisation_id: UUID, code: str) -> flows.Flow | None:
    """Return the flow that an organisation's draft of this code makes; None: there is none, or it cannot be read."""
    flow_id = connection.scalar(
        sa.select(Flow.id).where(Flow.organisation_id == organisation_id, Flow.code == code)
    )
    return read(connection, flow_id).flow if flow_id is not None else None


def change(
    connection: sa.Connection,
    flow_id: UUID,
    edit: Edit,
    *,
    seen: str | None,
    by: UUID | None,
    now: datetime,
) -> Draft | Conflict:
    """Make an edit on the draft as it is now. `seen`: the mark of the part that it rests on; None: whatever it is.

    The same edit sent a second time changes nothing more.

    Raises:
        LookupError: there is no such flow.
        CannotEdit: the edit makes no sense; the draft is as it was.
    """
    part = editing.touched(edit)
    marks = {part: seen} if part is not None and seen is not None else {}
    return change_all(connection, flow_id, [edit], seen=marks, by=by, now=now)


def change_all(
    connection: sa.Connection,
    flow_id: UUID,
    edits: Sequence[Edit],
    *,
    seen: Mapping[str, str | None],
    by: UUID | None,
    now: datetime,
    since: int | None = None,
) -> Draft | Conflict:
    """Make several edits as one change: all of them or none. What is raised: as by `change`.

    `seen` holds the marks of the parts that they rest on; a part that it does not name is taken as it is. `since` is
    the version that their editor saw: whoever changed the draft alone since then is in nobody's way, because what was
    sent and never answered is sent again, with more.
    """
    draft = _locked(connection, flow_id, by=by, now=now)
    if since is not None and _alone(connection, flow_id, since, by):
        seen = {}
    for part in {part: None for edit in edits if (part := editing.touched(edit)) in seen}:
        if part is not None and editing.digest_of(draft.source, part) != seen[part]:
            return _conflict(draft, edits, part) or draft
    after = _applied(draft.source, edits)
    said = [editing.to_json(edit) for edit in edits]
    record = said[0] if len(said) == 1 else {"do": SEVERAL, "edits": said}
    made = _keep(connection, draft, after, record, by=by, now=now)
    for edit in edits:
        if isinstance(edit, Rename) and draft.flow is not None:
            flow_texts.rename_step(connection, flow_id, draft.flow, edit.step, edit.name)
    return made


def bring_together(
    connection: sa.Connection, flow_id: UUID, source: str, *, base: int, by: UUID | None, now: datetime
) -> Draft | Conflict:
    """Put in a whole text that was written upon the version `base`; what others changed since then stays.

    Raises:
        LookupError: there is no such flow.
        CannotEdit: the text is no YAML.
    """
    draft = _locked(connection, flow_id, by=by, now=now)
    editing.outline(source)
    before = source_at(connection, flow_id, base)
    try:
        merged = source if before is None else merging.merge(base=before, mine=source, theirs=draft.source)
    except merging.Clash as error:
        return _clash(draft, source, error.part)
    except CannotEdit:  # what stood there was no YAML: the new text mends it
        merged = source
    return _keep(connection, draft, merged, {"do": IMPORT}, by=by, now=now)


def import_yaml(
    connection: sa.Connection,
    flow_id: UUID,
    source: str,
    *,
    by: UUID | None,
    now: datetime,
    why: str = IMPORT,
) -> Draft:
    """Put a whole text in place of the draft's. It can be taken back like every change.

    Raises:
        LookupError: there is no such flow.
        CannotEdit: the text is no YAML.
    """
    draft = _locked(connection, flow_id, by=by, now=now)
    editing.outline(source)
    return _keep(connection, draft, source, {"do": why}, by=by, now=now)


def undo(connection: sa.Connection, flow_id: UUID, *, by: UUID, now: datetime) -> Draft | Conflict | None:
    """Take back the newest change of one's own that is not taken back yet; None: there is none.

    Raises:
        LookupError: there is no such flow.
    """
    return _take_back(connection, flow_id, by=by, now=now, redo=False)


def redo(connection: sa.Connection, flow_id: UUID, *, by: UUID, now: datetime) -> Draft | Conflict | None:
    """Bring back what one took back last, as long as nothing was changed by oneself since; None: there is none.

    Raises:
        LookupError: there is no such flow.
    """
    return _take_back(connection, flow_id, by=by, now=now, redo=True)


def steps_back(connection: sa.Connection, flow_id: UUID, by: UUID) -> tuple[int | None, int | None]:
    """Return the versions that `undo` and `redo` would take back."""
    undone: list[int] = []  # versions, the last one to be brought back first
    done: list[int] = []
    rows = connection.execute(
        sa.select(FlowDraftChange.version, FlowDraftChange.undoes)
        .where(FlowDraftChange.flow_id == flow_id, FlowDraftChange.changed_by == by)
        .order_by(FlowDraftChange.version)
    )
    for version, undoes in rows:
        if undoes is None:
            done, undone = [*done, version], []
        elif undoes in done:
            done, undone = [other for other in done if other != undoes], [*undone, version]
        else:  # it brought something back
            undone, done = [other for other in undone if other != undoes], [*done, version]
    return (done[-1] if done else None), (undone[-1] if undone else None)


def history(connection: sa.Connection, flow_id: UUID, *, limit: int = 100) -> list[Change]:
    """Return the changes of a draft, the newest first."""
    rows = connection.execute(
        sa.select(
            FlowDraftChange.version,
            FlowDraftChange.edit,
            FlowDraftChange.undoes,
            FlowDraftChange.changed_by,
            FlowDraftChange.changed_at,
        )
        .where(FlowDraftChange.flow_id == flow_id)
        .order_by(FlowDraftChange.version.desc())
        .limit(limit)
    )
    return [Change(*row) for row in rows]


def source_at(connection: sa.Connection, flow_id: UUID, version: int) -> str | None:
    """Return the text as it was at a version; None: it is not known."""
    packed = connection.scalar(
        sa.select(FlowDraftChange.source_before)
        .where(FlowDraftChange.flow_id == flow_id, FlowDraftChange.version > version)
        .order_by(FlowDraftChange.version)
        .limit(1)
    )
    if packed is not None:
        return zlib.decompress(packed).decode()
    now = read(connection, flow_id)
    return now.source if now.version == version else None


def rebase(connection: sa.Connection, flow_id: UUID, revision_id: UUID) -> None:
    """Note that the draft as it is was published as this revision."""
    connection.execute(
        sa.update(FlowDraft).where(FlowDraft.flow_id == flow_id).values(base_revision_id=revision_id)
    )


# --- Inside


def _draft_of(flow_id: UUID) -> Any:
    return (
        sa.select(
            Flow.code,
            FlowDraft.source,
            FlowDraft.version,
            FlowDraft.base_revision_id,
            FlowDraft.changed_by,
            FlowDraft.changed_at,
        )
        .outerjoin(FlowDraft, FlowDraft.flow_id == Flow.id)
        .where(Flow.id == flow_id)
    )


def _newest(connection: sa.Connection, flow_id: UUID) -> tuple[str, UUID]:
    row = connection.execute(
        sa.select(FlowRevision.id, FlowRevision.definition)
        .where(FlowRevision.flow_id == flow_id)
        .order_by(FlowRevision.number.desc())
        .limit(1)
    ).first()
    if row is None:
        raise LookupError(f"The flow {flow_id} has neither a draft nor a revision.")
    return writing.write(flows.from_dict(row.definition)), row.id


@lru_cache(maxsize=64)
def look_at(source: str) -> tuple[flows.Flow | None, tuple[Finding, ...]]:
    """Read a text and check it; kept, because pages ask for the same text many times."""
    try:
        flow = flows.load(source, catalogs=i18n.flow_catalogs())
    except FlowInvalid as error:
        return None, error.findings
    return flow, tuple(flows.check(flow))


def _draft(
    flow_id: UUID,
    code: str,
    source: str,
    version: int,
    base_revision_id: UUID | None,
    changed_by: UUID | None,
    changed_at: datetime | None,
) -> Draft:
    flow, findings = look_at(source)
    return Draft(flow_id, code, source, version, flow, findings, base_revision_id, changed_by, changed_at)


def _locked(connection: sa.Connection, flow_id: UUID, *, by: UUID | None, now: datetime) -> Draft:
    """Return the draft for a change; others wait until the caller commits. The first change makes it."""
    row = connection.execute(_draft_of(flow_id).with_for_update(of=Flow)).first()
    if row is None:
        raise LookupError(f"There is no flow {flow_id}.")
    if row.source is None:
        source, revision_id = _newest(connection, flow_id)
        values = {"source": source, "version": 0, "base_revision_id": revision_id, "changed_at": now}
        connection.execute(sa.insert(FlowDraft).values(flow_id=flow_id, changed_by=by, **values))
    return read(connection, flow_id)


def _alone(connection: sa.Connection, flow_id: UUID, since: int, by: UUID | None) -> bool:
    """Say whether nobody else changed the draft since a version."""
    others = sa.exists().where(
        FlowDraftChange.flow_id == flow_id,
        FlowDraftChange.version > since,
        FlowDraftChange.changed_by.is_distinct_from(by),
    )
    return not connection.execute(sa.select(others)).scalar_one()


def _applied(source: str, edits: Sequence[Edit]) -> str:
    for edit in edits:
        source = editing.apply(source, edit)
    return source


def _conflict(draft: Draft, edits: Sequence[Edit], part: str) -> Conflict | None:
    """Return the conflict; None when the edits are done already, by whomever."""
    try:
        after: str | None = _applied(draft.source, edits)
    except CannotEdit:
        after = None
    return None if after == draft.source else _clash(draft, after, part)


def _clash(draft: Draft, mine: str | None, part: str) -> Conflict:
    return Conflict(
        part,
        mine=editing.part_text(mine, part) if mine is not None else None,
        theirs=editing.part_text(draft.source, part),
        digest=editing.digest_of(draft.source, part),
        changed_by=draft.changed_by,
        changed_at=draft.changed_at,
    )


def _keep(
    connection: sa.Connection,
    draft: Draft,
    after: str,
    edit: Mapping[str, Any],
    *,
    by: UUID | None,
    now: datetime,
    undoes: int | None = None,
) -> Draft:
    """Write the new text down, and how it was before; a text that is the same is no change."""
    if after == draft.source:
        return draft
    if len(after.encode()) > LARGEST:
        raise CannotEdit("too_large", f"A flow may have {LARGEST // 1024 // 1024} MiB at most.")
    if draft.flow is not None:
        flow_texts.observe(connection, draft.flow_id, draft.flow, now=now)
    version = draft.version + 1
    connection.execute(
        sa.insert(FlowDraftChange).values(
            flow_id=draft.flow_id,
            version=version,
            source_before=zlib.compress(draft.source.encode()),
            edit=dict(edit),
            undoes=undoes,
            changed_by=by,
            changed_at=now,
        )
    )
    connection.execute(
        sa.update(FlowDraft)
        .where(FlowDraft.flow_id == draft.flow_id)
        .values(source=after, version=version, changed_by=by, changed_at=now)
    )
    return _draft(draft.flow_id, draft.code, after, version, draft.base_revision_id, by, now)


def _take_back(
    connection: sa.Connection, flow_id: UUID, *, by: UUID, now: datetime, redo: bool
) -> Draft | Conflict | None:
    draft = _locked(connection, flow_id, by=by, now=now)
    version = steps_back(connection, flow_id, by)[1 if redo else 0]
    if version is None:
        return None
    before, after = source_at(connection, flow_id, version - 1), source_at(connection, flow_id, version)
    if before is None or after is None:
        return None
    try:
        merged = merging.merge(base=after, mine=before, theirs=draft.source)
    except merging.Clash as error:
        return _clash(draft, before, error.part)
    edit = {"do": "redo" if redo else "undo"}
    return _keep(connection, draft, merged, edit, by=by, now=now, undoes=version)
