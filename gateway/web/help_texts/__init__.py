"""What each page is for, what to do first and what to be careful about: three to six short sentences a page.

Written for people who know their work and not computers. Each page that has an address of its own has a text here,
by its endpoint, in the module of its subject; whoever adds a page adds its text.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.web.help_texts import account, audit, flows, guide, house, notices, translations, work
from gateway.web.help_texts.shape import Help

__all__ = ["HELP", "NO_PAGE", "Help"]

_SUBJECTS = (account, audit, flows, guide, house, notices, translations, work)
HELP: Mapping[str, Help] = {page: text for subject in _SUBJECTS for page, text in subject.HELP.items()}

# Routes that are no page to read: files, parts of a page, and steps that lead on at once.
NO_PAGE = frozenset(
    {
        "staff.setup",
        "staff.static_file",
        "staff.take_link",
        "staff.sign_in_by_sso",
        "staff.back_from_sso",
        "staff.flow_presence",
        "staff.export_form",
        "staff.flow_picture_file",
        "staff.glossary_file",
        "staff.translation_file",
        "staff.trigger_picture",
    }
)
