"""Settings: one object, every problem at once, no secret in sight."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SettingsInvalid
from gateway.settings import Settings, read, read_price, variable


def problems(environ, **overrides):
    with pytest.raises(SettingsInvalid) as caught:
        read(environ, **overrides)
    return caught.value.problems


def test_an_empty_environment_gives_settings_that_work_on_one_machine():
    settings = read({})
    assert (settings.host, settings.port, settings.data) == ("127.0.0.1", 8000, Path("data"))
    assert settings.database_url == settings.redis_url == ""


def test_every_setting_can_be_read_from_the_environment():
    environ = {
        "DATABASE_URL": "postgresql://paigham@db/paigham",
        "REDIS_URL": "redis://cache:6379/0",
        "PAIGHAM_DATA": "/srv/paigham",
        "PAIGHAM_PORT": "8080",
        "PAIGHAM_SECURE_COOKIES": "yes",
        "PAIGHAM_INBOX_WORKERS": "2",
        "PAIGHAM_WEBHOOKS_THREADS": "8",
    }
    settings = read(environ)
    assert settings.data == Path("/srv/paigham")
    assert (settings.port, settings.secure_cookies, settings.inbox_workers) == (8080, True, 2)
    assert settings.database_dsn == "postgresql+psycopg://paigham@db/paigham"


def test_the_command_line_wins_over_the_environment():
    assert read({"PAIGHAM_PORT": "8080"}, port=9000, host=None).port == 9000


def test_an_empty_variable_counts_as_not_set():
    assert read({"PAIGHAM_PORT": "", "DATABASE_URL": ""}).port == 8000


def test_every_problem_is_reported_at_once():
    found = problems(
        {
            "PAIGHAM_PORTS": "1",
            "PAIGHAM_PORT": "eighty",
            "PAIGHAM_SECURE_COOKIES": "maybe",
            "DATABASE_URL": "mysql://db",
            "REDIS_URL": "http://cache",
            "PAIGHAM_PUBLIC_URL": "example.org",
            "PAIGHAM_BATCH": "0",
            "PAIGHAM_LOG_LEVEL": "loud",
            "PAIGHAM_TRUSTED_PROXIES": "-1",
        }
    )
    assert len(found) == 9
    assert "Unknown setting PAIGHAM_PORTS. Did you mean PAIGHAM_PORT?" in found
    assert "PAIGHAM_PORT must be a whole number." in found


def test_an_unknown_setting_unlike_any_other_is_told_the_list():
    (found,) = problems({"PAIGHAM_XYZZY": "1"})
    assert "Known are: DATABASE_URL, PAIGHAM_ALLOWED_HOSTS, PAIGHAM_AUDIT_ANCHORS" in found


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_that_cannot_be_is_refused(port):
    assert problems({"PAIGHAM_PORT": port}) == ["PAIGHAM_PORT must lie between 1 and 65535."]


def test_more_inbox_workers_than_shards_are_refused():
    (found,) = problems({"PAIGHAM_INBOX_WORKERS": "4", "PAIGHAM_SHARDS": "2"})
    assert found.startswith("PAIGHAM_SHARDS must be at least PAIGHAM_INBOX_WORKERS")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("http://127.0.0.1:8000", "http://127.0.0.1:8001")),
        ({"PAIGHAM_PORT": "9000"}, ("http://127.0.0.1:9000", "http://127.0.0.1:8001")),
        ({"PAIGHAM_WEBHOOKS_PORT": "9001"}, ("http://127.0.0.1:8000", "http://127.0.0.1:9001")),
        ({"PAIGHAM_HOST": "0.0.0.0"}, ("http://127.0.0.1:8000", "http://127.0.0.1:8001")),  # noqa: S104
        ({"PAIGHAM_WEBHOOKS_HOST": "10.0.0.7"}, ("http://127.0.0.1:8000", "http://10.0.0.7:8001")),
        (
            {"PAIGHAM_PUBLIC_URL": "https://paigham.example.org", "PAIGHAM_PORT": "9000"},
            ("http://127.0.0.1:9000", "https://paigham.example.org"),
        ),
        (
            {"PAIGHAM_PAGES_URL": "https://staff.example.org", "PAIGHAM_HOST": "10.0.0.7"},
            ("https://staff.example.org", "http://127.0.0.1:8001"),
        ),
    ],
)
def test_staff_and_providers_reach_us_where_we_listen_unless_told_otherwise(environ, expected):
    settings = read(environ)
    assert (settings.pages_url, settings.public_url) == expected


def test_pages_and_webhooks_cannot_listen_on_one_port():
    assert problems({"PAIGHAM_WEBHOOKS_PORT": "8000"}) == [
        "PAIGHAM_WEBHOOKS_PORT must be another one than PAIGHAM_PORT."
    ]
    apart = {"PAIGHAM_WEBHOOKS_PORT": "8000", "PAIGHAM_WEBHOOKS_HOST": "10.0.0.7"}
    assert read(apart).webhooks_port == read(apart).port


def test_secrets_never_print():
    settings = read(
        {
            "DATABASE_URL": "postgresql://paigham:hunter2@db/paigham",
            "REDIS_URL": "redis://:hunter2@cache",
            "PAIGHAM_KEYS": '{"index": "hunter2"}',
        }
    )
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)


def test_a_problem_never_quotes_a_secret():
    (found,) = problems({"DATABASE_URL": "mysql://paigham:hunter2@db"})
    assert "hunter2" not in found


@given(
    port=st.integers(1, 65535),
    cookies=st.booleans(),
    workers=st.integers(1, 8),
    level=st.sampled_from(["debug", "error"]),
)
def test_another_process_reads_the_same_settings(port, cookies, workers, level):
    settings = Settings(
        port=port,
        secure_cookies=cookies,
        inbox_workers=workers,
        shards=workers + 1,
        log_level=level,
        data=Path("/srv/data"),
        database_url="postgresql://paigham@/paigham?host=/srv/data/postgres",
        keys='{"current": {}}',
    )
    assert read(settings.environment()) == settings


def test_every_setting_says_what_it_is_for():
    for item in fields(Settings):
        assert len(item.metadata["doc"]) > 15, item.name
        assert variable(item.name).isupper()


@pytest.mark.parametrize(
    ("environ", "about"),
    [
        ({"PAIGHAM_SECOND_FACTOR": "sometimes"}, "PAIGHAM_SECOND_FACTOR must be by_role, all or off."),
        (
            {"PAIGHAM_SECOND_FACTOR": "off", "PAIGHAM_PAGES_URL": "https://gateway.example.org"},
            "PAIGHAM_SECOND_FACTOR can be off only",
        ),
        ({"PAIGHAM_SSO_ISSUER": "http://id.example.org"}, "PAIGHAM_SSO_ISSUER must be an https:// address"),
        (
            {"PAIGHAM_SSO_ISSUER": "https://id.example.org?x=1"},
            "PAIGHAM_SSO_ISSUER must be an https:// address",
        ),
        ({"PAIGHAM_SSO_ISSUER": "https://id.example.org"}, "PAIGHAM_SSO_ISSUER needs PAIGHAM_SSO_CLIENT_ID"),
        ({"PAIGHAM_SSO_CREATE": "1"}, "PAIGHAM_SSO_CREATE needs PAIGHAM_SSO_DOMAINS"),
    ],
)
def test_a_door_that_would_stand_open_stops_the_start(environ, about):
    assert any(problem.startswith(about) for problem in problems(environ))


def test_second_factors_may_be_off_on_this_machine_alone_and_a_client_secret_never_prints():
    assert read({"PAIGHAM_SECOND_FACTOR": "off"}).second_factor == "off"
    given_all = {
        "PAIGHAM_SSO_ISSUER": "https://id.example.org/realms/one",
        "PAIGHAM_SSO_CLIENT_ID": "paigham",
        "PAIGHAM_SSO_CLIENT_SECRET": "hunter2",
    }
    assert "hunter2" not in repr(read(given_all))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"PAIGHAM_SMTP_URL": "smtp://mail.example.org", "PAIGHAM_MAIL_SENDER": "a@b.example"}, "in clear"),
        ({"PAIGHAM_SMTP_URL": "http://mail.example.org", "PAIGHAM_MAIL_SENDER": "a@b.example"}, "smtps://"),
        ({"PAIGHAM_SMTP_URL": "smtps://mail.example.org"}, "PAIGHAM_MAIL_SENDER must be an address"),
    ],
)
def test_a_mail_server_is_reached_under_cover_and_named_with_a_sender(values, told):
    with pytest.raises(SettingsInvalid) as wrong:
        read(values)
    assert told in str(wrong.value)


@pytest.mark.parametrize(
    "url", ["smtps://mail.example.org", "smtp+starttls://a:b@mail.example.org:587", "smtp://localhost"]
)
def test_mail_servers_that_may_be_used(url):
    found = read({"PAIGHAM_SMTP_URL": url, "PAIGHAM_MAIL_SENDER": "paigham@b.example"})
    assert found.smtp_url == url
    assert url not in repr(found), "it may hold a password"


def test_the_journal_of_a_demonstration_needs_no_sender():
    assert read({"PAIGHAM_SMTP_URL": "log:"}).smtp_url == "log:"


@pytest.mark.parametrize(
    ("price", "meant"),
    [("", None), (" ", None), ("0.012 USD", (Decimal("0.012"), "USD")), ("4 PKR", (Decimal(4), "PKR"))],
)
def test_the_price_of_an_sms_is_an_amount_and_a_currency(price, meant):
    assert read_price(read({"PAIGHAM_SMS_PRICE": price}).sms_price) == meant


@pytest.mark.parametrize("price", ["free", "1,5 USD", "-1 USD", "1 usd", "1USD", "1 USD each"])
def test_a_price_that_is_none_stops_the_start(price):
    assert any("PAIGHAM_SMS_PRICE" in problem for problem in problems({"PAIGHAM_SMS_PRICE": price}))
