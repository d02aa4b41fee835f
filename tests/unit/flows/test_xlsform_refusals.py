import pytest
from form_builders import read, refused, said, workbook

from flows.readers import xlsform
from flows.readers.xlsform import Place, State

YES_NO = "| list_name | name | label |\n| yn | yes | Yes |\n| yn | no | No |"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("| barcode | a | A? | | |", "barcode"),
        ("| geotrace | a | A? | | |", "area"),
        ("| geoshape | a | A? | | |", "area"),
        ("| image | a | A? | signature | |", "drawing"),
        ("| image | a | A? | draw | |", "drawing"),
        ("| text | a | A? | ex:org.app.x | |", "app"),
        ("| image | a | A? | | app=com.camera |", "app"),
        ("| deviceid | a | | | |", "device"),
        ("| phonenumber | a | | | |", "device"),
        ("| username | a | | | |", "device"),
        ("| audit | audit | | | |", "audit"),
        ("| background-audio | a | | | |", "background"),
        ("| start-geopoint | a | | | |", "background"),
        ("| xml-external | a | | | |", "external"),
        ("| csv-external | a | | | |", "external"),
        ("| select_one ${b} | a | A? | | |", "from_repeat"),
        ("| telepathy | a | A? | | |", "unknown_type"),
    ],
)
def test_what_a_phone_cannot_do_is_refused_with_the_reason_and_what_to_write_instead(row, code):
    found = read(f"| type | name | label | appearance | parameters |\n{row}\n| text | z | Z? | | |")
    assert refused(found) == [("survey:2", "A", code)]
    (line,) = [line for line in found.lines if line.place == Place("survey", 2)]
    assert line.remarks[0].sentence.endswith(".")
    assert line.remarks[0].instead.endswith(".")
    assert not found.sound


def test_the_rest_is_taken_when_the_author_agrees():
    survey = "| type | name | label |\n| barcode | a | A? |\n| text | b | B? |"
    found = read(survey)
    assert found.refused == (Place("survey", 2),)
    agreed = read(survey, without=found.refused)
    assert agreed.sound
    assert [step.name for step in agreed.flow.steps] == ["b"]
    assert [(line.place.row, line.state) for line in agreed.lines if line.place] == [
        (2, State.LEFT_OUT),
        (3, State.MAPPED),
    ]


def test_references_to_what_is_left_out_are_named():
    survey = """
    | type | name | label | relevant |
    | barcode | code | Scan | |
    | text | b | Your code is ${code}? | ${code} != '' |
    """
    found = read(survey, without=[Place("survey", 2)])
    assert sorted(refused(found)) == [
        ("survey:3", "C", "left_out_reference"),
        ("survey:3", "D", "left_out_reference"),
    ]
    assert "row 2" in found.findings[-1].sentence


def test_a_matrix_is_refused_with_all_that_is_inside():
    survey = """
    | type | name | label |
    | begin_kobomatrix | m | Items |
    | select_one yn | m_a | A |
    | end_kobomatrix | | |
    | text | b | B? |
    """
    found = read(survey, YES_NO)
    assert refused(found) == [("survey:2", "A", "matrix")]
    assert [step.name for step in read(survey, YES_NO, without=found.refused).flow.steps] == ["b"]


def test_leaving_out_the_beginning_of_a_group_leaves_out_the_group():
    survey = """
    | type | name | label |
    | begin_group | g | |
    | begin_repeat | r | |
    | text | a | A? |
    | end_repeat | | |
    | text | b | B? |
    | end_group | | |
    | text | c | C? |
    """
    found = read(survey, without=[Place("survey", 2)])
    assert found.sound
    assert [step.name for step in found.flow.steps] == ["c"]


@pytest.mark.parametrize(
    ("survey", "expected"),
    [
        ("| type | name | label |\n| text | | A? |", ("survey:2", "B", "missing_name")),
        ("| type | name | label |\n| text | a | |", ("survey:2", "C", "no_label")),
        ("| type | name | label |\n| | a | A? |", ("survey:2", "", "missing_type")),
        ("| type | name | label |\n| select_one nn | a | A? |", ("survey:2", "A", "missing_list")),
        (
            "| type | name | label |\n| select_one_from_file x.csv | a | A? |",
            ("survey:2", "A", "missing_list"),
        ),
        (
            "| type | name | label |\n| text | a | A? |\n| text | a | A? |",
            ("survey:3", "B", "duplicate_name"),
        ),
        (
            "| type | name | label |\n| begin_group | g | |\n| text | a | A? |",
            ("survey:2", "A", "never_ends"),
        ),
        ("| type | name | label |\n| text | a | A? |\n| end_group | | |", ("survey:3", "A", "never_began")),
        (
            "| type | name | label |\n| begin_group | g | |\n| text | a | A? |\n| end_repeat | | |",
            ("survey:4", "A", "wrong_end"),
        ),
        (
            "| type | name | label | relevant |\n| text | age | A? | |\n| text | b | B? | ${agge} > 1 |",
            ("survey:3", "D", "unknown_reference"),
        ),
        (
            "| type | name | label | constraint |\n| integer | a | A? | . > |",
            ("survey:2", "D", "bad_expression"),
        ),
        (
            "| type | name | label | parameters |\n| range | a | A? | start=5 end=1 |",
            ("survey:2", "D", "bad_range"),
        ),
        (
            "| type | name | label | choice_filter |\n| select_one yn | a | A? | camp = 'x' |",
            ("survey:2", "D", "unknown_column"),
        ),
    ],
)
def test_an_author_s_mistake_is_refused_at_its_cell(survey, expected):
    found = read(survey, YES_NO)
    assert expected in refused(found)
    assert {place for place, _, _ in refused(found)} == {expected[0]}  # and nothing else is


def test_a_name_that_means_two_questions_is_refused_where_it_is_used():
    survey = """
    | type | name | label | relevant |
    | begin_group | a | | |
    | text | words | A? | |
    | end_group | | | |
    | begin_group | b | | |
    | text | words | B? | |
    | end_group | | | |
    | text | c | C? | ${words} = 'x' |
    """
    found = read(survey)
    assert refused(found) == [("survey:8", "D", "ambiguous")]
    assert "rows 3 and 6" in found.findings[-1].sentence


def test_all_mistakes_are_said_at_once():
    survey = """
    | type | name | label | relevant |
    | text | a | A? | ${nn} = 1 |
    | select_one nn | b | B? | |
    | text | c | C? | ${a} == 1 |
    """
    assert [place for place, _, _ in refused(read(survey))] == ["survey:2", "survey:3", "survey:4"]


def test_choices_that_stand_twice_are_refused_unless_the_form_allows_it():
    choices = "| list_name | name | label |\n| l | a | A |\n| l | a | B |\n| l | b | B |"
    survey = "| type | name | label |\n| select_one l | q | Q? |"
    found = read(survey, choices)
    assert refused(found) == [("choices:3", "B", "duplicate_choice")]
    assert "row 2" in found.findings[-1].sentence
    agreed = read(survey, choices, without=found.refused)
    assert [option.code for option in agreed.flow.lists["l"]] == ["a", "b"]
    assert read(survey, choices, {"allow_choice_duplicates": "yes"}).sound


def test_an_encrypted_form_is_refused_at_the_key():
    found = read(
        "| type | name | label |\n| text | a | A? |", settings={"form_id": "f", "public_key": "MIIB"}
    )
    assert refused(found) == [("settings:2", "B", "encrypted")]


def test_what_only_pyxform_sees_is_said_with_its_row():
    found = read("| type | name | label | parameters |\n| text | a | A? | |\n| text | b | B? | rows=x |")
    assert refused(found) == [("survey:3", "", "odk")]
    found = read("| type | name | label | parameters |\n| image | a | A? | max-pixels=large |")
    assert refused(found) == [("", "", "odk")]  # it does not say where


def test_a_language_that_nobody_knows_is_asked_for():
    survey = "| type | name | label::English (en) | label::Klingon |\n| text | a | A? | nuq |"
    assert refused(read(survey)) == [("", "", "unknown_language")]
    found = read(survey, languages={"Klingon": "som"})
    assert found.sound
    assert found.flow.steps[0].text.by_language == {"eng": "A?", "som": "nuq"}


def test_a_guess_of_a_language_is_said():
    found = read("| type | name | label::Tigirigna |\n| text | a | A? |")
    assert said(found) == [("", "", "guessed_language")]
    assert found.flow.languages == ("tir",)


def test_two_headings_of_one_language_are_refused():
    survey = "| type | name | label::Dari | label::Dari (fa) |\n| text | a | A? | B? |"
    assert refused(read(survey)) == [("", "", "same_language")]


def test_the_default_language_is_the_first_and_owns_what_has_no_language():
    survey = (
        "| type | name | label::English (en) | label::French (fr) | hint |\n| text | a | A? | Ah ? | Un mot |"
    )
    flow = read(survey, settings={"default_language": "French (fr)"}).flow
    assert flow.languages == ("fra", "eng")
    assert flow.steps[0].hint.by_language == {"fra": "Un mot"}


def test_words_that_are_missing_in_the_first_language_are_taken_from_another_and_said():
    survey = "| type | name | label::English (en) | label::French (fr) |\n| text | a | | Ah ? |\n| text | b | B? | |"
    found = read(survey)
    assert found.flow.steps[0].text.by_language == {"eng": "Ah ?", "fra": "Ah ?"}
    assert ("survey:2", "D", "no_source") in said(found)


def test_places_are_written_as_sheet_and_row():
    assert Place.of("survey:12") == Place("survey", 12)
    assert str(Place("choices", 3)) == "choices:3"
    for text in ("12", "survey:", "survey:x", ":4"):
        with pytest.raises(ValueError, match="is no row"):
            Place.of(text)


def test_findings_say_sheet_row_and_column():
    (finding,) = read(
        "| type | name | label::English (en) |\n| barcode | a | A? |\n| note | b | B |"
    ).findings
    assert str(finding).startswith(
        "line 2: Sheet “survey”, row 2, column A (type): A conversation cannot scan"
    )


def test_a_list_file_that_cannot_be_read_is_named():
    survey = "| type | name | label |\n| select_one_from_file x.geojson | a | A? |\n| note | n | N |"
    found = xlsform.read(workbook(survey), "f.xlsx", attached={"x.geojson": b"{"})
    assert ("", "", "not_geojson") in refused(found)
    assert ("survey:2", "A", "missing_list") in refused(found)
