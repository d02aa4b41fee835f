"""Chains of an organisation of their own, and a hand that changes them behind the triggers' back."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from gateway import db
from gateway.settings import Settings


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    """The workers' engine."""
    made = db.engine(settings)
    yield made
    made.dispose()


@pytest.fixture
def owner(settings: Settings) -> Iterator[sa.Engine]:
    """An engine of the tables' owner, whom no trigger stops in a session that says so."""
    made = db.engine(settings, role=db.DatabaseRole.OWNER)
    yield made
    made.dispose()
