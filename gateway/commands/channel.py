"""`paigham channel`: the connections to providers."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from gateway.channels import ADAPTERS
from gateway.commands.common import data_option, read_settings
from gateway.commands.opened import choose_organisation, note, opened, organisation_option
from gateway.errors import CannotStart

if TYPE_CHECKING:
    from uuid import UUID

    from gateway.services.channels import NewChannel

FASTEST = 10_000.0  # segments a second
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
UPDATES = '["message","callback_query","my_chat_member"]'  # what our adapter reads of Telegram's updates


@click.group()
def channel() -> None:
    """Add connections to providers, and list them."""


@channel.command()
@click.argument("kind", type=click.Choice(sorted(ADAPTERS)))
@click.option("--name", required=True, help="What staff call it.")
@click.option("--address", required=True, help="Our own number (E.164) or the bot's name.")
@click.option("--region", help="ISO 3166 region of numbers in national form: PK.")
@click.option(
    "--language", default="eng", show_default=True, help="ISO 639-3 code, until a person has chosen."
)
@click.option(
    "--rate",
    type=click.FloatRange(0, FASTEST, min_open=True),
    default=10.0,
    show_default=True,
    help="Segments a second that the provider allows.",
)
@click.option(
    "--config", metavar="FILE", help="JSON with the provider's credentials; - reads standard input."
)
@organisation_option
@data_option
def add(data: Path | None, organisation: str | None, config: str | None, **facts: Any) -> None:
    """Add a connection of KIND, and print the addresses that its provider is to be given.

    Credentials never stand on the command line, where others on the machine could read them.
    """
    from gateway.services import audit, channels
    from gateway.services.bridge import plain

    new = _described(config, **facts)
    channels.check(new)
    unanswered = _look_at_address(new, read_settings(data=data).pages_url)
    with opened(data) as (settings, connection, ring):
        organisation_id = choose_organisation(connection, organisation)
        hot = plain(connection)
        known = channels.find(hot, organisation_id, kind=new.kind, address=new.address)
        if known is not None:
            raise CannotStart(f"A {new.kind} channel with this address is there already: {known}.")
        channel_id = channels.create(hot, ring, organisation_id, new)
        told = audit.changed({}, {name: value for name, value in asdict(new).items() if name != "config"})
        note(
            connection, ring, organisation_id, action="channel.added", object_=f"channel {channel_id}", **told
        )
    click.echo(f"Channel {channel_id}")
    for sentence in _advice(new.kind, webhook(settings.public_url, channel_id)):
        click.echo(sentence)
    if unanswered is not None:
        click.echo(f"Look at base_url: {unanswered} The channel is there, and tries again when it sends.")


@channel.command("list")
@data_option
def list_channels(data: Path | None) -> None:
    """List the connections, their health, and the address that each provider calls."""
    from gateway.services import channels
    from gateway.services.bridge import plain

    with opened(data) as (settings, connection, _):
        found = channels.listed(plain(connection))
    if not found:
        click.echo("There is no channel yet: `paigham channel add` makes one.")
    for item in found:
        state = item.health if item.active else "switched off"
        code = f" ({item.health_code})" if item.health_code else ""
        click.echo(f"{item.id}  {item.kind}  {item.address}  {item.name}")
        click.echo(
            f"  {state}{code}, {item.rate:g} segments a second, {webhook(settings.public_url, item.id)}"
        )


def webhook(public_url: str, channel_id: UUID) -> str:
    """The address that a channel's provider calls."""
    return f"{public_url.rstrip('/')}/in/{channel_id}/"


def _described(
    config: str | None, *, kind: str, name: str, address: str, region: str | None, language: str, rate: float
) -> NewChannel:
    import phonenumbers

    from flows.languages import is_known
    from gateway.services.channels import NewChannel

    region = region.upper() if region else None
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise click.UsageError(f"{region} is no region of ISO 3166, such as PK.")
    if not is_known(language):
        raise click.UsageError(f"{language} is no ISO 639-3 code of a language that is known here.")
    if not name.strip() or not address.strip():
        raise click.UsageError("--name and --address must not be empty.")
    return NewChannel(kind, name.strip(), address.strip(), _read(config), region, language, rate)


def _look_at_address(new: NewChannel, pages_url: str) -> str | None:
    """Look at an address that stands in the place of the provider's own; returns what is wrong with its answer, if any.

    Raises:
        CannotStart: it is none that this gateway asks. This machine itself is one for a demonstration alone.
    """
    from gateway import outgoing
    from gateway.outgoing import UnfitAddress
    from gateway.settings import on_this_machine

    url, demonstration = new.config.get("base_url"), on_this_machine(pages_url)
    if not url:
        return None
    try:
        outgoing.admit(str(url), loopback=demonstration)
    except UnfitAddress as error:
        raise CannotStart(f"base_url: {error}") from None
    try:
        outgoing.fetch(str(url), method="HEAD", loopback=demonstration)
    except UnfitAddress as error:
        return str(error)
    return None


def _read(config: str | None) -> dict[str, Any]:
    """Read the provider's settings. What is wrong with them is told without quoting them."""
    if config is None:
        return {}
    try:
        text = sys.stdin.read() if config == "-" else Path(config).read_text(encoding="utf-8")
        found = json.loads(text)
    except OSError as error:
        raise CannotStart(f"{config} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CannotStart(f"--config {config} holds no JSON object.")
    return found


def _advice(kind: str, address: str) -> list[str]:
    advice = [f"Address for the provider: {address}", *ADVICE.get(kind, _nothing)(address)]
    if urlsplit(address).hostname in LOOPBACK and kind != "simulator":
        advice.append(
            "No provider can reach that: set PAIGHAM_PUBLIC_URL, and look at `paigham channel list`."
        )
    return advice


def _twilio(address: str) -> list[str]:
    return [
        "At the number, “A message comes in”: that address with HTTP POST, with the slash at its end.",
        f"“Primary handler fails” (fallback URL): {address} too. Without it Twilio does not try again.",
        f"Status callback: {address}status. Each message carries it; nothing needs to be set.",
    ]


def _telegram(address: str) -> list[str]:
    return [
        "Call the bot's method setWebhook with:",
        f"  url={address}",
        f"  allowed_updates={UPDATES}",
        "  secret_token=(the one in your configuration)",
    ]


def _nothing(_address: str) -> list[str]:
    return []


ADVICE = {"twilio": _twilio, "telegram": _telegram}
