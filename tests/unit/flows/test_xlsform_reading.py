from form_builders import read, refused, said, workbook

from flows.definition import AnswerType, Ask, Calculate, Fact, Group, Meta, Range, Repeat, Say
from flows.readers import xlsform
from flows.walking import every_step

YES_NO = """
| list_name | name | label |
| yn        | yes  | Yes   |
| yn        | no   | No    |
"""


def steps(found):
    assert refused(found) == []
    assert found.sound
    return list(every_step(found.flow.steps))


def one(survey, choices=""):
    (step,) = steps(read(survey, choices))
    return step


def test_every_type_of_question_becomes_the_question_of_that_kind():
    kinds = {
        "text": AnswerType.TEXT,
        "integer": AnswerType.INTEGER,
        "decimal": AnswerType.DECIMAL,
        "date": AnswerType.DATE,
        "time": AnswerType.TIME,
        "dateTime": AnswerType.DATETIME,
        "select_one yn": AnswerType.SELECT_ONE,
        "select_multiple yn": AnswerType.SELECT_MULTIPLE,
        "rank yn": AnswerType.RANK,
        "acknowledge": AnswerType.ACKNOWLEDGE,
        "range": AnswerType.RANGE,
        "geopoint": AnswerType.LOCATION,
        "image": AnswerType.IMAGE,
        "audio": AnswerType.AUDIO,
        "video": AnswerType.VIDEO,
        "file": AnswerType.FILE,
    }
    rows = "\n".join(f"| {kind} | q{place} | Q? |" for place, kind in enumerate(kinds))
    found = steps(read(f"| type | name | label |\n{rows}", YES_NO))
    assert [step.type for step in found] == list(kinds.values())


def test_old_spellings_mean_the_same():
    survey = """
    | command | tag | caption | relevance |
    | add select one prompt using yn | a | A? | |
    | select all that apply from yn | b | B? | ${a} = 'yes' |
    | select one yn | c | C? | |
    | begin group | g | | |
    | q string | d | D? | |
    | end group | | | |
    """
    choices = "| list name | value | caption |\n| yn | yes | Yes |\n| yn | no | No |"
    found = steps(read(survey, choices))
    assert [step.name for step in found] == ["a", "b", "c", "g", "d"]
    assert found[1].when == "${a} = 'yes'"
    assert found[1].type is AnswerType.SELECT_MULTIPLE


def test_a_question_keeps_what_its_columns_say():
    columns = {
        "type": "integer",
        "name": "age",
        "label": "How old?",
        "hint": "In years",
        "guidance_hint": "Ask kindly",
        "required": "yes",
        "required_message": "Needed",
        "constraint": ". > 0",
        "constraint_message": "Above 0",
        "default": "18",
        "appearance": "numbers",
        "sms_label": "Age?",
        "indicator_code": "DEM-02",
        "personal": "yes",
    }
    survey = f"| {' | '.join(columns)} |\n| {' | '.join(columns.values())} |"
    step = one(survey)
    words = {
        name: getattr(step, name).by_language["eng"]
        for name in ("text", "hint", "guidance", "required_message", "constraint_message", "short")
    }
    assert words == {
        "text": "How old?",
        "hint": "In years",
        "guidance": "Ask kindly",
        "required_message": "Needed",
        "constraint_message": "Above 0",
        "short": "Age?",
    }
    assert (step.required, step.constraint, step.default) == (True, ". > 0", "18")
    assert (step.appearance, step.indicator, step.personal) == ("numbers", "DEM-02", True)


def test_a_default_that_is_worked_out_is_an_expression():
    survey = """
    | type | name | label | default |
    | date | a | A? | today() |
    | date | b | B? | 2031-03-09 |
    """
    first, second = steps(read(survey))
    assert (first.default, second.default) == ("=today()", "2031-03-09")


def test_required_may_be_a_condition():
    survey = "| type | name | label | required |\n| text | a | A? | |\n| text | b | B? | ${a} != '' |"
    second = steps(read(survey))[1]
    assert (second.required, second.required_when) == (False, "${a} != ''")


def test_rows_that_nobody_answers():
    survey = """
    | type | name | label | calculation | default |
    | start | start | | | |
    | end | end | | | |
    | today | day | | | |
    | calculate | twice | | 2 * 2 | |
    | hidden | project | | | winter |
    | note | hello | Welcome | | |
    """
    found = steps(read(survey))
    assert [step.fact for step in found if isinstance(step, Meta)] == [Fact.START, Fact.END, Fact.TODAY]
    assert [(step.name, step.value) for step in found if isinstance(step, Calculate)] == [
        ("twice", "2 * 2"),
        ("project", "'winter'"),
    ]
    assert [step.text.by_language for step in found if isinstance(step, Say)] == [{"eng": "Welcome"}]


def test_the_word_that_ends_a_flow_is_no_name_and_references_follow():
    survey = "| type | name | label | calculation |\n| end | end | | |\n| calculate | b | | ${end} |"
    meta, calculated = steps(read(survey))
    assert (meta.name, calculated.value) == ("end_time", "${end_time}")
    assert meta.extra == {"original_name": "end"}


def test_groups_and_repeats_nest():
    survey = """
    | type | name | label | relevant | repeat_count |
    | begin_group | home | Home | true() | |
    | integer | people | How many? | | |
    | begin_repeat | person | Person | | ${people} |
    | text | first | First name? | | |
    | end_repeat | | | | |
    | end_group | | | | |
    """
    (group,) = read(survey).flow.steps
    assert isinstance(group, Group)
    assert group.when == "true()"
    _, repeat = group.steps
    assert isinstance(repeat, Repeat)
    assert (repeat.count, [step.name for step in repeat.steps]) == ("${people}", ["first"])


def test_a_repeat_goes_as_often_as_its_form_says_up_to_the_limit():
    def most(count):
        rows = f"| begin_repeat | r | {count} |\n| text | a | |\n| end_repeat | | |"
        found = read(
            f"| type | name | repeat_count | label |\n{rows.replace('| text | a | |', '| text | a | | A? |')}"
        )
        (repeat,) = found.flow.steps
        return repeat.count, repeat.most, [code for _, _, code in said(found) if code == "many_rounds"]

    assert most("3") == ("3", 20, [])
    assert most("60") == ("60", 60, [])
    assert most("5000") == ("5000", 100, ["many_rounds"])
    assert most("") == (None, 20, [])


def test_one_name_in_two_groups_becomes_two_names():
    survey = """
    | type | name | label |
    | begin_group | a | |
    | text | words | A? |
    | end_group | | |
    | begin_group | b | |
    | text | words | B? |
    | end_group | | |
    """
    assert [step.name for step in steps(read(survey))] == ["a", "words", "b", "words_2"]


def test_a_group_makes_way_for_a_question_of_the_same_name():
    survey = "| type | name | label |\n| begin_group | food | |\n| text | food | F? |\n| end_group | | |"
    assert [step.name for step in steps(read(survey))] == ["food_group", "food"]


def test_lists_have_their_columns_and_numbers():
    survey = """
    | type | name | label | choice_filter |
    | select_one province | p | Province? | |
    | select_one district | d | District? | province = ${p} |
    """
    choices = """
    | list_name | name | label | province | sms_code |
    | province | ka | Kabul | | |
    | province | he | Herat | | |
    | district | ka1 | One | ka | 7 |
    | district | he1 | Two | he | |
    """
    found = read(survey, choices)
    assert steps(found)[1].filter == "province = ${p}"
    assert [
        (option.code, option.number, dict(option.columns)) for option in found.flow.lists["district"]
    ] == [
        ("ka1", 7, {"province": "ka"}),
        ("he1", 8, {"province": "he"}),
    ]


def test_or_other_asks_which_and_says_so():
    found = read(
        "| type | name | label |\n| select_one yn or_other | a | A? |\n| note | n | ${a_other} |", YES_NO
    )
    question = steps(found)[0]
    assert question.other.by_language == {"eng": "Which other?"}
    assert ("survey:2", "A", "or_other") in said(found)


def test_a_range_has_its_bounds():
    step = one("| type | name | label | parameters |\n| range | a | A? | start=0 end=5 step=0.5 |")
    assert (step.range, step.extra) == (Range(0, 5, 0.5), {})
    assert one("| type | name | label |\n| range | a | A? |").range == Range(1, 10, 1)


def test_appearances_that_search_make_a_lookup():
    for appearance, lookup in (("autocomplete", True), ("minimal", True), ("likert", None), ("", None)):
        survey = f"| type | name | label | appearance |\n| select_one yn | a | A? | {appearance} |"
        assert one(survey, YES_NO).lookup is lookup


def test_media_go_with_the_words_of_their_language():
    survey = """
    | type | name | label::English (en) | label::Urdu (ur) | audio::Urdu (ur) | image::English (en) |
    | text | a | A? | الف؟ | a-ur.mp3 | a.png |
    """
    found = read(survey)
    (step,) = steps(found)
    assert step.media == {"urd": "a-ur.mp3"}
    assert step.extra == {"image::English (en)": "a.png"}
    assert ("survey:2", "F", "one_medium") in said(found)


def test_columns_of_others_are_kept():
    survey = "| type | name | label | kuid | $xpath |\n| text | a | A? | x7 | a/b |"
    assert one(survey).extra == {"kuid": "x7", "$xpath": "a/b"}


def test_settings_and_our_own_columns_reach_the_flow():
    settings = {
        "form_title": "Water",
        "form_id": "water-1",
        "version": "7",
        "style": "pages",
        "purpose": "Repair",
        "audience": "Camps",
        "retention": "survey_link",
    }
    flow = read("| type | name | label | sensitivity |\n| text | a | A? | S2 |", settings=settings).flow
    assert (flow.code, flow.title.by_language) == ("water_1", {"eng": "Water"})
    assert (flow.purpose, flow.audience, flow.retention) == ("Repair", "Camps", "survey_link")
    assert flow.settings == {
        "version": "7",
        "style": "pages",
        "form_id": "water-1",
        "paigham_languages": "=eng",
    }
    assert flow.sensitivity == "S2"


def test_the_file_s_name_stands_in_for_a_missing_id():
    found = xlsform.read(workbook("| type | name | label |\n| text | a | A? |"), "Camp survey 2.xlsx")
    assert (found.flow.code, found.flow.title.by_language) == ("Camp_survey_2", {"eng": "Camp survey 2"})


def test_marks_of_browsers_are_taken_out_and_lines_to_write_on_stay():
    survey = "| type | name | label |\n| note | a | <b>Hello</b> **you**<br>My name is ____ |"
    found = read(survey)
    assert steps(found)[0].text.by_language["eng"] == "Hello you\nMy name is ____"
    assert ("survey:2", "C", "markup") in said(found)


def test_a_choice_with_spaces_is_kept_under_another_name_that_conditions_follow():
    survey = """
    | type | name | label | choice_filter | relevant |
    | select_one town | t | Town? | | |
    | select_one place | p | Place? | town = ${t} | |
    | text | why | Why? | | ${t} = "kyaka II" |
    """
    choices = """
    | list_name | name | label | town |
    | town | kyaka II | Kyaka 2 | |
    | town | other | Other | |
    | place | here | Here | kyaka II |
    """
    found = read(survey, choices)
    assert [option.code for option in found.flow.lists["town"]] == ["kyaka_II", "other"]
    assert found.flow.lists["town"][0].columns == {"original_name": "kyaka II"}
    assert found.flow.lists["place"][0].columns == {"town": "kyaka_II"}
    assert steps(found)[2].when == '${t} = "kyaka_II"'
    assert ("choices:2", "B", "recoded") in said(found)


def test_a_read_only_question_is_said_and_calculated():
    survey = """
    | type | name | label | calculation | read_only |
    | text | total | Your total | 1 + 1 | yes |
    """
    calculated, note = steps(read(survey))
    assert (calculated.name, calculated.value) == ("total", "1 + 1")
    assert (note.name, note.text.by_language["eng"]) == ("total_note", "Your total")


def test_a_calculated_question_without_words_is_a_calculation():
    survey = "| type | name | label | calculation |\n| text | a | | 'x' |"
    assert isinstance(one(survey), Calculate)


def test_curly_quotation_marks_in_conditions_are_straightened():
    survey = "| type | name | label | relevant |\n| text | a | A? | |\n| text | b | B? | ${a} = ‘x’ |"
    assert steps(read(survey))[1].when == "${a} = 'x'"


def test_a_list_may_stand_in_a_file_beside_the_form():
    survey = """
    | type | name | label | parameters | choice_filter |
    | select_one_from_file camps.csv | a | Camp? | value=code label=title | area = 'n' |
    """
    files = {"camps.csv": b"code,title,area\nc1,Camp 1,n\nc2,Camp 2,s\n"}
    found = read(survey, attached=files)
    (step,) = steps(found)
    assert (step.list, step.filter) == ("camps", "area = 'n'")
    assert [(option.code, option.label.by_language["eng"]) for option in found.flow.lists["camps"]] == [
        ("c1", "Camp 1"),
        ("c2", "Camp 2"),
    ]


def test_a_list_may_be_a_workbook_or_geojson():
    survey = """
    | type | name | label |
    | select_multiple_from_file x.xlsx | a | A? |
    | select_one_from_file y.geojson | b | B? |
    """
    places = b'{"features": [{"id": "p1", "properties": {"title": "Well", "kind": "water"}}]}'
    files = {"x.xlsx": workbook("| name | label |\n| a | A |"), "y.geojson": places}
    flow = read(survey, attached=files).flow
    assert [option.code for option in flow.lists["x"]] == ["a"]
    (well,) = flow.lists["y"]
    assert (well.code, well.label.by_language["eng"], dict(well.columns)["kind"]) == ("p1", "Well", "water")


def test_ten_thousand_choices_are_one_list():
    choices = "| list_name | name | label |\n" + "".join(
        f"| big | c{n} | Choice {n} |\n" for n in range(10_000)
    )
    flow = read("| type | name | label |\n| select_one big | a | A? |", choices).flow
    assert len(flow.lists["big"]) == 10_000
    assert isinstance(flow.steps[0], Ask)
