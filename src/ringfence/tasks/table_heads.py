"""Whose row and whose column of a table a number stands in, so that the price of one plan is not that of another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .columns import MOST_ROWS, PROSE, cells_of
from .evidence import stem

__all__ = ["Headed", "UnderHead", "columns_of", "crossed_rows", "rows_of"]

_YEAR = re.compile(r"(?:19|20)\d\d")
_FILLERS = frozenset("the and for der die das und für les des del per von van het".split())  # noqa: SIM905


@dataclass(frozen=True)
class Headed:
    """The words of the head of a row or column, without endings, and the numbers there as they are printed."""

    head: frozenset[str]
    numbers: frozenset[str]


@dataclass(frozen=True)
class UnderHead:
    """The row, or the column, of the cell from ``start`` to ``end``, and the others of its table."""

    start: int
    end: int
    own: Headed
    others: tuple[Headed, ...]

    def is_another(self, claim: str, question: str = "") -> bool:
        """True if a claim, or its question, speaks of others and not of this one.

        One whose own number the claim states as well is spoken of for that.
        """
        spoken, stated = words_of(f"{claim} {question}"), numbers_of(claim)
        named = [each for each in self.others if each.head <= spoken and not each.numbers & stated]
        if not named or self.own.head <= spoken:
            return False
        own = self.own.head.difference(*(each.head for each in named))
        return bool(own) and not own & spoken


def crossed_rows(claim: str, values: Sequence[tuple[int, frozenset[Headed]]]) -> bool:
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
    named: list[tuple[int, Headed]] = []
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


def rows_of(text: str) -> Iterator[UnderHead]:
    """The row of each cell with digits, in a row of a table whose first cell has words, or a year."""
    for table in _tables(text):
        rows = [row for row, _ in table]
        for row, places in table:
            others = tuple(other for other in rows if other.head != row.head)
            yield from (UnderHead(start, end, row, others) for start, end in places)


def columns_of(text: str) -> Iterator[UnderHead]:
    """The column of each cell with digits, in a table whose first line has no digits and whose rows have as many cells.

    The first line may lack a head for the heads of the rows. Years over columns are for ``column_years``.
    """
    for heads, rows in _grids(text):
        first = len(rows[0]) - len(heads)
        columns = [
            Headed(words_of(head), numbers_of("   ".join(row[place][1] for row in rows)))
            for place, head in enumerate(heads, first)
        ]
        for place, column in enumerate(columns, first):
            others = tuple(other for other in columns if other.head and other.numbers and other.head != column.head)
            for at, words in (row[place] for row in rows):
                if column.head and numbers_of(words):
                    yield UnderHead(at, at + len(words), column, others)


def _grids(text: str) -> Iterator[tuple[list[str], list[list[tuple[int, str]]]]]:
    """The heads of the columns of each table, and the cells of its rows with their places."""
    heads: list[str] = []
    rows: list[list[tuple[int, str]]] = []
    for line in re.finditer(r"[^\n]+", f"{text}\n."):
        cells = [(line.start() + cell.start(), cell.group()) for cell in cells_of(line)]
        if len(cells) > 1 and all(set(words.strip()) <= set("-:=") for _, words in cells):
            continue  # the line below the head of a table in Markdown
        if not any(numbers_of(words) for _, words in cells) or len(rows) == MOST_ROWS:
            if rows and len({len(row) for row in rows}) == 1 and 0 <= len(rows[0]) - len(heads) <= 1:
                yield heads, rows
            heads, rows = [words for _, words in cells] if len(cells) > 1 else [], []
        elif heads:
            rows.append(cells)


def _tables(text: str) -> Iterator[list[tuple[Headed, list[tuple[int, int]]]]]:
    """The rows of each table, with the places of their cells with digits. A long line without cells ends a table."""
    table: list[tuple[Headed, list[tuple[int, int]]]] = []
    for line in re.finditer(r"[^\n]+", text):
        cells = [(line.start() + cell.start(), cell.group()) for cell in cells_of(line)]
        if len(table) == MOST_ROWS or (len(cells) < 2 and len(line.group()) >= PROSE):
            yield table
            table = []
        if len(cells) < 2:
            continue
        (_, first), *rest = cells
        row = Headed(words_of(first), numbers_of("   ".join(words for _, words in rest)))
        if row.head and not all(map(_YEAR.fullmatch, row.numbers)):  # a row of years is the head of a table
            table.append((row, [(at, at + len(words)) for at, words in rest if numbers_of(words)]))
    yield table
