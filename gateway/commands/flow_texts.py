"""`paigham flow texts`: translations of a flow out to files, and back after a look at what they would change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.common import data_option
from gateway.commands.opened import choose_organisation, note, opened, organisation_option
from gateway.errors import CannotStart

if TYPE_CHECKING:
    from uuid import UUID

    import sqlalchemy as sa

    from flows import Flow
    from gateway.services.text_exchange import Outcome
    from gateway.text_files import Row, Sheet

PO, XLSX = ".po", ".xlsx"


@click.group()
def texts() -> None:
    """Take a flow's translations out as a file, and bring them back."""


@texts.command()
@click.argument("flow")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", "languages", multiple=True, help="ISO 639-3 code; repeatable. Default: all.")
@organisation_option
@data_option
def export(
    data: Path | None, organisation: str | None, flow: str, file: Path, languages: tuple[str, ...]
) -> int:
    """Write a flow's texts into FILE: .xlsx with a sheet for each language, or .po of one language."""
    with opened(data) as (_, connection, ring):
        whose = choose_organisation(connection, organisation)
        flow_id, found = _flow(connection, whose, flow)
        sheets = [_sheet(connection, flow_id, found, code) for code in _chosen(found, languages)]
        file.write_bytes(_written(file, sheets))
        note(
            connection,
            ring,
            whose,
            action="translation.exported",
            object_=f"flow {flow_id}",
            languages=[sheet.language for sheet in sheets],
        )
    click.echo(f"{file}: {sum(len(sheet.entries) for sheet in sheets)} texts.")
    return 0


@texts.command(name="import")
@click.argument("flow")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", required=True, help="ISO 639-3 code of the file's language.")
@click.option("--take", multiple=True, metavar="ID", help="A text in conflict that the file is right about.")
@click.option("--machine", is_flag=True, help="A machine drafted these translations.")
@click.option("--yes", is_flag=True, help="Write them; without it, only say what would change.")
@organisation_option
@data_option
def import_(
    data: Path | None,
    organisation: str | None,
    flow: str,
    file: Path,
    language: str,
    take: tuple[str, ...],
    *,
    machine: bool,
    yes: bool,
) -> int:
    """Say row by row what FILE would change; with --yes, write what is no question. Exit 1 when rows are left out."""
    from gateway import clock
    from gateway.services import text_exchange, translating

    with opened(data) as (_, connection, ring):
        whose = choose_organisation(connection, organisation)
        flow_id, found = _flow(connection, whose, flow)
        _chosen(found, (language,))
        outcomes = _compared(connection, flow_id, found, language, _read(file, found, language))
        left = [it for it in outcomes if _is_left(it, take)]
        _tell(file, outcomes, take)
        if yes:
            wanted = text_exchange.chosen(outcomes, take)
            made = translating.save_many(
                connection, flow_id, language, wanted, by=None, now=clock.now(), machine=machine
            )
            note(
                connection,
                ring,
                whose,
                action="translation.imported",
                object_=f"flow {flow_id}",
                language=language,
                texts=[line.slot.id for line in made],
                over=sorted(take),
            )
            click.echo(f"{len(made)} texts were written into the draft.")
    return 1 if left else 0


def _flow(connection: sa.Connection, whose: UUID, code: str) -> tuple[UUID, Flow]:
    import sqlalchemy as sa

    from gateway.models.flows import Flow as FlowRow
    from gateway.services import translating

    flow_id = connection.scalar(
        sa.select(FlowRow.id).where(FlowRow.organisation_id == whose, FlowRow.code == code)
    )
    if flow_id is None:
        raise CannotStart(f"There is no flow {code}.")
    found = translating.flow_of(connection, flow_id)
    if found is None:
        raise CannotStart(f"The draft of {code} cannot be read: mend it first.")
    return flow_id, found


def _chosen(found: Flow, languages: Sequence[str]) -> Sequence[str]:
    known = found.languages[1:]
    wrong = [code for code in languages if code not in known]
    if wrong or not known:
        raise CannotStart(
            f"{found.code} is not translated into {', '.join(wrong) or 'any language'}."
            + (f" It speaks: {', '.join(known)}." if known else "")
        )
    return languages or known


def _sheet(connection: sa.Connection, flow_id: UUID, found: Flow, language: str) -> Sheet:
    from gateway.services import flow_texts, text_exchange

    return text_exchange.sheet(found, flow_texts.lines(connection, flow_id, found, language))


def _written(file: Path, sheets: Sequence[Sheet]) -> bytes:
    from gateway import text_files

    if file.suffix == XLSX:
        return text_files.to_xlsx(sheets)
    if file.suffix != PO:
        raise CannotStart("The file must end in .xlsx or .po.")
    if len(sheets) != 1:
        raise CannotStart("A .po file holds one language: name it with --language.")
    return text_files.to_po(sheets[0])


def _read(file: Path, found: Flow, language: str) -> list[Row]:
    from gateway import text_files
    from gateway.text_files import Unreadable

    try:
        return text_files.read(file.read_bytes(), flow=found.code, language=language)
    except Unreadable as error:
        raise CannotStart(f"{file} cannot be read as translations of {found.code}: {error}.") from None


def _compared(
    connection: sa.Connection, flow_id: UUID, found: Flow, language: str, rows: Sequence[Row]
) -> list[Outcome]:
    from gateway.services import flow_texts, text_exchange

    lines = flow_texts.lines(connection, flow_id, found, language)
    return text_exchange.compare(found, lines, rows)


def _is_left(outcome: Outcome, take: Sequence[str]) -> bool:
    from gateway.services.text_exchange import Kind

    if outcome.kind is Kind.CONFLICT:
        return outcome.row.id not in take
    return outcome.kind is Kind.REFUSED


def _tell(file: Path, outcomes: Sequence[Outcome], take: Sequence[str]) -> None:
    """Say what each row does, the open questions first. Wordings of flows are nobody's secret."""
    from gateway.services.text_exchange import ORDER, Kind

    for kind in (it for it in ORDER if it is not Kind.UNCHANGED):
        for it in (outcome for outcome in outcomes if outcome.kind is kind):
            why = f" ({it.reason})" if it.reason else ""
            said = "taken from the file" if kind is Kind.CONFLICT and it.row.id in take else kind.value
            click.echo(f"{file}:{it.row.place}: {said}{why}: {it.row.id}")
    same = sum(it.kind is Kind.UNCHANGED for it in outcomes)
    click.echo(f"{same} of {len(outcomes)} rows are as they are here.")
