"""What the gateway itself says: receipts, keyword answers, rights. Wordings and their limits: data/texts.yaml."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from flows.languages import LANGUAGES, SOURCE, chain
from flows.tables import read_table
from gateway import i18n

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Template(StrEnum):
    """The texts, by what they are for."""

    ACK = "ACK"
    ACK_SENS = "ACK_SENS"
    SENS_TIME = "SENS_TIME"
    SENS_OK = "SENS_OK"
    OUT_OF_HOURS = "OUT_OF_HOURS"
    STATUS = "STATUS"
    STATUS_NEUTRAL = "STATUS_NEUTRAL"
    ANSWER = "ANSWER"
    ANSWER_SAT = "ANSWER_SAT"
    INTERIM = "INTERIM"
    REMIND_CASE = "REMIND_CASE"
    CALL_TRIED = "CALL_TRIED"
    CLOSED = "CLOSED"
    APPEAL = "APPEAL"
    FRAUD = "FRAUD"
    OPTIN = "OPTIN"
    OPTIN_OK = "OPTIN_OK"
    STOP_OK = "STOP_OK"
    STOP_CASE = "STOP_CASE"
    HELP = "HELP"
    LANG = "LANG"
    MYDATA = "MYDATA"
    DELETE = "DELETE"
    DELETE_DONE = "DELETE_DONE"
    WRONG = "WRONG"
    WRONG_OK = "WRONG_OK"
    VERIFY_YES = "VERIFY_YES"
    VERIFY_NO = "VERIFY_NO"
    FIX = "FIX"
    HUMAN = "HUMAN"
    PRENOTICE = "PRENOTICE"
    REMIND = "REMIND"
    SURVEY_END = "SURVEY_END"
    SURVEY_NO = "SURVEY_NO"
    U18 = "U18"
    INFO_HELP = "INFO_HELP"
    TRACING_OFFER = "TRACING_OFFER"
    MINE_SAFETY = "MINE_SAFETY"
    APPOINTMENT = "APPOINTMENT"
    YOU_SAID = "YOU_SAID"
    BREACH = "BREACH"


class Wording(NamedTuple):
    """A text's English wording and its limits.

    Attributes:
        text: the msgid of the catalogs, with {placeholders}.
        needs: facts about the operation that `text` asserts.
        otherwise: the wording while one of them is not known to be true.
        max_units: the longest that the English text can be.
        max_sensitivity: the highest sensitivity of a case that may get it ("S0" to "S3").
        send: "auto", "staff" or "two_persons".
    """

    text: str
    needs: frozenset[str]
    otherwise: str
    max_units: int
    max_sensitivity: str
    send: str


class Said(NamedTuple):
    """Words for a person, and the language (ISO 639-3) that they really are in."""

    text: str
    language: str


@cache
def wordings() -> Mapping[Template, Wording]:
    """Every text's English wording."""
    rows = read_table("texts", package="gateway")["templates"]
    return {Template(name): _wording(row) for name, row in rows.items()}


def _wording(row: Mapping[str, str]) -> Wording:
    limits = (int(row["max_units"]), row["max_sensitivity"], row["send"])
    return Wording(row["text"], frozenset(row.get("needs", ())), row.get("otherwise", row["text"]), *limits)


def placeholders(text: str) -> frozenset[str]:
    """The names that a wording wants filled in."""
    return frozenset(_PLACEHOLDER.findall(text))


def say(template: Template, language: str, /, *, facts: Collection[str] = (), **values: object) -> Said:
    """A text in a language or, where that has none, in the next of its fallbacks. It is never empty.

    Args:
        template: which text.
        language: code of the person's language.
        facts: what is true of the operation ("free_to_reply"); nothing is promised that is not among them.
        values: for the placeholders.

    Raises:
        KeyError: a placeholder has no value.
    """
    wording = wordings()[template]
    msgid = wording.text if wording.needs.issubset(facts) else wording.otherwise
    text, used = _translated(msgid, language)
    return Said(_PLACEHOLDER.sub(lambda match: str(values[match[1]]), text), used)


def _translated(msgid: str, language: str) -> tuple[str, str]:
    """The wording in the first language that has it whole: a translation that lost a placeholder is passed over."""
    for code in chain(language):
        text = i18n.catalog(i18n.GATEWAY, code).get(msgid, "")
        if text and placeholders(text) == placeholders(msgid):
            return text, code
    return msgid, SOURCE


def menu(languages: Iterable[str]) -> str:
    """Languages as the LANG text lists them, each by its own name: "1 English 2 اردو"."""
    names = (LANGUAGES[code].endonym for code in languages)
    return " ".join(f"{number} {name}" for number, name in enumerate(names, start=1))
