"""Who may do what, in words: the one table of access, read by role, by thing, and as a matrix."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response

from gateway.models.staff import Role
from gateway.web import access, page
from gateway.web.access import Action, Object, needs
from gateway.web.administration import parts
from gateway.web.blueprint import staff


@staff.get("/roles")
@needs(Object.ROLES)
def roles() -> Response:
    """Show the table of access."""
    return page.show(
        "roles.html",
        parts=parts(),
        roles=list(Role),
        actions=list(Action),
        rows=sorted(access.TABLE, key=_place),
        table=access.TABLE,
        by_role={role: _by_action(role) for role in Role},
    )


def _place(row: tuple[Object, Action]) -> tuple[int, int]:
    object_, action = row
    return list(Object).index(object_), list(Action).index(action)


def _by_action(role: Role) -> Mapping[Action, list[Object]]:
    return {
        action: [object_ for object_ in Object if access.allows(role, object_, action)] for action in Action
    }
