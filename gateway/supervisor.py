"""Runs the gateway's processes as children, and the embedded servers beside them.

One thread, one loop: it passes the children's output on (prefixed, line by line, to stdout and to a log file
each), raises again what died, and on SIGTERM or Ctrl-C ends everything in order: the web first, so that no
new message comes in, then the workers, then the servers. A second Ctrl-C kills.
"""

from __future__ import annotations

import json
import math
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Protocol

from gateway import programs
from gateway.locks import FolderLock
from gateway.output import Lines, RotatingLog
from gateway.programs import Program

LOCK = "paigham.lock"
STATE = "state.json"
TURN = 0.25  # seconds between looks at the children when nothing happens
LONG_LIFE = 10.0  # seconds after which a death is no longer a quick one
PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0)  # seconds before raising a child after its 1st … 5th quick death
SLOW_PAUSE = 30.0
NAME_WIDTH = 9
ROUTINE = b'"event": "request"'  # stands in the log files, and would hide everything else on a screen


class Tended(Protocol):
    """Servers that are looked after beside the children."""

    def tend(self) -> list[str]:
        """Raise what died; returns sentences about it."""


@dataclass
class Child:
    """A program with its present process and its history."""

    program: Program
    log: RotatingLog
    process: subprocess.Popen[bytes] | None = None
    pipe: int | None = None
    lines: Lines = field(default_factory=Lines)
    began: float = 0.0
    quick_deaths: int = 0
    due: float = 0.0


@dataclass
class Supervisor:
    """Keeps programs running until told to end.

    Args:
        folder: the data folder; logs go to `<folder>/logs`, the state to `<folder>/state.json`.
        programs: what to run, each under a name of its own.
        servers: the embedded servers, or None.
        facts: further values for the state file (the address, for one).
    """

    folder: Path
    programs: Iterable[Program]
    servers: Tended | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    output: Callable[[str], None] = field(default=lambda line: print(line, flush=True))  # noqa: T201

    def __post_init__(self) -> None:
        logs = self.folder / "logs"
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._children = [Child(item, RotatingLog(logs / f"{item.name}.log")) for item in self.programs]
        self._selector = selectors.DefaultSelector()
        self._signals = 0
        self._next_tending = 0.0

    @property
    def ending(self) -> bool:
        """Whether a signal asked us to end."""
        return self._signals > 0

    def quick_deaths(self, name: str) -> int:
        """How often a program ended in a row soon after its start."""
        return next(child.quick_deaths for child in self._children if child.program.name == name)

    @contextmanager
    def running(self, *, stages: int | None = None) -> Iterator[None]:
        """Start all programs, or those of the first stages only; on leaving, end them in order.

        Signals are caught inside.
        """
        with self._catching_signals():
            try:
                for child in self._children:
                    if stages is None or child.program.stage < stages:
                        self._start(child)
                    else:
                        child.due = math.inf
                self._write_state()
                yield
            finally:
                self._end_all()
                (self.folder / STATE).unlink(missing_ok=True)
                self._selector.close()

    def start_rest(self) -> None:
        """Let the programs of the other stages start, at the next turn."""
        for child in self._children:
            if child.due == math.inf:
                child.due = 0.0

    def run(self) -> None:
        """Look after everything until a signal comes. Call it inside `running`."""
        while not self.ending:
            self.turn()

    def wait_for(self, holds: Callable[[], bool], *, within: float) -> bool:
        """Look after everything until something holds; False when it took too long, or a signal came."""
        last = time.monotonic() + within
        while not self.ending and time.monotonic() < last:
            if holds():
                return True
            self.turn(0.02)
        return False

    def turn(self, pause: float = TURN) -> None:
        """Pass on what the children said, for at most `pause` seconds, and raise those that died."""
        self._listen(pause)
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child)
            if child.process is None and time.monotonic() >= child.due:
                self._start(child)
                self._write_state()
        self._tend()

    def _start(self, child: Child) -> None:
        child.began = time.monotonic()
        reading, writing = os.pipe()
        try:
            child.process = programs.spawn(child.program, output=writing)
        except (OSError, subprocess.SubprocessError) as error:
            os.close(reading)
            self._note_death(child, f"cannot be started ({type(error).__name__})")
            return
        finally:
            os.close(writing)
        os.set_blocking(reading, False)
        child.pipe = reading
        self._selector.register(reading, selectors.EVENT_READ, child)

    def _listen(self, pause: float) -> None:
        for key, _ in self._selector.select(pause):
            if isinstance(key.data, Child):
                self._read(key.data)
            else:
                with suppress(BlockingIOError):
                    key.fileobj.recv(64)  # type: ignore[union-attr]

    def _read(self, child: Child) -> None:
        assert child.pipe is not None  # noqa: S101 - only registered pipes are selected
        try:
            got = os.read(child.pipe, 65_536)
        except BlockingIOError:
            return
        if not got:
            self._close_pipe(child)
            return
        for line in child.lines.feed(got):
            self._pass_on(child, line)

    def _pass_on(self, child: Child, line: bytes) -> None:
        child.log.write(line + b"\n")
        if ROUTINE not in line:
            self.output(f"{child.program.name:{NAME_WIDTH}}| {line.decode('utf-8', 'replace')}")

    def _close_pipe(self, child: Child) -> None:
        if child.pipe is None:
            return
        self._selector.unregister(child.pipe)
        os.close(child.pipe)
        child.pipe = None
        for line in child.lines.last():
            self._pass_on(child, line)

    def _bury(self, child: Child) -> None:
        """Take leave of a dead child: its last words, and whatever it started."""
        assert child.process is not None  # noqa: S101 - only the dead are buried
        programs.kill(child.process)
        while child.pipe is not None and self._has_more(child.pipe):
            self._read(child)
        self._close_pipe(child)
        how = _ending(child.process.returncode)
        child.process = None
        self._note_death(child, how)

    @staticmethod
    def _has_more(pipe: int) -> bool:
        with selectors.DefaultSelector() as look:
            look.register(pipe, selectors.EVENT_READ)
            return bool(look.select(0))

    def _note_death(self, child: Child, how: str) -> None:
        now = time.monotonic()
        child.quick_deaths = child.quick_deaths + 1 if now - child.began < LONG_LIFE else 1
        gave_up = child.quick_deaths > len(PAUSES)
        pause = SLOW_PAUSE if gave_up else PAUSES[child.quick_deaths - 1]
        child.due = now + pause
        name = child.program.name
        if gave_up:
            self.output(
                f"{name} ended {child.quick_deaths} times in a row. Its last words are in {child.log.path}; "
                f"trying again every {SLOW_PAUSE:.0f} s."
            )
        else:
            self.output(f"{name} {how}; started again in {pause:g} s.")

    def _tend(self) -> None:
        if self.servers is not None and time.monotonic() >= self._next_tending:
            self._next_tending = time.monotonic() + 1.0
            for sentence in self.servers.tend():
                self.output(sentence)

    def _end_all(self) -> None:
        """End the children stage by stage; their output is passed on to the last line."""
        by_stage = sorted(self._children, key=lambda child: child.program.stage)
        for _, stage in groupby(by_stage, key=lambda child: child.program.stage):
            self._end_stage([child for child in stage if child.process is not None])
        for child in self._children:
            child.log.close()

    def _end_stage(self, children: list[Child]) -> None:
        began = time.monotonic()
        for child in children:
            programs.ask(_process(child), child.program.end_signal)
        while waited := [child for child in children if _process(child).poll() is None]:
            passed = time.monotonic() - began
            if self._signals > 1 or any(passed > child.program.patience for child in waited):
                break
            self._listen(0.05)
        for child in children:
            programs.kill(_process(child))
            while child.pipe is not None and self._has_more(child.pipe):
                self._read(child)
            self._close_pipe(child)

    @contextmanager
    def _catching_signals(self) -> Iterator[None]:
        """Count SIGTERM, SIGINT and SIGHUP, and wake the loop. Python's own wake-up pipe does the waking."""
        reading, writing = socket.socketpair()
        for end in (reading, writing):
            end.setblocking(False)
        self._selector.register(reading, selectors.EVENT_READ)
        # Whoever started us with nohup wants us to outlive the terminal.
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        caught = (
            (signal.SIGTERM, signal.SIGINT) if ignored else (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        )
        before = {number: signal.signal(number, self._count_signal) for number in caught}
        wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            reading.close()
            writing.close()

    def _count_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _write_state(self) -> None:
        pids = {
            child.program.name: child.process.pid for child in self._children if child.process is not None
        }
        state = {"pid": os.getpid(), **self.facts, "programs": pids}
        path = self.folder / STATE
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(state, indent=1))
        draft.replace(path)


def _process(child: Child) -> subprocess.Popen[bytes]:
    assert child.process is not None  # noqa: S101 - callers keep to living children
    return child.process


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def read_state(folder: Path) -> dict[str, object] | None:
    """What the supervisor that runs on `folder` wrote down; None when none runs there."""
    if not FolderLock(folder, LOCK).is_held():
        return None
    try:
        state: dict[str, object] = json.loads((folder / STATE).read_text())
    except (OSError, ValueError):
        return None
    return state
