"""What the system itself answers: one small function for each keyword, and the catch-all for everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import flows
from flows import disclosure, events
from gateway import references, urns
from gateway.keywords import Keyword, match
from gateway.services import cases, flow_store, inbox, late
from gateway.services.contents import Said
from gateway.services.talk import Talk
from gateway.services.trigger_book import Book
from gateway.texts import Template

RESOLVE = timedelta(days=14)
SOONEST = timedelta(days=2)
RIGHTS = timedelta(days=30)


class Step(StrEnum):
    """What a message is held against, one after the other."""

    PROVIDER = "provider"
    LINK = "link"
    SYSTEM_WORD = "system_word"
    INTERRUPTING_WORD = "interrupting_word"
    OPEN_QUESTION = "open_question"
    OLD_BUTTON = "old_button"
    FLOW_WORD = "flow_word"
    TOO_LATE = "too_late"
    PEOPLE = "people"


def hear(talk: Talk, said: Said) -> Step:
    """Let a person's message do what it means: the first step of `ORDER` that takes it decides."""
    if said.shared_phone is not None:
        _share_phone(talk, said.shared_phone)
    return next(step for step, takes in ORDER if takes(talk, said))


def _by_provider(talk: Talk, said: Said) -> bool:
    if said.opt_out is not None:
        _mirror(talk, said.opt_out)
    return said.opt_out is not None


def _by_link(talk: Talk, said: Said) -> bool:
    if said.start_token is None:
        return False
    entry = talk.book.tokens.get(said.start_token)
    if entry is None:
        _deep_link(talk, said.start_token)
    else:
        _begin_flow(talk, entry.flow_code)
    return True


def _by_system_word(talk: Talk, said: Said) -> bool:
    keyword = match(said.text) if said.choice is None else None
    if keyword is not None and keyword.slip and keyword.keyword is not Keyword.STOP and talk.is_waiting:
        keyword = None  # An answer that looks like a keyword with a letter wrong is an answer.
    if keyword is not None:
        KEYWORDS[keyword.keyword](talk, keyword.rest)
    return keyword is not None


def _by_interrupting_word(talk: Talk, said: Said) -> bool:
    hit = talk.book.interrupts_with(said.text) if said.choice is None else None
    if hit is not None:
        _begin_flow(talk, hit.entry.flow_code)
    return hit is not None


def _by_open_question(talk: Talk, said: Said) -> bool:
    if talk.is_waiting:
        _answer(talk, said)
        return True
    return False


def _by_old_button(talk: Talk, said: Said) -> bool:
    """A button of a conversation that is over: its label is our word, nobody's complaint."""
    if said.choice is None:
        return False
    _help(talk, "")
    return True


def _by_flow_word(talk: Talk, said: Said) -> bool:
    hit = talk.book.hears(said.text)
    if hit is not None:
        _begin_flow(talk, hit.entry.flow_code)
    return hit is not None


def _begin_flow(talk: Talk, code: str) -> None:
    """Begin what a trigger names; the question of a flow that is open already comes back instead."""
    if code in talk.open_flows:
        talk.again()
    elif talk.begin(code) is None:
        _help(talk, "")


def _too_late(talk: Talk, said: Said) -> bool:
    return late.keep(talk, said)


def _by_people(talk: Talk, said: Said) -> bool:
    _catch_all(talk, said)
    return True


def _answer(talk: Talk, said: Said) -> None:
    """Give the reply to the open question; a button of an earlier question only brings the open one back."""
    choice = said.choice
    if choice is not None:
        place, _, choice = choice.partition("=")
        if place != talk.place:
            talk.again()
            return
    media = tuple(item["ref"] for item in said.attachments)
    kinds = tuple(str(item["kind"]) for item in said.attachments)
    talk.reply(flows.Reply(said.text, choice, media, said.place, kinds))


def _catch_all(talk: Talk, said: Said) -> None:
    """Words that answer no question go to people: every one is read, none is only in a log."""
    text = said.text.strip() or _describe(said)
    if not text:
        _help(talk, "")
    elif disclosure.suspect(text) is not None:
        talk.disclose(text)
    elif talk.person.sealed_case is not None:
        talk.add_to_sealed(text)
    elif talk.person.open_case is not None:
        message_id = talk.heard.id if talk.heard else None
        ring = talk.house.ring
        cases.add_words(talk.batch, ring, talk.person.open_case, text, message_id=message_id, now=talk.now)
    else:
        talk.open_case(text)
        if talk.person.first_time:
            _welcome(talk)


def _welcome(talk: Talk) -> None:
    """Begin what greets somebody who writes for the first time; without such a flow, ask for their language."""
    greeting = talk.book.first_contact
    if greeting is not None and talk.begin(greeting.flow_code) is not None:
        return
    if talk.person.language is None:
        talk.begin(flow_store.LANGUAGE)


def _open(talk: Talk, *, type_: str, category: str | None = None, receipt: bool = True) -> None:
    """Open a case from a keyword's message, unless what stands beside the keyword may be a disclosure."""
    text = talk.words()
    if disclosure.suspect(text) is not None:
        talk.disclose(text)
    else:
        talk.open_case(text, type_=type_, category=category, receipt=receipt)


def _describe(said: Said) -> str:
    """Say what came without words: "[audio]"."""
    kinds = [str(item["kind"]) for item in said.attachments] + (["location"] if said.place else [])
    return " ".join(f"[{kind}]" for kind in kinds)


def _mirror(talk: Talk, opt_out: str) -> None:
    """Follow what the provider already did and answered itself; never answer twice."""
    if opt_out == "stop":
        talk.opt_out("provider")
        talk.stop(events.Disposition.OPTED_OUT)
    elif opt_out == "start":
        talk.opt_in()


_LINK = """
SELECT id, contact_id, flow_code, used_at IS NOT NULL FROM deep_link
WHERE organisation_id = %s AND token_index = %s AND expires_at > %s FOR UPDATE
"""
_USE = "UPDATE deep_link SET used_at = coalesce(used_at, %s) WHERE id = %s"


def _deep_link(talk: Talk, token: str) -> None:
    """Follow a link: bind the address to the contact it was made for, start the flow it names."""
    index = talk.house.ring.index("link:" + token)
    values = [talk.person.organisation_id, index, talk.now]
    row = talk.connection.execute(_LINK, values).fetchone()
    if row is None:
        _start(talk, "")
        return
    link_id, contact_id, flow_code, used = row
    if contact_id is not None and contact_id != talk.person.id:
        if not used:
            talk.batch.then(_USE, talk.now, link_id)
            _bind(talk, contact_id)
        return
    talk.batch.then(_USE, talk.now, link_id)
    if flow_code is None or talk.begin(flow_code) is None:
        _start(talk, "")


def _bind(talk: Talk, contact_id: UUID) -> None:
    """Give this address to the contact of the link, and let the message be handled again as theirs."""
    assert talk.heard is not None  # noqa: S101 - a link comes in a message
    slot = inbox.slot_of(contact_id)
    talk.batch.then(
        "UPDATE contact_urn SET contact_id = %s, slot = %s WHERE id = %s", contact_id, slot, talk.urn_id
    )
    talk.batch.then("UPDATE message_in SET contact_id = %s WHERE id = %s", contact_id, talk.heard.id)
    talk.batch.then(
        "INSERT INTO pending_in (message_id, contact_id, slot, due_at) VALUES (%s, %s, %s, %s)",
        talk.heard.id,
        contact_id,
        slot,
        talk.now,
    )
    talk.batch.slots.add(slot)


_ADD_PHONE = """
INSERT INTO contact_urn (id, organisation_id, contact_id, scheme, address_index, address_sealed, slot)
VALUES (%s, %s, %s, 'tel', %s, %s, %s) ON CONFLICT DO NOTHING
"""


def _share_phone(talk: Talk, phone: str) -> None:
    """Keep a number that the person gave from their own card, unless it is somebody's already."""
    try:
        urn = urns.normalise("tel", phone, region=talk.channel.settings.default_region)
    except urns.InvalidUrn:
        return
    ring, urn_id = talk.house.ring, talk.new_id()
    sealed = ring.seal(inbox.ADDRESS, urn_id, urn)
    slot = inbox.slot_of(talk.person.id)
    talk.batch.then(
        _ADD_PHONE, urn_id, talk.person.organisation_id, talk.person.id, ring.index(urn), sealed, slot
    )


# ---------------------------------------------------------------------- keywords


def _stop(talk: Talk, rest: str) -> None:
    """STOP ends everything at once, and is confirmed once."""
    del rest
    changed = talk.opt_out("keyword")
    talk.stop(events.Disposition.OPTED_OUT)
    if changed:
        talk.say(Template.STOP_OK)


_AGREED = """
SELECT given FROM consent WHERE contact_id = %s AND purpose = 'service_news' ORDER BY id DESC LIMIT 1
"""


def _start(talk: Talk, rest: str) -> None:
    """START lifts an opt-out; who has not chosen a language or agreed yet is asked."""
    del rest
    talk.opt_in()
    agreed = talk.connection.execute(_AGREED, [talk.person.id]).fetchone()
    if talk.person.language is not None and agreed is not None and agreed[0]:
        talk.say(Template.OPTIN_OK)
        if talk.is_waiting:
            talk.again()
    else:
        _begin(talk, flow_store.LANGUAGE_AND_CONSENT)


def _help(talk: Talk, rest: str) -> None:
    del rest
    talk.say(Template.HELP)


def _language(talk: Talk, rest: str) -> None:
    _begin(talk, flow_store.LANGUAGE, rest)


def _problem(talk: Talk, rest: str) -> None:
    _begin(talk, flow_store.GRIEVANCE_INTAKE, rest)


def _begin(talk: Talk, code: str, rest: str = "") -> None:
    """Start a flow, and take what stands behind the keyword as the first answer."""
    if code in talk.open_flows:
        talk.again()
    elif talk.begin(code) is None:
        _help(talk, rest)
        return
    if rest.strip() and talk.is_waiting:
        talk.reply(flows.Reply(rest.strip()))


_CASE = """
SELECT received_at FROM grievance
WHERE organisation_id = %s AND reference_index = %s AND contact_id = %s
    AND NOT sealed AND sensitivity IN ('S0', 'S1') AND closed_at IS NULL
"""


def _status(talk: Talk, rest: str) -> None:
    """STATUS tells the state of the person's own ordinary case, and the same words in every other situation."""
    reference = references.read(rest)
    if reference is None and not rest.strip():
        _help(talk, rest)
        return
    index = talk.house.ring.index("reference:" + (reference or ""))
    row = talk.connection.execute(_CASE, [talk.person.organisation_id, index, talk.person.id]).fetchone()
    if row is None or reference is None:
        talk.say(Template.STATUS_NEUTRAL)
        return
    before = max(row[0] + RESOLVE, talk.now + SOONEST)
    talk.say(Template.STATUS, ref=reference, date=before.date().isoformat())


def _my_data(talk: Talk, rest: str) -> None:
    del rest
    talk.say(Template.MYDATA)
    _open(talk, type_="DR", category="DAT-01", receipt=False)


def _delete(talk: Talk, rest: str) -> None:
    del rest
    talk.say(Template.DELETE, date=(talk.now + RIGHTS).date().isoformat())
    _open(talk, type_="DR", category="DAT-03", receipt=False)


def _human(talk: Talk, rest: str) -> None:
    del rest
    talk.stop(events.Disposition.HANDED_OVER)
    talk.say(Template.HUMAN)
    _open(talk, type_="Q", receipt=False)


def _appeal(talk: Talk, rest: str) -> None:
    del rest
    _open(talk, type_="CP", category="CFM-02")


def _wrong(talk: Talk, rest: str) -> None:
    """WRONG: the phone has another owner now. Nothing more goes there."""
    del rest
    talk.opt_out("wrong_number")
    talk.stop(events.Disposition.BROKEN_OFF)
    talk.batch.then("UPDATE contact_urn SET reachable = false WHERE id = %s", talk.urn_id)
    talk.say(Template.WRONG_OK)


def _verify(talk: Talk, rest: str) -> None:
    """VERIFY <code>: no code of ours is in any text yet, so every code is somebody else's."""
    code = rest.strip()[:6]
    if code:
        talk.say(Template.VERIFY_NO, code=code)
    else:
        _help(talk, rest)


KEYWORDS: Mapping[Keyword, Callable[[Talk, str], None]] = {
    Keyword.STOP: _stop,
    Keyword.START: _start,
    Keyword.HELP: _help,
    Keyword.LANGUAGE: _language,
    Keyword.PROBLEM: _problem,
    Keyword.STATUS: _status,
    Keyword.MY_DATA: _my_data,
    Keyword.HUMAN: _human,
    Keyword.NEWS: _help,
    Keyword.APPEAL: _appeal,
    Keyword.DELETE: _delete,
    Keyword.WRONG: _wrong,
    Keyword.VERIFY: _verify,
    Keyword.MORE: _problem,
}

# The one order of precedence. Staff see it on the page of triggers, and can try it there.
ORDER: Sequence[tuple[Step, Callable[[Talk, Said], bool]]] = (
    (Step.PROVIDER, _by_provider),
    (Step.LINK, _by_link),
    (Step.SYSTEM_WORD, _by_system_word),
    (Step.INTERRUPTING_WORD, _by_interrupting_word),
    (Step.OPEN_QUESTION, _by_open_question),
    (Step.OLD_BUTTON, _by_old_button),
    (Step.FLOW_WORD, _by_flow_word),
    (Step.TOO_LATE, _too_late),
    (Step.PEOPLE, _by_people),
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a text would do. `word`: the system's keyword; `flow`: code of the flow that would begin."""

    step: Step
    word: str | None = None
    flow: str | None = None
    slip: bool = False


def try_out(book: Book, text: str, *, is_waiting: bool) -> Tried:
    """Say what a text would do, in the order in which messages are heard; `is_waiting`: while a question is open."""
    keyword = match(text)
    if keyword is not None:
        return Tried(Step.SYSTEM_WORD, word=keyword.keyword)
    interrupting = book.interrupts_with(text)
    if interrupting is not None:
        return Tried(Step.INTERRUPTING_WORD, flow=interrupting.entry.flow_code)
    if is_waiting:
        return Tried(Step.OPEN_QUESTION)
    hit = book.hears(text)
    if hit is not None:
        return Tried(Step.FLOW_WORD, flow=hit.entry.flow_code, slip=hit.slip)
    return Tried(Step.PEOPLE)
