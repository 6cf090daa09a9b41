"""Which year stands over a number in a table, so that an amount of 2021 is not taken for one of 2022."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MOST_ROWS", "PROSE", "YEAR_CELL", "ColumnYear", "cells_of", "column_years"]

_CELL = re.compile(r"(?:(?!\s{2})[^|\t\n])+")
YEAR_CELL = re.compile(
    r"[^\d|]{0,24}(?:\d{1,2}\.\d{1,2}\.|\d{1,2}[., ]{1,2})?(?:FY[ ]?)?((?:19|20)\d\d)"
    r"(?:/(?:20)?\d\d)?(?:[ ]?[A-Z]|\W{0,3}|[ ]?\([\w ]+\))"
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
    """The years over the numbers of tables, where a row has the cells of its head, or as many numbers as that years."""
    head: dict[int, str] = {}  # the year over each cell of a row, by its place
    width = since = 0
    for line in re.finditer(r"[^\n]+", text):
        cells = [(cell.start(), cell.group()) for cell in cells_of(line)]
        if len(cells) < 2:
            head = head if len(line.group()) < PROSE else {}
            continue
        if all(set(words.strip()) <= set("-:=") for _, words in cells):
            continue  # the line below the head of a table in Markdown
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
            start = line.start() + at
            yield ColumnYear(start, start + len(words), year, frozenset(head.values()))


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


def cells_of(line: re.Match[str]) -> Iterator[re.Match[str]]:
    """The cells of a line: what bars, tabs or two spaces stand between. A lone sign of a currency is none."""
    return (cell for cell in _CELL.finditer(line.group()) if cell.group().strip() and cell.group().strip() not in "$€£")
