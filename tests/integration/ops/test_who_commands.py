"""`paigham organisation add`, `staff list|role|leave` and `gazetteer load`."""

import pytest
from installed import Installed, one_sentence

from gateway.services import audit

PLACES = "P-Code,Name,Parent\nT1,North,\nT101,Market,T1\n"
ORIGIN = ("--source", "A publisher", "--licence", "CC BY", "--date", "2026-01-02")


@pytest.fixture
def installed(call, empty_database_url):
    return Installed(call, empty_database_url)


def one(installed, query):
    with installed.connect() as connection:
        return connection.execute(query).fetchone()


def detail(installed, action):
    with installed.connect() as connection:
        whose, seq, sealed = connection.execute(
            "SELECT organisation_id, seq, detail_sealed FROM audit WHERE action = %s ORDER BY at DESC LIMIT 1",
            [action],
        ).fetchone()
    return audit.detail_of(installed.ring, whose, seq, bytes(sealed))


def test_an_organisation_is_added_with_its_flows_and_can_lead(installed):
    told = installed("organisation", "add", "hill-relief", "--name", "Hill Relief")
    assert (told.code, told.err) == (0, "")
    flows = "SELECT count(*) FROM flow f JOIN organisation o ON o.id = f.organisation_id WHERE o.code = 'hill-relief'"
    assert one(installed, flows)[0] > 3
    assert detail(installed, "organisation.added")["after"]["name"] == "Hill Relief"
    assert installed("organisation", "add", "hill-relief", "--name", "Again").code == 2
    assert installed("organisation", "set", "--name", "Hill Help", "--organisation", "hill-relief").code == 0
    assert detail(installed, "organisation.changed") == {
        "before": {"name": "Hill Relief"},
        "after": {"name": "Hill Help"},
    }
    assert installed("organisation", "lead", "--organisation", "hill-relief").code == 0
    assert one(installed, "SELECT code FROM organisation WHERE lead") == ("hill-relief",)


def test_staff_are_listed_without_names_given_roles_and_let_go(installed):
    for email, role in (("a@example.org", "admin"), ("b@example.org", "translator")):
        assert installed("staff", "invite", email, "--name", "Canary", "--role", role).code == 0
    listed = installed("staff", "list").out
    assert "translator  invited  never seen" in listed
    assert "Canary" not in listed
    assert "example.org" not in listed
    assert installed("staff", "role", "b@example.org", "sensitive_focal_point").code == 0
    assert "sensitive_focal_point" in installed("staff", "list").out
    roles = {"before": {"role": "translator"}, "after": {"role": "sensitive_focal_point"}}
    assert detail(installed, "staff.changed") == roles
    assert installed("staff", "role", "b@example.org", "emperor").code == 2
    told = installed("staff", "leave", "b@example.org")
    assert "Nothing was done" in told.out
    assert "sensitive_focal_point  invited" in installed("staff", "list").out
    assert installed("staff", "leave", "b@example.org", "--yes").code == 0
    assert "sensitive_focal_point  left" in installed("staff", "list").out
    assert one_sentence(installed("staff", "leave", "nobody@example.org").err)


def test_places_are_loaded_after_a_look(installed, tmp_path):
    file = tmp_path / "places.csv"
    file.write_text(PLACES)
    told = installed("gazetteer", "load", file, *ORIGIN, "--check")
    assert (
        told.out
        == "Level 1: 1 places.\nLevel 2: 1 places.\n2 new, 0 known, 0 retired, 0 removed. Nothing was written.\n"
    )
    assert one(installed, "SELECT count(*) FROM area") == (0,)
    assert installed("gazetteer", "load", file, *ORIGIN).code == 0
    assert one(installed, "SELECT count(*) FROM area") == (2,)
    assert one(installed, "SELECT source, licence FROM gazetteer") == ("A publisher", "CC BY")


def test_what_is_wrong_with_places_is_told_by_row_and_column(installed, tmp_path):
    file = tmp_path / "places.csv"
    file.write_text("X1,North,\nX2,South,lost\n")
    columns = ("--no-header", "--column", "1=code", "--column", "2=name:eng", "--column", "3=parent")
    told = installed("gazetteer", "load", file, *ORIGIN, *columns)
    assert told.code == 1
    assert told.err == "Row 2, 3: orphan lost\n"
    assert one(installed, "SELECT count(*) FROM area") == (0,)
    file.write_bytes("code,name\na,Zürich\n".encode("latin-1"))
    told = installed("gazetteer", "load", file, *ORIGIN)
    assert told.code == 2
    assert "CSV UTF-8" in told.err
