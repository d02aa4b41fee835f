"""Name and number in full: asked for by a form, with a reason where the person needs care, shown for one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import request
from wtforms import SelectField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from gateway import clock
from gateway.services import conversations, notices
from gateway.services import reveal as service
from gateway.services.conversations import Identity
from gateway.services.notices import Kind
from gateway.services.reveal import LONGEST_WORDS, REASONS, SHORTEST_WORDS
from gateway.web import gate, page
from gateway.web.forms import Form, choice
from gateway.web.resources import connection, resources
from gateway.web.words import N_
from gateway.web.words.cases import REVEAL


class Reason(Form):
    """Why somebody needs a name or a number."""

    reason = SelectField(
        N_("Why do you need it?"),
        choices=[choice("", N_("Choose …")), *(choice(code, label) for code, label in REVEAL.items())],
        validators=[AnyOf(REASONS)],
        validate_choice=False,
    )
    words = TextAreaField(
        N_("In a few words"),
        description=N_(
            "At least 10 characters. Only the data protection officer reads this. Write no name and no number."
        ),
        validators=[InputRequired(), Length(SHORTEST_WORDS, LONGEST_WORDS)],
        render_kw={"rows": 2},
    )


@dataclass(frozen=True, slots=True)
class Reveal:
    """What a page knows of showing a name and number.

    Attributes:
        form: asks for the reason; None: no reason is needed.
        asked_at: when this page was made; a form is good for one answer.
        identity: what is shown, in this answer only.
        over: the form was used already, so nothing is shown.
    """

    form: Reason | None
    asked_at: datetime
    identity: Identity | None = None
    over: bool = False

    @property
    def status(self) -> int:
        """The page's status: 422 when the reason is missing."""
        return (
            HTTPStatus.UNPROCESSABLE_ENTITY if self.form is not None and self.form.errors else HTTPStatus.OK
        )

    @property
    def detail(self) -> dict[str, Any]:
        """What the audit keeps of the reason, sealed."""
        if self.identity is None or self.form is None:
            return {}
        return {"reason": self.form.data["reason"], "words": self.form.data["words"]}


def offer(contact_id: UUID) -> Reveal:
    """Return the form beneath a masked name."""
    return Reveal(_form(contact_id), clock.now())


def answer(contact_id: UUID) -> Reveal:
    """Read the form that was sent, and open name and number when it is complete and was not used before.

    Whoever loads the answer again sends the same form again, and gets the masked page.
    """
    now, form = clock.now(), _form(contact_id)
    if _used(contact_id):
        return Reveal(form, now, over=True)
    if form is not None:
        if not form.is_right():
            return Reveal(form, now)
        gate.needs_fresh()
    _watch(now)
    return Reveal(form, now, identity=conversations.identity(connection(), resources().ring, contact_id))


def _form(contact_id: UUID) -> Reason | None:
    return Reason() if service.guarded(connection(), contact_id, gate.clearance()) else None


def _used(contact_id: UUID) -> bool:
    """Say whether this very form was answered already."""
    try:
        asked_at = datetime.fromisoformat(request.form.get("asked_at", ""))
    except ValueError:
        return False
    if asked_at.tzinfo is None:
        return False
    member = gate.me()
    return service.shown_since(
        connection(), member.organisation_id, contact_id, actor=str(member.id), since=asked_at
    )


def _watch(now: datetime) -> None:
    """Write down that somebody shows more names and numbers than usual."""
    member, most = gate.me(), resources().settings.reveals_an_hour
    if not service.is_unusual(connection(), member.organisation_id, actor=str(member.id), most=most, now=now):
        return
    page.note(service.UNUSUAL, f"staff {member.id}", reveals=most + 1, hours=1)
    notices.raise_(
        connection(),
        kind=Kind.UNUSUAL,
        object=f"staff {member.id}",
        priority="P2",
        organisation_id=member.organisation_id,
        occasion=f"{now:%Y-%m-%dt%H}",
        now=now,
    )
