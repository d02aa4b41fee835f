"""Gazetteers: whatever the columns are called, and each thing that is wrong told by row and column."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import gazetteer
from gateway.gazetteer import Fault, Unreadable, guess, read, table


def faults(text, roles=None, **more):
    source = table(text.encode(), **more)
    return list(read(source, roles or guess(source.header)).faults)


def places(text, roles=None, **more):
    source = table(text.encode(), **more)
    found = read(source, roles or guess(source.header))
    assert found.faults == ()
    return {place.code: place for place in found.places}


LONG = "P-Code,Admin Level,Name,Parent P-Code\nXA,1,North,XX\nXA01,2,Hill,XA\nXB,1,South,XX\n"
WIDE = (
    "ADM1_EN,ADM1_UR,ADM1_PCODE,ADM2_EN,ADM2_PCODE\n"
    "#adm1+name+i_en,#adm1+name+i_ur,#adm1+code,#adm2+name+i_en,#adm2+code\n"
    "North,شمال,XA,Hill,XA01\nNorth,شمال,XA,Lake,XA02\nSouth,جنوب,XB,,\n"
)


def test_a_long_file_is_read_with_levels_and_parents():
    found = places(LONG)
    assert {code: (place.level, place.parent, place.names) for code, place in found.items()} == {
        "XA": (1, None, {"eng": "North"}),
        "XB": (1, None, {"eng": "South"}),
        "XA01": (2, "XA", {"eng": "Hill"}),
    }


def test_a_wide_file_is_read_with_names_in_each_language_and_its_row_of_hashtags_is_passed_over():
    found = places(WIDE)
    assert found["XA"].names == {"eng": "North", "urd": "شمال"}
    assert found["XA02"].parent == "XA"
    assert found["XA02"].level == 2
    assert found["XB"].row == 5
    assert set(found) == {"XA", "XA01", "XA02", "XB"}


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        ("P-Code,Name (English),Name (Urdu),Parent", ("code", "name:eng", "name:urd", "parent")),
        ("code;parent_code;name_ur;level", ("code", "parent", "name:urd", "level")),
        ("admin1Name_en\tadmin1Pcode\tadmin1AltName", ("name@1:eng", "code@1", "")),
        ("#adm1+code,#adm1+name+i_en", ("code@1", "name@1:eng")),
        ("ADM2_MY,ADM2_PCODE,ADM1_EN", ("name@2:mya", "code@2", "")),
        ("Dari,Area code,Remark", ("name:prs", "code", "")),
        ("fid,geometry", ("", "")),
    ],
)
def test_columns_are_known_by_many_names(header, roles):
    assert guess(table(f"{header}\na,b,c\n".encode()).header[: len(roles)]) == roles


def test_columns_of_unknown_names_are_given_by_hand_and_a_file_without_header_too():
    found = places("a1,Peshawar,\na2,پشاور شہر,a1\n", ("code", "name:urd", "parent"), header=False)
    assert found["a2"].parent == "a1"
    assert found["a1"].level == 1
    assert found["a2"].level == 2
    assert found["a1"].row == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code,parent,name\na,,A\na,,B\n", Fault("duplicate", 3, "code", "a")),
        ("code,parent,name\na,,A\n\nb,z,B\n", Fault("orphan", 4, "parent", "z")),
        ("code,parent,name\na,a,A\n", Fault("own_parent", 2, "parent", "a")),
        ("code,parent,name\n,,A\nb,,B\n", Fault("no_code", 2, "code")),
        ("code,parent,name\na,,\n", Fault("no_name", 2, "name", "a")),
        ("code,level,name\na,one,A\nb,1,B\n", Fault("bad_level", 2, "level", "one")),
        ("code,parent,level,name\na,,2,A\nb,a,2,B\n", Fault("not_above", 3, "parent", "a")),
        ("adm1_code,adm1_name\nx,One\nx,Two\n", Fault("duplicate", 3, "adm1_code", "x")),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column(text, expected):
    assert faults(text) == [expected]


def test_a_circle_is_told_at_each_of_its_rows_and_once():
    found = faults("code,parent,name\na,c,A\nb,a,B\nc,b,C\nd,c,D\n")
    assert [(fault.code, fault.row, fault.cell) for fault in found] == [
        ("cycle", 2, "c"),
        ("cycle", 3, "a"),
        ("cycle", 4, "b"),
    ]


def test_places_of_the_highest_level_may_belong_to_a_country_that_the_file_leaves_out():
    assert places(LONG)["XA"].parent is None
    assert faults("code,level,parent,name\na,1,PK,A\nb,2,PX,B\n") == [Fault("orphan", 3, "parent", "PX")]


def test_cells_that_look_like_formulas_stay_text():
    cell = '=HYPERLINK(""x"")'
    found = places(f'code,name\n=1+1,"{cell}"\n+2,@cmd\n-3,-x\n')
    assert found["=1+1"].names == {"eng": '=HYPERLINK("x")'}
    assert set(found) == {"=1+1", "+2", "-3"}


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        ("code,name\na,Zürich\n".encode("latin-1"), "encoding", 2),
        ("code,name\na,پشاور\n".encode("utf-16"), "encoding", None),
        (b"PK\x03\x04\0\0", "binary", None),
        (b"", "empty", None),
        (b"code,name\n", "empty", None),
        (b'code,name\na,"open\n', "quotes", 2),
        (b"code,name\na," + b"x" * 301 + b"\n", "too_wide", 2),
    ],
)
def test_a_file_that_is_no_text_table_is_refused_with_a_clear_code(content, code, row):
    with pytest.raises(Unreadable) as told:
        table(content)
    assert (told.value.code, told.value.row) == (code, row)


def test_a_byte_order_mark_is_no_part_of_the_first_column():
    assert table("\ufeffcode,name\na,A\n".encode()).header == ("code", "name")


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (("name:eng", ""), "no_code"),
        (("code", ""), "no_name"),
        (("code", "code"), "twice"),
        (("code", "name:xxx"), "unknown_role"),
        (("code", "name@1:eng"), "mixed"),
        (("code@1", "name@2:eng"), "no_code_of_level"),
        (("code", "colour"), "unknown_role"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(roles, code):
    with pytest.raises(Unreadable) as told:
        read(table(b"x,y\na,b\n"), roles)
    assert told.value.code == code


@st.composite
def trees(draw):
    """Parents by place number: each place hangs below an earlier one, or below none."""
    size = draw(st.integers(1, 40))
    return [None if not at else draw(st.one_of(st.none(), st.integers(0, at - 1))) for at in range(size)]


def written(tree, order):
    rows = [f"c{at},{'' if tree[at] is None else f'c{tree[at]}'},Name {at}" for at in order]
    return "code,parent,name\n" + "\n".join(rows) + "\n"


def _depth(tree, at):
    return 1 if tree[at] is None else 1 + _depth(tree, tree[at])


@given(trees(), st.randoms(use_true_random=False))
def test_any_tree_in_any_order_is_read_with_parents_first(tree, dice):
    if max(_depth(tree, at) for at in range(len(tree))) > gazetteer.DEEPEST:
        return
    order = list(range(len(tree)))
    dice.shuffle(order)
    found = places(written(tree, order))
    met: set[str] = set()
    for place in found.values():
        at = int(place.code[1:])
        assert place.parent is None or place.parent in met
        assert place.parent == (None if tree[at] is None else f"c{tree[at]}")
        assert place.level == _depth(tree, at)
        met.add(place.code)
    assert len(met) == len(tree)


@given(trees(), st.integers(0, 1000), st.sampled_from(["cycle", "orphan", "duplicate"]))
def test_one_mistake_in_any_tree_is_found_where_it_stands(tree, which, mistake):
    at = which % len(tree)
    order = list(range(len(tree)))
    lines = written(tree, order).splitlines()
    if mistake == "duplicate":
        lines.append(f"c{at},,Again")
        expected = ("duplicate", len(lines))
    elif mistake == "orphan":
        lines[at + 1] = f"c{at},nowhere,Lost"
        expected = ("orphan", at + 2)
    else:
        lines[at + 1] = f"c{at},loop,Round"
        lines.append(f"loop,c{at},Round")
        expected = ("cycle", at + 2)
    assert expected in [(fault.code, fault.row) for fault in faults("\n".join(lines))]


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_a_table_or_a_refusal(content):
    try:
        source = table(content)
    except Unreadable:
        return
    roles = guess(source.header)
    assert len(roles) == len(source.header)
    if gazetteer.check_roles(roles) is None:
        assert read(source, roles).found >= 0


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_a_guess_is_a_mapping_or_lacks_something_and_never_names_a_thing_twice(header):
    assert gazetteer.check_roles(guess(header)) in {None, "no_code", "no_name"}


def test_a_hundred_thousand_rows_are_read_within_seconds():
    order = list(range(100_000))
    random.Random(1).shuffle(order)
    text = "code,parent,name\n" + "\n".join(f"C{at},{f'C{at // 10}' if at > 9 else ''},Name" for at in order)
    source = table(text.encode())
    assert read(source, guess(source.header)).levels == {1: 10, 2: 90, 3: 900, 4: 9000, 5: 90_000}
