"""A canary flies through the whole house, and is found nowhere but behind the keys.

One person's name, number, chat and words, and one staff member's address and password, go through everything that
can happen to them; then every log, every Redis key and command, every file of the database and of the spool, every
command line and what `paigham doctor` prints is searched.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psutil
import psycopg
import pytest

from gateway import clock, db, operation
from gateway.models.staff import Role
from gateway.services import sign_in, staff
from gateway.services.reveal import REASONS
from tests.e2e import canary, webhooks
from tests.e2e.canary import Listener, dump, found_in, found_in_files, needles, opened
from tests.e2e.house import SECRET, TOKEN, House, open_house, redis_of, restart_postgres
from tests.e2e.town import Town
from tests.integration.web.people import KEY, totp

FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
WANTED = needles(*canary.TELLING)


@dataclass
class Flight:
    """The canary's way through the house."""

    house: House
    http: httpx.Client
    counted: int = 0

    def sms(self, text: str, *, sender: str = canary.NUMBER, signature: str | None = None) -> httpx.Response:
        """A message by Twilio, with a name in a header besides."""
        self.counted += 1
        sid, headers = f"SM{self.counted:032x}", {"X-Name": canary.NAME}
        return webhooks.sms(self.house, text, sender=sender, sid=sid, signature=signature, headers=headers)

    def chat(self, **message: Any) -> httpx.Response:
        """An update by Telegram from the canary's chat."""
        self.counted += 1
        person = {"id": int(canary.CHAT), "is_bot": False, "first_name": canary.NAME, "language_code": "ur"}
        place = {"id": int(canary.CHAT), "type": "private", "first_name": canary.NAME}
        body = {"message_id": self.counted, "from": person, "chat": place, "date": 1_900_000_000} | message
        return webhooks.update(self.house, {"update_id": self.counted, "message": body})

    def settle(self) -> None:
        """Wait until everything that was said is handled and answered."""
        empty = "SELECT (SELECT count(*) FROM pending_in) + (SELECT count(*) FROM pending_out) = 0"
        self.house.wait(lambda: bool(self.house.one(empty)), within=30, what="empty queues")

    def is_in_doubt(self) -> bool:
        doubts = "SELECT count(*) > 0 FROM pending_out WHERE uncertain_since IS NOT NULL"
        return bool(self.house.one(doubts))

    def contact(self, urn: str) -> UUID:
        index = self.house.ring.index(urn)
        found: UUID = self.house.one("SELECT contact_id FROM contact_urn WHERE address_index = %s", index)
        return found


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_house(log_level="debug") as opened_house:
        with psycopg.connect(opened_house.servers.admin_url, autocommit=True) as administrator:
            # Compressed pages would hide from the search what lies in them.
            administrator.execute("ALTER SYSTEM SET wal_compression = off")
            administrator.execute("SELECT pg_reload_conf()")
        yield opened_house


@pytest.fixture(scope="module")
def listener(house: House) -> Iterator[Listener]:
    with Listener(house.settings.redis_url) as listening:
        yield listening


@pytest.fixture(scope="module")
def flown(house: House, listener: Listener) -> Flight:
    """The canary has been everywhere."""
    with httpx.Client(base_url=house.web, timeout=30) as http:
        flight = Flight(house, http)
        talk(flight)
        answer_a_survey(flight)
        be_refused(flight)
        meet_a_failing_provider(flight)
        wait_in_the_spool(flight)
        be_looked_at(flight)
        be_parked(flight)
    return flight


def talk(flight: Flight) -> None:
    """Write, choose a language, complain, share a number and a place, disclose."""
    for text in (
        f"Hello, this is {canary.NAME}. {canary.WORDS}",
        "1",
        "PROBLEM",
        canary.WORDS,
        "Qanariplace camp",
        "1",
    ):
        assert flight.sms(text).status_code == httpx.codes.OK
        flight.settle()
    for message in (
        {"text": canary.URDU},
        {"text": "1"},
        {
            "contact": {
                "phone_number": canary.NUMBER[1:],
                "first_name": canary.NAME,
                "user_id": int(canary.CHAT),
            }
        },
        {"location": {"latitude": 34.0, "longitude": 71.5}},
        {"text": f"PROBLEM {canary.URDU}"},
    ):
        assert flight.chat(**message).status_code == httpx.codes.OK
        flight.settle()
    assert flight.sms(canary.DISCLOSED).status_code == httpx.codes.OK
    flight.settle()
    house = flight.house
    assert house.one("SELECT count(*) FROM grievance WHERE sealed") == 1
    assert house.one("SELECT count(*) FROM grievance WHERE NOT sealed") >= 2


def answer_a_survey(flight: Flight) -> None:
    """Say what the machine understands, and what it does not."""
    house, urn = flight.house, f"tel:{canary.NUMBER}"
    with house.connect() as connection:
        connection.execute("UPDATE session SET ended_at = now() WHERE ended_at IS NULL")
        connection.commit()
    town = Town(house)
    town.contacts["twilio"] = [flight.contact(urn)]
    town.ask()
    flight.settle()
    for text in ("1", canary.WORDS, "2", f"{canary.LABEL} 1"):
        assert flight.sms(text).status_code == httpx.codes.OK
        flight.settle()
    assert house.one("SELECT count(*) FROM answer WHERE question = 'age'") == 1


def be_refused(flight: Flight) -> None:
    """Come with a wrong signature, to nobody, without form, and too large."""
    house, http = flight.house, flight.http
    refused = [
        flight.sms(canary.WORDS, signature=canary.LABEL),
        webhooks.update(house, {"update_id": 1, "message": canary.WORDS}),
        webhooks.update(house, canary.URDU.encode()),
        webhooks.update(house, canary.WORDS.encode() * 8000),
        http.post(
            f"/in/{UUID(int=1)}/{canary.LABEL}", params={"From": canary.NUMBER}, data={"Body": canary.WORDS}
        ),
        http.get(
            f"/{canary.LABEL}/{canary.NUMBER}",
            params={"q": canary.WORDS},
            headers={"User-Agent": canary.NAME},
        ),
    ]
    assert all(answer.status_code >= httpx.codes.BAD_REQUEST for answer in refused)


def meet_a_failing_provider(flight: Flight) -> None:
    """Be a number that cannot be; then lose answers, get a 500, and an error in the report."""
    fakes = flight.house.fakes
    fakes.codes({canary.WRONG_NUMBER: 21211, canary.NUMBER: 30003})
    flight.sms("HELP", sender=canary.WRONG_NUMBER)
    flight.sms("HELP")
    flight.settle()
    fakes.codes({canary.NUMBER: 0})
    for fault in ({"reset_rate": 1.0}, {"error_rate": 1.0, "error_status": 500}):
        fakes.faults(**fault)
        for answer in (flight.sms("HELP"), flight.chat(text="HELP")):
            assert answer.status_code == httpx.codes.OK
        flight.house.wait(flight.is_in_doubt, within=20, what="a message in doubt")
        fakes.faults(reset_rate=0.0, error_rate=0.0)
        flight.settle()
    statuses = {row[0] for row in flight.house.rows("SELECT DISTINCT status FROM message_out")}
    assert {"invalid_number", "failed"} <= statuses


def wait_in_the_spool(flight: Flight) -> None:
    """Arrive while PostgreSQL is dead."""
    house = flight.house
    house.servers.kill_postgres()
    assert flight.sms(canary.WORDS).status_code == httpx.codes.OK
    assert flight.chat(text=canary.URDU).status_code == httpx.codes.OK
    assert len(list(house.settings.spool.glob("*.req"))) >= 2
    assert found_in_files(house.settings.spool, WANTED) == {}
    restart_postgres(house)
    house.wait(lambda: not list(house.settings.spool.glob("*.req")), within=20, what="an empty spool")
    flight.settle()


def be_looked_at(flight: Flight) -> None:
    """Staff sign in, fail to, read, reveal and search; a page meets a row that it cannot open."""
    house, http = flight.house, flight.http
    make_staff(house)
    for password in ("another " + canary.PASSWORD, canary.PASSWORD):
        form = {"form_token": token(http), "email": canary.EMAIL, "password": password}
        answer = http.post("/signin", data=form)
    assert answer.status_code == httpx.codes.SEE_OTHER
    set_up_app(http)
    person, other = flight.contact(f"tel:{canary.NUMBER}"), flight.contact(f"telegram:{canary.CHAT}")
    for path in (
        "/",
        "/contacts",
        f"/contacts/{person}",
        f"/contacts/{other}",
        "/grievances",
        "/messages",
        "/rounds",
    ):
        assert http.get(path).status_code == httpx.codes.OK, path
    for (case,) in house.rows("SELECT id FROM grievance"):
        assert http.get(f"/grievances/{case}").status_code == httpx.codes.OK
    why = {"reason": REASONS[0], "words": f"{canary.WORDS} {canary.NAME}"}
    revealed = http.post(f"/contacts/{person}", data={"form_token": token(http), **why})
    assert canary.NUMBER in revealed.text, "this is the one place where it is shown"
    http.get("/contacts", params={"q": canary.NUMBER, "before": canary.WORDS})
    http.post(f"/contacts/{canary.LABEL}", data={"form_token": token(http), "note": canary.WORDS})
    with house.connect() as connection:
        connection.execute(
            "UPDATE contact_urn SET address_sealed = address_sealed || '\\x00' WHERE contact_id = %s", [other]
        )
        connection.commit()
    assert (
        http.post(f"/contacts/{other}", data={"form_token": token(http), **why}).status_code
        >= httpx.codes.BAD_REQUEST
    )


def set_up_app(http: httpx.Client) -> None:
    """A focal point must have a second factor; a wrong code comes first."""
    shown = KEY.search(http.get("/me/security/app").text)
    assert shown is not None
    for code, expected in (
        ("000000", httpx.codes.UNPROCESSABLE_ENTITY),
        (totp(shown[1], time.time()), httpx.codes.OK),
    ):
        form = {"form_token": token(http), "code": code}
        assert http.post("/me/security/app", data=form).status_code == expected


def make_staff(house: House) -> None:
    engine = db.engine(house.settings)
    with engine.begin() as connection:
        made = staff.create(
            connection,
            house.ring,
            organisation_id=house.organisation_id,
            email=canary.EMAIL,
            name=canary.STAFF,
            role=Role.SENSITIVE_FOCAL_POINT,
        )
        staff.set_password(connection, house.ring, made, canary.PASSWORD)
        sign_in.open_session(connection, made, now=clock.now())
    engine.dispose()


def token(http: httpx.Client) -> str:
    found = FORM_TOKEN.search(http.get("/nowhere").text)
    assert found is not None
    return found[1]


def be_parked(flight: Flight) -> None:
    """Be a message that cannot be handled, three times."""
    house, contact = flight.house, flight.contact(f"tel:{canary.NUMBER}")
    flight.sms("PROBLEM")
    flight.settle()
    with house.connect() as connection:
        broken = "UPDATE run SET state_sealed = state_sealed || '\\x00' WHERE contact_id = %s AND disposition IS NULL"
        assert connection.execute(broken, [contact]).rowcount > 0
        connection.commit()
    flight.sms(canary.WORDS)

    def is_parked() -> bool:
        house.rows("UPDATE pending_in SET due_at = now() - interval '2 s' WHERE due_at > now() RETURNING seq")
        return bool(house.one("SELECT count(*) = 1 FROM message_in WHERE parked_at IS NOT NULL"))

    house.wait(is_parked, within=30, what="a parked message")


def test_no_log_no_file_of_the_database_and_no_spool_holds_the_canary(flown: Flight) -> None:
    house = flown.house
    with psycopg.connect(house.servers.admin_url, autocommit=True) as administrator:
        administrator.execute(f"COMMENT ON DATABASE paigham IS '{canary.CONTROL}'")
        administrator.execute("CHECKPOINT")
    (house.logs / "control.log").write_text(canary.CONTROL.upper())
    assert found_in_files(house.folder, WANTED) == {}
    controls = {path.split("/")[0] for path in found_in_files(house.folder, needles(canary.CONTROL))}
    assert controls == {"logs", "postgres"}
    assert any("pg_wal" in path for path in found_in_files(house.folder, needles(canary.CONTROL)))


def test_no_log_and_no_file_of_the_database_holds_a_channels_secrets(flown: Flight) -> None:
    assert found_in_files(flown.house.folder, needles(TOKEN, SECRET), but=("fakes.json",)) == {}
    assert set(found_in_files(flown.house.folder, needles(TOKEN))) == {"fakes.json"}


def test_no_key_no_job_and_no_command_of_redis_holds_the_canary(flown: Flight, listener: Listener) -> None:
    with redis_of(flown.house) as redis:
        failed = list(redis.scan_iter("rq:failed:*"))
        assert failed, "jobs failed while PostgreSQL was dead, and Redis keeps why"
        redis.set("control", canary.CONTROL)
        data = opened(dump(redis))
    control = needles(canary.CONTROL)
    assert found_in(data, control) == {canary.CONTROL}
    flown.house.wait(lambda: bool(found_in(listener.heard, control)), within=10, what="the last command")
    heard = opened(listener.heard)
    assert found_in(data, WANTED) == set()
    assert found_in(heard, WANTED) == set()
    assert b"workers.jobs.drain_inbox" in data + heard, "jobs were opened, and could be read"


def test_no_command_line_holds_the_canary_or_a_secret(flown: Flight) -> None:
    pids = [process.pid for process in flown.house.running.values()] + list(flown.house.servers.pids.values())
    lines = [" ".join(child.cmdline()) for pid in pids for child in family(psutil.Process(pid))]
    assert any("workers.main" in line for line in lines)
    assert found_in("\n".join(lines).encode(), WANTED | needles(TOKEN, SECRET)) == set()


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_doctor_tells_nothing_of_the_canary(flown: Flight, options: list[str]) -> None:
    house = flown.house
    command = [sys.executable, "-m", "gateway.cli", "doctor", "--data", str(house.folder), *options]
    environment = dict(operation.child_environment(house.settings))
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
    told = done.stdout + done.stderr
    assert b"PostgreSQL" in told
    assert found_in(told, WANTED | needles(TOKEN, SECRET)) == set()


def test_the_logs_are_not_empty_and_tell_what_happened_by_id(flown: Flight) -> None:
    """Otherwise silence would pass for discretion."""
    logs = "".join(path.read_text() for path in flown.house.logs.glob("*.log"))
    for event in ("not_handled", "bad_signature", "spool_replayed", "job_failed"):
        assert f'"{event}"' in logs
