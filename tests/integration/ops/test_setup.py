"""An operation set up by commands alone: the first link, channels, flows, rounds, staff, and the audit of all that."""

import json
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

import flows
from gateway import clock, db, ids
from gateway.crypto import Keyring
from gateway.locks import FolderLock
from gateway.services import audit, channels, flow_store, inbox, rounds, staff
from gateway.services.batch import CONSENTS
from gateway.services.people import House
from gateway.settings import Settings
from gateway.supervisor import LOCK

TWILIO = {"account_sid": "AC" + "5" * 32, "auth_token": "canary-token"}
TELEGRAM = {"token": "7:canary-token", "secret_token": "canary-secret"}
LIBRARY = {
    "grievance_intake",
    "language",
    "language_and_consent",
    "monitoring_services",
    "safe_contact",
    "satisfaction",
}
NEWS = """
spec: paigham.flow/1
flow: water
title: Water
languages: [eng]
purpose: Say that water comes
owner: im_officer
retention: survey_link
discreet: true
outbound: true
steps:
  - say: water
    text: {eng: "Water comes at noon."}
"""
INBOUND = NEWS.replace("outbound: true", "outbound: false")


class Installed:
    """A database that `paigham release` has made ready, and the commands on it."""

    def __init__(self, call, database_url):
        self.ring = Keyring.generate()
        self.settings = Settings(database_url=database_url, keys=self.ring.to_json())
        self._call = call
        self.environ = {"DATABASE_URL": database_url, "PAIGHAM_KEYS": self.ring.to_json()}
        self.first = self("release")
        assert (self.first.code, self.first.err) == (0, "")
        self.organisation = self.one("SELECT id FROM organisation")

    def __call__(self, *arguments, stdin="", **environ):
        return self._call(*arguments, stdin=stdin, **self.environ, **environ)

    def connect(self):
        return db.connect(self.settings)

    def rows(self, statement, *values):
        with self.connect() as connection:
            return connection.execute(statement, list(values)).fetchall()

    def one(self, statement, *values):
        return self.rows(statement, *values)[0][0]

    def codes(self):
        return sorted(row[0] for row in self.rows("SELECT code FROM flow"))

    def actions(self):
        return self.rows("SELECT actor, action, object FROM audit ORDER BY seq")

    def simulator(self):
        told = self(
            *("channel", "add", "simulator", "--name", "Phones", "--address", "phones"),
            *("--config", "-"),
            stdin='{"secret": "s"}',
        )
        assert told.code == 0, told.err
        return UUID(told.out.split()[1])

    def person(self, name, *, agreed=True, **facts):
        """Know somebody with a simulated phone, who agreed to surveys or did not."""
        with self.connect() as connection:
            contact_id, _ = inbox.know(
                connection, self.ring, self.organisation, f"simulator:{name}", language="eng"
            )
            if agreed is not None:
                self.decides(connection, contact_id, given=agreed)
            for column, value in facts.items():
                connection.execute(f"UPDATE contact SET {column} = %s WHERE id = %s", [value, contact_id])
        return contact_id

    def decides(self, connection, contact_id, *, given):
        now = clock.now()
        row = (
            ids.new(),
            self.organisation,
            contact_id,
            "surveys",
            given,
            "test",
            "eng",
            "simulator",
            None,
            now,
        )
        CONSENTS.insert(connection, [row])

    def stops(self, contact_id):
        with self.connect() as connection:
            connection.execute(
                "INSERT INTO opt_out (id, organisation_id, address_index, source, opted_out_at)"
                " SELECT %s, organisation_id, address_index, 'keyword', now() FROM contact_urn WHERE contact_id = %s",
                [ids.new(), contact_id],
            )

    def asked(self):
        return sorted(row[0] for row in self.rows("SELECT contact_id FROM run WHERE round_id IS NOT NULL"))

    def publish(self, text):
        with self.connect() as connection:
            return flow_store.publish(connection, self.organisation, flows.load(text))


@pytest.fixture
def installed(call, empty_database_url):
    return Installed(call, empty_database_url)


def one_sentence(text):
    return text.count("\n") == 1 and text.startswith("paigham: ") and "Traceback" not in text


def left_out(told):
    """Reason to number, as the command prints them."""
    lines = told.out.partition("left out:\n")[2].splitlines()
    return {sentence: int(number) for number, _, sentence in (line.strip().partition("  ") for line in lines)}


# --- The first administrator


def test_a_release_prints_the_first_link_until_somebody_has_a_password(installed):
    assert "/welcome/" in installed.first.out
    again = installed("release")
    token = again.out.rpartition("/welcome/")[2].strip()
    engine = db.engine(installed.settings)
    with engine.begin() as connection:
        taken = staff.welcome(
            connection,
            installed.ring,
            token,
            password="a long enough password",
            email="amina@example.org",
            name="Amina",
            now=clock.now(),
        )
    engine.dispose()
    assert taken is not None
    assert "/welcome/" not in installed("release").out


def test_a_new_organisation_has_the_flows_that_ship_once(installed):
    assert set(installed.codes()) == LIBRARY
    installed("release")
    assert installed.one("SELECT count(*) FROM flow_revision") == len(LIBRARY)


def test_an_organisation_that_has_flows_of_its_own_keeps_them_as_they_are(installed):
    revision = installed.publish(NEWS.replace("flow: water", "flow: satisfaction"))
    installed("release")
    with installed.connect() as connection:
        latest = flow_store.Library().latest(connection, installed.organisation, "satisfaction")
    assert latest == revision


def test_the_organisation_gets_its_name_and_its_hotline(installed):
    assert installed("organisation", "list").out == "operation  Operation  (no hotline)\n"
    assert installed("organisation", "set", "--name", " Our operation", "--hotline", "0800 555 010").code == 0
    assert installed("organisation", "list").out == "operation  Our operation  0800 555 010\n"
    assert installed("organisation", "set", "--hotline", "").code == 0
    assert installed("organisation", "list").out == "operation  Our operation  (no hotline)\n"
    assert installed("organisation", "set").code == 2
    assert installed("organisation", "set", "--name", "").code == 2
    changed = ("cli", "organisation.changed", f"organisation {installed.organisation}")
    assert installed.actions() == [changed, changed]


# --- Channels


def test_a_twilio_channel_is_added_with_its_credentials_sealed(installed, tmp_path):
    file = tmp_path / "twilio.json"
    file.write_text(json.dumps(TWILIO))
    told = installed(
        *("channel", "add", "twilio", "--name", "SMS line", "--address", "+15005550006"),
        *("--region", "pk", "--language", "urd", "--rate", "2.5", "--config", file),
        PAIGHAM_PUBLIC_URL="https://gateway.example.org/",
    )
    assert (told.code, told.err) == (0, "")
    channel_id = UUID(told.out.split()[1])
    assert f"https://gateway.example.org/in/{channel_id}/\n" in told.out
    assert f"https://gateway.example.org/in/{channel_id}/status" in told.out
    assert "fallback URL" in told.out
    assert "No provider can reach" not in told.out
    with installed.connect() as connection:
        row = channels.load(connection, installed.ring, channel_id)
    assert (row.kind, row.name, row.address) == ("twilio", "SMS line", "+15005550006")
    assert (row.default_language, row.rate, row.settings.default_region) == ("urd", 2.5, "PK")
    assert row.settings.config == TWILIO
    assert installed.actions() == [("cli", "channel.added", f"channel {channel_id}")]
    assert "canary" not in told.out + str(installed.rows("SELECT * FROM channel"))


def test_a_telegram_channel_tells_what_to_call_without_its_secrets(installed):
    told = installed(
        *("channel", "add", "telegram", "--name", "Bot", "--address", "our_bot", "--config", "-"),
        stdin=json.dumps(TELEGRAM),
    )
    assert told.code == 0
    channel_id = told.out.split()[1]
    assert f"  url=http://127.0.0.1:8000/in/{channel_id}/\n" in told.out
    assert '  allowed_updates=["message","callback_query","my_chat_member"]\n' in told.out
    assert "setWebhook" in told.out
    assert "No provider can reach that: set PAIGHAM_PUBLIC_URL" in told.out
    assert "canary" not in told.out


def test_missing_settings_of_a_channel_are_named_in_one_sentence(installed):
    words = ("channel", "add", "twilio", "--name", "SMS", "--address", "+15005550006")
    told = installed(*words)
    assert told.code == 2
    assert one_sentence(told.err)
    assert "account_sid is missing, auth_token is missing" in told.err
    half = installed(*words, "--config", "-", stdin='{"account_sid": "canary"}')
    assert half.code == 2
    assert "auth_token is missing" in half.err
    assert "canary" not in half.err
    assert installed.rows("SELECT id FROM channel") == []


@pytest.mark.parametrize("words", ["canary", '["canary"]', '{"token": "canary"', "[" * 100_000])
def test_a_configuration_that_is_no_json_object_is_refused_and_not_quoted(installed, words):
    told = installed(
        "channel", "add", "telegram", "--name", "Bot", "--address", "b", "--config", "-", stdin=words
    )
    assert told.code == 2
    assert one_sentence(told.err)
    assert "canary" not in told.err


@pytest.mark.parametrize(
    "options",
    [
        ("--rate", "0"),
        ("--rate", "nan"),
        ("--rate", "inf"),
        ("--region", "ZZ"),
        ("--language", "xx"),
        ("--config", "gone.json"),
        ("--name", " "),
        ("--organisation", "nobody"),
    ],
)
def test_a_channel_that_could_not_work_is_refused(installed, options):
    words = ("channel", "add", "simulator", "--name", "Phones", "--address", "phones", "--config", "-")
    told = installed(*words, *options, stdin='{"secret": "s"}')
    assert told.code == 2
    assert "Traceback" not in told.err
    assert installed.rows("SELECT id FROM channel") == []


def test_a_channel_is_not_added_twice(installed):
    first = installed.simulator()
    again = installed(
        *("channel", "add", "simulator", "--name", "Other", "--address", "phones", "--config", "-"),
        stdin='{"secret": "s"}',
    )
    assert again.code == 2
    assert str(first) in again.err
    assert installed.one("SELECT count(*) FROM channel") == 1


def test_channels_are_listed_with_their_health_and_where_providers_call(installed):
    assert "no channel yet" in installed("channel", "list").out
    channel_id = installed.simulator()
    with installed.connect() as connection:
        channels.fault(connection, channel_id, code="20003", until=clock.now())
    told = installed("channel", "list")
    assert told.code == 0
    assert told.out.splitlines() == [
        f"{channel_id}  simulator  phones  Phones",
        f"  faulty (20003), 10 segments a second, http://127.0.0.1:8000/in/{channel_id}/",
    ]


# --- Flows


def test_a_flow_is_published_and_its_next_wording_is_a_new_revision(installed, tmp_path):
    file = tmp_path / "water.yaml"
    file.write_text(INBOUND)
    told = installed("flow", "publish", file)
    assert told.code == 0
    assert "water: published as revision " in told.out
    assert "nothing is new" in installed("flow", "publish", file).out
    file.write_text(INBOUND.replace("noon", "two"))
    installed("flow", "publish", file)
    found = installed.rows(
        "SELECT r.id, r.number FROM flow_revision r JOIN flow f ON f.id = r.flow_id WHERE f.code = 'water'"
        " ORDER BY r.number"
    )
    assert [row[1] for row in found] == [1, 2]
    assert installed.actions() == [("cli", "flow.published", f"flow_revision {row[0]}") for row in found]


def test_a_flow_with_errors_is_refused_with_all_others_beside_it(installed, tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(INBOUND)
    bad.write_text(INBOUND.replace("say: water", "say: water\n    goto: nowhere"))
    told = installed("flow", "publish", good, bad)
    assert told.code == 1
    assert told.out.startswith(installed("flow", "check", good, bad).out)
    assert ": error:" in told.out
    assert set(installed.codes()) == LIBRARY


def test_the_library_is_published_again_after_an_upgrade(installed):
    installed.publish(NEWS.replace("flow: water", "flow: satisfaction"))
    told = installed("flow", "publish", "--library")
    assert told.code == 0
    assert told.out.count("nothing is new") == len(LIBRARY) - 1
    assert "satisfaction: published as revision " in told.out
    assert installed("flow", "publish", "--library").out.count("nothing is new") == len(LIBRARY)


@pytest.mark.parametrize("words", [[], ["--library", "water.yaml"]])
def test_publishing_wants_files_or_the_library(installed, words):
    assert installed("flow", "publish", *words).code == 2


def test_of_several_organisations_one_must_be_named(installed, tmp_path):
    other = ids.new()
    with installed.connect() as connection:
        connection.execute("INSERT INTO organisation (id, code, name) VALUES (%s, 'partner', 'P')", [other])
    file = tmp_path / "water.yaml"
    file.write_text(INBOUND)
    unsaid = installed("flow", "publish", file)
    assert unsaid.code == 2
    assert "--organisation (operation, partner)" in unsaid.err
    assert installed("flow", "publish", file, "--organisation", "partner").code == 0
    assert installed.rows("SELECT organisation_id FROM flow WHERE code = 'water'") == [(other,)]
    assert installed("staff", "invite", "x@example.org", "--role", "admin").code == 2
    assert (
        installed("staff", "invite", "x@example.org", "--role", "admin", "--organisation", "partner").code
        == 0
    )
    assert other in {row[0] for row in installed.rows("SELECT organisation_id FROM staff")}


# --- Rounds


def test_a_round_asks_who_agreed_and_says_why_others_are_left_out(installed):
    channel_id = installed.simulator()
    installed.publish(NEWS)
    amal, hawa = installed.person("amal"), installed.person("hawa", safe_to_text="yes")
    installed.person("unasked", agreed=None)
    installed.person("refused", agreed=False)
    with installed.connect() as connection:
        installed.decides(connection, installed.person("withdrew"), given=False)
    installed.person("unsafe", safe_to_text="no")
    installed.person("quiet", no_autoreply=True)
    installed.stops(installed.person("stopped"))
    with installed.connect() as connection:
        elsewhere, _ = inbox.know(connection, installed.ring, installed.organisation, "tel:+923001234567")
        installed.decides(connection, elsewhere, given=True)
        blocked = installed.person("blocked")
        connection.execute("UPDATE contact_urn SET reachable = false WHERE contact_id = %s", [blocked])
    told = installed("round", "open", "water", "--channel", channel_id, "--name", "First")
    assert (told.code, told.err) == (0, "")
    assert "2 people are being asked.\n" in told.out
    assert left_out(told) == {
        "said STOP": 1,
        "did not agree to surveys": 3,
        "not safe to text": 2,
        "no address on this channel": 2,
    }
    assert installed.asked() == sorted([amal, hawa])
    lanes = installed.rows("SELECT lane, count(*) FROM message_out GROUP BY lane")
    assert lanes == [(int(rounds.Lane.BULK), 2)]
    round_id, name = installed.rows("SELECT id, name FROM survey_round")[0]
    assert told.out.startswith(f"Round {round_id}: {name}\n")
    assert ("cli", "round.opened", f"survey_round {round_id}") in installed.actions()


def test_the_same_round_again_asks_only_who_was_not_asked(installed):
    channel_id = installed.simulator()
    installed.publish(NEWS)
    for name in ("a", "b", "c"):
        installed.person(name)
    words = ("round", "open", "water", "--channel", channel_id)
    first = installed(*words, "--limit", "2")
    assert "2 people are being asked.\n1 more may be asked" in first.out
    late = installed.person("late")
    second = installed(*words)
    assert "2 people are being asked." in second.out
    assert left_out(second) == {"asked in this round before": 2}
    assert late in installed.asked()
    assert len(set(installed.asked())) == len(installed.asked()) == 4
    assert installed.one("SELECT count(*) FROM survey_round") == 1


def test_a_new_wording_does_not_split_a_round_that_is_open(installed):
    channel_id = installed.simulator()
    revision = installed.publish(NEWS)
    installed.person("a")
    words = ("round", "open", "water", "--channel", channel_id, "--name", "First")
    installed(*words)
    installed.publish(NEWS.replace("noon", "two"))
    installed.person("b")
    assert "1 people are being asked." in installed(*words).out
    assert installed.rows("SELECT DISTINCT revision_id FROM run") == [(revision,)]


def test_nobody_is_asked_in_two_rounds_within_thirty_days(installed):
    channel_id = installed.simulator()
    installed.publish(NEWS)
    installed.person("a")
    words = ("round", "open", "water", "--channel", channel_id)
    installed(*words, "--name", "First")
    second = installed(*words, "--name", "Second")
    assert left_out(second) == {"asked within the last 30 days": 1}
    with installed.connect() as connection:
        connection.execute("UPDATE run SET started_at = started_at - interval '31 days'")
    assert "1 people are being asked." in installed(*words, "--name", "Second").out


def test_people_in_a_conversation_are_left_out(installed):
    channel_id = installed.simulator()
    installed.person("a")
    words = ("round", "open", "monitoring_services", "--channel", channel_id)
    assert "1 people are being asked." in installed(*words).out
    installed.publish(NEWS)
    told = installed("round", "open", "water", "--channel", channel_id, "--dry-run")
    assert "0 people would be asked." in told.out
    assert left_out(told) == {"in an open conversation": 1}


def test_a_discreet_person_is_not_asked_by_a_flow_that_may_name_us(installed):
    channel_id = installed.simulator()
    installed.person("a", discreet=True)
    installed.publish(NEWS.replace("discreet: true", "discreet: false"))
    words = ("round", "open", "water", "--channel", channel_id, "--dry-run")
    assert left_out(installed(*words)) == {"not safe to text": 1}
    installed.publish(NEWS)
    assert "1 people would be asked." in installed(*words).out


def test_a_dry_run_writes_nothing(installed):
    channel_id = installed.simulator()
    installed.publish(NEWS)
    installed.person("a")
    before = installed.actions()
    told = installed("round", "open", "water", "--channel", channel_id, "--dry-run")
    assert "1 people would be asked." in told.out
    assert installed.rows("SELECT id FROM survey_round") == installed.rows("SELECT id FROM run") == []
    assert installed.actions() == before


def test_a_round_can_be_for_the_members_of_a_group(installed):
    channel_id = installed.simulator()
    installed.publish(NEWS)
    member = installed.person("a")
    installed.person("b")
    with installed.connect() as connection:
        group_id = ids.new()
        connection.execute(
            "INSERT INTO contact_group (id, organisation_id, code, name) VALUES (%s, %s, 'block-c', 'C')",
            [group_id, installed.organisation],
        )
        connection.execute(
            "INSERT INTO group_member (group_id, contact_id) VALUES (%s, %s)", [group_id, member]
        )
    words = ("round", "open", "water", "--channel", channel_id, "--group")
    assert installed(*words, "block-d").code == 2
    assert installed(*words, "block-c").code == 0
    assert installed.asked() == [member]


def test_a_closed_round_asks_nobody_more(installed):
    channel_id = installed.simulator()
    installed.publish(NEWS)
    installed.person("a")
    installed("round", "open", "water", "--channel", channel_id, "--name", "First", "--limit", "1")
    round_id = installed.one("SELECT id FROM survey_round")
    assert installed("round", "close", round_id).code == 0
    assert ("cli", "round.closed", f"survey_round {round_id}") in installed.actions()
    assert installed("round", "close", round_id).code == 2
    late = installed.person("late")
    with installed.connect() as connection:
        house = House(installed.ring)
        line = channels.load(connection, installed.ring, channel_id)
        asking = rounds.Asking(installed.organisation, "simulator", True, round_id=round_id)
        assert rounds.ask(connection, house, asking, [late], channel=line, now=clock.now()) is None
    assert late not in installed.asked()


def test_two_who_open_one_round_at_once_ask_nobody_twice(installed):
    channel_id = installed.simulator()
    installed("round", "open", "monitoring_services", "--channel", channel_id, "--name", "First")
    revision = installed.publish(NEWS)
    people = [installed.person(str(number)) for number in range(5)]
    counts = []

    def ask(connection):
        now = clock.now()
        found = rounds.open_round(
            connection, installed.organisation, name="Water", revision_id=revision, now=now
        )
        asking = rounds.Asking(installed.organisation, "simulator", True, round_id=found.id)
        line = channels.load(connection, installed.ring, channel_id)
        counts.append(
            rounds.ask(connection, House(installed.ring), asking, people, channel=line, now=clock.now())
        )

    def ask_and_commit():
        with installed.connect() as second:
            ask(second)

    with installed.connect() as first:
        ask(first)
        other = threading.Thread(target=ask_and_commit)
        other.start()
        other.join(0.5)
        assert other.is_alive(), "the second waits for the first"
    other.join(30)
    assert counts == [5, 0]
    assert installed.asked() == sorted(people)
    assert installed.one("SELECT count(*) FROM survey_round WHERE name = 'Water'") == 1


def test_a_round_needs_a_published_flow_that_writes_first_and_a_channel(installed):
    channel_id = installed.simulator()
    installed.publish(INBOUND)
    for words, sentence in (
        (("nothing", "--channel", channel_id), "No flow nothing is published"),
        (("water", "--channel", channel_id), "people who write first"),
        (("monitoring_services", "--channel", uuid4()), "no such channel"),
    ):
        told = installed("round", "open", *words)
        assert told.code == 2
        assert one_sentence(told.err)
        assert sentence in told.err
    assert installed.rows("SELECT id FROM survey_round") == []


def test_the_plan_knows_what_happened_since(installed):
    channel_id = installed.simulator()
    revision = installed.publish(NEWS)
    stays, leaves = installed.person("stays"), installed.person("leaves")
    with installed.connect() as connection:
        now = clock.now()
        found = rounds.open_round(connection, installed.organisation, name="W", revision_id=revision, now=now)
        asking = rounds.Asking(installed.organisation, "simulator", True, round_id=found.id)
        planned = rounds.plan(connection, asking, now=now)
        assert planned.to_ask == sorted([stays, leaves])
        connection.commit()
        installed.stops(leaves)
        line = channels.load(connection, installed.ring, channel_id)
        later = now + timedelta(minutes=1)
        count = rounds.ask(connection, House(installed.ring), asking, planned.to_ask, channel=line, now=later)
    assert count == 1
    assert installed.asked() == [stays]


# --- Staff


def test_links_for_staff_leave_a_line_in_the_audit_without_an_address(installed):
    installed("staff", "invite", "amal@example.org", "--role", "viewer_aggregate", "--name", "Amal")
    installed("staff", "password", "amal@example.org")
    engine = db.engine(installed.settings)
    with engine.begin() as connection:
        person = staff.find(connection, installed.ring, "amal@example.org")
    engine.dispose()
    assert installed.actions() == [
        ("cli", "staff.invited", f"staff {person}"),
        ("cli", "staff.password_link_made", f"staff {person}"),
    ]


def test_links_for_staff_lead_to_the_instance_that_runs(installed, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "state.json").write_text(json.dumps({"public_url": "https://there.example.org"}))
    words = ("staff", "invite", "--role", "admin", "--data", data)
    running = FolderLock(data, LOCK)
    running.take()
    try:
        told = installed(*words, "a@example.org")
        assert told.out.startswith("https://there.example.org/welcome/")
        told = installed(*words, "b@example.org", PAIGHAM_PUBLIC_URL="https://set.example.org")
    finally:
        running.release()
    assert told.out.startswith("https://set.example.org/welcome/")


# --- Audit


def test_the_audit_is_verified_for_each_organisation(installed):
    for number in range(4):
        installed("staff", "invite", f"{number}@example.org", "--role", "admin")
    told = installed("audit", "verify")
    assert (told.code, told.out) == (0, "operation: 4 lines, ok.\n")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 3", "Line 3 was changed."),
        ("DELETE FROM audit WHERE seq = 2", "Lines 2 to 2 are missing."),
    ],
)
def test_a_line_that_was_changed_or_taken_away_is_named_and_gives_1(installed, harm, sentence):
    for number in range(4):
        installed("staff", "invite", f"{number}@example.org", "--role", "admin")
    with installed.connect() as connection:
        with pytest.raises(psycopg.Error), connection.transaction():
            connection.execute(harm)
        connection.execute("ALTER TABLE audit DISABLE TRIGGER USER")
        connection.execute(harm)
    told = installed("audit", "verify")
    assert told.code == 1
    assert "NOT whole" in told.out
    assert f"  {sentence}\n" in told.out
    engine = db.engine(installed.settings)
    with engine.begin() as connection:
        assert audit.verify(connection, installed.organisation)
    engine.dispose()
