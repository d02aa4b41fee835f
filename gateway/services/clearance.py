"""How much a reader may see, as services understand it: levels of cases, sealed words, one office or all."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from gateway.models.grievances import Grievance, GrievanceNote
from gateway.models.messages import MessageIn
from gateway.services.agreements import Reach


@dataclass(frozen=True, slots=True)
class Clearance:
    """What a reader may see.

    Attributes:
        levels: sensitivities of cases (S0 to S3); empty: no case at all.
        sealed: whether sealed cases and sealed messages too.
        office_id: when set, cases of other offices stay hidden; cases of no office are everybody's.
        reach: what agreements open of other organisations' cases, to be read and not changed.
    """

    levels: frozenset[str]
    sealed: bool = False
    office_id: UUID | None = None
    reach: frozenset[Reach] = frozenset()

    def unsealed(self, mark: InstrumentedAttribute[bool]) -> sa.ColumnElement[bool]:
        """Return the condition under which a row with a `sealed` mark is visible."""
        return sa.true() if self.sealed else mark.is_(False)

    def cases(self) -> sa.ColumnElement[bool]:
        """Return the condition under which a case is visible."""
        conditions = [Grievance.sensitivity.in_(self.levels), self.unsealed(Grievance.sealed)]
        if self.office_id is not None:
            conditions.append(sa.or_(Grievance.office_id.is_(None), Grievance.office_id == self.office_id))
        return sa.and_(*conditions)

    def register(self, organisation_id: UUID) -> sa.ColumnElement[bool]:
        """Return the condition under which a case is in the reader's register: their own, or shared with them."""
        own = sa.and_(Grievance.organisation_id == organisation_id, self.cases())
        return sa.or_(own, *(self._shared(reach) for reach in self.reach if reach.sensitivity in self.levels))

    def _shared(self, reach: Reach) -> sa.ColumnElement[bool]:
        conditions = [
            Grievance.organisation_id == reach.organisation_id,
            Grievance.sensitivity == reach.sensitivity,
            Grievance.sealed.is_(False),
        ]
        if reach.office_id is not None:
            conditions.append(Grievance.office_id == reach.office_id)
        return sa.and_(*conditions)

    def words(self, contact_id: UUID) -> sa.ColumnElement[bool]:
        """Return the condition under which a contact's message is visible: not sealed, of no hidden case."""
        hidden = (
            sa.select(GrievanceNote.message_id)
            .join(Grievance, Grievance.id == GrievanceNote.grievance_id)
            .where(
                Grievance.contact_id == contact_id,
                GrievanceNote.message_id.is_not(None),
                sa.not_(self.cases()),
            )
        )
        return sa.and_(self.unsealed(MessageIn.sealed), MessageIn.id.not_in(hidden))
