"""A sheet of a workbook, in any format, and how it is written: each row as a line, each cell at its address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..contracts import UnreadPart
from ..errors import DocumentError
from .flow_text import LayerBuilder
from .unread_counts import UnreadCounts

__all__ = [
    "AMPERSAND",
    "MAX_ROWS",
    "Note",
    "Sheet",
    "check_rows",
    "column_index",
    "column_name",
    "fixed_words",
    "write_sheets",
]

MAX_ROWS = 200_000
AMPERSAND = "\ue000"
"""Stands for an ampersand in the words of a header, beside the codes that begin with one."""


@dataclass(frozen=True, slots=True)
class Note:
    """Words beside the cells: a text box, or a note of a cell."""

    text: str
    address: str


@dataclass
class Sheet:
    """The shown text of the cells by row and column, both counted from 0, and what nobody sees."""

    name: str
    hidden: bool = False
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    covered: set[tuple[int, int]] = field(default_factory=set)  # by a merged cell
    unseen: dict[tuple[int, int], str] = field(default_factory=dict)  # hidden by its format or colour
    white: dict[tuple[int, int], str] = field(default_factory=dict)  # unseen unless something colours the background
    struck: dict[tuple[int, int], str] = field(default_factory=dict)
    numbers: set[tuple[int, int]] = field(default_factory=set)  # the cells that hold a number
    volatile: set[str] = field(default_factory=set)  # the formulas, by the number under which cells share them
    hides_zeros: bool = False
    without_value: list[tuple[int, int]] = field(default_factory=list)  # formulas
    stale: list[tuple[int, int]] = field(default_factory=list)  # formulas that are calculated anew on opening
    doubtful: list[tuple[int, int]] = field(default_factory=list)  # cells that a rule may hide or show otherwise
    boxes: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # codes of what is not read: charts, pictures
    notes: list[Note] = field(default_factory=list)
    before: list[str] = field(default_factory=list)  # the header of its pages
    after: list[str] = field(default_factory=list)  # the footer

    def address(self, row: int, column: int) -> str:
        """Return the address of a cell."""
        return f"{self.name}!{column_name(column)}{row + 1}"


def column_name(index: int) -> str:
    """Return the letters of a column from its index, counted from 0: A, B, ... Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Return the index of a column, counted from 0, from its letters."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def write_sheets(layer: LayerBuilder, sheets: Iterable[Sheet], keep_hidden: bool, unread: UnreadCounts) -> None:
    """Write each sheet as a page and count what is left out of it."""
    names = []
    for sheet in sheets:
        if sheet.hidden and (sheet.rows or sheet.boxes):
            names.append(sheet.name)
        if not sheet.hidden or keep_hidden:
            _write_sheet(layer, sheet, keep_hidden, unread)
    if names:
        what = f"{len(names)} hidden sheet{'s' if len(names) > 1 else ''}: {', '.join(names)}"
        layer.unread.append(UnreadPart(code="hidden-sheet", what=what))


def _write_sheet(layer: LayerBuilder, sheet: Sheet, keep_hidden: bool, unread: UnreadCounts) -> None:
    rows = _visible_rows(sheet, keep_hidden, unread)
    for code, places in (
        ("formulas-without-values", sheet.without_value), ("stale-formulas", sheet.stale),
        ("conditional-formats", sheet.doubtful),
    ):  # fmt: skip
        for row, column in places:
            unread.add(code, place=sheet.address(row, column))
    for code in sheet.others:
        unread.add(code, place=sheet.name)
    for note in sheet.notes:
        unread.add("notes", place=note.address)
    beside = [*sheet.boxes, *sheet.before, *sheet.after, *(sheet.notes if keep_hidden else ())]
    if not rows and not beside:
        return
    layer.page()
    layer.paragraph(f"Sheet: {sheet.name}", sheet.name)
    for words in sheet.before:
        layer.paragraph(words, f"{sheet.name}, header")
    block: list[list[tuple[str, str | None]]] = []
    columns = {column for cells in rows.values() for column in cells}  # heads and values may have a blank row between
    previous = -2
    for number in sorted(rows):
        if number > previous + 1:
            _write_block(layer, block, columns)
            block = []
        previous = number
        cells = rows[number]
        block.append([(cells.get(column, ""), sheet.address(number, column)) for column in range(max(cells) + 1)])
    _write_block(layer, block, columns)
    for position, words in enumerate(sheet.boxes, start=1):
        layer.paragraph(words, f"{sheet.name}, text box {position}")
    for note in sheet.notes if keep_hidden else ():
        layer.paragraph(f"Note: {note.text}", note.address)
    for words in sheet.after:
        layer.paragraph(words, f"{sheet.name}, footer")


def _write_block(layer: LayerBuilder, block: list[list[tuple[str, str | None]]], columns: set[int]) -> None:
    """Write rows without a blank row between them as one table."""
    layer.end_block()
    layer.table(block, columns=columns)
    layer.end_block()


def _visible_rows(sheet: Sheet, keep_hidden: bool, unread: UnreadCounts) -> dict[int, dict[int, str]]:
    """Return the cells that are written, and count the hidden rows, columns and cells with something in them."""
    columns: set[int] = set()
    kept: dict[int, dict[int, str]] = {}
    for number, row in sheet.rows.items():
        filled = {column: text for column, text in row.items() if text.strip()}
        if filled and number in sheet.hidden_rows:
            unread.add("hidden-rows", place=f"{sheet.name}!{number + 1}")
            if not keep_hidden:
                continue
        shown: dict[int, str] = {}
        for column, text in filled.items():
            if column in sheet.hidden_columns:
                columns.add(column)
            elif (number, column) in sheet.covered:
                unread.add("hidden-text", place=sheet.address(number, column))
            else:
                shown[column] = text
                continue
            if keep_hidden:
                shown[column] = text
        if shown:
            kept[number] = shown
    for code, cells in (("hidden-text", sheet.unseen), ("struck-text", sheet.struck)):
        for (number, column), text in cells.items():
            unread.add(code, text, sheet.address(number, column))
            if keep_hidden and text.strip():
                kept.setdefault(number, {})[column] = text
    for column in sorted(columns):
        unread.add("hidden-columns", place=f"{sheet.name}!{column_name(column)}")
    return kept


def check_rows(left: int) -> None:
    """Raise DocumentError if a workbook has more rows than are read."""
    if left < 0:
        raise DocumentError("too-long", f"it has more than {MAX_ROWS:,} rows")


_CHANGING = re.compile(r"(?:\b[^\W\d_]+\s*)?&[PN]|&[PNDT]")


def fixed_words(part: str) -> str:
    """A part of a header without the numbers of pages and the words before them, and without today's date.

    These stand in it as Excel writes them: ``&P``, ``&N``, ``&D``, ``&T``; an ampersand of the text is no such code.
    """
    if not re.search(r"&[PNDT]", part):
        return part
    words = re.sub(r"\s{2,}", " ", _CHANGING.sub(" ", part)).strip(" /,;|-–")
    return words if re.search(r"\d|[^\W\d_]{4,}", words) else ""
