"""Bring the catalogs up to date with the texts: `python -m locales.update`, and `--check` to ask whether they are.

Translations are kept by their exact English wording; what is no longer said stays at the end of the file as
obsolete, and comes back when the wording does. There is no guessing of similar texts: these are messages about
people's rights and safety. The files hold no dates and no line numbers, so the same texts give the same files.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po
from babel.plural import to_gettext

from flows.languages import LANGUAGES, SHIPPED, SOURCE, Language

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "locales"
LIBRARY = ROOT / "flows" / "library"
TEXTS = ROOT / "gateway" / "data" / "texts.yaml"
STATUS = "X-Paigham-Status"
DRAFT = "machine-drafted"  # until a native speaker has read the whole file and says so in its header
_SPOKEN = ("title", "text", "short", "label", "reminder_text", "constraint_message")
_LETTERS = re.compile(r"[^\W\d_]")
_PLACEHOLDER = re.compile(r"\$?\{[^}]*\}")
_HEADER = re.compile(rf'^"{STATUS}: ([^"\\]*)', re.MULTILINE)

Id = str | tuple[str, str]


class Entry(NamedTuple):
    """A text to translate, and what its translators should know."""

    id: Id
    comment: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Write the catalogs, or with --check say which are stale. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m locales.update", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 when a catalog is stale"
    )
    options = parser.parse_args(arguments)
    stale = [
        (path, text) for path, text in catalogs() if not path.is_file() or path.read_text("utf-8") != text
    ]
    for path, text in stale:
        sys.stdout.write(f"{'stale' if options.check else 'updated'}: {path.relative_to(FOLDER)}\n")
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return 1 if stale and options.check else 0


def catalogs(folder: Path = FOLDER) -> Iterator[tuple[Path, str]]:
    """Every catalog's path and what it should hold."""
    domains = {"gateway": list(gateway_texts()), "flows": list(flow_texts())}
    for language in SHIPPED:
        for domain, entries in domains.items():
            path = folder / language / "LC_MESSAGES" / f"{domain}.po"
            if language != SOURCE:
                yield (
                    path,
                    merged(
                        entries, path.read_bytes() if path.is_file() else b"", LANGUAGES[language], domain
                    ),
                )


def merged(entries: list[Entry], old: bytes, language: Language, domain: str) -> str:
    """A catalog of these texts with the translations that the old file has."""
    known = read_po(io.BytesIO(old), locale=None)
    # A translation is only lost when somebody deletes it: what fell out of use is looked through as well.
    kept: dict[Id, Message] = {_key(item): item for item in (*known.obsolete.values(), *known) if item.id}
    fresh = Catalog(locale=None, domain=domain)
    # Babel takes the number of forms from a locale, and does not know all of our languages.
    fresh._num_plurals = len(language.plural)  # type: ignore[assignment]  # noqa: SLF001
    for entry in entries:
        _add(fresh, entry, kept.get(entry.id), forms=len(language.plural))
    said = {entry.id for entry in entries}
    for key, message in kept.items():
        if key not in said and _is_translated(message):
            fresh.obsolete[key if isinstance(key, str) else key[0]] = message
    body = io.BytesIO()
    write_po(body, fresh, width=0, no_location=True, omit_header=True, sort_output=True)
    return header(language, domain, _status(old)) + body.getvalue().decode("utf-8")


def _key(message: Message) -> Id:
    return message.id if isinstance(message.id, str) else (message.id[0], message.id[1])


def _add(catalog: Catalog, entry: Entry, old: Message | None, *, forms: int) -> None:
    empty = "" if isinstance(entry.id, str) else ("",) * forms
    catalog.add(
        entry.id,
        string=old.string if old is not None and old.string else empty,
        flags=old.flags & {"fuzzy"} if old is not None else (),
        auto_comments=[entry.comment] if entry.comment else (),
        user_comments=old.user_comments if old is not None else (),
    )


def _is_translated(message: Message) -> bool:
    return any(message.string or ())


def _status(old: bytes) -> str:
    found = _HEADER.search(old.decode("utf-8"))
    return found[1] if found else DRAFT


def header(language: Language, domain: str, status: str) -> str:
    """The entry that every catalog begins with."""
    fields = {
        "Project-Id-Version": f"Paigham {domain}",
        "Language": language.code,
        "Language-Team": language.name,
        STATUS: status,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": plural_forms(language),
    }
    lines = "".join(f'"{name}: {value}\\n"\n' for name, value in fields.items())
    return f'# {language.name} ({language.endonym}).\nmsgid ""\nmsgstr ""\n{lines}\n'


def plural_forms(language: Language) -> str:
    """The rule in gettext's notation, for translators' programs."""
    name = language.plural_rules_from or language.babel
    if language.plural == (
        "one",
        "many",
        "other",
    ):  # CLDR's "many" also asks for compact numbers; gettext has none
        return "nplurals=3; plural=(n == 0 || n == 1) ? 0 : (n % 1000000 == 0) ? 1 : 2;"
    if name is None or len(language.plural) == 1:
        return "nplurals=1; plural=0;"
    return to_gettext(Locale.parse(name).plural_form)


def gateway_texts() -> Iterator[Entry]:
    """Texts of the code, of the pages, and of the system's own messages."""
    with (ROOT / "babel.cfg").open("r", encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = extract_from_dir(str(ROOT), methods, options)
    ids: list[Id] = [text if isinstance(text, str) else (text[0], text[1]) for _, _, text, _, _ in found]
    yield from dict.fromkeys(Entry(text) for text in ids)
    for name, row in yaml.safe_load(TEXTS.read_text("utf-8"))["templates"].items():
        for text in dict.fromkeys((row["text"], row.get("otherwise", row["text"]))):
            if _has_words(text):
                yield Entry(text, f"{name}: {row['purpose']}. In English at most {row['max_units']} units.")


def flow_texts() -> Iterator[Entry]:
    """Texts of the library flows and of the engine, each once."""
    seen: dict[str, str] = {}
    for path in sorted(LIBRARY.glob("*.yaml")):
        for text in _spoken(yaml.safe_load(path.read_text("utf-8"))):
            seen.setdefault(text, path.stem)
    return (Entry(text, f"{name}.yaml") for text, name in seen.items())


def _spoken(node: Any) -> Iterator[str]:
    """What a flow says: texts and labels, without actions' arguments, aliases and languages' own names."""
    if isinstance(node, list):
        for item in node:
            yield from _spoken(item)
    elif isinstance(node, Mapping) and "do" not in node:
        for name, value in node.items():
            if name in _SPOKEN and isinstance(value, str):
                yield from [value] if _is_english(value) else []
            elif name not in {"aliases", "tests"}:
                yield from _spoken(value)


def _is_english(text: str) -> bool:
    """Whether a text is to be translated: a menu of languages reads the same in each of them."""
    own_names = {language.endonym.casefold() for language in LANGUAGES.values()}
    return _has_words(text) and text.isascii() and text.casefold() not in own_names


def _has_words(text: str) -> bool:
    return _LETTERS.search(_PLACEHOLDER.sub("", text)) is not None


if __name__ == "__main__":
    sys.exit(main())
