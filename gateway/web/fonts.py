"""Letters for devices that lack them: small parts of Noto, made once, served from here and from nowhere else.

Most devices have what they need, and `local()` asks for that first. For those that do not, `make fonts` fetches pinned
packages of Noto, checks their SHA-256, keeps the letters of our languages and writes them to `static/fonts`. Where that
was not run, there is no such folder, the stylesheet names no such face, and devices show what they have.

Urdu gets Noto Naskh where a device has no Nastaliq: the letters of Nastaliq weigh 97 KB, more than a whole page may.

    python -m gateway.web.fonts --npm build/fonts/bin/npm
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import BadFont

FOLDER = Path(__file__).parent / "static" / "fonts"
SUFFIX = ".woff2"
LICENCE = "LICENSE"  # The SIL Open Font License wants to stay with its fonts.
NPM_PATIENCE = 300  # seconds


@dataclass(frozen=True, slots=True)
class Face:
    """One family of our own name.

    Attributes:
        family: as the stylesheet calls it.
        file: what it is served as, without suffix.
        package, version, sha256: the archive it is taken from.
        member: the file in the archive.
        local: full and PostScript names under which devices may have it.
        letters: code points that are kept, as `unicode-range` writes them.
    """

    family: str
    file: str
    package: str
    version: str
    sha256: str
    member: str
    local: tuple[str, ...]
    letters: tuple[str, ...]


# Letters and marks, digits, and what stands between words, of Arabic; then what Dari, Pashto and Urdu have beside them.
ARABIC = (
    "U+621-63A",
    "U+640-655",
    "U+660-669",
    "U+66A-66C",
    "U+670",
    "U+60C",
    "U+61B",
    "U+61F",
    "U+200C-200F",
)
DARI = ("U+67E", "U+686", "U+698", "U+6A9", "U+6AF", "U+6C0", "U+6CC", "U+6F0-6F9")
PASHTO = ("U+67C", "U+681", "U+685", "U+689", "U+693", "U+696", "U+69A", "U+6AB", "U+6BC", "U+6CD", "U+6D0")
URDU = ("U+679", "U+688", "U+691", "U+6BA", "U+6BE", "U+6C1-6C3", "U+6D2-6D4")
BURMESE = ("U+1000-104F", "U+200B-200D")

FACES = (
    Face(
        family="Paigham Naskh",
        file="naskh",
        package="@fontsource/noto-naskh-arabic",
        version="5.3.0",
        sha256="8e4d87d3ae28020665d61054e4262162797feee84f0f145502d15e769a5bbb73",
        member="package/files/noto-naskh-arabic-arabic-400-normal.woff2",
        local=(
            "Noto Naskh Arabic",
            "NotoNaskhArabic-Regular",
            "Noto Naskh Arabic UI",
            "NotoNaskhArabicUI-Regular",
        ),
        letters=(*ARABIC, *DARI, *PASHTO, *URDU),
    ),
    Face(
        family="Paigham Myanmar",
        file="myanmar",
        package="@fontsource/noto-sans-myanmar",
        version="5.3.0",
        sha256="cb5c432a74f37366a53d30a324085ff8748b70c17424f8aef297d32705641bd7",
        member="package/files/noto-sans-myanmar-myanmar-400-normal.woff2",
        local=("Noto Sans Myanmar", "NotoSansMyanmar-Regular", "Padauk", "Myanmar Text"),
        letters=BURMESE,
    ),
)


def files(folder: Path = FOLDER) -> dict[str, bytes]:
    """Return what was made, by the name it is served under; empty where nothing was."""
    found = {face.file + SUFFIX: folder / (face.file + SUFFIX) for face in FACES}
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}


def stylesheet(served: dict[str, str]) -> str:
    """Write the faces that are served. `served`: address, as the stylesheet sees it, by file."""
    rules = (_rule(face, served[face.file + SUFFIX]) for face in FACES if face.file + SUFFIX in served)
    return "\n".join(rules)


def _rule(face: Face, address: str) -> str:
    local = ", ".join(f'local("{name}")' for name in face.local)
    return (
        f'@font-face {{ font-family: "{face.family}"; src: {local}, url("{address}") format("woff2"); '
        f"font-display: swap; unicode-range: {', '.join(face.letters)}; }}"
    )


# ---------------------------------------------------------------------- making them


def main(arguments: list[str] | None = None) -> int:
    """Make the fonts; where they cannot be fetched, say so and leave everything as it is."""
    parser = argparse.ArgumentParser(description="Make the fonts that devices may lack.")
    parser.add_argument("--npm", default="npm", help="the program that fetches packages")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    try:
        sizes = make(options.out, fetch=lambda face, folder: fetch(options.npm, face, folder))
    except (OSError, subprocess.SubprocessError, BadFont) as error:
        sys.stderr.write(f"No fonts were made, and devices use their own: {error}\n")
        return 1
    for name, size in sizes.items():
        sys.stdout.write(f"{name}: {size} bytes\n")
    return 0


def make(
    out: Path, *, fetch: Callable[[Face, Path], Path], faces: tuple[Face, ...] = FACES
) -> dict[str, int]:
    """Fetch, check and cut every font, then write them together. Returns bytes by file. Raises BadFont."""
    with tempfile.TemporaryDirectory(prefix="paigham-fonts-") as folder:
        made = {face: _made(face, fetch(face, Path(folder))) for face in faces}
    out.mkdir(parents=True, exist_ok=True)
    for face, (font, licence) in made.items():
        (out / (face.file + SUFFIX)).write_bytes(font)
        (out / f"{face.file}.{LICENCE}").write_bytes(licence)
    return {face.file + SUFFIX: len(font) for face, (font, _) in made.items()}


def fetch(npm: str, face: Face, folder: Path) -> Path:
    """Fetch a package's archive; nothing in it is run."""
    wanted = f"{face.package}@{face.version}"
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), wanted]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=NPM_PATIENCE)  # noqa: S603
    return folder / done.stdout.split()[-1]


def codes(letters: tuple[str, ...]) -> set[int]:
    """Return the code points of a `unicode-range`."""
    found: set[int] = set()
    for part in letters:
        first, _, last = part.removeprefix("U+").partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


def _made(face: Face, archive: Path) -> tuple[bytes, bytes]:
    """Return the cut font and the licence of the package."""
    body = archive.read_bytes()
    if hashlib.sha256(body).hexdigest() != face.sha256:
        raise BadFont(f"{face.package} {face.version} is not the archive that was pinned")
    with tarfile.open(fileobj=io.BytesIO(body)) as package:
        return cut(_member(package, face.member), codes(face.letters)), _member(package, f"package/{LICENCE}")


def _member(package: tarfile.TarFile, name: str) -> bytes:
    found = package.extractfile(name)
    if found is None:
        raise BadFont(f"{name} is no file")
    return found.read()


def cut(font: bytes, keep: set[int]) -> bytes:
    """Return a font with these letters alone, all their joined shapes with them, compressed for the web."""
    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    options = subset.Options(layout_features=["*"], hinting=False, desubroutinize=True, name_IDs=[1, 2])
    whole = TTFont(io.BytesIO(font))
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=keep)
    cutter.subset(whole)
    whole.flavor = "woff2"
    out = io.BytesIO()
    whole.save(out)
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
