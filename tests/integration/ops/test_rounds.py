"""`paigham round`: who is asked, who is left out and why, and nobody twice."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from installed import INBOUND, NEWS, Installed, one_sentence

from gateway import clock, ids
from gateway.queue import OUTBOX, flag
from gateway.services import channels, inbox, rounds
from gateway.services.people import House


@pytest.fixture
def installed(call, empty_database_url):
    return Installed(call, empty_database_url)


def left_out(told):
    """Reason to number, as the command prints them."""
    lines = told.out.partition("left out:\n")[2].splitlines()
    return {sentence: int(number) for number, _, sentence in (line.strip().partition("  ") for line in lines)}


def test_a_sender_is_woken_where_redis_is_known(installed, redis_url):
    channel_id = installed.simulator()
    installed.publish(NEWS)
    installed.person("a")
    told = installed("round", "open", "water", "--channel", channel_id, REDIS_URL=redis_url)
    assert told.code == 0
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.exists(flag(OUTBOX, str(channel_id)))


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
    assert "1 person is being asked." in installed(*words).out
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
    assert "1 person is being asked." in installed(*words, "--name", "Second").out


def test_people_in_a_conversation_are_left_out(installed):
    channel_id = installed.simulator()
    installed.person("a")
    words = ("round", "open", "monitoring_services", "--channel", channel_id)
    assert "1 person is being asked." in installed(*words).out
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
    assert "1 person would be asked." in installed(*words).out


def test_a_dry_run_writes_nothing(installed):
    channel_id = installed.simulator()
    installed.publish(NEWS)
    installed.person("a")
    before = installed.actions()
    told = installed("round", "open", "water", "--channel", channel_id, "--dry-run")
    assert "1 person would be asked." in told.out
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
