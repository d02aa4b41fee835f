"""`paigham up` as a process: from an empty folder to an answer, and back to nothing."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest

from gateway.operation import free_port
from gateway.programs import wait_until
from gateway.supervisor import read_state

ROOT = Path(__file__).parents[3]
READY_WITHIN = 60
NOBODY = "65534"


class Up:
    """A gateway that runs on a folder, and what it says."""

    def __init__(self, data, *, arguments=(), prefix=(), **environ):
        self.data = data
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.door = f"http://127.0.0.1:{free_port()}"
        data.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="paigham-said-")
        self.said = Path(name)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PAIGHAM_")}
        for name in ("DATABASE_URL", "REDIS_URL"):
            clean.pop(name, None)
        words = ["up", "--data", data, "--port", self.port, *arguments]
        words += ["--webhooks-port", self.door.rpartition(":")[2]]
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "gateway.cli", *map(str, words)],
            cwd=ROOT,
            env=clean | environ,
            stdout=handle,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        os.close(handle)

    def text(self):
        return self.said.read_text()

    def says(self, words, *, within=READY_WITHIN):
        assert wait_until(lambda: words in self.text() or self.process.poll() is not None, within=within), (
            self.text()
        )
        assert words in self.text(), self.text()
        return self

    def get(self, path):
        cookies = urllib.request.HTTPCookieProcessor()
        try:
            with urllib.request.build_opener(cookies).open(self.address + path, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return None

    def state(self):
        return read_state(self.data)

    def keys(self):
        return (self.data / "keys.json").read_text()

    def family(self):
        return [process.pid for process in psutil.Process(self.process.pid).children(recursive=True)]

    def stop(self, what=signal.SIGTERM):
        self.process.send_signal(what)
        return self.process.wait(60)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.said.unlink(missing_ok=True)


@pytest.fixture
def up(tmp_path):
    begun = []

    def begin(data=tmp_path / "data", **options):
        begun.append(Up(data, **options))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_an_empty_folder_becomes_a_gateway_and_a_signal_leaves_no_process(up):
    one = up().says("Paigham is ready: ").says("End with Ctrl-C.")
    ours = [line for line in one.text().splitlines() if "|" not in line]
    assert ours[0] == f"Starting PostgreSQL and Redis in {one.data} …"
    assert ours[1] == "Bringing the database up to date …"
    assert one.get("/healthz") == 200
    assert one.get("/readyz") == 200
    link = re.search(r"within three days\): (http\S+)", one.text())[1]
    assert one.get(link.removeprefix(one.address)) == 200
    family = one.family()
    assert len(family) > 8
    state = one.state()
    assert state["address"] == one.address
    assert set(state["programs"]) == {"webhooks", "pages", "inbox", "outbox", "scheduler"}
    assert one.stop() == 0
    assert "Ending …\n" in one.text()
    assert not any(map(alive, family))
    assert one.state() is None
    assert (one.data / "keys.json").stat().st_mode & 0o077 == 0
    secrets = [link.rpartition("/")[2], *(item["key"] for item in json.loads(one.keys())["keys"])]
    for path in (one.data / "logs").iterdir():
        assert not [secret for secret in secrets if secret in path.read_text(errors="replace")], path


def test_commands_beside_a_running_gateway_use_its_servers_and_its_address(up):
    one = up().says("End with Ctrl-C.")

    def call(*words):
        command = [sys.executable, "-m", "gateway.cli", *words, "--data", str(one.data)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert wait_until(lambda: call("doctor").returncode == 0, within=30), call("doctor").stdout
    link = call("staff", "password", "first-administrator@paigham.invalid").stdout.strip()
    assert link.startswith(f"{one.address}/welcome/")
    assert one.get(link.removeprefix(one.address)) == 200


def test_a_second_start_keeps_the_data_and_the_keys_and_a_third_beside_it_is_refused(up):
    first = up().says("End with Ctrl-C.")
    with psycopg.connect(first.state()["database_url"]) as connection:
        connection.execute("INSERT INTO setting (name, value) VALUES ('kept', 'yes')")
    keys = first.keys()
    assert first.stop(signal.SIGINT) == 0
    second = up().says("End with Ctrl-C.")
    with psycopg.connect(second.state()["database_url"]) as connection:
        assert connection.execute("SELECT value FROM setting WHERE name = 'kept'").fetchone() == (b"yes",)
    assert second.keys() == keys
    third = up()
    assert third.process.wait(30) == 2
    assert third.text() == (
        f"paigham: Paigham already runs on {second.data} (process {second.process.pid}, {second.address}). "
        "Stop it first, or choose another --data.\n"
    )
    assert second.get("/readyz") == 200


def test_every_process_that_is_killed_comes_back(up):
    one = up().says("End with Ctrl-C.")
    before = one.state()["programs"]
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    servers = [
        process
        for process in psutil.Process(one.process.pid).children()
        if process.name() in {"postgres", "redis-server", "valkey-server"}
    ]
    assert len(servers) == 2
    for server in servers:
        server.kill()
    one.says("PostgreSQL had ended and was started again.")
    one.says("Redis had ended and was started again.")

    def all_back():
        now = (one.state() or {}).get("programs", {})
        return (
            set(now) == set(before)
            and not set(now.values()) & set(before.values())
            and one.get("/readyz") == 200
        )

    assert wait_until(all_back, within=30), one.text()


def test_a_killed_supervisor_leaves_no_process_and_the_folder_is_free_at_once(up):
    one = up().says("End with Ctrl-C.")
    family = one.family()
    one.process.kill()
    one.process.wait()
    assert wait_until(lambda: not any(map(alive, family)), within=20)
    up().says("End with Ctrl-C.")


def test_given_servers_are_used_and_their_addresses_are_not_written_down(
    up, servers, empty_database_url, redis_url
):
    one = up(DATABASE_URL=empty_database_url, REDIS_URL=redis_url).says("End with Ctrl-C.")
    assert "Starting PostgreSQL" not in one.text()
    assert not (one.data / "postgres").exists()
    assert "database_url" not in one.state()
    assert one.get("/readyz") == 200


def test_a_key_file_that_belongs_to_another_database_is_refused(up):
    one = up().says("End with Ctrl-C.")
    one.stop()
    (one.data / "keys.json").rename(one.data / "elsewhere.json")
    gone = up()
    assert gone.process.wait(60) == 2
    assert gone.text().endswith("is missing, and the database was written with it. Put it back.\n")
    subprocess.run(
        [sys.executable, "-m", "gateway.cli", "keys", "create", one.data / "keys.json"], cwd=ROOT, check=True
    )
    other = up()
    assert other.process.wait(60) == 2
    assert "does not open this database" in other.text()
    assert not (one.data / "postgres" / "postmaster.pid").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become an ordinary account.")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv (util-linux) is not installed.")
def test_an_ordinary_account_can_run_it(up):
    # The account may read everything, because the interpreter often lies in root's home; it is not root for that.
    reads = ("--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search")
    nobody = ("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", *reads)
    with tempfile.TemporaryDirectory(prefix="paigham-nobody-") as folder:
        os.chown(folder, int(NOBODY), int(NOBODY))
        one = up(Path(folder) / "data", prefix=nobody, HOME=folder).says("End with Ctrl-C.")
        assert one.get("/readyz") == 200
        assert {psutil.Process(pid).uids().effective for pid in one.family()} == {int(NOBODY)}
        assert one.stop() == 0


def test_a_port_that_was_taken_is_refused_before_anything_starts(up, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        one = up(arguments=["--port", port])
        assert one.process.wait(30) == 2
    assert not (tmp_path / "data" / "postgres").exists()


def test_the_data_folder_may_be_moved(up, tmp_path):
    first = up().says("End with Ctrl-C.")
    first.stop()
    shutil.move(first.data, tmp_path / "moved")
    assert up(tmp_path / "moved").says("End with Ctrl-C.").get("/readyz") == 200
