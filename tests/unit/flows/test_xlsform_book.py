import csv
import io
import zipfile

import openpyxl
import pytest
from form_builders import csv_form, old_workbook, workbook
from hypothesis import given
from hypothesis import strategies as st

from flows.readers import xlsform
from flows.readers.xlsform import book
from flows.readers.xlsform.book import Unreadable

SURVEY = """
| type | name | label |
| text | a    | A?    |
"""


def rows(data, sheet="survey"):
    return [(row.number, dict(row.cells)) for row in book.read(data).sheet(sheet).rows]


def saved(workbook_):
    content = io.BytesIO()
    workbook_.save(content)
    return content.getvalue()


def test_a_workbook_gives_its_rows_with_numbers_and_letters():
    found = book.read(workbook(SURVEY))
    assert found.sheet("survey").columns == {"type": "A", "name": "B", "label": "C"}
    assert rows(workbook(SURVEY)) == [(2, {"type": "text", "name": "a", "label": "A?"})]


def test_a_csv_gives_the_same_rows_with_the_lines_of_the_file():
    assert rows(csv_form(SURVEY)) == [(3, {"type": "text", "name": "a", "label": "A?"})]
    assert book.read(csv_form(SURVEY)).sheet("survey").columns["type"] == "B"


def test_a_csv_may_be_utf16_as_spreadsheets_save_it():
    assert rows(csv_form(SURVEY).decode().encode("utf-16"))[0][1]["label"] == "A?"


def test_an_old_workbook_gives_the_same_rows():
    data = old_workbook(survey=SURVEY, choices="| list_name | name | label |\n| l | ہاں | Yes |")
    assert rows(data) == rows(workbook(SURVEY))
    assert rows(data, "choices") == [(2, {"list_name": "l", "name": "ہاں", "label": "Yes"})]


def test_names_of_sheets_are_read_whatever_their_case():
    content = openpyxl.Workbook()
    content.active.title = "Survey "
    content.active.append(["type", "name"])
    content.active.append(["text", "a"])
    content.create_sheet("Choices")
    assert set(book.read(saved(content)).sheets) == {"survey", "choices"}


def test_the_only_sheet_of_a_file_is_its_survey():
    content = openpyxl.Workbook()
    content.active.append(["type", "name"])
    content.active.append(["text", "a"])
    assert rows(saved(content)) == [(2, {"type": "text", "name": "a"})]


def test_numbers_flags_and_dates_become_the_text_that_pyxform_reads():
    content = openpyxl.Workbook()
    content.active.append(["type", "name", "default"])
    content.active.append([7.0, True, 2.5])
    assert rows(saved(content)) == [(2, {"type": "7", "name": "TRUE", "default": "2.5"})]


def test_a_formula_that_was_never_computed_is_text_and_is_said():
    content = openpyxl.Workbook()
    content.active.append(["type", "name", "label"])
    content.active.append(["text", "a", "=1+1"])
    found = book.read(saved(content))
    assert found.sheet("survey").rows[0].cells["label"] == "=1+1"
    assert [(str(place), remark.column, remark.code) for place, remark in found.remarks] == [
        ("survey:2", "C", "formula")
    ]


def test_an_error_of_the_spreadsheet_is_refused_with_its_cell():
    content = openpyxl.Workbook()
    content.active.append(["type", "name", "label"])
    content.active.append(["text", "a", "#REF!"])
    found = book.read(saved(content))
    assert [(str(place), remark.column, remark.code) for place, remark in found.remarks] == [
        ("survey:2", "C", "cell_error")
    ]


def test_merged_cells_are_named():
    content = openpyxl.Workbook()
    content.active.append(["type", "name", "label"])
    content.active.append(["text", "a", "A?"])
    content.active.merge_cells("B2:C2")
    (place, remark), *_ = book.read(saved(content)).remarks
    assert (str(place), remark.code) == ("survey:2", "merged")
    assert "B2 to C2" in remark.sentence


def test_a_heading_that_stands_twice_is_refused():
    found = book.read(workbook("| type | name | name |\n| text | a | b |"))
    assert [(str(place), remark.column, remark.code) for place, remark in found.remarks] == [
        ("survey:1", "C", "duplicate_heading")
    ]
    assert found.sheet("survey").rows[0].cells["name"] == "a"


def test_empty_rows_between_are_passed_over_and_many_end_the_sheet():
    content = openpyxl.Workbook()
    sheet = content.active
    sheet.append(["type", "name"])
    sheet.cell(2, 1, "text")
    sheet.cell(40, 1, "integer")
    sheet.cell(400, 1, "never read")
    assert [number for number, _ in rows(saved(content))] == [2, 40]


def _bomb() -> bytes:
    content = io.BytesIO(workbook(SURVEY))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/large.xml", b" " * (book.MAX_INSIDE + 1))
    return content.getvalue()


def _entities() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(SURVEY))) as source, zipfile.ZipFile(out, "w") as archive:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "xl/workbook.xml":
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content
            archive.writestr(item, content)
    return out.getvalue()


def _other_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"x" * (book.MAX_BYTES + 1), "too_large"),
        (_bomb(), "too_large"),
        (_entities(), "broken"),
        (_other_zip(), "not_xlsx"),
        (workbook(SURVEY)[:-200], "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not_utf8"),
        (b"type,name\ntext,a\n", "not_csv"),
    ],
    ids=["empty", "blank", "large", "bomb", "entities", "zip", "cut", "damaged", "picture", "plain_csv"],
)
def test_what_is_no_form_is_said_in_one_sentence(data, code):
    with pytest.raises(Unreadable) as caught:
        book.read(data)
    assert caught.value.code == code
    (line,) = xlsform.read(data, "form.xlsx").lines
    assert line.remarks[0].sentence == str(caught.value)


def test_more_rows_than_any_form_has_are_refused(monkeypatch):
    monkeypatch.setattr(book, "MAX_ROWS", 3)
    with pytest.raises(Unreadable, match="more than 3 rows"):
        book.read(workbook("| type |\n" + "| text |\n" * 4))


def test_a_workbook_without_a_survey_names_its_sheets():
    content = openpyxl.Workbook()
    content.active.title = "suvey"
    content.create_sheet("choices")
    (line,) = xlsform.read(saved(content), "form.xlsx").lines
    assert line.remarks[0].code == "no_survey"
    assert "“suvey”" in line.remarks[0].sentence


_PIECES = st.sampled_from(
    [
        workbook(SURVEY),
        old_workbook(survey=SURVEY),
        csv_form(SURVEY),
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ]
)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_report_and_never_an_exception(data):
    found = xlsform.read(data, "form.xlsx")
    assert found.flow is None
    assert found.lines


@given(_PIECES, st.integers(0, 8000), st.binary(min_size=1, max_size=60))
def test_any_damage_to_a_file_gives_a_report_and_never_an_exception(data, place, damage):
    found = xlsform.read(data[:place] + damage + data[place + len(damage) :], "form.xlsx")
    assert found.flow is not None or found.lines


_CELLS = st.sampled_from(
    [
        *("", "text", "select_one l", "begin_group", "end_group", "begin_repeat", "end_repeat", "calculate"),
        *(
            "rank l or_other",
            "a",
            "b",
            "${a}",
            "${a} > 1",
            "'",
            "((",
            "yes",
            "label",
            "l",
            "type",
            "name",
            "1",
        ),
        *(
            "hidden",
            "begin_kobomatrix",
            "select_one_from_file x.csv",
            '{"kind": "do"}',
            "start=a",
            "=1",
            "\x07",
        ),
    ]
)
_HEADINGS = st.sampled_from(
    [
        *(
            "type",
            "name",
            "label",
            "label::English (en)",
            "label::Klingon",
            "hint",
            "relevant",
            "calculation",
            "list_name",
            "default",
        ),
        *("repeat_count", "choice_filter", "required", "paigham", "parameters", "label:", "::", "trigger"),
    ]
)


@given(
    st.lists(_HEADINGS, min_size=1, max_size=6), st.lists(st.lists(_CELLS, max_size=6), max_size=8), st.data()
)
def test_any_table_gives_a_report_and_never_an_exception(headings, lines, data):
    text = io.StringIO()
    writer = csv.writer(text)
    for sheet in ("survey", "choices", "settings"):
        writer.writerow([sheet])
        writer.writerow(["", *headings])
        writer.writerows(["", *line] for line in lines[: data.draw(st.integers(0, 8))])
    found = xlsform.read(text.getvalue().encode(), "form.csv")
    assert found.flow is not None or found.lines
