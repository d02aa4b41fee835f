"""What a column holds, by its heading: old spellings, `label::Language (code)`, and columns of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.readers.xlsform.report import CHOICES, SETTINGS, SURVEY

# Headings as forms write them -> as we call them (pyxform: aliases.survey_header, list_header, settings_header).
_ALIASES: Mapping[str, Mapping[str, str]] = {
    SURVEY: {
        "command": "type",
        "tag": "name",
        "value": "name",
        "caption": "label",
        "relevance": "relevant",
        "bind::relevant": "relevant",
        "readonly": "read_only",
        "bind::readonly": "read_only",
        "bind::required": "required",
        "bind::constraint": "constraint",
        "constraining_message": "constraint_message",
        "bind::jr:constraintmsg": "constraint_message",
        "requiredmsg": "required_message",
        "bind::jr:requiredmsg": "required_message",
        "calculate": "calculation",
        "bind::calculate": "calculation",
        "count": "repeat_count",
        "jr:count": "repeat_count",
        "control::jr:count": "repeat_count",
        "body::jr:count": "repeat_count",
        "control::appearance": "appearance",
        "body::appearance": "appearance",
        "media::image": "image",
        "media::audio": "audio",
        "media::video": "video",
        "media::big-image": "big-image",
        "guidance": "guidance_hint",
    },
    CHOICES: {
        "list name": "list_name",
        "value": "name",
        "caption": "label",
        "media::image": "image",
        "media::audio": "audio",
        "media::video": "video",
        "media::big-image": "big-image",
    },
    SETTINGS: {
        "set_form_title": "form_title",
        "title": "form_title",
        "set_form_id": "form_id",
        "id_string": "form_id",
    },
}
COLUMN = "paigham"  # ours: what XLSForm has no word for
FIELD = '{"field": true}'  # in it: the row is a fact about the contact, not a question
MEDIA = ("audio", "image", "video", "big-image")
_SURVEY = frozenset(
    {
        *("type", "name", "label", "hint", "guidance_hint", "required", "required_message", "relevant"),
        *("constraint", "constraint_message", "default", "calculation", "choice_filter", "appearance"),
        *("read_only", "parameters", "trigger", "repeat_count", "disabled", *MEDIA),
        *("sms_label", "indicator_code", "personal", "paigham"),
        *("sms_field", "sms_option", "sms_separator", "sms_allow_media", "sms_date_format"),
        *("sms_datetime_format", "sms_response"),
    }
)
_CHOICES = frozenset({"list_name", "name", "label", *MEDIA, "sms_code", "paigham"})
_TEXTS = frozenset(
    {"label", "hint", "guidance_hint", "constraint_message", "required_message", "sms_label", *MEDIA}
)
_KNOWN: Mapping[str, frozenset[str]] = {SURVEY: _SURVEY, CHOICES: _CHOICES, SETTINGS: frozenset()}


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds.

    Attributes:
        heading: as the form writes it.
        letter: of the column in the sheet.
        kind: our name for it, or "" for a column that means nothing to us.
        language: the language's heading ("English (en)"), "" where there is none, None where texts are not meant.
    """

    heading: str
    letter: str
    kind: str
    language: str | None = None


def columns(sheet: str, headings: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns of a sheet, from its headings and their letters."""
    double = any("::" in heading for heading in headings)
    return tuple(_column(sheet, heading, letter, double=double) for heading, letter in headings.items())


def _column(sheet: str, heading: str, letter: str, *, double: bool) -> Column:
    """One colon parts a heading only in old forms, which have no double one: names like jr:count hold it too."""
    aliases, known = _ALIASES.get(sheet, {}), _KNOWN.get(sheet, frozenset())
    whole = _snake(heading)
    kind = aliases.get(whole) or aliases.get(whole.replace("_", " ")) or whole
    if sheet == SETTINGS:
        return Column(heading, letter, kind)
    if kind in known:
        return Column(heading, letter, kind, "" if kind in _TEXTS else None)
    parts = [part.strip() for part in heading.split("::" if double else ":")]
    for size in (2, 1):
        first = "::".join(_snake(part) for part in parts[:size])
        kind = aliases.get(first) or first
        if len(parts) == size + 1 and kind in _TEXTS & known:
            return Column(heading, letter, kind, parts[size])
    if len(parts) > 1 and (both := aliases.get("::".join(_snake(part) for part in parts))):
        return Column(heading, letter, both, "" if both in _TEXTS else None)
    return Column(heading, letter, "")


def _snake(text: str) -> str:
    return "_".join(text.split()).lower()


def languages(found: Iterable[Column]) -> tuple[str, ...]:
    """The languages' headings in the order in which they come; "" where a text's heading names none."""
    return tuple(dict.fromkeys(column.language for column in found if column.language is not None))
