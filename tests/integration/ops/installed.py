"""A database that `paigham release` has made ready, with the commands on it and people to ask."""

from uuid import UUID

import flows
from gateway import clock, db, ids
from gateway.crypto import Keyring
from gateway.services import flow_store, inbox
from gateway.services.batch import CONSENTS
from gateway.settings import Settings

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


def one_sentence(text):
    return text.count("\n") == 1 and text.startswith("paigham: ") and "Traceback" not in text
