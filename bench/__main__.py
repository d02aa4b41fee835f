"""Measure speed on this machine: `python -m bench [part …]`.

Every figure stands beside the machine's own limit, measured in the same run, where there is one: absolute figures
are for choosing designs, ratios are for judging them. A target that is missed is said so; it is no error.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path("build") / "bench.json"
WIDTHS = (46, 14, 16, 8, 12, 8)


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        id: the target's id in docs/measurements.md, or "".
        what: in words.
        key: of the measured figure; limit: of the machine's own in the same run, or None.
        target: a number; at_least: whether more is better.
        unit: of the figure.
    """

    id: str
    what: str
    key: str
    unit: str
    target: float | None = None
    at_least: bool = True
    limit: str | None = None

    def reached(self, figures: Mapping[str, float]) -> str:
        """Say whether the target is reached."""
        if self.target is None:
            return ""
        value = figures[self.key]
        return "yes" if (value >= self.target if self.at_least else value <= self.target) else "no"


PARTS: Mapping[str, tuple[str, tuple[Line, ...]]] = {
    "engine": (
        "bench.engine",
        (
            Line("B5", "Engine, session in memory", "resumes_in_memory", "resumes/s", 20_000),
            Line(
                "B5",
                "Engine, session read again at each step",
                "resumes_reread",
                "resumes/s",
                12_000,
                limit="round_trips",
            ),
        ),
    ),
    "forms": (
        "bench.forms",
        (
            Line("", "Form imported, 60 questions", "small_imported", "questions/s", limit="small_read"),
            Line("", "  600 questions", "middle_imported", "questions/s", 600, limit="middle_read"),
            Line("", "  1,800 questions", "large_imported", "questions/s", limit="large_read"),
            Line("", "  time a question, 1,800 against 600", "growth", "ratio", 1.5, at_least=False),
            Line("", "  checked, 1,800 questions", "large_checked", "questions/s"),
            Line("", "  steps of the 600 walked by one person", "walked", "steps/s", 1_000),
            Line("", "Expressions compiled", "compiled", "expressions/s", 2_000),
        ),
    ),
    "segments": (
        "bench.segments",
        (
            Line("B12", "Segments of 160 characters, English", "english", "texts/s", 200_000),
            Line("B12", "Segments of 160 characters, Urdu", "urdu", "texts/s", 200_000),
        ),
    ),
    "webhooks": (
        "bench.webhooks",
        (
            Line(
                "B1",
                "Signed webhooks stored, 64 connections",
                "accepted_per_second",
                "requests/s",
                2_500,
                limit="raw_inserts_per_second",
            ),
            Line("B1", "  against raw committed inserts", "ratio", "ratio", 0.12),
            Line("B2", "  p99 of an open loop at 600/s", "open_600_p99_ms", "ms", 15, at_least=False),
        ),
    ),
    "pipeline": (
        "bench.pipeline",
        (
            Line("B3", "Whole chain, 128 people, no reports", "inbound_per_second", "messages/s", 1_500),
            Line("", "  with two delivery reports a message", "with_reports_per_second", "messages/s"),
            Line("B4", "Webhook to reply, one person, p50", "alone_p50_ms", "ms", 25, at_least=False),
        ),
    ),
    "sending": (
        "bench.sending",
        (
            Line(
                "B6",
                "Sends, Twilio form, 20 ms provider, 128 in flight",
                "adapter_128",
                "sends/s",
                2_500,
                limit="bare_128",
            ),
            Line("B6", "  64 in flight", "adapter_64", "sends/s", limit="bare_64"),
        ),
    ),
    "pages": (
        "bench.pages",
        (
            Line("", "First page of a focal point, p95", "overview_ms", "ms", 300, at_least=False),
            Line("", "First page of an administrator, p95", "overview_admin_ms", "ms", 300, at_least=False),
            Line("", "Queue of cases, 200,000 in the register, p95", "queue_ms", "ms", 50, at_least=False),
            Line("", "Own notices, p95", "notices_ms", "ms", 50, at_least=False),
        ),
    ),
    "search": (
        "bench.search",
        (
            Line("", "Slowest kind of search among a million, p50", "slowest", "ms", 50, at_least=False),
            Line("", "  processor time that it takes, mean", "busiest", "ms"),
            Line("", "People indexed", "indexed_per_second", "people/s"),
        ),
    ),
    "audit": (
        "bench.audit",
        (
            Line(
                "",
                "Audit lines, 16 people of one organisation",
                "written_together",
                "lines/s",
                100,
                limit="bare_together",
            ),
            Line("", "  one person", "written_alone", "lines/s"),
            Line("", "Audit lines verified", "walked", "lines/s", limit="hashed"),
            Line("", "  against hashing alone", "walked_ratio", "ratio", 0.4),
        ),
    ),
    "cold_start": (
        "bench.cold_start",
        (Line("B14", "`paigham up` to the first request", "again", "s", 5, at_least=False),),
    ),
}


def main(arguments: list[str]) -> int:
    """Run the named parts, or all of them, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help="which parts; default: all")
    wanted = parser.parse_args(arguments).parts or list(PARTS)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
    )
    _row("what", "measured", "machine's own", "ratio", "target", "reached")
    found = {}
    for part in wanted:
        module, lines = PARTS[part]
        measure: Callable[[], dict[str, float]] = importlib.import_module(module).measure
        found[part] = figures = measure()
        for line in lines:
            _print(line, figures)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1))
    print(f"\nEverything that was measured: {RESULTS}")
    return 0


def _print(line: Line, figures: Mapping[str, float]) -> None:
    value, limit = figures[line.key], figures.get(line.limit or "")
    target = "" if line.target is None else f"{'≥' if line.at_least else '≤'} {line.target:,g}"
    _row(
        f"{line.id:4}{line.what}",
        f"{value:,.4g} {line.unit}" if value < 100 else f"{value:,.0f} {line.unit}",
        "" if limit is None else f"{limit:,.0f}",
        "" if limit is None else f"{value / limit:.2f}",
        target,
        line.reached(figures),
    )


def _row(*cells: str) -> None:
    print(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip(), flush=True
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
