"""Names and numbers as people search for them: spellings, scripts, beginnings and ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import names
from gateway.calendars import Digits, in_digits

NAMES = st.text(
    st.sampled_from("abcdefghklmnoprstuyz '-آأاپبتحخدذرزسشصعغفقکكگلمنوهةہیيى\u200c\u064eမောင်ခ"), max_size=40
)


@given(NAMES)
def test_a_name_is_found_by_itself_and_by_each_of_its_words(name: str) -> None:
    terms = names.name_terms(name)
    for asked in (names.read(name), *map(names.read, names.words(name))):
        assert all(terms.intersection(alternatives) for alternatives in asked.alternatives)
        assert asked.fits_name(name) == bool(asked.words)


@given(NAMES, st.data())
def test_the_first_letters_of_a_word_are_enough(name: str, data: st.DataObject) -> None:
    for word in names.words(name):
        if len(word) >= names.SHORTEST_PREFIX:
            beginning = word[: data.draw(st.integers(names.SHORTEST_PREFIX, len(word)))]
            asked = names.read(beginning)
            if asked.words == (beginning,):  # folding a part may fold more than it did of the whole
                assert all(names.name_terms(name).intersection(each) for each in asked.alternatives)
                assert asked.fits_name(name)


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_is_read_and_compared_without_a_fault(typed: str, name: str) -> None:
    asked = names.read(typed)
    assert asked.alternatives == [] or all(asked.alternatives)
    asked.fits_name(name)
    assert len(asked.words) <= names.MOST_WORDS


@given(
    st.from_regex(r"[1-9][0-9]{7,13}", fullmatch=True),
    st.integers(4, 14),
    st.sampled_from(["eng", "urd", "arb", "mya"]),
)
def test_a_number_is_found_by_its_last_four_digits_or_more_in_any_script(
    number: str, length: int, language: str
) -> None:
    asked = names.read(in_digits(number[-length:], language, Digits.OWN))
    assert asked.digits == number[-length:]
    assert names.number_terms(number).intersection(asked.alternatives[0])
    assert asked.fits_number(number)


@pytest.mark.parametrize(
    "typed",
    [
        "+92 300 555 0111",
        "0092-300-5550111",
        "0300 5550111",
        "(0300) 555.0111",
        "۰۳۰۰۵۵۵۰۱۱۱",
        "٥٥٥٠١١١",
        "0111",
        "\u202a+923005550111\u202c",
    ],
)
def test_a_number_is_found_however_it_is_written(typed: str) -> None:
    asked = names.read(typed)
    assert names.number_terms("923005550111").intersection(asked.alternatives[0])
    assert asked.fits_number("923005550111")


@pytest.mark.parametrize("typed", ["0112", "923005550112", "1300 5550111", "50 1111"])
def test_another_number_does_not_fit(typed: str) -> None:
    assert not names.read(typed).fits_number("923005550111")


@pytest.mark.parametrize("typed", ["011", "12 3", "B4K7 T2MX", "5550111x", "", "+"])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert names.read(typed).digits is None


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("muhammad", "Mohammed Khan"),
        ("Mohammad", "محمد"),
        ("محمد", "Muhamad Yusuf"),
        ("فاطمة", "Fatima"),
        ("Fatimah", "فاطمہ"),
        ("zarghona", "زرغونه"),
        ("احمد", "أَحْمَد"),
        ("كريم", "کریم"),
        ("KHAN zar", "Zarghuna Khan"),
        ("usman", "عثمان"),
        ("josé", "Jose"),
        ("obrien", "O’Brien"),
        ("علی رضا", "علی\u200cرضا علی رضا"),
    ],
)
def test_spellings_and_scripts_find_one_another(asked: str, name: str) -> None:
    read = names.read(asked)
    assert all(names.name_terms(name).intersection(each) for each in read.alternatives)
    assert read.fits_name(name)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("Ahmad", "Hamida"),
        ("za", "Zarghuna"),
        ("Khan Gul", "Zarghuna Khan"),
        ("Karim", "Kamal"),
        ("sara", "Zahra"),
    ],
)
def test_other_names_do_not_fit(asked: str, name: str) -> None:
    assert not names.read(asked).fits_name(name)


def test_a_word_of_two_letters_is_found_whole() -> None:
    assert names.read("Su").fits_name("Su Myat")
    assert names.name_terms("Su Myat").intersection(names.read("su").alternatives[0])
    assert not names.read("My").fits_name("Su Myat")


@given(NAMES)
def test_terms_are_few(name: str) -> None:
    most = names.MOST_WORDS * (len(names.BEGINNINGS) + 1)
    assert len(names.name_terms(name)) <= most


@pytest.mark.parametrize(
    ("urn", "digits"),
    [
        ("tel:+923005550111", "923005550111"),
        ("telegram:4711", "4711"),
        ("short:12345", None),
        ("simulator:ab.sms.1", None),
    ],
)
def test_numbers_are_searched_where_addresses_are_numbers(urn: str, digits: str | None) -> None:
    assert names.digits_of(urn) == digits


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        ("Omar", "عمر"),
        ("Aisha", "عایشہ"),
        ("Ibrahim", "ابراہیم"),
        ("Hussein", "حسین"),
        ("Khadija", "خدیجہ"),
        ("Ghulam", "غلام"),
        ("Shirin", "شیرین"),
        ("Noor", "نور"),
        ("Razia", "رضیہ"),
    ],
)
def test_common_names_sound_alike_in_both_scripts(latin: str, arabic: str) -> None:
    assert [names.sound(word) for word in names.words(latin)] == [
        names.sound(word) for word in names.words(arabic)
    ]
