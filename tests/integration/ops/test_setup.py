"""An operation set up by commands alone: the first link, channels, flows, staff, and the audit of all that."""

import json
from uuid import UUID

import psycopg
import pytest
from installed import INBOUND, NEWS, Installed, one_sentence

from gateway import clock, db, ids
from gateway.locks import FolderLock
from gateway.services import audit_check, channels, flow_store, second_factor, sign_in, staff
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


@pytest.fixture
def installed(call, empty_database_url):
    return Installed(call, empty_database_url)


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
    assert f"  url=http://127.0.0.1:8001/in/{channel_id}/\n" in told.out
    assert '  allowed_updates=["message","callback_query","my_chat_member"]\n' in told.out
    assert "setWebhook" in told.out
    assert "No provider can reach that: set PAIGHAM_PUBLIC_URL" in told.out
    assert "canary" not in told.out


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://api.example.org", "must begin with https://"),
        ("https://169.254.169.254", "not public"),
        ("https://[::ffff:10.0.0.1]/", "in the usual way"),
        ("https://2130706433/", "in the usual way"),
        ("https://localhost.", "not public"),
        ("https://canary:canary@api.example.org", "no name or password"),
    ],
)
def test_a_channel_does_not_send_to_where_only_this_machine_reaches(installed, url, said):
    told = installed(
        *("channel", "add", "twilio", "--name", "SMS", "--address", "+15005550006", "--config", "-"),
        stdin=json.dumps({**TWILIO, "base_url": url}),
        PAIGHAM_PAGES_URL="https://staff.example.org",
    )
    assert told.code == 2
    assert one_sentence(told.err)
    assert said in told.err
    assert "canary" not in told.err
    assert installed.rows("SELECT id FROM channel") == []


def test_a_demonstration_may_send_to_itself_and_is_told_when_nothing_answers_there(installed):
    told = installed(
        *("channel", "add", "twilio", "--name", "SMS", "--address", "+15005550006", "--config", "-"),
        stdin=json.dumps({**TWILIO, "base_url": "http://127.0.0.1:9"}),
    )
    assert (told.code, told.err) == (0, "")
    assert "Look at base_url: The host cannot be reached." in told.out


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
        channels.fault(connection, channel_id, code="20003", until=clock.now(), now=clock.now())
    told = installed("channel", "list")
    assert told.code == 0
    assert told.out.splitlines() == [
        f"{channel_id}  simulator  phones  Phones",
        f"  faulty (20003), 10 segments a second, http://127.0.0.1:8001/in/{channel_id}/",
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
    (data / "state.json").write_text(json.dumps({"pages_url": "https://there.example.org"}))
    words = ("staff", "invite", "--role", "admin", "--data", data)
    running = FolderLock(data, LOCK)
    running.take()
    try:
        told = installed(*words, "a@example.org")
        assert told.out.startswith("https://there.example.org/welcome/")
        told = installed(*words, "b@example.org", PAIGHAM_PAGES_URL="https://set.example.org")
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
    with db.connect(installed.settings, role=db.DatabaseRole.OWNER) as connection:
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
        assert audit_check.verify(connection, installed.ring, installed.organisation).faults
    engine.dispose()


def test_an_anchor_shows_lines_that_were_cut_off(installed, tmp_path):
    for number in range(4):
        installed("staff", "invite", f"{number}@example.org", "--role", "admin")
    path = tmp_path / "anchors.jsonl"
    told = installed("audit", "anchor", "--out", str(path))
    assert (told.code, told.out) == (0, f"Anchored in {path}: 1 of 1 chains.\n")
    assert installed("audit", "verify", "--anchors", str(path)).code == 0
    with db.connect(installed.settings, role=db.DatabaseRole.OWNER) as connection:
        for table in ("audit", "audit_subject"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            connection.execute(f"DELETE FROM {table} WHERE seq = 4")
    assert installed("audit", "verify").code == 0, "the chain by itself is whole"
    told = installed("audit", "verify", "--anchors", str(path))
    assert told.code == 1
    assert "Line 4 is gone: it is one that was anchored at " in told.out


def test_anchors_that_were_changed_are_refused_in_one_sentence(installed, tmp_path):
    path = tmp_path / "anchors.jsonl"
    path.write_text("{}\n")
    told = installed("audit", "verify", "--anchors", str(path))
    assert told.code != 0
    assert "Line 1 of the anchors cannot be read." in told.err


def test_whoever_lost_the_second_factor_gets_to_set_up_a_new_one(installed):
    assert installed("staff", "reset-second-factor", "lost@example.org").code == 2
    installed("staff", "invite", "lost@example.org", "--role", "im_officer")
    assert "There was none." in installed("staff", "reset-second-factor", "lost@example.org").out
    engine = db.engine(installed.settings)
    with engine.begin() as connection:
        person = staff.find(connection, installed.ring, "lost@example.org")
        second_factor.keep_totp(connection, installed.ring, person, "a secret", counter=1)
        second_factor.keep_codes(connection, installed.ring, person, ["1111-2222-3333"])
        sign_in.open_session(connection, person, passed=True, now=clock.now())
    assert "at the next sign-in" in installed("staff", "reset-second-factor", "lost@example.org").out
    with engine.begin() as connection:
        assert not second_factor.has_one(connection, person)
        assert second_factor.codes_left(connection, person) == 0
    engine.dispose()
    assert installed.one("SELECT count(*) FROM staff_session") == 0
    assert installed.one("SELECT count(*) FROM audit WHERE action = 'staff.second_factor_reset'") == 2
