"""Forms, brought and then talked to: what each kind of row is for somebody with a phone."""

import pytest
from form_builders import read, refused

from flows import load as load_yaml
from flows import rehearsal, writing

YES_NO = "| list_name | name | label |\n| yn | yes | Yes |\n| yn | no | No |"


def talk(survey, *turns, choices=YES_NO, files=None, **expected):
    """Bring a form, make it a draft, read the draft, and talk to it: strings are said, mappings are turns."""
    found = read(survey, choices, attached=files or {})
    assert refused(found) == []
    flow = load_yaml(writing.write(found.flow))
    more = {key: expected.pop(key) for key in ("channel", "places", "language") if key in expected}
    steps = [{"says": turn} if isinstance(turn, str) else turn for turn in turns]
    result = rehearsal.rehearse(flow, {"name": "a form", "talk": steps, **more, **expected})
    assert result.failures == (), result.transcript
    return result


@pytest.mark.parametrize(
    ("kind", "reply", "answer"),
    [
        ("text", "near the well", "near the well"),
        ("integer", "۱۲", 12),
        ("decimal", "1,5", 1.5),
        ("date", "9 March 2031", "2031-03-09"),
        ("time", "14:30", "14:30"),
        ("select_one yn", "2", "no"),
        ("select_multiple yn", "1 2", ["yes", "no"]),
        ("rank yn", "2 1", ["no", "yes"]),
        ("acknowledge", "1", "OK"),
        ("range", "7", 7),
    ],
)
def test_each_kind_of_question_is_asked_and_answered(kind, reply, answer):
    result = talk(
        f"| type | name | label |\n| {kind} | q | Well? |", {"hears": "Well?"}, reply, ends="completed"
    )
    flow = read(f"| type | name | label |\n| {kind} | q | Well? |", YES_NO).flow
    test = {"talk": [{"says": reply}], "answers": {"q": answer}}
    assert rehearsal.rehearse(flow, test).failures == (), result.transcript


def test_notes_are_said_and_conditions_decide():
    survey = """
    | type | name | label | relevant |
    | select_one yn | water | Water? | |
    | note | sorry | We are sorry | ${water} = 'no' |
    | note | thanks | Thank you | ${water} = 'yes' |
    """
    talk(survey, "2", {"hears": "We are sorry"}, {"does_not_hear": "Thank you"}, ends="completed")
    talk(survey, "1", {"hears": "Thank you"}, {"does_not_hear": "sorry"}, ends="completed")


def test_constraints_and_their_message():
    survey = """
    | type | name | label | constraint | constraint_message |
    | integer | age | Age? | . >= 0 and . < 120 | From 0 to 119, please |
    """
    talk(survey, "300", {"hears": "From 0 to 119, please"}, "30", answers={"age": 30}, ends="completed")


def test_required_questions_are_not_skipped():
    survey = "| type | name | label | required |\n| text | why | Why? | yes |"
    talk(survey, "skip", "because", answers={"why": "because"}, ends="completed")
    talk(survey.replace("| yes |", "| no |"), "skip", ends="completed")


def test_calculations_follow_answers():
    survey = """
    | type | name | label | calculation | relevant |
    | integer | girls | Girls? | | |
    | integer | boys | Boys? | | |
    | calculate | children | | ${girls} + ${boys} | |
    | note | many | A large family | | ${children} > 3 |
    """
    talk(survey, "2", "3", {"hears": "A large family"}, ends="completed")
    talk(survey, "1", "1", {"does_not_hear": "A large family"}, ends="completed")


def test_hidden_values_are_known_to_conditions():
    survey = """
    | type | name | label | default | relevant |
    | hidden | season | | winter | |
    | note | cold | Keep warm | | ${season} = 'winter' |
    """
    talk(survey, {"hears": "Keep warm"}, ends="completed")


def test_groups_are_passed_over_together():
    survey = """
    | type | name | label | relevant |
    | select_one yn | home | At home? | |
    | begin_group | house | House | ${home} = 'yes' |
    | begin_group | rooms | Rooms | |
    | integer | count | How many rooms? | |
    | end_group | | | |
    | text | roof | Which roof? | |
    | end_group | | | |
    | note | bye | Goodbye | |
    """
    talk(survey, "2", {"hears": "Goodbye"}, ends="completed")
    talk(
        survey, "1", {"hears": "How many rooms?"}, "3", {"hears": "Which roof?"}, "tin", {"hears": "Goodbye"}
    )


def test_a_repeat_goes_as_often_as_its_count_says():
    survey = """
    | type | name | label | repeat_count | calculation | relevant |
    | integer | people | How many? | | | |
    | begin_repeat | person | Person | ${people} | | |
    | integer | age | Age? | | | |
    | end_repeat | | | | | |
    | calculate | total | | | sum(${age}) | |
    | note | old | Together a hundred | | | ${total} = 100 |
    """
    talk(survey, "2", "60", "40", {"hears": "Together a hundred"}, ends="completed")


def test_a_repeat_without_a_count_asks_whether_there_is_another():
    survey = """
    | type | name | label |
    | begin_repeat | child | Child |
    | integer | age | Age? |
    | end_repeat | | |
    | note | bye | Goodbye |
    """
    talk(survey, "4", "1", {"hears": "Age?"}, "6", "2", {"hears": "Goodbye"}, ends="completed")


def test_cascading_choices_depend_on_the_answer_before():
    survey = """
    | type | name | label | choice_filter |
    | select_one province | p | Province? | |
    | select_one district | d | District? | province = ${p} |
    """
    choices = """
    | list_name | name | label | province |
    | province | ka | Kabul | |
    | province | he | Herat | |
    | district | ka1 | Bagrami | ka |
    | district | he1 | Injil | he |
    | district | he2 | Guzara | he |
    """
    talk(
        survey,
        "2",
        {"hears": "Injil"},
        {"does_not_hear": "Bagrami"},
        "Guzara",
        choices=choices,
        answers={"p": "he", "d": "he2"},
    )


def test_other_is_asked_in_words():
    survey = "| type | name | label |\n| select_one yn or_other | water | Water? |"
    talk(
        survey,
        "3",
        {"hears": "Which other?"},
        "a river",
        answers={"water": "other", "water_other": "a river"},
    )


def test_long_lists_are_answered_by_typing():
    choices = "| list_name | name | label |\n" + "".join(f"| camp | c{n} | Camp {n} |\n" for n in range(300))
    choices += "| camp | katsi | Katsikas |\n"
    survey = "| type | name | label | appearance |\n| select_one camp | camp | Which camp? | autocomplete |"
    talk(survey, "Katsikas", choices=choices, answers={"camp": "katsi"}, ends="completed")


def test_a_list_in_a_file_is_a_list_like_others():
    survey = "| type | name | label |\n| select_one_from_file camps.csv | camp | Which camp? |"
    talk(survey, "2", files={"camps.csv": b"name,label\na,North\nb,South\n"}, answers={"camp": "b"})


def test_a_geopoint_is_shared_on_a_messenger_and_named_on_sms():
    survey = "| type | name | label |\n| geopoint | where | Where are you? |"
    shared = {"where": "34.50000 69.20000 0 0"}
    talk(survey, {"shares": [34.5, 69.2]}, channel="telegram", answers=shared, ends="completed")
    talk(survey, "Bagrami", places={"Bagrami": "AF0105"}, answers={"where": "AF0105"}, ends="completed")


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file"])
def test_media_are_sent_on_a_messenger(kind):
    survey = f"| type | name | label |\n| {kind} | shown | Show us? |"
    talk(survey, {"sends": "m-1"}, channel="telegram", ends="completed")


def test_hints_come_when_somebody_asks():
    survey = "| type | name | label | hint |\n| text | a | Which card? | The blue one |"
    talk(survey, {"does_not_hear": "The blue one"}, "?", {"hears": "The blue one"})


def test_a_default_stands_in_for_what_is_skipped():
    survey = "| type | name | label | default |\n| integer | litres | How many litres? | 20 |"
    talk(survey, "skip", answers={"litres": 20}, ends="completed")


def test_each_speaks_their_own_language():
    survey = """
    | type | name | label::English (en) | label::Urdu (ur) |
    | select_one yn | water | Is there water? | کیا پانی ہے؟ |
    """
    choices = """
    | list_name | name | label::English (en) | label::Urdu (ur) |
    | yn | yes | Yes | ہاں |
    | yn | no | No | نہیں |
    """
    talk(survey, {"hears": "کیا پانی ہے؟"}, "نہیں", choices=choices, language="urd", answers={"water": "no"})


def test_short_words_are_used_on_sms():
    words = (
        "Which of these places did the people of your household go to for water during the last seven days, "
    )
    survey = f"| type | name | label | sms_label |\n| text | a | {words}{words} | Water from where? |"
    talk(survey, {"hears": "Water from where?"}, {"does_not_hear": "household"})
    talk(survey, {"hears": "household"}, channel="telegram")
