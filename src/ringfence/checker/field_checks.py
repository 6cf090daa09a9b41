"""Work the checks between fields out again, from the values that a result states: net + tax == total.

The text of a check is read here by a parser of its own; the decoder's parser and arithmetic are not used.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ..contracts import Result
from .kind import Fault

__all__ = ["faults_of_checks"]

_FLAG = "check: "
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\.?\d(?:[eE][+-]\d|[\w.])*)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<path>[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)?)|(?P<sign>[=!<>]=|[<>()+\-*/,]))"
)
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "==": operator.eq, "in": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_EQUAL = ("==", "in", "<=", ">=")
_HALF_A_CENT = Decimal("0.005")


@dataclass(frozen=True)
class _Node:
    """A part of a check: a constant ("value"), a "path", "sum" or "count" of a path, or a sign over its parts."""

    what: str
    of: Any
    parts: tuple[_Node, ...] = ()

    def leaves(self) -> Iterator[_Node]:
        """The parts that stand for something in the document."""
        if self.what in ("path", "sum", "count"):
            yield self
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class _Step:
    """One side of a comparison with the sign before it; several ``choices`` after ``in``."""

    sign: str
    choices: tuple[_Node, ...]


class _Parser:
    """Reads one check from left to right. Raises ValueError for what no check may contain."""

    def __init__(self, check: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while check[place:].strip():
            found = _TOKEN.match(check, place)
            if not found:
                raise ValueError(f"{check[place:]!r} is no part of a check")
            self._tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            place = found.end()
        self._tokens.append(("end", ""))

    def steps(self) -> list[_Step]:
        """The sides of the comparison, the first one with an empty sign."""
        steps = [_Step("", self._choices())]
        while self._tokens[0][1] in _SIGNS:
            steps.append(_Step(self._next(), self._choices()))
        if self._tokens[0][0] != "end" or len(steps) < 2:
            raise ValueError("it is no comparison")
        return steps

    def _next(self) -> str:
        return self._tokens.pop(0)[1]

    def _choices(self) -> tuple[_Node, ...]:
        """A sum, or a list of sums in brackets: what looks like a list is read as one, then as a sum if it is none."""
        kept = list(self._tokens)
        if self._next() == "(":
            choices = [self._sum()]
            while self._tokens[0][1] == "," and self._next():
                if self._tokens[0][1] != ")":
                    choices.append(self._sum())
            listed = any(text == "," for _, text in kept[: len(kept) - len(self._tokens)])
            if listed and self._next() == ")":
                return tuple(choices)
        self._tokens = kept
        return (self._sum(),)

    def _sum(self) -> _Node:
        node = self._product()
        while self._tokens[0][1] in ("+", "-"):
            node = _Node(self._next(), None, (node, self._product()))
        return node

    def _product(self) -> _Node:
        node = self._single()
        while self._tokens[0][1] in ("*", "/"):
            node = _Node(self._next(), None, (node, self._single()))
        return node

    def _single(self) -> _Node:
        kind, text = self._tokens.pop(0)
        if text == "-":
            return _Node("-", None, (self._single(),))
        if kind in ("number", "text"):
            value = ast.literal_eval(text)
            return _Node("value", value if isinstance(value, str) else Decimal(str(value)))
        if text == "(":
            node = self._sum()
        elif kind != "path":
            raise ValueError(f"{text!r} stands where a value must")
        elif self._tokens[0][1] == "(" and text in ("sum", "count"):
            self._next()
            node = _Node(text, self._path(self._next()))
        else:
            return _Node("path", self._path(text))
        if self._next() != ")":
            raise ValueError("a bracket is not closed")
        return node

    @staticmethod
    def _path(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split("."))


class _Case:
    """The stated values of one document, seen from a ``row`` of the list ``name``, if the check is one over rows."""

    def __init__(self, values: Mapping[str, Any], specs: Mapping[str, Any], name: str = "", row: int = 0) -> None:
        self._values, self._specs, self._name, self._row = values, specs, name, row

    def outcome(self, steps: list[_Step]) -> str:
        """What becomes of a check: holds, broken, or not-applicable because a value is null."""
        kept = [_Step(step.sign, tuple(c for c in step.choices if not self._says_nothing(step, c))) for step in steps]
        found = [(leaf, self._stated(leaf)) for step in kept for choice in step.choices for leaf in choice.leaves()]
        if not all(step.choices for step in kept) or any(self._is_open(leaf, stated) for leaf, stated in found):
            return "not-applicable"
        money = [
            one["currency"]
            for leaf, stated in found
            if self._kind(leaf.of) == "money"
            for one in (stated if leaf.what == "sum" else [stated])
        ]
        if len({currency for currency in money if currency}) > 1:
            return "broken"
        has_money = any(self._kind(leaf.of) == "money" for leaf, _ in found if leaf.what != "count")
        try:
            sides = [[self._worth(choice) for choice in step.choices] for step in kept]
            pairs = zip(kept[1:], sides, sides[1:], strict=False)
            holds = all(
                any(_true(step.sign, a, b, has_money) for a in left for b in right) for step, left, right in pairs
            )
        except (ArithmeticError, TypeError, ValueError):  # a date plus a million days is none
            return "broken"
        return "holds" if holds else "broken"

    def _says_nothing(self, step: _Step, choice: _Node) -> bool:
        """A choice after ``in`` that uses a null is no choice."""
        named = (leaf for leaf in choice.leaves() if leaf.what == "path")
        return step.sign == "in" and any(self._stated(leaf) is None for leaf in named)

    def _is_open(self, leaf: _Node, stated: Any) -> bool:
        return stated is None or (leaf.what == "sum" and (not stated or None in stated))

    def _stated(self, leaf: _Node) -> Any:
        """The value of a field, or those of all rows."""
        name, *inner = leaf.of
        whole = self._values.get(name)
        if not inner or whole is None:
            return whole
        if isinstance(whole, list):
            listed = [entry.get(inner[0]) for entry in whole]
            return listed[self._row] if leaf.what == "path" and name == self._name else listed
        return whole.get(inner[0])

    def _kind(self, path: tuple[str, ...]) -> str:
        spec = self._specs[path[0]]
        return str((spec["fields"][path[1]] if len(path) > 1 else spec)["kind"])

    def _worth(self, node: _Node) -> Any:
        if node.what == "value":
            return node.of
        if node.what == "path":
            return _comparable(self._stated(node), self._kind(node.of))
        if node.what == "count":
            return Decimal(len(self._stated(node)))
        if node.what == "sum":
            return sum((_comparable(one, self._kind(node.of)) for one in self._stated(node)), Decimal(0))
        worth = [self._worth(part) for part in node.parts]
        return _combined(node.what, *worth) if len(worth) == 2 else -worth[0]


def _comparable(value: Any, kind: str) -> Any:
    if kind in ("money", "number", "percent"):
        return Decimal(value["amount"] if kind == "money" else value)
    return date.fromisoformat(value) if kind == "date" else value


def _combined(sign: str, left: Any, right: Any) -> Any:
    """Two sides of a sum or product. Days between two dates are a number, a date and a number of days a date."""
    if not isinstance(left, date) and not isinstance(right, date):
        return _SIGNS[sign](left, right)
    if isinstance(right, Decimal):
        return left + timedelta(days=int(right) if sign == "+" else -int(right))
    if isinstance(left, Decimal):
        return _day(right) + timedelta(days=int(left))
    return Decimal((_day(left) - _day(right)).days)


def _day(side: Any) -> Any:
    """The date that a check states as text; anything else as it is."""
    return date.fromisoformat(side) if isinstance(side, str) else side


def _true(sign: str, left: Any, right: Any, has_money: bool) -> bool:
    if isinstance(left, date) or isinstance(right, date):
        left, right = _day(left), _day(right)
    if isinstance(left, Decimal) and isinstance(right, Decimal) and (has_money or sign in ("==", "!=", "in")):
        apart = abs(left - right)  # amounts are rounded to cents
        if apart < _HALF_A_CENT or (has_money and apart == _HALF_A_CENT):
            return sign in _EQUAL
    return bool(_SIGNS[sign](left, right))


def faults_of_checks(result: Result, task: Mapping[str, Any]) -> Iterator[Fault]:
    """Outcomes of the task's checks that are not those of the values, and flags of broken checks that lack or lie."""
    flagged = {
        (path, flag.removeprefix(_FLAG))
        for path, answer in (result.fields or {}).items()
        for flag in answer.flags
        if flag.startswith(_FLAG)
    }
    expected = set()
    for check in task.get("checks", ()):
        try:
            steps = _Parser(check).steps()
        except (ValueError, SyntaxError, ArithmeticError, RecursionError):
            yield None, f"its check {check} cannot be read"
            continue
        outcome, touched = _worked_out(steps, result.values or {}, task["fields"])
        if (stated := (result.checks or {}).get(check)) != outcome:
            yield None, f"the check {check} is {outcome}, but the result says {stated}"
        expected |= {(path, check) for path in touched if path in (result.fields or {})}
    for path, check in sorted(expected ^ flagged):
        lacks = (path, check) in expected
        yield (
            path,
            f"it breaks the check {check}, and no flag says so" if lacks else f"its flag says that it breaks {check}",
        )


def _worked_out(steps: list[_Step], values: Mapping[str, Any], specs: Mapping[str, Any]) -> tuple[str, set[str]]:
    """The outcome of a check, and the paths of the values that break it."""
    leaves = [leaf for step in steps for choice in step.choices for leaf in choice.leaves()]
    by_row = [leaf.of for leaf in leaves if leaf.what == "path" and specs[leaf.of[0]]["kind"] == "list"]
    if not by_row:
        outcome = _Case(values, specs).outcome(steps)
        return outcome, {".".join(leaf.of) for leaf in leaves} if outcome == "broken" else set()
    name = by_row[0][0]
    outcomes = [_Case(values, specs, name, row).outcome(steps) for row in range(len(values[name]))]
    broken = [row for row, outcome in enumerate(outcomes) if outcome == "broken"]
    found = {f"{name}[{row}].{leaf.of[1]}" for row in broken for leaf in leaves if leaf.of[0] == name and leaf.of[1:]}
    if broken:
        found |= {".".join(leaf.of) for leaf in leaves if leaf.of[0] != name}
    return next((word for word in ("broken", "holds") if word in outcomes), "not-applicable"), found
