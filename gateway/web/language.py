"""In which language a request is answered: the member's own, else the visitor's choice, else the browser's."""

from __future__ import annotations

from functools import cache

from flask import Flask, g, request

from flows.languages import LANGUAGES, SOURCE
from gateway import i18n

COOKIE = "paigham_language"
# A catalog that has these has the pages; one that has not would show English words from right to left.
SENTINELS = frozenset({"Sign in", "Sign out", "Overview", "Conversations", "Grievances"})
COOKIE_LASTS = 365 * 24 * 3600  # seconds

# Around words of either direction inside a line (UAX 9): first strong isolate, pop directional isolate.
ISOLATE, POP = "\u2068", "\u2069"


def install(app: Flask) -> None:
    """Let templates speak the language of the request."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]


def language() -> str:
    """Return the code (ISO 639-3) of the language to answer in."""
    if "language" not in g:
        g.language = _chosen() or _preferred() or SOURCE
    code: str = g.language
    return code


def use(code: str) -> None:
    """Answer this request in a language; one that we do not offer is passed over."""
    if code in offered():
        g.language = code


def offered() -> tuple[str, ...]:
    """Return the languages of the staff pages, English first: those whose catalogs have the pages' words."""
    return tuple(code for code in i18n.UI_LANGUAGES if code == SOURCE or _speaks(code))


@cache
def _speaks(code: str) -> bool:
    return i18n.catalog(i18n.GATEWAY, code).keys() >= SENTINELS


def gettext(message: str) -> str:
    """Translate into the request's language."""
    return i18n.gettext_for(language())(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a text with a count into the request's language."""
    return i18n.ngettext_for(language())(one, many, count)


def tag(code: str | None) -> str:
    """Return a code as HTML's `lang` wants it (BCP 47): "ur", "fa-AF"; "und" for a language that nobody knows."""
    if code is None:
        return "und"
    known = LANGUAGES.get(code)
    return known.babel.replace("_", "-") if known is not None and known.babel else code


def direction(code: str | None = None) -> str:
    """Return "rtl" or "ltr", of a language or of the request's."""
    return i18n.direction(code or language())


def endonym(code: str) -> str:
    """Return a language's own name."""
    known = LANGUAGES.get(code)
    return known.endonym if known is not None else code


def name(code: str | None) -> str:
    """Return a language's name for staff: its own, with the English one for those who cannot read it."""
    known = LANGUAGES.get(code or "")
    if known is None:
        return code or "–"
    english = known.name.partition(" (")[0]
    return english if known.endonym == english else f"{ISOLATE}{known.endonym}{POP} · {ISOLATE}{english}{POP}"


def _chosen() -> str | None:
    code = request.cookies.get(COOKIE)
    return code if code in offered() else None


def _preferred() -> str | None:
    by_tag = {tag(code).partition("-")[0]: code for code in offered()}
    best = request.accept_languages.best_match(list(by_tag))
    return by_tag[best] if best else None
