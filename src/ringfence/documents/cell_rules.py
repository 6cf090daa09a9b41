"""The rules of a sheet that change how cells look (conditional formats): colours, formats, icons, bars."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .cell_look import is_struck, is_white
from .package import child, children, value
from .sheet import Sheet, column_index

__all__ = ["REFERENCE", "Area", "apply_rules", "area_of", "coloured_areas"]

REFERENCE = re.compile(r"([A-Z]{1,3})(\d+)")
Area = tuple[range, range]
"""Rows and columns, counted from 0."""


def _look_of(differences: list[Any], rule: Any) -> Any:
    """The differences that a rule makes to a cell; None if it names none."""
    number = value(rule, "dxfId") or ""
    return differences[int(number)] if number.isdigit() and int(number) < len(differences) else None


def _colours(differences: list[Any], rule: Any) -> bool:
    """True if a rule may colour the background of its cells."""
    if next(children(rule, "colorScale", "dataBar"), None) is not None:
        return True
    return child(_look_of(differences, rule), "fill") is not None


def _changes(differences: list[Any], rule: Any) -> bool:
    """True if a rule may hide its cells, strike them through or show their values in another format."""
    look = _look_of(differences, rule)
    font = child(look, "font")
    hides = is_white(child(font, "color")) and child(look, "fill") is None
    code = value(child(look, "numFmt"), "formatCode") or "General"
    return code.lower() != "general" or hides or (font is not None and is_struck(font))


def _shows_no_value(rule: Any) -> bool:
    """True for a rule that draws icons or bars in the place of values."""
    return any(value(one, "showValue") in ("0", "false") for one in children(rule, "iconSet", "dataBar"))


def apply_rules(differences: list[Any], sheet: Sheet, elements: Iterable[Any]) -> None:
    """Leave out the values in whose place rules draw something, and note those that rules may show otherwise."""
    for element in elements:
        rules = list(children(element, "cfRule"))
        drawn, changed = any(map(_shows_no_value, rules)), any(_changes(differences, rule) for rule in rules)
        references = (value(element, "sqref") or "").split() if drawn or changed else []
        for rows, columns in filter(None, map(area_of, references)):
            # A sheet may have a thousand rules of a few cells each, or one of all its cells.
            filled = [row for row in rows if row in sheet.rows] if len(rows) < len(sheet.rows) else sheet.rows
            places = [(row, column) for row in filled if row in rows for column in sheet.rows[row] if column in columns]
            for row, column in places if drawn else ():
                if (row, column) in sheet.numbers:
                    sheet.unseen[row, column] = sheet.rows[row].pop(column)
            sheet.doubtful += places if changed and not drawn else ()


def coloured_areas(differences: list[Any], elements: Iterable[Any]) -> list[Area]:
    """The areas whose background a conditional format may colour."""
    found = (
        value(element, "sqref") or ""
        for element in elements
        if any(_colours(differences, rule) for rule in children(element, "cfRule"))
    )
    return [area for listed in found for reference in listed.split() if (area := area_of(reference))]


def area_of(reference: str) -> Area | None:
    """The cells that a reference such as ``A1:C3`` names; None if it is none."""
    corners = [REFERENCE.fullmatch(corner) for corner in reference.replace("$", "").split(":")]
    if len(corners) not in (1, 2) or None in corners:
        return None
    places = [(int(corner[2]) - 1, column_index(corner[1])) for corner in corners if corner]
    (top, left), (bottom, right) = places[0], places[-1]
    return range(top, bottom + 1), range(left, right + 1)
