import io
from dataclasses import replace

import openpyxl
import pytest
from flow_strategies import flows_of_any_kind
from form_builders import read, refused, saved, workbook
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

import flows
from flows import writing
from flows.definition import Text
from flows.readers import xlsform
from flows.readers.xlsform import own
from flows.walking import every_step
from flows.writers.xlsform import unsaid, write
from gateway.services import flow_store

EVERYTHING = """
| type | name | label::English (en) | label::Urdu (ur) | hint::English (en) | required | relevant | constraint | constraint_message::English (en) | calculation | default | appearance | parameters | choice_filter | repeat_count | audio::Urdu (ur) | sms_label::English (en) | indicator_code | personal | kuid |
| start | start | | | | | | | | | | | | | | | | | | |
| end | end | | | | | | | | | | | | | | | | | | |
| begin_group | home | Home | گھر | | | true() | | | | | field-list | | | | | | | | g1 |
| select_one yn or_other | water | Water? | پانی؟ | Clean | yes | | | | | | minimal | | | | w.mp3 | Water? 1 2 | WASH-1 | | q1 |
| select_multiple place | where | Where? | کہاں؟ | | | ${water} = 'yes' | count-selected(.) < 3 | Two | | | | | area = 'n' | | | | | | |
| rank yn | order | Order? | | | | | | | | | | | | | | | | | |
| begin_repeat | person | Person | | | | | | | | | | | | ${count} | | | | | |
| text | first | First? | نام؟ | | ${water} = 'yes' | | | | | Ali | multiline | rows=3 | | | | | | yes | |
| end_repeat | | | | | | | | | | | | | | | | | | | |
| end_group | | | | | | | | | | | | | | | | | | | |
| calculate | count | | | | | | | | 1 + 1 | | | | | | | | | | |
| hidden | season | | | | | | | | | winter | | | | | | | | | |
| range | mark | Mark? | | | | | | | | | | start=0 end=5 step=0.5 | | | | | | | |
| date | day | Day? | | | | | | | | today() | | | | | | | | | |
| note | thanks | Thank you, +1 | شکریہ | | | | | | | | | | | | | | | | |
"""  # noqa: E501 - one row of a form is one line
LISTS = """
| list_name | name | label::English (en) | label::Urdu (ur) | area | sms_code |
| yn | yes | Yes | ہاں | | |
| yn | no | No | نہیں | | |
| town | a b | =A | | n | 5 |
| place | ab | =A | | n | 5 |
| place | -99 | None | | s | 9 |
"""


def back(data):
    found = xlsform.read(data, "x.xlsx")
    assert refused(found) == []
    return found.flow


def form():
    found = read(EVERYTHING, LISTS, {"form_id": "water-1", "form_title": "Water", "version": "3"})
    assert refused(found) == []
    return found.flow


def sheet(data, name):
    rows = list(openpyxl.load_workbook(io.BytesIO(data))[name].values)
    return [{heading: cell for heading, cell in zip(rows[0], row, strict=True) if cell} for row in rows[1:]]


def test_a_form_that_was_read_is_written_and_read_as_the_same_flow():
    flow = form()
    assert back(write(flow)) == flow


def test_converters_take_what_is_written():
    assert convert(write(form()), validate=False).xform


def test_a_form_needs_no_column_of_ours_but_for_what_it_cannot_say():
    assert not any("paigham" in row for row in sheet(write(form()), "survey"))


def test_columns_of_others_come_back_under_their_headings():
    rows = {row["name"]: row for row in sheet(write(form()), "survey") if "name" in row}
    assert (rows["home"]["kuid"], rows["water"]["kuid"]) == ("g1", "q1")
    assert sheet(write(form()), "settings")[0]["version"] == "3"


def test_other_sheets_of_the_original_survive():
    data = workbook(EVERYTHING, LISTS, plan=[["group", "what"], ["a", "=1+1"], ["b", 7]])
    flow = xlsform.read(data, "x.xlsx").flow
    again = openpyxl.load_workbook(io.BytesIO(write(flow, original=data)))
    assert [list(row) for row in again["plan"].values] == [["group", "what"], ["a", None], ["b", "7"]]


def test_cells_that_look_like_formulas_are_text():
    book = openpyxl.load_workbook(io.BytesIO(write(form())))
    cells = [
        cell for row in book["choices"].iter_rows() for cell in row if str(cell.value).startswith(("=", "-"))
    ]
    assert {cell.value for cell in cells} == {"=A", "-99"}
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)


def test_the_same_flow_gives_the_same_bytes():
    assert write(form()) == write(form())


@pytest.mark.parametrize("flow", flow_store.library(), ids=lambda flow: flow.code)
def test_a_flow_that_was_never_a_form_comes_back_whole(flow):
    data = write(flow)
    assert back(data) == flow
    assert convert(data, validate=False).xform


def test_steps_that_others_cannot_follow_are_named():
    flow = next(flow for flow in flow_store.library() if flow.code == "grievance_intake")
    kinds = {type(step).__name__ for step in every_step(flow.steps) if step.name in unsaid(flow)}
    assert kinds >= {"Do"}
    assert unsaid(form()) == ()


def _loads(flow):
    """Whether a flow is one that a reader would give: generated ones may have faults that no file can hold."""
    names = [step.name for step in every_step(flow.steps)]
    distinct = len(set(names)) == len(names) and len(set(flow.languages)) == len(flow.languages)
    return distinct and names and flow.languages


@settings(max_examples=25, suppress_health_check=[HealthCheck.filter_too_much])
@given(flows_of_any_kind())
def test_any_flow_is_written_and_read_as_the_same_flow(flow):
    assume(_loads(flow))
    found = xlsform.read(write(flow), "x.xlsx")
    assert found.flow == flow


_TYPES = st.sampled_from(
    ["text", "integer", "date", "select_one l", "select_multiple l", "rank l", "note", "acknowledge", "range"]
)
_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20
).filter(str.strip)


@st.composite
def forms(draw):
    """The rows of a form with groups, repeats and words of any script."""
    rows, opened = [], []
    for number in range(draw(st.integers(1, 8))):
        move = draw(st.sampled_from(["ask", "ask", "ask", "group", "repeat", "end"]))
        if move == "end" and opened and rows[-1][0][:5] != "begin":
            rows.append([f"end_{opened.pop()}", "", "", "", ""])
        elif move in {"group", "repeat"}:
            opened.append(move)
            rows.append([f"begin_{move}", f"b{number}", draw(_WORDS), "", ""])
        else:
            when = draw(st.sampled_from(["", "true()", "today() > '2030-01-01'"]))
            rows.append([draw(_TYPES), f"q{number}", draw(_WORDS), draw(_WORDS), when])
    if rows[-1][0].startswith("begin"):
        rows.append(["text", "last", "Last?", "", ""])
    rows += [[f"end_{kind}", "", "", "", ""] for kind in reversed(opened)]
    return [["type", "name", "label::English (en)", "label::Urdu (ur)", "relevant"], *rows]


def test_characters_that_no_cell_holds_come_back_from_our_column():
    flow = back(write(form()))
    step = replace(
        flow.steps[-1], text=Text(flow.steps[-1].text.id, {"eng": "a\x07b\xa0c ", "urd": "x\r\ny"})
    )
    flow = replace(flow, steps=(*flow.steps[:-1], step))
    assert back(write(flow)) == flow


@given(forms())
def test_any_form_is_written_and_read_as_the_same_flow(rows):
    choices = [["list_name", "name", "label::English (en)"], ["l", "a", "A"], ["l", "b", "B"]]
    found = xlsform.read(saved({"survey": rows, "choices": choices}), "x.xlsx")
    assume(found.sound)
    assert xlsform.read(write(found.flow), "x.xlsx").flow == found.flow


def test_what_one_cell_cannot_hold_goes_on_below_it():
    words = Text("engine.own", {"eng": "\u0639 \U0001f6b0 a" * 9_000})
    flow = replace(form(), engine_texts={"own": words})
    data = write(flow)
    cells = [row["paigham"] for row in sheet(data, "settings")]
    assert len(cells) > 2
    assert all(len(cell.encode("utf-16-le")) // 2 <= 32_767 for cell in cells)
    assert back(data) == flow
    assert convert(data, validate=False).xform


@given(st.text(alphabet=" \n{a\u200c\xa0", max_size=60), st.integers(0, 200))
def test_pieces_are_the_whole_and_have_no_space_at_an_edge(text, times):
    written = "{" + f"{text}." * (times * 30) + "}"
    found = own.pieces(written)
    assert "".join(found) == written
    assert all(piece == piece.strip() for piece in found)


def test_a_changed_cell_of_ours_is_refused_and_not_believed():
    flow = next(flow for flow in flow_store.library() if flow.code == "satisfaction")
    book = openpyxl.load_workbook(io.BytesIO(write(flow)))
    columns = [cell.value for cell in book["survey"][1]]
    cell = next(
        cell
        for (cell,) in book["survey"].iter_rows(min_col=columns.index("paigham") + 1, min_row=2)
        if cell.value
    )
    for hostile in ("{", "[]", '{"options": 7}', '{"kind": "do"}', '{"kind": "nothing"}'):
        cell.value = hostile
        content = io.BytesIO()
        book.save(content)
        found = xlsform.read(content.getvalue(), "x.xlsx")
        assert not found.sound


def test_a_flow_of_the_library_goes_on_working(tmp_path):
    for flow in flow_store.library():
        assert [result.failures for result in flows.run_tests(back(write(flow)))] == [() for _ in flow.tests]


def test_a_form_becomes_a_draft_in_yaml_that_reads_as_the_same_flow():
    assert flows.load(writing.write(form())) == form()


def test_the_same_choice_under_two_provinces_is_a_draft_too():
    survey = """
    | type | name | label | choice_filter |
    | select_one p | p | Province? | |
    | select_one d | d | District? | province = ${p} |
    """
    choices = """
    | list_name | name | label | province |
    | p | ka | Kabul | |
    | p | he | Herat | |
    | d | other | Other | ka |
    | d | other | Other | he |
    """
    flow = read(survey, choices, {"allow_choice_duplicates": "yes"}).flow
    assert flows.load(writing.write(flow)) == flow
