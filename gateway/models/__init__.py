"""Tables, one family a file. Importing this package registers them all."""

from gateway.models import (
    api_keys,
    areas,
    audit,
    channels,
    contacts,
    flows,
    grievances,
    messages,
    notices,
    organisations,
    pages,
    preferences,
    search,
    sessions,
    setup,
    staff,
    system,
)
from gateway.models.base import Base

__all__ = [
    "Base",
    "api_keys",
    "areas",
    "audit",
    "channels",
    "contacts",
    "flows",
    "grievances",
    "messages",
    "notices",
    "organisations",
    "pages",
    "preferences",
    "search",
    "sessions",
    "setup",
    "staff",
    "system",
]
