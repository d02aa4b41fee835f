"""Signed Twilio webhooks accepted durably (B1, B2), against raw committed inserts of the same rows by pgbench.

Only the web runs: nothing drains what arrives, so that the figure is the door's own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from typing import Any

from bench.load import Plan
from gateway import db
from gateway.servers.postgres import programs_folder
from gateway.services import inbox
from tests.e2e.house import NUMBER, PUBLIC, TOKEN, House, open_house

PEOPLE = 1000
CONNECTIONS = 64
PREFIX = "+92300"
# The same two rows in the same one transaction, with contents of the same length, without the gateway.
RAW = """
\\set n random(1, {people})
WITH urn AS (SELECT id, contact_id, slot FROM contact_urn OFFSET :n - 1 LIMIT 1),
message AS (
    INSERT INTO message_in (id, organisation_id, channel_id, contact_id, urn_id, external_id, content_sealed,
                            received_at)
    SELECT uuidv7(), '{organisation}', '{channel}', contact_id, id, 'SM' || md5(random()::text),
        decode(repeat('ab', 124), 'hex'), now() FROM urn RETURNING id, contact_id
)
INSERT INTO pending_in (message_id, contact_id, slot, due_at)
SELECT message.id, message.contact_id, urn.slot, now() FROM message, urn;
"""


def measure(seconds: float = 6.0) -> dict[str, float]:
    """Accepted a second in a closed loop over 64 connections, p99 of an open loop at 600 a second, and the ratio."""
    with open_house(webhooks_processes=2, webhooks_threads=4) as house:
        for name in ("inbox", "outbox", "scheduler"):
            house.stop(name)
        for name in list(house.running):
            if name.startswith("inbox"):
                house.stop(name)
        _know_people(house)
        _load(house, requests=2000, tag="warm")
        closed = _load(house, requests=int(2500 * seconds), tag="closed")
        opened = _load(house, requests=int(600 * seconds), tag="open", rate=600.0)
        raw = _raw(house, seconds)
    return {
        "accepted_per_second": closed["accepted_per_second"],
        "accepted_p99_ms": closed["p99_ms"],
        "refused": closed["refused"] + opened["refused"],
        "open_600_p50_ms": opened["p50_ms"],
        "open_600_p99_ms": opened["p99_ms"],
        "raw_inserts_per_second": raw,
        "ratio": closed["accepted_per_second"] / raw,
    }


def _know_people(house: House) -> None:
    with house.connect() as connection:
        for place in range(PEOPLE):
            urn = f"tel:{PREFIX}{place:07d}"
            inbox.know(connection, house.ring, house.organisation_id, urn, language="urd")


def _load(house: House, *, requests: int, tag: str, rate: float | None = None) -> dict[str, Any]:
    plan = Plan(
        host="127.0.0.1",
        port=house.settings.webhooks_port,
        path=f"/in/{house.channels['twilio']}/",
        public_url=PUBLIC,
        token=TOKEN,
        ours=NUMBER,
        prefix=PREFIX,
        numbers=PEOPLE,
        requests=requests,
        connections=CONNECTIONS,
        rate=rate,
        tag=tag,
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(plan)),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _raw(house: House, seconds: float) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            RAW.format(people=PEOPLE, organisation=house.organisation_id, channel=house.channels["twilio"])
        )
        script.flush()
        options = ["-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", str(int(seconds))]
        command = [str(programs_folder() / "pgbench"), *options, "-f", script.name, db.dsn(house.settings)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24} {value:12.2f}")
