"""Every route of the pages, by every role, with forms as the pages write them and with anything else.

Whatever comes: no answer of 500 or more, no word of another organisation, and the headers that keep a page safe.
`FUZZ_EXAMPLES=2000` in the environment asks for more than the few examples of a check.
"""

import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlencode, urljoin
from uuid import uuid4

import lxml.html
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from gateway.crypto import Keyring
from gateway.models.staff import Role
from gateway.services import staff
from gateway.settings import Settings
from gateway.web import limits
from tests.integration.operation import Operation
from tests.integration.web.matrix import everything
from tests.integration.web.visitors import Visitor, World, account, case_of, says, signed_in, transaction

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
# Whose pages are read for forms: together these see nearly every one.
CRAWLED = (Role.ADMIN, Role.SENSITIVE_FOCAL_POINT, Role.IM_OFFICER)
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "BREW")
FOREIGN_NUMBER, FOREIGN_WORDS = "+923009998887", "the heron by the northern well never returned"
FOREIGN_NAME = "Foreigncanary"
NEVER = (FOREIGN_NUMBER[1:], FOREIGN_WORDS, FOREIGN_NAME)
TROUBLE = (
    "",
    " ",
    "0",
    "-1",
    "99999999999999999999",
    "1e309",
    "NaN",
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: x=1",
    "%00",
    "%",
    "%s%s%n",
    "{{7*7}}",
    "' OR 1=1 --",
    "../../etc/passwd",
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "<script>alert(1)</script>",
    "٠١٢٣",
    "۹۹",
    "\u202eabc",
    "\ud83d",
    "🙂" * 50,
    "x" * 5000,
    "2026-02-30",
    "0001-01-01",
    "9999-12-31T23:59:59+00:00",
    "9999-12-31T23:59:59-14:00",
    "true",
    "null",
    "[]",
    '{"a": 1}',
)


@dataclass
class Form:
    """A form as a page shows it."""

    role: Role
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class Ground:
    """Where the fuzzing happens: visitors of every role, what their pages offer, and neighbours to be kept from."""

    def __init__(
        self, app: Flask, world: World, ids: list[str], visitors: dict[Role | None, Visitor]
    ) -> None:
        self.app, self.world, self.ids, self.visitors = app, world, ids, visitors
        self.pages = list(
            everything(world)
        )  # Once: it makes accounts and files for addresses that need them.
        self.routes = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("staff.")]
        self.forms = [form for role in CRAWLED for form in _forms(role, visitors[role], self.pages)]
        fields = [(name, choices) for form in self.forms for name, choices in form.fields.items()]
        self.names = sorted({name for name, _ in fields} | {"page", "q", "next", "part", "before"})
        self.values = sorted({value for _, choices in fields for value in choices})
        self.tokens: dict[Role | None, str] = {}
        self.faults: list[Any] = []

    def token(self, role: Role | None) -> str:
        """A token of this visitor's forms; it holds for as long as their browser's cookie does."""
        if role not in self.tokens:
            self.tokens[role] = self.visitors[role].token()
        return self.tokens[role]

    def ask(self, role: Role | None, path: str, **more: Any) -> None:
        """Send one request, and note down what is wrong with its answer."""
        answer = self.visitors[role].client.open(path, **more)
        faults = list(_faults(answer))
        if faults:
            self.faults.append((role, more.get("method", "GET"), path[:200], faults, _told(more)))
        if answer.status_code in {302, 303} and "/signin" in answer.headers["Location"]:
            self._come_back(role)

    def _come_back(self, role: Role | None) -> None:
        """Sign in anew, as somebody new: whatever was done may have ended the session or the account."""
        if role is None:
            self.visitors[role] = Visitor(self.app.test_client())
        else:
            email = f"{uuid4().hex}@example.org"
            staff_id = account(self.world.operation, role, email=email)
            self.visitors[role] = signed_in(self.app, self.world.operation, staff_id)
        self.tokens.pop(role, None)

    def settle(self) -> None:
        """Fail with everything that was noted down."""
        found, self.faults = self.faults, []
        if found:
            pytest.fail("\n".join(map(str, found[:10])), pytrace=False)


@pytest.fixture(scope="module")
def neighbours(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    """Another organisation, with a person, a case and an account that nobody of ours may hear of."""
    made = Operation(settings, ring)
    urn = f"tel:{FOREIGN_NUMBER}"
    says(made, "PROBLEM", FOREIGN_WORDS, urn=urn)
    yield made
    made.drains.close()


@pytest.fixture(scope="module")
def ground(app: Flask, world: World, neighbours: Operation) -> Ground:
    foreign = says(neighbours, "hello", urn=f"tel:{FOREIGN_NUMBER}")
    with transaction(neighbours) as connection:
        staff.create(
            connection,
            neighbours.ring,
            organisation_id=neighbours.id,
            email=f"{FOREIGN_NAME.lower()}@example.org",
            name=FOREIGN_NAME,
            role=Role.COMMUNITY_STAFF,
            language="eng",
        )
    visitors: dict[Role | None, Visitor] = {
        role: signed_in(app, world.operation, world.staff[role]) for role in Role
    }
    visitors[None] = Visitor(app.test_client())
    ids = [world.contact_id, world.case_id, world.sensitive_id, world.sealed_id, world.round_id]
    ids += [foreign, case_of(neighbours, foreign), neighbours.id, world.operation.id, uuid4()]
    ids += list(world.staff.values())
    made = Ground(app, world, list(map(str, ids)), visitors)
    assert len(made.forms) > 20
    return made


def _forms(role: Role, visitor: Visitor, pages: Sequence[str]) -> Iterator[Form]:
    for path in pages:
        answer = visitor.get(path)
        if answer.status_code != 200 or answer.mimetype != "text/html" or not answer.text.strip():
            continue  # Files are fuzzed where they are read.
        for element in lxml.html.fromstring(answer.text).iter("form"):
            yield _form(role, element, path)


def _form(role: Role, element: Any, path: str) -> Form:
    found = Form(
        role,
        urljoin(path, element.get("action") or "").partition("#")[0],
        (element.get("method") or "get").upper(),
    )
    for control in element.iter("input", "select", "textarea", "button"):
        if name := control.get("name"):
            choices = [option.get("value") or "" for option in control.iter("option")]
            found.fields.setdefault(name, []).extend(choices or [control.get("value") or ""])
    return found


@dataclass
class Luck:
    """One example's choices, from a seed that Hypothesis gives: strategies of so many parts would take the time."""

    random: Random
    ground: Ground

    def text(self) -> str:
        kind = self.random.randrange(4)
        if kind < 2:
            return self.random.choice(TROUBLE)
        if kind == 2:
            return str(self.random.randint(-(10**6), 10**12))
        planes = ((0, 0x7F), (0x80, 0x7FF), (0x600, 0x6FF), (0x2000, 0x206F), (0x10000, 0x1FFFF))
        return "".join(
            chr(self.random.randint(*self.random.choice(planes))) for _ in range(self.random.randrange(30))
        )

    def value(self) -> str:
        kind = self.random.randrange(4)
        known = {0: self.ground.values, 1: self.ground.ids}.get(kind)
        return self.random.choice(known) if known else self.text()

    def name(self) -> str:
        return self.random.choice(self.ground.names) if self.random.random() < 0.8 else self.text()

    def pairs(self, most: int = 6) -> dict[str, str]:
        return {self.name(): self.value() for _ in range(self.random.randrange(most + 1))}

    def role(self) -> Role | None:
        return self.random.choice([None, *Role])

    def form(self) -> Form:
        return self.random.choice(self.ground.forms)

    def path(self) -> str:
        """An address of ours with anything for its parts, or of nothing."""
        if self.random.random() < 0.1:
            return "/" + _quoted(self.text())
        # Filled by hand: the routes' own converters would refuse what strangers type.
        return re.sub(r"<[^>]+>", lambda _: _quoted(self.value()), self.random.choice(self.ground.routes))


def _faults(answer: TestResponse) -> Iterator[str]:
    """What does not hold and must, for every answer there is."""
    if answer.status_code >= 500:
        yield f"{answer.status_code}, {answer.headers.get('X-Request-ID')}"
    body = answer.get_data().decode("utf-8", "replace")
    yield from (f"tells of others: {canary}" for canary in NEVER if canary in body)
    place = answer.headers.get("Location", "/")
    if not place.startswith("/") or place.startswith(("//", "/\\")):
        yield f"leads away: {place}"
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        yield "lets browsers guess"
    if "frame-ancestors 'none'" not in answer.headers.get("Content-Security-Policy", ""):
        yield "may be framed"


def _told(request: dict[str, Any]) -> str:
    return " ".join(f"{name}={value!r}"[:400] for name, value in request.items())


def _quoted(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="/")


def _written(pairs: dict[str, str] | list[tuple[str, str]]) -> str:
    """As a browser writes a form; what no browser can write is written too."""
    return urlencode(pairs, errors="surrogatepass")


TYPED = "application/x-www-form-urlencoded"
HURRY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
seeds = st.integers(0, 2**48)


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fuzz ask as often as it wants: what is behind the limits is looked at here."""
    monkeypatch.setattr(limits.Counters, "wait", lambda *_: 0.0)


@pytest.fixture
def asking(ground: Ground) -> Iterator[Ground]:
    """The ground, which tells at the end what went wrong: an example that changed something cannot be repeated."""
    yield ground
    ground.settle()


@HURRY
@given(seed=seeds)
def test_no_route_breaks_and_none_tells_of_others(asking: Ground, seed: int) -> None:
    luck = Luck(Random(seed), asking)
    role, method, form = luck.role(), luck.random.choice(METHODS), luck.pairs()
    if luck.random.random() < 0.7:
        form["form_token"] = asking.token(role)
    body = _written(form) if method not in {"GET", "HEAD", "OPTIONS"} else None
    asking.ask(
        role, luck.path(), method=method, query_string=_written(luck.pairs()), data=body, content_type=TYPED
    )


@HURRY
@given(seed=seeds)
def test_no_form_breaks_whatever_is_typed_into_it(asking: Ground, seed: int) -> None:
    luck = Luck(Random(seed), asking)
    form = luck.form()
    role = form.role if luck.random.random() < 0.8 else luck.role()
    filled = [
        (name, luck.random.choice(choices) if luck.random.random() < 0.5 else luck.value())
        for name, choices in form.fields.items()
        if name != "form_token" and luck.random.random() < 0.9
        for _ in range(luck.random.choice((1, 1, 1, 2, 3)))
    ]
    if form.method == "GET":
        asking.ask(role, form.action.partition("?")[0], query_string=_written(filled))
    else:
        body = _written([*filled, ("form_token", asking.token(role))])
        asking.ask(role, form.action, method="POST", data=body, content_type=TYPED)


KINDS = (
    "application/json",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/xml",
    "",
    "\u00ff",
)


@HURRY
@given(seed=seeds, body=st.binary(max_size=300), kind=st.sampled_from(KINDS))
def test_no_body_breaks_a_page(asking: Ground, seed: int, body: bytes, kind: str) -> None:
    luck = Luck(Random(seed), asking)
    asking.ask(luck.role(), luck.form().action, method="POST", data=body, content_type=kind)


FILE_KINDS = ("", "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "x")


@HURRY
@given(seed=seeds, content=st.binary(max_size=300), kind=st.sampled_from(FILE_KINDS))
def test_no_upload_breaks_a_page(asking: Ground, seed: int, content: bytes, kind: str) -> None:
    luck = Luck(Random(seed), asking)
    form = luck.form()
    name = luck.text().encode("utf-8", "replace").decode().replace("\r", "").replace("\n", "")
    filled: dict[str, Any] = {
        field_name: luck.random.choice(
            [
                (io.BytesIO(content), name, kind),
                [(io.BytesIO(content), name, kind), luck.text().encode("utf-8", "replace").decode()],
                luck.random.choice(choices),
                [*choices, *choices],
            ]
        )
        for field_name, choices in form.fields.items()
        if field_name != "form_token" and luck.random.random() < 0.9
    }
    filled["form_token"] = asking.token(form.role)
    asking.ask(form.role, form.action, method="POST", data=filled, content_type="multipart/form-data")


HEADERS = (
    "Accept-Language",
    "Accept-Encoding",
    "Range",
    "If-None-Match",
    "If-Modified-Since",
    "If-Range",
    "X-Forwarded-For",
    "X-Request-ID",
    "Authorization",
    "Cookie",
    "Referer",
    "Sec-Fetch-Site",
    "User-Agent",
)
SAID = ("bytes=0-", "*", 'W/"x"', "-1", "9" * 30, "ur;q=x", "zz-ZZ-zz", "paigham=x; paigham_form=.")
latin = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60)


@HURRY
@given(
    seed=seeds,
    headers=st.dictionaries(st.sampled_from(HEADERS), st.one_of(latin, st.sampled_from(SAID)), max_size=5),
)
def test_no_header_breaks_a_page(asking: Ground, seed: int, headers: dict[str, str]) -> None:
    luck = Luck(Random(seed), asking)
    path = luck.random.choice(asking.pages) if seed % 2 else luck.path()
    asking.ask(luck.role(), path, headers=headers)
