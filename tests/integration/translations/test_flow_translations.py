"""Translations in the database: what is missing, stale or read twice, and two people who never undo one another."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from uuid import UUID

import pytest
import sqlalchemy as sa

import flows
from flows import editing
from flows.edits import Remove, Rename, SetText
from gateway import clock, db, ids
from gateway.models.staff import Role
from gateway.services import drafts, flow_store, flow_texts, glossary, text_exchange, translating
from gateway.services.bridge import plain
from gateway.services.flow_texts import Line, State
from gateway.services.glossary import Entry
from gateway.services.text_exchange import Kind
from gateway.services.translating import Clash, Refused, Seen
from gateway.services.unfit import Unfit
from gateway.text_checks import Term
from gateway.text_files import Row, digest_of, read, to_po, to_xlsx
from tests.integration.operation import Operation
from tests.integration.web.visitors import account

WATER = """\
# Asked at the pump.
spec: paigham.flow/1
flow: water_{tail}
title: {{eng: Water, urd: پانی}}
languages: [eng, urd, prs]
purpose: p
owner: im_officer
retention: survey_link
outbound: false
fields: [hotline]
reminder_text: Please answer.
steps:
  - say: hello  # the first words
    text: {{eng: "Call ${{hotline}}. Send STOP to end.", urd: "${{hotline}} پر فون کریں۔ ختم: STOP"}}
  - ask: works
    type: select_one
    text: {{eng: "Does it work?", urd: "کیا یہ چلتا ہے؟", prs: "کار می\u200cکند؟"}}
    options:
      - {{code: "yes", label: {{eng: "It runs", urd: ہاں, prs: بلی}}}}
      - {{code: "no", label: {{eng: "It is dry", urd: نہیں}}}}
"""


@pytest.fixture
def sql(operation: Operation) -> Iterator[sa.Connection]:
    """Undone afterwards."""
    engine = db.engine(operation.settings)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def amina(operation: Operation) -> UUID:
    return account(operation, Role.TRANSLATOR)


@pytest.fixture
def bilal(operation: Operation) -> UUID:
    return account(operation, Role.IM_OFFICER)


@pytest.fixture
def water(operation: Operation, sql: sa.Connection, bilal: UUID) -> UUID:
    return make(sql, operation, bilal)


def make(sql: sa.Connection, operation: Operation, by: UUID) -> UUID:
    tail = ids.new().hex
    source = WATER.format(tail=tail)
    return drafts.create(
        sql, operation.id, code=f"water_{tail}", title="Water", source=source, by=by, now=clock.now()
    )


def the_flow(sql: sa.Connection, flow_id: UUID) -> flows.Flow:
    found = translating.flow_of(sql, flow_id)
    assert found is not None
    return found


def states(sql: sa.Connection, flow_id: UUID, language: str) -> dict[str, State]:
    lines = flow_texts.lines(sql, flow_id, the_flow(sql, flow_id), language)
    return {line.slot.id.partition(".")[2]: line.state for line in lines}


def line(sql: sa.Connection, flow_id: UUID, language: str, tail: str) -> Line:
    lines = flow_texts.lines(sql, flow_id, the_flow(sql, flow_id), language)
    return next(it for it in lines if it.slot.id.endswith(tail))


def seen(of: Line) -> Seen:
    return Seen(digest_of(of.source), of.digest)


def save(sql: sa.Connection, flow_id: UUID, of: Line, words: str, by: UUID) -> Line | Clash:
    return translating.save(
        sql, flow_id, of.language, of.slot.id, words, seen=seen(of), by=by, now=clock.now()
    )


def source_changes(sql: sa.Connection, flow_id: UUID, words: str, by: UUID) -> None:
    edit = SetText("works", ("text",), "eng", words)
    assert not isinstance(
        drafts.change(sql, flow_id, edit, seen=None, by=by, now=clock.now()), drafts.Conflict
    )


def test_what_is_there_is_translated_and_what_is_not_is_missing(sql: sa.Connection, water: UUID) -> None:
    assert states(sql, water, "prs") == {
        "hello.text": State.MISSING,
        "works.text": State.TRANSLATED,
        "works.option.yes": State.TRANSLATED,
        "works.option.no": State.MISSING,
        "reminder": State.MISSING,
    }


def test_a_new_translation_stands_in_the_draft_and_leaves_everything_else_as_it_was_typed(
    sql: sa.Connection, water: UUID, amina: UUID
) -> None:
    before = drafts.read(sql, water).source
    made = save(sql, water, line(sql, water, "prs", "option.no"), " نه\u200cخیر ", amina)
    assert isinstance(made, Line)
    after = drafts.read(sql, water)
    assert after.changed_by == amina
    assert "# the first words" in after.source
    assert after.source.replace(", prs: نه\u200cخیر", "") == before
    kept = line(sql, water, "prs", "option.no")
    assert (kept.target, kept.state, kept.by) == ("نه\u200cخیر", State.TRANSLATED, amina)


def test_a_text_of_the_whole_flow_is_translated_too(sql: sa.Connection, water: UUID, amina: UUID) -> None:
    save(sql, water, line(sql, water, "urd", "reminder"), "جواب دیں۔", amina)
    flow = the_flow(sql, water)
    assert flow.reminder_text is not None
    assert flow.reminder_text.by_language["urd"] == "جواب دیں۔"


def test_a_changed_source_makes_its_translations_stale_and_shows_what_it_was(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    save(sql, water, line(sql, water, "urd", "works.text"), "کیا نل چلتا ہے؟", amina)
    source_changes(sql, water, "Does the tap work today?", bilal)
    for language in (
        "urd",
        "prs",
    ):  # The Dari text came with the flow: that it was of the old source is known too.
        found = line(sql, water, language, "works.text")
        assert (found.state, found.before) == (State.STALE, "Does it work?")
    assert states(sql, water, "urd")["works.option.yes"] is State.TRANSLATED


def test_words_of_the_editor_are_of_the_source_that_stood_there_then(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    source_changes(sql, water, "Does the tap work?", bilal)
    edit = SetText("works", ("text",), "urd", "کیا نل چلتا ہے؟")
    drafts.change(sql, water, edit, seen=None, by=amina, now=clock.now())
    source_changes(sql, water, "Does the tap work today?", bilal)
    found = line(sql, water, "urd", "works.text")
    assert (found.state, found.before, found.by) == (State.STALE, "Does the tap work?", amina)


def test_a_stale_translation_that_is_still_right_is_sent_again_as_it_is(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    source_changes(sql, water, "Does this work?", bilal)
    stale = line(sql, water, "urd", "works.text")
    version = drafts.read(sql, water).version
    save(sql, water, stale, stale.target, amina)
    assert line(sql, water, "urd", "works.text").state is State.TRANSLATED
    assert drafts.read(sql, water).version == version


def test_a_second_person_reviews_and_nobody_their_own(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    made = save(sql, water, line(sql, water, "urd", "works.text"), "کیا نل چلتا ہے؟", amina)
    assert isinstance(made, Line)

    def reads(by: UUID, *, native: bool = True) -> object:
        return translating.review(
            sql, water, "urd", made.slot.id, seen=seen(made), native=native, by=by, now=clock.now()
        )

    with pytest.raises(Unfit, match="own_translation"):
        reads(amina)
    reads(bilal)
    found = line(sql, water, "urd", "works.text")
    assert (found.state, found.by, found.reviewed_by, found.native) == (State.REVIEWED, amina, bilal, True)


def test_a_review_ends_when_the_words_change_again(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    made = line(sql, water, "urd", "works.text")
    translating.review(
        sql, water, "urd", made.slot.id, seen=seen(made), native=False, by=bilal, now=clock.now()
    )
    assert line(sql, water, "urd", "works.text").state is State.REVIEWED
    save(sql, water, made, "کیا نل چلتا ہے؟", amina)
    assert line(sql, water, "urd", "works.text").state is State.TRANSLATED


def test_words_that_were_changed_in_the_editor_are_not_reviewed_any_more(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    made = line(sql, water, "urd", "works.text")
    translating.review(
        sql, water, "urd", made.slot.id, seen=seen(made), native=True, by=bilal, now=clock.now()
    )
    edit = SetText("works", ("text",), "urd", "چلتا ہے؟")
    drafts.change(sql, water, edit, seen=None, by=amina, now=clock.now())
    found = line(sql, water, "urd", "works.text")
    assert (found.state, found.by) == (State.TRANSLATED, amina)
    with pytest.raises(Unfit, match="own_translation"):
        translating.review(
            sql, water, "urd", made.slot.id, seen=seen(found), native=True, by=amina, now=clock.now()
        )


def test_a_reviewer_who_saw_other_words_is_shown_the_new_ones(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    old = line(sql, water, "urd", "works.text")
    save(sql, water, old, "کیا نل چلتا ہے؟", amina)
    answer = translating.review(
        sql, water, "urd", old.slot.id, seen=seen(old), native=True, by=bilal, now=clock.now()
    )
    assert isinstance(answer, Clash)
    assert line(sql, water, "urd", "works.text").state is State.TRANSLATED


def test_a_step_with_another_name_keeps_what_is_known_of_its_texts(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    made = line(sql, water, "urd", "works.text")
    translating.review(
        sql, water, "urd", made.slot.id, seen=seen(made), native=True, by=bilal, now=clock.now()
    )
    drafts.change(sql, water, Rename("works", "runs"), seen=None, by=amina, now=clock.now())
    found = line(sql, water, "urd", "runs.text")
    assert (found.state, found.reviewed_by) == (State.REVIEWED, bilal)
    assert states(sql, water, "urd")["hello.text"] is State.TRANSLATED
    for edit in (Remove("hello"), Rename("runs", "hello")):  # What was known of the step before it is gone.
        drafts.change(sql, water, edit, seen=None, by=amina, now=clock.now())
    assert line(sql, water, "urd", "hello.text").reviewed_by == bilal


def test_missing_and_stale_texts_cannot_be_reviewed(sql: sa.Connection, water: UUID, bilal: UUID) -> None:
    missing = line(sql, water, "prs", "hello.text")
    with pytest.raises(Unfit, match="nothing_to_review"):
        translating.review(
            sql, water, "prs", missing.slot.id, seen=seen(missing), native=True, by=bilal, now=clock.now()
        )
    source_changes(sql, water, "Does this work?", bilal)
    stale = line(sql, water, "urd", "works.text")
    with pytest.raises(Unfit, match="stale_text"):
        translating.review(
            sql, water, "urd", stale.slot.id, seen=seen(stale), native=True, by=bilal, now=clock.now()
        )


def test_what_a_machine_drafted_needs_a_reader_who_grew_up_with_the_language(
    operation: Operation, sql: sa.Connection, bilal: UUID
) -> None:
    flow_id = sql.scalar(
        sa.text("SELECT id FROM flow WHERE organisation_id = :id AND code = 'satisfaction'"),
        {"id": operation.id},
    )
    assert flow_id is not None
    drafted = line(sql, flow_id, "urd", "glad.text")
    assert drafted.state is State.MACHINE

    def reads(*, native: bool) -> object:
        return translating.review(
            sql, flow_id, "urd", drafted.slot.id, seen=seen(drafted), native=native, by=bilal, now=clock.now()
        )

    with pytest.raises(Unfit, match="needs_native"):
        reads(native=False)
    reads(native=True)
    assert line(sql, flow_id, "urd", "glad.text").state is State.REVIEWED


def test_a_library_text_is_translated_anew_without_losing_the_other_languages(
    operation: Operation, sql: sa.Connection, amina: UUID
) -> None:
    flow_id = sql.scalar(
        sa.text("SELECT id FROM flow WHERE organisation_id = :id AND code = 'satisfaction'"),
        {"id": operation.id},
    )
    assert flow_id is not None
    before = the_flow(sql, flow_id)
    save(sql, flow_id, line(sql, flow_id, "urd", "glad.text"), "شکریہ کہ آپ نے بتایا۔ بھیجیں: PROBLEM", amina)
    after = the_flow(sql, flow_id)
    changed = [
        (old.text.by_language, new.text.by_language)
        for old, new in zip(flow_texts.slots(before), flow_texts.slots(after), strict=True)
        if old.text != new.text
    ]
    assert len(changed) == 1
    assert {code for code in changed[0][0] if changed[0][0][code] != changed[0][1][code]} == {"urd"}


def test_a_translation_that_a_check_refuses_is_not_written(
    sql: sa.Connection, water: UUID, amina: UUID
) -> None:
    with pytest.raises(Refused) as caught:
        save(sql, water, line(sql, water, "prs", "hello.text"), "زنگ بزنید", amina)
    assert [doubt.code for doubt in caught.value.doubts] == ["placeholder_missing"]
    assert line(sql, water, "prs", "hello.text").state is State.MISSING
    with pytest.raises(Unfit, match="empty"):
        save(sql, water, line(sql, water, "prs", "hello.text"), "  ", amina)


def test_an_option_may_not_get_the_words_of_another(sql: sa.Connection, water: UUID, amina: UUID) -> None:
    with pytest.raises(Refused, match="same_as_option"):
        save(sql, water, line(sql, water, "prs", "option.no"), "بلی", amina)


def test_an_answer_gets_other_words_and_none_that_mean_another_answer(
    sql: sa.Connection, water: UUID, amina: UUID
) -> None:
    yes = line(sql, water, "urd", "option.yes")

    def says(*aliases: str) -> object:
        return translating.save(
            *(sql, water, "urd", yes.slot.id, yes.target),
            seen=seen(line(sql, water, "urd", "option.yes")),
            by=amina,
            now=clock.now(),
            aliases=aliases,
        )

    def kept() -> tuple[str, ...]:
        option = translating.option_of(line(sql, water, "urd", "option.yes"))
        assert option is not None
        return option.aliases.get("urd", ())

    says("جی", " ہاں جی ", "جی")
    assert kept() == ("جی", "ہاں جی")
    with pytest.raises(Refused, match="same_as_option"):
        says("نہیں")
    with pytest.raises(Unfit, match="too_long"):
        says("ہ" * 61)
    assert kept() == ("جی", "ہاں جی")
    with pytest.raises(Refused, match="same_as_option"):
        save(sql, water, line(sql, water, "urd", "option.no"), "جی", amina)
    says()
    assert kept() == ()


def test_the_second_of_two_who_saw_the_same_words_is_shown_those_of_the_first(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    both_saw = line(sql, water, "urd", "works.text")
    save(sql, water, both_saw, "نل چلتا ہے؟", amina)
    clash = save(sql, water, both_saw, "کیا یہ کام کرتا ہے؟", bilal)
    assert isinstance(clash, Clash)
    assert (clash.line.target, clash.mine, clash.source_changed) == (
        "نل چلتا ہے؟",
        "کیا یہ کام کرتا ہے؟",
        False,
    )
    assert line(sql, water, "urd", "works.text").target == "نل چلتا ہے؟"
    chosen = save(sql, water, clash.line, clash.mine, bilal)
    assert isinstance(chosen, Line)


def test_whoever_translated_a_source_that_is_gone_is_told(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    old = line(sql, water, "urd", "works.text")
    source_changes(sql, water, "Is it broken?", bilal)
    clash = save(sql, water, old, "کیا نل چلتا ہے؟", amina)
    assert isinstance(clash, Clash)
    assert clash.source_changed


def test_two_at_once_wait_for_one_another_and_both_are_kept(operation: Operation) -> None:
    amina, bilal = account(operation, Role.TRANSLATOR), account(operation, Role.IM_OFFICER)
    engine = db.engine(operation.settings)
    with engine.begin() as first:
        water = make(first, operation, bilal)

    def translate(tail: str, words: str, by: UUID) -> None:
        with engine.begin() as mine:
            save(mine, water, line(mine, water, "prs", tail), words, by)

    with engine.begin() as held:
        save(held, water, line(held, water, "prs", "option.no"), "نخیر", amina)
        other = Thread(target=translate, args=("reminder", "پاسخ دهید.", bilal))
        other.start()
    other.join(30)
    with engine.connect() as sql:
        found = [line(sql, water, "prs", tail) for tail in ("option.no", "reminder")]
    engine.dispose()
    assert [(it.target, it.by) for it in found] == [("نخیر", amina), ("پاسخ دهید.", bilal)]


def test_a_language_is_added_with_every_text_missing(sql: sa.Connection, water: UUID, amina: UUID) -> None:
    assert translating.add_language(sql, water, "som", by=amina, now=clock.now())[-1] == "som"
    assert set(states(sql, water, "som").values()) == {State.MISSING}
    for language, code in (("som", "twice"), ("xxx", "unknown")):
        with pytest.raises(Unfit, match=code):
            translating.add_language(sql, water, language, by=amina, now=clock.now())


def test_readiness_counts_and_names_the_languages_that_people_would_read(
    sql: sa.Connection, water: UUID
) -> None:
    ready = flow_texts.readiness(sql, water, the_flow(sql, water))
    assert (ready["prs"].total, ready["prs"].missing, ready["prs"].unreviewed) == (5, 3, 2)
    assert ready["prs"].falls_to == ("eng",)
    assert [state.language for state in flow_texts.not_ready(ready, {})] == ["urd", "prs"]
    assert flow_texts.not_ready(ready, {"urd": ["eng"], "prs": ["eng"]}) == []
    assert [it.language for it in flow_texts.not_ready(ready, {"urd": ["eng"], "prs": ["urd"]})] == ["prs"]


def test_nobody_else_changes_what_a_published_flow_says(
    operation: Operation, sql: sa.Connection, water: UUID
) -> None:
    """A revision is frozen: a translation that comes later does not reach it."""
    revision = flow_store.publish(plain(sql), operation.id, the_flow(sql, water))
    amina = account(operation, Role.TRANSLATOR)
    save(sql, water, line(sql, water, "prs", "option.no"), "نخیرها", amina)
    frozen = sql.scalar(
        sa.text("SELECT definition::text FROM flow_revision WHERE id = :id"), {"id": revision}
    )
    assert "نخیرها" not in str(frozen)


# --- Files


def exported(sql: sa.Connection, water: UUID, language: str, *, po: bool) -> bytes:
    flow = the_flow(sql, water)
    sheet = text_exchange.sheet(flow, flow_texts.lines(sql, water, flow, language))
    return to_po(sheet) if po else to_xlsx([sheet])


def looked_at(sql: sa.Connection, water: UUID, language: str, rows: list[Row]) -> list[text_exchange.Outcome]:
    flow = the_flow(sql, water)
    return text_exchange.compare(flow, flow_texts.lines(sql, water, flow, language), rows)


@pytest.mark.parametrize("po", [True, False])
def test_a_file_goes_out_is_filled_and_comes_back_once(
    sql: sa.Connection, water: UUID, amina: UUID, *, po: bool
) -> None:
    flow = the_flow(sql, water)
    rows = read(exported(sql, water, "prs", po=po), flow=flow.code, language="prs")
    assert {it.kind for it in looked_at(sql, water, "prs", rows)} == {Kind.UNCHANGED}
    words = {
        "hello.text": "به ${hotline} زنگ بزنید. پایان: STOP",
        "option.no": "نه\u200cخیر",
        "reminder": "\u2067پاسخ\u2069 دهید.",
    }
    filled = [
        replace(row, target=words.get(row.id.partition(".")[2].removeprefix("works."), row.target))
        for row in rows
    ]
    outcomes = looked_at(sql, water, "prs", filled)
    assert text_exchange.counts(outcomes) == {
        Kind.CONFLICT: 0,
        Kind.REFUSED: 0,
        Kind.CHANGED: 0,
        Kind.NEW: 3,
        Kind.UNCHANGED: 2,
    }
    taken = text_exchange.chosen(outcomes, ())
    made = translating.save_many(sql, water, "prs", taken, by=amina, now=clock.now())
    assert {it.target for it in made} == set(words.values())
    assert {it.kind for it in looked_at(sql, water, "prs", filled)} == {Kind.UNCHANGED}
    assert translating.save_many(sql, water, "prs", taken, by=amina, now=clock.now()) == []
    assert State.MISSING not in states(sql, water, "prs").values()
    back = drafts.undo(sql, water, by=amina, now=clock.now())  # All of a file is one change.
    assert isinstance(back, drafts.Draft)
    assert list(states(sql, water, "prs").values()).count(State.MISSING) == 3


def test_what_changed_in_both_places_is_a_conflict_and_waits_for_a_choice(
    sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    flow = the_flow(sql, water)
    rows = read(exported(sql, water, "urd", po=True), flow=flow.code, language="urd")
    save(sql, water, line(sql, water, "urd", "works.text"), "نل چلتا ہے؟", bilal)
    text_id = f"{flow.code}.works.text"
    filled = [replace(row, target="کیا نل ٹھیک ہے؟") if row.id == text_id else row for row in rows]
    (conflict,) = [it for it in looked_at(sql, water, "urd", filled) if it.kind is Kind.CONFLICT]
    assert (conflict.reason, conflict.line and conflict.line.target) == ("both_changed", "نل چلتا ہے؟")
    outcomes = looked_at(sql, water, "urd", filled)
    assert text_exchange.chosen(outcomes, ()) == {}
    assert text_exchange.chosen(outcomes, {text_id}) == {text_id: "کیا نل ٹھیک ہے؟"}
    # What nobody touched in the file does not undo what was written here meanwhile.
    assert {it.kind for it in looked_at(sql, water, "urd", rows)} == {Kind.UNCHANGED}
    del amina


def test_a_translation_of_an_older_source_is_a_conflict(sql: sa.Connection, water: UUID, bilal: UUID) -> None:
    flow = the_flow(sql, water)
    rows = read(exported(sql, water, "prs", po=False), flow=flow.code, language="prs")
    source_changes(sql, water, "Is it broken?", bilal)
    text_id = f"{flow.code}.works.text"
    filled = [replace(row, target="آیا کار می\u200cکند؟") if row.id == text_id else row for row in rows]
    (found,) = [it for it in looked_at(sql, water, "prs", filled) if it.row.id == text_id]
    assert (found.kind, found.reason) == (Kind.CONFLICT, "source_changed")


def test_rows_that_cannot_be_taken_say_why(sql: sa.Connection, water: UUID) -> None:
    code = the_flow(sql, water).code
    rows = [
        Row(2, "water.nowhere", "", "x"),
        Row(3, f"{code}.hello.text", "", "زنگ بزنید"),
        Row(4, f"{code}.works.option.no", "", "بلی"),
        Row(5, f"{code}.works.option.no", "", "نخیر"),
        Row(6, f"{code}.works.text", "", "سوال دیگر؟"),
    ]
    found = [(it.row.place, it.kind, it.reason) for it in looked_at(sql, water, "prs", rows)]
    assert found == [
        (2, Kind.REFUSED, "no_such_text"),
        (3, Kind.REFUSED, "placeholder_missing"),
        (4, Kind.REFUSED, "same_as_option"),
        (5, Kind.REFUSED, "twice"),
        (6, Kind.CONFLICT, "not_known_since"),
    ]


def test_a_file_waits_a_day_for_whoever_brought_it_and_for_nobody_else(
    operation: Operation, sql: sa.Connection, water: UUID, amina: UUID, bilal: UUID
) -> None:
    now, rows = clock.now(), [Row(2, "a", "b", "c", "d")]
    kept = text_exchange.keep(sql, operation.id, water, "prs", rows, by=amina, now=now)
    assert text_exchange.kept(sql, water, "prs", kept, by=amina, now=now) == rows
    assert text_exchange.kept(sql, water, "prs", kept, by=bilal, now=now) is None
    assert text_exchange.kept(sql, water, "urd", kept, by=amina, now=now) is None
    assert text_exchange.kept(sql, water, "prs", kept, by=amina, now=now + text_exchange.KEPT_FOR * 2) is None
    text_exchange.drop(sql, kept)
    assert text_exchange.kept(sql, water, "prs", kept, by=amina, now=now) is None


def test_a_files_texts_marked_as_drafted_by_a_machine_stay_so_until_somebody_reads_them(
    sql: sa.Connection, water: UUID, amina: UUID
) -> None:
    text_id = line(sql, water, "prs", "option.no").slot.id
    translating.save_many(sql, water, "prs", {text_id: "نخیر"}, by=amina, now=clock.now(), machine=True)
    assert line(sql, water, "prs", "option.no").state is State.MACHINE


def test_edits_of_a_whole_file_keep_comments(sql: sa.Connection, water: UUID, amina: UUID) -> None:
    text_id = line(sql, water, "prs", "hello.text").slot.id
    words = "به ${hotline} زنگ بزنید. پایان: STOP"
    translating.save_many(sql, water, "prs", {text_id: words}, by=amina, now=clock.now())
    source = drafts.read(sql, water).source
    assert "# the first words" in source
    assert editing.apply(source, SetText("hello", ("text",), "prs", words)) == source


# --- Glossary


def test_a_term_is_one_row_however_it_is_written(
    operation: Operation, sql: sa.Connection, amina: UUID
) -> None:
    for term, translation in (("Cash", "نقد"), ("cash ", "نقد رقم")):
        entry = Entry(term, translation, "aid in money", ("پیسہ",))
        glossary.save(sql, operation.id, "urd", entry, by=amina, now=clock.now())
    assert glossary.terms(sql, operation.id, "urd") == (Term("cash", "نقد رقم", ("پیسہ",), "aid in money"),)
    assert glossary.terms(sql, operation.id, "prs") == ()
    assert glossary.counts(sql, operation.id) == {"urd": 1}


def test_the_librarys_words_are_added_once_and_change_nothing_that_is_there(
    operation: Operation, sql: sa.Connection, amina: UUID
) -> None:
    own = Entry("Water", "صاف پانی")
    glossary.save(sql, operation.id, "urd", own, by=amina, now=clock.now())
    assert glossary.seed(sql, operation.id, "urd", by=amina, now=clock.now()) > 10
    assert glossary.seed(sql, operation.id, "urd", by=amina, now=clock.now()) == 0
    kept = {it.entry.term: it.entry.translation for it in glossary.entries(sql, operation.id, "urd")}
    assert kept["Water"] == "صاف پانی"
    assert "Yes" not in kept


def test_a_term_goes_and_nobody_elses(operation: Operation, sql: sa.Connection, amina: UUID) -> None:
    made = glossary.save(sql, operation.id, "urd", Entry("Cash", "نقد"), by=amina, now=clock.now())
    assert glossary.remove(sql, ids.new(), made) is None
    assert glossary.remove(sql, operation.id, made) == Entry("Cash", "نقد")
    assert glossary.find(sql, operation.id, made) is None


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry("", "x"), "empty"),
        (Entry("a", ""), "empty"),
        (Entry("a" * 101, "x"), "too_long"),
        (Entry("a", "x", "n" * 501), "too_long"),
        (Entry("a", "x", "", tuple(map(str, range(21)))), "too_long"),
    ],
)
def test_a_term_that_says_nothing_or_too_much_is_refused(
    operation: Operation, sql: sa.Connection, entry: Entry, code: str
) -> None:
    with pytest.raises(Unfit, match=code):
        glossary.save(sql, operation.id, "urd", entry, by=None, now=clock.now())


def test_a_glossary_comes_back_from_a_table_as_it_went_out(
    operation: Operation, sql: sa.Connection, amina: UUID
) -> None:
    entries = [Entry("=1+1", "-x", "@note", ("+a", "b")), Entry("Cash", "نقد\u200cرقم")]
    for entry in entries:
        glossary.save(sql, operation.id, "urd", entry, by=amina, now=clock.now())
    kept = glossary.entries(sql, operation.id, "urd")
    data = glossary.to_csv(kept)
    assert b",=" not in data
    assert b"\n=" not in data
    rows = glossary.from_csv(data)
    assert [entry for _, entry in rows] == [it.entry for it in kept]
    assert {it.change for it in glossary.compare(kept, rows)} == {glossary.Change.UNCHANGED}


def test_a_table_says_row_by_row_what_it_would_do(
    operation: Operation, sql: sa.Connection, amina: UUID
) -> None:
    glossary.save(sql, operation.id, "urd", Entry("Cash", "نقد"), by=amina, now=clock.now())
    data = "term,translation\nCash,نقد رقم\nWater,پانی\nwater,آب\n,x\n".encode()
    found = glossary.compare(glossary.entries(sql, operation.id, "urd"), glossary.from_csv(data))
    assert [(it.place, it.change.value, it.reason) for it in found] == [
        (2, "changed", ""),
        (3, "new", ""),
        (4, "refused", "twice"),
        (5, "refused", "term_empty"),
    ]


@pytest.mark.parametrize(
    ("data", "code"), [(b"\xff\xfe", "not_csv"), (b"a,b\n", "no_headings"), (b"", "no_headings")]
)
def test_a_file_that_is_no_glossary_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unfit, match=code):
        glossary.from_csv(data)
