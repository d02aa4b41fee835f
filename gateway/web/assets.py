"""Stylesheet, script and pictures, served under names that hold their content's hash, so that browsers keep them.

A folder in `static/` is one served file: its parts are joined in the order of their names. `static/paigham.js/` holds
the parts of `paigham.js`. Each file is compressed once, when it is first asked for.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway.web import fonts, wire
from gateway.web.access import open_to_all
from gateway.web.blueprint import staff

FOLDER = Path(__file__).parent / "static"
FILES = "/assets/"
SHEET = "paigham.css"
KEPT = "public, max-age=31536000, immutable"

mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")  # Some systems still call it an application.


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, read once. `packed`: its body by content coding; those that do not make it smaller are left out."""

    digest: str
    body: bytes
    content_type: str
    packed: dict[str, bytes] = field(default_factory=dict, repr=False)


@cache
def assets() -> dict[str, Asset]:
    """Read all files of the folder."""
    found = {path.name: _joined(path) for path in sorted(FOLDER.iterdir()) if not path.name.startswith(".")}
    made = {name: _made(name, body) for name, body in (found | fonts.files()).items() if body}
    # The stylesheet stands beside the fonts, under a hash of its own.
    faces = fonts.stylesheet({name: f"../{it.digest}/{name}" for name, it in made.items()})
    return made | {SHEET: _made(SHEET, f"{faces}\n".encode() + found[SHEET])}


def asset(name: str) -> str:
    """Return the address of a file."""
    return url_for("staff.static_file", digest=assets()[name].digest, name=name)


@staff.get("/assets/<digest>/<name>")
@open_to_all
def static_file(digest: str, name: str) -> AnyResponse:
    """Serve one file; an old hash is answered with nothing."""
    found = assets().get(name)
    if found is None or found.digest != digest:
        abort(404)
    coding = wire.chosen(found.packed)
    response = Response(found.packed.get(coding, found.body), content_type=found.content_type)
    if coding:
        response.headers["Content-Encoding"] = coding
    if found.packed:
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = KEPT
    response.set_etag(f"{found.digest}-{coding or 'plain'}")
    return response.make_conditional(request)


def _joined(path: Path) -> bytes:
    if path.is_file():
        return path.read_bytes()
    parts = sorted(part for part in path.iterdir() if part.suffix == path.suffix)
    return b"\n".join(part.read_bytes() for part in parts)


def _made(name: str, body: bytes) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = kind.startswith("text/") or kind.endswith("svg+xml")
    packed = wire.packed(body, thorough=True) if is_text else {}
    charset = "; charset=utf-8" if is_text else ""
    return Asset(hashlib.sha256(body).hexdigest()[:16], body, kind + charset, packed)
