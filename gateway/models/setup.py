"""The first steps of a new installation, as far as nothing else keeps them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base, to


class FirstSteps(Base):
    """What the first administrator chose on the way. All else stands where it belongs: operation, office, channel."""

    __tablename__ = "first_steps"

    organisation_id: Mapped[UUID] = mapped_column(to("organisation.id"), primary_key=True)
    phone_kind: Mapped[str | None]  # which kind of simulated phone
    flow: Mapped[str | None]  # code of the flow that was chosen first
    contact_id: Mapped[UUID | None]  # the invented person who got the first message
