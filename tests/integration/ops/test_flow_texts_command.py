"""`paigham flow texts export` and `import`: nothing is written before somebody says so."""

import pytest
from installed import Installed, one_sentence
from openpyxl import load_workbook

from gateway.text_files import HEADINGS

TARGET = HEADINGS.index("translation") + 1


@pytest.fixture
def installed(call, empty_database_url):
    made = Installed(call, empty_database_url)
    made.call = call
    return made


def drafted(installed):
    with installed.connect() as connection:
        row = connection.execute(
            "SELECT d.source, d.version FROM flow_draft d JOIN flow f ON f.id = d.flow_id WHERE f.code = 'satisfaction'"
        ).fetchone()
    return row or ("", 0)


def test_texts_go_out_as_a_workbook_and_come_back_when_it_is_said(installed, tmp_path):
    file = tmp_path / "texts.xlsx"
    told = installed(
        "flow", "texts", "export", "satisfaction", file, "--language", "urd", "--language", "som"
    )
    assert (told.code, told.err) == (0, "")
    book = load_workbook(file)
    assert book.sheetnames == ["urd", "som"]
    book["urd"].cell(4, TARGET).value = "جی ہاں"
    book["urd"].cell(5, TARGET).value = "نہیں"  # the word of another answer
    book.save(file)
    looked = installed("flow", "texts", "import", "satisfaction", file, "--language", "urd")
    assert looked.code == 1
    assert f"{file}:4: changed: satisfaction.solved.option.yes" in looked.out
    assert f"{file}:5: refused (same_as_option): satisfaction.solved.option.partly" in looked.out
    assert drafted(installed)[1] == 0
    done = installed("flow", "texts", "import", "satisfaction", file, "--language", "urd", "--yes")
    assert "1 texts were written into the draft." in done.out
    assert "جی ہاں" in drafted(installed)[0]
    again = installed("flow", "texts", "import", "satisfaction", file, "--language", "urd", "--yes")
    assert "0 texts were written into the draft." in again.out
    assert drafted(installed)[1] == 1


def test_a_conflict_is_taken_from_the_file_only_by_name(installed, tmp_path):
    file, text = tmp_path / "texts.po", "satisfaction.solved.option.yes"
    assert installed("flow", "texts", "export", "satisfaction", file, "--language", "urd").code == 0
    first, second = tmp_path / "first.po", tmp_path / "second.po"
    first.write_text(file.read_text().replace('msgstr "ہاں"', 'msgstr "جی"'))
    second.write_text(file.read_text().replace('msgstr "ہاں"', 'msgstr "جی ہاں"'))
    bring = ("flow", "texts", "import", "satisfaction")
    assert installed(*bring, first, "--language", "urd", "--yes").code == 0
    left = installed(*bring, second, "--language", "urd", "--yes")
    assert left.code == 1
    assert "conflict (both_changed)" in left.out
    assert "جی ہاں" not in drafted(installed)[0]
    assert installed(*bring, second, "--language", "urd", "--yes", "--take", text).code == 0
    assert "جی ہاں" in drafted(installed)[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "nowhere", "x.xlsx"),
        ("export", "satisfaction", "x.txt"),
        ("export", "satisfaction", "x.po"),
        ("export", "satisfaction", "x.po", "--language", "kac"),
        ("import", "satisfaction", "broken.po", "--language", "urd"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(installed, tmp_path, arguments):
    (tmp_path / "broken.po").write_bytes(b"\xff\xfe")
    told = installed("flow", "texts", *arguments)
    assert told.code == 2
    assert one_sentence(told.err)
