"""The conversations of the engine's tests, held again with the whole system: a message in, messages out.

A document says what somebody writes and hears. Here it goes through the inbox, the drain, the database and the
outbox, as in the field. Left out are lines that the gateway answers itself, before any flow hears them, and facts that
it does not give to flows.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import flows
from flows import disclosure
from flows.readers.tree import parse
from flows.rehearsal import NOON
from gateway import keywords
from gateway.channels.base import Attachment, MediaKind, Place
from gateway.crypto import Keyring
from gateway.services import conversation, flow_store
from gateway.settings import Settings
from tests.integration.operation import Operation, Phone

FOLDER = Path(__file__).parents[2] / "unit" / "flows" / "conversations"
LIBRARY = Path(flows.__file__).parent / "library"
# What only a conversation with the engine alone can do or tell.
PRIVATE = {"is_silent", "is_reminded", "is_stopped", "speaks", "does_not_hear"}
LIMIT = 4000  # characters of a message


def documents() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yaml")):
        document = parse(path.read_text()).value()
        for talk in document["conversations"]:
            if is_ours(talk):
                yield pytest.param(document["flow"], talk, id=f"{path.stem}: {talk['name']}")


def is_ours(talk: dict[str, Any]) -> bool:
    """Whether the gateway hears a document as the engine does."""
    turns = [next(iter(turn.items())) for turn in talk["talk"]]
    said = [str(what) for verb, what in turns if verb == "says"]
    return (
        not talk.get("fields")
        and not talk.get("places")
        and not talk.get("problems")
        and not {verb for verb, _ in turns} & PRIVATE
        and all(isinstance(what, str | int | float | bool | list) for _, what in turns)
        and (talk.get("channel", "sms") != "sms" or "presses" not in dict(turns))
        and not any(keywords.match(text) or disclosure.suspect(text) for text in said)
        and all(text.strip() and len(text) < LIMIT and "\0" not in text for text in said)
    )


@pytest.fixture(scope="module")
def module_operation(
    database_url: str, servers: Any, ring: Keyring, tmp_path_factory: Any
) -> Iterator[Operation]:
    settings = Settings(
        database_url=database_url,
        redis_url=servers.redis_url,
        data=tmp_path_factory.mktemp("data"),
        keys=ring.to_json(),
    )
    made = Operation(settings, ring, hotline="")
    yield made
    made.drains.close()


def published(operation: Operation, source: str) -> UUID:
    """The documents know the library in English: without its catalogs."""
    named = source.removeprefix("library/")
    text = source if named == source else (LIBRARY / f"{named}.yaml").read_text()
    with operation.connect() as connection:
        revision_id = flow_store.publish(connection, operation.id, flows.load(text))
        connection.commit()
    return revision_id


@pytest.mark.parametrize(("source", "talk"), list(documents()))
def test_a_conversation_goes_through_the_whole_system_as_its_document_says(
    module_operation: Operation, source: str, talk: dict[str, Any]
) -> None:
    operation = module_operation
    messenger = talk.get("channel", "sms") != "sms"
    phone = operation.phone(language=talk.get("language", "eng"), messenger=messenger)
    assert operation.ask([phone], published(operation, source), now=NOON) == 1
    unheard = phone.hears()
    for turn in talk["talk"]:
        ((verb, what),) = turn.items()
        unheard = heard(unheard, what) if verb == "hears" else take_turn(phone, verb, what)
    ended = phone.dispositions()[0][1]
    assert ended == (None if talk.get("ends", "waiting") == "waiting" else talk["ends"]) or "ends" not in talk
    for question, value in talk.get("answers", {}).items():
        assert spoken(phone.answers().get(question)) == spoken(value)


def heard(unheard: list[str], what: Any) -> list[str]:
    for words in map(str, what if isinstance(what, list) else [what]):
        place = next((place for place, text in enumerate(unheard) if words in text), None)
        assert place is not None, f"“{words}” was not heard; heard was: {unheard}."
        unheard = unheard[place:]
    return unheard


def take_turn(phone: Phone, verb: str, what: Any) -> list[str]:
    if verb == "presses":
        phone.sends("", choice=button(phone, str(what)))
    elif verb == "sends":
        phone.sends("", attachments=(Attachment(MediaKind.AUDIO, str(what)),))
    elif verb == "shares":
        phone.sends("", place=Place(*map(float, what)))
    else:
        phone.sends(str(what))
    drain(phone.operation)
    return phone.hears()


def drain(operation: Operation) -> None:
    """What a worker does, on the day of all rehearsals."""
    with operation.connect() as connection:
        waiting = conversation.pending(connection, 0, shards=1, limit=10, now=NOON)
        conversation.handle(connection, operation.drains.house, waiting, now=NOON)
        connection.commit()


def button(phone: Phone, code: str) -> str:
    """A button of the last question; a code that none has is sent as it stands."""
    *_, (_, _, choices, _) = phone.messages()
    return next((choice.code for choice in choices if choice.code.endswith(f"={code}")), code)


def spoken(value: Any) -> Any:
    return str(value) if isinstance(value, int | float | bool) else value


def test_documents_of_many_flows_and_all_scripts_go_through() -> None:
    talks = [param.values for param in documents()]
    assert len(talks) > 35
    assert len({source for source, _ in talks}) > 5
    assert {talk.get("language", "eng") for _, talk in talks} >= {"eng", "urd", "arb", "mya"}
