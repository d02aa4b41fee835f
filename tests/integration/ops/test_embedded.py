"""The embedded servers, on folders of their own."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from gateway.embedded import Embedded
from gateway.errors import CannotStart
from gateway.programs import wait_until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def own(tmp_path):
    with Embedded(tmp_path / "data") as running:
        yield running


def remember(url, word):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS remembered (word text)")
        connection.execute("INSERT INTO remembered VALUES (%s)", [word])


def recall(url):
    with psycopg.connect(url) as connection:
        return [
            word for (word,) in connection.execute("SELECT word FROM remembered ORDER BY word").fetchall()
        ]


def test_the_application_is_not_a_superuser_and_commits_durably(own):
    with psycopg.connect(own.database_url) as connection:
        superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(superuser).fetchone() == (False,)
        for name in ("synchronous_commit", "fsync", "full_page_writes"):
            assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == ("on",)


def test_neither_server_listens_on_the_network(own):
    for pid in own.pids.values():
        assert psutil.Process(pid).net_connections("inet") == []


def test_redis_never_throws_anything_away_and_keeps_nothing_on_disk(own):
    with redis.Redis.from_url(own.redis_url) as connection:
        assert connection.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert connection.config_get("save")["save"] == ""
        assert connection.config_get("appendonly")["appendonly"] == "no"


def test_a_second_start_on_the_same_folder_names_the_process_that_holds_it(own):
    with pytest.raises(CannotStart, match=f"in use by process {os.getpid()}"):
        Embedded(own.folder).start()
    remember(own.database_url, "still there")


def test_data_outlives_a_restart(tmp_path):
    with Embedded(tmp_path) as first:
        remember(first.database_url, "before")
    with Embedded(tmp_path) as second:
        remember(second.database_url, "after")
        assert recall(second.database_url) == ["after", "before"]


def test_a_killed_postgres_recovers_what_was_committed(own):
    remember(own.database_url, "committed")
    own.kill_postgres()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own.database_url)
    own.restart_postgres()
    assert recall(own.database_url) == ["committed"]


def test_a_restarted_redis_is_empty(own):
    with redis.Redis.from_url(own.redis_url) as connection:
        connection.set("word", "gone")
        own.restart_redis()
        assert connection.get("word") is None


def test_tending_raises_servers_that_died_and_says_so(own):
    own.kill_redis()
    own.kill_postgres()
    said = []
    assert wait_until(lambda: said.extend(own.tend()) or len(said) == 2, within=20)
    assert sorted(said) == [
        "PostgreSQL had ended and was started again.",
        "Redis had ended and was started again.",
    ]
    assert own.tend() == []
    remember(own.database_url, "alive")


def test_a_server_that_does_not_come_up_is_told_with_the_place_of_its_log(own):
    own.kill_postgres()
    (own.folder / "postgres" / "postgresql.conf").write_text("nonsense\n")
    said = []
    assert wait_until(lambda: said.extend(own.tend()) or said, within=20)
    assert said == [
        f"PostgreSQL ended while starting; the reason is in {own.folder / 'logs' / 'postgres.log'}."
    ]
    assert own.tend() == []  # not tried again at once


def test_tending_cuts_a_log_that_grew_too_long(own):
    log = own.folder / "logs" / "redis.log"
    with log.open("ab") as file:
        file.truncate(6_000_000)
    own.tend()
    assert log.stat().st_size == 0


def test_a_stale_pid_of_another_process_does_not_stop_the_start(tmp_path):
    with Embedded(tmp_path, redis=False):
        pass
    (tmp_path / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{tmp_path / 'postgres'}\n1\n5432\n\n\n\n"
    )
    with Embedded(tmp_path, redis=False) as running:
        remember(running.database_url, "started")


def test_data_of_another_major_version_is_refused_in_one_sentence(tmp_path):
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="written by PostgreSQL 16; this version embeds 18"):
        Embedded(tmp_path).start()


def test_a_folder_that_is_no_data_folder_is_refused(tmp_path):
    (tmp_path / "postgres").mkdir()
    with pytest.raises(CannotStart, match="is not a PostgreSQL data folder"):
        Embedded(tmp_path).start()


def test_an_interrupted_first_start_is_made_anew(tmp_path):
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with Embedded(tmp_path, redis=False) as running:
        remember(running.database_url, "whole")
    assert not half.exists()


def test_a_long_path_gets_a_short_private_folder_for_its_sockets(tmp_path):
    deep = tmp_path / ("long-" * 20) / "data"
    with Embedded(deep) as running:
        remember(running.database_url, "deep")
        with redis.Redis.from_url(running.redis_url) as connection:
            assert connection.ping()
        folder = Path(running.redis_url.removeprefix("unix://").partition("?")[0]).parent
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_servers_end_when_their_parent_is_killed_and_the_folder_can_be_used_at_once(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from gateway.embedded import Embedded\n"
        "with Embedded(Path(sys.argv[1])) as s: print(*s.pids.values(), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with parent:
        pids = [int(word) for word in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    with Embedded(tmp_path) as running:
        remember(running.database_url, "after the kill")
    assert wait_until(lambda: not any(map(psutil.pid_exists, pids)), within=10)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(CannotStart, match="cannot be written"):
        Embedded(file / "data").start()


def test_errors_in_statements_leave_no_values_in_the_servers_log(own):
    canary = "canary-4711"
    with psycopg.connect(own.database_url, autocommit=True) as connection:
        for statement in ("SELECT %s::int", "SELECT nothing_there(%s)"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement, [canary])
        connection.execute("CREATE TABLE once (word text PRIMARY KEY)")
        connection.execute("INSERT INTO once VALUES (%s)", [canary])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO once VALUES (%s)", [canary])
    assert canary not in (own.folder / "logs" / "postgres.log").read_text()


def test_one_server_alone_may_be_embedded(tmp_path):
    with Embedded(tmp_path, postgres=False) as running:
        assert running.database_url == ""
        assert running.admin_url == ""
        assert set(running.pids) == {"redis"}


def test_the_shared_servers_give_each_module_a_migrated_database(connection, database_url):
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert connection.execute(tables).fetchone()[0] > 5
    assert "test_" in database_url


def test_sockets_work_in_integration_tests():
    socket.socket(socket.AF_INET).close()
