"""`paigham flow`: check flows and talk to them, without a gateway; and publish them to one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.common import data_option, json_option
from gateway.commands.flow_forms import export_form, import_form
from gateway.commands.flow_texts import texts
from gateway.commands.opened import choose_organisation, note, opened, organisation_option
from gateway.errors import CannotStart

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import sqlalchemy as sa

    from flows import Contact, Event, Finding, Flow, Session, Sprint, TestResult
    from flows.check import Operation
    from flows.events import MessageSaid
    from gateway.crypto import Keyring

NOT_FLOWS = {"engine_texts.yaml"}  # in the library's folder, and no flow
SILENCE, REMIND = "/silence", "/remind"


@click.group()
def flow() -> None:
    """Check flows, talk to them, and publish them."""


flow.add_command(texts)
flow.add_command(import_form)
flow.add_command(export_form)


@flow.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@json_option
def check(files: tuple[str, ...], *, as_json: bool) -> int:
    """Check flows: files, or names of flows that ship ("satisfaction"). Exit 1 when there is an error."""
    from flows import Severity

    found = {name: findings(name) for name in files}
    if as_json:
        rows = [{"file": name, **asdict(item)} for name, items in found.items() for item in items]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for name, items in found.items():
            _print_findings(name, items)
    return int(any(item.severity is Severity.ERROR for items in found.values() for item in items))


@flow.command()
@click.argument("file")
@click.option("--language", help="ISO 639-3 code of the person's language; default: the flow's first.")
@click.option("--channel", type=click.Choice(["sms", "telegram"]), default="sms", show_default=True)
@click.option(
    "--field", "fields", multiple=True, metavar="NAME=VALUE", help="A fact about the person; repeatable."
)
@json_option
def run(file: str, language: str | None, channel: str, fields: tuple[str, ...], *, as_json: bool) -> int:
    """Talk to a flow: a file, or the name of one that ships.

    Replies are read from the keyboard, or line by line from standard input, when the transcript is printed.
    The line /silence lets the wait expire, /remind sends the reminder.
    """
    from flows import Contact, FlowInvalid
    from gateway.speaker import Speaker

    try:
        loaded = load(file)
    except FlowInvalid as error:
        _print_findings(file, list(error.findings))
        return 1
    person = Contact(
        language or loaded.languages[0],
        channel=channel,
        fields=_read_fields(fields),
        speaker=Speaker(channel == "sms"),
    )
    Talk(loaded, person, as_json=as_json).hold()
    return 0


@flow.command("test")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--transcript", is_flag=True, help="Show every talk, not only those that fail.")
@json_option
def run_tests(files: tuple[str, ...], *, transcript: bool, as_json: bool) -> int:
    """Run the tests that flows carry: files, or names of flows that ship. Exit 1 when one fails, or there is none."""
    import flows

    results = {name: flows.run_tests(_with_calls(load(name))) for name in files}
    if as_json:
        rows = [{"file": name, **asdict(result)} for name, found in results.items() for result in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for name, found in results.items():
            _print_results(name, found, transcript=transcript)
    return int(not all(found and all(result.passed for result in found) for found in results.values()))


def _print_results(name: str, found: list[TestResult], *, transcript: bool) -> None:
    if not found:
        click.echo(f"{name}: it carries no tests.")
    for result in found:
        click.echo(f"{name}: {'passed' if result.passed else 'FAILED'}: {result.name}")
        for failure in result.failures:
            click.echo(f"  {failure}")
        if transcript or not result.passed:
            click.echo(
                "".join(f"    {line}\n" for text in result.transcript for line in text.splitlines()), nl=False
            )


@flow.command()
def schema() -> int:
    """Print the JSON Schema of flows, for editors that check while one types."""
    from flows.schema import source

    click.echo(source(), nl=False)
    return 0


@flow.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be rewritten.")
def migrate(files: tuple[Path, ...], *, dry_run: bool) -> int:
    """Rewrite flow files in the present spec, with their comments. Exit 1 when one cannot be."""
    from flows import FlowInvalid
    from flows.readers.migrations import migrate as rewritten

    failed = False
    for path in files:
        text = _text(str(path))
        try:
            new = rewritten(text)
        except FlowInvalid as error:
            _print_findings(str(path), list(error.findings))
            failed = True
            continue
        if new == text:
            click.echo(f"{path}: nothing to do.")
            continue
        if not dry_run:
            path.write_text(new, encoding="utf-8")
        click.echo(f"{path}: {'would be ' if dry_run else ''}rewritten.")
    return int(failed)


@flow.command()
@click.argument("files", nargs=-1, metavar="[FILE…]")
@click.option("--library", is_flag=True, help="All flows that ship; again after an upgrade.")
@click.option("--why", default="", help="What this revision is for; the answer to what the check doubts.")
@organisation_option
@data_option
def publish(
    data: Path | None, organisation: str | None, why: str, files: tuple[str, ...], *, library: bool
) -> int:
    """Check flows, and make each the newest revision of its name.

    When one has an error, none is published. Conversations that are under way keep the revision they began with.
    """
    from flows import Severity
    from gateway.services import publishing

    if bool(files) == library:
        raise click.UsageError("Name files, or give --library.")
    found = {name: findings(name) for name in files or _library()}
    for name, items in found.items():
        _print_findings(name, items)
    if any(item.severity is Severity.ERROR for items in found.values() for item in items):
        click.echo("Nothing was published.")
        return 1
    if not why and any(item.code in publishing.DOUBTS for items in found.values() for item in items):
        click.echo("Nothing was published: answer what the check doubts with --why.")
        return 1
    with opened(data) as (_, connection, ring):
        whose = choose_organisation(connection, organisation)
        about = publishing.operation(connection, whose)
        if _refused(found, about):
            click.echo("Nothing was published.")
            return 1
        for loaded in map(load, found):
            _publish(connection, ring, whose, loaded, why=why)
    return 0


def _refused(names: Iterable[str], about: Operation) -> bool:
    """Whether the check refuses one where it knows the operation's names and numbers; says what."""
    import flows
    from flows import Severity

    found = {name: flows.check(load(name), about) for name in names}
    errors = {
        name: [item for item in items if item.severity is Severity.ERROR] for name, items in found.items()
    }
    for name, items in errors.items():
        if items:
            _print_findings(name, items)
    return any(errors.values())


def _publish(
    connection: sa.Connection, ring: Keyring, organisation_id: UUID, loaded: Flow, *, why: str
) -> None:
    from gateway import clock
    from gateway.services import publishing

    revision = publishing.by_command(connection, organisation_id, loaded, why=why, now=clock.now())
    if revision is None:
        click.echo(f"{loaded.code}: published before, nothing is new.")
        return
    note(connection, ring, organisation_id, action="flow.published", object_=f"flow_revision {revision}")
    click.echo(f"{loaded.code}: published as revision {revision}.")


def load(name: str) -> Flow:
    """Read a flow from a file, or one that ships, with the catalogs' translations in it.

    Raises:
        FlowInvalid: with every fault of the definition.
        CannotStart: there is no such file, or it is no text.
    """
    import flows
    from gateway import i18n

    return flows.load(_text(name), catalogs=i18n.flow_catalogs())


def _with_calls(loaded: Flow) -> Flow:
    """The flow with those that it calls, taken from the library; without any it is what it was."""
    import flows

    return flows.embed(loaded, lambda code: load(code) if code in _shipped() else None)


def bare(name: str) -> Flow:
    """Read a flow with its translations, without the engine's own words.

    Raises:
        FlowInvalid, CannotStart: see `load`.
    """
    from dataclasses import replace

    return replace(load(name), engine_texts={})


def findings(name: str) -> list[Finding]:
    """What the reader, the linter and the flow's own tests have to say."""
    import flows
    from flows import Finding, FlowInvalid, Severity
    from flows.findings import located

    try:
        loaded = load(name)
    except FlowInvalid as error:
        return list(error.findings)
    failures = [
        Finding(Severity.ERROR, None, None, "test_failed", f"Test “{test.name}”: {failure}")
        for test in flows.run_tests(loaded)
        for failure in test.failures
    ]
    return [*located(flows.check(loaded), _text(name)), *failures]


class Talk:
    """One conversation at the terminal."""

    def __init__(self, loaded: Flow, person: Contact, *, as_json: bool) -> None:
        self.flow = loaded
        self.person = person
        self.as_json = as_json
        self._options: dict[str, str] = {}

    def hold(self) -> None:
        """Talk until the flow ends or nobody says anything more."""
        import flows
        from gateway import clock

        session = self._show(flows.start(self.flow, self.person, now=clock.now()))
        for line in self._replies():
            session = self._show(self._step(session, line, now=clock.now()))
            if session.ended:
                return
        if not self.as_json:
            click.echo(f"(It waits for an answer to “{session.step}”.)")

    def _replies(self) -> Iterator[str]:
        if sys.stdin.isatty():
            click.echo("(Ctrl-D ends the talk.)", err=True)
        while True:
            if sys.stdin.isatty():
                click.echo("> ", nl=False)
            line = sys.stdin.readline()
            if not line:
                return
            if not sys.stdin.isatty() and not self.as_json:
                click.echo(f"> {line.rstrip()}")
            yield line.rstrip("\n")

    def _step(self, session: Session, line: str, *, now: datetime) -> Sprint:
        import flows
        from flows import Reply

        if line == SILENCE:
            return flows.expire(self.flow, session, self.person, now=session.expires or now)
        if line == REMIND:
            return flows.remind(self.flow, session, self.person, now=now)
        return flows.resume(
            self.flow, session, self.person, Reply(line, choice=self._options.get(line)), now=now
        )

    def _show(self, sprint: Sprint) -> Session:
        self._options = {label: code for event in sprint.events for label, code in self._buttons(event)}
        for event in sprint.events:
            if self.as_json:
                click.echo(json.dumps(as_row(event), ensure_ascii=False))
            else:
                self._tell(event)
        return sprint.session

    def _buttons(self, event: Event) -> list[tuple[str, str]]:
        """On a messenger a button's label, typed, presses it."""
        from flows.events import MessageSaid

        if not isinstance(event, MessageSaid) or self.person.channel == "sms":
            return []
        return [(option.label, option.code) for option in event.options]

    def _tell(self, event: Event) -> None:
        from flows.events import MessageSaid, RunEnded, WaitStarted

        if isinstance(event, WaitStarted):
            return
        if isinstance(event, MessageSaid):
            first, *others = self._written(event).splitlines() or [""]
            click.echo("\n".join([f"< {first}", *(f"  {line}" for line in others)]))
        elif isinstance(event, RunEnded):
            click.echo(f"({type(event).__name__}: {event.disposition})")
        else:
            row = {name: value for name, value in as_row(event).items() if value or name == "value"}
            click.echo(f"({row.pop('event')}: {json.dumps(row, ensure_ascii=False)})")

    def _written(self, said: MessageSaid) -> str:
        """The words as the person sees them."""
        from flows.rendering import as_sms

        if self.person.channel == "sms":
            return as_sms(said)
        return "\n".join([said.text, *(f"[{option.label}]" for option in said.options)])


def as_row(event: Event) -> dict[str, Any]:
    """An event as JSON-able values, its kind under "event"."""
    row: dict[str, Any] = json.loads(json.dumps(asdict(event), default=_as_text))
    return {"event": type(event).__name__, **row}


def _as_text(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _text(name: str) -> str:
    path = Path(name)
    try:
        if path.exists():
            return path.read_text(encoding="utf-8")
        shipped = resources.files("flows").joinpath("library", f"{name}.yaml")
        if name.isidentifier() and shipped.is_file():
            return shipped.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CannotStart(f"{name} cannot be read as a text file.") from None
    raise CannotStart(
        f"There is no file {name}, and no flow of that name ships. Those that do: {', '.join(_shipped())}."
    )


def _shipped() -> list[str]:
    library = resources.files("flows").joinpath("library")
    return sorted(item.name.removesuffix(".yaml") for item in library.iterdir() if item.name not in NOT_FLOWS)


def _library() -> list[str]:
    """The flows that ship, as paths: a file of the same name in the working folder is not meant."""
    folder = resources.files("flows").joinpath("library")
    return [str(folder.joinpath(f"{name}.yaml")) for name in _shipped()]


def _read_fields(pairs: tuple[str, ...]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise click.UsageError("--field must be NAME=VALUE.")
    return dict(pair.split("=", 1) for pair in pairs)


def _print_findings(name: str, items: list[Finding]) -> None:
    for item in items:
        place = f"{name}:{item.line}" if item.line else name
        parts = [f"step “{item.step}”" if item.step else "", item.language or ""]
        where = f" {', '.join(part for part in parts if part)}:" if any(parts) else ""
        click.echo(f"{place}: {item.severity}:{where} {item.sentence} [{item.code}]")
        if item.advice:
            click.echo(f"    {item.advice}")
    if not items:
        click.echo(f"{name}: nothing to say.")
