"""Publishing: a draft passes the check, its own tests and the people who answer for it, and becomes a revision.

What the check refuses is mended; only a question of class c may go out all the same, by an override of two roles
(`gateway.services.overrides`). What it doubts is answered in writing by whoever publishes. A language that lacks texts
goes out only where those who publish name what is read instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

import flows
from flows.check import Operation
from flows.checks.harm import CLASS_C
from flows.definition import Action, Do
from flows.findings import Finding, Severity
from flows.walking import every_step
from gateway.errors import InvalidRequest
from gateway.models.flows import Flow, FlowRevision, FlowState
from gateway.models.organisations import Organisation
from gateway.models.publishing import FlowPublication
from gateway.services import flow_store, flow_texts, overrides
from gateway.services.bridge import plain
from gateway.services.flow_texts import Readiness
from gateway.services.overrides import Override, Standing
from gateway.services.unfit import Unfit, filled

DOUBTS = frozenset(
    {"doubtful_question", "unused_answer", "too_many_questions"}
)  # answered in writing, or not published
LONGEST_WHY = 2000  # characters
# The gateway itself starts these: archived, people would get no answer.
ALWAYS = frozenset(
    {
        flow_store.LANGUAGE_AND_CONSENT,
        flow_store.LANGUAGE,
        flow_store.GRIEVANCE_INTAKE,
        flow_store.SAFE_CONTACT,
        flow_store.SATISFACTION,
    }
)


class Refused(InvalidRequest):
    """The gate did not open; `verdict` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("The flow does not pass the check.")
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands between a wording and the people.

    Attributes:
        flow: the wording as it would be frozen, with the flows that it calls.
        errors: what must be mended.
        class_c: what must be mended, or let out by two roles.
        doubts: what whoever publishes must answer.
        others: what the author may weigh.
        languages: those that lack texts, with what is read instead.
        override: the standing request for this very wording.
        agreed: whether the override is agreed to by both roles.
    """

    flow: flows.Flow
    errors: tuple[Finding, ...]
    class_c: tuple[Finding, ...]
    doubts: tuple[Finding, ...]
    others: tuple[Finding, ...]
    languages: tuple[Readiness, ...]
    override: Override | None = None
    agreed: bool = False

    def opens(self, answers: Mapping[str, str] | None = None, instead: Iterable[str] = ()) -> bool:
        """Say whether it may go out, with these answers to doubts and these languages accepted as they are."""
        return not (
            self.errors
            or (self.class_c and not self.agreed)
            or self.unanswered(answers or {})
            or self.incomplete(instead)
        )

    def unanswered(self, answers: Mapping[str, str]) -> list[Finding]:
        """Return the doubts that have no answer."""
        return [doubt for doubt in self.doubts if not answers.get(key_of(doubt), "").strip()]

    def incomplete(self, instead: Iterable[str]) -> list[Readiness]:
        """Return the languages that lack texts and were not accepted."""
        return [state for state in self.languages if state.language not in set(instead)]


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever publishes says.

    Attributes:
        why: what this revision is for.
        answers: to doubts, by `key_of`.
        instead: languages that go out although texts are missing; another language is read there.
        back_to: the number of the older revision that this repeats.
    """

    why: str
    answers: Mapping[str, str] = field(default_factory=dict)
    instead: Sequence[str] = ()
    back_to: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A revision, with how it came to be. `why` None: it was put there by a command or an older version."""

    id: UUID
    number: int
    at: datetime
    by: UUID | None
    why: str | None
    answers: Mapping[str, str]
    back_to: int | None
    override_id: UUID | None
    instead: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # language -> those read where it lacks texts


def key_of(finding: Finding) -> str:
    """Return the name of a finding that lasts from one look to the next."""
    return ":".join(part for part in (finding.code, finding.step, finding.language) if part)


def operation(connection: sa.Connection, organisation_id: UUID) -> Operation:
    """Return what the check must know of an operation: all its organisations' names and our own numbers."""
    rows = connection.execute(sa.select(Organisation.id, Organisation.name, Organisation.hotline)).all()
    return Operation(
        names=tuple(row.name for row in rows),
        numbers=tuple(row.hotline for row in rows if row.id == organisation_id and row.hotline),
    )


def findings(flow: flows.Flow, about: Operation) -> list[Finding]:
    """Return what the check says, and which of the flow's own tests fail."""
    failures = [
        Finding(Severity.ERROR, None, None, "test_failed", f"Test “{test.name}”: {failure}")
        for test in flows.run_tests(flow)
        for failure in test.failures
    ]
    return [*flows.check(flow, about), *failures]


def judge(
    connection: sa.Connection, organisation_id: UUID, flow_id: UUID, flow: flows.Flow, *, now: datetime
) -> Verdict:
    """Say what stands between a wording and the people."""
    whole, missing = with_subflows(connection, organisation_id, flow)
    found = [*findings(whole, operation(connection, organisation_id)), *missing]
    errors = [item for item in found if item.severity is Severity.ERROR]
    warnings = [
        item for item in found if item.severity is Severity.WARNING and item.code != "missing_translation"
    ]
    override = overrides.standing(connection, flow_id, flow_store.digest_of(whole), now=now)
    states = flow_texts.readiness(connection, flow_id, flow)
    return Verdict(
        whole,
        errors=tuple(item for item in errors if item.code not in CLASS_C),
        class_c=tuple(item for item in errors if item.code in CLASS_C),
        doubts=tuple(item for item in warnings if item.code in DOUBTS),
        others=tuple(item for item in warnings if item.code not in DOUBTS),
        languages=tuple(state for state in states.values() if state.needs_fallback()),
        override=override,
        agreed=override is not None and override.standing(now) is Standing.AGREED,
    )


def with_subflows(
    connection: sa.Connection, organisation_id: UUID, flow: flows.Flow
) -> tuple[flows.Flow, tuple[Finding, ...]]:
    """Return a flow with those that it calls in it, as they are published now; and what is wrong with the calls."""
    hot = plain(connection)
    try:
        return flows.embed(flow, lambda code: flow_store.newest(hot, organisation_id, code)), ()
    except flows.FlowInvalid as error:
        return flow, error.findings


def called(flow: flows.Flow, *actions: Action) -> list[str]:
    """Return the codes of the flows that a flow calls or starts, each once."""
    steps = (step for step in every_step(flow.steps) if isinstance(step, Do) and step.action in actions)
    codes = (str(step.arguments.get("flow", "")) for step in steps)
    return list(dict.fromkeys(code for code in codes if code and not code.startswith("=")))


def publish(
    connection: sa.Connection,
    organisation_id: UUID,
    flow_id: UUID,
    flow: flows.Flow,
    wish: Wish,
    *,
    by: UUID | None,
    now: datetime,
) -> Published:
    """Make a wording the flow's newest revision. Conversations under way keep the one they began with.

    Raises:
        Refused: the gate does not open.
        Unfit: nobody said why, the flow has another code, or nothing is new.
        WordsTaken: another flow listens to one of its words.
    """
    why = filled(wish.why, field="why", longest=LONGEST_WHY)
    head = connection.execute(
        sa.select(Flow.code, Flow.state)
        .where(Flow.id == flow_id, Flow.organisation_id == organisation_id)
        .with_for_update()
    ).one()
    if head.code != flow.code:
        raise Unfit("other_code", field="why")
    if head.state == FlowState.ARCHIVED:
        raise Unfit("archived", field="why")
    verdict = judge(connection, organisation_id, flow_id, flow, now=now)
    if not verdict.opens(wish.answers, wish.instead):
        raise Refused(verdict)
    known = {row.id for row in revisions(connection, flow_id)}
    revision_id = flow_store.publish(plain(connection), organisation_id, verdict.flow)
    if revision_id in known:
        raise Unfit("nothing_new", field="why")
    connection.execute(
        sa.insert(FlowPublication).values(
            revision_id=revision_id,
            by=by,
            why=why,
            answers={key_of(doubt): wish.answers[key_of(doubt)].strip() for doubt in verdict.doubts},
            instead={state.language: list(state.falls_to) for state in verdict.languages},
            override_id=verdict.override.id if verdict.override is not None and verdict.class_c else None,
            back_to=wish.back_to,
            at=now,
        )
    )
    return revisions(connection, flow_id)[0]


def by_command(
    connection: sa.Connection, organisation_id: UUID, flow: flows.Flow, *, why: str, now: datetime
) -> UUID | None:
    """Freeze a flow that was checked at the terminal, with what was said there; None: nothing is new."""
    doubts = [item for item in findings(flow, operation(connection, organisation_id)) if item.code in DOUBTS]
    known = set(connection.scalars(sa.select(FlowRevision.id).join(Flow).where(Flow.code == flow.code)))
    revision_id = flow_store.publish(plain(connection), organisation_id, flow)
    if revision_id in known:
        return None
    answers = {key_of(doubt): why for doubt in doubts}
    connection.execute(
        sa.insert(FlowPublication).values(revision_id=revision_id, why=why, answers=answers, at=now)
    )
    return revision_id


def revisions(connection: sa.Connection, flow_id: UUID) -> list[Published]:
    """Return a flow's revisions, the newest first."""
    rows = connection.execute(
        sa.select(
            FlowRevision.id,
            FlowRevision.number,
            FlowRevision.created_at,
            FlowPublication.by,
            FlowPublication.why,
            FlowPublication.answers,
            FlowPublication.back_to,
            FlowPublication.override_id,
            FlowPublication.instead,
        )
        .outerjoin(FlowPublication, FlowPublication.revision_id == FlowRevision.id)
        .where(FlowRevision.flow_id == flow_id)
        .order_by(FlowRevision.number.desc())
    )
    return [
        Published(
            row.id,
            row.number,
            row.created_at,
            row.by,
            row.why,
            row.answers or {},
            row.back_to,
            row.override_id,
            row.instead or {},
        )
        for row in rows
    ]


def wording(connection: sa.Connection, flow_id: UUID, number: int) -> flows.Flow | None:
    """Return what one revision of a flow says; None: there is no such."""
    definition = connection.scalar(
        sa.select(FlowRevision.definition).where(
            FlowRevision.flow_id == flow_id, FlowRevision.number == number
        )
    )
    return None if definition is None else flows.from_dict(definition)


def archive(connection: sa.Connection, organisation_id: UUID, flow_id: UUID, *, now: datetime) -> bool:
    """Let a flow begin nowhere any more; open conversations go on. False: it is archived already.

    Raises:
        Unfit: the gateway itself needs it, or another flow calls or starts it.
    """
    head = connection.execute(
        sa.select(Flow.code, Flow.state)
        .where(Flow.id == flow_id, Flow.organisation_id == organisation_id)
        .with_for_update()
    ).one()
    if head.code in ALWAYS:
        raise Unfit("always", field="why")
    if used_by(connection, organisation_id, head.code):
        raise Unfit("used", field="why")
    return _turn(connection, flow_id, FlowState.ARCHIVED, head.state, at=now)


def unarchive(connection: sa.Connection, organisation_id: UUID, flow_id: UUID) -> bool:
    """Let an archived flow begin again. False: it is not archived."""
    state = connection.scalar(
        sa.select(Flow.state)
        .where(Flow.id == flow_id, Flow.organisation_id == organisation_id)
        .with_for_update()
    )
    if state != FlowState.ARCHIVED:
        return False
    published = sa.exists().where(FlowRevision.flow_id == flow_id)
    lives = FlowState.LIVE if connection.scalar(sa.select(published)) else FlowState.DRAFT
    return _turn(connection, flow_id, lives, FlowState.ARCHIVED, at=None)


def used_by(connection: sa.Connection, organisation_id: UUID, code: str) -> list[str]:
    """Return the titles of the flows that call or start a flow, as they are published now."""
    newest = (
        sa.select(FlowRevision.definition)
        .where(FlowRevision.flow_id == Flow.id)
        .order_by(FlowRevision.number.desc())
        .limit(1)
        .lateral()
    )
    rows = connection.execute(
        sa.select(Flow.title, newest.c.definition)
        .select_from(Flow)
        .join(newest, sa.true())
        .where(Flow.organisation_id == organisation_id, Flow.code != code, Flow.state != FlowState.ARCHIVED)
        .where(sa.cast(newest.c.definition, sa.Text).contains(f'"{code}"', autoescape=True))
        .order_by(Flow.title)
    )
    return [
        title
        for title, definition in rows
        if code in called(flows.from_dict(definition), Action.CALL, Action.START)
    ]


def _turn(
    connection: sa.Connection, flow_id: UUID, state: FlowState, before: str, *, at: datetime | None
) -> bool:
    connection.execute(sa.update(Flow).where(Flow.id == flow_id).values(state=state, archived_at=at))
    return state != before
