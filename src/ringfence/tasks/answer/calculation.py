"""Work out the calculations of an answer: the model writes the expression, the program the result."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from ...contracts import Calculation
from ..number_words import language_of_numbers

__all__ = ["EXPRESSION", "calculated", "result_of", "stated_numbers"]

EXPRESSION = re.compile(r"\{\{?\s*([-+*/().,\d\s%$€£−–×·÷]+?)\s*\}?\}")
_SIGNS = str.maketrans("−–×·÷", "--**/")
_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_PERCENT = r"(?:%|percent|per cent|prozent|pour ?cent|por ciento)"
LONGEST = 200  # characters of an expression
DIGITS = 6  # of a result that does not end, or two decimals if these are more
_TOKEN = re.compile(r"[$€£]?\s*(?P<number>\d+(?:[.,\u00a0]\d+)*|\d{1,3}(?: \d{3})+)\s*(?P<percent>%)?[€£$]?|[-+*/()]")
# Factors that no document has to state: a year has 12 months, a mean halves, a whole has 100 percent.
_FACTORS = re.compile(r"(?<=[*/])\s*(?:2|4|12|24|52|60|100|360|365|1,?000)(?![\d.,])")


def calculated(text: str, said: str = "") -> tuple[str, Calculation | None]:
    """Replace the first ``{expression}`` of a sentence by its result; returns the sentence and the calculation.

    ``said`` is the text of the sources. A quotient in front of a percent sign is one of hundreds, {(90 - 75) / 75}% is
    20%, unless its numbers are percents there: the mean {(4 + 6) / 2}% of 4% and 6% is 5%. If some are and others are
    not, there is no result.
    """
    match = EXPRESSION.search(text)
    if match is None:
        return text, None
    expression = match.group(1).strip().translate(_SIGNS)
    share = re.match(rf"\s?{_PERCENT}", text[match.end() :], re.I)
    if share and "/" in expression and not re.search(r"\*\s*100(?!\d)", expression):
        numbers = {
            _read(token["number"]) for token in _TOKEN.finditer(_FACTORS.sub(" ", expression)) if token["number"]
        }
        percents = numbers & {_read(found[1]) for found in re.finditer(rf"(\d[\d.,]*)\s?{_PERCENT}", said, re.I)} - {
            None
        }
        if percents and percents != numbers:
            return text, None
        expression = expression if percents else f"({expression}) * 100"
    result = None if _is_unclear(expression, said) else result_of(expression)
    if result is None:
        return text, None
    return text[: match.start()] + result + text[match.end() :], Calculation(expression=expression, result=result)


def _is_unclear(expression: str, said: str) -> bool:
    """True if 1,250 may be 1.25: in sources of a language that writes decimals so, where nothing beside it tells."""
    groups = re.search(r"(?<![\d.,])[1-9]\d{0,2},\d{3}(?![\d.,])", expression)
    tells = re.search(r"\d[.,]\d{3}[.,]\d|\d\.\d{1,2}(?!\d)|\d,\d{1,2}(?!\d)", expression)
    return bool(said and groups and not tells) and language_of_numbers(said) != "en"


def result_of(expression: str) -> str | None:
    """Return the value of an expression of numbers, + - * / and parentheses, as a decimal string.

    Numbers are read as they are printed, 1,250.50 and 1.250,50; a percent sign makes hundredths of a factor. None if it
    is no such expression, if its currencies differ, if percents are added to what is none, or if a number can be read
    in two ways, as 1.250 can.
    """
    if len(expression) > LONGEST or len(set(re.findall(r"[$€£]", expression))) > 1:
        return None
    parts, end, comma = [], 0, False
    decimals = re.search(r"\d,\d{1,2}(?!\d)|\d,\d{4}", expression) is not None
    hundredths = re.search(r"[*/]", expression) is not None
    for token in _TOKEN.finditer(expression):
        if expression[end : token.start()].strip():
            return None
        end = token.end()
        if not token["number"]:
            parts.append(token.group())
            continue
        if parts and parts[-1] not in "+-*/(":
            return None  # two numbers side by side
        number = _read(token["number"], decimals)
        if number is None:
            return None
        comma = comma or bool(re.search(r",\d{1,2}\Z", token["number"]))
        parts.append(f"{number}j" if token["percent"] else number)  # percents are told apart as imaginary numbers
    if expression[end:].strip() or not parts:
        return None
    try:
        value, _ = _value(ast.parse("".join(parts), mode="eval").body, 100 if hundredths else 1)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None
    text = _shown(value)
    return text.replace(".", ",") if comma else text


def stated_numbers(expression: str) -> str:
    """The numbers of an expression that a document has to state: all but factors such as 12 months and 100 percent."""
    return re.sub(r"[-+*/()]", " ; ", _FACTORS.sub(" ", expression))


def _read(number: str, decimals: bool = False) -> str | None:
    """The digits of a printed number; None if it can be read in two ways. ``decimals``: a comma stands before them."""
    number = number.rstrip(".,")
    if decimals and re.fullmatch(r"\d+,\d{3}", number):
        return number.replace(",", ".")
    if re.fullmatch(r"\d{1,3}(?:[ \u00a0]\d{3})+", number):
        return re.sub(r"\s", "", number)
    if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", number):
        return None
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        return number.replace(",", "")
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+,\d+", number):
        return number.replace(".", "").replace(",", ".")
    return number if re.fullmatch(r"\d+(?:\.\d+)?", number) else None


def _shown(value: Fraction) -> str:
    """All decimals of a number that ends within twelve, else six digits, or two decimals if these are more."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    number = Decimal(value.numerator) / Decimal(value.denominator)
    if rest == 1 and len(str(value.denominator)) <= 12:
        number = (Decimal(value.numerator * (10**40 // value.denominator))).scaleb(-40)
    else:
        step = min(number.adjusted() - DIGITS + 1, -2) if number else 0
        number = number.quantize(Decimal(1).scaleb(step), ROUND_HALF_EVEN)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _value(node: ast.expr, percent: int) -> tuple[Fraction, bool]:
    """The value of a part of an expression, and whether it is in percent; a percent is the ``percent``-th part of one.

    Raises ValueError if a percent is added to another number than one: 200 - 10% is 180 to some, 190 to others.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, complex):
        return Fraction(Decimal(str(node.value.imag))) / percent, True
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(Decimal(str(node.value))), False
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value, is_percent = _value(node.operand, percent)
        return -value, is_percent
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        (left, left_percent), (right, right_percent) = _value(node.left, percent), _value(node.right, percent)
        factor = isinstance(node.op, ast.Mult | ast.Div)
        if not factor and left_percent != right_percent and (right if left_percent else left) != 1:
            raise ValueError("a percent of nothing")
        return _OPERATIONS[type(node.op)](left, right), left_percent and right_percent and not factor
    raise ValueError("no arithmetic")
