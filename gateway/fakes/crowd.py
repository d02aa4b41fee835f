"""Many simulated people at once: who they are, when they speak, and how long they waited for a reply."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from gateway.fakes.people import Habit, Person, Saying, phrases
from gateway.fakes.telegram import Chat, FakeTelegram
from gateway.fakes.twilio import FakeTwilio
from gateway.fakes.wire import LATENCIES_KEPT, Heard, Poster

MIX: Mapping[str, float] = {
    "digits": 0.4,
    "latin": 0.2,
    "words": 0.2,
    "wrong_first": 0.06,
    "late": 0.05,
    "never": 0.04,
    "stops": 0.02,
    "complains": 0.02,
    "discloses": 0.01,
}
FIRST_CHAT = 7_000_000_000
NUMBERS = 10**7


@dataclass(frozen=True, slots=True)
class Spawn:
    """People to be made.

    Attributes:
        count: how many.
        channel: "twilio" or "telegram".
        ours: our number that they write to; "" for the first of the account.
        languages: ISO 639-3 codes, taken in turn.
        mix: habit → weight.
        opens: what each says first; "" says hello in the own language, None waits to be written to.
        rounds: how often a person opens again after a conversation fell silent.
        quiet: seconds without a question after which it has fallen silent.
        think: seconds before a reply; who is asked again meanwhile reads that first, and replies to it alone.
        spread: how unevenly people think: think × (1 ± spread).
        seed: the same seed makes the same people.
        prefix: E.164 beginning of their invented numbers, followed by seven digits.
        first: where numbers and chats begin to count.
    """

    count: int = 10
    channel: str = "twilio"
    ours: str = ""
    languages: Sequence[str] = ("eng", "urd", "pus", "prs", "arb", "mya", "som", "fra")
    mix: Mapping[str, float] = field(default_factory=lambda: MIX)
    opens: str | None = None
    rounds: int = 1
    quiet: float = 2.0
    think: float = 0.0
    spread: float = 0.0
    seed: int = 1
    prefix: str = "+92300"
    first: int = 0

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Spawn:
        """Read from JSON. Raises ValueError for what cannot be."""
        known = {item.name for item in fields(cls)}
        unknown = set(data) - known
        if unknown:
            raise ValueError(f"unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
        spawn = cls(**data)
        if spawn.channel not in {"twilio", "telegram"}:
            raise ValueError("channel must be twilio or telegram")
        if not spawn.languages or set(spawn.languages) - set(phrases()):
            raise ValueError(f"languages must be some of {', '.join(phrases())}")
        if (
            not spawn.mix
            or set(spawn.mix) - set(Habit)
            or min(spawn.mix.values()) < 0
            or not sum(spawn.mix.values())
        ):
            raise ValueError(f"mix must give weights to some of {', '.join(Habit)}")
        if not 0 <= spawn.first <= spawn.first + spawn.count <= NUMBERS:
            raise ValueError(f"first and count must stay within {NUMBERS}")
        return spawn

    def people(self) -> list[Person]:
        """Make them."""
        dice = random.Random(self.seed)
        habits = dice.choices(
            [Habit(name) for name in self.mix], weights=list(self.mix.values()), k=self.count
        )
        return [
            Person(
                self.channel,
                self._address(self.first + index),
                language=self.languages[index % len(self.languages)],
                habit=habit,
                seed=dice.getrandbits(32),
            )
            for index, habit in enumerate(habits)
        ]

    def _address(self, index: int) -> str:
        return f"{self.prefix}{index:07d}" if self.channel == "twilio" else str(FIRST_CHAT + index)


@dataclass(slots=True)
class _Life:
    """A person between messages, with a diary of everything they said."""

    person: Person
    plan: Spawn
    ours: str
    rounds: int
    dice: random.Random
    spoke_at: float | None = None
    silence: asyncio.TimerHandle | None = None
    asked: int = 0
    diary: list[dict[str, Any]] = field(default_factory=list)

    def think(self, saying: Saying) -> float:
        """Seconds before this person says something."""
        spread = self.plan.spread
        return self.plan.think * saying.patience * self.dice.uniform(1 - spread, 1 + spread)

    def note(self, saying: Saying, heard: str) -> dict[str, Any]:
        """Write down what is being said, to which words of ours. The provider's id is added when it is known."""
        chose = list(saying.chose) if saying.chose else None
        entry = {"id": None, "heard": heard, "text": saying.text, "button": saying.button, "chose": chose}
        self.diary.append(entry)
        return entry


class Crowd:
    """Everybody who has a simulated phone.

    Attributes:
        counts: said, heard, rounds, and what each habit said.
        seconds: from the moment a person spoke to the first words that came back.
    """

    def __init__(self, poster: Poster) -> None:
        self._poster = poster
        self._lives: dict[tuple[str, str], _Life] = {}
        self.counts: Counter[str] = Counter()
        self.seconds: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self.twilio: FakeTwilio | None = None
        self.telegram: FakeTelegram | None = None

    def reset(self) -> None:
        """Everybody leaves."""
        for life in self._lives.values():
            if life.silence:
                life.silence.cancel()
        self._lives.clear()
        self.counts.clear()
        self.seconds.clear()

    def spawn(self, plan: Spawn) -> list[str]:
        """Let people in, and let those speak who open a conversation. Gives their addresses."""
        ours = self._ours(plan)
        people = plan.people()
        for person in people:
            life = _Life(person, plan, ours, plan.rounds, random.Random(f"{plan.seed} {person.address}"))
            self._lives[person.channel, person.address] = life
            if person.channel == "telegram" and self.telegram is not None:
                chat = self._chat(person)
                self.telegram.chats[chat.id] = chat
            if plan.opens is not None:
                self._open(life)
        return [person.address for person in people]

    def hear(self, heard: Heard) -> None:
        """Give one of our messages to the person it is for, who may reply."""
        life = self._lives.get((heard.channel, heard.address))
        if life is None:
            return
        self.counts["heard"] += 1
        if life.spoke_at is not None:
            self.seconds.append(asyncio.get_running_loop().time() - life.spoke_at)
            life.spoke_at = None
        saying = life.person.hear(heard)
        if saying is not None:
            life.asked += 1
            self._poster.spawn(self._reply(life, saying, heard.text))
        self._await_silence(life)

    def people(self) -> list[dict[str, Any]]:
        """Everybody, and what they said so far, oldest first: see `_Life.note`."""
        return [
            {
                "channel": life.person.channel,
                "address": life.person.address,
                "language": life.person.language,
                "habit": life.person.habit,
                "diary": life.diary,
            }
            for life in self._lives.values()
        ]

    async def say(self, channel: str, address: str, saying: Saying, *, ours: str = "") -> str:
        """Let an address say something now, whether or not a person was made for it; gives the provider's id."""
        if channel == "telegram" and self.telegram is not None:
            return await self._message(self.telegram, address, saying)
        if channel == "twilio" and self.twilio is not None:
            to = ours or next(iter(self.twilio.account.numbers))
            return await self.twilio.receive(address, saying.text, to=to)
        raise ValueError("channel must be twilio or telegram")

    def _open(self, life: _Life) -> None:
        life.rounds -= 1
        self.counts["rounds"] += 1
        words = life.plan.opens or life.person.phrases.hello
        self._poster.spawn(self._reply(life, Saying(words), ""))
        self._await_silence(life)

    async def _reply(self, life: _Life, saying: Saying, heard: str) -> None:
        think, asked = life.think(saying), life.asked
        if think:
            await asyncio.sleep(think)
            if life.asked != asked:
                return
        entry = life.note(saying, heard)
        self.counts["said"] += 1
        self.counts[f"said_{life.person.habit}"] += 1
        life.spoke_at = asyncio.get_running_loop().time()
        entry["id"] = await self.say(life.person.channel, life.person.address, saying, ours=life.ours)

    def _await_silence(self, life: _Life) -> None:
        """Open again when no message came for a while, as long as rounds are left."""
        if life.silence:
            life.silence.cancel()
        if life.rounds > 0:
            life.silence = asyncio.get_running_loop().call_later(life.plan.quiet, self._open, life)

    async def _message(self, telegram: FakeTelegram, address: str, saying: Saying) -> str:
        number = int(address)
        life = self._lives.get(("telegram", address))
        chat = telegram.chats.get(number) or (
            self._chat(life.person) if life else Chat(number, "Somebody", "en")
        )
        if saying.button is not None:
            return await telegram.press(chat, saying.button)
        return await telegram.receive(chat, {"text": saying.text})

    def _chat(self, person: Person) -> Chat:
        return Chat(int(person.address), f"Person {person.address[-4:]}", person.phrases.app)

    def _ours(self, plan: Spawn) -> str:
        if plan.channel == "telegram":
            return ""
        numbers = self.twilio.account.numbers if self.twilio else {}
        if plan.ours and plan.ours not in numbers:
            raise ValueError("ours is not a number of the fake account")
        if not numbers:
            raise ValueError("the fake account has no number that people could write to")
        return plan.ours or next(iter(numbers))
