"""Questions that could harm are refused in every language; near misses are not."""

from pathlib import Path

import pytest
import yaml

from flows import harm

TABLES = {
    path.stem: yaml.safe_load(path.read_text("utf-8"))
    for path in (Path(__file__).parent / "harm").glob("*.yaml")
}
HARMFUL = [
    (language, key, question)
    for language, table in TABLES.items()
    for key, questions in table["harmful"].items()
    for question in questions
]
HARMLESS = [(language, question) for language, table in TABLES.items() for question in table["harmless"]]
REFUSED = [(language, question) for language, table in TABLES.items() for question in table["refused"]]
LEAST = 30  # of each kind in each language


def test_every_language_has_a_table_of_its_own():
    assert set(TABLES) == set(harm.LANGUAGES)
    for language, table in TABLES.items():
        assert set(table["harmful"]) == set(harm.TOPICS), language
        assert sum(map(len, table["harmful"].values())) >= LEAST, language
        assert len(set(table["harmless"])) >= LEAST, language


@pytest.mark.parametrize(("language", "key", "question"), HARMFUL)
def test_a_question_that_could_harm_is_refused(language, key, question):
    refused = {hit.topic for hit in harm.look(question, language) if hit.refused}
    assert harm.TOPICS[key] in refused


@pytest.mark.parametrize(("language", "question"), HARMLESS)
def test_a_near_miss_is_not_refused(language, question):
    assert [hit for hit in harm.look(question, language) if hit.refused] == []


@pytest.mark.parametrize(("language", "question"), REFUSED)
def test_what_was_written_without_looking_at_the_lists_is_refused_by_one_subject_or_another(
    language, question
):
    assert [hit for hit in harm.look(question, language) if hit.refused]
