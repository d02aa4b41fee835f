"""What a name means in a place: inside a repeat the answer of the present round, outside it all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flows.nodes import Node
from flows.plan import Plan
from flows.scope import Repeated


class View(NamedTuple):
    """Everything kept so far, by key ("age", "age[2]", "visit.age"), and where the conversation stands."""

    plan: Plan
    kept: Mapping[str, Any]
    rounds: Mapping[str, int]
    positions: Mapping[str, int]

    def at(self, node: Node, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The variables at a node: fields, and the values of the flow in which the node stands over them."""
        start = len(node.prefix)
        seen = dict(fields)
        for key, value in self.kept.items():
            if "[" not in key and key.startswith(node.prefix):
                seen[key[start:]] = value
        for name, around in self.plan.repeated.items():
            if name.startswith(node.prefix):
                seen[name[start:]] = self._repeated(name, around, node.repeats)
        return seen

    def everywhere(self, prefix: str) -> dict[str, Any]:
        """All values of each repeated name, wherever the conversation stands."""
        return {
            name[len(prefix) :]: self._values(name, around, ())
            for name, around in self.plan.repeated.items()
            if name.startswith(prefix)
        }

    def _repeated(self, name: str, around: tuple[int, ...], here: tuple[int, ...]) -> Any:
        """The value of a name inside repeats, as it is seen from inside these."""
        shared = 0
        # The name of a repeat itself always stands for all its rounds, inside it too.
        deepest = len(around) - (self.plan.nodes[around[-1]].name == name)
        while shared < min(deepest, len(here)) and around[shared] == here[shared]:
            shared += 1
        nodes = self.plan.nodes
        path = tuple(self.positions.get(nodes[index].name, 1) for index in around[:shared])
        return self._values(name, around, path)

    def _values(self, name: str, around: tuple[int, ...], path: tuple[int, ...]) -> Any:
        """One value at a whole path; the values of all further rounds at the beginning of one."""
        if len(path) == len(around):
            if self.plan.nodes[around[-1]].name == name:
                return path[-1]
            return self.kept.get(key_of(name, path), "")
        count = self.rounds.get(key_of(self.plan.nodes[around[len(path)]].name, path), 0)
        return Repeated(self._values(name, around, (*path, number)) for number in range(1, count + 1))


def key_of(name: str, path: tuple[int, ...]) -> str:
    """The key of a value in these rounds: ("age", (2, 1)) -> "age[2][1]"."""
    return name + "".join(f"[{number}]" for number in path)
