"""Rules about what must stand in no text: links in any guise, personal facts, numbers and ids, "free" without proof."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from flows.checks.parts import error, spoken
from flows.definition import Ask, Flow, Say, Text
from flows.findings import Finding
from flows.folding import ascii_digits, fold
from flows.texts import names_in
from flows.walking import every_step, questions

# Endings of hosts. Those that are also words ("us.It is …" lacks a blank) count only with a path behind them.
_ENDINGS = (
    "com|org|net|int|info|biz|app|dev|ly|gl|gd|co|link|site|online|page|top|xyz|click|live|shop|club|news|cc|tv|gle|io|"
    "pk|af|ir|iq|sy|jo|lb|ae|sa|ye|eg|sd|ss|dj|er|ke|ug|tz|rw|bi|cd|cf|td|ng|ml|bf|mr|mm|bd|np|lk|cn|ru|ua|tr|gr|eu|"
    "uk|fr|ch|ca"
)
_SCRIPTS = (
    "پاکستان|افغانستان|ایران|السعودية|سورية|الاردن|عراق|مصر|السودان|امارات|شبكة|موقع|рф|укр|বাংলা|भारत|中国"
)
_HOST = r"(?<![\w@.])(?:[^\W_][\w-]*[.·。｡])+"
_LINK = re.compile(
    rf"\w{{2,10}}://|\bhxxps?\b|\bhttps?\b|\bwww\d?[.·]|{_HOST}(?:{_ENDINGS}|{_SCRIPTS})(?![\w.])"
    rf"|{_HOST}[^\W\d_]{{2,}}/\w|\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}\b",
    re.IGNORECASE,
)
_DEFANGED = re.compile(
    rf"\s*[\[({{]\s*(?:\.|dot)\s*[\])}}]\s*|(?<=\w)\s+dot\s+(?=(?:{_ENDINGS}|me)\b)", re.IGNORECASE
)
_HANDLE = re.compile(
    r"(?<![\w.])(?:t\.me|wa\.me|m\.me|bit\.ly|goo\.gl|fb\.com|youtu\.be|telegram\.me)\b", re.IGNORECASE
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")

_DIGITS = re.compile(r"\+?\d{2,}(?:[ .\u2011-]?\d{2,})*")
_MOST_DIGITS = 6  # a short code, a year, a time
_CASE_ID = re.compile(r"\b\d{3}-\d{2}[A-Za-z]\d{4,6}\b|\b[A-Z]{1,3}\d{6,9}\b")

# Facts about somebody that no text says: the phone may be in other hands.
PERSONAL_FACTS = frozenset(
    {
        "name",
        "first_name",
        "last_name",
        "family_name",
        "full_name",
        "phone",
        "number",
        "phone_number",
        "address",
    }
    | {
        "email",
        "case_number",
        "case_id",
        "individual_id",
        "household_id",
        "passport",
        "cnic",
        "birth_date",
        "age",
        "sex",
    }
    | {"religion", "nationality", "diagnosis", "location", "home", "site_address"}
)
_LINK_ADVICE = (
    "Say where to go or whom to call. People cannot tell our links from a swindler's; links are not sent."
)
_NUMBER_ADVICE = (
    "Write {hotline} where the hotline is meant: it is filled in when the text is sent, and changes with it."
)
_ECHO_ADVICE = "Take it out, or ask without it. Others may read the text on a shared phone."

_FREE = {
    "eng": (
        "free|free_of_charge|no_cost|costs_nothing|at_no_charge",
        "reply|replies|answer|answers|answering|text|texts|sms|message|messages|question|questions|survey",
    ),
    "fra": (
        "gratuit|gratuite|gratuits|gratuites|gratuitement|ne_coute_rien|sans_frais",
        "reponse|reponses|repondre|repondez|sms|message|messages|question|questions|enquete",
    ),
    "urd": ("مفت|بلا_معاوضہ|بغیر_پیسوں", "جواب|پیغام|ایس_ایم_ایس|سوال|سوالات|میسج"),
    "pus": ("وړیا|بې_پیسو|مفت", "ځواب|پیغام|پوښتنه|پوښتنې|پوښتنو|ایس_ایم_ایس"),
    "prs": ("رایگان|مفت|بدون_مصرف", "جواب|پیام|سوال|سوالات|پاسخ|ایس_ام_اس"),
    "arb": (
        "مجاني|مجانا|مجانية|المجاني|بدون_تكلفة|بلا_مقابل",
        "رد|الرد|جواب|الجواب|رسالة|الرسالة|رسائل|سؤال|أسئلة|الأسئلة|الإجابة",
    ),
    "som": (
        "bilaash|lacag_la'aan|bilaa_lacag",
        "jawaab|jawaabta|jawaabtu|fariin|fariinta|fariintu|sms|su'aal|su'aalo|su'aalaha",
    ),
    "mya": ("အခမဲ့|ပိုက်ဆံမကုန်|ငွေမကုန်", "ဖြေ|စာ|မေးခွန်း|မက်ဆေ့"),
}


def no_links(flow: Flow) -> Iterator[Finding]:
    """People cannot tell our links from a swindler's."""
    for said in spoken(flow):
        for language, words in said.text.by_language.items():
            if (found := link_in(words)) is not None:
                sentence = f"A text must not hold a link (“{found}”)."
                yield error("link", sentence, step=said.step, language=language, advice=_LINK_ADVICE)


def link_in(words: str) -> str | None:
    """Return what looks like a link or an address of mail or the web, in any script and guise; None: nothing does."""
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", words))
    plain = _DEFANGED.sub(".", plain)
    found = next((match for pattern in (_HANDLE, _MAIL, _LINK) if (match := pattern.search(plain))), None)
    return _whole(plain, found) if found is not None else None


def _whole(words: str, found: re.Match[str]) -> str:
    """What was found with all that is written together with it."""
    start = max(words.rfind(blank, 0, found.start() + 1) for blank in " \n\t") + 1
    rest = re.match(r"\S*", words[found.start() :])
    return words[min(start, found.start()) : found.start()] + (rest[0] if rest else found[0])


def no_personal_facts(flow: Flow) -> Iterator[Finding]:
    """No text says a fact about somebody: a name or a number on a shared phone says enough."""
    asked = {question.name for question in questions(flow)}
    for said in spoken(flow):
        names = frozenset().union(*map(names_in, said.text.by_language.values()))
        for name in sorted(names & PERSONAL_FACTS - asked):
            sentence = f"The text says a fact about the person, “{name}”."
            yield error("personal_fact", sentence, step=said.step, advice=_ECHO_ADVICE)


def no_numbers(flow: Flow, known: Sequence[str] = ()) -> Iterator[Finding]:
    """No text holds a phone number or somebody's id. `known`: the operation's own numbers."""
    own = {_bare(number) for number in known}
    for said in spoken(flow):
        for language, words in said.text.by_language.items():
            found = number_in(words, own)
            if found is not None:
                sentence = f"The text holds a number or an id (“{found[:3]}…”)."
                yield error("number", sentence, step=said.step, language=language, advice=_NUMBER_ADVICE)


def number_in(words: str, own: set[str] | frozenset[str] = frozenset()) -> str | None:
    """Return a phone number or an id that stands in words, in any script's digits; None: none does."""
    plain = ascii_digits(words)
    case = _CASE_ID.search(plain)
    if case is not None:
        return case[0]
    return next((match[0] for match in _DIGITS.finditer(plain) if _is_number(match[0], own)), None)


def _is_number(text: str, own: set[str] | frozenset[str]) -> bool:
    digits = _bare(text)
    return len(digits) > _MOST_DIGITS and digits not in own and not _is_date(text)


def _bare(text: str) -> str:
    return re.sub(r"\D", "", ascii_digits(text)).lstrip("0")


def _is_date(text: str) -> bool:
    return (
        re.fullmatch(r"\d{1,2}[.-]\d{1,2}[.-]\d{4}|\d{4}-\d{2}-\d{2}|\d{4}-\d{4}", text.strip()) is not None
    )


def free_is_true(flow: Flow) -> Iterator[Finding]:
    """That replying is free is said only where it is known to be: in a variant that looks at `free_to_reply`."""
    for step in every_step(flow.steps):
        if isinstance(step, Say | Ask) and not _knows(step.when):
            texts = [step.text, *filter(None, [step.short])]
            texts += [
                text
                for row in step.variants
                if not _knows(row.when)
                for text in (row.text, row.short)
                if text is not None
            ]
            yield from (finding for text in texts for finding in _claims(step.name, text))
    if flow.reminder_text is not None:
        yield from _claims(None, flow.reminder_text)


def _knows(when: str | None) -> bool:
    return when is not None and "free_to_reply" in when


def _claims(step: str | None, text: Text) -> Iterator[Finding]:
    for language, words in text.by_language.items():
        if says_free(words, language):
            sentence = "The text says that replying is free. Nobody checked that."
            advice = "Say it in a variant with “when: ${free_to_reply} = 'yes'”, and say there what a reply costs else."
            yield error("free_claim", sentence, step=step, language=language, advice=advice)


def says_free(words: str, language: str) -> bool:
    """Whether words say that replying costs nothing: "Free." alone, or "free" and "reply" in one sentence."""
    for code in dict.fromkeys((language, "eng")):
        free, replying = (
            [fold(word.replace("_", " ")) for word in row.split("|")] for row in _FREE.get(code, ("", ""))
        )
        for sentence in map(fold, re.split(r"[.!?؟۔။]+", words)):
            if sentence in free or (_any(free, sentence, code) and _any(replying, sentence, code)):
                return True
    return False


def _any(words: list[str], sentence: str, language: str) -> bool:
    if language == "mya":
        return any(word and word in sentence for word in words)
    return any(word and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", sentence) for word in words)
