"""`paigham flow check` and `paigham flow run`."""

import json

import pytest

GOOD = """
spec: paigham.flow/1
flow: water
title: Water
languages: [eng, fra]
purpose: Know whether water comes
owner: im_officer
retention: survey_link
outbound: false
steps:
  - ask: water
    type: select_one
    text: {eng: "Did water come today?", fra: "L'eau est-elle venue ?"}
    options:
      - {code: "yes", label: {eng: "Yes", fra: "Oui"}}
      - {code: "no", label: {eng: "No", fra: "Non"}}
  - say: thanks
    text: {eng: "Thank you.", fra: "Merci."}
"""
TEST = """
tests:
  - name: Somebody says yes
    talk: [{says: "1"}, {hears: "Thank you."}]
    answers: {water: "yes"}
    ends: completed
"""


@pytest.fixture
def water(tmp_path):
    path = tmp_path / "water.yaml"
    path.write_text(GOOD + TEST)
    return path


def errors(told):
    return [line for line in told.out.splitlines() if ": error:" in line]


def test_a_good_flow_has_no_errors(call, water):
    told = call("flow", "check", water)
    assert (told.code, errors(told)) == (0, [])


def test_faults_are_told_with_file_line_and_step_and_give_1(call, water):
    water.write_text(GOOD.replace("type: select_one", "type: select_many") + "    goto: nowhere\n")
    told = call("flow", "check", water)
    assert told.code == 1
    assert any("step “water”" in line for line in errors(told))
    assert any("There is no step “nowhere” to go to." in line for line in errors(told))
    assert all(line.startswith(f"{water}:") for line in errors(told))


def test_a_flows_own_test_that_fails_is_an_error(call, water):
    water.write_text(GOOD + TEST.replace("Thank you.", "Goodbye."))
    told = call("flow", "check", water)
    assert told.code == 1
    assert "Somebody says yes" in errors(told)[0]


def test_findings_are_json_for_machines(call, water):
    water.write_text(GOOD.replace("owner: im_officer\n", ""))
    told = call("flow", "check", "--json", water, "satisfaction")
    rows = json.loads(told.out)
    assert told.code == int(any(row["severity"] == "error" for row in rows))
    assert {row["file"] for row in rows} <= {str(water), "satisfaction"}
    assert any(row["file"] == str(water) for row in rows)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.yaml", "engine_texts"])
def test_a_flow_that_is_not_there_is_one_sentence(call, name):
    told = call("flow", "check", name)
    if name != "engine_texts":
        assert told.code == 2
        assert "satisfaction" in told.err
        assert "engine_texts" not in told.err.partition("Those that do")[2]
    else:
        assert told.code == 1


def test_a_file_that_is_no_text_is_one_sentence(call, tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    told = call("flow", "run", path)
    assert told.code == 2
    assert told.err.endswith("cannot be read as a text file.\n")


def test_a_talk_is_printed_as_it_went(call, water):
    told = call("flow", "run", water, stdin="what\n1\n")
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[:3] == ["< Did water come today?", "  1) Yes", "  2) No"]
    assert "> what" in lines
    assert "> 1" in lines
    assert lines[-2:] == ["< Thank you.", "(RunEnded: completed)"]


def test_a_talk_in_another_language_and_on_a_messenger(call, water):
    told = call("flow", "run", water, "--language", "fra", "--channel", "telegram", stdin="Oui\n")
    assert "< L'eau est-elle venue ?\n  [Oui]\n  [Non]\n" in told.out
    assert "< Merci." in told.out
    assert '"matched": "code"' in told.out


def test_events_are_json_one_a_line(call, water):
    told = call("flow", "run", "--json", water, stdin="2\n")
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert [row["event"] for row in rows] == [
        "MessageSaid",
        "WaitStarted",
        "AnswerGiven",
        "MessageSaid",
        "RunEnded",
    ]
    assert rows[2]["value"] == "no"


def test_silence_and_reminders_can_be_tried(call, water):
    told = call("flow", "run", water, stdin="/remind\n/silence\n")
    assert told.out.count("Did water come today?") == 2
    assert told.out.endswith("(RunEnded: expired)\n")


def test_a_talk_that_stops_says_what_it_waits_for(call, water):
    assert call("flow", "run", water).out.endswith("(It waits for an answer to “water”.)\n")


def test_facts_about_the_person_can_be_given(call, water):
    water.write_text(GOOD.replace("  - say: thanks\n", "  - say: thanks\n    when: \"${area} = 'north'\"\n"))
    assert "Thank you." in call("flow", "run", water, "--field", "area=north", stdin="1\n").out
    assert "Thank you." not in call("flow", "run", water, "--field", "area=south", stdin="1\n").out
    assert call("flow", "run", water, "--field", "area").code == 2


def test_a_flow_with_faults_is_not_run(call, water):
    water.write_text("spec: nothing")
    told = call("flow", "run", water)
    assert told.code == 1
    assert "error" in told.out


def test_tests_are_run_and_a_failing_one_is_shown_with_its_talk(call, water):
    good = call("flow", "test", water)
    assert good.code == 0
    assert "passed: Somebody says yes" in good.out
    water.write_text((GOOD + TEST).replace('Thank you."}]', 'Nothing."}]'))
    bad = call("flow", "test", water)
    assert bad.code == 1
    assert "FAILED: Somebody says yes" in bad.out
    assert "> 1" in bad.out
    water.write_text(GOOD)
    assert call("flow", "test", water).code == 1


def test_the_schema_is_printed(call):
    shown = json.loads(call("flow", "schema").out)
    assert shown["properties"]["steps"]


def test_a_file_of_the_older_spec_is_rewritten_once(call, water):
    assert "would be rewritten" in call("flow", "migrate", "--dry-run", water).out
    assert "paigham.flow/1" in water.read_text()
    assert call("flow", "migrate", water).code == 0
    assert water.read_text() == (GOOD + TEST).replace("flow/1", "flow/2")
    assert "nothing to do" in call("flow", "migrate", water).out
    water.write_text("spec: other")
    assert call("flow", "migrate", water).code == 1
