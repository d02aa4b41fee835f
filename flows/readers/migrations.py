"""From older specs to the present one, in the text itself: comments, order and spaces stay as they were typed.

A document of an older spec is read as it is; rewriting it is for those who go on editing it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from flows.definition import READABLE, SPEC
from flows.findings import Finding, FlowInvalid, Severity
from flows.readers.tree import Map, Scalar, parse


def spec_of(text: str) -> str:
    """The spec that a document names.

    Raises:
        FlowInvalid: it is no YAML, or names none that this version reads.
    """
    tree = parse(text)
    spec = tree.items.get("spec") if isinstance(tree, Map) else None
    found = spec.text.strip() if isinstance(spec, Scalar) else ""
    if found not in READABLE:
        sentence = f"This version reads {' and '.join(READABLE)} only."
        raise FlowInvalid([Finding(Severity.ERROR, None, None, "unknown_spec", sentence, tree.line)])
    return found


def migrate(text: str) -> str:
    """The document in the present spec; one that has it already comes back as it is.

    Raises:
        FlowInvalid: see `spec_of`.
    """
    found = spec_of(text)
    while found != SPEC:
        following = READABLE[READABLE.index(found) + 1]
        text = _STEPS[found](text)
        found = following
    return text


def _from_1(text: str) -> str:
    """Spec 2 added keys and changed none, so that the spec's own line is all there is to rewrite."""
    for found in re.finditer(re.escape(READABLE[0]), text):
        # The name may stand in a comment or a text too: the one that changes the spec is the right one.
        candidate = f"{text[: found.start()]}{READABLE[1]}{text[found.end() :]}"
        if spec_of(candidate) == READABLE[1]:
            return candidate
    sentence = "The document cannot be rewritten; change its “spec” by hand."
    raise FlowInvalid([Finding(Severity.ERROR, None, None, "unknown_spec", sentence)])


# A spec, and the change of the text that leads to the next one.
_STEPS: Mapping[str, Callable[[str], str]] = {READABLE[0]: _from_1}
