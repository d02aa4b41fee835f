"""`paigham flow import` and `paigham flow export`: XLSForm in and out, without a gateway."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.common import json_option
from gateway.errors import CannotStart

if TYPE_CHECKING:
    from flows.readers.xlsform import Import, Place

MOST_ROUNDS = 20  # of leaving out what is refused, and then what refers to that


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Path(path_type=Path), help="Where the flow is written, as YAML.")
@click.option(
    "--list", "lists", multiple=True, type=click.Path(path_type=Path), help="A file with choices; repeatable."
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    metavar="HEADING=CODE",
    help="Which language a heading means, in ISO 639-3; repeatable.",
)
@click.option("--without", multiple=True, metavar="SHEET:ROW", help="A row to leave out; repeatable.")
@click.option("--without-refused", is_flag=True, help="Leave out every row that is refused.")
@json_option
def import_form(
    file: Path,
    target: Path | None,
    lists: tuple[Path, ...],
    languages: tuple[str, ...],
    without: tuple[str, ...],
    *,
    without_refused: bool,
    as_json: bool,
) -> int:
    """Say what becomes of each row of an XLSForm, and with --to write it as a flow.

    Exit 1 when something is refused; then nothing is written.
    """
    attached = {path.name: _bytes(path) for path in lists}
    chosen = _pairs(languages)
    found = _read(file, attached, chosen, {_place(text) for text in without}, all_refused=without_refused)
    _tell(found, as_json=as_json)
    if not found.sound or found.flow is None:
        return 1
    if target is not None:
        from flows.writing import write

        _keep(target, write(found.flow).encode())
    return 0


@click.command("export")
@click.argument("file")
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), help="Where the .xlsx is written."
)
@click.option(
    "--original", type=click.Path(path_type=Path), help="The workbook it came from: its other sheets stay."
)
def export_form(file: str, target: Path, original: Path | None) -> int:
    """Write a flow, a file or one that ships, as an XLSForm."""
    from flows import FlowInvalid
    from flows.writers.xlsform import unsaid, write
    from gateway.commands.flow import bare

    try:
        loaded = bare(file)
    except FlowInvalid as error:
        click.echo("\n".join(f"{file}: {finding}" for finding in error.findings))
        return 1
    _keep(target, write(loaded, original=_bytes(original) if original else None))
    if names := unsaid(loaded):
        click.echo(f"Only Paigham can follow these steps, in the column “paigham”: {', '.join(names)}.")
    return 0


def _read(
    file: Path, attached: dict[str, bytes], chosen: dict[str, str], without: set[Place], *, all_refused: bool
) -> Import:
    """Read a form; where it was agreed, again without what is refused, until nothing is."""
    from flows.readers import xlsform

    data = _bytes(file)
    found = xlsform.read(data, file.name, attached=attached, without=without, languages=chosen)
    for _ in range(MOST_ROUNDS if all_refused else 0):
        if not set(found.refused) - without:
            break
        without |= set(found.refused)
        found = xlsform.read(data, file.name, attached=attached, without=without, languages=chosen)
    return found


def _tell(found: Import, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_row(line) for line in found.lines], ensure_ascii=False))
        return
    from flows.readers.xlsform import State

    for line in found.lines:
        for finding in line.findings():
            if line.state is not State.MAPPED:
                click.echo(f"{line.state}: {finding.sentence} [{finding.code}]")
    counts = {state: sum(line.state is state for line in found.lines) for state in State}
    click.echo(", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items()))
    _tell_lengths(found)


def _tell_lengths(found: Import) -> None:
    from flows.checks.lengths import proposals, tally

    if found.flow is None:
        return
    for row in tally(found.flow):
        click.echo(
            f"{row.language}: {row.texts} texts, {row.missing} missing, {row.encoding}, {row.segments} SMS"
            f" for everything, {row.longest} for the longest message"
        )
    for proposal in proposals(found.flow):
        click.echo(
            f"proposal for {proposal.step} ({proposal.language}), {proposal.before} → {proposal.segments} SMS,"
            f" {', '.join(proposal.taken)}: {proposal.text}"
        )


def _row(line: Any) -> dict[str, Any]:
    place = {"sheet": line.place.sheet, "row": line.place.row} if line.place else {}
    remarks = [
        {"column": remark.column, "code": remark.code, "sentence": remark.sentence, "instead": remark.instead}
        for remark in line.remarks
    ]
    return {**place, "state": str(line.state), "name": line.name, "type": line.kind, "remarks": remarks}


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.rpartition("=") for text in texts]
    if not all(sign for _, sign, _ in pairs):
        raise click.UsageError("--language must be HEADING=CODE.")
    return {heading: code for heading, _, code in pairs}


def _place(text: str) -> Place:
    from flows.readers.xlsform import Place

    try:
        return Place.of(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise CannotStart(f"{path} cannot be read.") from None


def _keep(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError:
        raise CannotStart(f"{path} cannot be written.") from None
