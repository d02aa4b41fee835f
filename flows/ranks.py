"""Options put in an order: "2,1,3", "312", "food then water", "۲ > ۱"."""

from __future__ import annotations

import re
from collections.abc import Callable

from flows.folding import fold
from flows.lists import split_list
from flows.plan import Question

_WORDS = "then|phir|pir|پھر|بیا|بعد|بعدا|ثم|وبعدين|puis|ensuite|kadib|ka dib|ပြီးတော့|ပြီးရင်"
_THEN = re.compile(rf"[>＞→»<-]+|(?<=\s)(?:{_WORDS})(?=\s)")
_GLUED = re.compile(r"[1-9]{2,9}")


def ranked(question: Question, text: str, option: Callable[[str], int | None]) -> list[int]:
    """The places of the options in the order in which they stand; empty: something else stands there, or one twice."""
    folded = fold(text)
    glued = _GLUED.fullmatch(folded) is not None and folded not in question.by_number
    parts = list(folded) if glued else split_list(_THEN.sub(",", text))
    if not 0 < len(parts) <= len(question.choices):
        return []
    places = [option(part) for part in parts]
    known = [place for place in places if place is not None]
    return known if len(known) == len(set(known)) == len(parts) else []
