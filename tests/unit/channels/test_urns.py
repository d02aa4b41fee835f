"""Addresses: one way to write each, and none that cannot exist."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.urns import InvalidUrn, mask, normalise

digits = st.text("0123456789", min_size=1, max_size=15)
codes = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


@pytest.mark.parametrize(
    ("raw", "region", "urn"),
    [
        ("+923001234567", None, "tel:+923001234567"),
        ("0300 1234567", "PK", "tel:+923001234567"),
        ("۰۳۰۰۱۲۳۴۵۶۷", "PK", "tel:+923001234567"),
        ("923001234567", "PK", "tel:+923001234567"),
        ("00923001234567", None, "tel:+923001234567"),
        (" +92 (300) 123-45-67 ", None, "tel:+923001234567"),
        ("+44 (0)1632 960001", None, "tel:+441632960001"),
        ("+4401632960001", None, "tel:+441632960001"),
        ("+390612345678", None, "tel:+390612345678"),
        ("12345", "PK", "short:12345"),
        ("911", None, "short:911"),
        ("911", "US", "short:911"),
        ("712345", "AD", "tel:+376712345"),
    ],
)
def test_a_phone_number_is_written_in_one_way(raw: str, region: str | None, urn: str):
    assert normalise("tel", raw, region=region) == urn


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "+",
        "abc",
        "0300 FLOWERS",
        "احمد",
        "+92",
        "+921",
        "+9230012345678901",
        "+999123456789",
        "1" * 70,
        "+92300\n\n",
    ],
)
@pytest.mark.parametrize("region", [None, "PK"])
def test_what_cannot_be_a_phone_number_is_refused_and_not_quoted(raw: str, region: str | None):
    with pytest.raises(InvalidUrn) as raised:
        normalise("tel", raw, region=region)
    assert not raw or raw not in str(raised.value)
    assert raised.value.__context__ is None
    assert raised.value.code == "invalid_urn"


@pytest.mark.parametrize(
    ("scheme", "raw", "urn"),
    [
        ("short", "InfoBank", "short:InfoBank"),
        ("short", "40404", "short:40404"),
        ("telegram", "4711", "telegram:4711"),
        ("telegram", " 6789012345 ", "telegram:6789012345"),
        ("simulator", "amina", "simulator:amina"),
        ("simulator", "آمنه-2", "simulator:آمنه-2"),
    ],
)
def test_other_addresses_are_kept_as_they_are(scheme: str, raw: str, urn: str):
    assert normalise(scheme, raw, region=None) == urn


@pytest.mark.parametrize(
    ("scheme", "raw"),
    [
        ("short", ""),
        ("short", "a" * 12),
        ("short", "+923001234567"),
        ("telegram", "-100123"),
        ("telegram", "0"),
        ("telegram", "۴۷۱۱"),
        ("telegram", "x"),
        ("simulator", ""),
        ("simulator", "two words"),
        ("simulator", "tel:1"),
        ("pigeon", "post"),
    ],
)
def test_other_addresses_that_cannot_be_are_refused(scheme: str, raw: str):
    with pytest.raises(InvalidUrn):
        normalise(scheme, raw, region="PK")


@given(st.text(max_size=70), st.sampled_from([None, "PK", "MM", "IT", "US"]))
@example("+4400", None)
def test_any_text_gives_an_address_or_a_refusal(raw: str, region: str | None):
    try:
        urn = normalise("tel", raw, region=region)
    except InvalidUrn:
        return
    scheme, _, address = urn.partition(":")
    assert address.removeprefix("+").isascii()
    assert address.removeprefix("+").isdigit()
    assert normalise(scheme, address, region=region) == urn, "an address is its own one way"


@given(codes, digits)
def test_the_fast_way_agrees_with_the_slow_one(code: int, national: str):
    raw = f"+{code}{national}"
    assert attempt(raw) == attempt(f"{raw} "), "the blank sends it the slow way"


def attempt(raw: str) -> str | None:
    try:
        return normalise("tel", raw, region=None)
    except InvalidUrn:
        return None


@pytest.mark.parametrize(
    "region",
    [region for region in sorted(phonenumbers.SUPPORTED_REGIONS) if phonenumbers.example_number(region)],
)
def test_an_example_number_of_every_country_is_accepted(region: str):
    number = phonenumbers.example_number(region)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert normalise("tel", e164, region=None) == f"tel:{e164}"
    assert normalise("tel", national, region=region) == f"tel:{e164}"


@pytest.mark.parametrize(
    ("urn", "shown"),
    [
        ("tel:+923001234567", "•••• 4567"),
        ("telegram:6789012345", "•••• 2345"),
        ("telegram:4711", "•••• 1"),
        ("short:911", "••••"),
        ("simulator:amina", "•••• a"),
        ("", "••••"),
    ],
)
def test_a_masked_address_shows_its_end_alone(urn: str, shown: str):
    assert mask(urn) == shown


@given(st.text(max_size=40))
def test_a_mask_hides_at_least_half(address: str):
    shown = mask(f"tel:{address}").removeprefix("••••").removeprefix(" ")
    assert len(shown) <= len(address) / 2
