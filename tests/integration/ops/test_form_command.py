"""`paigham flow import` and `paigham flow export`."""

import json

import pytest

import flows
from flows.readers import xlsform
from tests.unit.flows.form_builders import workbook

SURVEY = """
| type | name | label | relevant |
| barcode | card | Scan | |
| text | why | Why? | ${card} != '' |
| integer | age | How old? | |
"""


@pytest.fixture
def form(tmp_path):
    path = tmp_path / "water.xlsx"
    path.write_bytes(workbook(SURVEY))
    return path


def test_a_refused_row_is_named_and_nothing_is_written(call, form, tmp_path):
    told = call("flow", "import", form, "--to", tmp_path / "a.yaml")
    assert told.code == 1
    assert (
        "refused: Sheet “survey”, row 2, column A (type): A conversation cannot scan a barcode." in told.out
    )
    assert not (tmp_path / "a.yaml").exists()


def test_what_is_refused_is_left_out_with_what_refers_to_it(call, form, tmp_path):
    told = call(
        "flow", "import", form, "--without-refused", "--language", "=eng", "--to", tmp_path / "a.yaml"
    )
    assert told.code == 0
    assert "1 mapped, 0 changed, 2 left out, 0 refused" in told.out
    assert [step.name for step in flows.load((tmp_path / "a.yaml").read_text()).steps] == ["age"]


def test_rows_are_left_out_by_name_and_told_as_json(call, form):
    told = call("flow", "import", form, "--without", "survey:2", "--without", "survey:3", "--json")
    rows = {row["row"]: row["state"] for row in json.loads(told.out) if "row" in row}
    assert rows == {2: "left_out", 3: "left_out", 4: "mapped"}
    assert call("flow", "import", form, "--without", "twelve").code == 2
    assert call("flow", "import", form, "--language", "Dari").code == 2
    assert call("flow", "import", "nowhere.xlsx").code != 0


def test_lists_lie_beside_the_form(call, tmp_path):
    form, camps = tmp_path / "form.xlsx", tmp_path / "camps.csv"
    form.write_bytes(workbook("| type | name | label |\n| select_one_from_file camps.csv | a | Which? |"))
    camps.write_text("name,label\nc1,Camp 1\n")
    assert call("flow", "import", form).code == 1
    assert call("flow", "import", form, "--list", camps).code == 0


def test_a_flow_that_ships_leaves_as_a_form(call, tmp_path):
    told = call("flow", "export", "satisfaction", "--to", tmp_path / "a.xlsx")
    assert told.code == 0
    assert "Only Paigham can follow these steps" in told.out
    found = xlsform.read((tmp_path / "a.xlsx").read_bytes(), "a.xlsx")
    assert found.sound
    assert found.flow.code == "satisfaction"


def test_a_flow_with_faults_does_not_leave(call, tmp_path):
    (tmp_path / "bad.yaml").write_text("spec: paigham.flow/2\n")
    told = call("flow", "export", tmp_path / "bad.yaml", "--to", tmp_path / "a.xlsx")
    assert told.code == 1
    assert not (tmp_path / "a.xlsx").exists()
