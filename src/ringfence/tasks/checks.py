"""Checks between fields: sums and comparisons, read from a line of text and worked out in decimal arithmetic."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

__all__ = ["CheckSyntaxError", "Outcome", "parse_check", "run_check"]

Outcome = Literal["holds", "broken", "not-applicable"]
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
_COMPARABLE = ("number", "money", "date", "text", "code", "choice", "email", "iban", "boolean")
_CENT = Decimal("0.005")


class CheckSyntaxError(ValueError):
    """The text is not a check that can be worked out."""


def parse_check(check: str, kinds: Mapping[str, str]) -> ast.Compare:
    """The comparison that ``check`` states over the fields ``kinds``. Raises CheckSyntaxError with the reason."""
    try:
        tree = ast.parse(check, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CheckSyntaxError("is not a comparison such as net + tax == total") from None
    if not isinstance(tree, ast.Compare):
        raise CheckSyntaxError("compares nothing; write one of == != < <= > >=")
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name not in kinds:
                raise CheckSyntaxError(f"names {name}, which is not a field")
            case ast.Name(id=name) if kinds[name] not in _COMPARABLE:
                raise CheckSyntaxError(f"uses {name}, and a {kinds[name]} cannot be compared")
            case ast.Constant(value=value) if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise CheckSyntaxError(f"holds {value!r}, which is neither a number nor a text")
            case ast.BinOp(op=op) if type(op) not in _ARITHMETIC:
                raise CheckSyntaxError("may calculate with + - * / only")
            case ast.Compare(ops=ops) if any(type(op) not in _COMPARISONS for op in ops):
                raise CheckSyntaxError("may compare with == != < <= > >= only")
            case ast.UnaryOp(op=op) if not isinstance(op, ast.USub):
                raise CheckSyntaxError("may use the sign - only")
            case ast.expr() if not isinstance(node, ast.Name | ast.Constant | ast.BinOp | ast.Compare | ast.UnaryOp):
                raise CheckSyntaxError("may hold fields, numbers, texts and + - * / only")
    if sum(isinstance(node, ast.Compare) for node in ast.walk(tree)) > 1:
        raise CheckSyntaxError("has a comparison inside a comparison")
    return tree


def fields_of(check: str) -> list[str]:
    """The names of the fields that a check speaks of."""
    return sorted({node.id for node in ast.walk(ast.parse(check, mode="eval")) if isinstance(node, ast.Name)})


def run_check(check: str, values: Mapping[str, Any], kinds: Mapping[str, str]) -> Outcome:
    """Whether ``check`` holds over the typed ``values`` of one document; a null makes it not applicable.

    Amounts are equal when they differ by less than half a cent. Money of different known currencies breaks the check.
    """
    tree = parse_check(check, kinds)
    names = fields_of(check)
    if any(values.get(name) is None for name in names):
        return "not-applicable"
    currencies = {values[name]["currency"] for name in names if kinds[name] == "money"} - {None}
    if len(currencies) > 1:
        return "broken"
    operands = {name: _operand(values[name], kinds[name]) for name in names}
    try:
        sides = [_work_out(side, operands) for side in (tree.left, *tree.comparators)]
        holds = all(_compare(op, left, right) for op, left, right in zip(tree.ops, sides, sides[1:], strict=False))
    except (TypeError, InvalidOperation, ZeroDivisionError):
        return "broken"
    return "holds" if holds else "broken"


def _operand(value: Any, kind: str) -> Any:
    if kind == "money":
        return Decimal(value["amount"])
    if kind == "number":
        return Decimal(value)
    return date.fromisoformat(value) if kind == "date" else value


def _compare(op: ast.cmpop, left: Any, right: Any) -> bool:
    if isinstance(left, Decimal) and isinstance(right, Decimal) and abs(left - right) < _CENT:
        return isinstance(op, ast.Eq | ast.LtE | ast.GtE)
    return _COMPARISONS[type(op)](left, right)


def _work_out(node: ast.expr, operands: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return operands[name]
        case ast.Constant(value=str() as text):
            return text
        case ast.Constant(value=value):
            return Decimal(str(value))
        case ast.UnaryOp(operand=operand):
            return -_work_out(operand, operands)
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_work_out(left, operands), _work_out(right, operands))
    raise TypeError("unreachable: parse_check lets nothing else through")
