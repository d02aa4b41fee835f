"""The conversation engine, without clock and I/O: `(flow, session, contact, reply, now) -> Sprint`."""

from flows.check import check
from flows.definition import Flow
from flows.engine import expire, remind, repeat, resume, start, stop
from flows.events import Event
from flows.findings import Finding, FlowInvalid, Severity
from flows.frozen import dump, from_dict
from flows.readers.yaml import load
from flows.rehearsal import TestResult, run_tests
from flows.session import Contact, Reply, Session, Sprint

__all__ = [
    "Contact",
    "Event",
    "Finding",
    "Flow",
    "FlowInvalid",
    "Reply",
    "Session",
    "Severity",
    "Sprint",
    "TestResult",
    "check",
    "dump",
    "expire",
    "from_dict",
    "load",
    "remind",
    "repeat",
    "resume",
    "run_tests",
    "start",
    "stop",
]
