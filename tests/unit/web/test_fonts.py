"""Fonts are made of pinned archives only, hold the letters of our languages and no others, and are ours to serve."""

import hashlib
import io
import re
import stat
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from gateway.errors import BadFont
from gateway.web import assets, fonts
from gateway.web.fonts import FACES, Face

LOCALES = Path(__file__).resolve().parents[3] / "locales"
ALPHABET = [ord(letter) for letter in "abcابپت"]
NPM = """#!{python}
import pathlib, shutil, sys
assert "--ignore-scripts" in sys.argv
folder = sys.argv[sys.argv.index("--pack-destination") + 1]
shutil.copy({archive!r}, pathlib.Path(folder) / "font-1.0.0.tgz")
print("font-1.0.0.tgz")
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A package as it is published, with a font of seven letters."""
    builder = FontBuilder(1000, isTTF=True)
    names = [".notdef", *(f"g{code}" for code in ALPHABET)]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({code: f"g{code}" for code in ALPHABET})
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Invented", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.font.flavor = "woff2"
    font = io.BytesIO()
    builder.save(font)
    path = tmp_path / "published.tgz"
    with tarfile.open(path, "w:gz") as package:
        for name, body in (
            ("package/files/font.woff2", font.getvalue()),
            ("package/LICENSE", b"Do as you like."),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(body)
            package.addfile(member, io.BytesIO(body))
    return path


@pytest.fixture
def face(archive: Path) -> Face:
    """What is pinned: that package, and its Arabic letters."""
    return replace(
        FACES[0],
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
        member="package/files/font.woff2",
        letters=("U+627-628", "U+67E"),
    )


@pytest.fixture
def npm(archive: Path, tmp_path: Path) -> str:
    """A program that fetches as npm does."""
    program = tmp_path / "npm"
    program.write_text(NPM.format(python=sys.executable, archive=str(archive)))
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return str(program)


@pytest.fixture
def served(face: Face, npm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of fonts that the pages serve."""
    out = tmp_path / "fonts"
    fonts.make(out, fetch=lambda it, folder: fonts.fetch(npm, it, folder), faces=(face,))
    monkeypatch.setattr(fonts.files, "__defaults__", (out,))
    assets.assets.cache_clear()
    yield out
    assets.assets.cache_clear()


def test_a_font_keeps_the_letters_that_were_asked_for(face: Face, npm: str, tmp_path: Path) -> None:
    sizes = fonts.make(tmp_path / "out", fetch=lambda it, folder: fonts.fetch(npm, it, folder), faces=(face,))
    made = (tmp_path / "out" / "naskh.woff2").read_bytes()
    assert sizes == {"naskh.woff2": len(made)}
    assert made.startswith(b"wOF2")
    assert set(TTFont(io.BytesIO(made)).getBestCmap()) == {0x627, 0x628, 0x67E}
    assert (tmp_path / "out" / "naskh.LICENSE").read_text() == "Do as you like."


def test_another_archive_is_refused_and_nothing_is_written(face: Face, npm: str, tmp_path: Path) -> None:
    other = replace(face, sha256="0" * 64)
    with pytest.raises(BadFont, match="is not the archive that was pinned"):
        fonts.make(
            tmp_path / "out", fetch=lambda it, folder: fonts.fetch(npm, it, folder), faces=(face, other)
        )
    assert not (tmp_path / "out").exists()


def test_without_npm_everything_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--npm", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]
    assert fonts.main(arguments) == 1
    assert "devices use their own" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_stylesheet_names_the_fonts_that_are_served(served: Path) -> None:
    found = assets.assets()
    font = found["naskh.woff2"]
    assert font.content_type == "font/woff2"
    assert font.body == (served / "naskh.woff2").read_bytes()
    text = found["paigham.css"].body.decode()
    faces = re.findall(r"@font-face \{(.*?)\}", text)
    assert len(faces) == 1
    assert f'url("../{font.digest}/naskh.woff2") format("woff2")' in faces[0]
    assert faces[0].index("local(") < faces[0].index("url(")
    assert "font-display: swap" in faces[0]
    assert "unicode-range: U+621-63A" in faces[0]


def test_where_no_font_was_made_the_stylesheet_names_none(tmp_path: Path) -> None:
    assert fonts.files(tmp_path) == {}
    assert fonts.stylesheet({}) == ""


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.file)
def test_every_family_is_used_after_those_of_the_device(face: Face) -> None:
    text = (assets.FOLDER / "paigham.css" / "10-tokens.css").read_text("utf-8")
    for stack in re.findall(rf'--\w+: [^;]*"{face.family}"[^;]*;', text):
        assert stack.index("Noto") < stack.index(face.family)
    assert face.family in text


@pytest.mark.parametrize(
    ("code", "face"),
    [("urd", FACES[0]), ("arb", FACES[0]), ("prs", FACES[0]), ("pus", FACES[0]), ("mya", FACES[1])],
)
def test_every_letter_of_our_texts_is_kept(code: str, face: Face) -> None:
    kept = fonts.codes(face.letters)
    script = range(0x600, 0x700) if face is FACES[0] else range(0x1000, 0x10A0)
    texts = "".join(path.read_text("utf-8") for path in (LOCALES / code).rglob("*.po"))
    letters = {ord(letter) for letter in texts if ord(letter) in script}
    assert len(letters) > 25
    assert {chr(code) for code in letters - kept} == set()
