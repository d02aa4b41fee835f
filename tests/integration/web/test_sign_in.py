"""Coming and going: passwords, sessions, links that work once, forms that are ours."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from argon2.exceptions import VerifyMismatchError
from flask import Flask

from gateway import clock, db
from gateway.crypto import Keyring
from gateway.models.staff import Role, SignInAttempt, StaffSession
from gateway.services import sign_in, staff
from gateway.services.sign_in import Refused, SignedIn
from gateway.services.staff import UnfitEmail, UnfitPassword
from gateway.settings import Settings
from tests.integration.operation import Operation
from tests.integration.web.visitors import Visitor, World, account, signed_in, transaction

PASSWORD = "a quiet river at noon"


@pytest.fixture
def sql(settings: Settings):
    """A SQLAlchemy connection whose work is rolled back."""
    engine = db.engine(settings)
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


@pytest.fixture
def person(sql: sa.Connection, operation: Operation) -> UUID:
    """An account with a password."""
    made = staff.create(
        sql,
        operation.ring,
        organisation_id=operation.id,
        email="Amina@Example.org",
        name="Amina",
        role=Role.COMMUNITY_STAFF,
    )
    staff.set_password(sql, operation.ring, made, PASSWORD)
    return made


@pytest.fixture
def member(app: Flask, operation: Operation) -> Callable[[], tuple[Visitor, str]]:
    """A stranger's browser and the address of a fresh account with a password."""

    def make() -> tuple[Visitor, str]:
        email = f"{clock.now().timestamp()}@example.org"
        made = account(operation, Role.COMMUNITY_STAFF, email=email)
        engine = db.engine(operation.settings)
        with engine.begin() as connection:
            staff.set_password(connection, operation.ring, made, PASSWORD)
        engine.dispose()
        return Visitor(app.test_client()), email

    return make


def attempt(sql: sa.Connection, ring: Keyring, password: str, *, email: str = "amina@example.org", now=None):
    def is_right(account: sign_in.Account) -> bool:
        return account.password_hash is not None and matches(account.password_hash, password)

    return sign_in.attempt(sql, ring, email=email, is_right=is_right, now=now or clock.now())


def matches(password_hash: str, password: str) -> bool:
    try:
        return staff.hasher().verify(password_hash, password)
    except VerifyMismatchError:
        return False


def test_the_right_password_opens_a_session_that_leads_to_the_member(
    sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    outcome = attempt(sql, ring, PASSWORD, email=" AMINA@example.org ")
    assert isinstance(outcome, SignedIn)
    found = sign_in.member(sql, ring, outcome.secret, now=clock.now())
    assert found is not None
    assert (found.id, found.name, found.role) == (person, "Amina", Role.COMMUNITY_STAFF)


def test_the_database_holds_neither_password_nor_secret(
    sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    outcome = attempt(sql, ring, PASSWORD)
    assert isinstance(outcome, SignedIn)
    dump = "".join(
        str(row)
        for table in ("staff", "staff_session")
        for row in sql.execute(sa.text(f"SELECT * FROM {table}"))
    )
    assert PASSWORD not in dump
    assert outcome.secret not in dump
    assert "amina" not in dump.lower()
    assert str(person) in dump


def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    known = attempt(sql, ring, "wrong")
    assert isinstance(known, Refused)
    assert (known.until, known.account.id) == (None, person)  # for the audit; pages show the same for both
    assert attempt(sql, ring, PASSWORD, email="nobody@example.org") == Refused()


@pytest.mark.parametrize("email", ["amina@example.org", "nobody@example.org"])
def test_five_failures_make_an_account_rest_longer_and_longer(
    email: str, sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    del person

    def rests_until(password: str, now: datetime) -> datetime | None:
        outcome = attempt(sql, ring, password, email=email, now=now)
        assert isinstance(outcome, Refused)
        return outcome.until

    now = clock.now()
    for _ in range(4):
        assert rests_until("wrong", now) is None
    assert rests_until("wrong", now) == now + timedelta(seconds=30)
    # Even the right password waits now, so that guessing learns nothing.
    assert rests_until(PASSWORD, now) == now + timedelta(seconds=30)
    later = now + timedelta(seconds=31)
    assert rests_until("wrong", later) == later + timedelta(seconds=60)
    much_later = now + timedelta(hours=1)
    for _ in range(10):
        last = rests_until("wrong", much_later)
        much_later += timedelta(hours=1)
    assert last == much_later - timedelta(hours=1) + timedelta(minutes=15)


def test_signing_in_forgets_failures(sql: sa.Connection, ring: Keyring, person: UUID) -> None:
    del person
    for _ in range(4):
        attempt(sql, ring, "wrong")
    assert isinstance(attempt(sql, ring, PASSWORD), SignedIn)
    ours = SignInAttempt.email_index == staff.index(ring, "amina@example.org")
    assert sql.scalar(sa.select(SignInAttempt.failures).where(ours)) is None


def test_a_session_ends_after_an_idle_hour_and_after_twelve_hours_in_any_case(
    sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    now = clock.now()
    secret = sign_in.open_session(sql, person, now=now)
    assert sign_in.member(sql, ring, secret, now=now + timedelta(minutes=61)) is None
    moment = now
    while moment < now + timedelta(hours=12):
        assert sign_in.member(sql, ring, secret, now=moment) is not None
        moment += timedelta(minutes=50)
    assert sign_in.member(sql, ring, secret, now=now + timedelta(hours=12, seconds=1)) is None


def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    now = clock.now()
    secret = sign_in.open_session(sql, person, now=now)
    for minutes in range(5, 60, 5):
        assert (
            sign_in.holder(sql, ring, secret, active=False, now=now + timedelta(minutes=minutes)) is not None
        )
    assert sign_in.holder(sql, ring, secret, active=False, now=now + timedelta(minutes=61)) is None


def test_a_session_in_use_writes_at_most_once_a_minute(
    sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    now = clock.now()
    secret = sign_in.open_session(sql, person, now=now)
    sign_in.member(sql, ring, secret, now=now + timedelta(seconds=30))
    assert sql.scalar(sa.select(StaffSession.seen_at).where(StaffSession.staff_id == person)) == now
    sign_in.member(sql, ring, secret, now=now + timedelta(seconds=61))
    assert sql.scalar(sa.select(StaffSession.seen_at).where(StaffSession.staff_id == person)) > now


def test_a_new_password_and_a_closed_account_end_sessions(
    sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    now = clock.now()
    first = sign_in.open_session(sql, person, now=now)
    staff.set_password(sql, ring, person, "another river at night")
    assert sign_in.member(sql, ring, first, now=now) is None
    second = sign_in.open_session(sql, person, now=now)
    sql.execute(sa.text("UPDATE staff SET active = false WHERE id = :id"), {"id": person})
    assert sign_in.member(sql, ring, second, now=now) is None
    assert attempt(sql, ring, "another river at night") == Refused()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-xyz", "too_short"),
        ("x" * 300, "too_long"),
        ("aaaaaaaaaaaaaaaa", "too_easy"),
        ("amina@example.org", "too_easy"),
    ],
)
def test_unfit_passwords_are_refused_with_a_reason(
    password: str, code: str, sql: sa.Connection, ring: Keyring, person: UUID
) -> None:
    with pytest.raises(UnfitPassword) as refused:
        staff.set_password(sql, ring, person, password)
    assert refused.value.code == code
    assert password not in str(refused.value)


def test_an_address_belongs_to_one_account(sql: sa.Connection, operation: Operation, person: UUID) -> None:
    del person
    for email in ("AMINA@example.org ", "no address", "@example.org", "two words@example.org"):
        with pytest.raises(UnfitEmail):
            staff.create(
                sql,
                operation.ring,
                organisation_id=operation.id,
                email=email,
                name="",
                role=Role.PARTNER,
            )


def test_a_link_works_once_and_for_three_days(sql: sa.Connection, ring: Keyring, person: UUID) -> None:
    now = clock.now()
    token = staff.link(sql, person, "https://gateway.example/", now=now).rpartition("/")[2]
    assert staff.guest(sql, ring, token, now=now + timedelta(hours=73)) is None
    assert staff.welcome(sql, ring, token, password="another river at night", now=now) is not None
    assert staff.guest(sql, ring, token, now=now) is None
    assert staff.welcome(sql, ring, token, password="a third river at dawn", now=now) is None
    assert isinstance(attempt(sql, ring, "another river at night"), SignedIn)


def test_a_new_link_ends_the_one_before(sql: sa.Connection, ring: Keyring, person: UUID) -> None:
    now = clock.now()
    old = staff.link(sql, person, "https://gateway.example", now=now).rpartition("/")[2]
    new = staff.link(sql, person, "https://gateway.example", now=now).rpartition("/")[2]
    assert staff.guest(sql, ring, old, now=now) is None
    assert staff.guest(sql, ring, new, now=now) is not None


def test_the_first_administrator_of_an_empty_database_introduces_themselves(
    empty_database_url: str, ring: Keyring
) -> None:
    from gateway import migrate

    migrate.upgrade(empty_database_url)
    engine = db.engine(Settings(database_url=empty_database_url))
    with engine.begin() as connection:
        first = staff.first_link(connection, ring, "http://127.0.0.1:8000")
        link = staff.first_link(connection, ring, "http://127.0.0.1:8000")
        assert first is not None
        assert link is not None
        token, now = link.rpartition("/")[2], clock.now()
        assert staff.guest(connection, ring, first.rpartition("/")[2], now=now) is None
        guest = staff.guest(connection, ring, token, now=now)
        assert guest is not None
        assert guest.new
        staff.welcome(
            connection, ring, token, password=PASSWORD, email="zahra@example.org", name="Zahra", now=now
        )
        assert isinstance(attempt(connection, ring, PASSWORD, email="zahra@example.org"), SignedIn)
        assert staff.first_link(connection, ring, "http://127.0.0.1:8000") is None
        assert connection.scalar(sa.text("SELECT count(*) FROM staff")) == 1
    engine.dispose()


# --- On the pages


def test_a_member_signs_in_and_out_in_a_browser(member: Callable[[], tuple[Visitor, str]]) -> None:
    browser, email = member()
    entered = browser.post("/signin?next=/contacts", email=email, password=PASSWORD)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/contacts")
    cookie = next(value for value in entered.headers.getlist("Set-Cookie") if value.startswith("paigham="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert browser.get("/").status_code == 200
    old = browser.client.get_cookie("paigham")
    assert old is not None
    browser.post("/signout")
    assert browser.get("/").status_code == 303
    browser.client.set_cookie("paigham", old.value)
    assert browser.get("/").status_code == 303, "the session must end on the server, not only in the browser"


def test_secure_cookies_are_bound_to_https_and_to_this_host(settings: Settings, operation: Operation) -> None:
    from dataclasses import replace

    from gateway.app import create_pages
    from gateway.web import resources

    made = create_pages(replace(settings, secure_cookies=True))
    engine = db.engine(settings)
    person = account(operation, Role.PARTNER, email="secure@example.org")
    with engine.begin() as connection:
        staff.set_password(connection, operation.ring, person, PASSWORD)
    browser = Visitor(made.test_client())
    page = browser.client.get("/signin", base_url="https://localhost")
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token is not None
    entered = browser.client.post(
        "/signin",
        base_url="https://localhost",
        data={"form_token": token[1], "email": "secure@example.org", "password": PASSWORD},
    )
    cookies = entered.headers.getlist("Set-Cookie")
    assert any(value.startswith("__Host-paigham=") and "Path=/" in value for value in cookies)
    assert all("Secure" in value for value in [*cookies, *page.headers.getlist("Set-Cookie")])
    engine.dispose()
    resources.of(made).engine.dispose()
    resources.of(made).waker.redis.close()


@pytest.mark.parametrize(
    "onward", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil"]
)
def test_nobody_is_sent_to_another_host_after_signing_in(
    onward: str, member: Callable[[], tuple[Visitor, str]]
) -> None:
    browser, email = member()
    entered = browser.client.post(
        "/signin",
        query_string={"next": onward},
        data={"form_token": browser.token(), "email": email, "password": PASSWORD},
    )
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")


def test_a_look_at_the_headers_alone_tries_no_password(stranger: Visitor) -> None:
    assert stranger.client.head("/signin").status_code == 200


def test_failures_are_counted_even_though_the_page_refuses(
    member: Callable[[], tuple[Visitor, str]],
) -> None:
    browser, email = member()
    answers = [browser.post("/signin", email=email, password="wrong") for _ in range(6)]
    assert {answer.status_code for answer in answers} == {401}
    assert "Too many tries" not in answers[3].text
    assert "Too many tries" in answers[5].text
    assert "Too many tries" in browser.post("/signin", email=email, password=PASSWORD).text


def test_forms_without_our_token_are_refused(
    member: Callable[[], tuple[Visitor, str]], world: World, visit: Callable[[Role], Visitor]
) -> None:
    browser, email = member()
    browser.get("/signin")
    assert browser.client.post("/signin", data={"email": email, "password": PASSWORD}).status_code == 400
    forged = {"form_token": "forged", "email": email, "password": PASSWORD}
    assert browser.client.post("/signin", data=forged).status_code == 400
    insider = visit(Role.SENSITIVE_FOCAL_POINT)
    for path in (f"/contacts/{world.contact_id}", "/signout", "/language", "/simulator"):
        assert insider.client.post(path).status_code == 400
    stolen = Visitor(browser.client).token()
    assert insider.client.post("/signout", data={"form_token": stolen}).status_code == 400


def test_a_token_from_before_signing_in_is_worth_nothing_afterwards(
    member: Callable[[], tuple[Visitor, str]],
) -> None:
    browser, email = member()
    early = browser.token()
    browser.post("/signin", email=email, password=PASSWORD)
    assert browser.client.post("/signout", data={"form_token": early}).status_code == 400


def test_a_link_leaves_the_address_bar_at_once_and_sets_the_password(
    app: Flask, operation: Operation
) -> None:
    person = account(operation, Role.COMMUNITY_STAFF, email="welcome@example.org", language="urd")
    engine = db.engine(operation.settings)
    with engine.begin() as connection:
        token = staff.link(connection, person, "http://localhost", now=clock.now()).rpartition("/")[2]
    engine.dispose()
    browser = Visitor(app.test_client())
    taken = browser.get(f"/welcome/{token}")
    assert (taken.status_code, taken.headers["Location"]) == (303, "/welcome")
    page = browser.get("/welcome")
    assert token not in page.text
    assert "welcome@example.org" in page.text
    assert 'dir="rtl"' in page.text
    unequal = browser.post("/welcome", password=PASSWORD, again="something else here")
    assert unequal.status_code == 422
    short = browser.post("/welcome", password="short", again="short")
    assert short.status_code == 422
    done = browser.post("/welcome", password=PASSWORD, again=PASSWORD)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert browser.get("/").status_code == 200
    again = Visitor(app.test_client())
    again.get(f"/welcome/{token}")
    assert again.get("/welcome").status_code == 404


def test_the_language_stays_with_the_member_and_with_the_browser(app: Flask, operation: Operation) -> None:
    person = account(operation, Role.IM_OFFICER, email="language@example.org")
    browser = signed_in(app, operation, person)
    assert 'lang="en"' in browser.get("/").text
    answer = browser.post("/language", language="urd", back="/rounds")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rounds")
    assert '<html lang="ur" dir="rtl"' in browser.get("/").text
    assert '<html lang="ur" dir="rtl"' in signed_in(app, operation, person).get("/").text
    assert browser.post("/language", language="xxx").status_code == 400
    assert browser.post("/language", language="eng", back="//evil.example").headers["Location"] == "/"


def test_a_stranger_is_greeted_in_the_language_of_the_browser(stranger: Visitor) -> None:
    page = stranger.get("/signin", headers={"Accept-Language": "ur-PK,ur;q=0.9,en;q=0.5"})
    assert '<html lang="ur" dir="rtl"' in page.text
    assert '<html lang="en" dir="ltr"' in stranger.get("/signin", headers={"Accept-Language": "xx"}).text


def test_whoever_signs_in_on_a_colleagues_browser_is_written_into_their_own_audit(
    app: Flask, settings: Settings, ring: Keyring, operation: Operation
) -> None:
    partner = Operation(settings, ring)
    email = f"{partner.id.hex}@example.org"
    newcomer = account(partner, Role.COMMUNITY_STAFF, email=email)
    with transaction(partner) as connection:
        staff.set_password(connection, ring, newcomer, PASSWORD)
        connection.execute(sa.text("UPDATE organisation SET lead = false WHERE lead"))
        connection.execute(
            sa.text("UPDATE organisation SET lead = true WHERE id = :ours"), {"ours": operation.id}
        )
    # The lead sees accounts of partners, so the page finds one while it is still bound to its present reader.
    visitor = signed_in(app, operation, account(operation, Role.ADMIN, email=f"{newcomer.hex}@example.org"))
    answer = visitor.post("/signin", email=email, password=PASSWORD, form_key="a key of a form")
    lines = (
        "SELECT count(*) FROM audit WHERE action = 'staff.signed_in' AND actor = %s AND organisation_id = %s"
    )
    try:
        assert answer.status_code == 303
        assert partner.one(lines, str(newcomer), partner.id) == 1
    finally:
        with transaction(operation) as connection:
            connection.execute(sa.text("UPDATE organisation SET lead = false"))
        partner.drains.close()
