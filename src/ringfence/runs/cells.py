"""Cells of tables that spreadsheets open: no text of a document becomes a formula, and dates are dates."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["cells_of", "csv_cell", "text_of_csv", "write_cell"]

# A program that separates cells by semicolons, tabs or line ends starts one after each of these, inside quotes too.
_STARTS = r"(^|[;\t\r\n])"
_BLANKS = r"[^\S\t\r\n]*"
_FORMULA = rf"{_BLANKS}[=+@＝＋＠－-]"
_TO_ESCAPE = re.compile(rf"{_STARTS}(?='+{_FORMULA}|(?!{_BLANKS}-\d*\.?\d+{_BLANKS}(?:[;\t\r\n]|\Z)){_FORMULA})")
_ESCAPED = re.compile(rf"{_STARTS}'(?='*{_FORMULA})")
_MOST_CHARACTERS = 32_767  # of a cell of a workbook
_CUT = " [cut: a cell holds no more]"
_MOST_DIGITS = 15  # of a number in a spreadsheet
_FIRST_DAY = date(1900, 3, 1)  # earlier days are counted in different ways


def csv_cell(value: Any) -> str:
    """A cell of a CSV that no spreadsheet takes for a formula.

    Text that begins like a formula gets an apostrophe, also after a semicolon, a tab or a line end. Numbers stay.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    written = format(value, "f") if isinstance(value, Decimal) else str(value)  # not 1E-7
    return _TO_ESCAPE.sub(r"\1'", written)


def text_of_csv(cell: str) -> str:
    """The text of a cell that ``csv_cell`` made."""
    return _ESCAPED.sub(r"\1", cell)


def write_cell(sheet: Any, row: int, column: int, value: Any, day: Any) -> None:
    """Write a value into a sheet of xlsxwriter; ``day`` is the format of dates."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, Decimal) and len(value.as_tuple().digits) <= _MOST_DIGITS:
        sheet.write_number(row, column, float(value))
    elif isinstance(value, date) and value >= _FIRST_DAY:
        sheet.write_datetime(row, column, value, day)
    else:
        text = str(value)
        if len(text) > _MOST_CHARACTERS:
            text = text[: _MOST_CHARACTERS - len(_CUT)] + _CUT
        sheet.write_string(row, column, text)


def cells_of(value: Any, kind: str) -> list[Any]:
    """Return the cells of one value: numbers as Decimal, whole days as dates, everything else unchanged."""
    if kind == "money":
        return [_number(value["amount"]), value["currency"]] if value else [None, None]
    if kind == "period":
        return [_day(value["from"]), _day(value["to"])] if value else [None, None]
    if kind == "date":
        return [_day(value)]
    if isinstance(value, list):
        return ["; ".join(value)]
    return [_number(value) if kind in ("number", "percent") and value is not None else value]


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _day(text: str | None) -> date | str | None:
    try:
        return date.fromisoformat(text) if text and len(text) == len("2026-01-31") else text
    except ValueError:
        return text
