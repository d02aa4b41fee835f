"""One frozen object, read once from the environment. All problems are told at once; secrets never print."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from difflib import get_close_matches
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.errors import SettingsInvalid

PREFIX = "PAIGHAM_"
CLOSE = 0.85  # how alike a name must be to be offered for a misspelt one; the prefix alone makes 0.6


def _setting(default: Any, doc: str, *, env: str | None = None, secret: bool = False) -> Any:
    return field(default=default, metadata={"doc": doc, "env": env}, repr=not secret)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that may be configured. Each field's environment variable is PAIGHAM_<NAME>, unless noted."""

    database_url: str = _setting(
        "", "PostgreSQL ≥ 15, e.g. postgresql://paigham@db/paigham", env="DATABASE_URL", secret=True
    )
    redis_url: str = _setting(
        "", "Redis ≥ 6.2 or Valkey, e.g. redis://cache:6379/0", env="REDIS_URL", secret=True
    )
    data: Path = _setting(  # noqa: RUF009 - it is dataclasses.field
        Path("data"), "Folder for embedded servers, spool, logs and the key file"
    )
    key_file: str = _setting("", "File with the key ring; default <data>/keys.json", secret=False)
    keys: str = _setting("", "The key ring itself as JSON, instead of a file", secret=True)
    host: str = _setting("127.0.0.1", "Address on which staff pages are served")
    port: int = _setting(8000, "Port of the staff pages")
    pages_processes: int = _setting(1, "Processes that serve staff pages")
    pages_threads: int = _setting(4, "Threads in each process of the staff pages")
    pages_url: str = _setting(
        "http://127.0.0.1:8000",
        "Address under which staff open the pages; links in invitations begin with it",
    )
    webhooks_host: str = _setting("127.0.0.1", "Address on which webhooks are taken, the only exposed one")
    webhooks_port: int = _setting(8001, "Port of the webhooks")
    webhooks_processes: int = _setting(1, "Processes that take webhooks")
    webhooks_threads: int = _setting(4, "Threads in each process that takes webhooks")
    public_url: str = _setting(
        "http://127.0.0.1:8001", "Address under which providers reach us; signatures are checked against it"
    )
    allowed_hosts: str = _setting(
        "", "Further names under which the pages answer, with commas between; others get 400"
    )
    metrics_token: str = _setting("", "Bearer token that may read /metrics from elsewhere", secret=True)
    ready_lag: int = _setting(
        900, "Seconds that a message may wait before /readyz of the pages says no; 0: for ever"
    )
    trusted_proxies: int = _setting(
        0, "Proxies in front of us whose X-Forwarded-For and X-Request-ID are believed"
    )
    inbox_workers: int = _setting(1, "Processes that step flows")
    outbox_workers: int = _setting(1, "Processes that send")
    shards: int = _setting(2, "Shards of the inbox; at least the number of inbox workers")
    batch: int = _setting(500, "Rows that one batch takes at the most")
    in_flight: int = _setting(64, "Requests in flight to one provider in one drain")
    lease: int = _setting(90, "Seconds after which a message in a sender's hand counts as left behind")
    settle_after: int = _setting(20, "Seconds before an uncertain message is settled with the provider")
    log_level: str = _setting("info", "debug, info, warning or error")
    reveals_an_hour: int = _setting(
        30, "Names and numbers that one person may show in an hour before the audit calls it unusual"
    )
    audit_anchors: str = _setting(
        "",
        "File that says daily how far the audit had come, away from the database; default <data>/audit-anchors.jsonl",
    )
    secure_cookies: bool = _setting(False, "Send cookies over HTTPS only; on behind a TLS proxy")
    smtp_url: str = _setting(
        "",
        "Mail server for notices to staff: smtp+starttls://login:password@host:587 or smtps://host; empty: no mail",
        secret=True,
    )
    mail_sender: str = _setting("", "Address that mails come from, e.g. paigham@example.org")
    second_factor: str = _setting(
        "by_role",
        "Who must have a second factor: by_role, all, or off (a demonstration on this machine only)",
    )
    sso_issuer: str = _setting(
        "", "Address of an OpenID Connect provider whose accounts may sign in, e.g. https://id.example.org"
    )
    sso_client_id: str = _setting("", "Our name at that provider")
    sso_client_secret: str = _setting("", "Our secret at that provider", secret=True)
    sso_label: str = _setting("", "What the button for that provider says, e.g. Sign in with Example")
    sso_domains: str = _setting(
        "",
        "Domains whose addresses the provider may vouch for, with commas between; empty: any that were invited",
    )
    sso_create: bool = _setting(
        False, "Give people of those domains who were not invited an account that sees counts only"
    )

    calendars: str = _setting(
        "",
        "Which calendar dates in texts are said in, by language: prs=solar_hijri,pus=solar_hijri; empty: Gregorian",
    )

    sms_price: str = _setting(
        "",
        "What one SMS costs, with its currency, e.g. 0.012 USD; shown beside texts; empty: no prices are shown",
    )

    @property
    def database_dsn(self) -> str:
        """The database address in SQLAlchemy's form, with the psycopg driver named."""
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in {"postgresql", "postgres"} else self.database_url

    @property
    def spool(self) -> Path:
        """Folder for requests that arrived while PostgreSQL was away."""
        return self.data / "spool"

    def environment(self) -> dict[str, str]:
        """The environment variables that make another process read these same settings."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {variable(name): _written(value) for name, value in values.items()}


def variable(name: str) -> str:
    """The environment variable of a field."""
    spec = next(item for item in fields(Settings) if item.name == name)
    return spec.metadata["env"] or PREFIX + name.upper()


def read(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read settings from the environment; `overrides` (from the command line) win.

    Raises:
        SettingsInvalid: with one sentence for every unknown or wrong setting.
    """
    environ = os.environ if environ is None else environ
    known = {variable(item.name): item.name for item in fields(Settings)}
    problems = [_unknown(name, known) for name in environ if name.startswith(PREFIX) and name not in known]
    values: dict[str, Any] = {}
    for name, attribute in known.items():
        if environ.get(name, "") != "":
            try:
                values[attribute] = _convert(attribute, environ[name])
            except ValueError as error:
                problems.append(f"{name} {error}.")
    values.update({name: value for name, value in overrides.items() if value is not None})
    settings = _with_addresses(Settings(**values), given=frozenset(values))
    problems += _check(settings)
    if problems:
        raise SettingsInvalid(problems)
    return settings


def _unknown(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=CLOSE)
    hint = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(sorted(known))}."
    return f"Unknown setting {name}. {hint}"


def _with_addresses(settings: Settings, *, given: frozenset[str]) -> Settings:
    """Unless they are set, staff and providers reach us where we listen."""
    found: dict[str, Any] = {
        "pages_url": listening_at(settings.host, settings.port),
        "public_url": listening_at(settings.webhooks_host, settings.webhooks_port),
    }
    return replace(settings, **{name: url for name, url in found.items() if name not in given})


def listening_at(host: str, port: int) -> str:
    """The address that reaches a listening socket from this machine."""
    return f"http://{LOOPBACK.get(host, host)}:{port}"


LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}  # noqa: S104 - how to reach a host that listens on all


def _convert(attribute: str, text: str) -> Any:
    default = getattr(Settings(), attribute)
    if isinstance(default, bool):
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise ValueError("must be 1 or 0")
        return text.lower() in {"1", "true", "yes"}
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise ValueError("must be a whole number") from None
    return Path(text).expanduser() if isinstance(default, Path) else text


def _written(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _check(settings: Settings) -> list[str]:
    schemes = [
        f"{variable(name)} must start with {' or '.join(f'{scheme}://' for scheme in allowed)}."
        for name, allowed in SCHEMES.items()
        if (value := getattr(settings, name)) and urlsplit(value).scheme not in allowed
    ]
    least = [f"{variable(name)} must be at least 1." for name in AT_LEAST_ONE if getattr(settings, name) < 1]
    return (
        schemes
        + least
        + _wrong_calendars(settings)
        + _wrong_price(settings)
        + [sentence for wrong, sentence in _rules(settings) if wrong]
    )


def _wrong_calendars(settings: Settings) -> list[str]:
    if not settings.calendars:
        return []
    from gateway.speaker import read_calendars  # It brings locale data with it, that few commands need.

    try:
        read_calendars(settings.calendars)
    except ValueError as error:
        return [f"{variable('calendars')} {error}."]
    return []


def _wrong_price(settings: Settings) -> list[str]:
    try:
        read_price(settings.sms_price)
    except ValueError:
        return [
            f"{variable('sms_price')} must be a price and a currency of three letters, such as 0.012 USD."
        ]
    return []


def read_price(text: str) -> tuple[Decimal, str] | None:
    """Read "0.012 USD" as an amount and its currency (ISO 4217); None where there is no price.

    Raises:
        ValueError: it is no price.
    """
    if not text.strip():
        return None
    found = _PRICE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return Decimal(found[1]), found[2]


_PRICE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) ([A-Z]{3})")


def _rules(settings: Settings) -> list[tuple[bool, str]]:
    shards, workers = variable("shards"), variable("inbox_workers")
    return [
        *((not getattr(settings, name), f"{variable(name)} must not be empty.") for name in ADDRESSES),
        *(
            (
                not 0 < getattr(settings, name) <= MAX_PORT,
                f"{variable(name)} must lie between 1 and {MAX_PORT}.",
            )
            for name in PORTS
        ),
        (
            (settings.host, settings.port) == (settings.webhooks_host, settings.webhooks_port),
            f"{variable('webhooks_port')} must be another one than {variable('port')}.",
        ),
        (settings.ready_lag < 0, f"{variable('ready_lag')} must not be negative."),
        (settings.trusted_proxies < 0, f"{variable('trusted_proxies')} must not be negative."),
        (
            settings.inbox_workers > settings.shards,
            f"{shards} must be at least {workers}: a worker without a shard has nothing to do.",
        ),
        (
            settings.log_level not in LOG_LEVELS,
            f"{variable('log_level')} must be debug, info, warning or error.",
        ),
        (
            _in_clear(settings.smtp_url),
            f"{variable('smtp_url')} may be smtp:// only for a server on this machine: else all travels in clear.",
        ),
        (
            bool(settings.smtp_url)
            and not settings.smtp_url.startswith("log:")
            and "@" not in settings.mail_sender,
            f"{variable('mail_sender')} must be an address when {variable('smtp_url')} is set.",
        ),
        *_sign_in_rules(settings),
    ]


def _sign_in_rules(settings: Settings) -> list[tuple[bool, str]]:
    factor, issuer = variable("second_factor"), variable("sso_issuer")
    return [
        (settings.second_factor not in SECOND_FACTOR, f"{factor} must be by_role, all or off."),
        (
            settings.second_factor == "off" and not on_this_machine(settings.pages_url),
            f"{factor} can be off only where {variable('pages_url')} is this machine: a demonstration.",
        ),
        (
            bool(settings.sso_issuer) and not _may_vouch(settings.sso_issuer),
            f"{issuer} must be an https:// address (http:// on this machine only), without query or fragment.",
        ),
        (
            bool(settings.sso_issuer) and not (settings.sso_client_id and settings.sso_client_secret),
            f"{issuer} needs {variable('sso_client_id')} and {variable('sso_client_secret')} too.",
        ),
        (
            settings.sso_create and not settings.sso_domains.strip(),
            f"{variable('sso_create')} needs {variable('sso_domains')}: else anybody at the provider gets in.",
        ),
    ]


def on_this_machine(url: str) -> bool:
    """Say whether an address is reached from this machine only."""
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def _may_vouch(issuer: str) -> bool:
    parts = urlsplit(issuer)
    return not (parts.query or parts.fragment) and (
        parts.scheme == "https" or (parts.scheme == "http" and on_this_machine(issuer))
    )


def _in_clear(smtp_url: str) -> bool:
    parts = urlsplit(smtp_url)
    return parts.scheme == "smtp" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}


MAX_PORT = 65535
PORTS = ("port", "webhooks_port")
ADDRESSES = ("pages_url", "public_url")
SECOND_FACTOR = {"by_role", "all", "off"}
LOG_LEVELS = {"debug", "info", "warning", "error"}
AT_LEAST_ONE = (
    "pages_processes",
    "pages_threads",
    "webhooks_processes",
    "webhooks_threads",
    "inbox_workers",
    "outbox_workers",
    "shards",
    "batch",
    "in_flight",
    "reveals_an_hour",
)
SCHEMES = {
    "database_url": ("postgresql", "postgres", "postgresql+psycopg"),
    "redis_url": ("redis", "rediss", "unix"),
    "pages_url": ("http", "https"),
    "public_url": ("http", "https"),
    "smtp_url": ("smtp+starttls", "smtps", "smtp", "log"),  # log: what would leave is a line in the log
}

_PAGE = """# Settings

Read once at the start, from environment variables; options of the command line win. A wrong or unknown setting stops
the start, and all of them are told at once. Secrets never print. Written by `python -m gateway.settings`.

| variable | unless set | meaning |
|---|---|---|
{rows}
"""


def page() -> str:
    """All settings as a page in Markdown, docs/settings.md."""
    return _PAGE.format(rows="\n".join(_row(item.name) for item in fields(Settings)))


def _row(name: str) -> str:
    spec = next(item for item in fields(Settings) if item.name == name)
    default = _written(spec.default)
    doc = escape(spec.metadata["doc"], quote=False).replace("|", "\\|")
    return f"| `{variable(name)}` | {f'`{default}`' if default else ''} | {doc} |"


if __name__ == "__main__":
    sys.stdout.write(page())
