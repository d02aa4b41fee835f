"""What goes over the wire: as few bytes as the browser can read. Many of our readers pay for each, and wait for it.

Compressing a page that holds a secret beside words that a stranger chose lets the stranger guess the secret by the
page's length (BREACH). Our pages hold one such secret, the token of forms, and it is masked anew in each response
(`gateway.web.tokens`); sessions are cookies with SameSite, so that another site's requests do not carry them.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Collection, Mapping

import brotli  # type: ignore[import-untyped]
from flask import Response, request

SMALLEST = 512  # bytes; less than this fits into one packet anyway
TEXTS = ("text/", "application/json", "image/svg+xml")

# By preference. Pages are compressed while somebody waits: brotli at 5 takes about a millisecond for 60 KB.
QUICK: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
THOROUGH: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=11),
    "gzip": lambda body: gzip.compress(body, compresslevel=9, mtime=0),
}


def packed(body: bytes, *, thorough: bool = False) -> dict[str, bytes]:
    """Return a body in each coding that makes it smaller; `thorough` for what is compressed once and sent often."""
    coders = THOROUGH if thorough else QUICK
    made = {coding: coder(body) for coding, coder in coders.items()} if len(body) >= SMALLEST else {}
    return {coding: smaller for coding, smaller in made.items() if len(smaller) < len(body)}


def chosen(offered: Collection[str]) -> str:
    """Return the coding that the browser reads and we like best; empty: none."""
    wanted = request.accept_encodings
    return next((coding for coding in QUICK if coding in offered and wanted.quality(coding) > 0), "")


def compress(response: Response) -> Response:
    """Compress a page. Streams are left to whoever streams."""
    if not _is_worth_it(response):
        return response
    response.headers.add("Vary", "Accept-Encoding")
    coding = chosen(QUICK)
    if not coding:
        return response
    response.set_data(QUICK[coding](response.get_data()))
    response.headers["Content-Encoding"] = coding
    return response


def _is_worth_it(response: Response) -> bool:
    return (
        not response.is_streamed
        and not response.direct_passthrough
        and "Content-Encoding" not in response.headers
        and (response.mimetype or "").startswith(TEXTS)
        and (response.calculate_content_length() or 0) >= SMALLEST
    )
