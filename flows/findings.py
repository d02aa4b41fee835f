"""What readers and the linter say about a flow, each with one readable sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a flow from being published; a warning is for the author to weigh."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or doubt.

    Attributes:
        step: name of the step, or None for the whole flow.
        language: the language of the text that is meant, or None.
        code: stable, for machines.
        sentence: for people, in English.
        line: in the file, from 1, where there is one.
        advice: what to do about it, in English; empty where the sentence says it.
    """

    severity: Severity
    step: str | None
    language: str | None
    code: str
    sentence: str
    line: int | None = None
    advice: str = ""

    def __str__(self) -> str:
        place = [f"line {self.line}"] if self.line else []
        place += [f"step “{self.step}”"] if self.step else []
        return f"{', '.join(place)}: {self.sentence}" if place else self.sentence


class FlowInvalid(ValueError):
    """A definition that is no flow. `findings` names every fault at once."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


_STEP = re.compile(r"^\s*(?:-\s*)?[a-z_]+:\s*[\"']?([A-Za-z][\w-]*)[\"']?\s*(?:#.*)?$")
_KINDS = re.compile(r"^\s*(?:-\s*)?(?:ask|say|do|branch|split|finish|calculate|meta|group|repeat):")


def located(findings: Iterable[Finding], source: str) -> list[Finding]:
    """Return findings with the line of their step in a YAML source, where they had none."""
    lines: dict[str, int] = {}
    for number, line in enumerate(source.splitlines(), 1):
        match = _STEP.match(line) if _KINDS.match(line) else None
        if match is not None:
            lines.setdefault(match[1], number)
    return [
        finding if finding.line or finding.step is None else replace(finding, line=lines.get(finding.step))
        for finding in findings
    ]
