"""The page of components: every part that pages are made of, in every state, in both directions of writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response
from wtforms import BooleanField, Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from gateway import clock
from gateway.web import charts, drawing, page
from gateway.web.access import Object, needs
from gateway.web.blueprint import staff
from gateway.web.charts import Drawn, Figures
from gateway.web.lists import Choice, Column, Flag, Kind, Listed
from gateway.web.words import N_

# Specimens, not texts of the product: they stay as they are in every language.
ENGLISH = {
    "place": "Place",
    "people": "People",
    "yes": "Yes",
    "no": "No",
    "unsure": "Not sure",
    "name": "Name of the place",
    "hint": "As people there call it.",
    "kind": "Kind",
    "note": "Note",
    "safe": "It is safe to call",
    "wrong": "Please write a name.",
    "title": "Does the water point work?",
    "places": "Old market;School road;Block four;River side",
    "days": "Mon;Tue;Wed;Thu;Fri;Sat;Sun",
    "said": "The water point near the school has been closed for three days. Who repairs it?",
    "told": "Thank you. Your message is with the water team. You hear from us by Thursday.",
}
URDU = {
    "place": "جگہ",
    "people": "لوگ",
    "yes": "ہاں",
    "no": "نہیں",
    "unsure": "معلوم نہیں",
    "name": "جگہ کا نام",
    "hint": "جیسا وہاں کے لوگ کہتے ہیں۔",
    "kind": "قسم",
    "note": "نوٹ",
    "safe": "فون کرنا محفوظ ہے",
    "wrong": "براہ کرم نام لکھیں۔",
    "title": "کیا پانی کا نل کام کرتا ہے؟",
    "places": "پرانا بازار;اسکول روڈ;بلاک چار;دریا کنارے",
    "days": "پیر;منگل;بدھ;جمعرات;جمعہ;ہفتہ;اتوار",
    "said": "اسکول کے پاس پانی کا نل تین دن سے بند ہے۔ اسے کون ٹھیک کرے گا؟",
    "told": "شکریہ۔ آپ کا پیغام پانی کی ٹیم کے پاس ہے۔ جمعرات تک آپ کو جواب ملے گا۔",
}

LIST = Kind(
    "staff.components",
    columns=(
        Column("place", N_("Place"), sortable=True),
        Column("state", N_("State")),
        Column("people", N_("People"), sortable=True, figure=True),
    ),
    filters=(
        Choice("tab", N_("Part"), values=("all", "open"), default="all", tabs=True),
        Choice("priority", N_("Priority"), values=("P1", "P2", "P3")),
        Flag("late", N_("Late only")),
    ),
    sort="people",
    direction="desc",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the specimen's list."""

    id: UUID
    name: str
    people: int
    late: bool


@dataclass(frozen=True, slots=True)
class Specimen:
    """Everything in one language."""

    code: str
    direction: str
    words: dict[str, str]
    list: Listed[Place]
    form: Form
    empty_form: Form
    drawings: tuple[Drawn, ...]
    moments: tuple[datetime, ...]


@staff.get("/components")
@needs(Object.SELF)
def components() -> Response:
    """Show every part in every state, for whoever builds pages and whoever checks them."""
    now = clock.now()
    return page.show(
        "components_page.html",
        specimens=[_specimen("eng", "ltr", ENGLISH, now), _specimen("urd", "rtl", URDU, now)],
        now=now,
    )


def _specimen(code: str, direction: str, words: dict[str, str], now: datetime) -> Specimen:
    names = words["places"].split(";")
    rows = [Place(UUID(int=at), name, 412 - 97 * at, at == 1) for at, name in enumerate(names)]
    wrong = _form(words)(prefix=f"{direction}-wrong", data={"kind": "a"})
    wrong.validate()
    moments = tuple(now + timedelta(minutes=minutes) for minutes in (-130, 25, 60 * 30))
    return Specimen(
        code,
        direction,
        words,
        LIST.show(LIST.asked({"page": "2"}), rows, more=True),
        wrong,
        _form(words)(prefix=f"{direction}-new"),
        _drawings(code, words),
        moments,
    )


def _form(words: dict[str, str]) -> type[Form]:
    fields: dict[str, Any] = {
        "name": StringField(words["name"], [InputRequired(words["wrong"])], description=words["hint"]),
        "kind": SelectField(words["kind"], choices={"a": words["yes"], "b": words["no"]}),
        "answer": RadioField(
            words["title"],
            [InputRequired(words["wrong"])],
            choices={"yes": words["yes"], "no": words["no"], "unsure": words["unsure"]},
        ),
        "note": TextAreaField(words["note"], [Optional(), Length(max=200)]),
        "safe": BooleanField(words["safe"], description=words["hint"]),
    }
    return type("Specimen", (Form,), fields)


def _drawings(code: str, words: dict[str, str]) -> tuple[Drawn, ...]:
    hand = drawing.hand_of(code)
    places, days = tuple(words["places"].split(";")), tuple(words["days"].split(";"))
    answers = (words["yes"], words["no"], words["unsure"])
    one = Figures(words["people"], (words["place"], words["people"]), places, ((412, 315, None, 121),))
    three = Figures(
        words["title"],
        (words["place"], *answers),
        places,
        ((212, 140, 130, 80), (150, 120, 61, 30), (50, 55, 27, 11)),
    )
    week = Figures(
        words["people"],
        (words["place"], *places[:2]),
        days,
        ((120, 132, 101, 160, 171, 90, 88), (60, 75, None, 80, 40, 52, 61)),
    )
    return charts.bars(one, hand), charts.stacked(three, hand), charts.lines(week, hand)
