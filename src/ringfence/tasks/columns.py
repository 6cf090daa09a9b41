"""Which year stands over a number in a table, so that an amount of 2021 is not taken for one of 2022."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MOST_ROWS", "PROSE", "YEAR_CELL", "ColumnYear", "column_years", "table_lines"]

_CELL = re.compile(r"(?:(?!\s{2})[^|\t\n])+")
YEAR_CELL = re.compile(
    r"[^\d|]{0,24}(?:\d{1,2}\.\d{1,2}\.|\d{1,2}[., ]{1,2})?(?:FY[ ]?)?((?:19|20)\d\d)"
    r"(?:/(?:20)?\d\d)?(?:[ ]?[A-Z]|\W{0,3}|[ ]?\([\w ]+\))"
)
_NUMBER_CELL = re.compile(r"[-–−(]?\s?(?:[$€£]|[A-Z]{3})?\s?[-–−(]?\d[\d.,' \u00a0]*\)?\s?%?\)?|[-–—]")
_RULE = frozenset("-:=")
PROSE = 80  # characters of a line without columns, behind which a table has ended
MOST_ROWS = 60  # a head counts for no more lines below it


@dataclass(frozen=True)
class ColumnYear:
    """The year over a number from ``start`` to ``end``, and all years in that head."""

    start: int
    end: int
    year: str
    years: frozenset[str]


def column_years(text: str) -> Iterator[ColumnYear]:
    """The years over the numbers of tables, where a row has the cells of its head, or as many numbers as that years."""
    head: dict[int, str] = {}  # the year over each cell of a row, by its place
    width = since = 0
    for line, cells in table_lines(text):
        if len(cells) < 2:
            head = head if len(line) < PROSE else {}
            continue
        years = {at: found[1] for at, (_, words) in enumerate(cells) if (found := YEAR_CELL.fullmatch(words.strip()))}
        others = [words for at, (_, words) in enumerate(cells) if at not in years]
        if len(years) >= 2 and not any(character.isdigit() for words in others for character in words):
            head, width, since = years, len(cells), 0
            continue
        since += 1
        if len(cells) > 2 and not any(character.isdigit() for _, words in cells for character in words):
            head = {}  # another head, which has no years
        if not head or since > MOST_ROWS or len(set(head.values())) < 2:
            continue
        for at, words, year in _under(cells, head, width):
            yield ColumnYear(at, at + len(words), year, frozenset(head.values()))


def _under(cells: list[tuple[int, str]], head: dict[int, str], width: int) -> Iterator[tuple[int, str, str]]:
    """The numbers of a row that stand under a year: by their place, or in order if there are as many as years."""
    numbers = [
        (place, at, words)
        for place, (at, words) in enumerate(cells)
        if _NUMBER_CELL.fullmatch(words.strip()) and (place or not YEAR_CELL.fullmatch(words.strip()))
    ]
    if len(numbers) == len(head):
        yield from ((at, words, year) for (_, at, words), year in zip(numbers, head.values(), strict=True))
    elif len(cells) == width:
        yield from ((at, words, head[place]) for place, at, words in numbers if place in head)


def table_lines(text: str) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The lines of a text with their cells and where these begin, without the lines below heads in Markdown.

    Bars, tabs or two spaces stand between cells. A lone sign of a currency is none.
    """
    for line in re.finditer(r"[^\n]+", text):
        found = ((line.start() + cell.start(), cell.group()) for cell in _CELL.finditer(line.group()))
        cells = [(at, words) for at, words in found if words.strip() and words.strip() not in "$€£"]
        if len(cells) < 2 or not all(set(words.strip()) <= _RULE for _, words in cells):
            yield line.group(), cells
