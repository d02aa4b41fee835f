"""Files that staff hand in: small enough, and what they say they are, told by their content and never by their name."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import FileField, ValidationError

from gateway.web.language import gettext
from gateway.web.words import N_

LARGEST_FILE = 5 * 1024 * 1024  # bytes
LARGEST_INSIDE = 60 * 1024 * 1024  # bytes of a spreadsheet once it is unpacked
MOST_INSIDE = 2_000  # files in a spreadsheet
ZIP = b"PK\x03\x04"
WORKBOOK = {"[Content_Types].xml", "xl/workbook.xml"}

FAULTS = {
    "missing": N_("Please choose a file."),
    "too_large": N_("This file is too large."),
    "empty": N_("This file is empty."),
    "not_utf8": N_("This file is not UTF-8. Save it again as “CSV UTF-8”."),
    "not_csv": N_("This is not a table as text (CSV)."),
    "not_xlsx": N_("This is not an Excel file (.xlsx)."),
    "macros": N_("This Excel file holds macros. Save it without them."),
    "other": N_("Only CSV and Excel files (.xlsx) can be read here."),
}


class FileKind(StrEnum):
    """What a file is, by its content."""

    CSV = "csv"
    XLSX = "xlsx"


class UnfitFile(ValueError):
    """A file that we do not take. `code`: why, a key of FAULTS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in, without its name: names of files tell more than people mean them to."""

    kind: FileKind
    data: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """A CSV's text, without the mark that some programs put before it."""
        return self.data.decode("utf-8-sig")


def read(data: bytes, *, kinds: frozenset[FileKind] = frozenset(FileKind)) -> Upload:
    """Tell what a file is. Raises UnfitFile when it is nothing that we take."""
    if not data.strip():
        raise UnfitFile("empty")
    kind = FileKind.XLSX if data.startswith(ZIP) else FileKind.CSV
    if kind not in kinds:
        raise UnfitFile(f"not_{next(iter(kinds))}" if len(kinds) == 1 else "other")
    if kind is FileKind.XLSX:
        _check_workbook(data)
    else:
        _check_text(data)
    return Upload(kind, data)


class UploadField(FileField):
    """A field for one file; its `data` is an Upload once the form is right, or None when nothing was chosen."""

    def __init__(
        self,
        label: str = "",
        validators: Any = None,
        *,
        kinds: frozenset[FileKind] = frozenset(FileKind),
        required: bool = True,
        largest: int = LARGEST_FILE,
        **more: Any,
    ) -> None:
        super().__init__(label, validators, **more)
        self.kinds, self.required, self.largest = kinds, required, largest
        self.accept = ",".join(f".{kind}" for kind in sorted(kinds))
        self._fault: str | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the file; what is wrong with it is said when the form is checked."""
        sent = next((item for item in valuelist if isinstance(item, FileStorage) and item.filename), None)
        self.data = None
        if sent is None:
            self._fault = "missing" if self.required else None
            return
        try:
            data = sent.stream.read(self.largest + 1)
            self.data = read(data, kinds=self.kinds) if len(data) <= self.largest else None
            self._fault = None if self.data else "too_large"
        except UnfitFile as error:
            self._fault = error.code

    def pre_validate(self, form: Any) -> None:
        """Say what is wrong with the file."""
        del form
        if self.data is None and self.required and self._fault is None:
            self._fault = "missing"
        if self._fault is not None:
            raise ValidationError(gettext(FAULTS[self._fault]))


def _check_workbook(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError):
        raise UnfitFile("not_xlsx") from None
    names = {item.filename for item in inside}
    if not names >= WORKBOOK:
        raise UnfitFile("not_xlsx")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise UnfitFile("macros")
    if len(inside) > MOST_INSIDE or sum(item.file_size for item in inside) > LARGEST_INSIDE:
        raise UnfitFile("too_large")


def _check_text(data: bytes) -> None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnfitFile("not_csv" if b"\0" in data[:1024] and not _is_utf16(data) else "not_utf8") from None
    if any(ord(letter) < ord(" ") and letter not in "\t\r\n" for letter in text):
        raise UnfitFile("not_csv")


def _is_utf16(data: bytes) -> bool:
    return data.startswith((b"\xff\xfe", b"\xfe\xff"))
