"""Forms on their way to drafts: kept until somebody has seen what they come to, then made a draft; and the way back."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

import flows
from flows import writing
from flows.checks.lengths import Proposal, Tally, proposals, tally
from flows.definition import Ask, Group, Repeat, Say, Step, Text
from flows.differences import Difference, differences
from flows.findings import Finding
from flows.readers import xlsform
from flows.readers.xlsform import Import, Place
from flows.writers import xlsform as writer
from gateway import ids
from gateway.models.flows import Flow
from gateway.models.forms import FormUpload
from gateway.services import drafts, publishing
from gateway.services.drafts import Draft
from gateway.services.unfit import Unfit

KEPT_FOR = timedelta(days=1)  # an upload that nobody decided about
LARGEST = 20 * 1024 * 1024  # bytes of a form with its lists
MOST_LISTS = 20  # files beside a form
LONGEST_NAME = 120  # characters of a file's name


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as it was handed in. `flow_id`: whose draft it shall replace."""

    name: str
    content: bytes
    attached: Mapping[str, bytes]
    flow_id: UUID | None


@dataclass(frozen=True, slots=True)
class Target:
    """The flow whose draft the form would replace, and what would differ; not `readable`: that cannot be told."""

    flow_id: UUID
    code: str
    differences: tuple[Difference, ...]
    readable: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What a form comes to.

    Attributes:
        form: the report and the flow.
        tallies: the flow in each language.
        proposals: shorter forms of long texts.
        findings: what the check says.
        target: the flow that is there already under this code.
    """

    form: Import
    tallies: tuple[Tally, ...]
    proposals: tuple[Proposal, ...]
    findings: tuple[Finding, ...]
    target: Target | None


def keep(
    connection: sa.Connection,
    organisation_id: UUID,
    staff_id: UUID,
    *,
    name: str,
    content: bytes,
    attached: Mapping[str, bytes],
    flow_id: UUID | None,
    now: datetime,
) -> UUID:
    """Keep a form until somebody has looked at what it comes to; old ones and the same person's last go.

    Raises:
        Unfit: it is empty, or too large.
    """
    if not content:
        raise Unfit("empty", field="file")
    if len(content) + sum(map(len, attached.values())) > LARGEST or len(attached) > MOST_LISTS:
        raise Unfit("too_large", field="file")
    connection.execute(
        sa.delete(FormUpload).where(
            FormUpload.organisation_id == organisation_id,
            sa.or_(FormUpload.created_at < now - KEPT_FOR, FormUpload.staff_id == staff_id),
        )
    )
    upload_id = ids.new()
    connection.execute(
        sa.insert(FormUpload).values(
            id=upload_id,
            organisation_id=organisation_id,
            staff_id=staff_id,
            flow_id=flow_id,
            name=name[-LONGEST_NAME:],
            content=content,
            attached={
                file[-LONGEST_NAME:]: base64.b64encode(data).decode() for file, data in attached.items()
            },
            created_at=now,
        )
    )
    return upload_id


def kept(connection: sa.Connection, staff_id: UUID, upload_id: UUID, *, now: datetime) -> Kept | None:
    """Return a form that one handed in oneself; None when there is none, or it is too old."""
    row = connection.execute(
        sa.select(*FormUpload.__table__.c).where(
            FormUpload.id == upload_id,
            FormUpload.staff_id == staff_id,
            FormUpload.created_at >= now - KEPT_FOR,
        )
    ).first()
    if row is None:
        return None
    attached = {name: base64.b64decode(data) for name, data in row.attached.items()}
    return Kept(row.name, row.content, attached, row.flow_id)


def drop(connection: sa.Connection, upload_id: UUID) -> None:
    """Forget a form."""
    connection.execute(sa.delete(FormUpload).where(FormUpload.id == upload_id))


def look(
    connection: sa.Connection,
    organisation_id: UUID,
    form: Kept,
    *,
    without: Collection[Place],
    languages: Mapping[str, str],
) -> Look:
    """See what a form comes to. Nothing is written."""
    code = None if form.flow_id is None else _code(connection, organisation_id, form.flow_id)
    found = xlsform.read(
        form.content, form.name, attached=form.attached, without=without, languages=languages, code=code
    )
    if found.flow is None:
        return Look(found, (), (), (), None)
    target = _target(connection, organisation_id, found.flow)
    findings = publishing.findings(found.flow, publishing.operation(connection, organisation_id))
    return Look(found, tally(found.flow), tuple(proposals(found.flow)), tuple(findings), target)


def take(
    connection: sa.Connection,
    organisation_id: UUID,
    form: Kept,
    seen: Look,
    *,
    short: Collection[tuple[str, str]],
    by: UUID,
    now: datetime,
) -> UUID:
    """Make a draft of a form, or put it in place of the draft that is there; returns the flow.

    `short`: (step, language) of the shorter forms that somebody chose.

    Raises:
        Unfit: something in it is refused.
    """
    if seen.form.flow is None or not seen.form.sound:
        raise Unfit("refused", field="file")
    chosen = [proposal for proposal in seen.proposals if (proposal.step, proposal.language) in short]
    flow = _with_short(seen.form.flow, chosen)
    source = writing.write(flow)
    if seen.target is None:
        title = flow.title.by_language[flow.languages[0]]
        return drafts.create(
            connection, organisation_id, code=flow.code, title=title[:200], source=source, by=by, now=now,
            from_form=form.content,
        )  # fmt: skip
    drafts.import_yaml(connection, seen.target.flow_id, source, by=by, now=now)
    connection.execute(sa.update(Flow).where(Flow.id == seen.target.flow_id).values(from_form=form.content))
    return seen.target.flow_id


def export(connection: sa.Connection, draft: Draft) -> bytes | None:
    """Write a draft as a form, with the other sheets of the workbook that it came from; None: it cannot be read."""
    if draft.flow is None:
        return None
    original = connection.execute(sa.select(Flow.from_form).where(Flow.id == draft.flow_id)).scalar()
    return writer.write(_bare(draft.flow), original=original)


# Parts


def _code(connection: sa.Connection, organisation_id: UUID, flow_id: UUID) -> str | None:
    return connection.execute(
        sa.select(Flow.code).where(Flow.id == flow_id, Flow.organisation_id == organisation_id)
    ).scalar()


def _target(connection: sa.Connection, organisation_id: UUID, flow: flows.Flow) -> Target | None:
    """What the form would change in the flow of the same code."""
    flow_id = connection.execute(
        sa.select(Flow.id).where(Flow.code == flow.code, Flow.organisation_id == organisation_id)
    ).scalar()
    if flow_id is None:
        return None
    there = drafts.read(connection, flow_id).flow
    found = differences(_bare(there), flow) if there is not None else []
    return Target(flow_id, flow.code, tuple(found), readable=there is not None)


def _bare(flow: flows.Flow) -> flows.Flow:
    """The flow without the engine's own words, which are in no form."""
    return replace(flow, engine_texts={})


def _with_short(flow: flows.Flow, chosen: Iterable[Proposal]) -> flows.Flow:
    """The flow with the shorter forms that somebody chose. A short form needs the source language too."""
    words: dict[str, dict[str, str]] = {}
    for proposal in chosen:
        words.setdefault(proposal.step, {})[proposal.language] = proposal.text
    return replace(flow, steps=tuple(_shortened(step, words, flow) for step in flow.steps)) if words else flow


def _shortened(step: Step, words: Mapping[str, Mapping[str, str]], flow: flows.Flow) -> Step:
    if isinstance(step, Group | Repeat):
        return replace(step, steps=tuple(_shortened(inner, words, flow) for inner in step.steps))
    if not isinstance(step, Say | Ask) or step.name not in words:
        return step
    source = flow.languages[0]
    known = step.short.by_language if step.short else {source: step.text.by_language[source]}
    found = {**known, **words[step.name]}
    order = sorted(found, key=lambda code: code != source)
    return replace(step, short=Text(f"{flow.code}.{step.name}.short", {code: found[code] for code in order}))
