"""Questions, and what a reply to them is read as, for tests of reading."""

from __future__ import annotations

from flow_builders import NOW, ask, flow_of

import flows
from flows.answers import Circumstances, Understood, Unsure, clean, read
from flows.plan import plan_of

NEEDS = [
    {
        "code": "food",
        "label": {"eng": "Food", "urd": "خوراک", "fra": "Nourriture"},
        "aliases": {"eng": ["meals"]},
    },
    {"code": "shelter", "label": {"eng": "Shelter", "urd": "پناہ گاہ", "fra": "Abri"}},
    {"code": "documents", "label": {"eng": "Documents", "urd": "کاغذات", "fra": "Papiers"}},
    {"code": "none", "label": {"eng": "None of these", "urd": "کوئی نہیں", "fra": "Aucun"}},
]
LANGUAGES = ["eng", "urd", "fra"]


def closed(kind="select_one", rows=NEEDS, **more):
    return flow_of(ask("need", kind, options=rows, **more), languages=LANGUAGES)


def reading(flow, reply, language="eng", places=None):
    """What a reply to the question "need" is read as."""
    question = plan_of(flow).questions["need"]
    about = Circumstances(language, NOW.date(), lambda _: None, places=places or {})
    return read(question, flows.Reply(clean(reply)) if isinstance(reply, str) else reply, about)


def answer(flow, text, language="eng"):
    """The value, and how it was matched; a list of values where it has to be asked back."""
    found = reading(flow, text, language)
    if isinstance(found, Unsure):
        return [one.value for one in found.readings], found.matched
    return (found.value, found.matched) if isinstance(found, Understood) else (None, None)


PLACES = {
    "kabul": "AF01",
    "jalalabad": "AF02",
    "peshawar": "PK03",
    "پشاور": "PK03",
    "mardan east": "PK04",
    "mardan west": "PK05",
}


def place(reply, places=PLACES):
    found = reading(flow_of(ask("need", "place")), reply, places=places)
    if isinstance(found, Unsure):
        return [(one.value, one.shown) for one in found.readings], found.matched
    return (found.value, found.matched) if isinstance(found, Understood) else (None, None)
