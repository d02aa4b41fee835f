"""How whoever asks wants to read: read once a request."""

from __future__ import annotations

from flask import g

from gateway.services import preferences
from gateway.services.preferences import PLAIN, Preference
from gateway.web import gate
from gateway.web.resources import connection


def preference() -> Preference:
    """Return the choices of whoever asks; a stranger chose nothing."""
    somebody = gate.member()
    if somebody is None:
        return PLAIN
    if "preference" not in g:
        g.preference = preferences.read(connection(), somebody.id)
    found: Preference = g.preference
    return found
