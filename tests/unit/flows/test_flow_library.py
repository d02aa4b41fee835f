from pathlib import Path

import pytest
import yaml
from flow_builders import Phone

import flows
from flows.definition import AnswerType, Ask
from flows.findings import Severity
from flows.hearing import FIX
from flows.languages import SHIPPED
from flows.rendering import fits_one_sms, units
from flows.texts import engine_texts
from gateway.i18n import flow_catalogs

LIBRARY = Path(flows.__file__).parent / "library"
PATHS = sorted(path for path in LIBRARY.glob("*.yaml") if path.stem != "engine_texts")
NAMES = [path.stem for path in PATHS]
CLASS_A = {"PM18", "PM19", "PM22", "PM24", "PM27"}


def load(name, **more):
    return flows.load((LIBRARY / f"{name}.yaml").read_text(), **more)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_flow_is_sound_in_every_language_that_ships(name):
    flow = load(name, catalogs=flow_catalogs())
    assert flow.languages == SHIPPED
    assert [str(finding) for finding in flows.check(flow) if finding.severity is Severity.ERROR] == []
    assert flow.code == name
    assert flow.discreet


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_flow_needs_one_sms_a_step_in_english(name):
    long = [
        finding
        for finding in flows.check(load(name))
        if finding.code == "long_sms" and finding.language == "eng"
    ]
    assert long == []


@pytest.mark.parametrize("name", ["language", "language_and_consent"])
@pytest.mark.parametrize("language", SHIPPED)
def test_languages_are_offered_by_their_own_names_in_one_sms_whatever_was_spoken_before(name, language):
    flow = load(name, catalogs=flow_catalogs())
    menu = "1 English 2 اردو 3 پښتو 4 دری 5 العربية 6 မြန်မာ 7 Soomaali 8 Français"
    assert Phone(flow, flows.Contact(language)).heard == [menu]
    assert units(menu) == (70, 70)


@pytest.mark.parametrize("name", NAMES)
def test_the_short_forms_are_a_model_for_languages_that_need_ucs2(name):
    flow = load(name)
    forms = [step.short for step in flow.steps if isinstance(step, Ask) and step.short]
    forms += [
        variant.short
        for step in flow.steps
        if isinstance(step, Ask)
        for variant in step.variants
        if variant.short
    ]
    asked = [step for step in flow.steps if isinstance(step, Ask)]
    assert len(forms) >= len(asked)
    assert [form.by_language["eng"] for form in forms if units(form.by_language["eng"])[0] > 70] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_flow_passes_its_own_tests(name):
    assert [result.failures for result in flows.run_tests(load(name)) if not result.passed] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", SHIPPED)
def test_the_path_is_the_same_in_every_language(name, language):
    flow = load(name, catalogs=flow_catalogs())
    tests = [test | {"language": language} for test in flow.tests]
    for test in tests:  # What is heard differs; what happens does not.
        silent = {"talk": [turn for turn in test["talk"] if "hears" not in turn]}
        result = flows.rehearsal.rehearse(flow, test | silent)
        assert result.passed, result.failures


def test_the_engines_own_words_fit_one_sms_and_cover_every_kind_of_question():
    texts = engine_texts()
    for key, text in texts.items():
        words = text.by_language["eng"]
        assert fits_one_sms(words)
        assert not key.endswith(".short") or len(words) <= 70
        assert f"{key}.short" in texts or key.endswith(".short")
    assert {FIX[kind] for kind in AnswerType} <= set(texts)


def test_the_monitoring_round_asks_five_questions_of_class_a():
    flow = load("monitoring_services")
    asked = {step.indicator for step in flow.steps if isinstance(step, Ask)}
    assert asked == CLASS_A | {"CONSENT", "DEM-AGE", "DEM-SEX"}
    assert all(step.retries == 2 for step in flow.steps if isinstance(step, Ask))
    assert [after.total_seconds() / 3600 for after in flow.reminders] == [4, 24]
    assert flow.expires.total_seconds() / 3600 == 72


def test_free_text_in_shipped_flows_is_personal():
    for name in NAMES:
        for step in load(name).steps:
            if isinstance(step, Ask) and step.type in {AnswerType.TEXT, AnswerType.PLACE}:
                assert step.personal, (name, step.name)


def test_every_text_of_the_library_is_in_english_first():
    for name in NAMES:
        document = yaml.safe_load((LIBRARY / f"{name}.yaml").read_text())
        assert document["languages"][0] == "eng"


def test_the_example_in_the_readme_is_a_sound_flow_that_passes_its_tests():
    readme = (LIBRARY.parent / "README.md").read_text()
    flow = flows.load(readme.split("```yaml\n")[1].split("```")[0])
    assert [finding.code for finding in flows.check(flow) if finding.severity is Severity.ERROR] == []
    assert [result.passed for result in flows.run_tests(flow)] == [True]
