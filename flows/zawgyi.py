"""Burmese typed with a Zawgyi font, turned into Unicode.

Zawgyi puts other letters on the code points of Unicode's Myanmar block: vowel and medial signs stand where they are
drawn, not where they are spoken, and stacked letters have code points of their own. Phones in Myanmar still send it.
The detector is Google's (package `myanmartools`); what a code point means in Zawgyi is common knowledge of its fonts.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from functools import cache

from myanmartools import ZawgyiDetector  # type: ignore[import-untyped]  # it comes without types

SURE = 0.95  # probability from which a text is taken as Zawgyi
POSSIBLE = 0.05  # probability from which Zawgyi is tried where Unicode says nothing
LOOKED_AT = 1_000  # characters that the detector sees
_MYANMAR = re.compile("[\u1000-\u103f\u104c-\u108f\u109a-\u109f]")  # letters and signs, no digits
_VIRAMA, _ASAT = "\u1039", "\u103a"
_KINZI = "\u1004\u103a\u1039"
# While a text is on its way the private letter holds kinzi, which Zawgyi writes behind its letter.
_KINZI_BEHIND = "\ue000"

_STACKED = dict(
    zip(
        "\u1060\u1061\u1062\u1063\u1065\u1066\u1067\u1068\u1069\u106c\u106d\u1070\u1071\u1072\u1073\u1074"
        "\u1075\u1076\u1077\u1078\u1079\u107a\u107b\u1093\u107c\u1085",
        "ကခဂဃစဆဆဇဈဋဌဏတတထထ"  # each stands below the letter before it
        "ဒဓနပဖဗဘဘမလ",
        strict=True,
    )
)
_LETTERS = {
    "\u1033": "\u102f", "\u1034": "\u1030", _VIRAMA: _ASAT, _ASAT: "\u103b", "\u107d": "\u103b",
    "\u103b": "\u103c", **{chr(code): "\u103c" for code in range(0x107E, 0x1085)},
    "\u103c": "\u103d", "\u108a": "\u103d\u103e", "\u103d": "\u103e", "\u1087": "\u103e", "\u1088": "\u103e\u102f",
    "\u1089": "\u103e\u1030", "\u105a": "\u102b\u103a", "\u106a": "\u1009", "\u106b": "\u100a", "\u1086": "\u103f",
    "\u108e": "\u102d\u1036", "\u108f": "\u1014", "\u1090": "\u101b", "\u1094": "\u1037", "\u1095": "\u1037",
    "\u106e": "\u100d\u1039\u100d", "\u106f": "\u100d\u1039\u100e", "\u1091": "\u100f\u1039\u100d",
    "\u1092": "\u100b\u1039\u100c", "\u1097": "\u100b\u1039\u100b", "\u1096": "\u1039\u1010\u103d",
    "\u1064": _KINZI_BEHIND, "\u108b": _KINZI_BEHIND + "\u102d", "\u108c": _KINZI_BEHIND + "\u102e",
    "\u108d": _KINZI_BEHIND + "\u1036",
}  # fmt: skip
_TO_UNICODE = {ord(zawgyi): unicode for zawgyi, unicode in _LETTERS.items()} | {
    ord(zawgyi): _VIRAMA + letter for zawgyi, letter in _STACKED.items()
}
# As Zawgyi has it: the e sign and medial ra come before their letter, everything else behind it.
_SYLLABLE = re.compile(
    "(?P<before>[\u1031\u103c]{0,4})(?P<letter>[\u1000-\u102a\u103f\u1040-\u1049\u104e])"
    f"(?P<behind>(?:\u1039[\u1000-\u1021]|[\u102b-\u1030\u1032-\u1038\u103a\u103b\u103d\u103e{_KINZI_BEHIND}]){{0,12}})"
)
_SIGNS = re.compile(f"\u1039[\u1000-\u1021]|[\u102b-\u103e{_KINZI_BEHIND}]")
_KILLED_FIRST = "\u103a\u103b"
_ORDER = "\u103b\u103c\u103d\u103e\u1031\u102d\u102e\u1032\u102f\u1030\u102b\u102c\u103a\u1036\u1037\u1038"
_FIXES = (
    (
        re.compile("\u1040(?=[\u102b-\u103e])"),
        "\u101d",
    ),  # the digits that are typed for the letters wa and ra
    (re.compile("\u1047(?=[\u102b-\u103e])"), "\u101b"),
    (re.compile("\u1025\u102e"), "\u1026"),
    (re.compile("\u1025(?=\u1039|\u103a|\u1037\u103a)"), "\u1009"),
)


def as_unicode(text: str) -> str:
    """The text in Unicode: converted where it was surely typed with a Zawgyi font, else as it is."""
    if text.isascii() or _MYANMAR.search(text) is None or probability(text) < SURE:
        return text
    return convert(text)


def other_reading(text: str) -> str | None:
    """The text read as Zawgyi, where that is possible, not sure, and changes something; else None."""
    if text.isascii() or _MYANMAR.search(text) is None or not POSSIBLE < probability(text) < SURE:
        return None
    converted = convert(text)
    return converted if converted != text else None


def probability(text: str) -> float:
    """How likely a text is Zawgyi, 0 to 1; texts without Burmese letters are 0."""
    return max(0.0, float(_detector().get_zawgyi_probability(text[:LOOKED_AT])))


def convert(text: str) -> str:
    """Read a text as Zawgyi, and write it in Unicode's letters and order."""
    converted = _SYLLABLE.sub(_reordered, text.translate(_TO_UNICODE)).replace(_KINZI_BEHIND, "")
    for wrong, right in _FIXES:
        converted = wrong.sub(right, converted)
    return unicodedata.normalize("NFC", converted)


def _reordered(syllable: re.Match[str]) -> str:
    """Kinzi, letter, stacked letters, then the signs in Unicode's order, each once."""
    signs = set(_SIGNS.findall(syllable["before"] + syllable["behind"]))
    stacked = [sign for sign in _SIGNS.findall(syllable["behind"]) if sign[0] == _VIRAMA]
    kinzi = _KINZI if _KINZI_BEHIND in signs else ""
    if _KILLED_FIRST in syllable["behind"]:  # "ယောက်ျား", a man: the letter is killed, and ya begins anew
        stacked.append(_ASAT)
        signs.discard(_ASAT)
    return kinzi + syllable["letter"] + "".join(stacked) + "".join(sign for sign in _ORDER if sign in signs)


@cache
def _detector() -> ZawgyiDetector:
    with warnings.catch_warnings():
        # The package opens its model with a function that Python 3.11 and 3.12 call outdated.
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()
