"""What people receive: every text in every shipped language, whole, and short enough for a phone."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows
from flows.definition import Ask
from flows.languages import LANGUAGES, SHIPPED, SOURCE
from gateway import i18n, segments, texts
from gateway.fakes.people import Habit, Person, phrases
from gateway.fakes.wire import Heard
from gateway.services import flow_store
from locales import update

TRANSLATED = [language for language in SHIPPED if language != SOURCE]
LIBRARY = flow_store.library()
MOST_SEGMENTS = 3


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("domain", [i18n.GATEWAY, i18n.FLOWS])
def test_a_catalog_says_whether_a_native_speaker_has_read_it(language: str, domain: str) -> None:
    path = Path(update.FOLDER) / language / "LC_MESSAGES" / f"{domain}.po"
    assert re.search(
        r'^"X-Paigham-Status: (machine-drafted|reviewed)\\n"$', path.read_text("utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("template", list(texts.Template))
def test_a_system_text_is_translated_whole_and_fits(template: texts.Template, language: str) -> None:
    for msgid in _wordings(template):
        text = i18n.catalog(i18n.GATEWAY, language).get(msgid)
        assert text, "not translated"
        assert texts.placeholders(text) == texts.placeholders(msgid)
        longest = re.sub(r"\{[^}]*\}", "0800 123 456", text)
        assert segments.size(longest).segments <= MOST_SEGMENTS


@pytest.mark.parametrize("flow", LIBRARY, ids=lambda flow: flow.code)
def test_a_library_flow_passes_its_own_check_in_every_language(flow: flows.Flow) -> None:
    findings = flows.check(flow)
    bad = [f for f in findings if f.severity == "error" or "missing" in f.code]
    assert [f"{f.step} {f.language} {f.code}: {f.sentence}" for f in bad] == []
    assert set(flow.languages) == set(SHIPPED)


@pytest.mark.parametrize("flow", LIBRARY, ids=lambda flow: flow.code)
def test_the_tests_inside_a_library_flow_pass(flow: flows.Flow) -> None:
    assert [result for result in flows.run_tests(flow) if not result.passed] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_library_flows_is_translated(language: str) -> None:
    wanted = {entry.id for entry in update.flow_texts()}
    assert wanted - set(i18n.catalog(i18n.FLOWS, language)) == set()


@given(st.text(max_size=40), st.sampled_from([*SHIPPED, "xxx", "pbt", "kac", ""]))
def test_a_missing_translation_is_never_empty_and_never_an_error(msgid: str, language: str) -> None:
    text, used = i18n.translate(i18n.GATEWAY, msgid, language)
    assert (text == msgid) if used == SOURCE else text


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_language_of_the_table_can_be_formatted(language: str) -> None:
    from datetime import UTC, datetime

    moment = datetime(2031, 3, 9, 8, 5, tzinfo=UTC)
    assert i18n.format_date(moment.date(), language)
    assert i18n.format_datetime(moment, language, "Asia/Karachi")
    assert i18n.format_number(1234.5, language)
    assert i18n.direction(language) in {"rtl", "ltr"}
    assert i18n.ngettext_for(language)("one", "many", 2)


def _wordings(template: texts.Template) -> list[str]:
    wording = texts.wordings()[template]
    both = {wording.text, wording.otherwise}
    return [text for text in both if re.search(r"[A-Za-z]{2}", re.sub(r"\{.*?\}", "", text))]


@pytest.mark.parametrize("language", list(phrases()))
def test_simulated_people_see_that_an_open_question_asks_something(language: str) -> None:
    person = Person("twilio", "+923000000000", language=language, habit=Habit.DIGITS, seed=1)
    for flow in LIBRARY:
        for step in flow.steps:
            if isinstance(step, Ask) and not step.options:
                for text in filter(None, (step.text, step.short)):
                    heard = Heard("twilio", "+923000000000", "", text.by_language.get(language, ""))
                    assert person.hear(heard) is not None, f"{flow.code}.{step.name}"
