"""One way to build a form: our token, a key by which it acts once, errors in the reader's words, nothing lost.

    form = Place(obj=place)
    if not form.is_right():
        return page.show("place.html", status=form.status, form=form)
    places.change(connection(), place.id, **form.data)
    return redirect(…, 303)

Every form that carries the macro `token()` carries a key with it. Whoever sends the same form with the same words
again is led to the page that the first one led to, and nothing happens twice. Answers that are no redirect (a form
with errors, a page that shows something once) are not remembered: they may be asked for again.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

import wtforms
from flask import Response, g, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse
from wtforms.fields.core import UnboundField
from wtforms.meta import DefaultMeta

from gateway import clock
from gateway.services import once
from gateway.services.once import Claim
from gateway.web import gate, tokens
from gateway.web.language import gettext, ngettext
from gateway.web.resources import connection
from gateway.web.words import N_

KEY_FIELD = "form_key"
LONGEST_KEY = 64
FAULTY = 422  # Unprocessable: the page comes again, with what is wrong beside each field.

# A script that sends a form itself cannot see where a redirect leads; it is told in a header instead.
SCRIPT = "X-Paigham-Script"
GOES_TO = "X-Paigham-Goes-To"

# What WTForms says, in our words.
MESSAGES: Mapping[str, str] = {
    "This field is required.": N_("Please fill this in."),
    "Invalid input.": N_("This is not in the form we expect."),
    "Invalid email address.": N_("This does not look like an e-mail address."),
    "Not a valid integer value.": N_("Please write a whole number."),
    "Not a valid decimal value.": N_("Please write a number."),
    "Not a valid float value.": N_("Please write a number."),
    "Not a valid date value.": N_("Please choose a day."),
    "Not a valid time value.": N_("Please write a time, such as 14:30."),
    "Not a valid datetime value.": N_("Please choose a day and a time."),
    "Not a valid choice.": N_("Please choose one of the list."),
    "Not a valid choice": N_("Please choose one of the list."),
    "Invalid Choice: could not coerce.": N_("Please choose one of the list."),
    "Invalid value, must be one of: %(values)s.": N_("Please choose one of the list."),
    "Number must be at least %(min)s.": N_("The smallest number here is %(min)s."),
    "Number must be at most %(max)s.": N_("The largest number here is %(max)s."),
    "Number must be between %(min)s and %(max)s.": N_("Please write a number from %(min)s to %(max)s."),
    "Field must be at least %(min)d character long.": N_("Please write at least %(min)d characters."),
    "Field must be at least %(min)d characters long.": N_("Please write at least %(min)d characters."),
    "Field cannot be longer than %(max)d character.": N_("This is too long: %(max)d characters fit."),
    "Field cannot be longer than %(max)d characters.": N_("This is too long: %(max)d characters fit."),
    "Field must be exactly %(max)d character long.": N_("Please write exactly %(max)d characters."),
    "Field must be exactly %(max)d characters long.": N_("Please write exactly %(max)d characters."),
    "Field must be between %(min)d and %(max)d characters long.": N_(
        "Please write %(min)d to %(max)d characters."
    ),
}


class Words:
    """What WTForms asks for its messages."""

    def gettext(self, message: str) -> str:
        """Translate a message of WTForms into the reader's language."""
        return gettext(MESSAGES.get(message, message))

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The same for a message with a count; ours need no plural."""
        known = MESSAGES.get(many)
        return gettext(known) if known is not None else ngettext(one, many, count)


class Meta(DefaultMeta):
    """How our forms are read: with our words, and texts cleaned before anything looks at them."""

    def get_translations(self, form: Any) -> Words:
        """Return our words."""
        del form
        return Words()

    def bind_field(self, form: Any, unbound_field: Any, options: MutableMapping[str, Any]) -> Any:
        """Clean what is written into a text field; a password is taken as it is typed."""
        if issubclass(unbound_field.field_class, wtforms.StringField) and not issubclass(
            unbound_field.field_class, wtforms.PasswordField
        ):
            unbound_field = _with_filter(unbound_field)
        return super().bind_field(form, unbound_field, options)


class Form(wtforms.Form):
    """The base of our forms. Built in a view, it holds what the request sent, and else what `obj` has.

    Labels, descriptions and choices are written with `N_` and stand in the reader's language once it is built.
    """

    Meta = Meta

    def __init__(self, **values: Any) -> None:
        super().__init__(formdata=_sent(type(self)) if request.method == "POST" else None, **values)
        for field in self:
            _translate(field)

    def is_right(self) -> bool:
        """Whether the form was sent and nothing is wrong with it."""
        return request.method == "POST" and self.validate()

    @property
    def status(self) -> int:
        """The status of the page that shows it: 422 once something is wrong."""
        return FAULTY if self.errors else 200

    @property
    def faults(self) -> list[tuple[str, str, str]]:
        """What is wrong, for the summary, once for each field: (id of the field, its label, the sentence)."""
        return [
            (field.id, str(field.label.text), sentence)
            for field in self
            if (sentence := next(_sentences(field.errors), None)) is not None
        ]


def choice(value: str, label: str) -> Any:
    """Return one choice of a select or radio field; fields want no other kind."""
    return wtforms.SelectChoice(value, label)  # type: ignore[attr-defined]


def clean(text: Any) -> Any:
    """Return a text in Unicode's composed form, without blanks around it and without what no text column holds.

    Zero-width joiners stay: they are spelling in Persian and Pashto.
    """
    if not isinstance(text, str):
        return text
    return unicodedata.normalize("NFC", text.replace("\0", "").replace("\r\n", "\n")).strip()


def form_key() -> str:
    """Return a key for a form of this response."""
    return tokens.random_word(tokens.KEY_BYTES)


def act_once() -> AnyResponse | None:
    """Before a view: lead a form that was acted on to where it led, and let the first of them in."""
    key = request.form.get(KEY_FIELD, "") if request.method == "POST" else ""
    somebody = gate.member() if key and len(key) <= LONGEST_KEY else None
    if somebody is None:
        return None
    found = once.claim(connection(), somebody.id, _hash(key), now=clock.now())
    if isinstance(found, Claim):
        g.form_claim = found
        return None
    return redirect(found, 303)


def remember(response: Response) -> Response:
    """After a view, before the commit: remember where the form led, or let it be sent again."""
    claimed: Claim | None = g.pop("form_claim", None)
    if claimed is not None and response.status_code < 500:  # noqa: PLR2004 - whatever failed was undone already
        if response.status_code in {301, 302, 303}:
            once.remember(connection(), claimed, response.headers["Location"])
        else:
            once.release(connection(), claimed)
    return response


def tell_script(response: Response) -> Response:
    """Tell a script that sent a form where to go on; its browser would follow a redirect without telling it."""
    if SCRIPT in request.headers and response.status_code in {301, 302, 303}:
        response.headers[GOES_TO] = response.headers.pop("Location")
        response.status_code = 204
        response.set_data(b"")
    return response


def _sent(kind: type[Form]) -> MultiDict[str, Any]:
    """What was typed, and files where the form asks for files: to any other field a file is a riddle."""
    together: MultiDict[str, Any] = MultiDict(request.form.items(multi=True))
    for name, file in request.files.items(multi=True):
        asked = getattr(kind, name, None)
        if isinstance(asked, UnboundField) and issubclass(asked.field_class, wtforms.FileField):
            together.add(name, file)
    return together


def _hash(key: str) -> bytes:
    """The same key with other words is another form: somebody went back and mended them."""
    digest = hashlib.sha256(f"{request.path}\0{key}".encode())
    for name, value in sorted(request.form.items(multi=True)):
        if name not in {KEY_FIELD, gate.FORM_FIELD}:
            digest.update(f"\0{name}\0{value}".encode("utf-8", "surrogatepass"))
    for name, file in sorted(request.files.items(multi=True)):
        digest.update(f"\0{name}\0".encode("utf-8", "surrogatepass"))
        digest.update(hashlib.sha256(file.stream.read()).digest())
        file.stream.seek(0)
    return digest.digest()


def _with_filter(unbound: Any) -> Any:
    filters = (clean, *unbound.kwargs.get("filters", ()))
    return UnboundField(unbound.field_class, *unbound.args, **{**unbound.kwargs, "filters": filters})


def _translate(field: Any) -> None:
    field.label.text = _said(field.label.text)
    field.description = _said(field.description)
    # The declaration is shared by all requests: the reader's words go into copies.
    if isinstance(field, wtforms.SelectField | wtforms.SelectMultipleField) and isinstance(
        field.choices, list
    ):
        field.choices = [replace(item, label=_said(item.label)) for item in field.choices]


def _said(text: Any) -> Any:
    return gettext(text) if isinstance(text, str) and text else text


def _sentences(errors: Any) -> Iterator[str]:
    """Walk the faults of a field; a field of fields has lists of lists."""
    for error in errors.values() if isinstance(errors, Mapping) else errors:
        if isinstance(error, list | tuple | Mapping):
            yield from _sentences(error)
        else:
            yield str(error)
