"""The supervisor over small scripts, as a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gateway.programs import wait_until
from gateway.supervisor import read_state

ROOT = Path(__file__).parents[3]
DRIVER = Path(__file__).with_name("supervised.py")
SLEEPER = "import time; print('up'); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
POLITE = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye'))); " + SLEEPER
PARENT = (
    "import subprocess, sys\n"
    "with subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']) as child:\n"
    "  print('pid', child.pid)"
)
LOUD = (
    r"import sys; sys.stdout.buffer.write(b'\xff' + b'x' * 100_000 + b'\nend\n'); sys.stdout.flush(); "
    + SLEEPER
)


class Run:
    """A supervisor that runs, and what it says."""

    def __init__(self, folder, **scripts):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.said = (folder / "said").open("w+b")
        pairs = [f"{name}={script}" for name, script in scripts.items()]
        self.process = subprocess.Popen(
            [sys.executable, DRIVER, folder, *pairs],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=self.said,
            stderr=subprocess.STDOUT,
        )

    def text(self):
        return (self.folder / "said").read_text()

    def says(self, words, *, within=10):
        assert wait_until(lambda: words in self.text(), within=within), self.text()

    def pid(self, name):
        return read_state(self.folder)["programs"][name]

    def stop(self, what=signal.SIGTERM):
        self.process.send_signal(what)
        return self.process.wait(20)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.said.close()


@pytest.fixture
def supervise(tmp_path):
    runs = []

    def start(**scripts):
        runs.append(Run(tmp_path / "data", **scripts))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_each_line_of_a_child_carries_its_name_and_goes_to_its_log(supervise):
    run = supervise(web="print('one'); print('two', flush=True); import time; time.sleep(60)", sender=SLEEPER)
    run.says("web      | two\n")
    run.says("sender   | up\n")
    assert (run.folder / "logs" / "web.log").read_text() == "one\ntwo\n"


@pytest.mark.parametrize("what", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_in_order_and_leaves_no_process(supervise, what):
    run = supervise(web=POLITE, worker=POLITE)
    run.says("worker   | up")
    run.says("web      | up")
    pids = [run.pid("web"), run.pid("worker")]
    assert run.stop(what) == 0
    assert all(map(gone, pids))
    text = run.text()
    assert text.index("web      | bye") < text.index("worker   | bye")
    assert not (run.folder / "state.json").exists()
    assert read_state(run.folder) is None


def test_a_child_that_dies_is_raised_again(supervise):
    run = supervise(web=SLEEPER)
    run.says("up")
    first = run.pid("web")
    os.kill(first, signal.SIGKILL)
    run.says("web was ended by SIGKILL; started again in 0.1 s.")
    assert wait_until(lambda: run.pid("web") != first, within=5)
    assert wait_until(lambda: run.text().count("| up") == 2, within=5)


def test_what_a_dead_child_had_started_is_ended_too(supervise):
    run = supervise(web=PARENT)
    run.says("pid ")
    grandchild = int(run.text().split("pid ")[1].split()[0])
    os.kill(run.pid("web"), signal.SIGKILL)
    assert wait_until(lambda: gone(grandchild), within=5)


def test_after_five_quick_deaths_it_says_so_and_keeps_trying_slowly(supervise):
    run = supervise(web="raise SystemExit(3)")
    run.says("web ended with code 3; started again in 4 s.", within=20)
    run.says("web ended 6 times in a row.", within=20)
    run.says("trying again every 30 s.")


def test_a_child_that_ignores_the_request_is_killed_when_patience_runs_out(supervise):
    run = supervise(web=STUBBORN)
    run.says("up")
    pid = run.pid("web")
    assert run.stop() == 0
    assert gone(pid)


def test_a_second_signal_does_not_wait_any_longer(supervise):
    run = supervise(a=STUBBORN, b=STUBBORN, c=STUBBORN)
    for name in "abc":
        run.says(f"{name}        | up")
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(2.5) == 0


def test_children_end_when_the_supervisor_is_killed(supervise):
    run = supervise(web=SLEEPER, worker=SLEEPER)
    run.says("worker   | up")
    pids = [run.pid("web"), run.pid("worker")]
    run.process.kill()
    run.process.wait()
    assert wait_until(lambda: all(map(gone, pids)), within=5)
    assert read_state(run.folder) is None


def test_a_very_long_line_and_bytes_that_are_no_text_do_no_harm(supervise):
    run = supervise(web=LOUD)
    run.says("| end")
    assert len(max(run.text().splitlines(), key=len)) < 20_000


def test_a_program_that_is_missing_is_tried_again_and_stops_nothing_else(tmp_path):
    script = (
        "import sys; from pathlib import Path; from gateway.programs import Program\n"
        "from gateway.supervisor import Supervisor\n"
        "s = Supervisor(Path(sys.argv[1]), [Program('gone', ('/nowhere/at-all',))])\n"
        "with s.running(): s.wait_for(lambda: False, within=0.5)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert "gone cannot be started (FileNotFoundError); started again in 0.1 s." in done.stdout
