"""One person's conversation: what they say goes in, rows for the batch come out.

The engine decides what is said next; this module knows what that means for the database. Nothing here commits,
sends or reads the clock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import flows
from flows import events, rendering
from flows.plan import plan_of
from gateway import ids
from gateway.channels.base import Choice
from gateway.crypto import DATA, SEALED
from gateway.services import cases, dispositions
from gateway.services.dispositions import Cause, State
from gateway.services.kept import Kept
from gateway.services.people import STATE, Run, Session

OFFER_AGAIN = timedelta(days=30)


@dataclass
class Talk(Kept):
    """The conversation with one person while a batch is handled."""

    @property
    def is_waiting(self) -> bool:
        """Whether a question is open; a run that waits for a time or a service has none."""
        run = self._open_run()
        return run is not None and run.state.step in plan_of(run.flow).questions

    @property
    def is_pausing(self) -> bool:
        """Whether the open run waits for a time or a service."""
        return self._open_run() is not None and not self.is_waiting

    @property
    def open_flows(self) -> set[str]:
        """Codes of the flows that are not over."""
        session = self.person.session
        return set() if session is None or session.ended else {run.flow.code for run in session.runs}

    @property
    def place(self) -> str:
        """Where in its flow the open question stands; a button carries it, so that an old one answers nothing new."""
        run = self._open_run()
        return "" if run is None or run.state.step is None else str(flows.position(run.flow, run.state.step))

    # ------------------------------------------------------------------ flows begin, go on and end

    def begin(self, code: str) -> Run | None:
        """Start a flow by its code on top of whatever is open; None when the operation has no such flow."""
        revision_id = self.house.library.latest(self.connection, self.person.organisation_id, code)
        return None if revision_id is None else self.begin_revision(revision_id)

    def begin_revision(
        self, revision_id: UUID, *, round_id: UUID | None = None, why: Cause | None = None
    ) -> Run:
        """Start one revision of a flow; what waits below goes on when it ends.

        `why`: the reason where the same people are offered it once more.
        """
        flow = self.house.library.flow(self.connection, revision_id)
        session = self._session()
        below = session.top.id if session.top else None
        waits_for_nothing = flows.Session(flow.code, None, self.language)
        run = Run(ids.new(), flow, revision_id, below, round_id, waits_for_nothing, self.now, new=True)
        sprint = flows.start(flow, self.contact(run), now=self.here)
        session.runs.append(run)
        self.stands(run, State.CONTACTED, why=why)
        self._keep(run, sprint)
        return run

    def reply(self, reply: flows.Reply) -> None:
        """Give a reply to the run that waits."""
        run = self._top()
        if run.case is not None and run.case[1]:
            self.note(run, reply.text, run.state.step or "")
        self._keep(run, flows.resume(run.flow, run.state, self.contact(run), reply, now=self.here))

    def again(self) -> None:
        """Ask the open question once more, in the language that the person has now; a pause only goes on."""
        run = self._top()
        self._keep(run, flows.repeat(run.flow, run.state, self.contact(run), now=self.here))
        if self.is_pausing:
            self._wait_on(run)

    def remind(self) -> None:
        """Remind the person of the open question."""
        run = self._top()
        self._keep(run, flows.remind(run.flow, run.state, self.contact(run), now=self.here))

    def served(self, run: Run, key: str, values: Mapping[str, object] | None) -> bool:
        """Take what a service said, or None where it failed; False while something else is open above the run."""
        if self._open_run() is not run:
            return False
        self._keep(
            run, flows.answered(run.flow, run.state, self.contact(run), values, now=self.here, key=key)
        )
        return True

    def expire(self) -> None:
        """Go on from a wait that is over: where nothing follows from it, the conversation ends.

        A time that has come, a silent service and a question with a timeout of its own lead on in their flow. What
        pauses below a conversation that ends goes on pausing.
        """
        run = self._open_run()
        if run is not None and not self._goes_on(run):
            self._expire_all()
        self._close()

    def _goes_on(self, run: Run) -> bool:
        sprint = flows.expire(run.flow, run.state, self.contact(run), now=self.here)
        if sprint.session.disposition is events.Disposition.EXPIRED or not sprint.events:
            return False
        self._keep(run, sprint)
        return True

    def _expire_all(self) -> None:
        while (run := self._open_run()) is not None:
            self._keep(run, flows.expire(run.flow, run.state, self.contact(run), now=self.here), go_on=False)
            self._end_for(run, events.Disposition.EXPIRED)
            below = self._open_run()
            if below is not None and self.is_pausing:
                self._wait_on(below)
                return

    def _wait_on(self, run: Run) -> None:
        """Let the session wait for what its open run waits for."""
        session = self._session()
        session.due_at, session.reminders = run.state.expires, []

    def stop(self, disposition: events.Disposition) -> None:
        """End everything that is open, for a reason from outside the flow."""
        while (run := self._open_run()) is not None:
            self._keep(run, flows.stop(run.flow, run.state, disposition=disposition), go_on=False)
            self._end_for(run, disposition)
        self._close()

    def _open_run(self) -> Run | None:
        session = self.person.session
        return None if session is None or session.ended else session.top

    def _end_for(self, run: Run, disposition: events.Disposition) -> None:
        """End a run that is still open although its flow was asked to stop, because it had ended by itself."""
        if run.disposition is None:
            run.disposition = disposition
            self._end(run, go_on=False)

    def _top(self) -> Run:
        session = self.person.session
        assert session is not None  # noqa: S101 - callers looked
        assert session.top is not None  # noqa: S101
        return session.top

    def _session(self) -> Session:
        session = self.person.session
        if session is None or session.ended:
            session = Session(ids.new(), self.channel.id, self.urn_id, [], None, [], self.now, new=True)
            self.person.session = session
        return session

    def _keep(self, run: Run, sprint: flows.Sprint, *, go_on: bool = True) -> None:
        """Keep a new state and everything that happened on the way to it."""
        run.state = sprint.session
        for event in sprint.events:
            self._keep_event(run, event)
        if run.disposition is not None:
            self._end(run, go_on=go_on)

    def _end(self, run: Run, *, go_on: bool) -> None:
        session = self.person.session
        if session is None or run not in session.runs:
            return  # A disclosure ended it already.
        session.runs.remove(run)
        self._write_run(session, run)
        self.stands(run, dispositions.of(run.disposition or "", answered=run.answered, reached=run.reached))
        if run.disposition == events.Disposition.EXPIRED and run.round_id is not None:
            self.offer_again(run)
        if go_on and run.then is not None and self.begin(run.then) is not None:
            return
        if go_on and session.top is not None:
            self.again()
        elif session.top is None:
            self._close()

    def _close(self) -> None:
        session = self.person.session
        if session is not None and not session.ended and session.top is None:
            session.ended = True
            self._write_session(session)

    # ------------------------------------------------------------------ one handler for each event

    def _keep_event(self, run: Run, event: events.Event) -> None:  # noqa: C901, PLR0912 - one arm for each event
        match event:
            case events.MessageSaid():
                self._say(run, event)
            case events.AnswerGiven():
                self.answer(run, event)
            case events.AnswerMissed():
                self.miss(run, event)
            case events.AnswerWithdrawn():
                self.withdraw(run, event)
            case events.ValueCalculated():
                self.calculated(run, event.name, event.value, personal=event.personal)
            case events.SplitTaken():
                self.calculated(run, event.step, event.goto)
            case events.ServiceAsked():
                self.ask_service(run, event)
            case events.QuotaTaken() | events.QuotaReleased():
                self.count(run, event)
            case events.QuotaReached() | events.MatchDoubted() | events.MatchConfirmed() | events.HintGiven():
                pass  # What follows from it is said and kept by events of its own.
            case events.ReplyNotUnderstood():
                self.misread(run, event)
            case events.FieldSet():
                self.set_field(event.name, event.value)
            case events.LanguageSet():
                self.set_language(event.language)
            case events.GroupJoined():
                self.batch.then(_JOIN, self.person.id, self.person.organisation_id, event.group)
            case events.GroupLeft():
                self.batch.then(_LEAVE, self.person.id, self.person.organisation_id, event.group)
            case events.ConsentGiven():
                self.consent(run, event.purpose, event.text, given=True)
            case events.ConsentRefused():
                self.consent(run, event.purpose, event.text, given=False)
            case events.GrievanceRaised():
                self._raise(run, event)
            case events.DisclosureSuspected():
                self.disclose(event.text, run=run)
            case events.OptedOut():
                self.opt_out("flow")
            case events.HumanAsked():
                self.open_case(self.words() or event.why)
            case events.FlowStarted():
                run.then = event.flow
            case events.Problem():
                self.problem(run, event)
            case events.WaitStarted():
                self._wait(run, event)
            case events.RunEnded():
                run.disposition = event.disposition

    def _say(self, run: Run, event: events.MessageSaid) -> None:
        message_id = ids.derive(run.id, event.key)
        place = flows.position(run.flow, event.step)
        options = event.options if self.buttons else ()
        choices = tuple(Choice(f"{place}={option.code}", option.label) for option in options)
        text = event.text if self.buttons else rendering.as_sms(event)
        self.queue(message_id, event.step, event.language, text, choices=choices, run=run)

    def _wait(self, run: Run, event: events.WaitStarted) -> None:
        session = self._session()
        times = [*sorted(event.reminders), event.expires]
        session.due_at, session.reminders = times[0], [time.isoformat() for time in times[1:]]
        run.disposition = None
        if not run.sealed and run.asked != event.question:
            run.asked, run.asked_at = event.question, self.now

    # ------------------------------------------------------------------ grievances

    def _raise(self, run: Run, event: events.GrievanceRaised) -> None:
        run.case = (
            self.open_case(
                event.text, run=run, type_=event.type, category=event.category, sensitivity=event.sensitivity
            ),
            False,
        )

    def disclose(self, text: str, *, run: Run | None = None) -> None:
        """Seal what may be a disclosure, end every flow, and offer a safe contact once, without naming anything."""
        if run is not None and run.case is not None and run.case[1]:
            return  # The words are with the sealed case already; the flow ends by itself.
        self.stop(events.Disposition.HANDED_OVER)
        offer = self.begin("safe_contact") if self._may_offer_contact() else None
        opening = cases.Opening(
            self.person.organisation_id,
            self.person.id,
            self.channel.kind,
            self.language,
            text,
            self.heard.id if self.heard else None,
            offer.id if offer else None,
            sealed=True,
        )
        opened = cases.open_case(self.batch, self.house.ring, opening, acknowledged=False, now=self.now)
        self.person.sealed_case = opened.id
        if offer is not None:
            offer.case = (opened.id, True)
        self.reseal()

    def _may_offer_contact(self) -> bool:
        """Whether it is safe to write at all, and nobody has offered already in these weeks."""
        person = self.person
        if self.silence is not None or person.sealed_case is not None:
            return False
        since = self.now - OFFER_AGAIN
        return self.connection.execute(_OFFERED, [person.id, since], prepare=True).fetchone() is None

    # ------------------------------------------------------------------ rows of the session

    def write(self) -> None:
        """Put the session's and its runs' rows into the batch, once everything was heard."""
        session = self.person.session
        if session is None or session.ended:
            return
        for run in session.runs:
            self._write_run(session, run)
        self._write_session(session)

    def _write_session(self, session: Session) -> None:
        top = session.top.id if session.top else None
        ended_at = self.now if session.ended else None
        due_at = None if session.ended else session.due_at
        reminders = json.dumps(session.reminders)
        if not session.new:
            self.batch.session_changes[session.id] = (session.id, top, due_at, reminders, ended_at)
            return
        self.batch.sessions.append(
            (
                session.id,
                self.person.organisation_id,
                self.person.id,
                session.channel_id,
                session.urn_id,
                top,
                due_at,
                reminders,
                session.started_at,
                ended_at,
            )
        )

    def _write_run(self, session: Session, run: Run) -> None:
        ended = run.disposition is not None
        key_class = SEALED if run.sealed else DATA
        sealed = (
            None if ended else self.house.ring.seal(STATE, run.id, run.state.to_json(), key_class=key_class)
        )
        ended_at = self.now if ended else None
        if run.disposition == events.Disposition.INELIGIBLE:
            self._forget(run)
        if run.new:
            self.batch.runs.append(
                (
                    run.id,
                    self.person.organisation_id,
                    session.id,
                    self.person.id,
                    run.parent_id,
                    run.revision_id,
                    run.round_id,
                    run.state.language,
                    sealed,
                    run.disposition,
                    run.started_at,
                    ended_at,
                    run.asked,
                    run.asked_at,
                )
            )
        else:
            self.batch.run_changes[run.id] = (
                run.id,
                run.state.language,
                sealed,
                run.disposition,
                ended_at,
                run.asked,
                run.asked_at,
            )

    def _forget(self, run: Run) -> None:
        """Keep nothing of a child's answers but a count."""
        self.batch.forget_answers(run.id)
        if run.round_id is not None:
            self.batch.then("UPDATE survey_round SET under_age = under_age + 1 WHERE id = %s", run.round_id)


_OFFERED = "SELECT 1 FROM message_out WHERE contact_id = %s AND sealed AND created_at > %s LIMIT 1"
_JOIN = """
INSERT INTO group_member (contact_id, group_id)
SELECT %s, id FROM contact_group WHERE organisation_id = %s AND code = %s ON CONFLICT DO NOTHING
"""
_LEAVE = """
DELETE FROM group_member m USING contact_group g
WHERE m.contact_id = %s AND g.organisation_id = %s AND g.code = %s AND m.group_id = g.id
"""
