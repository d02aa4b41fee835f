"""QR codes as drawings: the path of an SVG for a page, an SVG file, a PNG file for print."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import qrcode  # type: ignore[import-untyped]

QUIET_ZONE = 4  # modules of white round a code, ISO/IEC 18004
PNG_SCALE = 12  # pixels of one module


def _matrix(text: str) -> list[list[bool]]:
    code = qrcode.QRCode(border=QUIET_ZONE)
    code.add_data(text)
    found: list[list[bool]] = code.get_matrix()
    return found


def picture(text: str) -> dict[str, Any]:
    """Draw a QR code as the path of an SVG: `side` in modules, `path` of black squares."""
    matrix = _matrix(text)
    black = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return {"side": len(matrix), "path": "".join(black)}


def svg(text: str) -> bytes:
    """Draw a QR code as a file of its own."""
    drawn = picture(text)
    side = drawn["side"]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{drawn["path"]}" fill="#000"/></svg>\n'
    ).encode()


def png(text: str, *, scale: int = PNG_SCALE) -> bytes:
    """Draw a QR code as a PNG of one bit a pixel (PNG, third edition, section 5)."""
    matrix = _matrix(text)
    side = len(matrix) * scale
    rows = []
    for row in matrix:
        bits = "".join(("0" if dark else "1") * scale for dark in row).ljust(-(-side // 8) * 8, "0")
        rows.append((b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")) * scale)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, parts))


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    kind, data = part
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
