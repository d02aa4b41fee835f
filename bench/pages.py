"""What the first page and the queue of cases cost the server in a big operation.

Half a million messages of two weeks, 200,000 cases, 2,000 of them open, a round with 50,000 runs: made by PostgreSQL
itself, in one organisation, read as the staff pages read them, each by a role that sees most.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from gateway import clock, db, ids, migrate
from gateway.app import create_pages
from gateway.crypto import Keyring
from gateway.db import DatabaseRole
from gateway.embedded import Embedded
from gateway.models.staff import Role
from gateway.services import sign_in, staff
from gateway.services.cases import REFERENCE
from gateway.settings import Settings
from gateway.web import resources

MESSAGES = int(os.environ.get("PAIGHAM_BENCH_MESSAGES", "500000"))
CASES = int(os.environ.get("PAIGHAM_BENCH_CASES", "200000"))
OPEN = 2_000
REPEATS = 40
PAGES = {
    "overview": ("/", Role.SENSITIVE_FOCAL_POINT),
    "overview_admin": ("/", Role.ADMIN),
    "queue": ("/grievances?stage=triage", Role.PROTECTION_REVIEWER),
    "notices": ("/notices", Role.PROTECTION_REVIEWER),
}

_FILL = """
INSERT INTO channel (id, organisation_id, kind, name, address, config_sealed)
    VALUES (%(channel)s, %(ours)s, 'simulator', 'A line', '1', '');
INSERT INTO contact (id, organisation_id) SELECT gen_random_uuid(), %(ours)s FROM generate_series(1, 50000);
CREATE TEMP TABLE people AS SELECT id, row_number() OVER () AS n FROM contact;
CREATE INDEX ON people (n);
INSERT INTO message_in (id, organisation_id, channel_id, contact_id, urn_id, external_id, content_sealed, received_at)
    SELECT ids.id, %(ours)s, %(channel)s, people.id, people.id, 'x' || n.n, '\\x00', ids.at
    FROM generate_series(1, %(messages)s / 2) AS n (n) JOIN people ON people.n = n.n %% 50000 + 1,
    LATERAL (SELECT at, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(n.n::text), 1, 3) || '8' || substr(md5(n.n::text), 4, 15))::uuid AS id
        FROM (SELECT now() - (%(messages)s / 2 - n.n) * interval '14 days' / (%(messages)s / 2) AS at) t) ids;
INSERT INTO message_out (id, organisation_id, channel_id, contact_id, urn_id, step, language, content_sealed, segments,
        lane, status, rank, created_at)
    SELECT gen_random_uuid(), %(ours)s, %(channel)s, people.id, people.id, 's', 'eng', '\\x00', 1, 0,
        CASE WHEN n.n %% 100 = 0 THEN 'failed' WHEN n.n %% 1000 = 1 THEN 'uncertain' ELSE 'delivered' END, 4,
        now() - (%(messages)s / 2 - n.n) * interval '14 days' / (%(messages)s / 2)
    FROM generate_series(1, %(messages)s / 2) AS n (n) JOIN people ON people.n = n.n %% 50000 + 1;
"""
_CASES = """
INSERT INTO grievance (id, organisation_id, contact_id, reference_index, reference_sealed, intake_channel, sensitivity,
        priority, state, language, codebook_version, received_at, receipt_due_at, triage_due_at, closed_at)
    SELECT t.id, %(ours)s, NULL, decode(md5(t.id::text), 'hex'), '\\x00', 'sms',
        CASE WHEN n %% 10 = 0 THEN 'S2' ELSE 'S1' END, 'P2',
        CASE WHEN n <= %(open)s THEN 'acknowledged' ELSE 'closed' END,
        'eng', '1', t.at, t.at, t.at + interval '24 hours', CASE WHEN n > %(open)s THEN t.at + interval '9 days' END
    FROM (SELECT gen_random_uuid() AS id, n, now() - n * interval '1 minute' AS at
        FROM generate_series(1, %(cases)s) AS n) t;
"""


def measure() -> dict[str, float]:
    """Milliseconds of the server for each page, p95."""
    with tempfile.TemporaryDirectory(prefix="paigham-bench-") as folder, Embedded(Path(folder)) as servers:
        ring = Keyring.generate()
        settings = Settings(
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            data=Path(folder),
            keys=ring.to_json(),
            log_level="error",
        )
        migrate.upgrade(db.dsn(settings))
        ours = _fill(settings, ring)
        app = create_pages(settings)
        try:
            return {f"{name}_ms": _page(app, settings, ring, ours, *what) for name, what in PAGES.items()}
        finally:
            resources.of(app).engine.dispose()
            resources.of(app).waker.redis.close()


def _fill(settings: Settings, ring: Keyring) -> UUID:
    ours = ids.new()
    values = {
        "ours": ours,
        "channel": ids.new(),
        "messages": MESSAGES,
        "cases": CASES,
        "open": OPEN,
    }
    with db.connect(settings, role=DatabaseRole.OWNER) as connection:
        connection.execute("INSERT INTO organisation (id, code, name) VALUES (%s, 'bench', 'Bench')", [ours])
        for statement in (*_FILL.split(";\n"), *_CASES.split(";\n")):
            if statement.strip():
                connection.execute(statement, values)
        waiting = connection.execute("SELECT id FROM grievance WHERE closed_at IS NULL").fetchall()
        sealed = [ring.seal(REFERENCE, row[0], "ABCD-EFGH") for row in waiting]
        connection.execute(
            "UPDATE grievance g SET reference_sealed = t.blob FROM unnest(%s::uuid[], %s::bytea[]) AS t (id, blob)"
            " WHERE g.id = t.id",
            [[row[0] for row in waiting], sealed],
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return ours


def _page(app: Flask, settings: Settings, ring: Keyring, ours: UUID, path: str, role: Role) -> float:
    client = _signed_in(app, settings, ring, ours, role)
    for _ in range(5):
        assert client.get(path).status_code == 200
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        client.get(path)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[int(REPEATS * 0.95) - 1]


def _signed_in(app: Flask, settings: Settings, ring: Keyring, ours: UUID, role: Role) -> FlaskClient:
    engine = db.engine(settings)
    with engine.begin() as connection:
        email = f"{ids.new().hex}@example.org"
        person = staff.create(connection, ring, organisation_id=ours, email=email, name="Somebody", role=role)
        secret = sign_in.open_session(connection, person, passed=True, now=clock.now())
    engine.dispose()
    client = app.test_client()
    client.set_cookie("paigham", secret)
    return client
