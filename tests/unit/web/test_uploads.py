"""Files that are handed in are what their content says."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web import uploads
from gateway.web.uploads import FileKind, UnfitFile


def workbook(*more: str, size: int = 10) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", *more):
            archive.writestr(name, b"0" * size)
    return packed.getvalue()


def fault(data: bytes, *kinds: FileKind) -> str:
    with pytest.raises(UnfitFile) as caught:
        uploads.read(data, kinds=frozenset(kinds or FileKind))
    assert caught.value.code in uploads.FAULTS
    return caught.value.code


def outcome(data: bytes) -> uploads.Upload | str:
    try:
        return uploads.read(data)
    except UnfitFile as error:
        return error.code


def test_a_table_as_text_is_read_with_and_without_its_mark():
    for mark in ("", "\ufeff"):
        found = uploads.read(f"{mark}code,name\nPK1,کوئٹہ\n".encode())
        assert (found.kind, found.text) == (FileKind.CSV, "code,name\nPK1,کوئٹہ\n")


def test_a_workbook_is_one_by_its_content():
    assert uploads.read(workbook("xl/worksheets/sheet1.xml")).kind is FileKind.XLSX


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        ("code,name\nPK1,Zürich\n".encode("latin-1"), "not_utf8"),
        ("code,name\n".encode("utf-16"), "not_utf8"),
        (b"%PDF-1.7\n\x00\x01\xff\xfe", "not_csv"),
        (b"MZ\x90\x00\x03", "not_csv"),
        (b"code\x00name", "not_csv"),
        (b"code\x1bname", "not_csv"),
        (b"PK\x03\x04 and nothing more", "not_xlsx"),
    ],
)
def test_what_we_do_not_take_is_named(data: bytes, code: str):
    assert fault(data) == code


def test_a_workbook_with_macros_or_of_immense_size_is_not_taken():
    assert fault(workbook("xl/vbaProject.bin")) == "macros"
    assert fault(workbook("xl/a.xml", "xl/b.xml", size=uploads.LARGEST_INSIDE // 3)) == "too_large"
    assert fault(workbook(*(f"xl/{n}.xml" for n in range(uploads.MOST_INSIDE)))) == "too_large"
    only_a_zip = io.BytesIO()
    with zipfile.ZipFile(only_a_zip, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert fault(only_a_zip.getvalue()) == "not_xlsx"


def test_a_field_may_want_one_kind_only():
    assert fault(workbook(), FileKind.CSV) == "not_csv"
    assert fault(b"a,b\n", FileKind.XLSX) == "not_xlsx"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_file_or_a_named_fault(data: bytes):
    found = outcome(data)
    if isinstance(found, str):
        assert found in uploads.FAULTS
    else:
        assert found.data == data
        assert found.kind is FileKind.XLSX or isinstance(found.text, str)


@given(st.binary(max_size=200))
def test_whatever_follows_the_mark_of_a_zip_is_answered(tail: bytes):
    assert outcome(uploads.ZIP + tail) == "not_xlsx"
