"""`paigham segments`: how many SMS a text takes."""

from __future__ import annotations

import json
import sys
import unicodedata
from dataclasses import asdict

import click

from gateway.commands.common import json_option


@click.command()
@click.argument("text")
@click.option(
    "--shift-table", "tables", multiple=True, help="A national table that the channel can announce (urdu)."
)
@json_option
def segments(text: str, tables: tuple[str, ...], *, as_json: bool) -> None:
    """Count the SMS that TEXT takes ("-": read it from standard input)."""
    from gateway.segments import Segments, count, split

    if text == "-":
        text = sys.stdin.read().removesuffix("\n")
    try:
        told: Segments = count(text, shift_tables=tables)
    except KeyError as error:
        raise click.UsageError(f"There is no national table {error}.") from None
    parts = split(text, shift_tables=tables)
    if as_json:
        whole = asdict(told) | {"can_be_gsm7": told.can_be_gsm7, "parts": parts}
        click.echo(json.dumps(whole, ensure_ascii=False))
        return
    tables_used = f", table {told.tables}" if told.tables else ""
    click.echo(
        f"{told.segments} SMS, {told.units} units of {told.encoding}{tables_used}, {told.remaining} free"
    )
    for item in told.offending:
        click.echo(f"  {_describe(item.character)} forces UCS-2{_advice(item.instead)}")


def _describe(character: str) -> str:
    shown = character if character.isprintable() else " "
    return f"{shown} U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def _advice(instead: str | None) -> str:
    if instead is None:
        return ""
    return f"; “{instead}” would not" if instead.strip() else "; leave it out, or write a plain space"
