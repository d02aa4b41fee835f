"""Views of lists that people keep: their own, under a sealed name, with nothing in them that a person typed."""

import re
from collections.abc import Callable
from html import unescape

from gateway.models.staff import Role
from tests.integration.web.visitors import Visitor, World

KEEP = re.compile(r'href="(/views/keep[^"]+)"')


def keep(visitor: Visitor, address: str, name: str) -> int:
    found = KEEP.search(visitor.get(address).text)
    assert found is not None, address
    status: int = visitor.post(unescape(found[1]), name=name).status_code
    return status


def test_a_view_is_kept_opened_and_removed(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    visitor = visit(Role.COMMUNITY_STAFF)
    assert "Keep this view" not in visitor.get("/contacts").text
    assert keep(visitor, "/contacts?language=urd&sort=language&page=3", "خيمه <b>") == 303
    page = visitor.get("/contacts").text
    address = re.search(r'href="(/contacts\?[^"]+)">خيمه &lt;b&gt;</a>', page)
    assert address is not None
    assert unescape(address[1]) == "/contacts?language=urd&sort=language&direction=asc"
    assert 'aria-current="true">خيمه' in visitor.get(unescape(address[1])).text
    views = visitor.get("/views").text
    removal = re.search(r'خيمه.*?action="(/views/[^"]+/remove)"', views, re.DOTALL)
    assert removal is not None
    assert visitor.post(removal[1]).status_code == 303
    assert "خيمه" not in visitor.get("/views").text
    assert visitor.post(removal[1]).status_code == 404


def test_each_stage_of_the_register_keeps_its_own_order(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor = visit(Role.PROTECTION_REVIEWER)
    assert keep(visitor, "/grievances?stage=closed&priority=P1", "Closed and urgent") == 303
    page = visitor.get("/views").text
    assert "/grievances?stage=closed&amp;priority=P1" in page


def test_a_view_holds_nothing_that_the_list_does_not_offer(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    visitor = visit(Role.COMMUNITY_STAFF)
    for wrong in (
        "list=staff.contacts&query=language%3DZarghuna",
        "list=staff.me&query=a%3Db",
        "list=nothing&query=",
        "list=staff.contacts&query=" + "x" * 501,
    ):
        assert visitor.post(f"/views/keep?{wrong}", name="A name").status_code == 404
    visitor.post("/views/keep?list=staff.contacts&query=q%3DZarghuna%26careful%3D1", name="Canary name")
    rows = world.operation.rows("SELECT query, name_sealed FROM saved_view WHERE list = 'staff.contacts'")
    assert (rows[-1][0],) == ("careful=1",)
    for query, name in rows:
        assert "Zarghuna" not in query
        assert b"Canary" not in bytes(name)


def test_a_view_without_a_name_is_not_kept_and_says_why(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor = visit(Role.COMMUNITY_STAFF)
    for name, sentence in (
        ("  ", "Please fill this in."),
        ("x" * 61, "This is too long: 60 characters fit."),
    ):
        answer = visitor.post("/views/keep?list=staff.rounds&query=sort%3Dname", name=name)
        assert answer.status_code == 422
        assert sentence in answer.text
    assert f'value="{"x" * 61}"' in answer.text, "what was typed is still there"


def test_views_are_ones_own(world: World, visit: Callable[[Role], Visitor]) -> None:
    del world
    mine, theirs = visit(Role.IM_OFFICER), visit(Role.PROTECTION_REVIEWER)
    keep(mine, "/rounds?sort=name", "By their names")
    assert "By their names" not in theirs.get("/views").text
    removal = re.search(r'action="(/views/[^"]+/remove)"', mine.get("/views").text)
    assert removal is not None
    assert theirs.post(removal[1]).status_code == 404
    assert "By their names" in mine.get("/views").text


def test_the_same_view_gets_its_new_name_and_there_is_an_end_to_views(
    world: World, visit: Callable[[Role], Visitor]
) -> None:
    del world
    visitor = visit(Role.SENSITIVE_FOCAL_POINT)
    address = "/views/keep?list=staff.contacts&query=language%3Dmya"
    visitor.post(address, name="Before")
    visitor.post(address, name="After")
    page = visitor.get("/views").text
    assert "Before" not in page
    assert "After" in page
    languages = ("eng", "urd", "pus", "prs", "arb", "som", "fra", "swa")
    orders = ("", "%26sort%3Dlanguage", "%26sort%3Dseen%26direction%3Dasc")
    for code in languages:
        for order in orders:
            query = f"language%3D{code}{order}"
            visitor.post(f"/views/keep?list=staff.contacts&query={query}", name=f"{code} {order}")
    assert visitor.get("/views").text.count("/remove") == 20
