"""Chance that is no chance: every value rests on the seed that is passed in, so that a run can be repeated."""

from __future__ import annotations

import hashlib
import math
from types import MappingProxyType
from typing import Any

from flows.functions.parts import Call, Function, Part, Table, single
from flows.functions.values import BadValue, Value, items, known, number
from flows.scope import Repeated, Scope

_MODULUS = 2_147_483_647  # of the generator by Park and Miller, which ODK prescribes for randomize()
_MULTIPLIER = 16_807
_LONGEST_ID = 100  # characters of uuid(n)
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _digest(scope: Scope, at: int) -> bytes:
    """64 bytes that are the same for the same run, step and place in the expression."""
    return hashlib.sha512(f"{scope.seed}\n{scope.key}\n{at}".encode()).digest()


def _random(call: Call) -> Part:
    return single(lambda scope: int.from_bytes(_digest(scope, call.at)[:6], "big") / 2**48)


def _uuid(call: Call) -> Part:
    """A UUID of version 4, or a name of so many letters and digits."""
    if not call.arguments:
        return single(lambda scope: _uuid4(_digest(scope, call.at)))
    run = call.arguments[0].run
    return single(lambda scope: _name(scope, call.at, number(run(scope))))


def _uuid4(digest: bytes) -> str:
    bits = bytearray(digest[:16])
    bits[6] = bits[6] & 0x0F | 0x40
    bits[8] = bits[8] & 0x3F | 0x80
    text = bits.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _name(scope: Scope, at: int, length: float) -> str:
    if not 0 <= length <= _LONGEST_ID:
        raise BadValue(f"uuid() gives {_LONGEST_ID} characters at most.")
    wide = int.from_bytes(_digest(scope, at) * 2, "big")
    letters = []
    for _ in range(int(length)):
        wide, place = divmod(wide, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)


def _randomize(call: Call) -> Part:
    """The values in another order: by a seed of the form, as in ODK, or by the run's own."""
    nodes = call.arguments[0].nodes
    seed = call.arguments[1].run if len(call.arguments) > 1 else None

    def run(scope: Scope) -> Repeated:
        return shuffled(nodes(scope), _seed(scope, call.at) if seed is None else number(seed(scope)))

    return Part(lambda scope: known(run(scope)), run)


def _seed(scope: Scope, at: int) -> float:
    return float(int.from_bytes(_digest(scope, at)[:4], "big"))


def shuffled(values: Any, seed: float) -> Repeated:
    """The values in ODK's order for a seed: Fisher and Yates inside out, with Park and Miller's numbers."""
    state = int(math.fmod(seed, _MODULUS)) if math.isfinite(seed) else 0
    if state <= 0:
        state += _MODULUS - 1
    order: list[Value] = []
    for place, value in enumerate(items(values)):
        state = state * _MULTIPLIER % _MODULUS
        chosen = int((state - 1) / (_MODULUS - 1) * (place + 1))
        order.append(value)
        order[place], order[chosen] = order[chosen], value
    return Repeated(order)


CHANCE: Table = MappingProxyType(
    {
        "random": Function(0, 0, _random),
        "uuid": Function(0, 1, _uuid),
        "randomize": Function(1, 2, _randomize),
    }
)
