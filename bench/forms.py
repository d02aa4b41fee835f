"""How long a form takes to become a flow, against its size: an XLSForm in two languages, out of memory.

The limit is what opening the workbook and looking at every cell takes on the same machine, without understanding any.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import openpyxl

import flows
from flows.check import check
from flows.expressions import compile_expression
from flows.readers import xlsform

NOW = datetime(2031, 3, 9, 12, 0, tzinfo=UTC)
SIZES = {"small": 60, "middle": 600, "large": 1_800}  # questions
ROUNDS = 3
EXPRESSIONS = 1_000
LISTS = 20
OPTIONS = 12  # in a list

_HEAD = ("type", "name", "label::English (en)", "label::Urdu (ur)", "relevant", "constraint", "calculation")


def measure() -> dict[str, float]:
    """Questions imported a second at three sizes, the bare reading of the same workbooks, and compiling alone."""
    figures = {"compiled": EXPRESSIONS / _seconds(_compile)}
    for size, count in SIZES.items():
        data = workbook(count)
        figures[f"{size}_imported"] = count / _seconds(lambda data=data: _imported(data))
        figures[f"{size}_read"] = count / _seconds(lambda data=data: _bare(data))
        flow = _imported(data)
        figures[f"{size}_checked"] = count / _seconds(lambda flow=flow: check(flow))
    figures["growth"] = figures["middle_imported"] / figures["large_imported"]
    flow = _imported(workbook(SIZES["middle"]))
    figures["walked"] = SIZES["middle"] / _seconds(lambda: _walk(flow))
    return figures


def workbook(count: int) -> bytes:
    """A form of so many questions: choices, numbers, calculations and words, each with what real forms ask of them."""
    book = openpyxl.Workbook()
    survey = book.active
    survey.title = "survey"
    survey.append(_HEAD)
    for row in _questions(count):
        survey.append(row)
    choices = book.create_sheet("choices")
    choices.append(("list_name", "name", "label::English (en)", "label::Urdu (ur)"))
    for number in range(LISTS):
        for option in range(OPTIONS):
            choices.append((f"list{number}", f"o{option}", f"Option {option} of {number}", f"جواب {option}"))
    book.create_sheet("settings").append(("form_title", "form_id", "default_language"))
    book["settings"].append(("Bench", "bench", "English (en)"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _questions(count: int) -> Iterator[tuple[str, ...]]:
    for place in range(count):
        label = (f"Question {place}: what is it like for you?", f"سوال {place}: آپ کے لیے کیسا ہے؟")
        before = f"selected(${{q{place - place % 4}}}, 'o1')" if place % 4 else ""
        match place % 4:
            case 0:
                yield (
                    f"select_multiple list{place % LISTS}",
                    f"q{place}",
                    *label,
                    "",
                    "count-selected(.) <= 3",
                    "",
                )
            case 1:
                yield ("integer", f"q{place}", *label, before, f". >= 0 and . <= {100 + place}", "")
            case 2:
                yield (
                    "calculate",
                    f"q{place}",
                    "",
                    "",
                    before,
                    "",
                    f"round(coalesce(${{q{place - 1}}}, 0) * 1.5, 1)",
                )
            case _:
                yield ("text", f"q{place}", *label, f"{before} or ${{q{place - 1}}} > {place}", "", "")


def _imported(data: bytes) -> flows.Flow:
    found = xlsform.read(data, "bench.xlsx")
    assert found.sound, [line.remarks for line in found.lines if line.remarks][:5]
    assert found.flow is not None
    return found.flow


def _walk(flow: flows.Flow) -> None:
    """One person through the whole form, with an answer to every question that is asked."""
    contact = flows.Contact("eng", "telegram")
    session = flows.start(flow, contact, now=NOW).session
    while not session.ended:
        assert session.step is not None
        reply = "1" if int(session.step[1:]) % 4 < 3 else "good"
        session = flows.resume(flow, session, contact, flows.Reply(reply), now=NOW).session


def _bare(data: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    assert sum(len(row) for sheet in book for row in sheet.iter_rows(values_only=True))
    book.close()


def _compile() -> None:
    compile_expression.cache_clear()
    for number in range(EXPRESSIONS):
        compile_expression(
            f"${{q{number}}} >= {number} and (selected(${{needs}}, 'o1') or not(${{x}} != 'yes'))"
        )


def _seconds(work: Callable[[], object]) -> float:
    """The median of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value:,.1f}")
