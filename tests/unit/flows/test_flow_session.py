from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.events import Disposition
from flows.session import Session

_WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
_ANSWERS = st.dictionaries(
    _WORDS,
    st.one_of(
        _WORDS, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.lists(_WORDS, max_size=3)
    ),
    max_size=5,
)
_TIMES = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=4, minutes=30))]))


@given(_WORDS, st.none() | _WORDS, _ANSWERS, st.integers(0, 99), st.booleans(), st.none() | _TIMES)
def test_a_session_survives_json(flow, step, answers, count, flag, expires):
    disposition = Disposition.COMPLETED if flag else None
    session = Session(flow, step, "urd", answers, count, count, not flag, flag, disposition, expires)
    again = Session.from_json(session.to_json())
    assert again == session
    assert again.to_json() == session.to_json()


def test_a_session_is_small():
    session = Session("monitoring", "need", "urd", {"a": "yes"}, expires=datetime(2031, 3, 9, tzinfo=UTC))
    assert len(session.to_json()) < 110


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1,2]", "null", "5", '["a"'])
def test_what_is_no_session_is_refused(text):
    with pytest.raises(ValueError, match=r"session|Expecting"):
        Session.from_json(text)
