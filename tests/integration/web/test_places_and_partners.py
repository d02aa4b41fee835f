"""Pages of places, agreements and partners: files looked at before they are loaded, registers, counts of the lead."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape

import pytest

from gateway import clock, gazetteer
from gateway.models.staff import Role
from gateway.services import places
from gateway.services.places import Origin
from tests.integration.operation import Operation
from tests.integration.web.visitors import Visitor, World, detail, transaction

FILE = "ADM1_EN,ADM1_UR,ADM1_PCODE,ADM2_EN,ADM2_PCODE\nNorth,شمال,T1,Market,T101\nSouth,جنوب,T2,Bridge,T201\n"
TODAY = clock.now().date()


@pytest.fixture
def leading(world: World) -> Iterator[None]:
    """The organisation leads the operation."""
    _lead(world, on=True)
    yield
    _lead(world, on=False)


def _lead(world: World, *, on: bool) -> None:
    with world.operation.connect() as connection:
        connection.execute("UPDATE organisation SET lead = false")
        connection.execute("UPDATE organisation SET lead = %s WHERE id = %s", [on, world.operation.id])
        connection.commit()


def upload(visitor: Visitor, content: str | bytes, **facts: str):
    data = content.encode() if isinstance(content, str) else content
    form = {"source": "A publisher", "licence": "CC BY", "dated": "2026-01-02", **facts}
    return visitor.client.post(
        "/places/load", data={"form_token": visitor.token(), **form, "file": (io.BytesIO(data), "places.csv")}
    )


@pytest.mark.usefixtures("leading")
def test_a_file_is_looked_at_before_it_is_loaded(visit: Callable[[Role], Visitor], world: World) -> None:
    officer = visit(Role.IM_OFFICER)
    page = upload(officer, FILE).headers["Location"]
    text = officer.get(page).text
    assert "4 new, 0 known" in text
    assert 'value="name@1:urd" selected' in text
    assert world.operation.one("SELECT count(*) FROM area") == 0, "nothing is written yet"
    roles = dict(re.findall(r'name="(column-\d)".*?value="([^"]*)" selected', text, re.DOTALL))
    assert officer.post(page, **roles, header="yes", do="load").headers["Location"] == "/places"
    assert world.operation.one("SELECT count(*) FROM area") == 4
    found = officer.get("/places?name=جنوب").text
    assert "T2" in found
    assert "T101" not in found
    assert "Market" in officer.get("/places?at=T1").text
    assert "CC BY" in found
    assert officer.get(page).status_code == 404, "the file is gone"
    assert officer.get("/places?at=nowhere").status_code == 404


@pytest.mark.usefixtures("leading")
def test_a_faulty_file_is_told_by_row_and_cannot_be_loaded(
    visit: Callable[[Role], Visitor], world: World
) -> None:
    officer = visit(Role.IM_OFFICER)
    before = world.operation.one("SELECT count(*) FROM area")
    page = upload(officer, "code,parent,name\nA,,One\nB,lost,=cmd|x\n").headers["Location"]
    text = officer.get(page).text
    assert "No row has the code of the place above" in text
    assert 'value="load"' not in text
    form = {"column-0": "code", "column-1": "parent", "column-2": "name:eng", "header": "yes"}
    assert officer.post(page, **form, do="load").status_code == 422
    assert world.operation.one("SELECT count(*) FROM area") == before
    mended = {**form, "column-1": ""}
    assert (
        "1 new" in officer.post(page, **mended, do="look").text
        or "2 new" in officer.post(page, **mended).text
    )


@pytest.mark.usefixtures("leading")
@pytest.mark.parametrize(
    ("content", "facts", "told"),
    [
        ("code,name\na,Zürich\n".encode("latin-1"), {}, "CSV UTF-8"),
        ("", {}, "must not be empty"),
        (FILE, {"licence": " "}, "must not be empty"),
        (FILE, {"dated": "soon"}, "choose a day"),
    ],
)
def test_an_upload_that_does_not_fit_says_why(
    content: str | bytes, facts: dict[str, str], told: str, visit: Callable[[Role], Visitor], world: World
) -> None:
    answer = upload(visit(Role.IM_OFFICER), content, **facts)
    assert answer.status_code == 422
    assert told in answer.text


def test_only_the_lead_loads_places(visit: Callable[[Role], Visitor], world: World) -> None:
    other = Operation(world.operation.settings, world.operation.ring)
    answer = upload(visit(Role.IM_OFFICER), FILE)
    assert answer.status_code == 422
    assert "Only the organisation that leads" in answer.text
    other.drains.close()


@pytest.mark.usefixtures("leading")
def test_the_lead_reads_partners_in_counts_with_small_ones_hidden(
    visit: Callable[[Role], Visitor], world: World
) -> None:
    silent = Operation(world.operation.settings, world.operation.ring)
    with world.operation.connect() as connection:
        connection.execute("UPDATE organisation SET name = 'Silent Relief' WHERE id = %s", [silent.id])
        connection.commit()
    text = visit(Role.VIEWER_AGGREGATE).get("/partners").text
    assert "Silent Relief" in text
    row = text[text.index("Silent Relief") :].partition("</tr>")[0]
    assert "no entry for 14 days" in row
    own = text[: text.index("Silent Relief")]
    assert "few" in text
    assert str(world.case_id) not in own
    only = visit(Role.VIEWER_AGGREGATE).get("/partners?silent=1&sort=contacts&direction=desc").text
    assert only.count('scope="row"') == only.count("no entry for 14 days") > 0
    assert 'aria-sort="descending"' in only
    silent.drains.close()


def test_whoever_does_not_lead_sees_no_counts(visit: Callable[[Role], Visitor], world: World) -> None:
    text = visit(Role.VIEWER_AGGREGATE).get("/partners").text
    assert "Only the lead sees this" in text
    assert "<tbody" not in text


def test_the_officer_registers_an_agreement_and_ends_it(
    visit: Callable[[Role], Visitor], world: World
) -> None:
    other = Operation(world.operation.settings, world.operation.ring)
    officer = visit(Role.DATA_PROTECTION_OFFICER)
    form = {
        "receiver": str(other.id),
        "kind": "data_sharing",
        "reference": "DSA 7",
        "purpose": "Referrals",
        "objects": "grievance",
        "highest": "S1",
        "areas": "",
        "valid_from": TODAY.isoformat(),
        "valid_until": (TODAY + timedelta(days=10)).isoformat(),
    }
    assert officer.post("/agreements/add", **form).status_code == 303
    listed = officer.get("/agreements").text
    assert "DSA 7" in listed
    assert "Runs out soon" in listed
    assert officer.post("/agreements/add", **{**form, "highest": "S3"}).status_code == 422
    late = {**form, "valid_until": (TODAY - timedelta(days=1)).isoformat()}
    assert "before the first" in officer.post("/agreements/add", **late).text
    made = world.operation.one("SELECT id FROM agreement WHERE reference = 'DSA 7'")
    assert officer.post(f"/agreements/{made}/end").status_code == 303
    assert "Ended" in officer.get("/agreements").text
    assert officer.post(f"/agreements/{made}/end").status_code == 404
    ended = detail(world.operation, "agreement.ended")
    assert ended["before"] == {"ended_at": None}
    assert ended["after"]["ended_at"] > TODAY.isoformat()
    other.drains.close()


# --- Places by their names

GAZETTEER = (
    "code,parent,level,name:eng,name:urd\n"
    "N1,,1,North Hill,شمالی پہاڑ\n"
    "N11,N1,2,Old Market,پرانا بازار\n"
    "N12,N1,2,New Market,نیا بازار\n"
    "N121,N12,3,Lower Gate,\n"
    "S1,,1,South,جنوب\n"
    "S11,S1,2,Lower Gate,\n"
)


@pytest.fixture
def gazetteer_(world: World) -> Iterator[None]:
    table = gazetteer.table(GAZETTEER.encode())
    found = gazetteer.read(table, gazetteer.guess(table.header))
    assert found.faults == ()
    with transaction(world.operation) as connection:
        origin = Origin("A publisher", "CC BY", TODAY)
        places.load(connection, found.places, origin, content=b"", by=None, now=clock.now())
    yield
    with world.operation.connect() as connection:
        connection.execute("DELETE FROM office WHERE name LIKE 'Placed%'")
        connection.execute("DELETE FROM area")
        connection.execute("DELETE FROM gazetteer")
        connection.commit()


def office(visitor: Visitor, name: str, **facts: str) -> str:
    form = {"name": name, "code": "", "kind": "office", "timezone": "UTC", "area": "", "areas": "", **facts}
    answer = visitor.post("/offices/add", **form)
    return "" if answer.status_code == 303 else unescape(answer.text)


@pytest.mark.usefixtures("gazetteer_")
def test_an_office_takes_places_by_name_in_any_language_and_by_code(
    visit: Callable[[Role], Visitor], world: World
) -> None:
    admin = visit(Role.ADMIN)
    for name, area, areas, codes in (
        ("Placed 1", "old mark", "South\nپرانا بازار، n12", ["N11", "N12", "S1"]),
        ("Placed 2", "N11", "N1 S1", ["N1", "S1"]),
        ("Placed 3", "پرانا بازار", "", []),
    ):
        assert office(admin, name, area=area, areas=areas) == ""
        stands = world.operation.one("SELECT area FROM office WHERE name = %s", name)
        assert stands == "N11"
        served = (
            "SELECT a.pcode FROM office_area a JOIN office o ON o.id = office_id WHERE name = %s ORDER BY 1"
        )
        assert [code for (code,) in world.operation.rows(served, name)] == codes


@pytest.mark.usefixtures("gazetteer_")
@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("lower gate", "may be any of these"),
        ("lower gate", "Lower Gate, New Market (N121)"),
        ("lower gate", "Lower Gate, South (S11)"),
        ("Old Markit", "No place is called “Old Markit”. Near it: \u2068Old Market, North Hill (N11)"),
        ("Atlantis", "No place is called “Atlantis”."),
    ],
)
def test_a_place_that_there_is_not_or_twice_is_told_with_those_that_there_are(
    written: str, told: str, visit: Callable[[Role], Visitor], world: World
) -> None:
    for facts in ({"area": written}, {"areas": f"South\n{written}"}):
        text = office(visit(Role.ADMIN), "Placed nowhere", **facts)
        assert told in text
        assert written in text, "what was written stays"
    terms = {"kind": "letter", "reference": "L 9", "purpose": "P", "objects": "survey", "highest": "S0"}
    days = {"valid_from": TODAY.isoformat(), "valid_until": TODAY.isoformat()}
    answer = visit(Role.DATA_PROTECTION_OFFICER).post(
        "/agreements/add", receiver=str(world.operation.id), areas=written, **terms, **days
    )
    assert answer.status_code == 422
    assert told in unescape(answer.text)


@pytest.mark.usefixtures("gazetteer_")
def test_a_list_beside_the_field_offers_places(visit: Callable[[Role], Visitor]) -> None:
    text = visit(Role.ADMIN).get("/offices/add").text
    assert re.search(r'<input[^>]*list="area-offers"[^>]*name="area"', text)
    assert '<option value="N121" label="Lower Gate, New Market">' in text


def test_without_a_gazetteer_codes_are_taken_as_they_are(
    visit: Callable[[Role], Visitor], world: World
) -> None:
    assert office(visit(Role.ADMIN), "Placed early", area="X 9", areas="X1 X2\nX3") == ""
    assert world.operation.one("SELECT area FROM office WHERE name = 'Placed early'") == "X 9"
