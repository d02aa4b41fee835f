"""`paigham round`: ask people the questions of a flow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from gateway.commands.common import data_option
from gateway.commands.opened import note, opened
from gateway.errors import CannotStart

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gateway.crypto import Keyring
    from gateway.db import Connection
    from gateway.services.channels import ChannelRow
    from gateway.services.people import House
    from gateway.services.rounds import Asking, Plan, Round
    from gateway.settings import Settings

BATCH = 200  # people asked in one transaction
REASONS = {
    "asked": "asked in this round before",
    "stopped": "said STOP",
    "no_consent": "did not agree to surveys",
    "not_safe": "not safe to text",
    "no_address": "no address on this channel",
    "in_conversation": "in an open conversation",
    "asked_lately": "asked within the last 30 days",
}


@click.group("round")
def round_() -> None:
    """Ask people the questions of a flow, and close a round."""


@round_.command("open")
@click.argument("flow")
@click.option("--channel", "channel_id", type=click.UUID, required=True, help="Channel to ask on, by its id.")
@click.option("--name", help="The round's name; default: the flow's title and this month.")
@click.option("--group", metavar="CODE", help="Ask members of this group only.")
@click.option("--limit", type=click.IntRange(1), help="Ask so many at the most.")
@click.option("--dry-run", is_flag=True, help="Only say how many would be asked.")
@data_option
def open_(
    flow: str,
    *,
    channel_id: UUID,
    name: str | None,
    group: str | None,
    limit: int | None,
    dry_run: bool,
    data: Path | None,
) -> None:
    """Ask everybody who agreed to surveys the published FLOW, each person once.

    The same name again goes on with the same round: whoever was asked is left out. Can be broken off and repeated.
    """
    with opened(data) as (settings, connection, ring):
        desk = Desk.of(settings, connection, ring, channel_id)
        latest, group_id = desk.latest(flow), desk.group(group)
        name = name or desk.title(latest)
        found = desk.find(name, latest) if dry_run else desk.open(name, latest)
        asking = desk.asking(found, latest, group_id)
        plan = desk.plan(asking)
        if dry_run:
            click.echo(f"{_people(len(plan.to_ask[:limit]))} would be asked.")
        else:
            desk.ask(asking, plan.to_ask[:limit])
        _tell(plan, limit)


@round_.command()
@click.argument("round_id", type=click.UUID, metavar="ID")
@data_option
def close(round_id: UUID, data: Path | None) -> None:
    """Close the round ID: nobody more is asked. Who is answering may finish."""
    from gateway import clock
    from gateway.services import rounds
    from gateway.services.bridge import plain

    with opened(data) as (_, connection, ring):
        whose = rounds.close(plain(connection), round_id, now=clock.now())
        if whose is None:
            raise CannotStart("There is no open round of this id.")
        note(connection, ring, whose, action="round.closed", object_=f"survey_round {round_id}")
    click.echo("Closed.")


@dataclass
class Desk:
    """Where one round is opened: the channel, and what conversations need. Commits after each batch."""

    settings: Settings
    connection: sa.Connection
    house: House
    channel: ChannelRow

    @classmethod
    def of(cls, settings: Settings, connection: sa.Connection, ring: Keyring, channel_id: UUID) -> Desk:
        """Take the channel. Raises CannotStart when it is not there, or switched off."""
        from gateway.services import channels
        from gateway.services.bridge import plain
        from gateway.services.people import House

        channel = channels.load(plain(connection), ring, channel_id)
        if channel is None or not channel.active:
            raise CannotStart("There is no such channel: `paigham channel list` shows them with their ids.")
        return cls(settings, connection, House.of(settings, ring), channel)

    @property
    def hot(self) -> Connection:
        """The psycopg connection, in the transaction that is open now."""
        from gateway.services.bridge import plain

        return plain(self.connection)

    def latest(self, code: str) -> UUID:
        """Return a flow's newest revision. Raises CannotStart without one, or when people must write first."""
        library = self.house.library
        revision_id = library.latest(self.hot, self.channel.organisation_id, code)
        if revision_id is None:
            raise CannotStart(f"No flow {code} is published: `paigham flow publish` does that.")
        if not library.flow(self.hot, revision_id).outbound:
            raise CannotStart(f"The flow {code} is for people who write first (outbound: false).")
        return revision_id

    def group(self, code: str | None) -> UUID | None:
        """Return a group's id, None for everybody. Raises CannotStart when there is no such group."""
        from gateway.services import rounds

        if code is None:
            return None
        found = rounds.group(self.hot, self.channel.organisation_id, code)
        if found is None:
            raise CannotStart(f"There is no group {code}.")
        return found

    def title(self, revision_id: UUID) -> str:
        """Name a round after its flow and this month."""
        from gateway import clock

        flow = self.house.library.flow(self.hot, revision_id)
        return f"{flow.title.by_language.get(flow.languages[0], flow.code)}, {clock.now():%B %Y}"

    def find(self, name: str, revision_id: UUID) -> Round | None:
        """Return the open round of this name, if it is there already."""
        from gateway import clock
        from gateway.services import rounds

        whose = self.channel.organisation_id
        return rounds.find(self.hot, whose, name=name, revision_id=revision_id, now=clock.now())

    def open(self, name: str, revision_id: UUID) -> Round:
        """Find the round, or make it, and write into the audit that people are being asked."""
        from gateway import clock
        from gateway.services import rounds
        from gateway.services.unfit import Unfit

        whose = self.channel.organisation_id
        try:
            found = rounds.open_round(self.hot, whose, name=name, revision_id=revision_id, now=clock.now())
        except Unfit as error:
            raise CannotStart(
                "This wording went out by an exception, and its one round was opened."
            ) from error
        thing = f"survey_round {found.id}"
        note(self.connection, self.house.ring, whose, action="round.opened", object_=thing)
        self.connection.commit()
        click.echo(f"Round {found.id}: {name}")
        return found

    def asking(self, found: Round | None, latest: UUID, group_id: UUID | None) -> Asking:
        """Say who may be asked: a round that is there already goes on with the revision it began with."""
        from gateway.services import rounds

        flow = self.house.library.flow(self.hot, latest if found is None else found.revision_id)
        scheme = self.channel.adapter().traits.scheme
        round_id = None if found is None else found.id
        return rounds.Asking(self.channel.organisation_id, scheme, flow.discreet, group_id, round_id)

    def plan(self, asking: Asking) -> Plan:
        """Sort people into those to ask and those to leave out. Nothing is written."""
        from gateway import clock
        from gateway.services import rounds

        return rounds.plan(self.hot, asking, now=clock.now())

    def ask(self, asking: Asking, contact_ids: list[UUID]) -> None:
        """Ask people, a commit for each batch, then wake the sender."""
        from gateway import clock
        from gateway.services import rounds

        asked = 0
        for start in range(0, len(contact_ids), BATCH):
            batch = contact_ids[start : start + BATCH]
            count = rounds.ask(self.hot, self.house, asking, batch, channel=self.channel, now=clock.now())
            self.connection.commit()
            if count is None:
                click.echo("The round was closed meanwhile.")
                break
            asked += count
            self._wake()
        click.echo(f"{_people(asked)} {'is' if asked == 1 else 'are'} being asked.")
        if asked < len(contact_ids):
            click.echo(
                f"{len(contact_ids) - asked:,} could not be asked just now: the same command tries again."
            )

    def _wake(self) -> None:
        """Wake the sender. Without Redis the sweeper finds the messages a second later."""
        from gateway.queue import Waker

        if self.settings.redis_url:
            waker = Waker.of(self.settings)
            waker.outbox(self.channel.id)
            waker.redis.close()


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _tell(plan: Plan, limit: int | None) -> None:
    from gateway.services.rounds import LeftOut

    more = len(plan.to_ask) - len(plan.to_ask[:limit])
    if more:
        click.echo(f"{more:,} more may be asked: --limit leaves them for later.")
    if plan.left_out:
        click.echo(f"{plan.left_out.total():,} are left out:")
    for reason, sentence in REASONS.items():
        if count := plan.left_out[LeftOut(reason)]:
            click.echo(f"{count:8,}  {sentence}")
