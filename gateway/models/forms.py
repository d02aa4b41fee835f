"""Forms on their way in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, Id, to


class FormUpload(Base):
    """A form between its upload and the decision to make a flow of it. It is gone a day later."""

    __tablename__ = "form_upload"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), index=True)
    staff_id: Mapped[UUID] = mapped_column(to("staff.id", cascade=True))
    flow_id: Mapped[UUID | None] = mapped_column(to("flow.id", cascade=True))  # whose draft it shall replace
    name: Mapped[str]  # the file's
    content: Mapped[bytes]  # the file as it came
    attached: Mapped[dict[str, Any]] = mapped_column(JSONB)  # lists beside it: name -> content in Base64
    created_at: Mapped[datetime]
