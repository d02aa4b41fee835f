"""Reading what people type: one form for all the ways to write a word or a number.

Folding is for matching only. A folded text is never shown or stored: it drops differences between letters
that people do not keep on small keyboards (alef forms, the many yehs, accents, ZWNJ), and those are spelling.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from flows.tables import read_table

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


# Limits of what is read as a number: longer digit strings are telephone numbers or noise.
_DIGITS_AT_MOST = 18
# Thousands in groups: 1,000,000 and 1 000 and 1'000, or 1,00,000 as in South Asia.
_GROUPED = r"[1-9]\d{0,2}(?:[,'٬ ]\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}"
_GROUPS = re.compile(_GROUPED)
_NOT_DIGITS = re.compile(r"[^\d]")
_POINT = re.compile(r"(\d+)([.,،٫])(\d+)")
_POINT_AFTER_GROUPS = re.compile(rf"({_GROUPED}|\d{{1,3}}(?:\.\d{{3}})+)([.,٫])(\d+)")
_SURE_GROUPS = re.compile(
    r"[1-9]\d{0,2}(?:(?:['٬ ]\d{3})+|(?:,\d{3}){2,}|(?:\.\d{3}){2,})|[1-9]\d?(?:,\d{2})+,\d{3}"
)
_NEGATIVE = re.compile(r"\s*[-\u2212]\d")
_BARE_POINT = re.compile(r"\s*[.,٫]\d")


def _number_words() -> dict[str, int]:
    """Folded word -> number, over all shipped languages. A word that means two numbers is in none."""
    found: dict[str, set[int]] = {}
    for words in read_table("numbers")["words"].values():
        for number, alternatives in enumerate(words):
            for word in alternatives.split("|"):
                found.setdefault(fold(word), set()).add(number)
    return {word: numbers.pop() for word, numbers in found.items() if len(numbers) == 1 and word != "-"}


_WORDS = _number_words()
_LABEL = "|".join(
    [
        "n°",
        *sorted((re.escape(fold(label)) for label in read_table("numbers")["labels"]), key=len, reverse=True),
    ]
)
_NUMBER = re.compile(rf"(?:(?:{_LABEL})[ .:#-]{{0,3}})?(\d+|{_GROUPED})(?: ?(?:{_LABEL}))?")
_LABELLED = re.compile(rf"(?:(?:{_LABEL})[ .:#-]{{0,3}})?(\d.*?)(?: ?(?:{_LABEL}))?")


def whole_number(text: str) -> int | None:
    """A whole number as people write it, or None.

    Any script's digits ("3", "۳", "၃", "③"), a keycap, punctuation round it ("(3)", "3."), a word before or
    after ("no 3", "نمبر ۳"), thousands in groups ("1,000": only a fraction could be meant otherwise), a minus
    sign directly before it, or a word from zero to twenty in a shipped language. "1,3" and "3 kg" are none.
    """
    if text.isascii() and text.isdecimal():
        return int(text) if len(text) <= _DIGITS_AT_MOST else None
    folded = fold(text)
    match = None if _BARE_POINT.match(text) else _NUMBER.fullmatch(folded)
    if match is None:
        return _WORDS.get(folded)
    digits = _NOT_DIGITS.sub("", match[1])
    if len(digits) > _DIGITS_AT_MOST:
        return None
    return -int(digits) if _NEGATIVE.match(text) else int(digits)


def decimal_number(text: str) -> Decimal | None:
    """A number with or without a fraction, or None.

    Point, comma, Arabic comma and Arabic decimal sign are read: "1.5", "1,5", "۱٫۵". "1,500" and "1.500" may
    be fifteen hundred or one and a half: such a text is refused, and the question is asked again.
    """
    folded = fold(f"0{text.strip()}" if _BARE_POINT.match(text) else text)
    labelled = _LABELLED.fullmatch(folded)
    plain = _plain_decimal(labelled[1] if labelled else folded)
    if plain is None:
        return Decimal(_WORDS[folded]) if folded in _WORDS else None
    if len(plain) > _DIGITS_AT_MOST:
        return None
    return -Decimal(plain) if _NEGATIVE.match(text) else Decimal(plain)


def _plain_decimal(folded: str) -> str | None:
    """The number in Python's spelling; None when it is none or could be two."""
    if folded.isdecimal():
        return folded
    if _SURE_GROUPS.fullmatch(folded):
        return _NOT_DIGITS.sub("", folded)
    if match := _POINT.fullmatch(folded):
        whole, sign, fraction = match.groups()
        ambiguous = sign != "٫" and len(fraction) == 3 and len(whole) <= 3 and whole[0] != "0"  # noqa: PLR2004 - a group
        return None if ambiguous else f"{whole}.{fraction}"
    match = _POINT_AFTER_GROUPS.fullmatch(folded)
    if match is None or match[2] in match[1]:
        return None
    return f"{_NOT_DIGITS.sub('', match[1])}.{match[3]}"
