"""What the type of a row means in a conversation, and why some types cannot be asked there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from flows.definition import AnswerType, Fact
from flows.tables import read_table


class Part(StrEnum):
    """What a row becomes."""

    SAY = "say"
    ASK = "ask"
    CALCULATE = "calculate"
    META = "meta"
    GROUP = "group"
    REPEAT = "repeat"
    END = "end"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Kind:
    """A row's type, understood.

    Attributes:
        choices: the name of its list, or of the file that holds it.
        other: `or_other` stands behind the list.
        file: the list comes from a file beside the form.
        why, instead: of a refused type: the reason, and what to write instead.
        block: it opens a block that ends with a row of its own.
    """

    part: Part
    answer: AnswerType | None = None
    fact: Fact | None = None
    choices: str = ""
    other: bool = False
    file: bool = False
    code: str = ""
    why: str = ""
    instead: str = ""
    block: str = ""


_ASKED: Mapping[AnswerType, tuple[str, ...]] = {
    AnswerType.TEXT: ("text", "string", "q string", "add text prompt"),
    AnswerType.INTEGER: ("integer", "int", "q int", "add integer prompt"),
    AnswerType.DECIMAL: ("decimal", "q decimal", "add decimal prompt"),
    AnswerType.DATE: ("date", "q date", "add date prompt"),
    AnswerType.TIME: ("time", "q time", "add time prompt"),
    AnswerType.DATETIME: ("datetime", "q date time", "add date time prompt"),
    AnswerType.ACKNOWLEDGE: ("acknowledge", "trigger", "q acknowledge", "add acknowledge prompt"),
    AnswerType.LOCATION: ("geopoint", "location", "q location", "q geopoint", "add location prompt"),
    AnswerType.IMAGE: ("image", "photo", "q picture", "q image", "add image prompt", "add photo prompt"),
    AnswerType.AUDIO: ("audio", "q audio", "add audio prompt"),
    AnswerType.VIDEO: ("video", "q video", "add video prompt"),
    AnswerType.FILE: ("file", "add file prompt"),
    AnswerType.RANGE: ("range",),
}
_SIMPLE: Mapping[str, Kind] = MappingProxyType(
    {name: Kind(Part.ASK, answer) for answer, names in _ASKED.items() for name in names}
    | {name: Kind(Part.SAY) for name in ("note", "q note", "add note prompt")}
    | {name: Kind(Part.CALCULATE) for name in ("calculate", "q calculate", "add calculate prompt", "hidden")}
    | {name: Kind(Part.META, fact=Fact.TODAY) for name in ("today", "get today")}
    | {name: Kind(Part.META, fact=Fact.START) for name in ("start", "start time", "get start time")}
    | {name: Kind(Part.META, fact=Fact.END) for name in ("end", "end time", "get end time")}
    | {f"begin {name}": Kind(Part.GROUP) for name in ("group", "lgroup")}
    | {f"begin {name}": Kind(Part.REPEAT) for name in ("repeat", "looped group")}
    | {f"end {name}": Kind(Part.END) for name in ("group", "lgroup", "repeat", "looped group")}
)
_SELECTS: Mapping[str, AnswerType] = MappingProxyType(
    {
        "add select one prompt using": AnswerType.SELECT_ONE,
        "add select multiple prompt using": AnswerType.SELECT_MULTIPLE,
        "select all that apply from": AnswerType.SELECT_MULTIPLE,
        "select all that apply": AnswerType.SELECT_MULTIPLE,
        "select one from": AnswerType.SELECT_ONE,
        "select one": AnswerType.SELECT_ONE,
        "select one external": AnswerType.SELECT_ONE,
        "select1": AnswerType.SELECT_ONE,
        "select multiple": AnswerType.SELECT_MULTIPLE,
        "select multiple from": AnswerType.SELECT_MULTIPLE,
        "rank": AnswerType.RANK,
    }
)
_FILES: Mapping[str, AnswerType] = MappingProxyType(
    {
        "select one from file": AnswerType.SELECT_ONE,
        "select multiple from file": AnswerType.SELECT_MULTIPLE,
    }
)
_TABLE: Mapping[str, Any] = read_table("xlsform")
_REFUSED: Mapping[str, Mapping[str, str]] = _TABLE["refused"]
_DEVICES = (
    *("deviceid", "device id", "get device id", "imei", "subscriberid", "subscriber id", "get subscriber id"),
    *("simserial", "sim id", "get sim id", "phonenumber", "phone number", "get phone number", "username"),
    *(
        "email",
        "uri:deviceid",
        "uri:subscriberid",
        "uri:simserial",
        "uri:phonenumber",
        "uri:username",
        "uri:email",
    ),
)
_BLOCKS = ("kobomatrix", "score", "rank", "loop")


def kind(text: str, *, appearance: str = "", parameters: str = "") -> Kind:
    """What a row with this type becomes; appearance and parameters may ask for what a phone cannot do."""
    words = " ".join(text.replace("_", " ").replace("-", " ").split())
    plain = words.lower()
    if plain in _SIMPLE:
        return _drawn(_SIMPLE[plain], appearance, parameters)
    if plain in _DEVICES or plain.replace(" ", "") in _DEVICES:
        return _refused(**_TABLE["device"])
    found = _REFUSED.get(plain) or _REFUSED.get(text.lower()) or _REFUSED.get(" ".join(plain.split()[:2]))
    if found is not None:
        block = plain.removeprefix("begin ") if plain.startswith("begin ") else ""
        return _refused(**found, block=block.split(" ")[0] if block.split(" ")[0] in _BLOCKS else "")
    return _select(text) or _unknown(text)


def _select(text: str) -> Kind | None:
    """A type with a list. The list's own name keeps its underscores and its case."""
    parts = text.split()
    for size in range(min(len(parts) - 1, 5), 0, -1):
        command = " ".join(" ".join(parts[:size]).replace("_", " ").split()).lower()
        answer = _FILES.get(command) or _SELECTS.get(command)
        rest = parts[size:]
        tail = " ".join(rest[1:]).replace("_", " ").lower()
        if answer is not None and tail in {"", "or other", "or specify other"}:
            if rest[0].startswith("${"):
                sentence = "A list of earlier answers cannot be offered as choices."
                return _refused("from_repeat", sentence, "Put the choices into the sheet “choices”.")
            return Kind(Part.ASK, answer, choices=rest[0], other=bool(tail), file=command in _FILES)
    return None


def _drawn(found: Kind, appearance: str, parameters: str) -> Kind:
    """Drawings and other apps hide behind ordinary types."""
    words = set(appearance.lower().split())
    if found.answer is AnswerType.IMAGE and words & {"signature", "draw", "annotate"}:
        sentence = "Nobody can sign or draw in a conversation."
        return _refused("drawing", sentence, "Ask for a photo, or for a yes with “select_one”.")
    if appearance.startswith(("ex:", "intent:")) or "app=" in parameters.replace(" ", ""):
        sentence = "Another app of the phone cannot be opened from a conversation."
        return _refused("app", sentence, "Ask the question with a type of its own.")
    return found


def _refused(code: str, why: str, instead: str, *, block: str = "") -> Kind:
    return Kind(Part.REFUSED, code=code, why=why, instead=instead, block=block)


def _unknown(text: str) -> Kind:
    sentence = f"The type “{text[:60]}” is not known."
    return _refused("unknown_type", sentence, "See the list of types in the documentation.")
