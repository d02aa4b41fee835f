"""A mask shows the end of an address and nothing else, whatever the address is made of."""

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.urns import mask

DOTS = "••••"
SCHEMES = st.sampled_from(["tel", "short", "telegram", "simulator"])
# Digits of every script, letters of every script, and what joins and marks them.
LETTERS = st.characters(categories=["L", "N", "M", "Cf", "P", "S"])
ADDRESSES = st.text(LETTERS, min_size=1, max_size=40)
PAIRS = st.integers(4, 20).flatmap(
    lambda size: st.tuples(*[st.text(LETTERS, min_size=size, max_size=size)] * 2)
)
NUMBERS = st.text("0123456789", min_size=7, max_size=14).map("+{}".format)


@given(SCHEMES, ADDRESSES | NUMBERS)
@example("tel", "+923005550111")
@example("simulator", "amina")
@example("short", "8080")
@example("telegram", "4711")
@example("simulator", "زرغونه زرغونه")
def test_a_mask_shows_at_most_four_characters_and_at_most_half(scheme: str, address: str) -> None:
    shown = mask(f"{scheme}:{address}").removeprefix(DOTS).removeprefix(" ")
    assert address.endswith(shown)
    assert len(shown) <= 4
    assert 2 * len(shown) <= len(address)


@given(SCHEMES, PAIRS, st.text("0123456789", min_size=4, max_size=4))
def test_addresses_of_one_length_that_end_alike_look_alike(
    scheme: str, pair: tuple[str, str], end: str
) -> None:
    one, other = pair
    assert mask(f"{scheme}:{one}{end}") == mask(f"{scheme}:{other}{end}")


@given(SCHEMES, st.text(LETTERS, min_size=1, max_size=7))
def test_a_short_address_shows_a_quarter_at_the_most(scheme: str, address: str) -> None:
    shown = mask(f"{scheme}:{address}").removeprefix(DOTS).removeprefix(" ")
    assert len(shown) <= len(address) // 4


@given(NUMBERS)
def test_a_masked_number_is_shared_by_thousands(number: str) -> None:
    """Seven digits and more: what is hidden has at least a thousand values."""
    assert len(number) - len(mask(f"tel:{number}").removeprefix(f"{DOTS} ")) >= 4
