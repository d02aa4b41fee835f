"""How far somebody has come with a flow, from their session alone."""

from __future__ import annotations

from flows.events import Disposition
from flows.session import Session


def standing(session: Session) -> Disposition:
    """The disposition of a person: contacted, started; at the end, what the run ended with.

    Whoever was silent is unresponsive, and partial where something was answered before.
    """
    spoke = bool(session.answers or session.trail)
    if not session.ended:
        return Disposition.STARTED if spoke else Disposition.CONTACTED
    if session.disposition is Disposition.EXPIRED:
        return Disposition.PARTIAL if spoke else Disposition.UNRESPONSIVE
    return session.disposition or Disposition.FAILED
