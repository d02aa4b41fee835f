"""The jobs that tell staff, through real workers and a real mail server: nobody is left in logs and Redis."""

from dataclasses import replace

import pytest

from gateway import clock, log
from gateway.queue import Waker
from gateway.services.notices import Kind
from tests.integration.notices.mailbox import Mailbox, Server
from tests.integration.notices.office import House
from tests.integration.notices.test_mail import at_once
from workers import jobs, main


@pytest.fixture
def mailbox():
    box = Mailbox()
    server = Server(box)
    server.start()
    yield box
    server.stop()


@pytest.fixture
def settings_at_work(house: House, mailbox: Mailbox, monkeypatch):
    made = replace(
        house.operation.settings,
        smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
        mail_sender="paigham@sender.example",
    )
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    jobs.post.cache_clear()
    log.configure("info")
    yield made
    jobs.post.cache_clear()


def work(kind: str, settings) -> None:
    worker = main.build(kind, settings)
    worker.work(burst=True, logging_level="WARNING")
    worker.connection.close()


def test_a_notice_becomes_a_mail_by_two_wake_ups(
    house: House, mailbox: Mailbox, settings_at_work, capsys
) -> None:
    at_once(house, house.person("reader"))
    mailbox.rcpt = lambda address: f"450 {address} is busy" if not tried else None
    tried: list[int] = []
    about = house.tell(Kind.NEW_CASE, now=clock.now())
    waker = Waker.of(settings_at_work)
    waker.care("watch")
    work("inbox", settings_at_work)
    work("outbox", settings_at_work)  # the watch woke it
    assert mailbox.envelopes == []
    tried.append(1)
    house.do("UPDATE mail SET due_at = now() WHERE organisation_id = %s", house.id)
    waker.care("deliver", queue="outbox")
    work("outbox", settings_at_work)
    assert [len(item.rcpt_tos) for item in mailbox.envelopes] == [1]
    told = "".join(capsys.readouterr())
    assert "mail_not_sent" in told
    left = " ".join(str(waker.redis.dump(key)) + str(key) for key in waker.redis.scan_iter())
    for trace in (told, left):
        for canary in ("canary.example", "reader", about.split()[1], "busy"):
            assert canary not in trace
    waker.redis.close()
