"""Words of forms on their way in."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.words.marking import N_

FORM_WAY: Mapping[str, str] = {
    "added": N_("New"),
    "removed": N_("Gone"),
    "moved": N_("At another place"),
    "changed": N_("Changed"),
}
FORM_SHORTENED: Mapping[str, str] = {
    "typography": N_("plain signs"),
    "spaces": N_("one line"),
    "numbering": N_("without its number"),
    "brackets": N_("without brackets"),
    "politeness": N_("without “please”"),
    "sentences": N_("the question alone"),
    "list": N_("answers behind the words"),
}
TABLES: Mapping[str, Mapping[str, str]] = {"form_way": FORM_WAY, "form_shortened": FORM_SHORTENED}
