"""The tabs of one flow's pages: each shown when its page is there and the reader may see it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import current_app, url_for

from gateway.web import access, gate
from gateway.web.words import N_

PATH = "/flows/<uuid:flow_id>"

# In their order: the end of the address, and the word.
TABS: Mapping[str, str] = {
    "": N_("Overview"),
    "edit": N_("Edit"),
    "rehearse": N_("Rehearse"),
    "translate": N_("Translate"),
    "revisions": N_("Revisions"),
    "results": N_("Results"),
}


def tabs_of(flow_id: UUID) -> list[tuple[str, str, str]]:
    """Return (end of the address, address, word to translate) of the tabs that who asks may open."""
    found = _endpoints()
    return [
        (name, url_for(found[name], flow_id=flow_id), label)
        for name, label in TABS.items()
        if name in found and _may(found[name])
    ]


def _may(endpoint: str) -> bool:
    rule = access.rule_of(current_app.view_functions[endpoint])
    return rule is not None and rule.object is not None and gate.may(rule.object, rule.action)


def _endpoints() -> dict[str, str]:
    """The endpoint of each tab, by the end of its address, as far as there is a page."""
    addresses = {f"{PATH}/{name}".rstrip("/"): name for name in TABS}
    return {
        addresses[rule.rule]: rule.endpoint
        for rule in current_app.url_map.iter_rules()
        if rule.rule in addresses and "GET" in (rule.methods or ())
    }
