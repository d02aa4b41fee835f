"""Forms of the administration: begun with facts, choices from the database, faults at their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, url_for
from wtforms import Field, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from gateway.services.unfit import Unfit
from gateway.web import page
from gateway.web.forms import Form, choice
from gateway.web.language import gettext
from gateway.web.words import word


class HouseForm(Form):
    """A form that begins with facts by name."""

    def __init__(self, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(data=dict(facts or {}))

    def fault(self, error: Unfit) -> None:
        """Put what a service refused at its field; of no field, at the first."""
        field = self._fields.get(error.field) or next(iter(self))
        field.errors = [*field.errors, word(error.code, "form_fault")]


class CheckboxesField(SelectMultipleField):
    """Several of a few, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def choose(field: Field, choices: Mapping[Any, str], *, none: str | None = None) -> None:
    """Give a choice its values, in words of the reader; `none`: the words for the empty one."""
    first = [choice("", none)] if none is not None else []
    field.choices = first + [choice(str(value), text) for value, text in choices.items()]  # type: ignore[attr-defined]


def some_id(text: str | None) -> UUID | None:
    """Return the id of a choice; None for the empty one, and for what is no id."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def form_page(form: Form, *, title: str, submit: str, back: tuple[str, str], **more: Any) -> Response:
    """Show a form with its heading. `back`: endpoint and words of where one came from."""
    way = (url_for(back[0]), gettext(back[1]))
    return page.show(
        "form.html", status=form.status, form=form, title=title, submit=gettext(submit), back=way, **more
    )
