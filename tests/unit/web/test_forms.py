"""Forms: what is cleaned, what is said, and when the same form is the same."""

import io
from collections.abc import Iterator

import pytest
import wtforms
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st
from wtforms import validators

from gateway.web import forms, uploads
from gateway.web.forms import Form, choice, clean
from gateway.web.uploads import UploadField


class Place(Form):
    name = wtforms.StringField("Name", [validators.InputRequired(), validators.Length(min=3, max=9)])
    people = wtforms.IntegerField("People", [validators.Optional(), validators.NumberRange(1, 9)])
    kind = wtforms.SelectField("Kind", choices=[choice("camp", "Camp"), choice("town", "Town")])
    secret = wtforms.PasswordField("Secret")


class Table(Form):
    file = UploadField("File", largest=1000)


@pytest.fixture
def app() -> Flask:
    return Flask(__name__)


@pytest.fixture
def sent(app: Flask) -> Iterator[object]:
    def send(**form: object) -> object:
        context = app.test_request_context("/places", method="POST", data=form)
        context.push()
        g.language = "eng"
        opened.append(context)
        return context

    opened: list[object] = []
    yield send
    for context in reversed(opened):
        context.pop()


def test_a_form_that_was_not_sent_shows_what_there_is(app: Flask):
    with app.test_request_context("/places"):
        g.language = "eng"
        form = Place(data={"name": "Here", "people": 3})
        assert (form.name.data, form.is_right(), form.status, form.faults) == ("Here", False, 200, [])


def test_a_right_form_holds_cleaned_words(sent):
    sent(name="  Ka\u0304bul\0 ", people="۷", kind="camp", secret=" two words ")
    form = Place()
    assert form.is_right()
    assert form.data == {"name": "K\u0101bul", "people": 7, "kind": "camp", "secret": " two words "}


def test_faults_are_plain_sentences_and_nothing_is_lost(sent):
    sent(name="Kabul-Kabul", people="many", kind="moon")
    form = Place()
    assert not form.is_right()
    assert form.status == 422
    assert form.faults == [
        ("name", "Name", "Please write 3 to 9 characters."),
        ("people", "People", "Please write a whole number."),
        ("kind", "Kind", "Please choose one of the list."),
    ]
    assert 'value="Kabul-Kabul"' in form.name()
    assert 'value="many"' in form.people()


def test_every_sentence_of_the_library_that_ours_can_say_is_one_of_ours(sent):
    for name, people in (("", "0"), ("ab", "77"), ("abc", "")):
        sent(name=name, people=people, kind="camp")
        form = Place()
        form.is_right()
        for _, _, sentence in form.faults:
            assert "field" not in sentence.lower()
            assert sentence.startswith(("Please", "The ", "This "))


def test_a_file_comes_back_read_and_a_wrong_one_says_why(sent):
    sent(file=(io.BytesIO(b"a,b\n1,2\n"), "list.xlsx"))
    form = Table()
    assert form.is_right()
    assert form.file.data.kind == "csv"
    for data, code in ((b"\xff\xfea\0", "not_utf8"), (b"x" * 1001, "too_large")):
        sent(file=(io.BytesIO(data), "list.csv"))
        form = Table()
        assert not form.is_right()
        assert form.faults == [("file", "File", uploads.FAULTS[code])]
    sent()
    form = Table()
    assert not form.is_right()
    assert form.faults[0][2] == "Please choose a file."


class Everything(Form):
    text = wtforms.StringField("Text", [validators.InputRequired(), validators.Length(max=9)])
    long = wtforms.TextAreaField("Long")
    day = wtforms.DateField("Day")
    time = wtforms.TimeField("Time")
    number = wtforms.IntegerField("Number", [validators.NumberRange(1, 9)])
    one = wtforms.SelectField("One", choices=[choice("a", "A")])
    some = wtforms.SelectMultipleField("Some", choices=[choice("a", "A")])
    tick = wtforms.BooleanField("Tick")
    secret = wtforms.PasswordField("Secret")
    file = UploadField("File", largest=10)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("words", [None, "", "a", "\0", "-1", "9999-99-99"])
def test_a_file_where_words_belong_is_no_word_and_every_field_can_still_be_drawn(sent, times, words):
    def both() -> list[object]:
        said = [] if words is None else [words]
        return [*((io.BytesIO(b"\xff"), "a.csv") for _ in range(times)), *said * times]

    sent(
        **{
            name: both()
            for name in ("text", "long", "day", "time", "number", "one", "some", "tick", "secret", "file")
        }
    )
    form = Everything()
    assert not form.is_right()
    for field in form:
        assert field()
        assert all(isinstance(error, str) for error in field.errors)
    assert form.text.data in {None, "", *([words.strip("\0")] if words else [])}


@given(st.text())
def test_cleaning_is_done_once(text: str):
    once = clean(text)
    assert clean(once) == once
    assert "\0" not in once


def test_cleaning_keeps_what_is_spelling():
    assert clean("می\u200cخواهم") == "می\u200cخواهم"


def test_the_same_form_is_the_same_and_other_words_are_another(app: Flask):
    def hashed(path: str = "/places", key: str = "k", **form: str) -> bytes:
        with app.test_request_context(path, method="POST", data=form):
            return forms._hash(key)

    same = hashed(name="a", form_token="one", form_key="k")
    assert hashed(name="a", form_token="two", form_key="k") == same
    others = [
        hashed(name="b"),
        hashed("/other", name="a"),
        hashed(key="l", name="a"),
        hashed(name="a", more=""),
    ]
    assert len({same, *others}) == 5
