"""`paigham log CODE`: the lines of one request, found by the letters on an error page."""

import json

import pytest

CODE = "qbmhfjpgcv"


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    own = {"at": "2026-01-01T10:00:01", "event": "bug", "request": CODE, "bug": CODE, "error": "KeyError"}
    access = {"at": "2026-01-01T10:00:02", "event": "request", "request": CODE, "status": 500}
    other = {"at": "2026-01-01T10:00:03", "event": "request", "request": "xxxxxxxxxx", "note": CODE}
    (folder / "pages.log").write_text(
        "\n".join(map(json.dumps, (access, other))) + "\n{not json " + CODE + "\n"
    )
    (folder / "pages.log.1").write_text(json.dumps(own) + "\n")
    return tmp_path


def test_the_lines_of_a_request_are_found_in_order_in_older_files_too(call, logs):
    told = call("log", CODE, "--data", logs)
    assert told.code == 0
    lines = [json.loads(line.partition(" ")[2]) for line in told.out.splitlines()]
    assert [line["event"] for line in lines] == ["bug", "request"]
    assert all(line.startswith("pages ") for line in told.out.splitlines())


def test_a_code_may_be_typed_in_capitals(call, logs):
    assert call("log", f" {CODE.upper()} ", "--data", logs).code == 0


def test_a_code_that_nothing_carries_is_a_finding(call, logs):
    told = call("log", "zzzzzzzzzz", "--data", logs)
    assert (told.code, told.out) == (1, "")


@pytest.mark.parametrize("code", ["", "abc", "../../etc", "a b c d e f"])
def test_what_is_no_code_is_refused(call, logs, code):
    assert call("log", code, "--data", logs).code == 2
