"""How often somebody may ask: per account and per address, in windows that all processes share through Redis.

    @staff.post("/contacts/<uuid:contact_id>")
    @needs(Object.IDENTITY)
    @limited("reveal")
    def reveal(contact_id: UUID) -> Response: ...

A view names a limit of `LIMITS`; `guard` counts behind the gate and answers 429 with the time to come back. "page" is
counted for every route. Redis learns no address and no account: only hashes under our key, with another salt each day.
While Redis is away each process counts for itself, so that nobody is refused by a fault and nobody gets in by guessing;
the patience with single accounts at sign-in is kept in PostgreSQL and does not depend on any of this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeVar

from flask import Flask, current_app, g, request
from flask_limiter import Limit, Limiter
from redis.exceptions import RedisError
from werkzeug.exceptions import TooManyRequests

from gateway import clock, log
from gateway.crypto import Keyring
from gateway.settings import Settings
from gateway.web import gate

EXTENSION = "paigham.limits"
IPV6_PREFIX = 64  # bits that one household or office has at the least
AWAY_SECONDS = 5.0  # after which Redis is tried again
REDIS_PATIENCE = 0.5  # seconds: a limit must never be what a visitor waits for
KEY_CHARACTERS = 24
MARK = "limit_names"

View = TypeVar("View", bound=Callable[..., Any])
logger = log.get(__name__)


class By(StrEnum):
    """Who is counted."""

    ACCOUNT = "account"  # a member of staff, or the key of an API's client; strangers are not counted
    ADDRESS = "address"  # an IPv4 address, or the first half of an IPv6 address


@dataclass(frozen=True, slots=True)
class Rule:
    """How often, for whom. `rates` as Flask-Limiter reads them; `posts`: only requests that change something count."""

    by: By
    rates: str
    posts: bool = False


# An office of fifty may stand behind one address, and all of them sign in at eight o'clock.
LIMITS: Mapping[str, tuple[Rule, ...]] = {
    "page": (Rule(By.ACCOUNT, "1200/minute"),),
    "sign_in": (Rule(By.ADDRESS, "60/minute;600/hour", posts=True),),
    "door": (
        Rule(By.ADDRESS, "120/minute;1200/hour"),
    ),  # pages for strangers that leave something in the database
    "link": (Rule(By.ADDRESS, "30/minute;200/hour"),),
    "step_up": (Rule(By.ACCOUNT, "10/minute;30/hour", posts=True), Rule(By.ADDRESS, "60/minute", posts=True)),
    "reveal": (Rule(By.ACCOUNT, "30/minute;300/hour"),),
    "search": (Rule(By.ACCOUNT, "60/minute;1200/hour"),),
    "export": (Rule(By.ACCOUNT, "10/minute;60/hour"),),
    "upload": (Rule(By.ACCOUNT, "20/minute;200/hour", posts=True),),
    # Each word that somebody types in an editor is kept at once; a page may show several codes to scan.
    "edit": (Rule(By.ACCOUNT, "240/minute;6000/hour", posts=True),),
    "picture": (Rule(By.ACCOUNT, "60/minute;600/hour"),),
    "api": (Rule(By.ACCOUNT, "600/minute"), Rule(By.ADDRESS, "1200/minute")),
}
EVERYWHERE = "page"


def limited(name: str) -> Callable[[View], View]:
    """Mark a view with a limit of `LIMITS`; several marks count each."""
    if name not in LIMITS:
        raise KeyError(name)

    def mark(view: View) -> View:
        setattr(view, MARK, (*names(view), name))
        return view

    return mark


def names(view: Callable[..., Any] | None) -> tuple[str, ...]:
    """Return the limits that a view is marked with."""
    found: tuple[str, ...] = getattr(view, MARK, ())
    return found


def identify(account: object) -> None:
    """Say whom this request is counted for, where it is nobody with a session: the id of an API's key."""
    g.limit_account = str(account)


def install(app: Flask, settings: Settings, ring: Keyring) -> None:
    """Give an application its counters. `guard` must run before its views, behind whatever lets requests in."""
    app.extensions[EXTENSION] = Counters.of(app, settings, ring)


def guard() -> None:
    """Count this request. Raises TooManyRequests, which knows when to come back."""
    counters: Counters = current_app.extensions[EXTENSION]
    view = current_app.view_functions.get(request.endpoint or "")
    asked = (EVERYWHERE, *names(view))
    wait = max((counters.wait(name, who, rule) for name, rule, who in _asked(asked)), default=0.0)
    if wait > 0:
        logger.info("limited", limit=asked[-1])
        raise TooManyRequests(retry_after=clock.now() + timedelta(seconds=wait))


def _asked(marked: tuple[str, ...]) -> Iterator[tuple[str, Rule, str]]:
    for name in marked:
        for rule in LIMITS[name]:
            who = _account() if rule.by is By.ACCOUNT else prefix(request.remote_addr or "")
            if who and not (rule.posts and request.method in gate.SAFE_METHODS):
                yield name, rule, who


def _account() -> str:
    member = gate.holder()  # somebody whose second factor is still to come is counted too
    return str(member.id) if member is not None else str(g.get("limit_account", ""))


def prefix(address: str) -> str:
    """The part of an address that one household or office shares; empty when it is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(int(found) >> (128 - IPV6_PREFIX))
    return str(found.ipv4_mapped or found) if isinstance(found, IPv6Address) else str(found)


@dataclass
class Counters:
    """The counters of one application: those in Redis, and those of this process for when Redis is away."""

    ring: Keyring = field(repr=False)
    shared: Limiter
    local: Limiter
    items: Mapping[Rule, list[Any]]
    _away_until: float = 0.0

    @classmethod
    def of(cls, app: Flask, settings: Settings, ring: Keyring) -> Counters:
        """Open none yet: Redis is asked at the first request."""
        options: dict[str, Any] = {
            "key_prefix": "paigham:limit",
            "socket_timeout": REDIS_PATIENCE,
            "socket_connect_timeout": REDIS_PATIENCE,
        }
        shared = _limiter(app, _as_storage(settings.redis_url), options)
        local = _limiter(app, "memory://", {})
        rules = {rule for rules in LIMITS.values() for rule in rules}
        return cls(ring, shared, local, {rule: _items(rule, shared) for rule in rules})

    def wait(self, name: str, who: str, rule: Rule) -> float:
        """Count once; returns the seconds to wait, 0 while the limit is kept."""
        keys = (name, rule.by.value, self._hidden(rule.by, who))
        if time.monotonic() >= self._away_until:
            try:
                return _hit(self.shared, self.items[rule], keys)
            except (RedisError, OSError) as error:
                self._away_until = time.monotonic() + AWAY_SECONDS
                logger.warning("limits_counted_here", error=type(error).__name__)
        return _hit(self.local, self.items[rule], keys)

    def _hidden(self, by: By, who: str) -> str:
        """A name that says nothing to whoever reads Redis, and another one tomorrow."""
        return self.ring.index(f"limit {clock.now():%Y-%m-%d} {by} {who}").hex()[:KEY_CHARACTERS]


def _limiter(app: Flask, storage: str, options: dict[str, Any]) -> Limiter:
    return Limiter(
        lambda: "",  # Keys are given with each count.
        app=app,
        storage_uri=storage,
        storage_options=options,
        strategy="fixed-window",
    )


def _as_storage(redis_url: str) -> str:
    return redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url


def _items(rule: Rule, limiter: Limiter) -> list[Any]:
    return [bound.limit for bound in Limit(rule.rates, key_function=lambda: "").bind(limiter)]


def _hit(limiter: Limiter, items: list[Any], keys: tuple[str, ...]) -> float:
    waits = [
        limiter.limiter.get_window_stats(item, *keys).reset_time - time.time()
        for item in items
        if not limiter.limiter.hit(item, *keys)
    ]
    return max(*waits, 1.0) if waits else 0.0
