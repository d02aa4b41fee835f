"""Reading what people type: one form for all the ways to write a word or a number.

Folding is for matching only. A folded text is never shown or stored: it drops differences between letters
that people do not keep on small keyboards (alef forms, the many yehs, accents, ZWNJ), and those are spelling.
"""

from __future__ import annotations

import re
import unicodedata

_YEH = "\u064a\u0649\u06cc\u06cd\u06ce\u06d0\u06d2\u0626\u06d3\u063d\u0620"  # Arabic, Persian, Urdu, Pashto
_KAF = "\u0643\u06a9\u06aa\u06ac"
_GAF = "\u06af\u06ab\u06b0"
_HEH = "\u0647\u06c1\u06c2\u06c3\u06d5\u06be\u06c0\u0629\u06ff"  # with teh marbuta and the Urdu aspirate
_SAME = (
    (_YEH, "ی"),
    (_KAF, "ک"),
    (_GAF, "گ"),
    (_HEH, "ه"),
    ("\u0671\u0672\u0673\u0675", "ا"),
    ("\u0676", "و"),
    ("\u06ba\u06bc", "ن"),  # noon ghunna, and Pashto's retroflex noon
    ("\u067c", "ٹ"),  # Pashto letters that people write with an Urdu keyboard, and the other way round
    ("\u0689", "ڈ"),
    ("\u0693", "ڑ"),
    ("\u2019\u2018\u02bc\u02bb\u02bd\u02b9\u2032\u00b4\u0060\uff07\u02b0\u02c8\u055a\ua78c", "'"),
    ("\u2044\u2215", "/"),
    ("\u2212", "-"),
)
# Marks that people leave out: Latin accents, Arabic vowel signs, variation selectors, keycaps, skin tones.
# The vowel signs of Burmese, Bengali and other scripts are letters to their readers, and stay.
_DROPPED = (
    range(0x0300, 0x0370),
    range(0x0610, 0x061B),
    range(0x064B, 0x0660),
    range(0x06D6, 0x06ED),
    range(0x20D0, 0x2100),
    range(0xFE00, 0xFE10),
    range(0xE0100, 0xE01F0),
    range(0x1F3FB, 0x1F400),
)
_STRIPPED = frozenset("PSZC")  # first letters of the categories that may surround a word
_ALIKE = {ord(letter): target for letters, target in _SAME for letter in letters}
_ALIKE |= {0x0640: "", 0x0670: "", 0x1F51F: " 10 "}


class _First(dict[int, int | str]):
    """Digits that are not decimal (circled, superscript, Ethiopic) become words: "①③" is two numbers."""

    def __missing__(self, code: int) -> int | str:
        self[code] = _spelled_out(chr(code)) or code
        return self[code]


class _Second(dict[int, int | str]):
    """Letters' variants, digits, marks and controls, after compatibility decomposition."""

    def __missing__(self, code: int) -> int | str:
        self[code] = _folded(code)
        return self[code]


def _spelled_out(char: str) -> str | None:
    if unicodedata.category(char) != "No":
        return None
    digit = unicodedata.digit(char, None)
    text = unicodedata.normalize("NFKD", char) if digit is None else str(digit)
    return None if text == char else f" {text} "


def _folded(code: int) -> int | str:
    char = chr(code)
    if char.isdecimal():
        return str(unicodedata.digit(char))
    if any(code in dropped for dropped in _DROPPED):
        return ""
    return {"Cc": " ", "Cf": "", "Cs": ""}.get(unicodedata.category(char), code)


_FIRST = _First({0x1F51F: " 10 ", 0x20E3: " ", **{code: new for code, new in _ALIKE.items() if new == "'"}})
_SECOND = _Second(_ALIKE)
# Nearly all texts hold only these letters, and a plain dictionary is twice as fast as one that can grow.
_USUAL = re.compile("[\u0020-\u005f\u0061-\u00b1\u00bf-\u024f\u0606-\u06ff\u1000-\u109f]*")
_USUAL_SECOND = {code: _SECOND[code] for code in (*range(0x700), *range(0x1000, 0x10A0))}
# Burmese keyboards: the digit zero is typed for the letter wa, and seven for ra. A digit takes no vowel sign,
# and a zero that no digit precedes begins a word.
_MYANMAR_WA = re.compile("(?<![\u1040-\u1049])\u1040(?=[\u1000-\u1036\u1039-\u103e])")
_MYANMAR_RA = re.compile("\u1047(?=[\u102b-\u1036\u1039-\u103e])")


def fold(text: str) -> str:
    """The one form of a text that is compared.

    Lower case; compatibility forms, accents, Arabic letter variants and marks, tatweel, ZWNJ and other
    invisible characters gone; every script's digits as ASCII; surrounding punctuation and symbols off; single
    spaces. A text of nothing but symbols ("?", "👍") stays. Folding twice changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text.lower() if text.isalnum() else _trimmed(" ".join(text.lower().replace("`", "'").split()))
    usual = _USUAL.fullmatch(text)
    text = _myanmar_letters(text if usual else text.translate(_FIRST))
    text = unicodedata.normalize("NFKD", text).casefold().translate(_USUAL_SECOND if usual else _SECOND)
    return _trimmed(" ".join(unicodedata.normalize("NFC", text).split()))


def _myanmar_letters(text: str) -> str:
    if "\u1040" in text:
        text = _MYANMAR_WA.sub("\u101d", text)
    return _MYANMAR_RA.sub("\u101b", text) if "\u1047" in text else text


def _trimmed(text: str) -> str:
    start, end = 0, len(text)
    while start < end and unicodedata.category(text[start])[0] in _STRIPPED:
        start += 1
    while start < end and unicodedata.category(text[end - 1])[0] in _STRIPPED:
        end -= 1
    return text[start:end] or text


class _Digits(dict[int, int | str]):
    """Any digit as an ASCII one; keycaps off; the rest as it is."""

    def __missing__(self, code: int) -> int | str:
        digit = unicodedata.digit(chr(code), None)
        self[code] = code if digit is None else str(digit)
        return self[code]


_DIGITS = _Digits({0x20E3: "", 0x1F51F: "10"})


def ascii_digits(text: str) -> str:
    """The text with every script's digits as ASCII digits, and nothing else changed (keycap frames go)."""
    return text if text.isascii() else text.translate(_DIGITS)
