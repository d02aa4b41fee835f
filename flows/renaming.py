"""A new name for a step, in everything that speaks of it."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.comments import CommentedMap


class Swap:
    """Changes every mention of a name."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new
        # ${age}, ${age_other}, ${age[1]}, {age}
        self._mention = re.compile(rf"(\{{){re.escape(old)}(?=(?:_other)?[\}}\[.])")

    def steps(self, values: Any) -> None:
        """In a step."""
        self._walk(values)

    def section(self, values: Any) -> None:
        """In settings; in tests the answers and the step that is waited at, too."""
        self._walk(values)
        for test in values.get("tests") or () if isinstance(values, dict) else ():
            if isinstance(test, dict):
                self._test(test)

    def _test(self, test: Any) -> None:
        answers = test.get("answers")
        if isinstance(answers, CommentedMap) and self._old in answers:
            place = list(answers).index(self._old)
            answers.insert(place, self._new, answers.pop(self._old))
        if test.get("waits_at") == self._old:
            test["waits_at"] = self._new

    def _walk(self, values: Any) -> None:
        pairs = values.items() if isinstance(values, dict) else enumerate(values)
        for key, value in list(pairs):
            if isinstance(value, dict | list):
                self._walk(value)
            elif isinstance(value, str):
                new = self._value(key, value)
                if new != value:
                    values[key] = new

    def _value(self, key: Any, value: str) -> str:
        if key in {"goto", "otherwise", "question"} and value == self._old:
            return self._new
        swapped = self._mention.sub(lambda found: found[1] + self._new, value)
        return type(value)(swapped) if swapped != value else value
