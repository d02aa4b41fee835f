"""Expressions in a form's cells: with the flow's names, compiled, every reference to something that is there."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from difflib import get_close_matches

from flows.expressions import ExpressionInvalid, compile_expression, compile_filter
from flows.readers.xlsform import wording
from flows.readers.xlsform.entries import Outline
from flows.readers.xlsform.form import Cells, Form
from flows.readers.xlsform.report import State

_ALWAYS = frozenset({"name", "label"})  # columns of every list


class Formulas:
    """Reads expressions, and says of each that cannot be used where it stands and why."""

    def __init__(self, form: Form, outline: Outline) -> None:
        """Take the form and the names that its rows have."""
        self._form = form
        self._outline = outline
        self._also: set[str] = set()

    @property
    def names(self) -> Mapping[str, str]:
        """Written names -> steps' names."""
        return self._outline.names

    def also(self, name: str) -> None:
        """A name that a question brings with it: what is asked after “other”."""
        self._also.add(name)

    def cell(self, cells: Cells, kind: str, *, columns: AbstractSet[str] | None = None) -> str | None:
        """The expression in a cell; None where there is none, or it cannot be used."""
        written = cells.value(kind)
        return self.read(cells, kind, written, columns=columns) if written else None

    def read(
        self, cells: Cells, kind: str, written: str, *, columns: AbstractSet[str] | None = None
    ) -> str | None:
        """An expression that was written in a cell of this kind. `columns`: those of the list, for a choice filter."""
        text = wording.straight(written)
        known = self.refers(cells, kind, text)
        text = self._form.recoded(wording.renamed(text, self.names))
        try:
            found = compile_expression(text) if columns is None else compile_filter(text)
        except ExpressionInvalid as error:
            self._refuse(cells, kind, "bad_expression", f"In “{_cut(text)}”: {error}.".replace("..", "."))
            return None
        known &= columns is None or self._has_columns(cells, kind, found.columns - columns)
        return text if known else None

    def _has_columns(self, cells: Cells, kind: str, missing: AbstractSet[str]) -> bool:
        """Whether every bare name of a choice filter is a column of the list."""
        for name in sorted(missing - _ALWAYS):
            sentence = f"The list has no column “{name}”."
            instead = "Add it to the choices, or put it in quotation marks."
            self._refuse(cells, kind, "unknown_column", sentence, instead)
        return missing <= _ALWAYS

    def refers(self, cells: Cells, kind: str, text: str) -> bool:
        """Whether every `${name}` means one question that is there; says of each other what is wrong."""
        known = [self._known(cells, kind, name) for name in wording.references(text)]
        return all(known)

    def _known(self, cells: Cells, kind: str, name: str) -> bool:
        outline = self._outline
        if name in outline.repeated:
            rows = " and ".join(str(place.row) for place in outline.repeated[name])
            sentence = f"“${{{name}}}” may mean several questions: the name stands in rows {rows}."
            self._refuse(cells, kind, "ambiguous", sentence, "Give each of them a name of its own.")
            return False
        if name in outline.names or name in self._also or name in outline.fields:
            return True
        if name.partition(".")[0] in outline.names:  # an answer of another flow that a step calls
            return True
        if name in outline.gone:
            place = outline.gone[name]
            sentence = f"“${{{name}}}” is the question of row {place.row}, which is not taken into the flow."
            self._refuse(
                cells, kind, "left_out_reference", sentence, "Change this cell, or leave this row out too."
            )
            return False
        near = get_close_matches(name, [*outline.names, *self._also], n=1)
        instead = f"Do you mean “${{{near[0]}}}”?" if near else "Check the spelling."
        self._refuse(cells, kind, "unknown_reference", f"There is no question “{_cut(name)}”.", instead)
        return False

    def _refuse(self, cells: Cells, kind: str, code: str, sentence: str, instead: str = "") -> None:
        self._form.remark(cells, State.REFUSED, code, sentence, kind=kind, instead=instead)


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"  # noqa: PLR2004 - enough to find the place
