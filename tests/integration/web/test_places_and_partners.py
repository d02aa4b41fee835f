"""Pages of places, agreements and partners: files looked at before they are loaded, registers, counts of the lead."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from gateway import clock
from gateway.models.staff import Role
from tests.integration.operation import Operation
from tests.integration.web.visitors import Visitor, World

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
    other.drains.close()
