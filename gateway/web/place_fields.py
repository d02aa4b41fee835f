"""Fields that take places by their code or by their name, and say which there are when what was written is none."""

from __future__ import annotations

import re
from typing import Any

from wtforms import StringField, TextAreaField, ValidationError

from gateway.services import places
from gateway.services.places import Found
from gateway.web.language import gettext, language
from gateway.web.resources import connection
from gateway.web.words import N_

MOST = 500  # places in one field
BETWEEN = re.compile(r"[\n,;\u060c\u061b]+")  # commas and semicolons of Arabic scripts too

SEVERAL = N_("“%(text)s” may be any of these. Write the code: %(places)s")
NEAR = N_("No place is called “%(text)s”. Near it: %(places)s")
NONE = N_("No place is called “%(text)s”.")
TOO_MANY = N_("This is too long.")


class PlaceField(StringField):
    """One place. What was read becomes its code; a list beside the field offers places."""

    @property
    def offers(self) -> list[tuple[str, str]]:
        """Codes and names of a few places, for the list."""
        return [(found.pcode, _called(found)) for found in places.few(connection(), language=language())]

    def pre_validate(self, form: Any) -> None:
        """Read the place."""
        del form
        self.data = code_of(self.data) if self.data else None


class PlacesField(TextAreaField):
    """Several places, one in a line or with commas between them. What was read becomes their codes, one in a line."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, once the field was read."""
        return tuple((self.data or "").split())

    def pre_validate(self, form: Any) -> None:
        """Read the places."""
        del form
        written = [text for part in BETWEEN.split(self.data or "") if (text := part.strip())]
        if len(written) > MOST:
            raise ValidationError(gettext(TOO_MANY))
        self.data = "\n".join(dict.fromkeys(code for text in written for code in _codes(text)))


def code_of(text: str) -> str:
    """Return the code of the place that a text means; the text itself while no gazetteer is loaded.

    Raises:
        ValidationError: it means none, or may mean several; its sentence names those that are near.
    """
    if not places.loaded(connection()):
        return text
    found = places.meant(connection(), text, language=language())
    if len(found) == 1:
        return found[0].pcode
    near = found[: places.NEAR] or places.nearest(connection(), text, language=language())
    sentence = SEVERAL if found else NEAR if near else NONE
    named = "; ".join(f"\u2068{_called(place)} ({place.pcode})\u2069" for place in near)
    raise ValidationError(gettext(sentence) % {"text": text, "places": named})


def _codes(text: str) -> list[str]:
    """One place, or several codes with blanks between them, as they come out of a table."""
    words = text.split()
    if len(words) > 1 and all(_is_code(word) for word in words):
        return words
    return [code_of(text)] if places.loaded(connection()) else words


def _is_code(word: str) -> bool:
    return places.place(connection(), word, language=language()) is not None


def _called(place: Found) -> str:
    return (
        gettext("%(name)s, %(above)s") % {"name": place.name, "above": place.path[-1]}
        if place.path
        else place.name
    )
