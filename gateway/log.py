"""Logs: one JSON object a line on stderr, with ids only.

    logger = log.get(__name__)
    logger.info("message_sent", message=message.id, channel=channel.id)

Event names are constant words. A value is written when it is a number, an id, a time or a plain word; a value
under a key that names personal data, or that looks like text, a number to call or an address, becomes
"[removed]". What an exception says is never written: its type, its code and the places it went through are.
This module is safe as soon as it is imported; `configure` sets the level and takes in libraries' logs.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path, PurePath
from types import TracebackType
from typing import Any
from uuid import UUID

import structlog

from gateway import clock

REMOVED = "[removed]"
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
FRAMES = 12  # innermost places of an exception that are kept
MOST_DIGITS = 6  # in a word that is no id and no time; seven make a telephone number or an address
BIGGEST_INTEGER = 1_000_000_000  # from here on a whole number may be a telephone number or a chat id

# A key that holds one of these words, split at "_", is personal data or a secret.
_ABOUT_PEOPLE = """
    text texts body bodies name names number numbers phone phones msisdn urn urns address addresses email
    emails recipient sender subject raw reply replies said answers label title comment note notes content
    contents
"""
_SECRETS = """
    token tokens password passwords secret secrets cookie cookies authorization header headers form query
    params value values url urls uri dsn json data reference search username login otp pin
"""
RISKY = frozenset((_ABOUT_PEOPLE + _SECRETS).split())

# Under these only an id is written: one word may be a whole message, or a name.
ID_ONLY = frozenset(
    {"message", "contact", "session", "run", "grievance", "case", "broadcast", "staff", "answer"}
)
OURS = frozenset({"event", "level", "module"})

_PLAIN = re.compile(r"[A-Za-z0-9_.:/<>=-]{0,120}").fullmatch
_EVENT = re.compile(r"[a-z][a-z0-9_.]{0,60}").fullmatch
_ID = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # UUID
    r"|[A-Z]{2}[0-9a-f]{32}"  # Twilio's ids
    r"|(?=[0-9]*[a-f])[0-9a-f]{8,64}"  # random hexadecimal
).fullmatch
_CODE_PLACE = re.compile(r"([\w./-]{1,200}\.py|<[\w .]{1,60}>):\d{1,6}(:[\w<>]{1,80})?").fullmatch
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+([+-]\d\d:\d\d|Z)?)?").fullmatch
_ALPHABET = "bcdfghjkmnpqrstvwxz"
_ROOT = Path(__file__).resolve().parent.parent


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(module=name)
    return logger


def scope(**ids: Any) -> AbstractContextManager[None]:
    """Add ids to every line that is logged inside: `with log.scope(request=request_id):`."""
    return structlog.contextvars.bound_contextvars(**ids)


def cause() -> str | None:
    """The id of the request that the work at hand goes back to, in its own process or in another; None: of none."""
    found = structlog.contextvars.get_contextvars()
    asked = found.get("request") or found.get("woken_by")
    return asked if isinstance(asked, str) else None


def new_id() -> str:
    """A short random id for a request, a job or a bug: not secret, and unique enough to find a line by."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def bug(logger: Any, error: BaseException, *, found: str = "") -> str:
    """Log an exception nobody expected, once, under `found` or a new id; returns the id to show to the person."""
    found = found or new_id()
    logger.error("bug", bug=found, exc_info=error)
    return found


def bug_to_file(error: BaseException, path: Path) -> tuple[str, bool]:
    """Log an exception nobody expected to a file, or to stderr when its data folder is not there.

    Returns:
        The id to show, and whether it stands in the file.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            found = new_id()
            line = {"event": "bug", "level": "error", "bug": found, **describe(error)}
            file.write(_render(None, "", _add_time(None, "", redact(None, "", line))) + "\n")
    except OSError:
        return bug(get(__name__), error), False
    return found, True


def configure(level: str = "info") -> None:
    """Set the level ("debug", "info", "warning", "error"), and take in what libraries log."""
    _wire(level)
    sys.excepthook = _tell_of_crash
    logging.basicConfig(level=logging.WARNING, handlers=[LibraryHandler()], force=True)
    for name in ("twilio", "httpx", "telegram", "rq"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _tell_of_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what ends a process: Python's own report would quote values."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        get(__name__).error("crashed", exc_info=error)


def redact(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep what is known to be safe, and nothing else. A structlog processor."""
    if not _EVENT(str(line.get("event", ""))):
        line["event"] = REMOVED
    for key, value in line.items():
        if key not in OURS:
            line[key] = _safe(key, value)
    return line


def _safe(key: str, value: Any) -> Any:
    if not RISKY.isdisjoint(key.lower().split("_")):
        return REMOVED
    if key in ID_ONLY and isinstance(value, str):
        return value if _ID(value) else REMOVED
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, int):
        return value if abs(value) < BIGGEST_INTEGER else REMOVED
    if isinstance(value, UUID | date | timedelta):
        return str(value)
    if isinstance(value, str | PurePath):
        return _word(str(value))
    return _collection(value)


def _word(value: str) -> str:
    if _ID(value) or _TIME(value) or _CODE_PLACE(value):
        return value
    digits = sum(map(str.isdigit, value))
    return value if _PLAIN(value) and digits <= MOST_DIGITS else REMOVED


def _collection(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_word(str(key)): _safe(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return REMOVED


def _describe_exception(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        line.update(describe(error))
    return line


def describe(error: BaseException) -> dict[str, Any]:
    """What may be told of an exception: types down to the first cause, its code, and places in the code."""
    causes = list(_causes(error))
    deepest = next((cause.__traceback__ for cause in reversed(causes) if cause.__traceback__), None)
    frames = traceback.extract_tb(deepest)[-FRAMES:]
    kinds = [type(cause).__name__ for cause in causes]
    told: dict[str, Any] = {"error": kinds[0], "chain": kinds[1:], "frames": list(map(_place, frames))}
    code = getattr(error, "code", None) or getattr(error, "sqlstate", None)
    return told | ({"code": code} if isinstance(code, str | int) else {})


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _ in range(FRAMES):
        if current is not None:
            yield current
            current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    short = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(*path.parts[-2:])
    return f"{short}:{frame.lineno}:{frame.name}"


def _add_time(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"at": clock.now().isoformat(timespec="milliseconds"), **line}


def _render(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False)


class _Line:
    """Writes a line to stderr in one piece, wherever stderr points to at that moment."""

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = exception = log = msg


class LibraryHandler(logging.Handler):
    """Tells that a library warned, and where. What it said may hold a number or a text, and is left out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, if it is a warning or worse."""
        if record.levelno < logging.WARNING:
            return
        place = f"{Path(record.pathname).name}:{record.lineno}"
        get(record.name).log(record.levelno, "library_log", place=place, exc_info=record.exc_info)


def _wire(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _describe_exception,
            redact,
            _add_time,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: _Line(),
        cache_logger_on_first_use=False,
    )


_wire("info")
