"""The graph of a draft: every way a conversation may go, also of drafts that are not whole yet."""

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.editing import Add, Remove, Set, apply, outline
from flows.graph import Edge, Way, graph
from tests.unit.flows.test_editing import SMALL

WAYS = """\
spec: paigham.flow/2
flow: ways
title: Ways
languages: [eng]
steps:
  - ask: works
    type: select_one
    text: Works?
    options: [{code: "yes", label: "Yes", goto: bye}, {code: "no", label: "No"}]
    timeout: 4h
    timeout_goto: late
  - branch: fork
    routes: [{when: "${works} = 'no'", goto: pumps}]
    otherwise: late
  - repeat: pumps
    count: "2"
    steps:
      - group: one
        when: "${works} = 'no'"
        steps:
          - say: first
            text: A.
          - say: last
            text: B.
  - do: look
    action: ask_service
    service: balance
    otherwise: late
  - do: stop
    action: opt_out
    when: "${works} = 'no'"
  - split: chance
    routes: [{weight: 1, goto: late}, {weight: 2, goto: nowhere}]
  - say: late
    text: Late.
    when: "${works} = ''"
    goto: end
  - finish: bye
"""


def ways(source: str, start: str) -> set[tuple[str, Way, str]]:
    return {(edge.to, edge.way, edge.word) for edge in graph(outline(source)).edges if edge.start == start}


def test_every_way_out_of_a_step_is_there() -> None:
    assert ways(WAYS, "works") == {
        ("bye", Way.ANSWER, "yes"),
        ("late", Way.JUMP, ""),
        ("fork", Way.NEXT, ""),
    }
    assert ways(WAYS, "fork") == {("pumps", Way.ROUTE, "${works} = 'no'"), ("late", Way.JUMP, "")}
    assert ways(WAYS, "look") == {("late", Way.JUMP, ""), ("stop", Way.NEXT, "")}
    assert ways(WAYS, "stop") == {("end", Way.JUMP, ""), ("chance", Way.PASSED, "")}
    assert ways(WAYS, "chance") == {("late", Way.ROUTE, "1"), ("nowhere", Way.ROUTE, "2")}
    assert ways(WAYS, "late") == {("end", Way.JUMP, ""), ("bye", Way.PASSED, "")}
    assert ways(WAYS, "bye") == {("end", Way.JUMP, "")}


def test_groups_are_passed_over_and_repeats_begin_again() -> None:
    assert ways(WAYS, "pumps") == {("one", Way.NEXT, ""), ("look", Way.PASSED, "")}
    assert ways(WAYS, "one") == {("first", Way.NEXT, ""), ("look", Way.PASSED, "")}
    assert ways(WAYS, "last") == {("look", Way.NEXT, ""), ("pumps", Way.AGAIN, "")}


def test_a_jump_to_nowhere_is_seen() -> None:
    assert graph(outline(WAYS)).missing == {"nowhere"}


_edits = st.one_of(
    st.builds(Add, st.sampled_from(["say", "group", "repeat", "branch"]), st.sampled_from(["a", "b", "c"])),
    st.builds(Remove, st.sampled_from(["hello", "works", "a"])),
    st.builds(
        Set,
        st.sampled_from(["hello", "sorry"]),
        st.sampled_from([("goto",), ("when",), ("options",), ("routes",)]),
        st.sampled_from(["works", 5, [1], ["x"], {"goto": "a"}, None, True]),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_edits, max_size=4))
def test_every_draft_has_a_graph_and_every_step_a_way_out(made: list[Add | Remove | Set]) -> None:
    source = SMALL
    for edit in made:
        try:
            source = apply(source, edit)
        except ValueError:
            continue
    found = graph(outline(source))
    starts = {edge.start for edge in found.edges}
    assert starts == {line.name for line in found.nodes if line.kind != "branch"} | (
        starts & {line.name for line in found.nodes}
    )
    assert all(isinstance(edge, Edge) for edge in found.edges)
