"""Tokens under masks, and what is random in a page."""

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from gateway.web import tokens


@given(st.text(min_size=1, max_size=200))
def test_a_masked_secret_comes_back_and_never_looks_the_same(secret):
    first, second = tokens.mask(secret), tokens.mask(secret)
    assert tokens.unmask(first) == tokens.unmask(second) == secret
    assert first != second or len(secret) < 3


@given(
    st.one_of(st.none(), st.text(max_size=80), st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")))
)
def test_what_is_no_mask_of_ours_is_nothing(found):
    opened = tokens.unmask(found)
    assert opened is None or isinstance(opened, str)


def test_a_page_without_its_random_words_says_the_same_each_time():
    app = Flask(__name__)

    def page() -> str:
        with app.app_context():
            text = f"<p>{tokens.random_word(9)} {tokens.mask('a secret')}</p>"
            return tokens.without_random(text)

    assert page() == page() == "<p> </p>"


def test_a_response_has_one_nonce_and_the_next_another():
    app = Flask(__name__)
    with app.app_context():
        first = tokens.nonce()
        assert tokens.nonce() == first
        assert len(first) >= 22
    with app.app_context():
        assert tokens.nonce() != first
