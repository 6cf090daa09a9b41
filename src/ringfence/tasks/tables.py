"""The tables of a text: what stands at the head of the row and of the column of each of their cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .columns import MOST_ROWS, PROSE, YEAR_CELL, table_lines
from .evidence import stem
from .values.months import month_names

__all__ = ["Head", "Table", "TableCell", "TableRow", "table_cells", "tokens_in", "tokens_of"]

_FILLERS = frozenset(
    "the and for der die das und für les des del per von van het which thereof davon dont darunter".split()  # noqa: SIM905
)
_NUMBER_CELL = re.compile(
    r"[-–−(]?\s?(?:[$€£¥]|(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|JPY|CNY|INR|RM|Rs\.?|[A-Z]{1,2}[$€£])(?![^\W\d_]))?\s?[-–−(]?\s?\d"
)
_SAME = "·"  # a cell that the one before it, or above it, reaches over
_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST_LABEL = 4  # digits of a number in a head
_UNIT = re.compile(r"\(([^()]{1,12})\)\s*\Z|[ ]in[ ]([^\s]{1,8})\Z")
_UNIT_HEAD = re.compile(r"(?:units?|einheit|unité|unidad|unità|eenheid|maßeinheit)\Z", re.I)

Head = frozenset[str]
"""The tokens of a head."""


@dataclass(frozen=True, eq=False)
class TableRow:
    """A row: its head as it is printed and its tokens, the texts of its other cells, and the places of its cells.

    Rows of equal heads are told apart by ``own``: the head with the section or the texts of the row.
    """

    label: str
    head: Head
    texts: tuple[Head, ...]
    cells: tuple[tuple[int, str], ...]
    section: Head = frozenset()
    own: Head = frozenset()


@dataclass(eq=False)
class Table:
    """Rows that one head, or none, stands over; ``columns`` are the heads of the cells of a row, from the right."""

    rows: list[TableRow] = field(default_factory=list)
    columns: tuple[Head, ...] = ()
    units: tuple[str, ...] = ()

    def shift_of(self, row: TableRow) -> int | None:
        """How many cells of a row stand before the first head: one at most. None for a row of another width."""
        missing = len(row.cells) - len(self.columns)
        return missing if self.columns and 0 <= missing <= 1 else None


@dataclass(frozen=True, eq=False)
class TableCell:
    """A cell with digits from ``start`` to ``end``; ``block`` are the rows of all tables that stand together."""

    start: int
    end: int
    text: str
    table: Table
    row: TableRow
    block: Sequence[TableRow]
    place: int

    @property
    def column(self) -> int | None:
        """Its column, by the heads of its table."""
        shift = self.table.shift_of(self.row)
        return None if shift is None or self.place < shift else self.place - shift

    @property
    def unit(self) -> str:
        """The unit that the head of the column, or the row's own cell for it, states; empty if none does."""
        if self.column is not None and (unit := self.table.units[self.column]):
            return unit
        shift = self.table.shift_of(self.row)
        if shift is None or _SAME not in self.table.units:
            return ""
        return self.row.cells[self.table.units.index(_SAME) + shift][1].strip()


def tokens_in(text: str) -> Iterator[tuple[int, str]]:
    """The tokens of a text with their places: words without endings, months, codes, short numbers, short capitals."""
    for match in re.finditer(r"\w+(?:[-/.]\w+)*", text):
        whole = match.group().casefold()
        if re.search(r"\d", whole):
            if re.search(r"[^\W\d_]", whole) or (whole.isdigit() and len(whole) <= _LONGEST_LABEL):
                yield match.start(), re.sub(r"\W", "", whole)
            continue
        for word in re.finditer(r"[^\W_]+", match.group()):
            yield from ((match.start() + word.start(), token) for token in _tokens_of_word(word.group()))


def _tokens_of_word(word: str) -> Iterator[str]:
    letters = word.casefold()
    if len(letters) < 3:
        if word.isupper():  # Plan B, Class II, EU
            yield letters
    elif letters not in _FILLERS:
        yield stem(letters.removesuffix("s") if len(letters) > 3 else letters)  # it ends, the end
        yield f"={letters}"
        months = month_names("en").get(letters) or month_names("de").get(letters)
        if months and word[0].isupper():
            yield f"month {min(months)}"


def tokens_of(text: str, whole: bool = False) -> Head:
    """The tokens of a head: its stems, or its whole words; months by their numbers."""
    found = set()
    for word in re.finditer(r"\w+(?:[-/.]\w+)*", text):
        own = [token for _, token in tokens_in(word.group())]
        months = [token for token in own if token.startswith("month ")]
        stems = [token for token in own if not token.startswith(("month ", "="))]
        exact = [token for token in own if token.startswith("=")]
        found.update(months or ((exact or stems) if whole else stems))
    return frozenset(found)


def table_cells(text: str) -> Iterator[TableCell]:
    """The cells with digits of all tables of a text."""
    for block in _blocks(text):
        heads = _told_apart([row for table in block for row in table.rows])
        for table in block:
            for row in table.rows:
                own = heads[id(row)]
                yield from (
                    TableCell(at, at + len(words), words, table, own, list(heads.values()), place)
                    for place, (at, words) in enumerate(row.cells)
                    if re.search(r"\d", words) and (place or not own.head)
                )


def _told_apart(rows: Sequence[TableRow]) -> dict[int, TableRow]:
    """The rows by their id. Equal heads are told apart by whole words, else by their section and their texts."""
    told = {id(row): row for row in rows}
    for alike in _alike(told, lambda row: row.head):
        whole = {key: tokens_of(told[key].label, whole=True) for key in alike}
        if len(set(whole.values())) > 1:
            told.update((key, replace(told[key], head=head)) for key, head in whole.items())
    told = {key: replace(row, own=row.head) for key, row in told.items()}
    ways: tuple[Callable[[TableRow], Head], ...] = (
        lambda row: row.own | row.section,
        lambda row: row.own.union(*row.texts),
    )
    for more in ways:
        for alike in _alike(told, lambda row: row.own):
            told.update((key, replace(told[key], own=more(told[key]))) for key in alike)
    return told


def _alike(rows: Mapping[int, TableRow], head_of: Callable[[TableRow], Head]) -> list[list[int]]:
    """The ids of rows that share a head."""
    found: dict[Head, list[int]] = {}
    for key, row in rows.items():
        found.setdefault(head_of(row), []).append(key)
    return [keys for head, keys in found.items() if head and len(keys) > 1]


def _blocks(text: str) -> Iterator[list[Table]]:
    """The tables that stand together: a long line without cells, or too many rows, ends a block."""
    reader = _Reader()
    for line, cells in table_lines(text):
        if (len(cells) < 2 and len(line) >= PROSE) or reader.size == MOST_ROWS:
            yield reader.block
            reader = _Reader()
        if len(cells) > 1:
            reader.take(cells)
        elif cells and not re.search(r"\d", line):
            reader.section = tokens_of(line)
    yield reader.block


class _Reader:
    """Reads the lines of one block."""

    def __init__(self) -> None:
        self.block: list[Table] = []
        self.size = 0
        self.section: Head = frozenset()
        self._heads: list[list[str]] = []
        self._table: Table | None = None
        self._first = ""

    def take(self, cells: list[tuple[int, str]]) -> None:
        """Take a line of two or more cells: a line of heads, or a row."""
        words = [text.strip() for _, text in cells]
        if _is_head(words):
            if self._table:
                self._heads, self._table = [], None
            self._heads.append(words)
            return
        if self._table is None:
            columns = _joined(self._heads)
            self._table = Table([], _years_alone(columns), tuple(map(_unit_of, columns)))
            self.block.append(self._table)
        first = self._first if words[0] == _SAME else words[0]
        self._first = first
        texts = tuple(tokens_of(word) for word in words[1:] if not _NUMBER_CELL.match(word) and word != _SAME)
        head = tokens_of(first) if not _NUMBER_CELL.match(first) or YEAR_CELL.fullmatch(first) else frozenset()
        if not head:  # a day, or a number of the row: its first text names it
            first = next((word for word in words[1:] if not _NUMBER_CELL.match(word) and word != _SAME), "")
            head = tokens_of(first)
        self._table.rows.append(TableRow(first, head, texts, tuple(cells), self.section))
        self.size += 1


def _years_alone(columns: Sequence[str]) -> tuple[Head, ...]:
    """The tokens of heads; of days in different years, only the years: September 24, 2022 beside September 25, 2021."""
    heads = tuple(map(tokens_of, columns))
    of_days = {
        place: years
        for place, head in enumerate(heads)
        if (years := frozenset(filter(_YEAR.fullmatch, head)))
        and all(token in years or token.isdigit() or token.startswith("month ") for token in head)
    }
    if len(of_days) < 2 or len(set(of_days.values())) < len(of_days):
        return heads
    return tuple(of_days.get(place, head) for place, head in enumerate(heads))


def _is_head(words: Sequence[str]) -> bool:
    """True for a line without numbers, but years: two of them, or any beside names of other columns."""
    numbers = [word for word in words if _NUMBER_CELL.match(word)]
    return not numbers or (len(numbers) > 1 and all(YEAR_CELL.fullmatch(word) for word in numbers))


def _joined(lines: Sequence[Sequence[str]]) -> list[str]:
    """The heads of columns out of one or two lines; one cell of the upper line may stand over several of the lower."""
    if len(lines) < 2:
        return list(lines[0]) if lines else []
    upper, lower = list(lines[-2]), list(lines[-1])
    if _SAME in upper or _SAME in lower:
        size = max(len(upper), len(lower))
        upper, lower = (line + [_SAME] * (size - len(line)) for line in (upper, lower))
        for place, word in enumerate(upper):
            upper[place] = upper[place - 1] if word == _SAME and place and lower[place] != _SAME else word
        return [" ".join(word for word in pair if word != _SAME) for pair in zip(upper, lower, strict=True)]
    over = next((rest for rest in (len(lower) - 1, len(lower)) if rest > 0 and rest % len(upper) == 0), 0)
    if not over:
        return lower
    spread = [word for word in upper for _ in range(over // len(upper))]
    missing = len(lower) - over
    return [*lower[:missing], *(" ".join(pair) for pair in zip(spread, lower[missing:], strict=True))]


def _unit_of(head: str) -> str:
    """The unit in a head such as *Weight (kg)*; the sign for "as its own cell says" for a column of units."""
    if _UNIT_HEAD.fullmatch(head.strip()):
        return _SAME
    found = _UNIT.search(head.strip())
    return (found[1] or found[2]) if found else ""
