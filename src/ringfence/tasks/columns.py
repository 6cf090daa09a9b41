"""Which year stands over a number in a table, so that an amount of 2021 is not taken for one of 2022."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["ColumnYear", "column_years"]

_CELL = re.compile(r"(?:(?!\s{2})[^|\t\n])+")
_YEAR_CELL = re.compile(
    r"[^\d|]{0,24}(?:\d{1,2}[., ]{1,2})?(?:FY[ ]?)?((?:19|20)\d\d)(?:[ ]?[A-Z]|\W{0,3}|[ ]?\([\w ]+\))"
)
_NUMBER_CELL = re.compile(r"[-–−(]?\s?(?:[$€£]|[A-Z]{3})?\s?[-–−(]?\d[\d.,' \u00a0]*\)?\s?%?\)?|[-–—]")
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
    """The years over the numbers of tables, where a row has as many numbers as the head above it has years."""
    head: list[str] = []
    since = 0
    for line in re.finditer(r"[^\n]+", text):
        cells = [(cell.start(), cell.group()) for cell in _cells(line)]
        if len(cells) < 2:
            head = head if len(line.group()) < PROSE else []
            continue
        years = [found[1] for _, words in cells if (found := _YEAR_CELL.fullmatch(words.strip()))]
        if len(years) >= 2 and len(years) >= len(cells) - 1:
            head, since = years, 0
            continue
        since += 1
        numbers = [
            (at, words)
            for place, (at, words) in enumerate(cells)
            if _NUMBER_CELL.fullmatch(words.strip()) and (place or not _YEAR_CELL.fullmatch(words.strip()))
        ]
        if head and since <= MOST_ROWS and len(numbers) == len(head) and len(set(head)) > 1:
            for (at, words), year in zip(numbers, head, strict=True):
                start = line.start() + at
                yield ColumnYear(start, start + len(words), year, frozenset(head))


def _cells(line: re.Match[str]) -> Iterator[re.Match[str]]:
    return (cell for cell in _CELL.finditer(line.group()) if cell.group().strip() and cell.group().strip() not in "$€£")
