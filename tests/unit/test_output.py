"""Lines and log files of children."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.output import Lines, RotatingLog


def test_logs_are_exchanged_when_full_and_only_a_few_are_kept(tmp_path):
    log = RotatingLog(tmp_path / "web.log", limit=100, kept=2)
    for number in range(50):
        log.write(f"line number {number:03}\n".encode())
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log", "web.log.1", "web.log.2"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    assert (tmp_path / "web.log").read_text().endswith("line number 049\n")


def test_a_log_goes_on_where_it_ended(tmp_path):
    for word in (b"before\n", b"after\n"):
        log = RotatingLog(tmp_path / "web.log")
        log.write(word)
        log.close()
    assert (tmp_path / "web.log").read_text() == "before\nafter\n"


@given(st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))), st.integers(1, 17))
def test_lines_come_out_as_they_went_in_however_they_are_cut(written, step):
    stream = b"".join(line + b"\n" for line in written)
    lines = Lines()
    said = [
        line for start in range(0, len(stream), step) for line in lines.feed(stream[start : start + step])
    ]
    assert said == written
    assert list(lines.last()) == []


@given(st.lists(st.binary(max_size=100)), st.integers(1, 20))
def test_nothing_is_lost_and_no_piece_is_too_long(chunks, longest):
    lines = Lines(longest=longest)
    said = [line for chunk in chunks for line in lines.feed(chunk)] + list(lines.last())
    assert b"".join(said) == b"".join(chunks).replace(b"\n", b"")
    assert all(len(line) <= longest for line in said)
