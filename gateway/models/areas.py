"""The gazetteer: names and codes of areas, loaded from files whose source, licence and date are kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Created, Id, to


class Gazetteer(Base):
    """One loaded file."""

    __tablename__ = "gazetteer"

    id: Mapped[Id]
    source: Mapped[str]  # who published it
    licence: Mapped[str]  # its text stands in exports that show boundaries or names
    dated: Mapped[date]  # the date that the publisher gave it
    digest: Mapped[str]  # SHA-256 of the file, to know it again
    areas: Mapped[int]  # how many it held
    loaded_by: Mapped[UUID | None] = mapped_column(to("staff.id"))  # None: by a command
    created_at: Mapped[Created]


class Area(Base):
    """A place by its p-code, an opaque string. A code that left the gazetteer stays, retired."""

    __tablename__ = "area"
    __table_args__ = (
        Index("ix_area_parent", "parent"),
        Index("ix_area_folded", "folded", postgresql_ops={"folded": "text_pattern_ops"}),
        Index("ix_area_level", "level", postgresql_where=text("retired_at IS NULL")),
    )

    pcode: Mapped[str] = mapped_column(primary_key=True)
    gazetteer_id: Mapped[UUID] = mapped_column(to("gazetteer.id"), index=True)
    level: Mapped[int] = mapped_column(SmallInteger)  # 0 is the country
    parent: Mapped[str | None]  # p-code
    name: Mapped[str]
    names: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}"
    )  # by language (ISO 639-3)
    folded: Mapped[str]  # the name as it is compared
    retired_at: Mapped[datetime | None]


class AreaName(Base):
    """One name of an area as it is compared: people search in their own script."""

    __tablename__ = "area_name"
    __table_args__ = (Index("ix_area_name_folded", "folded", postgresql_ops={"folded": "text_pattern_ops"}),)

    pcode: Mapped[str] = mapped_column(to("area.pcode", cascade=True), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)  # ISO 639-3
    folded: Mapped[str]


class GazetteerUpload(Base):
    """A file between its upload and the decision to load it. It is gone a day later."""

    __tablename__ = "gazetteer_upload"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    staff_id: Mapped[UUID] = mapped_column(to("staff.id"))
    content: Mapped[bytes]  # the file as it came
    source: Mapped[str]
    licence: Mapped[str]
    dated: Mapped[date]
    created_at: Mapped[Created]
