"""What programs may read of an organisation: itself, its offices, its rounds in counts, its channels. No person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gateway.models.channels import Channel
from gateway.models.messages import PendingOut
from gateway.services import offices, organisations, round_list, rounds_view, suppression
from gateway.services.flow_store import Library
from gateway.services.listing import Part
from gateway.services.round_list import Progress
from gateway.services.round_questions import Cell, Question


def organisation(connection: sa.Connection, organisation_id: UUID) -> dict[str, Any]:
    """Return the organisation."""
    found = organisations.find(connection, organisation_id) or {}
    return {name: found.get(name) for name in ("code", "name", "kind", "lead")}


def office_lines(connection: sa.Connection, organisation_id: UUID) -> list[dict[str, Any]]:
    """Return its offices."""
    return [{"id": str(line.id), **line.facts.told()} for line in offices.lines(connection, organisation_id)]


def round_lines(
    connection: sa.Connection, organisation_id: UUID, part: Part
) -> tuple[list[dict[str, Any]], bool]:
    """Return one page of its rounds with counts, small ones hidden, and whether there are more."""
    found, more = round_list.rounds(connection, organisation_id, part)
    return [_round(progress) for progress in found], more


def one_round(
    connection: sa.Connection, library: Library, organisation_id: UUID, round_id: UUID, *, language: str
) -> dict[str, Any] | None:
    """Return one round with its questions in counts; None when there is none."""
    view = rounds_view.read(connection, library, organisation_id, round_id, language=language, singly=False)
    if view is None:
        return None
    return {**_round(view.progress), "questions": [_question(question) for question in view.questions]}


def channels(connection: sa.Connection, organisation_id: UUID) -> list[dict[str, Any]]:
    """Return how its channels are, and how many messages wait for each."""
    waiting = (
        sa.select(sa.func.count())
        .where(PendingOut.channel_id == Channel.id, PendingOut.uncertain_since.is_(None))
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(
            Channel.id, Channel.name, Channel.kind, Channel.active, Channel.health, waiting.label("waiting")
        )
        .where(Channel.organisation_id == organisation_id)
        .order_by(Channel.name, Channel.id)
    )
    return [{**row._mapping, "id": str(row.id)} for row in rows]  # noqa: SLF001 - SQLAlchemy's way to a mapping


def _round(progress: Progress) -> dict[str, Any]:
    counts = (progress.sent, progress.completed, progress.running)
    marks = suppression.hidden(counts)
    sent, completed, running = (None if mark else count for mark, count in zip(marks, counts, strict=True))
    return {
        "id": str(progress.id),
        "name": progress.name,
        "flow": progress.title,
        "opens_at": progress.opens_at.isoformat(),
        "closes_at": progress.closes_at.isoformat() if progress.closes_at else None,
        "sent": sent,
        "completed": completed,
        "running": running,
    }


def _question(question: Question) -> dict[str, Any]:
    few = 0 < question.answered < suppression.SMALLEST_CELL
    return {
        "name": question.name,
        "text": question.text,
        "type": question.type,
        "indicator": question.indicator,
        "answered": None if few else question.answered,
        "cells": [_cell(replace(cell, hidden=cell.hidden or few)) for cell in question.cells],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {"label": cell.label, "count": None if cell.hidden else cell.count}
