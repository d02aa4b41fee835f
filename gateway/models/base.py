"""What all tables share: ids that sort by time, aware times, and names for constraints that migrations can rely on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from gateway import ids

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base of all tables."""

    metadata = MetaData(naming_convention=CONVENTION)
    type_annotation_map = {  # noqa: RUF012 - read once by SQLAlchemy, never changed
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        int: BigInteger,
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }


Id = Annotated[UUID, mapped_column(primary_key=True, default=ids.new)]
Created = Annotated[datetime, mapped_column(server_default=func.now())]


def to(column: str, *, cascade: bool = False) -> ForeignKey:
    """Return a foreign key to `table.column`; `cascade` when the row cannot live without its parent."""
    return ForeignKey(column, ondelete="CASCADE" if cascade else None)
