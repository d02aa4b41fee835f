"""Translations in files: what goes out comes back letter for letter, and any bytes are read or refused, never more."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from gateway import text_files
from gateway.text_files import (
    Entry,
    Row,
    Sheet,
    Unreadable,
    clean,
    digest_of,
    from_po,
    from_xlsx,
    read,
    to_po,
    to_xlsx,
)

# What openpyxl says of broken workbooks goes to nobody.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

LANGUAGES = st.sampled_from(["urd", "prs", "mya", "fra", "kac"])
LETTERS = "abZ 1۲۳\n\"'\\{}$%=+-@#,;:|~<>&\u200c\u200f\u2068\u2069میںकမြန်မာé🙂\t"
WORDING = st.text(LETTERS, max_size=40).map(clean)
SOURCE = WORDING.filter(bool)
ENTRIES = st.lists(
    st.builds(
        Entry,
        st.from_regex(r"[a-z][a-z0-9_]{0,20}(\.[a-z0-9_]{1,10}){1,3}", fullmatch=True),
        SOURCE,
        WORDING,
        st.just("translated"),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda entry: entry.id,
)


def told(entries: list[Entry]) -> list[tuple[str, str, str, str]]:
    return [(it.id, it.source, it.target, digest_of(it.target) or "-") for it in entries]


def back(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    return [(row.id, row.source, row.target, row.base) for row in rows]


@settings(max_examples=30)
@given(ENTRIES, LANGUAGES)
def test_a_po_file_comes_back_as_it_went_out(entries: list[Entry], language: str) -> None:
    rows = from_po(to_po(Sheet("water", language, entries)), flow="water", language=language)
    assert sorted(back(rows)) == sorted(told(entries))


@settings(max_examples=15)
@given(ENTRIES, LANGUAGES)
def test_a_workbook_comes_back_as_it_went_out(entries: list[Entry], language: str) -> None:
    assert back(from_xlsx(to_xlsx([Sheet("water", language, entries)]), language=language)) == told(entries)


def test_a_text_that_looks_like_a_header_is_none() -> None:
    words = "Last-Translator: nobody\nLanguage: none\nProject-Id-Version: food prs"
    sheet = Sheet("water", "urd", [Entry("water.a.text", words, words, "translated")])
    assert back(from_po(to_po(sheet), flow="water", language="urd")) == told(list(sheet.entries))


def test_the_same_texts_give_the_same_po_file_and_nobody_is_named_in_it() -> None:
    sheet = Sheet("water", "prs", [Entry("water.a.text", "Water?", "آب می\u200cخواهید؟", "translated")])
    written = to_po(sheet)
    assert written == to_po(sheet)
    assert b"@" not in written
    assert b"POT-Creation-Date" not in written


def test_a_formula_stays_words_in_the_sheet() -> None:
    entry = Entry("water.a.text", "=1+1", "@SUM(A1)", "translated", ("+note",))
    book = load_workbook(io.BytesIO(to_xlsx([Sheet("water", "urd", [entry])])))
    row = book["urd"][2]
    assert [cell.data_type for cell in row if cell.value] == ["s"] * 6
    assert [cell.value for cell in row[:3]] == ["water.a.text", "=1+1", "@SUM(A1)"]
    assert all(cell.quotePrefix for cell in row)


def test_a_sheet_reads_in_the_direction_of_its_language() -> None:
    entries = [Entry("water.a.text", "Water", "پانی", "translated")]
    book = load_workbook(
        io.BytesIO(to_xlsx([Sheet("water", "urd", entries), Sheet("water", "som", entries)]))
    )
    assert [page.sheet_view.rightToLeft for page in book] == [True, False]


def test_a_stale_text_is_fuzzy_and_shows_what_was_said_before() -> None:
    entry = Entry("water.a.text", "Two taps", "ایک نل", "stale", before="One tap")
    assert b'#, fuzzy\n#| msgid "One tap"' in to_po(Sheet("water", "urd", [entry]))


def test_a_file_of_another_flow_or_language_is_refused() -> None:
    data = to_po(Sheet("water", "urd", [Entry("water.a.text", "Water", "پانی", "translated")]))
    for flow, language, code in (("food", "urd", "other_flow"), ("water", "prs", "other_language")):
        with pytest.raises(Unreadable, match=code):
            read(data, flow=flow, language=language)
    book = to_xlsx([Sheet("water", "urd", [Entry("water.a.text", "Water", "پانی", "translated")])])
    with pytest.raises(Unreadable, match="other_language"):
        read(book, flow="water", language="prs")


def test_a_workbook_that_a_spreadsheet_saved_anew_is_read_by_its_headings() -> None:
    book = Workbook()
    book.active.append(["notes", " Translation ", "ID"])
    book.active.append(["x", "پانی\r\nصاف", "water.a.text"])
    book.active.append([None, None, None])
    book.active.append([None, 12, "water.b.text"])
    written = io.BytesIO()
    book.save(written)
    assert read(written.getvalue(), flow="water", language="urd") == [
        Row(2, "water.a.text", "", "پانی\nصاف"),
        Row(4, "water.b.text", "", "12"),
    ]


def test_a_workbook_without_our_headings_or_rows_is_refused() -> None:
    for rows, code in (([["a", "b"]], "no_headings"), ([["id", "translation"]], "no_rows")):
        book = Workbook()
        for row in rows:
            book.active.append(row)
        written = io.BytesIO()
        book.save(written)
        with pytest.raises(Unreadable, match=code):
            read(written.getvalue(), flow="water", language="urd")


def test_a_po_file_with_a_fault_says_in_which_line() -> None:
    with pytest.raises(Unreadable) as caught:
        read(b'msgctxt "a"\nmsgid "b"\nwater: yes\n', flow="water", language="urd")
    assert (caught.value.code, caught.value.row is not None) == ("not_po", True)


def test_a_header_that_some_program_spoilt_keeps_nobody_from_their_work() -> None:
    data = to_po(Sheet("water", "urd", [Entry("water.a.text", "Water", "پانی", "translated")]))
    spoilt = data.replace(b'"Language: ur\\n"', b'"Language: ???\\n"\n"Plural-Forms: nonsense\\n"')
    assert spoilt != data
    assert [row.target for row in read(spoilt, flow="water", language="urd")] == ["پانی"]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refuses(data)


PARTS = st.sampled_from(
    [
        b'msgid "a"\n',
        b'msgstr "b"\n',
        b'msgctxt "c"\n',
        b'"more\\n"\n',
        b"#, fuzzy\n",
        b"#~ ",
        b'msgid_plural "d"\n',
        b"msgstr[0]",
        b' "e"\n',
        b"\\",
        b'"',
        b"\n",
        b"#| ",
        b'"Content-Type: x; charset=y\\n"\n',
    ]
)


@given(st.lists(PARTS, max_size=14).map(b"".join))
def test_any_broken_po_file_is_read_or_refused(data: bytes) -> None:
    refuses(data)


BOOK = to_xlsx([Sheet("water", "urd", [Entry("water.a.text", "Water", "پانی", "translated")])])


@settings(max_examples=60)
@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=8))
def test_a_workbook_with_a_broken_byte_is_read_or_refused(place: int, junk: bytes) -> None:
    refuses(BOOK[:place] + junk + BOOK[place + len(junk) :])


INNER = sorted(zipfile.ZipFile(io.BytesIO(BOOK)).namelist())


@settings(max_examples=60)
@given(
    st.sampled_from(INNER),
    st.integers(0, 2000),
    st.sampled_from([b"", b"<", b"\0", b'r="ZZZZ9"', b't="e"', b"&x;", b"-1"]),
)
def test_a_workbook_with_a_broken_part_is_read_or_refused(name: str, place: int, junk: bytes) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as whole, zipfile.ZipFile(written, "w") as broken:
        for item in whole.infolist():
            inside = whole.read(item)
            broken.writestr(
                item.filename,
                inside[:place] + junk + inside[place + 1 :] if item.filename == name else inside,
            )
    refuses(written.getvalue())


def refuses(data: bytes) -> None:
    with suppress(Unreadable):
        rows = read(data, flow="water", language="urd")
        assert rows
        assert all(row.id for row in rows)


def test_a_file_that_grows_when_it_is_unpacked_is_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", b"0" * (text_files.LARGEST_INSIDE + 1))
    with pytest.raises(Unreadable, match="too_large"):
        read(written.getvalue(), flow="water", language="urd")
