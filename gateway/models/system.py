"""What the system remembers about itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base


class Setting(Base):
    """A named value. `key_check` holds a known text under the data key, to notice a wrong key at start."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes]


class SweeperFind(Base):
    """How often a sweeper had to pick up something that was left behind."""

    __tablename__ = "sweeper_find"

    name: Mapped[str] = mapped_column(primary_key=True)
    found: Mapped[int] = mapped_column(default=0, server_default="0")
    last_at: Mapped[datetime | None]
