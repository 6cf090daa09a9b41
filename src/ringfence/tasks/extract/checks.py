"""Checks between fields: sums and comparisons in one line of text, evaluated in decimal arithmetic."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

__all__ = [
    "CheckSyntaxError",
    "Outcome",
    "Row",
    "broken_rows",
    "evaluate",
    "parse_check",
    "paths_of",
    "places_of_check",
    "rows_of",
    "run_check",
]

Outcome = Literal["holds", "broken", "not-applicable"]
Row = tuple[str, int]
"""A row of a list: the name of the list, and its number from 0."""
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_COMPARABLE = ("number", "money", "percent", "date", "text", "code", "choice", "email", "iban", "phone", "boolean")
_CENT = Decimal("0.005")


class CheckSyntaxError(ValueError):
    """The text is not a valid check."""


def parse_check(check: str, kinds: Mapping[str, str]) -> ast.Compare:
    """Parse ``check`` into a comparison; ``kinds`` holds the kind of each field by path. Raises CheckSyntaxError.

    ``seller.vat_id`` is a field of a record, ``lines.amount`` a field of each row of a list (the check is then
    evaluated row by row); ``sum(lines.amount)`` and ``count(lines)`` apply to a whole list. ``a in (b, c)`` holds if
    ``a`` equals ``b`` or ``c``.
    """
    try:
        tree = ast.parse(check, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CheckSyntaxError("is not a comparison such as net + tax == total") from None
    if not isinstance(tree, ast.Compare):
        raise CheckSyntaxError("compares nothing; write one of == != < <= > >=")
    if sum(isinstance(node, ast.Compare) for node in ast.walk(tree)) > 1:
        raise CheckSyntaxError("has a comparison inside a comparison")
    for side in (tree.left, *tree.comparators):
        for operand in side.elts if isinstance(side, ast.Tuple) else [side]:
            _check_operand(operand, kinds)
    if any(type(op) not in (*_COMPARISONS, ast.In) for op in tree.ops):
        raise CheckSyntaxError("may compare only with == != < <= > >= and in (...)")
    _check_dates(tree, kinds)
    pairs = zip(tree.ops, tree.comparators, strict=True)
    if any(isinstance(op, ast.In) != isinstance(side, ast.Tuple) for op, side in pairs):
        raise CheckSyntaxError("needs a list of values after in, and nowhere else: sum(lines.amount) in (net, total)")
    if len({path.split(".")[0] for path in _row_paths(tree, kinds)}) > 1:
        raise CheckSyntaxError("names fields of two lists; use sum() for one of them")
    return tree


def _check_dates(tree: ast.Compare, kinds: Mapping[str, str]) -> None:
    """Refuse a text beside a date that is no date: it would be broken, or hold, in every document."""
    sides = [
        one for side in (tree.left, *tree.comparators) for one in (side.elts if isinstance(side, ast.Tuple) else [side])
    ]
    if not any(kinds.get(_path_of(side) or "") == "date" for side in sides):
        return
    for side in sides:
        if isinstance(side, ast.Constant):
            try:
                if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(side.value)):
                    raise ValueError
                date.fromisoformat(str(side.value))
            except ValueError:
                raise CheckSyntaxError(f"compares a date with {side.value!r}; write it as '2024-03-31'") from None


def _check_operand(node: ast.expr, kinds: Mapping[str, str]) -> None:
    match node:
        case ast.Name() | ast.Attribute():
            path = _path_of(node)
            if path is None or path not in kinds:
                raise CheckSyntaxError(f"names {path or 'something'}, which is not a field")
            if kinds[path] not in _COMPARABLE:
                raise CheckSyntaxError(f"uses {path}, but a {kinds[path]} cannot be compared")
        case ast.Constant(value=value):
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise CheckSyntaxError(f"contains {value!r}, which is neither a number nor a text")
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) not in _ARITHMETIC:
                raise CheckSyntaxError("may calculate only with + - * /")
            _check_operand(left, kinds)
            _check_operand(right, kinds)
        case ast.UnaryOp(op=op, operand=operand):
            if not isinstance(op, ast.USub):
                raise CheckSyntaxError("may use only the sign -")
            _check_operand(operand, kinds)
        case ast.Call(func=ast.Name(id="sum" | "count" as name), args=[argument], keywords=[]):
            path = _path_of(argument)
            listed = path is not None and kinds.get(path.split(".")[0]) == "list"
            if name == "count" and not (listed and kinds.get(path or "") == "list"):
                raise CheckSyntaxError("may count only a list: count(lines)")
            if name == "sum" and not (listed and kinds.get(path or "") in ("number", "money")):
                raise CheckSyntaxError("may sum only a number or money field of a list: sum(lines.amount)")
        case _:
            raise CheckSyntaxError("may contain only fields, numbers, texts, + - * /, sum() and count()")


def _path_of(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return f"{name}.{attribute}"
    return None


def _paths(node: ast.AST, inside_calls: bool) -> Iterator[str]:
    """The paths in a check, either those inside calls or those outside."""
    if isinstance(node, ast.Call):
        if inside_calls and (path := _path_of(node.args[0])):
            yield path
        return
    if path := _path_of(node):
        if not inside_calls:
            yield path
        return
    for child in ast.iter_child_nodes(node):
        yield from _paths(child, inside_calls)


def _row_paths(tree: ast.AST, kinds: Mapping[str, str]) -> list[str]:
    """The paths that refer to single rows of a list."""
    return [path for path in _paths(tree, False) if "." in path and kinds.get(path.split(".")[0]) == "list"]


def paths_of(check: str) -> list[str]:
    """The paths of all fields in a check."""
    tree = ast.parse(check, mode="eval")
    return sorted({*_paths(tree, False), *_paths(tree, True)})


def run_check(check: str, values: Mapping[str, Any], kinds: Mapping[str, str]) -> Outcome:
    """Evaluate ``check`` on the typed ``values`` of one document; a null makes it not applicable.

    A check over the rows of a list holds if it holds in every row where it is applicable. Amounts are equal if they
    differ by at most half a cent; so are plain numbers, but not where they are compared by < or >. A date less another
    is a number of days. Money in different known currencies breaks the check.
    """
    tree = parse_check(check, kinds)
    outcomes = [evaluate(tree, values, kinds, row) for row in rows_of(tree, values, kinds)]
    return "broken" if "broken" in outcomes else "holds" if "holds" in outcomes else "not-applicable"


def rows_of(tree: ast.Compare, values: Mapping[str, Any], kinds: Mapping[str, str]) -> list[Row | None]:
    """The rows in which a check is evaluated one by one; a single None if it is evaluated once."""
    rows = _row_paths(tree, kinds)
    if not rows:
        return [None]
    name = rows[0].split(".")[0]
    return [(name, number) for number in range(len(values.get(name) or []))]


def places_of_check(tree: ast.Compare, values: Mapping[str, Any], row: Row | None) -> set[str]:
    """The paths of the values in a check that is evaluated in ``row``: ``net``, ``lines[0].amount``."""
    found = set()
    for path in _paths(tree, False):
        name, _, inner = path.partition(".")
        found.add(f"{name}[{row[1]}].{inner}" if row and row[0] == name else path)
    for path in _paths(tree, True):
        name, _, inner = path.partition(".")
        found.update(f"{name}[{number}].{inner}" for number in range(len(values.get(name) or [])) if inner)
    return found


def broken_rows(check: str, values: Mapping[str, Any], kinds: Mapping[str, str]) -> tuple[str, list[int]]:
    """The list that a check refers to row by row (empty if none), and its broken rows, counted from 0."""
    tree = parse_check(check, kinds)
    rows = [row for row in rows_of(tree, values, kinds) if row]
    broken = [row for row in rows if evaluate(tree, values, kinds, row) == "broken"]
    return rows[0][0] if rows else "", [number for _, number in broken]


def evaluate(tree: ast.Compare, values: Mapping[str, Any], kinds: Mapping[str, str], row: Row | None) -> Outcome:
    """Evaluate a check that ``parse_check`` read in one row, or once if ``row`` is None."""
    named = {path: _look_up(path, values, row) for path in _paths(tree, False)}
    listed = {path: _look_up(path, values, None) for path in _paths(tree, True)}
    tree = _without_nulls(tree, {path for path, value in named.items() if value is None})
    needed = {*_paths(tree, False), *_paths(tree, True)}
    named = {path: value for path, value in named.items() if path in needed}
    if any(value is None for value in [*named.values(), *listed.values()]) or _offers_nothing(tree):
        return "not-applicable"
    every = list(named.items())
    for path, found in listed.items():
        if kinds[path] != "list":
            if not found or any(value is None for value in found):
                return "not-applicable"
            every += [(path, value) for value in found]
    if len({value["currency"] for path, value in every if kinds[path] == "money"} - {None}) > 1:
        return "broken"
    money = any(kinds[path] == "money" for path in needed)
    operands: dict[str, Any] = {path: _operand(value, kinds[path]) for path, value in named.items()}
    for path, found in listed.items():
        if kinds[path] == "list":
            operands[f"count({path})"] = Decimal(len(found))
        else:
            operands[f"sum({path})"] = sum((_operand(value, kinds[path]) for value in found), Decimal(0))
    try:
        sides = [_side(side, operands) for side in (tree.left, *tree.comparators)]
        holds = all(
            any(_compare(op, left, right, money) for left in lefts for right in rights)
            for op, lefts, rights in zip(tree.ops, sides, sides[1:], strict=False)
        )
    except (TypeError, ValueError, ArithmeticError):  # a date plus a million days is none
        return "broken"
    return "holds" if holds else "broken"


def _without_nulls(tree: ast.Compare, nulls: set[str]) -> ast.Compare:
    """The check without the choices after ``in`` that use a null: they say nothing."""
    comparators = [
        ast.Tuple([each for each in side.elts if nulls.isdisjoint(_paths(each, False))], ast.Load())
        if isinstance(side, ast.Tuple)
        else side
        for side in tree.comparators
    ]
    return ast.Compare(tree.left, tree.ops, comparators)


def _offers_nothing(tree: ast.Compare) -> bool:
    return any(isinstance(side, ast.Tuple) and not side.elts for side in tree.comparators)


def _side(side: ast.expr, operands: Mapping[str, Any]) -> list[Any]:
    """The values of one side of a comparison: several after ``in``."""
    return [_evaluate(each, operands) for each in (side.elts if isinstance(side, ast.Tuple) else [side])]


def _look_up(path: str, values: Mapping[str, Any], row: Row | None) -> Any:
    """The value at a path; for a list field the value in ``row`` if that is of its list, else those of all rows."""
    name, _, inner = path.partition(".")
    if not inner:
        return values.get(name)
    if row and row[0] == name:
        return values[name][row[1]].get(inner)
    found = values.get(name)
    if isinstance(found, list):
        return [entry.get(inner) for entry in found]
    return found.get(inner) if found else None


def _operand(value: Any, kind: str) -> Any:
    if kind == "money":
        return Decimal(value["amount"])
    if kind in ("number", "percent"):
        return Decimal(value)
    return date.fromisoformat(value) if kind == "date" else value


def _compare(op: ast.cmpop, left: Any, right: Any, money: bool) -> bool:
    if isinstance(left, date) != isinstance(right, date):
        left, right = _as_day(left), _as_day(right)
    tells_apart = isinstance(op, ast.Lt | ast.Gt | ast.LtE | ast.GtE) and not money  # a price of 0.0035 is over 0
    both = isinstance(left, Decimal) and isinstance(right, Decimal)
    apart = abs(left - right) if both else _CENT
    if both and not tells_apart and (apart < _CENT or (money and apart == _CENT)):
        return isinstance(op, ast.Eq | ast.LtE | ast.GtE | ast.In)
    return _COMPARISONS[ast.Eq if isinstance(op, ast.In) else type(op)](left, right)


def _evaluate(node: ast.expr, operands: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name() | ast.Attribute():
            return operands[_path_of(node) or ""]
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return operands[f"{name}({_path_of(argument)})"]
        case ast.Constant(value=str() as text):
            return text
        case ast.Constant(value=value):
            return Decimal(str(value))
        case ast.UnaryOp(operand=operand):
            return -_evaluate(operand, operands)
        case ast.BinOp(left=left, op=op, right=right):
            return _calculate(type(op), _evaluate(left, operands), _evaluate(right, operands))
    raise TypeError("unreachable: parse_check refuses everything else")


def _as_day(side: Any) -> Any:
    """A day that a check writes as text; anything else stays."""
    return date.fromisoformat(side) if isinstance(side, str) else side


def _calculate(op: type[ast.operator], left: Any, right: Any) -> Any:
    """One step of arithmetic. A day and a number of days give a day, two days the number of days between them."""
    if isinstance(left, date) or isinstance(right, date):
        left, right = (
            timedelta(days=int(side)) if isinstance(side, Decimal) else _as_day(side) for side in (left, right)
        )
    result = _ARITHMETIC[op](left, right)
    return Decimal(result.days) if isinstance(result, timedelta) else result
