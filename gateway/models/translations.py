"""What is known of translations: whose they are, of which wording, and who has read them again; and the glossary."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class FlowText(Base):
    """What is known of one text of a flow in one language. The words themselves stand in the flow's draft."""

    __tablename__ = "flow_text"

    flow_id: Mapped[UUID] = mapped_column(to("flow.id", cascade=True), primary_key=True)
    text_id: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]  # the wording that was translated, to show what has changed since
    digest: Mapped[str]  # of the translation that is meant; another one in the draft is a new translation
    state: Mapped[str]  # machine, translated or reviewed
    by: Mapped[UUID | None]  # who translated; None: it came with the flow
    at: Mapped[datetime]
    reviewed_by: Mapped[UUID | None]
    reviewed_at: Mapped[datetime | None]
    native: Mapped[bool] = mapped_column(
        default=False, server_default="false"
    )  # the reviewer grew up with it


class FlowTextUpload(Base):
    """Translations from a file that somebody looks at before they count, for a day."""

    __tablename__ = "flow_text_upload"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    flow_id: Mapped[UUID] = mapped_column(to("flow.id", cascade=True), index=True)
    language: Mapped[str]
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]


class GlossaryTerm(Base):
    """How an organisation says a word in a language, and how it must not."""

    __tablename__ = "glossary_term"
    __table_args__ = (
        UniqueConstraint(
            "organisation_id", "source_language", "language", "folded", name="uq_glossary_term_words"
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"))
    source_language: Mapped[str]
    language: Mapped[str]
    term: Mapped[str]
    folded: Mapped[str]  # the term as it is compared: one row for "Cash" and "cash"
    translation: Mapped[str]
    note: Mapped[str]
    forbidden: Mapped[list[str]]
    changed_by: Mapped[UUID | None]
    changed_at: Mapped[datetime]
    created_at: Mapped[Created]
