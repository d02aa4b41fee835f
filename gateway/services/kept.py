"""What is kept of a conversation beside its words: answers, how far the person came, quotas, questions to services.

Nothing here commits, sends or reads the clock: rows go into the batch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import flows
from flows import events
from gateway import ids
from gateway.services import dispositions, outside, quotas
from gateway.services.dispositions import Cause, Standing, State
from gateway.services.notices import Event, Kind
from gateway.services.people import Run
from gateway.services.voice import Voice

WITHDRAWN = "withdrawn"  # why an answer is missing that the person took back
OFFER_AGAIN_AFTER = timedelta(days=1)
MISREAD = "misreading.raw"
CALCULATED = "calculated"  # as the type of a value that nobody was asked for


@dataclass
class Kept(Voice):
    """The part of a conversation that writes down what the engine reports."""

    def stands(self, run: Run, state: State, *, why: Cause | None = None) -> None:
        """Note how far a respondent came; of a sealed conversation nothing is noted."""
        if run.sealed:
            return
        key = dispositions.respondent_id(self.person.id, run_id=run.id, round_id=run.round_id)
        standing = self.batch.respondents.get(key)
        if standing is None:
            standing = Standing(
                key,
                self.person.organisation_id,
                run.revision_id,
                run.round_id,
                self.person.id,
                run.id,
                self.channel.id,
                state,
                self.now,
            )
            self.batch.respondents[key] = standing
        standing.move(state, at=self.now, why=why)

    def answer(self, run: Run, event: events.AnswerGiven) -> None:
        """Keep an answer; that of a sealed conversation stays with its case."""
        if not run.answered:
            run.answered = True
            self.stands(run, State.STARTED)
        if run.sealed:
            return  # A sealed conversation leaves its words with the case, and nowhere else.
        if run.case is not None:
            self.note(run, event.raw, event.question)
        personal = event.personal
        value = event.value if isinstance(event.value, str) else json.dumps(event.value)
        self._write_answer(
            run,
            event.question,
            event.indicator,
            type_=event.type,
            value=None if personal else json.dumps(event.value, ensure_ascii=False),
            personal=value if personal else None,
            raw=event.raw,
            matched=event.matched,
        )

    def miss(self, run: Run, event: events.AnswerMissed) -> None:
        """Keep that a question has no answer, and why."""
        if not run.sealed:
            self._write_answer(run, event.question, event.indicator, raw=event.raw, missing=event.why)

    def misread(self, run: Run, event: events.ReplyNotUnderstood) -> None:
        """Keep a reply that answered nothing, so that somebody can teach the flow what it means."""
        if run.sealed or self.heard is None or not event.raw.strip():
            return
        row_id = ids.derive(self.heard.id, "misread:" + event.question)
        row = (
            row_id,
            self.person.organisation_id,
            run.id,
            run.revision_id,
            run.round_id,
            event.question,
            run.state.language,
            self.house.ring.seal(MISREAD, row_id, event.raw),
            self.heard.id,
            self.now,
        )
        self.batch.misreadings.append(row)

    def _write_answer(  # noqa: PLR0913 - a row has many columns
        self,
        run: Run,
        question: str,
        indicator: str | None,
        *,
        raw: str,
        type_: str | None = None,
        value: str | None = None,
        personal: str | None = None,
        matched: str | None = None,
        missing: str | None = None,
    ) -> None:
        answer_id = ids.derive(run.id, "answer:" + question)
        ring = self.house.ring
        # A question that is reached once more is answered anew: the last answer of a run counts.
        row = (
            run.id,
            question,
            answer_id,
            run.round_id,
            flows.position(run.flow, question),
            indicator,
            type_,
            value,
            ring.seal("answer.value", answer_id, personal) if personal is not None else None,
            ring.seal("answer.raw", answer_id, raw),
            matched,
            missing,
            run.state.language,
            self.heard.id if self.heard else None,
            self.now,
            run.asked_at if run.asked == question else None,
        )
        self.batch.answer(row)

    def problem(self, run: Run, event: events.Problem) -> None:
        """Tell authors of a mistake in their flow."""
        self.batch.problems.append(
            (
                ids.new(),
                self.person.organisation_id,
                run.id,
                run.flow.code,
                event.step,
                event.code,
                event.detail,
                self.now,
            )
        )
        ours = self.person.organisation_id
        told = Event(
            Kind.FLOW_PROBLEM,
            f"organisation {ours}",
            "P3",
            ours,
            occasion=f"{run.flow.code}:{self.now:%Y%m%d}"[-60:],
        )
        self.batch.tell(told, now=self.now)

    def withdraw(self, run: Run, event: events.AnswerWithdrawn) -> None:
        """Take back an answer: it counts no more, and what it was is kept with its corrections."""
        if not run.sealed:
            self._write_answer(run, event.question, None, raw="", missing=WITHDRAWN)

    def calculated(self, run: Run, name: str, value: object, *, personal: bool = False) -> None:
        """Keep a value that nobody was asked for: calculated, or decided by chance."""
        if run.sealed:
            return
        text = json.dumps(value, ensure_ascii=False)
        self._write_answer(
            run,
            name,
            None,
            type_=CALCULATED,
            value=None if personal else text,
            personal=text if personal else None,
            raw="",
            matched=CALCULATED,
        )

    def count(self, run: Run, event: events.QuotaTaken | events.QuotaReleased) -> None:
        """Count the person for a quota, or no more."""
        by = 1 if isinstance(event, events.QuotaTaken) else -1
        quotas.change(self.batch, quotas.scope(run.round_id, run.revision_id), event.quota, by)

    def ask_service(self, run: Run, event: events.ServiceAsked) -> None:
        """Let a worker ask a service; what it is told is what the flow declares."""
        request = outside.Asking(
            run.id,
            self.person.organisation_id,
            self.person.id,
            event.service,
            event.arguments,
            event.key,
            event.expires,
        )
        outside.ask(self.batch, self.house.ring, request, now=self.now)

    def offer_again(self, run: Run) -> None:
        """Have the flow offered once more, where its author wants that and nothing was answered."""
        if run.flow.attempts < 2 or run.answered or not run.reached:  # noqa: PLR2004 - the first was an attempt
            return
        key = dispositions.respondent_id(self.person.id, run_id=run.id, round_id=run.round_id)
        standing = self.batch.respondents.get(key)
        row = self.connection.execute("SELECT offers FROM respondent WHERE id = %s", [key]).fetchone()
        if standing is not None and row is not None and row[0] < run.flow.attempts:
            standing.next_at = self.now + OFFER_AGAIN_AFTER
