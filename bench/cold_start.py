"""From `paigham up` to the first request that is answered (B14): on an empty folder, and on one that exists."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from gateway.operation import free_port

PATH = "/readyz"  # answers 200 once database, keys and Redis are there: what a webhook needs
GIVES_UP_AFTER = 60.0


def measure(rounds: int = 3) -> dict[str, float]:
    """Seconds to the first answer: `first` on an empty folder, `again` the median of later starts."""
    with tempfile.TemporaryDirectory(prefix="paigham-bench-") as folder:
        data = Path(folder) / "data"
        first = _start(data)
        again = sorted(_start(data) for _ in range(rounds))
    return {"first": first, "again": again[len(again) // 2], "stop": _LAST_STOP[0]}


_LAST_STOP = [0.0]


def _start(data: Path) -> float:
    port = free_port()
    command = [sys.executable, "-m", "gateway.cli", "up", "--data", str(data), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIGHAM_")}
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    try:
        took = _first_answer(f"http://127.0.0.1:{port}{PATH}", began)
    finally:
        asked = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        _LAST_STOP[0] = time.perf_counter() - asked
    return took


def _first_answer(url: str, began: float) -> float:
    while time.perf_counter() - began < GIVES_UP_AFTER:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.01)
    raise TimeoutError(url)


if __name__ == "__main__":
    for name, seconds in measure().items():
        print(f"{name:8} {seconds:6.2f} s")
