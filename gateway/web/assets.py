"""Stylesheet and script, served under a name that holds their content's hash, so that browsers may keep them."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from gateway.web.access import open_to_all
from gateway.web.blueprint import staff

FOLDER = Path(__file__).parent / "static"
KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, read once."""

    digest: str
    body: bytes
    content_type: str


@cache
def assets() -> dict[str, Asset]:
    """Read all files of the folder."""
    return {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.is_file()}


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
    response = Response(found.body, content_type=found.content_type)
    response.headers["Cache-Control"] = KEPT
    response.set_etag(found.digest)
    return response.make_conditional(request)


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") or kind.endswith("svg+xml") else ""
    return Asset(hashlib.sha256(body).hexdigest()[:16], body, kind + charset)
