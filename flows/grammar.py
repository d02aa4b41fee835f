"""Reads an expression and compiles it as it reads: XPath 1.0 as XLSForm uses it, by ranks of operators.

A value is expected or an operator is, never both: that decides what `and`, `-` or a name means. What is no expression
is refused where it stands, with a sentence for the author.
"""

from __future__ import annotations

import re
from collections import Counter

from flows.functions import FUNCTIONS, NODES, REFUSED
from flows.functions.choices import list_name, named_question
from flows.functions.parts import BadArgument, Call, Part, Run, single
from flows.instances import Path, nodes_of
from flows.operators import RANKS, answer, combine, constant, negative, variable
from flows.refusals import NO_PATH, mistake_in, why_refused
from flows.scope import Row, Scope

MAX_LENGTH = 8_000  # characters; forms in the field hold some of 2,000
MAX_DEPTH = 50  # brackets inside brackets
MAX_SCANS = 4  # instance() with a condition that needs to look at every row

_SPACE = re.compile(r"\s*")
_VALUE = re.compile(
    r"""\$\{\s*(?P<variable>[^\W\d][\w.-]*)\s*\}
      | (?P<string>'[^']*'|"[^"]*")
      | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
      | (?P<function>[^\W\d][\w-]*(?::[\w-]+)?)\s*\(
      | (?P<parents>\.\.(?:/\.\.)*)(?![.\w/])
      | (?P<answer>\.)(?![.\w/])
      | (?P<column>[^\W\d][\w-]*)(?![\w.:/-])
    """,
    re.VERBOSE,
)
_OPERATOR = re.compile(r"(?:and|or|div|mod)(?![\w-])|<=|>=|!=|=|<|>|[-+*]")
_ROWS = re.compile(r"\s*/\s*root\s*/\s*item(?![\w.-])")
_CELL = re.compile(r"\s*/\s*([^\W\d][\w.-]*)")


class ExpressionInvalid(ValueError):
    """An expression that cannot be used.

    Attributes:
        position: where, in characters from 0.
        sentence: what is wrong, for the author.
    """

    def __init__(self, position: int, sentence: str) -> None:
        """Keep both."""
        super().__init__(f"{sentence} (character {position + 1})")
        self.position = position
        self.sentence = sentence


class Grammar:
    """One expression while it is read.

    Attributes:
        names, lists, columns: what it was found to read.
        single: how often each name stands where one value is needed.
    """

    def __init__(self, text: str, *, columns: bool = False) -> None:
        """Take the text; `columns`: a bare name is a column of an option."""
        self.text = text
        self.names: set[str] = set()
        self.single: Counter[str] = Counter()
        self.lists: set[str] = set()
        self.columns: set[str] = set()
        self._position = 0
        self._depth = 0
        self._rows = columns
        self._reads = 0  # of columns, so far
        self._scans = 0

    def parse(self) -> Part:
        """The compiled expression.

        Raises:
            ExpressionInvalid: with the position and a sentence.
        """
        if len(self.text) > MAX_LENGTH:
            raise ExpressionInvalid(MAX_LENGTH, f"An expression may have {MAX_LENGTH} characters at most.")
        self._skip()
        if self._position == len(self.text):
            raise ExpressionInvalid(0, "The expression is empty.")
        try:
            part = self._chain(1)
        except RecursionError as error:
            raise ExpressionInvalid(self._position, "There are too many brackets.") from error
        if self._position < len(self.text):
            raise self._unexpected()
        return self._usable(part, 0)

    # Operators.

    def _chain(self, lowest: int) -> Part:
        """Values with operators of this rank or a higher one between them."""
        began, at = self._reads, self._position
        left = self._operand()
        while (symbol := self._operator()) and RANKS[symbol] >= lowest:
            rank, left = RANKS[symbol], self._usable(left, at)
            middle = self._reads
            steps = [self._step(rank)]
            while (symbol := self._operator()) and RANKS[symbol] == rank:
                steps.append(self._step(rank))
            left = self._combined(left, steps, (middle > began, self._reads > middle))
        return left

    def _step(self, rank: int) -> tuple[str, Part]:
        """An operator and what follows it."""
        symbol = self._operator()
        if self.text.startswith("==", self._position):
            raise ExpressionInvalid(self._position, "Write “=” once.")
        self._position += len(symbol)
        self._skip()
        at = self._position
        return symbol, self._usable(self._chain(rank + 1), at)

    def _combined(self, left: Part, steps: list[tuple[str, Part]], reads: tuple[bool, bool]) -> Part:
        """The chain; a single `column = value` is marked, so that it can be looked up."""
        part = combine(left, steps)
        (symbol, right), *more = steps
        if more or symbol != "=":
            return part
        if left.column and not reads[1]:
            return Part(part.run, part.nodes, match=(left.column, right))
        if right.column and not reads[0]:
            return Part(part.run, part.nodes, match=(right.column, left))
        return part

    def _operator(self) -> str:
        match = _OPERATOR.match(self.text, self._position)
        return match.group() if match else ""

    # Values.

    def _operand(self) -> Part:
        """A value with the signs before it."""
        signs = 0
        while self.text.startswith("-", self._position):
            signs += 1
            self._position += 1
            self._skip()
        part = self._value()
        self._skip()
        self._refuse_path(part)
        if not signs:
            return part
        return negative(part) if signs % 2 else negative(negative(part))

    def _value(self) -> Part:
        if self.text.startswith("(", self._position):
            return self._bracket()
        match = _VALUE.match(self.text, self._position)
        if match is None:
            raise self._no_value()
        at, self._position = self._position, match.end()
        kind, word = str(match.lastgroup), match.group(match.lastgroup or 0)
        if kind == "function":
            return self._call(word, at)
        if kind == "variable":
            self.names.add(word)
            self.single[word] += 1
            return variable(word)
        if kind == "column":
            return self._column(word, at)
        return _plain(kind, word)

    def _bracket(self) -> Part:
        at = self._position
        self._enter()
        part = self._usable(self._chain(1), at)
        self._close()
        return part

    def _column(self, name: str, at: int) -> Part:
        if not self._rows:
            if name in RANKS:
                raise ExpressionInvalid(at, f"“{name}” needs a value before it.")
            raise ExpressionInvalid(
                at,
                f"“{name}” is neither a function nor in quotation marks; an answer is written ${{{name}}}.",
            )
        self.columns.add(name)
        self._reads += 1
        run = _column_reader(name)
        return Part(run, run, column=name)

    def _call(self, name: str, at: int) -> Part:
        """A function with its arguments; the opening bracket is read."""
        function = FUNCTIONS.get(name)
        if function is None and name != "instance":
            raise ExpressionInvalid(at, REFUSED.get(name, f"There is no function “{name}”."))
        arguments, places = self._arguments()
        call = Call(tuple(arguments), at)
        fewest, most = (1, 1) if function is None else (function.fewest, function.most)
        if not fewest <= len(arguments) <= most:
            raise ExpressionInvalid(
                at, f"{_counted(name, fewest, most)}: this is the wrong number of arguments."
            )
        try:
            self._note(name, call)
            return self._instance(call) if function is None else function.build(call)
        except BadArgument as error:
            where = at if error.index is None else places[error.index]
            raise ExpressionInvalid(where, error.sentence) from error

    def _arguments(self) -> tuple[list[Part], list[int]]:
        """The arguments and where each begins."""
        self._position -= 1
        self._enter()
        arguments: list[Part] = []
        places: list[int] = []
        while not (not arguments and self.text.startswith(")", self._position)):
            places.append(self._position)
            arguments.append(self._chain(1))
            if not self.text.startswith(",", self._position):
                break
            self._position += 1
            self._skip()
        self._close()
        return arguments, places

    def _note(self, name: str, call: Call) -> None:
        """Remember what the call reads, and refuse `..` where it has no value."""
        if name == "jr:choice-name":
            self.names.add(named_question(call))
        elif name in {"pulldata", "instance"}:
            self.lists.add(list_name(call))
        several = NODES.get(name, ())
        self.single.subtract(
            item.name for place, item in enumerate(call.arguments) if item.name and place in several
        )
        if name != "position":
            for index, argument in enumerate(call.arguments):
                if argument.parents:
                    raise BadArgument(index, "“..” has a meaning in position(..) only.")

    # Lists of options.

    def _instance(self, call: Call) -> Part:
        """`instance('list')/root/item[condition]/column`."""
        rows = _ROWS.match(self.text, self._position)
        if rows is None:
            raise BadArgument(
                None, "Write instance('list')/root/item[column = ${name}]/label, or pulldata(…)."
            )
        at, self._position = self._position, rows.end()
        self._skip()
        conditions = []
        while self.text.startswith("[", self._position):
            conditions.append(self._condition())
        if not conditions or conditions[0].match is None:
            self._count_scan(at)
        cell = _CELL.match(self.text, self._position)
        if cell:
            self._position = cell.end()
        return nodes_of(
            Path(list_name(call), tuple(conditions), cell[1] if cell else "name", nested=self._rows)
        )

    def _condition(self) -> Part:
        """`[…]` after `item`: a bare name is a column there."""
        at, outer, read = self._position, self._rows, self._reads
        self._enter()
        self._rows = True
        part = self._usable(self._chain(1), at + 1)
        self._rows = outer
        self._close("]")
        if not outer:
            self._reads = read  # the columns were those of this list
        return part

    def _count_scan(self, at: int) -> None:
        """A path that looks at every row: not for every row of another list, and not too often."""
        self._scans += 1
        if self._rows or self._scans > MAX_SCANS:
            raise ExpressionInvalid(at, "Look rows up by an equality here: item[column = ${name}].")

    # Brackets and refusals.

    def _enter(self) -> None:
        self._position += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionInvalid(self._position - 1, "There are too many brackets inside brackets.")
        self._skip()

    def _close(self, bracket: str = ")") -> None:
        if self._position >= len(self.text):
            raise ExpressionInvalid(len(self.text) - 1, "A bracket is not closed.")
        if not self.text.startswith(bracket, self._position):
            raise self._unexpected()
        self._depth -= 1
        self._position += 1
        self._skip()

    def _skip(self) -> None:
        self._position = _end_of_space(self.text, self._position)

    def _usable(self, part: Part, at: int) -> Part:
        if part.parents:
            raise ExpressionInvalid(at, NO_PATH)
        return part

    def _refuse_path(self, part: Part) -> None:
        """`${x}/y` and `${x}[1]`: what ODK would walk to."""
        if not self.text.startswith(("/", "["), self._position):
            return
        if part.name:
            raise ExpressionInvalid(
                self._position,
                "Paths are not possible here: write ${name} for the question itself,"
                f" or indexed-repeat(${{question}}, ${{{part.name}}}, number) for one repetition.",
            )
        raise ExpressionInvalid(self._position, NO_PATH)

    def _unexpected(self) -> ExpressionInvalid:
        """What stands where an operator should: the error for it."""
        at, rest = self._position, self.text[self._position :]
        if rest[0] in ")]":
            return ExpressionInvalid(at, "Brackets do not match.")
        if rest[0] in ",(" or _VALUE.match(self.text, at):
            return ExpressionInvalid(at, f"An operator is missing before “{_word(rest)}”.")
        return ExpressionInvalid(at, why_refused(rest))

    def _no_value(self) -> ExpressionInvalid:
        """What stands where a value should: the error for it."""
        at, rest = self._position, self.text[self._position :]
        if not rest:
            return ExpressionInvalid(
                len(self.text) - 1, "The expression is not complete: a value is missing at its end."
            )
        if rest[0] in ")],":
            return ExpressionInvalid(at, f"A value is missing before “{rest[0]}”, or brackets do not match.")
        symbol = self._operator()
        mistake = mistake_in(rest)
        if symbol and not mistake:
            return ExpressionInvalid(at, f"“{symbol}” needs a value before it.")
        return ExpressionInvalid(at, mistake or why_refused(rest))


def _plain(kind: str, word: str) -> Part:
    """A value that reads nothing but the answer."""
    if kind == "string":
        return constant(word[1:-1])
    if kind == "number":
        return constant(float(word))
    if kind == "answer":
        return answer()
    empty = single(lambda _: "")
    return Part(empty.run, empty.nodes, parents=word.count(".."))


def _column_reader(name: str) -> Run:
    def read(scope: Scope) -> str:
        row: Row | None = scope.row
        return "" if row is None else row.column(name)

    return read


def _end_of_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _counted(name: str, fewest: int, most: int) -> str:
    """How many arguments a function takes, as the begin of a sentence."""
    if fewest == most:
        return f"“{name}” takes {fewest or 'no'} value{'' if fewest == 1 else 's'}"
    return f"“{name}” takes {fewest} to {most} values"


def _word(rest: str) -> str:
    match = _VALUE.match(rest)
    return match.group() if match else rest[0]
