"""The lines of a table's cell: a name in a narrow column goes on below, while the amounts beside it do not.

A cell goes on where its next word did not fit. So of two lines with the same left edge the second belongs to the first
if its first word, written behind it, would reach beyond the longest line of the cell, and nearly to the next column.
Half of the way is enough if no line of the column reaches so far: numbers at the right edge of theirs leave room.
A line that begins below a short one was begun on purpose: it is a remark, an article number, another record.

The lines of one cell are also nearer to each other than rows are. Where they are not, the table may be aligned at the
bottom, so that the line belongs to the next row, or it is a row of its own: then nobody can tell.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..contracts import Span
from .model import Document

__all__ = ["Below", "CellLines", "cells_of", "ends_open", "joined_lines"]

NEAR = 15  # lines above and below that show the edge of a column
MOST_LINES = 7  # of a cell, below its first one
MOST_WORDS, MOST_CHARACTERS = 100, 1500  # of a line; a longer one is no row of a table
SAME_EDGE = 0.2  # of the height of the line: left edges of one cell differ by less
NEXT_LINE = 0.75  # of the height of the line: a wider gap between two lines parts two blocks
BLOCK = 3  # heights: a line further above belongs to another block
INNER_PITCH = 1.45  # heights from one line of a cell to the next, where no other row is near
NEARER = 0.1  # heights by which the lines of a cell are nearer than rows
NEARLY_FULL, HALF_FULL = 0.7, 0.5  # of the way to the next column; the cells of 24 invoices would reach 0.47 to 1.3
_WIDE = re.compile(r"[ \u00a0]{3,}|\t|[ ]\|[ ]")
_NUMBER = re.compile(r"[-–+(]*(?:[A-Z]{2,3}\$?|[$€£¥])?[ ]?[-–+(]?\d")
_APART = re.compile(r"[^\w(\"'»„“&+]|.*:(?:\s|$)")  # a bullet, or a label with its value
_DAY = re.compile(r"[\d./-]+")
_LEGAL = re.compile(r"\b(?:ltd|inc|corp|gmbh|llc|plc|ag|kg|co|bhd|s\.a|b\.v|n\.v)\.?,$", re.IGNORECASE)
_AND = re.compile(r"(?:und|oder|bzw\.?|and|or|et|ou|y|o|e|en|of)\b")
_JOINING = frozenset(
    "for of and the with from und für von der die et pour avec del y para con van voor och för".split()  # noqa: SIM905
)
_JOINING_CAPITALS = frozenset({"FOR", "OF", "AND", "THE", "UND", "FÜR", "WITH"})  # others are states: LA, DE


@dataclass(frozen=True)
class Below:
    """The lines below the first line of a cell that belong to it; ``more`` if further ones may."""

    lines: tuple[Span, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class _Word:
    """A word of a line: its place in the text, and on the page in points (in characters where there is no page)."""

    start: int
    end: int
    x0: float
    x1: float
    y0: float
    y1: float


_Line = list[_Word]


def cells_of(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The cells of a line: its parts between wide gaps."""
    cells, position = [], start
    for gap in [*_WIDE.finditer(text, start, end), None]:
        stop = gap.start() if gap else end
        if text[position:stop].strip():
            cells.append((position, stop))
        position = gap.end() if gap else end
    return cells


def ends_open(text: str) -> bool:
    """Whether a text cannot end there: behind a comma, a colon, *for* or the like, or within parentheses."""
    words = text.split()
    last = words[-1] if words else ""
    joining = last in (_JOINING_CAPITALS if text.isupper() else _JOINING)
    opened = re.search(r"\(\w", text) is not None and text.count("(") > text.count(")")
    return last.endswith((",", "&", ":")) or (len(words) > 1 and joining) or opened


def joined_lines(lines: Sequence[str]) -> str:
    """The text of a cell: its lines with a space between them, but not where one was broken at a hyphen or a slash."""
    text = lines[0]
    for line in lines[1:]:
        broken = re.search(r"[^\W\d_][-/]$", text) and line[:1].isalpha() and not _AND.match(line)
        text += line if broken else f" {line}"
    return " ".join(text.split())


class CellLines:
    """Finds the further lines of cells in one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._known: dict[int, _Line] = {}

    def below(self, start: int, end: int, in_row: bool = True) -> Below:
        """The lines of a cell below its first one, whose words are ``text[start:end]``.

        The cell ends at ``end``. Of a row, the numbers stand to the right of it; elsewhere only what ends open goes on.
        """
        text = self.document.text
        number = bisect.bisect_right(self._starts, start) - 1
        if number < 0:
            return Below()
        line = self.document.lines[number]
        if line.end - line.start > MOST_CHARACTERS or not (end >= line.end or _WIDE.match(text, end)):
            return Below()
        is_open = ends_open(text[start:end])
        row = self._line(number) if in_row or is_open else []
        own = [word for word in row if start <= word.start and word.end <= end]
        if not own or len(row) > MOST_WORDS or (own[0].x0 == 0 and not self.document.on_paper):
            return Below()  # in a text without pages every line begins at the left, but nobody indents one for nothing
        if any(self._begins_with_number(word) for word in row if word.start >= end):
            return self._in_row(number, own, is_open)
        if in_row and self._is_around_numbers(number, own):
            return Below(more=True)
        return self._in_form(number, own) if is_open else Below()

    def _is_around_numbers(self, number: int, own: _Line) -> bool:
        """Whether the lines of a cell stand above and below its numbers, or above the line that has them."""
        above, below = self._next_to(number, -1), self._next_to(number, 1)
        if below and self._has_numbers(below[0], own[-1].x1):
            others = [below[0], *below[1:2]]
        elif len(above) > 1 and self._has_numbers(above[0], own[-1].x1):
            others = [above[1]]
        else:
            return False
        cells = [cell for line in others if (cell := self._cell(line, own))]
        return self._says_a_name(own) and any(self._says_a_name(cell) for cell in cells)

    def _next_to(self, number: int, step: int) -> list[_Line]:
        """The two lines above (``step`` -1) or below (1) a line, as far as no blank line lies between."""
        found: list[_Line] = []
        for at in (number + step, number + 2 * step):
            first, last = sorted((at - step, at))
            if not 0 <= at < len(self._starts) or not self._line(at):
                break
            if self.document.text.count("\n", self.document.lines[first].end, self._starts[last]) != 1:
                break
            found.append(self._line(at))
        return found

    def _in_form(self, number: int, own: _Line) -> Below:
        """The next line of a cell that ends open and stands beside others; it is alone at the left of its line."""
        row, line = self._line(number), self._line(number + 1) if number + 1 < len(self._starts) else []
        if _LEGAL.search(self.document.text[own[0].start : own[-1].end]):
            return Below()  # a list of names, or the line of an address
        if own[0] is row[0] or not self._is_next(line, own) or (piece := self._cell(line, own)) != line[: len(piece)]:
            return Below()
        if not piece or any(word.start > own[-1].start and word.x0 < piece[-1].x1 for word in row):
            return Below()
        place = piece[0].start, piece[-1].end
        return Below() if _APART.match(self.document.text[slice(*place)]) else Below((place,))

    def _in_row(self, number: int, own: _Line, is_open: bool) -> Below:
        """The further lines of a cell in a row whose numbers stand to the right of it."""
        row = self._line(number)
        beside = next(word for word in row if word.start > own[-1].start)
        if not self._says_a_name(own) or beside.x0 <= own[-1].x1:
            return Below()
        near = self._near(number)
        edges = (word.x0 for line in near for word in line if _over(word, beside) and word.x0 > own[-1].x1)
        right = min(edges, default=beside.x0)
        cell = _Cell(own, row, right, self._longest(near, own, right))
        at = number + 1
        while (piece := self._piece(at, cell)) and (cell.goes_on(piece) or (is_open and len(cell.lines) == 1)):
            if len(cell.lines) > MOST_LINES:
                return Below(cell.below, more=True)
            cell.lines.append(piece)
            at += 1
        return Below(cell.below) if not cell.below or self._is_dense(number, cell) else Below((), more=True)

    def _is_dense(self, number: int, cell: _Cell) -> bool:
        """Whether the lines of a cell are nearer to each other than rows of its table are.

        In a text without pages all lines are as near; there the rows have to be numbered.
        """
        if not self.document.on_paper:
            return self._is_number(cell.row[0]) and cell.row[0].x1 < cell.lines[0][0].x0
        pitch = max(after[0].y0 - before[0].y0 for before, after in itertools.pairwise(cell.lines))
        height = cell.lines[0][0].y1 - cell.lines[0][0].y0
        tops = sorted({line[0].y0 for line in self._near(number) if self._has_numbers(line, cell.right)})
        gaps = [after - before for before, after in itertools.pairwise(tops)]
        first, last = cell.lines[0][0].y0, cell.lines[-1][0].y0
        gaps += [top - last for top in tops if top > last][:1]
        if number and (above := self._line(number - 1)) and 0 < first - above[0].y0 < BLOCK * height:
            gaps.append(first - above[0].y0)
        return pitch < min(gaps, default=INNER_PITCH * height) - (NEARER * height if gaps else 0)

    def _has_numbers(self, line: _Line, edge: float) -> bool:
        """Whether a number begins a cell from ``edge`` on to the right."""
        return any(word.x0 >= edge and self._begins_with_number(word) for word in line)

    def _near(self, number: int) -> list[_Line]:
        """The lines above and below a line, on its page."""
        page = self.document.page_of(self._starts[number])
        numbers = range(max(0, number - NEAR), min(number + NEAR, len(self._starts)))
        return [line for at in numbers if self.document.page_of(self._starts[at]) == page and (line := self._line(at))]

    def _longest(self, near: Sequence[_Line], own: _Line, right: float) -> float:
        """How far the lines of a column reach, whose next column begins at ``right``."""
        begun = [self._cell(line, own) for line in near]
        return max(line[-1].x1 for line in [own, *begun] if line and line[-1].x1 <= right)

    def _cell(self, line: _Line, above: _Line) -> _Line:
        """The words of the cell in ``line`` that begins where ``above`` does; none if there is no such cell."""
        edge = SAME_EDGE * (above[0].y1 - above[0].y0) if self.document.on_paper else 0
        first = next((at for at, word in enumerate(line) if abs(word.x0 - above[0].x0) <= edge), None)
        if first is None or (first and line[first - 1].x1 > line[first].x0 - edge / 2):
            return []
        cell = [line[first]]
        for word in line[first + 1 :]:
            if _WIDE.search(self.document.text, cell[-1].end, word.start):
                break
            cell.append(word)
        return cell

    def _says_a_name(self, words: _Line) -> bool:
        """Whether a line has a word of some letters, and no label."""
        said = self.document.text[words[0].start : words[-1].end]
        return bool(re.search(r"[^\W\d_]{3}", said)) and not re.search(r":(?:\s|$)", said) and not _is_code(said)

    def _piece(self, number: int, cell: _Cell) -> _Line | None:
        """The words of a line that stand in the cell; None if the line is no further line of its row."""
        line = self._line(number) if number < len(self._starts) else []
        if not self._is_next(line, cell.lines[-1]) or any(self._is_of_another_row(word, cell) for word in line):
            return None
        piece = self._cell(line, cell.lines[0])
        before = line[: line.index(piece[0])] if piece else []
        if not piece or not all(map(self._has_digit, before)):
            return None  # only codes may stand beside it
        if before and self._is_number(before[0]) and self._is_number(cell.row[0]) and _over(before[0], cell.row[0]):
            return None  # another row, with its number
        said = self.document.text[piece[0].start : piece[-1].end]
        apart = _APART.match(said) or (len(said) > 3 and (_is_code(said) or _DAY.fullmatch(said)))
        return None if piece[-1].x1 > cell.right or apart else piece

    def _is_next(self, line: _Line, above: _Line) -> bool:
        """Whether a line follows right below the words ``above``, on the same page."""
        height = above[0].y1 - above[0].y0
        return (
            bool(line)
            and len(line) <= MOST_WORDS
            and self.document.text.count("\n", above[-1].end, line[0].start) == 1
            and -height / 2 < line[0].y0 - above[0].y1 < NEXT_LINE * height
            and self.document.page_of(line[0].start) == self.document.page_of(above[0].start)
        )

    def _is_of_another_row(self, word: _Word, cell: _Cell) -> bool:
        """Whether a word beside the cell is a number, or stands where the row has one."""
        over = (other for other in cell.row if other.x0 >= cell.right and _over(word, other))
        return word.x0 >= cell.right and (self._has_digit(word) or any(map(self._has_digit, over)))

    def _begins_with_number(self, word: _Word) -> bool:
        """Whether a word begins a cell that is a number, with a currency or a unit at most."""
        text = self.document.text
        gap = text[max(0, word.start - 3) : word.start]
        if (gap.strip() and not gap.endswith(("\t", "| "))) or not _NUMBER.match(text, word.start):
            return False
        end = text.find("\n", word.start)
        said = _WIDE.split(text[word.start : len(text) if end < 0 else end], maxsplit=1)[0]
        return sum(map(str.isalpha, said)) <= 5

    def _has_digit(self, word: _Word) -> bool:
        return any(map(str.isdigit, self.document.text[word.start : word.end]))

    def _is_number(self, word: _Word) -> bool:
        return self.document.text[word.start : word.end].strip(".)").isdigit()

    @cached_property
    def _starts(self) -> list[int]:
        return [line.start for line in self.document.lines]

    @cached_property
    def _rows(self) -> list[int]:
        """The number of each line among all lines of the text, blank ones too."""
        text, starts = self.document.text, self._starts
        counts = (text.count("\n", before, after) for before, after in itertools.pairwise([0, *starts]))
        return list(itertools.accumulate(counts))

    def _line(self, number: int) -> _Line:
        if number not in self._known:
            line = self.document.lines[number]
            found = re.finditer(r"\S+", self.document.text[line.start : line.end])
            places = ((line.start + word.start(), line.start + word.end()) for word in found)
            self._known[number] = list(self._words(number, places))
        return self._known[number]

    def _words(self, number: int, places: Iterator[Span]) -> Iterator[_Word]:
        first = self._starts[number]
        for start, end in places:
            if not self.document.on_paper:
                row = self._rows[number]
                yield _Word(start, end, start - first, end - first, row, row + 1)
                continue
            corners = self.document.char_boxes[start:end]
            corners = corners[~np.isnan(corners[:, 0])]
            if len(corners):
                low, high = corners.min(axis=0), corners.max(axis=0)
                yield _Word(start, end, float(low[0]), float(high[2]), float(low[1]), float(high[3]))


class _Cell:
    """A cell so far: its lines, the words of its row, where the next column begins and how far this one reaches."""

    def __init__(self, first: _Line, row: _Line, right: float, longest: float) -> None:
        self.lines, self.row, self.right, self.longest = [first], row, right, longest

    @property
    def below(self) -> tuple[Span, ...]:
        """The places of its further lines."""
        return tuple((line[0].start, line[-1].end) for line in self.lines[1:])

    def goes_on(self, piece: _Line) -> bool:
        """Whether the first word of ``piece`` did not fit behind the last line of the cell."""
        last, left = self.lines[-1], self.lines[0][0].x0
        gaps = [after.x0 - before.x1 for line in (last, piece) for before, after in itertools.pairwise(line)]
        space = min(gaps, default=(last[-1].x1 - last[-1].x0) / (last[-1].end - last[-1].start) / 2)
        reach = last[-1].x1 + space + piece[0].x1 - piece[0].x0
        full = (reach - left) / (self.right - left)
        within = max(line[-1].x1 for line in [*self.lines, piece])
        return reach > within and (full >= NEARLY_FULL or (full >= HALF_FULL and reach > self.longest))


def _is_code(said: str) -> bool:
    return " " not in said and any(map(str.isdigit, said)) and not any(map(str.islower, said))


def _over(word: _Word, other: _Word) -> bool:
    return word.x0 < other.x1 and other.x0 < word.x1
