"""Simulated people read what a phone shows, and answer each in their own way."""

from importlib.resources import files

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flows.disclosure import suspect
from gateway.fakes.crowd import MIX, Spawn
from gateway.fakes.people import DECISIVE, LATE_FACTOR, Habit, Person, Saying, phrases, read_options
from gateway.fakes.wire import Heard
from gateway.i18n import translate
from gateway.keywords import Keyword, match

YES_NO = (("o:yes", "ہاں"), ("o:no", "نہیں"))


def person(habit: Habit = Habit.DIGITS, language: str = "urd", seed: int = 1) -> Person:
    return Person("twilio", "+923000000001", language=language, habit=habit, seed=seed)


def sms(text: str) -> Heard:
    return Heard("twilio", "+923000000001", "+441632960001", text)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (
            "Is it safe to call? 1) Yes 2) No 3) I will call: 0800 123 456",
            ["Yes", "No", "I will call: 0800 123 456"],
        ),
        ("1 English 2 اردو 3 پښتو", ["English", "اردو", "پښتو"]),
        ("سوال؟\n1) ہاں\n2) نہیں", ["ہاں", "نہیں"]),
        ("کیا؟ ۱) ہاں ۲) نہیں", ["ہاں", "نہیں"]),
        ("မေးခွန်း? ၁) ဟုတ် ၂) မဟုတ်", ["ဟုတ်", "မဟုတ်"]),
        ("Service news? 1 Yes 2 No. 1 text each. STOP ends.", ["Yes", "No"]),
        ("Which?\n1) Food\n2) Water, 3 litres\n3) Other", ["Food", "Water, 3 litres", "Other"]),
        ("Which? \u20681\u2069) Food \u20682\u2069) Water", ["Food", "Water"]),
        ("Reply 3 and we look at it again.", []),
        ("You have 1 new message.", []),
        ("", []),
    ],
)
def test_numbered_options_are_read_in_any_script(text: str, labels: list[str]):
    assert read_options(text) == [(str(number), label) for number, label in enumerate(labels, start=1)]


@given(st.text(max_size=200))
def test_options_of_any_text_count_up_from_one(text: str):
    options = read_options(text)
    assert len(options) != 1
    assert [number for number, _ in options] == [str(number) for number in range(1, len(options) + 1)]
    assert all(label for _, label in options)


@pytest.mark.parametrize("language", sorted(phrases()))
def test_everybody_finds_their_own_language_in_the_menu(language: str):
    menu = "1 English 2 اردو 3 پښتو 4 دری 5 العربية 6 မြန်မာ 7 Soomaali 8 Français"
    said = person(Habit.WORDS, language).hear(sms(menu))
    assert said == Saying(phrases()[language].endonym)


def test_digits_are_written_in_the_languages_script():
    menu = sms("1 English 2 اردو")
    assert person(Habit.DIGITS).hear(menu) == Saying("۲")
    assert person(Habit.LATIN).hear(menu) == Saying("2")
    assert person(Habit.DIGITS, "mya").hear(sms("1 English 2 မြန်မာ")) == Saying("၂")


def test_a_messengers_buttons_are_pressed():
    heard = Heard("telegram", "7", "bot", "?", (("o:urd", "اردو"), ("o:eng", "English")))
    assert person(Habit.DIGITS).hear(heard) == Saying(button="o:urd")
    assert person(Habit.WORDS).hear(heard) == Saying("اردو")


def test_wrong_first_is_right_when_asked_again():
    somebody = person(Habit.WRONG_FIRST)
    question = "1 English 2 اردو"
    assert somebody.hear(sms(question)).text in phrases()["urd"].nonsense
    assert somebody.hear(sms(f"Not understood. {question}")) == Saying("۲")
    assert somebody.hear(sms("1 ہاں 2 نہیں")).text in phrases()["urd"].nonsense


def test_late_takes_long_and_never_says_nothing():
    assert person(Habit.LATE).hear(sms("1 English 2 اردو")) == Saying("۲", patience=LATE_FACTOR)
    assert person(Habit.NEVER).hear(sms("1 English 2 اردو")) is None


@pytest.mark.parametrize("habit", [Habit.STOPS, Habit.COMPLAINS, Habit.DISCLOSES])
@pytest.mark.parametrize("language", sorted(phrases()))
def test_a_turning_point_comes_at_the_second_question(habit: Habit, language: str):
    own, somebody = phrases()[language], person(habit, language)
    said = [somebody.hear(sms(f"Question {n}? 1) A 2) B")) for n in range(DECISIVE)]
    wanted = {Habit.STOPS: [own.stop], Habit.COMPLAINS: [own.problem], Habit.DISCLOSES: own.disclosures}[
        habit
    ]
    assert said[0].text not in wanted
    assert said[-1].text in wanted
    if habit is Habit.COMPLAINS:
        assert somebody.hear(sms(f"What happened{own.asks[0]}")).text in own.complaints


@pytest.mark.parametrize("language", sorted(phrases()))
def test_an_open_question_gets_words_and_then_a_number(language: str):
    own, somebody = phrases()[language], person(Habit.LATIN, language)
    question = f"x {own.asks[0]}"
    assert somebody.hear(sms(question)).text in own.answers
    assert somebody.hear(sms(question)).text.isdecimal()
    assert somebody.hear(sms(question)).text in own.answers
    assert somebody.hear(sms(f"{own.counts[0]} {own.asks[0]}")).text.isdecimal()


def test_a_message_that_asks_nothing_gets_no_reply():
    assert person().hear(sms("شکریہ۔")) is None


def test_every_language_has_words_and_digits_of_its_own():
    for own in phrases().values():
        assert [int(digit) for digit in own.digits] == list(range(10))
        assert all(
            (own.stop, own.problem, own.hello, *own.nonsense, *own.answers, *own.complaints, *own.disclosures)
        )


@pytest.mark.parametrize("language", sorted(phrases()))
def test_what_people_say_is_what_the_gateway_listens_for(language: str):
    own = phrases()[language]
    assert [match(own.stop).keyword, match(own.problem).keyword] == [Keyword.STOP, Keyword.PROBLEM]
    assert all(suspect(text) for text in own.disclosures)
    assert not any(suspect(text) for text in (*own.complaints, *own.answers, *own.nonsense, own.hello))


def test_the_same_seed_makes_the_same_people():
    def crowd(seed: int) -> list[tuple[str, str, str]]:
        people = Spawn(count=50, seed=seed).people()
        return [(each.address, each.language, each.habit) for each in people]

    assert crowd(1) == crowd(1) != crowd(2)
    assert len({address for address, _, _ in crowd(1)}) == 50
    assert {habit for _, _, habit in crowd(1)} <= set(MIX)


@pytest.mark.parametrize(
    "data",
    [
        {"people": 3},
        {"channel": "pigeon"},
        {"languages": []},
        {"languages": ["tlh"]},
        {"mix": {}},
        {"mix": {"sings": 1}},
        {"mix": {"digits": 0}},
        {"mix": {"digits": -1}},
        {"count": 10**8},
        {"first": -1},
    ],
)
def test_people_that_cannot_be_are_refused(data: dict[str, object]):
    with pytest.raises(ValueError, match=r"\w"):
        Spawn.of(data)


def test_telegram_people_have_chats_and_sms_people_have_numbers():
    chats = [each.address for each in Spawn.of({"channel": "telegram", "count": 2, "first": 5}).people()]
    numbers = [each.address for each in Spawn.of({"count": 2, "first": 5}).people()]
    assert chats == ["7000000005", "7000000006"]
    assert numbers == ["+923000000005", "+923000000006"]


def test_a_price_before_the_options_is_no_option():
    text = "5 سوال پوچھیں؟ فی جواب خرچ 1 میسج، نام نہیں۔ 1 ہاں 2 نہیں۔ ختم: STOP"
    assert read_options(text) == [("1", "ہاں"), ("2", "نہیں")]
    assert read_options("خبرونه؟ 1 هو 2 نه. لګښت 1 پیغام.") == [("1", "هو"), ("2", "نه")]


@pytest.mark.parametrize("language", list(phrases()))
def test_help_with_a_question_is_not_answered_as_one(language: str):
    texts = yaml.safe_load((files("flows") / "library" / "engine_texts.yaml").read_text())["texts"]
    # The others ask something themselves: which one was meant, for the first letters, or for an order.
    helping = {key for key in texts if key.startswith("fix_")} | {
        "cannot_skip",
        "does_not_fit",
        "out_of_range",
    }
    for text in (texts[key] for key in helping - {"fix_lookup", "fix_rank"}):
        for wording in (text["text"], text["short"]):
            said = translate("flows", wording, language)[0]
            assert person(Habit.WRONG_FIRST, language).hear(sms(said)) is None
