"""Documents of an older spec are read, and rewritten with every comment in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows
from flows.definition import SPEC
from flows.readers.migrations import migrate, spec_of

OLD = """# Who wrote this, and why.
flow: tried   # stays
spec:   "paigham.flow/1"  # the old one
title: >-
  Folded
  title
languages: [eng]
steps:
  # The only step; paigham.flow/1 is named here too.
  - {say: a, text: "A"}
"""


def test_only_the_spec_is_rewritten_and_every_comment_stays():
    new = migrate(OLD)
    assert new == OLD.replace('"paigham.flow/1"', '"paigham.flow/2"')
    assert flows.load(new) == flows.load(OLD)
    assert flows.load(OLD).spec == SPEC


def test_what_is_rewritten_already_stays():
    assert migrate(migrate(OLD)) == migrate(OLD)
    assert spec_of(migrate(OLD)) == SPEC


@pytest.mark.parametrize("text", ["spec: paigham.flow/9", "[]", "", "spec: [1]", "a: &b c", "flow: x"])
def test_what_is_no_flow_of_ours_is_refused(text):
    with pytest.raises(flows.FlowInvalid):
        migrate(text)


@given(st.text(max_size=200))
def test_whatever_is_given_is_rewritten_or_refused(text):
    try:
        found = migrate(text)
    except flows.FlowInvalid:
        return
    assert spec_of(found) == SPEC
