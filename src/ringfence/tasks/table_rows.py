"""Which row of a table a number stands in, so that the price of one plan is not taken for that of another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .columns import MOST_ROWS, PROSE, cells_of
from .evidence import stem

__all__ = ["RowOf", "TableRow", "crossed_rows", "rows_over"]

_YEAR = re.compile(r"(?:19|20)\d\d")
_FILLERS = frozenset("the and for der die das und für les des del per von van het".split())  # noqa: SIM905


@dataclass(frozen=True)
class TableRow:
    """The words of a row's head, without endings, and the numbers of its other cells as they are printed."""

    head: frozenset[str]
    numbers: frozenset[str]


@dataclass(frozen=True)
class RowOf:
    """The row of the text from ``start`` to ``end``, and the other rows of its table."""

    start: int
    end: int
    row: TableRow
    others: tuple[TableRow, ...]

    def is_another(self, claim: str, question: str = "") -> bool:
        """True if a claim, or its question, speaks of other rows and not of this one.

        A row whose own number the claim states as well is spoken of for that.
        """
        spoken, stated = words_of(f"{claim} {question}"), numbers_of(claim)
        named = [row for row in self.others if row.head <= spoken and not row.numbers & stated]
        if not named or self.row.head <= spoken:
            return False
        own = self.row.head.difference(*(row.head for row in named))
        return bool(own) and not own & spoken


def crossed_rows(claim: str, values: Sequence[tuple[int, frozenset[TableRow]]]) -> bool:
    """True if a claim gives two rows each other's numbers: *A costs 10 and B 99* where A costs 99 and B 10.

    ``values`` are the places of the numbers in the claim, in order, with the rows that state them. A number belongs to
    the row named before it, to the one named behind it, or numbers and rows are in the same order; a claim is right in
    any of these readings.
    """
    words = list(_words(claim))
    spoken = frozenset(word for _, word in words)
    rows = {row for _, stating in values for row in stating if row.head <= spoken}
    if len(rows) < 2 or any(not stating <= rows for _, stating in values):
        return False
    named: list[tuple[int, TableRow]] = []
    for row in rows:
        own = row.head.difference(*(other.head for other in rows - {row}))
        named += [(at, row) for at, word in words if word in own]
    if len({row for _, row in named}) < len(rows):
        return False  # the head of one is part of another's
    named.sort(key=lambda each: each[0])
    first = list(dict.fromkeys(row for _, row in named))
    before = ([row for at, row in named if at < place][-1:] for place, _ in values)
    behind = ([row for at, row in named if at > place][:1] for place, _ in values)
    in_order = ([row] for row in first) if len(first) == len(values) else ([] for _ in values)
    return not any(
        all(row and row[0] in stating for row, (_, stating) in zip(reading, values, strict=True))
        for reading in (before, behind, in_order)
    )


def words_of(text: str) -> frozenset[str]:
    """The words of a text without their endings, its codes and years; no short words, and no other numbers."""
    return frozenset(word for _, word in _words(text))


def _words(text: str) -> Iterator[tuple[int, str]]:
    for token in re.finditer(r"\w+(?:[-/.]\w+)*", text):
        whole = token.group().casefold()
        if not re.search(r"\d", whole):
            for word in re.finditer(r"[^\W_]{3,}", token.group()):
                if (letters := word.group().casefold()) not in _FILLERS:
                    yield token.start() + word.start(), stem(letters)
        elif re.search(r"[^\W\d_]", whole) or _YEAR.fullmatch(whole):
            yield token.start(), re.sub(r"\W", "", whole)


def numbers_of(text: str) -> frozenset[str]:
    """The numbers of a text as they are printed."""
    return frozenset(re.findall(r"\d+(?:[.,]\d+)*", text))


def rows_over(text: str) -> Iterator[RowOf]:
    """Each cell with digits in a row of a table whose first cell has words, or a year."""
    for table in _tables(text):
        rows = [row for row, _ in table]
        for row, places in table:
            others = tuple(other for other in rows if other.head != row.head)
            yield from (RowOf(start, end, row, others) for start, end in places)


def _tables(text: str) -> Iterator[list[tuple[TableRow, list[tuple[int, int]]]]]:
    """The rows of each table, with the places of their cells with digits. A long line without cells ends a table."""
    table: list[tuple[TableRow, list[tuple[int, int]]]] = []
    for line in re.finditer(r"[^\n]+", text):
        cells = [(line.start() + cell.start(), cell.group()) for cell in cells_of(line)]
        if len(table) == MOST_ROWS or (len(cells) < 2 and len(line.group()) >= PROSE):
            yield table
            table = []
        if len(cells) < 2:
            continue
        (_, first), *rest = cells
        row = TableRow(words_of(first), numbers_of("   ".join(words for _, words in rest)))
        if row.head and not all(map(_YEAR.fullmatch, row.numbers)):  # a row of years is the head of a table
            table.append((row, [(at, at + len(words)) for at, words in rest if numbers_of(words)]))
    yield table
