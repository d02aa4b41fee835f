"""Small readings at the door: codes in any script, names of devices, what a provider's word is worth."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web import devices, sso
from gateway.web.qr import QUIET_ZONE, picture
from gateway.web.security import digits
from gateway.web.sso import StrangeProvider

ZEROS = [chr(code) for code in range(0x10000) if unicodedata.decimal(chr(code), None) == 0]


@given(
    code=st.from_regex(r"[0-9]{6}", fullmatch=True),
    zero=st.sampled_from(ZEROS),
    gap=st.sampled_from(" -\u00a0"),
)
def test_six_digits_are_read_in_every_script_that_has_digits(code: str, zero: str, gap: str) -> None:
    native = "".join(chr(ord(zero) + int(sign)) for sign in code)
    assert digits(f" {native[:3]}{gap}{native[3:]} ") == code


@given(text=st.text(max_size=30))
def test_reading_a_code_never_fails_and_makes_digits_of_digits_only(text: str) -> None:
    read = digits(text)
    assert read == text or (read.isascii() and (read == "" or read.isdigit()))


@given(user_agent=st.text(max_size=200))
def test_a_device_is_called_by_names_of_our_own_only(user_agent: str) -> None:
    ours = {name for _, name in (*devices.BROWSERS, *devices.SYSTEMS)}
    parts = devices.label(user_agent).split(" on ")
    assert set(parts) <= ours | {""}


@given(text=st.text(st.characters(codec="ascii"), min_size=1, max_size=100))
def test_a_picture_is_a_square_with_a_white_edge(text: str) -> None:
    drawn = picture(text)
    places = [part.split("h")[0].split() for part in drawn["path"].split("M")[1:]]
    spots = {(int(x), int(y)) for x, y in places}
    inside = range(QUIET_ZONE, drawn["side"] - QUIET_ZONE)
    assert all(x in inside and y in inside for x, y in spots)
    corners = {(QUIET_ZONE, QUIET_ZONE), (drawn["side"] - QUIET_ZONE - 1, QUIET_ZONE)}
    assert corners <= spots


GOOD = {"iss": "https://id.example.org", "sub": "1", "email": "a@agency.example", "email_verified": True}
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2)
)


@given(name=st.sampled_from(["sub", "email", "email_verified"]), value=VALUES)
def test_a_word_with_one_strange_part_vouches_for_nobody_or_for_a_text(name: str, value: object) -> None:
    claims = {**GOOD, name: value}
    try:
        who = sso.vouched(claims, domains=frozenset())
    except StrangeProvider:
        return
    assert isinstance(who.subject, str)
    assert who.subject
    assert isinstance(who.email, str)
    assert claims["email_verified"] is True


@pytest.mark.parametrize(
    "email", ["a@agency.example.evil.example", "a@evil.example", "agency.example", "@", ""]
)
def test_only_the_whole_domain_counts(email: str) -> None:
    with pytest.raises(StrangeProvider):
        sso.vouched({**GOOD, "email": email}, domains=frozenset({"agency.example"}))
    assert sso.vouched({**GOOD, "email": " A@Agency.Example "}, domains=frozenset({"agency.example"}))
