"""The conversation engine, without clock and I/O: `(flow, session, contact, reply, now) -> Sprint`."""

from flows.check import check
from flows.definition import SPEC, Flow
from flows.embedding import called_by, embed
from flows.engine import answered, expire, jump, remind, repeat, resume, start, stop, wake
from flows.events import Disposition, Event
from flows.findings import Finding, FlowInvalid, Severity
from flows.frozen import dump, from_dict
from flows.late import Late, late
from flows.plan import position
from flows.readers.yaml import load
from flows.rehearsal import TestResult, run_tests
from flows.session import Contact, Limits, Reply, Session, Speaker, Sprint
from flows.standing import standing
from flows.walking import every_step, options_of, questions
from flows.writing import write, write_step

__all__ = [
    "SPEC",
    "Contact",
    "Disposition",
    "Event",
    "Finding",
    "Flow",
    "FlowInvalid",
    "Late",
    "Limits",
    "Reply",
    "Session",
    "Severity",
    "Speaker",
    "Sprint",
    "TestResult",
    "answered",
    "called_by",
    "check",
    "dump",
    "embed",
    "every_step",
    "expire",
    "from_dict",
    "jump",
    "late",
    "load",
    "options_of",
    "position",
    "questions",
    "remind",
    "repeat",
    "resume",
    "run_tests",
    "standing",
    "start",
    "stop",
    "wake",
    "write",
    "write_step",
]
