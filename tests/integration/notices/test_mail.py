"""Mails to staff, up to the bytes on the wire: what they hold, and what becomes of each when the server fails."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import clock, ids, mail
from gateway.mail import Fate, Letter, MailError
from gateway.models.staff import Role
from gateway.post import Post
from gateway.services import digest, notices, staff
from gateway.services import mail as mails
from gateway.services.notices import Kind
from gateway.settings import Settings
from tests.integration.notices.mailbox import LOGIN, PASSWORD, Mailbox, Server, certificate
from tests.integration.notices.office import NOON, House

SENDER = "paigham@sender.example"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A server in clear on loopback."""
    box = Mailbox()
    server = Server(box)
    server.start()
    yield box
    server.stop()


@pytest.fixture
def post(house: House, mailbox: Mailbox) -> Post:
    settings = replace(
        house.operation.settings,
        smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
        mail_sender=SENDER,
        pages_url="https://gateway.example",
    )
    return Post(settings, house.operation.ring)


def at_once(house: House, person: UUID, **more: str) -> None:
    """Let a person have every mail at once, by day and night."""
    values = {
        "quiet_from": "00:00",
        "quiet_until": "00:00",
        "digest": "at_once",
        "digest_at": "08:00",
        **more,
    }
    house.do(
        "INSERT INTO notice_setting (staff_id, organisation_id, quiet_from, quiet_until, digest, digest_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        person,
        house.id,
        *(values[name] for name in ("quiet_from", "quiet_until", "digest", "digest_at")),
    )


def reader(house: House, name: str = "reader", **more: str) -> UUID:
    person = house.person(name, **more)
    at_once(house, person)
    return person


def plan(house: House, now: datetime = NOON) -> tuple[int, int]:
    with house.connect() as connection:
        done = digest.plan(connection, now=now)
        connection.commit()
    return done


def states(house: House) -> list[tuple[str, str | None, int]]:
    return house.operation.rows(
        "SELECT state, code, attempts FROM mail WHERE organisation_id = %s ORDER BY id", house.id
    )


# ---------------------------------------------------------------------- what a mail holds


def test_a_mail_holds_ids_priorities_and_links_and_nothing_of_what_happened(
    house: House, post: Post, mailbox: Mailbox
) -> None:
    reader(house)
    focal = house.person("focal", Role.SENSITIVE_FOCAL_POINT)
    at_once(house, focal)
    cases = [
        house.tell(Kind.NEW_CASE, level="S1", now=clock.now()),
        house.tell(Kind.SEALED_CASE, now=clock.now()),
    ]
    post.watch()
    assert post.deliver() == 2
    raw = mailbox.raw.decode("utf-8", "replace").lower()
    for canary in ("case", "sealed", "grievance", "reviewer", "focal ", "complaint", house.operation.hotline):
        assert canary not in raw.replace("focal.", ""), canary
    for case in cases:
        assert case.split()[1] not in raw, "the link leads to the notice, not to the case"
    for found in mailbox.mails:
        text = found.get_content()
        (notice_id,) = [line.rpartition("/")[2] for line in text.splitlines() if "/notices/" in line]
        assert f"https://gateway.example/notices/{notice_id}" in text
        assert found.get_content_type() == "text/plain"
        assert found["Subject"].startswith("Paigham P2 ")
    assert [state for state, _, _ in states(house)] == ["sent", "sent"]


def test_a_mail_is_in_the_readers_language_and_direction(house: House, post: Post, mailbox: Mailbox) -> None:
    reader(house, language="urd")
    house.tell(Kind.NEW_CASE, now=clock.now())
    post.watch()
    post.deliver()
    (found,) = mailbox.mails
    lines = [line for line in found.get_content().splitlines() if line]
    assert found["Content-Language"] == "ur"
    assert lines[0].startswith("\u200f")
    assert all(line.startswith("\u200e") for line in lines if "https://" in line)


def test_the_message_id_is_the_rows_and_the_same_at_every_try(
    house: House, post: Post, mailbox: Mailbox
) -> None:
    reader(house)
    house.tell(Kind.NEW_CASE, now=clock.now())
    mailbox.data = lambda _envelope: "451 later" if not mailbox.envelopes and not seen else None
    seen: list[str] = []
    post.watch()
    post.deliver()
    assert states(house)[0][:2] == ("waiting", "451")
    seen.append("once")
    house.do("UPDATE mail SET due_at = now() WHERE organisation_id = %s", house.id)
    post.deliver()
    mail_id = house.operation.one("SELECT id FROM mail WHERE organisation_id = %s", house.id)
    assert [found["Message-ID"] for found in mailbox.mails] == [f"<{mail_id}@sender.example>"]


def test_lines_that_begin_with_a_dot_arrive_whole(mailbox: Mailbox, settings: Settings) -> None:
    letter = Letter(ids.new(), "a@b.example", "Dots", ".\n..two\nend\n", "en", NOON)
    with mail.carrier(
        replace(settings, smtp_url=f"smtp://127.0.0.1:{mailbox.port}", mail_sender=SENDER)
    ) as carrier:
        carrier.send(letter)
    assert mailbox.mails[0].get_content().splitlines() == [".", "..two", "end"]


# ---------------------------------------------------------------------- what may go wrong


def test_an_address_that_is_refused_is_shown_to_administrators_and_not_tried_again(
    house: House, post: Post, mailbox: Mailbox
) -> None:
    reader(house)
    house.person("admin", Role.ADMIN)
    house.tell(Kind.NEW_CASE, now=clock.now())
    mailbox.rcpt = lambda _address: "550 no such person here"
    post.watch()
    post.deliver()
    assert states(house) == [("refused", "550", 1)]
    assert house.told(f"organisation {house.id}") == {"admin"}
    house.do("UPDATE mail SET due_at = now() WHERE organisation_id = %s", house.id)
    assert post.deliver() == 0
    assert mailbox.envelopes == []


def test_a_mail_whose_answer_is_lost_is_uncertain_and_never_repeated(
    house: House, post: Post, mailbox: Mailbox
) -> None:
    reader(house)
    house.tell(Kind.NEW_CASE, now=clock.now())
    mailbox.lost_after_data = True
    post.watch()
    post.deliver()
    assert states(house) == [("uncertain", "closed", 1)]
    mailbox.lost_after_data = False
    house.do("UPDATE mail SET due_at = now() - interval '1 day' WHERE organisation_id = %s", house.id)
    post.deliver()
    assert len(mailbox.envelopes) == 1


def test_a_person_may_have_an_uncertain_mail_sent_again(house: House, post: Post, mailbox: Mailbox) -> None:
    reader(house)
    house.tell(Kind.NEW_CASE, now=clock.now())
    mailbox.lost_after_data = True
    post.watch()
    post.deliver()
    mailbox.lost_after_data = False
    from gateway import db

    engine = db.engine(house.operation.settings)
    with engine.begin() as connection:
        (line,) = mails.troubles(connection, house.id)
        assert not mails.send_again(connection, ids.new(), line.id, now=clock.now()), "another organisation's"
        assert mails.send_again(connection, house.id, line.id, now=clock.now())
    engine.dispose()
    post.deliver()
    assert [state for state, _, _ in states(house)] == ["sent"]


def test_a_server_that_is_away_uses_up_one_try_and_is_asked_again_later(
    house: House, post: Post, mailbox: Mailbox
) -> None:
    reader(house)
    house.tell(Kind.NEW_CASE, now=clock.now())
    post.settings = replace(post.settings, smtp_url="smtp://127.0.0.1:1")
    post.watch()
    assert post.deliver() == 1
    assert states(house) == [("waiting", "unreachable", 1)]
    due = house.operation.one("SELECT due_at FROM mail WHERE organisation_id = %s", house.id)
    assert timedelta(seconds=40) < due - clock.now() < timedelta(seconds=80)


def test_after_some_tries_a_mail_is_given_up_and_administrators_are_told(
    house: House, post: Post, mailbox: Mailbox
) -> None:
    reader(house)
    house.person("admin", Role.ADMIN)
    house.tell(Kind.NEW_CASE, now=clock.now())
    mailbox.rcpt = lambda _address: "450 not now"
    post.watch()
    for _ in range(mails.ATTEMPTS):
        house.do("UPDATE mail SET due_at = now() WHERE organisation_id = %s", house.id)
        post.deliver()
    assert states(house) == [("failed", "450", mails.ATTEMPTS)]
    assert house.told(f"organisation {house.id}") == {"admin"}


def test_mails_to_closed_accounts_do_not_leave(house: House, post: Post, mailbox: Mailbox) -> None:
    person = reader(house)
    house.tell(Kind.NEW_CASE, now=clock.now())
    post.watch()
    house.do("UPDATE staff SET active = false WHERE id = %s", person)
    post.deliver()
    assert mailbox.envelopes == []
    assert states(house) == [("failed", "closed", 1)]


def test_without_a_mail_server_nothing_is_kept_for_a_later_one(house: House) -> None:
    reader(house)
    house.tell(Kind.NEW_CASE, now=clock.now())
    post = Post(house.operation.settings, house.operation.ring)
    post.watch()
    assert post.deliver() == 0
    assert states(house) == []
    assert (
        house.operation.rows(
            "SELECT 1 FROM notice WHERE mail_at IS NOT NULL AND organisation_id = %s", house.id
        )
        == []
    )


# ---------------------------------------------------------------------- TLS


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_mail_leaves_encrypted_to_a_server_that_proves_who_it_is(
    scheme: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, trusted = certificate(tmp_path)
    box = Mailbox()
    server = Server(box, certificate=served, implicit=scheme == "smtps")
    server.start()
    login = "" if scheme == "smtps" else f"{LOGIN}:{PASSWORD.replace(' ', '%20')}@"
    given = replace(settings, smtp_url=f"{scheme}://{login}127.0.0.1:{box.port}", mail_sender=SENDER)
    letter = Letter(ids.new(), "a@b.example", "Hello", "Hello\n", "en", NOON)
    try:
        with pytest.raises(MailError) as unknown, mail.carrier(given):
            pass
        assert (unknown.value.fate, unknown.value.code) == (Fate.TEMPORARY, "tls")
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with mail.carrier(given) as carrier:
            carrier.send(letter)
    finally:
        server.stop()
    assert len(box.mails) == 1
    if scheme == "smtp+starttls":
        assert box.encrypted == [True]


def test_errors_quote_nothing_of_what_a_server_says(mailbox: Mailbox, settings: Settings) -> None:
    mailbox.rcpt = lambda address: f"550 {address} is not here"
    letter = Letter(ids.new(), "canary@b.example", "Hello", "Hello\n", "en", NOON)
    given = replace(settings, smtp_url=f"smtp://127.0.0.1:{mailbox.port}", mail_sender=SENDER)
    with mail.carrier(given) as carrier, pytest.raises(MailError) as refused:
        carrier.send(letter)
    assert str(refused.value) == "refused: 550"
    assert refused.value.__cause__ is None


# ---------------------------------------------------------------------- whatever dies

KILLED = """
import os, signal, sys
from gateway import settings
from gateway.post import Post
from gateway.services import digest
from gateway.services import mail as mails
step = sys.argv[1]
def die(*given, **more): os.kill(os.getpid(), signal.SIGKILL)
post = Post.of(settings.read())
if step == "before the plan is committed":
    write = digest._write
    digest._write = lambda *given: (write(*given), die())
    post.watch()
elif step == "after the plan":
    digest_plan = digest.plan
    post.watch(); die()
elif step == "with mails in hand":
    post._send = die
    post.watch(); post.deliver()
elif step == "after the server took it":
    mails.record = die
    post.watch(); post.deliver()
"""


@pytest.mark.parametrize(
    ("step", "arrives"),
    [
        ("before the plan is committed", "once"),
        ("after the plan", "once"),
        ("with mails in hand", "nobody knows"),
        ("after the server took it", "nobody knows"),
    ],
)
def test_no_notice_is_lost_or_mailed_twice_whatever_is_killed(
    house: House, post: Post, mailbox: Mailbox, step: str, arrives: str
) -> None:
    reader(house)
    told = {house.tell(Kind.NEW_CASE, now=clock.now()) for _ in range(5)}
    environment = os.environ | post.settings.environment()
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, step], env=environment, check=False, timeout=60, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    house.do("UPDATE mail SET due_at = now() - interval '1 hour' WHERE organisation_id = %s", house.id)
    post.watch()
    post.deliver()
    assert len(told) == 5
    rows = house.operation.rows(
        "SELECT m.state, count(*) FROM notice n JOIN mail m ON m.id = n.mail_id"
        " WHERE n.organisation_id = %s GROUP BY m.id, m.state",
        house.id,
    )
    state = "sent" if arrives == "once" else "uncertain"
    assert rows == [(state, 5)], "all in one mail, and what nobody knows is said to be unknown"
    expected = 0 if step == "with mails in hand" else 1
    assert len(mailbox.envelopes) == expected


# ---------------------------------------------------------------------- digests and quiet hours


def test_by_night_mails_wait_for_the_morning_but_an_emergency_wakes_whoever_is_on_duty(house: House) -> None:
    night = NOON + timedelta(hours=11)
    duty, other = house.person("duty"), house.person("other")
    house.shift(house.team(duty), duty, begin=night - timedelta(hours=1))
    house.tell(Kind.HANDED_OVER, to=[duty, other], priority="P1", now=night)
    house.tell(Kind.HANDED_OVER, to=[duty, other], priority="P2", now=night)
    assert plan(house, night) == (4, 1)
    rows = house.operation.rows("SELECT staff_id, priority FROM mail WHERE organisation_id = %s", house.id)
    assert rows == [(duty, "P1")]
    assert plan(house, night + timedelta(hours=7, minutes=59))[1] == 0
    # In the morning everything that waited leaves in one mail for each.
    assert plan(house, night + timedelta(hours=8))[1] == 2


def test_what_was_read_meanwhile_is_not_mailed(house: House) -> None:
    person = house.person("reader")
    house.tell(Kind.NEW_CASE)
    house.do("UPDATE notice SET read_at = now() WHERE staff_id = %s", person)
    assert plan(house, NOON) == (1, 0)


def test_a_muted_kind_and_a_person_without_mail_get_none(house: House) -> None:
    first, second = reader(house, "first"), reader(house, "second")
    house.do("UPDATE notice_setting SET muted = '[\"new_case\"]' WHERE staff_id = %s", first)
    house.do("UPDATE notice_setting SET by_mail = false WHERE staff_id = %s", second)
    house.tell(Kind.NEW_CASE)
    assert plan(house, NOON) == (2, 0)
    house.tell(Kind.CASE_LATE)
    assert plan(house, NOON) == (2, 1)


def test_a_daily_digest_holds_every_notice_of_the_day_once(house: House) -> None:
    person = house.person("reader")
    at_once(house, person, digest="daily", digest_at="08:00")
    for hour in range(0, 48, 5):
        house.tell(Kind.NEW_CASE, now=NOON + timedelta(hours=hour))
    for hour in range(72):
        plan(house, NOON + timedelta(hours=hour))
    rows = house.operation.rows(
        "SELECT m.created_at, count(*) FROM mail m JOIN notice n ON n.mail_id = m.id WHERE m.organisation_id = %s"
        " GROUP BY m.id ORDER BY 1",
        house.id,
    )
    assert [(when - NOON, count) for when, count in rows] == [
        (timedelta(hours=20), 4),
        (timedelta(hours=44), 5),
        (timedelta(hours=68), 1),
    ]


HOURS = st.integers(0, 96)
TOLD = st.lists(st.tuples(HOURS, st.sampled_from(["P1", "P2", "P3"])), min_size=1, max_size=12)
TURNS = st.lists(st.tuples(HOURS, st.booleans()), max_size=12).map(sorted)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TOLD, TURNS, st.sampled_from(["at_once", "hourly", "daily"]), st.sampled_from(["22:00", "03:00"]))
def test_every_notice_leaves_in_exactly_one_mail_wherever_planners_die(
    house, told, turns, often, night
) -> None:
    """A turn that dies has its transaction rolled back; the last one comes long after everything."""
    person = house.person("reader")
    at_once(house, person, digest=often, quiet_from=night, quiet_until="05:00")
    for hour, priority in told:
        house.tell(Kind.HANDED_OVER, to=[person], priority=priority, now=NOON + timedelta(hours=hour))
    for hour, dies in [*turns, (24 * 30, False), (24 * 30 + 12, False)]:
        with house.connect() as connection:
            digest.plan(connection, now=NOON + timedelta(hours=hour))
            connection.rollback() if dies else connection.commit()
    rows = house.operation.rows(
        "SELECT count(*), count(mail_id), count(mail_at), count(DISTINCT mail_id) FROM notice WHERE staff_id = %s",
        person,
    )
    made = house.operation.one("SELECT count(*) FROM mail WHERE staff_id = %s", person)
    assert rows == [(len(told), len(told), 0, made)], (
        "all told, all mailed, nothing open, no mail without a notice"
    )
    early = house.operation.rows(
        "SELECT 1 FROM notice n JOIN mail m ON m.id = n.mail_id WHERE m.staff_id = %s AND m.created_at < n.raised_at",
        person,
    )
    assert early == []


def test_the_account_of_a_new_installation_gets_no_mail(house: House, post: Post, mailbox: Mailbox) -> None:
    person = reader(house)
    ring = house.operation.ring
    house.do(
        "UPDATE staff SET email_index = %s, email_sealed = %s WHERE id = %s",
        staff.index(ring, staff.FIRST_EMAIL),
        ring.seal(staff.EMAIL, person, staff.FIRST_EMAIL),
        person,
    )
    house.tell(Kind.NEW_CASE, now=clock.now())
    post.watch()
    post.deliver()
    assert mailbox.envelopes == []


def test_notices_that_nobody_needs_any_more_are_deleted(house: House) -> None:
    person = house.person("reader")
    house.tell(Kind.NEW_CASE)
    plan(house, NOON + timedelta(days=1))
    house.do("UPDATE notice SET read_at = raised_at WHERE staff_id = %s", person)
    for days, left in ((notices.KEPT_READ_DAYS, 1), (notices.KEPT_READ_DAYS + 2, 0)):
        with house.connect() as connection:
            notices.tidy(connection, now=NOON + timedelta(days=days))
            connection.commit()
        for table in ("notice", "mail"):
            assert house.operation.one(f"SELECT count(*) FROM {table} WHERE staff_id = %s", person) == left
