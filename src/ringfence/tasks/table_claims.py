"""Whether a claim takes the numbers of a table from the rows and columns that it names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from .evidence import stem
from .tables import Head, TableCell, TableRow, tokens_in

__all__ = ["Spoken", "crosses"]

_YEAR = re.compile(r"(?:19|20)\d\d")
_LABELS = frozenset("numbe date amoun code id nr no numme datum".split())  # noqa: SIM905
"""Words of the labels of a form: the customer of *Customer number* names no row."""
_TOTALS = frozenset(map(stem, "total sum subtotal gesamt insgesamt summe totale totaal totaux".split()))  # noqa: SIM905
"""Words of rows that sum up others."""
_PARTS = (
    "together combined overall all most mostly top with part include including among largest smallest share rest "
    "insgesamt zusammen gemeinsam davon teil anteil ensemble partie inclus dont conjunto suma insieme parte samen deel"
)
_TOGETHER = frozenset(map(stem, _PARTS.split()))
"""Words of claims that tell of a total beside one of its parts."""
_Value = tuple[int, Sequence[TableCell]]
"""Where a value begins in a claim, and the cells that state it."""
_Axis = Callable[[TableCell], object]


@dataclass(frozen=True, eq=False)
class Spoken:
    """What a claim and its question speak of, and the cells that state the values of the claim.

    With ``without_years`` no year names a column: that of a fiscal year is another one.
    """

    claim: str
    question: str
    values: Sequence[_Value]
    without_years: bool = False

    @cached_property
    def tokens(self) -> Counter[str]:
        """The tokens of both, with their counts."""
        found = Counter(token for text in (self.claim, self.question) for _, token in tokens_in(text))
        return Counter({token: n for token, n in found.items() if not self.without_years or not _YEAR.fullmatch(token)})

    def is_of_another(self, cell: TableCell, at: int) -> bool:
        """True if the claim speaks of other rows or columns than those of the cell for its value at ``at``.

        A row whose own number in the same column the claim states as well is spoken of for that.
        """
        return self._row_is_another(cell, at) or self._column_is_another(cell, at)

    def _row_is_another(self, cell: TableCell, at: int) -> bool:
        spoken = self.tokens
        own = cell.row
        others = [row for row in cell.block if row.head != own.head and _names(spoken, row, cell.block)]
        twins = [row for row in cell.block if row.head == own.head and row.own != own.own and row.own <= spoken.keys()]
        named, named_twins = (
            [row for row in rows if not self._excused(cell, at, row, _row, _column)] for rows in (others, twins)
        )
        if not own.head or not (named or named_twins) or _has_text_of(spoken, own, cell.block):
            return False
        return (bool(named) and _is_another_head(own.head, [row.head for row in named], spoken)) or (
            bool(named_twins) and _is_another_head(own.own, [row.own for row in named_twins], spoken)
        )

    def _column_is_another(self, cell: TableCell, at: int) -> bool:
        spoken = self.tokens
        column = cell.column
        if column is None or not (own := cell.table.columns[column]):
            return False
        first = 1 if len(cell.row.cells) == len(cell.table.columns) else 0  # the head over the heads of the rows
        others = {
            number: head
            for number, head in enumerate(cell.table.columns)
            if number >= first and head and head != own and _names_head(spoken, head, cell.table.columns)
        }
        named = [
            head
            for number, head in others.items()
            if _has_numbers(cell, number) and not self._excused(cell, at, number, _column, _row)
        ]
        return bool(named) and _is_another_head(own, named, spoken)

    def _excused(self, cell: TableCell, at: int, other: object, axis: _Axis, across: _Axis) -> bool:
        """True if the claim gives the other row (or column) its own number, or does so for another one beside this."""

        def stated(beside: TableCell, but: int) -> bool:
            return any(
                axis(each) == other and across(each) == across(beside) and each.table is beside.table
                for start, cells in self.values
                if start != but
                for each in cells
            )

        mates = (
            (start, each)
            for start, cells in self.values
            if start != at
            for each in cells
            if axis(each) == axis(cell) and across(each) != across(cell)
        )
        return stated(cell, at) or any(stated(mate, start) for start, mate in mates)


def _row(cell: TableCell) -> object:
    return cell.row


def _column(cell: TableCell) -> object:
    return cell.place if cell.column is None else cell.column


def _has_numbers(cell: TableCell, column: int) -> bool:
    """True if the column has a number in any row of the table."""
    missing = len(cell.row.cells) - len(cell.table.columns)
    places = (row.cells[column + missing][1] for row in cell.table.rows if len(row.cells) == len(cell.row.cells))
    return any(re.search(r"\d", text) for text in places)


def _names(spoken: Counter[str], row: TableRow, block: Sequence[TableRow]) -> bool:
    """True if a row is named: by its head, by a word of a short head that no other row has, or by another cell."""
    heads = [each.head for each in block]
    return bool(row.head) and (_names_head(spoken, row.head, heads) or _has_text_of(spoken, row, block))


def _names_head(spoken: Counter[str], head: Head, heads: Iterable[Head]) -> bool:
    """True if all words of a head are spoken, or of two words one that no other head has."""
    if head <= spoken.keys() or len(head) != 2:
        return head <= spoken.keys()
    of_others = frozenset[str]().union(*(other for other in heads if other != head))
    own = (token for token in head - of_others if not head & _LABELS)
    return any(token in spoken and not token.isdigit() for token in own)


def _has_text_of(spoken: Counter[str], row: TableRow, block: Sequence[TableRow]) -> bool:
    """True if the text of another cell of the row is spoken, which no other row has."""
    spoken_texts = (text for text in row.texts if text and text <= spoken.keys())
    return any(sum(text in each.texts for each in block) == 1 for text in spoken_texts)


def _is_another_head(own: Head, named: Sequence[Head], spoken: Counter[str]) -> bool:
    """True if others are named and this one is not: its words are missing, or are those of a longer head."""
    longer = [head for head in named if own < head]
    left = spoken - Counter(token for head in longer for token in head)
    if own <= left.keys():
        return False
    if longer:
        return True
    rest = own.difference(*named)
    if own & _TOTALS and len(named) == 1 and not named[0] <= own and not spoken.keys() & _TOGETHER:
        return True  # the total revenue of one product is not that of all
    return bool(rest) and not rest & spoken.keys()


def crosses(claim: str, values: Sequence[_Value]) -> bool:
    """True if a claim gives rows, or columns, each other's numbers: *A costs 10 and B 99* where A costs 99 and B 10.

    A number belongs to the row named before it, to the one named behind it, or numbers and rows are in the same order;
    a claim is right in any of these readings.
    """
    return any(
        _crossed(claim, [(start, _heads(cells, head_of)) for start, cells in values], _all_heads(values, every))
        for head_of, every in (
            (lambda cell: cell.row.own, lambda cell: (row.own for row in cell.block)),
            (_head_of_column, _columns),
        )
    )


def _head_of_column(cell: TableCell) -> Head:
    return frozenset() if cell.column is None else cell.table.columns[cell.column]


def _columns(cell: TableCell) -> Iterable[Head]:
    return (head for column, head in enumerate(cell.table.columns) if _has_numbers(cell, column))


def _heads(cells: Sequence[TableCell], head_of: Callable[[TableCell], Head]) -> frozenset[Head]:
    return frozenset(head_of(cell) for cell in cells)


def _all_heads(values: Sequence[_Value], every: Callable[[TableCell], Iterable[Head]]) -> set[Head]:
    return {head for _, cells in values for cell in cells for head in every(cell) if head}


def _crossed(claim: str, values: Sequence[tuple[int, frozenset[Head]]], known: set[Head]) -> bool:
    words = list(tokens_in(claim))
    spoken = frozenset(word for _, word in words)
    heads = {head for head in known if head <= spoken}
    heads -= {head for head in heads if any(head < other for other in heads)}
    values = [(start, stating) for start, stating in values if stating]
    if not 2 <= len(heads) <= len(values) or any(not stating <= heads for _, stating in values):
        return False
    named: list[tuple[int, Head]] = []
    for head in heads:
        own = head.difference(*(other for other in heads if other != head))
        named += [(at, head) for at, word in words if word in own]
    if len({head for _, head in named}) < len(heads):
        return False  # the head of one is part of another's
    named.sort(key=lambda each: each[0])
    return not any(
        all(head and head[0] in stating for head, (_, stating) in zip(reading, values, strict=True))
        for reading in _readings(named, [start for start, _ in values])
    )


def _readings(named: Sequence[tuple[int, Head]], places: Sequence[int]) -> Iterator[Iterator[list[Head]]]:
    """Which head each number may belong to: the one before it, the one behind it, or the one at its place in order."""
    first = list(dict.fromkeys(head for _, head in named))
    yield ([head for at, head in named if at < place][-1:] for place in places)
    yield ([head for at, head in named if at > place][:1] for place in places)
    if len(first) == len(places):
        yield ([head] for head in first)
