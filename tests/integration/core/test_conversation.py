"""Whole conversations on the real tables: what people say, what they hear, and what stays of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from gateway import clock, ids
from gateway.crypto import Keyring
from gateway.settings import Settings
from tests.integration.operation import Operation


@pytest.fixture
def operation(settings: Settings, ring: Keyring) -> Iterator[Operation]:
    made = Operation(settings, ring)
    yield made
    made.drains.close()


SURVEY = """
spec: paigham.flow/1
flow: water
title: Water
languages: [eng, urd]
purpose: A test
owner: im_officer
retention: survey_link
sensitivity: S1
expires: 72h
reminders: [4h, 24h]
reminder_text: {eng: "Please go on.", urd: "براہ کرم جاری رکھیں۔"}
outbound: false
steps:
  - ask: enough
    type: select_one
    text: {eng: "Enough water?", urd: "پانی کافی ہے؟"}
    options:
      - {code: "yes", label: {eng: "Yes", urd: "ہاں"}}
      - {code: some, label: {eng: "Some", urd: "کچھ"}}
      - {code: "no", label: {eng: "No", urd: "نہیں"}}
  - ask: litres
    type: integer
    text: {eng: "How many litres?", urd: "کتنے لیٹر؟"}
  - ask: words
    type: text
    text: {eng: "Anything else?", urd: "کچھ اور؟"}
  - say: thanks
    text: {eng: "Thank you.", urd: "شکریہ۔"}
"""


def test_a_survey_in_urdu_is_answered_in_native_digits_and_words(operation: Operation) -> None:
    phone = operation.phone(language="urd")
    operation.ask([phone], operation.publish(SURVEY))
    assert phone.hears() == ["پانی کافی ہے؟\n1) ہاں\n2) کچھ\n3) نہیں"]
    assert phone.says("۲") == ["کتنے لیٹر؟"]
    assert phone.says("۱۵") == ["کچھ اور؟"]
    assert phone.says("پمپ خراب ہے") == ["شکریہ۔"]
    assert phone.answers() == {"enough": "some", "litres": 15, "words": "پمپ خراب ہے"}
    assert phone.dispositions() == [("water", "completed")]


def test_free_text_stands_in_no_column_in_clear(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(SURVEY))
    for text in ("1", "15", "The canary sings"):
        phone.says(text)
    dump = operation.rows("SELECT to_jsonb(a)::text FROM answer a") + operation.rows(
        "SELECT to_jsonb(m)::text FROM message_in m"
    )
    assert dump
    assert not [row for row in dump if "canary" in row[0]]


def test_a_button_of_a_conversation_that_is_over_is_no_complaint(operation: Operation) -> None:
    phone = operation.phone(messenger=True)
    operation.ask([phone], operation.publish(SURVEY))
    *_, (_, _, choices, _) = phone.messages()
    phone.says("STOP")
    (heard,) = phone.says("Yes", choice=choices[0].code)
    assert "PROBLEM" in heard
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 0


def test_buttons_carry_their_question_and_an_old_one_answers_nothing_new(operation: Operation) -> None:
    phone = operation.phone(messenger=True)
    operation.ask([phone], operation.publish(SURVEY))
    first = phone.messages()[0][2]
    assert [choice.label for choice in first] == ["Yes", "Some", "No"]
    phone.says("", choice=first[1].code)
    assert phone.answers() == {"enough": "some"}
    phone.hears()
    assert phone.says("", choice=first[0].code) == ["How many litres?"]
    assert phone.answers() == {"enough": "some"}


def test_two_messages_that_arrive_together_answer_two_questions_in_order(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(SURVEY))
    phone.sends("3")
    phone.sends("40")
    operation.handle()
    assert phone.answers() == {"enough": "no", "litres": 40}


def test_a_message_delivered_twice_is_one_message(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(SURVEY))
    first = phone.sends("1", external_id="again")
    operation.handle()
    second = phone.sends("1", external_id="again")
    assert (first.new, second.new, second.message_id) == (True, False, first.message_id)
    assert operation.handle() == 0
    assert phone.answers() == {"enough": "yes"}


def test_stop_in_pashto_opts_out_and_confirms_once(operation: Operation) -> None:
    phone = operation.phone(language="pus")
    operation.ask([phone], "monitoring_services")
    phone.hears()
    said = phone.says("بند")
    assert len(said) == 1
    assert phone.dispositions()[-1] == ("monitoring_services", "opted_out")
    assert phone.says("STOP") == []
    assert operation.rows("SELECT source, lifted_at FROM opt_out") == [("keyword", None)]
    assert operation.ask([phone], "satisfaction") == 0


def test_only_the_persons_own_start_lifts_an_opt_out(operation: Operation) -> None:
    phone = operation.phone()
    phone.says("STOP")
    phone.says("START")
    rows = operation.rows("SELECT lifted_at IS NOT NULL, lifted_by FROM opt_out")
    assert rows == [(True, "person")]
    assert operation.ask([phone], "satisfaction") == 0, "START opened a conversation of its own"
    assert phone.dispositions()[0][0] == "language_and_consent"


def test_an_opt_out_that_the_provider_confirmed_is_mirrored_without_a_word(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(SURVEY))
    phone.hears()
    assert phone.says("STOP", opt_out="stop") == []
    assert operation.rows("SELECT source FROM opt_out") == [("provider",)]


def test_a_complaint_in_mid_survey_is_kept_and_the_survey_goes_on(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(SURVEY))
    phone.hears()
    assert len(phone.says("PROBLEM")) == 1
    said = phone.says("The tap in block C is broken")
    assert any(_reference(operation, phone) in text for text in said), "the person is told the reference"
    phone.says("Block C")
    said = phone.says("7")
    assert said[-1].startswith("Enough water?"), "the open question comes back"
    phone.says("1")
    assert phone.answers()["enough"] == "yes"
    assert _case(operation, phone) == ("acknowledged", "S1", "P2", False)
    words = _words(operation, phone)
    assert words[0] == "The tap in block C is broken"
    assert "Block C" in words


def test_a_complaint_behind_the_keyword_is_not_asked_for_again(operation: Operation) -> None:
    phone = operation.phone()
    phone.says("PROBLEM no flour this month")
    assert _words(operation, phone)[0].casefold() == "no flour this month"


DISCLOSURE = "My husband beats me and I am afraid"


def test_a_disclosure_is_sealed_answered_neutrally_and_never_echoed(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(SURVEY))
    phone.says("1")
    phone.says("12")
    said = phone.says(DISCLOSURE)
    assert len(said) == 1
    assert "husband" not in said[0]
    assert _case(operation, phone) == ("sealed", "S3", "P2", True)
    assert phone.dispositions() == [("water", "handed_over"), ("safe_contact", None)]
    assert operation.one(
        "SELECT sealed FROM message_in WHERE contact_id = %s ORDER BY id DESC LIMIT 1", phone.contact_id
    )
    assert operation.one(
        "SELECT sealed FROM message_out WHERE contact_id = %s ORDER BY id DESC LIMIT 1", phone.contact_id
    )
    assert "words" not in phone.answers()


def test_what_follows_a_disclosure_joins_the_sealed_case(operation: Operation) -> None:
    phone = operation.phone()
    phone.says(DISCLOSURE)
    assert phone.says("2") == [], "not safe to call: nothing more is written"
    assert operation.rows(
        "SELECT safe_to_call, safe_to_text FROM contact WHERE id = %s", phone.contact_id
    ) == [("no", "no")]
    assert phone.says("he comes home at six") == []
    assert operation.one("SELECT count(*) FROM grievance WHERE contact_id = %s", phone.contact_id) == 1
    assert _words(operation, phone) == [DISCLOSURE, "2", "he comes home at six"]
    assert operation.one("SELECT bool_and(sealed) FROM message_in WHERE contact_id = %s", phone.contact_id)


def test_nobody_is_written_to_again_for_whom_it_is_not_safe(operation: Operation) -> None:
    phone = operation.phone()
    phone.says(DISCLOSURE)
    phone.says("2")
    phone.hears()
    assert operation.ask([phone], "satisfaction") == 0
    phone.says("HELP")
    rows = operation.rows(
        "SELECT m.status, m.reason, p.seq FROM message_out m LEFT JOIN pending_out p ON p.message_id = m.id"
        " WHERE m.contact_id = %s ORDER BY m.created_at DESC LIMIT 1",
        phone.contact_id,
    )
    assert rows == [("cancelled", "it is not safe to text this person", None)]


@pytest.mark.parametrize("keyword", ["APPEAL", "HUMAN", "DELETE"])
def test_a_disclosure_beside_a_keyword_is_sealed_all_the_same(operation: Operation, keyword: str) -> None:
    phone = operation.phone()
    phone.says(f"{keyword} {DISCLOSURE}")
    assert _case(operation, phone) == ("sealed", "S3", "P2", True)


def test_a_question_that_is_reached_again_keeps_the_last_answer(operation: Operation) -> None:
    phone = operation.phone()
    flow = SURVEY.replace("flow: water", "flow: again").replace(
        "  - say: thanks",
        '  - branch: once_more\n    routes: [{when: "${litres} > 50", goto: litres}]\n  - say: thanks',
    )
    operation.ask([phone], operation.publish(flow))
    for text in ("1", "90", "too much", "9", "better"):
        phone.says(text)
    assert phone.answers() == {"enough": "yes", "litres": 9, "words": "better"}


def test_sealed_words_open_under_the_sealed_key_only(operation: Operation) -> None:
    phone = operation.phone()
    phone.says(DISCLOSURE)
    rows = operation.rows(
        "SELECT get_byte(text_sealed, 2) FROM grievance_note n JOIN grievance g ON g.id = n.grievance_id"
        " WHERE g.contact_id = %s UNION ALL SELECT get_byte(content_sealed, 2) FROM message_in WHERE contact_id = %s"
        " UNION ALL SELECT get_byte(content_sealed, 2) FROM message_out WHERE contact_id = %s"
        " UNION ALL SELECT get_byte(state_sealed, 2) FROM run WHERE contact_id = %s AND state_sealed IS NOT NULL",
        *[phone.contact_id] * 4,
    )
    assert {row[0] for row in rows} == {operation.ring.current["sealed"]}


def test_words_that_answer_no_question_become_a_case_and_more_words_join_it(operation: Operation) -> None:
    phone = operation.phone()
    assert len(phone.says("When do we get the new cards?")) == 1
    assert phone.says("My neighbour has hers already") == []
    assert _words(operation, phone) == ["When do we get the new cards?", "My neighbour has hers already"]


def test_a_stranger_is_heard_first_and_then_asked_for_a_language(operation: Operation) -> None:
    phone = operation.phone(language=None)
    said = phone.says("salam")
    assert len(said) == 2
    assert "اردو" in said[1]
    said = phone.says("2")
    assert operation.one("SELECT language FROM contact WHERE id = %s", phone.contact_id) == "urd"


def test_the_language_changes_in_mid_survey_without_losing_an_answer(operation: Operation) -> None:
    phone = operation.phone(language="eng")
    operation.ask([phone], operation.publish(SURVEY))
    phone.says("1")
    assert "اردو" in phone.says("LANG")[0]
    said = phone.says("2")
    assert said[-1] == "کتنے لیٹر؟"
    phone.says("20")
    assert phone.answers() == {"enough": "yes", "language": "urd", "litres": 20}


def test_a_child_leaves_nothing_but_a_count(operation: Operation) -> None:
    phone = operation.phone()
    round_id = operation.round("monitoring_services")
    operation.ask([phone], "monitoring_services", round_id=round_id)
    phone.says("1")
    phone.says("1")
    assert phone.dispositions() == [("monitoring_services", "ineligible")]
    assert phone.answers() == {}
    assert operation.one("SELECT under_age FROM survey_round WHERE id = %s", round_id) == 1


def test_silence_is_reminded_twice_and_then_ends(operation: Operation) -> None:
    phone = operation.phone()
    operation.ask([phone], operation.publish(SURVEY))
    phone.hears()
    assert operation.pass_time(timedelta(hours=3)) == 0
    assert operation.pass_time(timedelta(hours=5)) == 1
    assert len(phone.hears()) >= 1
    assert operation.pass_time(timedelta(hours=5)) == 0, "one reminder at a time"
    assert operation.pass_time(timedelta(hours=25)) == 1
    assert len(phone.hears()) >= 1
    assert operation.pass_time(timedelta(hours=73)) == 1
    assert phone.hears() == []
    assert phone.dispositions() == [("water", "expired")]
    assert phone.answers() == {"enough": "(no_reply)"}


def test_a_silent_conversation_whose_channel_is_gone_holds_up_no_other(operation: Operation) -> None:
    lost, other = operation.phone(), operation.phone()
    revision = operation.publish(SURVEY)
    operation.ask([lost, other], revision)
    other.hears()
    with operation.connect() as connection:
        connection.execute("UPDATE session SET due_at = now() - interval '1 minute'")
        connection.execute(
            "UPDATE session SET channel_id = %s WHERE contact_id = %s", [ids.new(), lost.contact_id]
        )
        connection.commit()
    operation.drains.sweep()
    assert len(other.hears()) >= 1, "reminded"
    waits = "SELECT due_at > now() + interval '50 minutes' FROM session WHERE contact_id = %s"
    assert operation.one(waits, lost.contact_id)


def test_a_case_is_told_about_to_its_owner_only(operation: Operation) -> None:
    owner, other = operation.phone(), operation.phone()
    owner.says("PROBLEM no water since Monday")
    reference = _reference(operation, owner)
    said = owner.says(f"STATUS {reference[:4]} {reference[4:]}".lower())
    assert reference in said[0]
    neutral = other.says(f"STATUS {reference}")
    unknown = other.says("STATUS B4K7T2MX")
    assert neutral == unknown
    assert reference not in neutral[0]


def test_a_sealed_case_answers_status_like_an_unknown_one(operation: Operation) -> None:
    phone = operation.phone()
    phone.says(DISCLOSURE)
    phone.says("3")
    reference = _reference(operation, phone)
    assert phone.says(f"STATUS {reference}") == phone.says("STATUS B4K7T2MX")


def test_a_deep_link_binds_a_messenger_to_the_contact_it_was_made_for(operation: Operation) -> None:
    known, stranger = operation.phone(language="urd"), operation.phone(language=None, messenger=True)
    with operation.connect() as connection:
        connection.execute(
            "INSERT INTO deep_link (id, organisation_id, token_index, contact_id, expires_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            [
                ids.new(),
                operation.id,
                operation.ring.index("link:abc"),
                known.contact_id,
                clock.now() + timedelta(days=1),
            ],
        )
        connection.commit()
    stranger.sends("", start_token="abc")
    operation.handle()
    operation.handle()  # The message is handled again as the contact's own, perhaps by another shard.
    owner = operation.one("SELECT contact_id FROM contact_urn WHERE id = %s", stranger.urn_id)
    assert owner == known.contact_id
    assert known.dispositions()[0][0] == "language_and_consent"
    thief = operation.phone(language=None, messenger=True)
    thief.says("", start_token="abc")
    assert operation.one("SELECT contact_id FROM contact_urn WHERE id = %s", thief.urn_id) == thief.contact_id


def test_one_bad_message_is_parked_for_staff_while_others_go_on(operation: Operation) -> None:
    bad, good = operation.phone(), operation.phone()
    revision = operation.publish(SURVEY)
    operation.ask([bad, good], revision)
    stored = bad.sends("1")
    good.sends("2")
    with operation.connect() as connection:
        connection.execute(
            "UPDATE message_in SET content_sealed = set_byte(content_sealed, 20, 0) || '\\x00' WHERE id = %s",
            [stored.message_id],
        )
        connection.commit()
    operation.handle()
    assert good.answers() == {"enough": "some"}
    later = bad.sends("3")
    for _ in range(3):
        with operation.connect() as connection:
            connection.execute("UPDATE pending_in SET due_at = now()")
            connection.commit()
        operation.handle()
    rows = operation.rows("SELECT id, parked_code FROM message_in WHERE parked_at IS NOT NULL")
    assert rows == [(stored.message_id, "CannotDecrypt")]
    operation.handle()
    assert bad.answers() == {"enough": "no"}, "the message behind the bad one is handled"
    assert later.new


def test_a_flow_that_never_ends_becomes_a_problem_for_staff(operation: Operation) -> None:
    phone = operation.phone()
    flow = """
spec: paigham.flow/1
flow: circle
title: Circle
languages: [eng]
purpose: A test
owner: im_officer
retention: survey_link
sensitivity: S0
outbound: false
steps:
  - branch: round_and_round
    routes: [{when: "1 = 1", goto: back}]
    otherwise: end
  - branch: back
    routes: [{when: "1 = 1", goto: round_and_round}]
    otherwise: end
"""
    operation.ask([phone], operation.publish(flow))
    rows = operation.rows("SELECT flow_code, code FROM flow_problem WHERE organisation_id = %s", operation.id)
    assert rows == [("circle", "step_limit")]
    assert phone.dispositions() == [("circle", "failed")]
    assert phone.hears() == []


def _case(operation: Operation, phone: object) -> tuple[str, str, str, bool]:
    row = operation.rows(
        "SELECT state, sensitivity, priority, sealed FROM grievance WHERE contact_id = %s",
        phone.contact_id,  # type: ignore[attr-defined]
    )[0]
    return row[0], row[1], row[2], row[3]


def _reference(operation: Operation, phone: object) -> str:
    case_id, blob = operation.rows(
        "SELECT id, reference_sealed FROM grievance WHERE contact_id = %s ORDER BY id DESC LIMIT 1",
        phone.contact_id,  # type: ignore[attr-defined]
    )[0]
    return operation.ring.open("grievance.reference", case_id, blob)


def _words(operation: Operation, phone: object) -> list[str]:
    rows = operation.rows(
        "SELECT n.id, n.text_sealed FROM grievance_note n JOIN grievance g ON g.id = n.grievance_id"
        " WHERE g.contact_id = %s ORDER BY n.id",
        phone.contact_id,  # type: ignore[attr-defined]
    )
    return [operation.ring.open("grievance_note.text", row[0], row[1]) for row in rows]


@pytest.fixture(autouse=True)
def clean(settings: Settings) -> Iterator[None]:
    """Each test begins with empty ledgers; tables that other tests fill are told apart by their contact."""
    yield
    from gateway import db

    with db.connect(settings, role=db.DatabaseRole.OWNER) as connection:
        connection.execute("TRUNCATE pending_in, pending_out, opt_out")
        connection.execute("DELETE FROM session")
        connection.execute("DELETE FROM answer")
        connection.commit()
