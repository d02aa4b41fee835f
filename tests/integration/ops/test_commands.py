"""Commands and their exit codes: 0 well, 1 findings, 2 wrong use or cannot start, 3 a bug of ours."""

import json
import socket
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import click
import pytest
from old_postgres import OldPostgres

from gateway import cli
from gateway.crypto import Keyring
from gateway.embedded import Embedded
from gateway.settings import Settings, variable

ROOT = Path(__file__).parents[3]


@click.command()
def boom():
    raise ValueError("canary-words")


@pytest.fixture
def broken(monkeypatch):
    """A command with a bug."""
    monkeypatch.setitem(cli.COMMANDS, "boom", f"{__name__}:boom")
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])


def one_sentence(text):
    return text.count("\n") == 1 and text.startswith("paigham: ") and "Traceback" not in text


def test_help_lists_every_command_with_what_it_does(call):
    told = call("--help")
    assert told.code == 0
    for name in cli.COMMANDS:
        assert f"  {name} " in told.out


def test_the_guide_names_every_command_option_and_setting():
    guide = (ROOT / "docs" / "commands.md").read_text()
    context = click.Context(cli.paigham)
    for name in cli.COMMANDS:
        command = cli.paigham.get_command(context, name)
        for whole, one in _with_children(f"paigham {name}", command):
            assert f"`{whole}" in guide, whole
            options = [
                option for item in one.params if isinstance(item, click.Option) for option in item.opts
            ]
            assert [option for option in options if option not in guide] == []
    for item in fields(Settings):
        assert f"`{variable(item.name)}`" in guide


def _with_children(whole, command):
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _with_children(f"{whole} {name}", child)
    else:
        yield whole, command


def test_help_is_quick():
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "gateway.cli", "--help"], check=True, capture_output=True)
    assert time.monotonic() - began < 3


def test_the_version_is_told(call):
    assert call("--version").out.startswith("paigham, version ")


@pytest.mark.parametrize(
    "arguments", [["fly"], ["worker", "kitchen"], ["segments"], ["up", "--port", "eighty"]]
)
def test_wrong_use_is_told_and_gives_2(call, arguments):
    told = call(*arguments)
    assert told.code == 2
    assert "Usage:" in told.err


def test_an_unknown_setting_is_one_sentence(call):
    told = call("up", PAIGHAM_PROT="9000")
    assert told.code == 2
    assert told.err == "paigham: Unknown setting PAIGHAM_PROT. Did you mean PAIGHAM_PORT?\n"


def test_a_port_in_use_is_one_sentence_and_nothing_was_started(call, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = call("up", "--port", port, "--data", tmp_path / "data")
    assert told.code == 2
    assert one_sentence(told.err)
    assert f"Port {port} on 127.0.0.1 cannot be used" in told.err
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_host_that_is_not_ours_is_one_sentence(call):
    told = call("up", "--host", "192.0.2.1")
    assert told.code == 2
    assert one_sentence(told.err)


def test_a_folder_that_cannot_be_made_is_one_sentence(call, tmp_path):
    (tmp_path / "file").write_text("")
    told = call("up", "--data", tmp_path / "file" / "data")
    assert told.code == 2
    assert one_sentence(told.err)
    assert "cannot be written" in told.err


@pytest.mark.parametrize(
    "command", [["web", "webhooks"], ["web", "pages"], ["worker", "inbox"], ["scheduler"], ["release"]]
)
def test_a_process_without_a_database_says_what_to_set(call, command):
    told = call(*command)
    assert told.code == 2
    assert one_sentence(told.err)
    assert "DATABASE_URL" in told.err


def test_a_database_that_does_not_answer_is_one_sentence_without_its_password(call):
    told = call("release", DATABASE_URL="postgresql://paigham:hunter2@127.0.0.1:1/paigham")
    assert told.code == 2
    assert one_sentence(told.err)
    assert "Connection refused" in told.err
    assert "hunter2" not in told.err


def test_an_old_postgres_is_one_sentence(call):
    with OldPostgres() as port:
        told = call("release", DATABASE_URL=f"postgresql://paigham@127.0.0.1:{port}/paigham")
    assert told.code == 2
    assert one_sentence(told.err)
    assert "PostgreSQL 14 is too old: Paigham needs 15 or newer." in told.err


def test_release_brings_an_empty_database_up_to_date(call, empty_database_url):
    ring = Keyring.generate().to_json()
    first = call("release", DATABASE_URL=empty_database_url, PAIGHAM_KEYS=ring)
    assert (first.code, first.err) == (0, "")
    assert "stands at revision" in first.out
    assert call("release").code == 0


def test_release_does_not_make_keys_that_would_be_lost_with_the_machine(call, empty_database_url):
    told = call("release", DATABASE_URL=empty_database_url)
    assert told.code == 2
    assert "paigham keys create" in told.err


def test_a_ring_that_does_not_open_the_database_is_one_sentence(call, empty_database_url):
    call("release", DATABASE_URL=empty_database_url, PAIGHAM_KEYS=Keyring.generate().to_json())
    told = call("release", PAIGHAM_KEYS=Keyring.generate().to_json())
    assert told.code == 2
    assert one_sentence(told.err)
    assert "does not open this database" in told.err


def test_a_missing_key_file_of_a_database_that_was_written_is_never_made_anew(
    call, empty_database_url, tmp_path
):
    call("release", DATABASE_URL=empty_database_url, PAIGHAM_KEYS=Keyring.generate().to_json())
    told = call("release", PAIGHAM_KEYS="", PAIGHAM_KEY_FILE=tmp_path / "gone.json")
    assert told.code == 2
    assert "is missing" in told.err
    assert not (tmp_path / "gone.json").exists()


def test_a_bug_is_told_with_an_id_and_its_line_holds_no_words(call, broken, tmp_path):
    (tmp_path / "data").mkdir()
    told = call("boom")
    assert told.code == 3
    line = json.loads((tmp_path / "data" / "logs" / "bugs.log").read_text())
    assert line["bug"] in told.err
    assert line["error"] == "ValueError"
    assert "canary" not in told.err + json.dumps(line)
    assert "Traceback" not in told.err


def test_a_bug_shows_its_traceback_when_debugging(call, broken):
    told = call("boom", PAIGHAM_LOG_LEVEL="debug")
    assert told.code == 3
    assert "Traceback" in told.err


def test_segments_are_counted_for_people_and_for_machines(call):
    told = call("segments", "Ça coûte 5 €")
    assert told.code == 0
    assert told.out.startswith("1 SMS, 12 units of UCS-2, 58 free\n")
    assert "û U+00FB LATIN SMALL LETTER U WITH CIRCUMFLEX forces UCS-2; “u” would not" in told.out
    row = json.loads(call("segments", "-", "--json", stdin="a" * 161 + "\n").out)
    assert (row["segments"], row["per_segment"], row["encoding"]) == (2, [153, 8], "GSM-7")
    assert [len(part) for part in row["parts"]] == [153, 8]
    assert json.loads(call("segments", "اردو" * 30, "--shift-table", "urdu", "--json").out)["segments"] == 1
    assert call("segments", "a", "--shift-table", "klingon").code == 2


def test_a_key_ring_is_made_once_and_listed_without_its_keys(call, empty_database_url, tmp_path):
    file = tmp_path / "ring.json"
    assert call("keys", "create", file).code == 0
    assert file.stat().st_mode & 0o077 == 0
    again = call("keys", "create", file)
    assert again.code == 2
    assert "never written over" in again.err
    call("release", DATABASE_URL=empty_database_url, PAIGHAM_KEY_FILE=file)
    told = call("keys", "list")
    assert told.code == 0
    assert [line.split()[1:3] for line in told.out.splitlines()] == [
        ["data", "current"],
        ["sealed", "current"],
    ]
    for item in json.loads(file.read_text())["keys"]:
        assert item["key"] not in told.out
    assert Keyring.from_json(call("keys", "create").out).current.keys() == {"data", "sealed"}


def test_keys_rotate_and_the_old_ones_stay_readable(call, empty_database_url, tmp_path):
    file = tmp_path / "ring.json"
    call("keys", "create", file)
    call("release", DATABASE_URL=empty_database_url, PAIGHAM_KEY_FILE=file)
    before = Keyring.open_file(file)
    told = call("keys", "rotate")
    assert told.code == 0
    after = Keyring.open_file(file)
    assert set(before.current.values()).isdisjoint(after.current.values())
    assert call("release").code == 0


def test_a_command_starts_the_embedded_database_for_as_long_as_it_takes(call, tmp_path):
    data = tmp_path / "data"
    with Embedded(data, redis=False) as servers:
        file = data / "keys.json"
        call("keys", "create", file)
        call("release", DATABASE_URL=servers.database_url, PAIGHAM_KEY_FILE=file)
    told = call("keys", "list", "--data", data, DATABASE_URL="")
    assert (told.code, told.err) == (0, "")
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_a_command_on_an_empty_folder_says_what_to_run(call):
    told = call("keys", "list")
    assert told.code == 2
    assert "run `paigham up --data data` first" in told.err


def test_staff_get_links_that_work_once(call, empty_database_url):
    call("release", DATABASE_URL=empty_database_url, PAIGHAM_KEYS=Keyring.generate().to_json())
    assert "/welcome/" in call("staff", "invite", "Amal@example.org", "--role", "admin", "--name", "Amal").out
    assert "already" in call("staff", "invite", "amal@example.org", "--role", "admin").err
    assert "/welcome/" in call("staff", "password", "AMAL@example.org").out
    assert call("staff", "password", "nobody@example.org").code == 2
    assert call("staff", "invite", "x@example.org", "--role", "cook").code == 2
