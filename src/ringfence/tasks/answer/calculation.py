"""Work out the calculations of an answer: the model writes the expression, the program the result."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow

from ...contracts import Calculation

__all__ = ["calculated", "result_of"]

_EXPRESSION = re.compile(r"\{\{?\s*([-+*/().,\d\s%$€£]+?)\s*\}?\}")
_OPERATIONS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
LONGEST = 200  # characters of an expression
DIGITS = 6  # of a result that does not end


def calculated(text: str) -> tuple[str, Calculation | None]:
    """Replace the first ``{expression}`` of a sentence by its result; returns the sentence and the calculation."""
    match = _EXPRESSION.search(text)
    if match is None:
        return text, None
    result = result_of(match.group(1))
    if result is None:
        return text, None
    calculation = Calculation(expression=match.group(1).strip(), result=result)
    return text[: match.start()] + result + text[match.end() :], calculation


def result_of(expression: str) -> str | None:
    """Return the value of an expression of numbers, + - * / and parentheses, as a decimal string.

    Commas group thousands; currency signs and percent signs are left out. None if it is no such expression.
    """
    plain = re.sub(r"[$€£%\s]", "", re.sub(r"(?<=\d),(?=\d{3})", "", expression))
    if not plain or len(plain) > LONGEST:
        return None
    try:
        value = _value(ast.parse(plain, mode="eval").body)
    except (SyntaxError, ValueError, InvalidOperation, DivisionByZero, Overflow, RecursionError, MemoryError):
        return None
    short = (
        value.quantize(Decimal(1).scaleb(value.adjusted() - DIGITS + 1)) if len(value.as_tuple().digits) > 12 else value
    )
    text = format(short, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _value(node: ast.expr) -> Decimal:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Decimal(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("no arithmetic")
