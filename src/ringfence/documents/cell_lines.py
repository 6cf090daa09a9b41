"""The lines of a table's cell: a name in a narrow column goes on below, while the amounts beside it do not.

A cell goes on where its next word did not fit. So of two lines with the same left edge the second belongs to the first
if its first word, written behind it, would reach beyond the longest line of the cell, and nearly to the next column.
Half of the way is enough if no line of the column reaches so far: numbers at the right edge of theirs leave room.
A line that begins below a short one was begun on purpose: it is a remark, an article number, another record. But what
ends with a comma or with a word such as *for* goes on in any case.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..contracts import Span
from .model import Document

__all__ = ["CellLines", "ends_open", "joined_lines"]

NEAR = 15  # lines above and below that show the edge of a column
MOST_LINES = 4  # of a cell, below its first one
SAME_EDGE = 0.2  # of the height of the line: left edges of one cell differ by less
NEXT_LINE = 0.75  # of the height of the line: a wider gap between two lines parts two blocks
NEARLY_FULL, HALF_FULL = (
    0.7,
    0.5,
)  # of the way to the next column; the wrapped cells of 24 invoices would reach 0.47 to 1.3
_WIDE = re.compile(r"[ \u00a0]{3,}|\t|[ ]\|[ ]")
_NUMBER = re.compile(r"[-–+(]*[$€£¥]?\d[\d.,'’]*[)%]*")
_APART = re.compile(r"[^\w(\"'»„“&+]|.*:(?:\s|$)")  # a bullet, or a label with its value


_JOINING = frozenset(
    """
    for of and the with from und für von der die des dem den mit de du la le les et pour avec del della di con para los
    las van het voor och för og til
    """.split()  # noqa: SIM905 - a list of strings would take a line for each
)


@dataclass(frozen=True)
class _Word:
    """A word of a line: its place in the text, and on the page in points (in characters where there is no page)."""

    start: int
    end: int
    x0: float
    x1: float
    y0: float
    y1: float


def ends_open(text: str) -> bool:
    """Whether a text cannot end there: behind a comma, *for* or the like, or within parentheses."""
    words = text.split()
    last = words[-1] if words else ""
    joining = last in _JOINING or (text.isupper() and last.casefold() in _JOINING)
    return last.endswith((",", "&", "/", "(")) or (len(words) > 1 and joining) or text.count("(") > text.count(")")


def joined_lines(lines: Sequence[str]) -> str:
    """The text of a cell: its lines with a space between them, but not where one was broken at a hyphen or a slash."""
    text = lines[0]
    for line in lines[1:]:
        text += line if re.search(r"\w[-/]$", text) else f" {line}"
    return " ".join(text.split())


class CellLines:
    """Finds the further lines of cells in one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._words: dict[int, list[_Word]] = {}

    @cached_property
    def _starts(self) -> list[int]:
        return [line.start for line in self.document.lines]

    def below(self, start: int, end: int, in_row: bool = True) -> tuple[Span, ...]:
        """The lines of a cell below its first one, whose words are ``text[start:end]``; () if there are none.

        The cell ends at ``end``. Of a row, the numbers stand to the right of it; elsewhere only what ends open goes on.
        """
        number = bisect.bisect_right(self._starts, start) - 1
        if number < 0 or not self._ends_cell(number, end):
            return ()
        row = self._line(number)
        own = [word for word in row if start <= word.start and word.end <= end]
        is_open = ends_open(self.document.text[start:end])
        if not own or (own[0].x0 == 0 and not self.document.on_paper) or not (in_row or is_open):
            return ()  # in a text without pages every line begins at the left, but nobody indents one for nothing
        if any(map(self._begins_with_number, (word for word in row if word.start >= end))):
            return self._in_row(number, own, is_open)
        return self._in_form(number, own) if is_open else ()

    def _ends_cell(self, number: int, end: int) -> bool:
        return end >= self.document.lines[number].end or _WIDE.match(self.document.text, end) is not None

    def _in_form(self, number: int, own: list[_Word]) -> tuple[Span, ...]:
        """The next line of a cell that ends open, in a line of several cells."""
        line = self.document.lines[number]
        if number + 1 >= len(self._starts) or not _WIDE.search(self.document.text, line.start, line.end):
            return ()
        following = self._line(number + 1)
        piece = self._from_edge(following, own) if self._is_next(following, own) else []
        if not piece or any(word.start > own[-1].start and word.x0 < piece[-1].x1 for word in self._line(number)):
            return ()
        place = piece[0].start, piece[-1].end
        return () if _APART.match(self.document.text[slice(*place)]) else (place,)

    def _in_row(self, number: int, own: list[_Word], is_open: bool) -> tuple[Span, ...]:
        """The further lines of a cell in a row whose numbers stand to the right of it."""
        if not self._says_a_name(own):
            return ()
        row, near = self._line(number), self._near(number)
        beside = next(word for word in row if word.start > own[-1].start)
        right = min(word.x0 for line in near for word in line if _over(word, beside) and word.x0 > own[-1].x1)
        cell = _Cell(own, row, right, self._longest(near, own, right))
        for at in range(number + 1, min(number + 1 + MOST_LINES, len(self._starts))):
            piece = self._piece(at, cell)
            if piece is None or not (cell.goes_on(piece) or (is_open and len(cell.lines) == 1)):
                break
            cell.lines.append(piece)
        return tuple((piece[0].start, piece[-1].end) for piece in cell.lines[1:])

    def _near(self, number: int) -> list[list[_Word]]:
        """The lines above and below a line, on its page."""
        page = self.document.page_of(self._starts[number])
        numbers = range(max(0, number - NEAR), min(number + NEAR, len(self._starts)))
        return [self._line(at) for at in numbers if self.document.page_of(self._starts[at]) == page]

    def _longest(self, near: Sequence[list[_Word]], own: list[_Word], right: float) -> float:
        """How far the lines of a column reach, whose next column begins at ``right``."""
        begun = [self._from_edge(line, own) for line in near]
        return max(line[-1].x1 for line in [own, *begun] if line and line[-1].x1 <= right)

    def _from_edge(self, line: list[_Word], above: list[_Word]) -> list[_Word]:
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

    def _says_a_name(self, words: list[_Word]) -> bool:
        """Whether a line has a word of some letters, and no label."""
        said = self.document.text[words[0].start : words[-1].end]
        return bool(re.search(r"[^\W\d_]{3}", said)) and not re.search(r":(?:\s|$)", said) and not _is_code(said)

    def _piece(self, number: int, cell: _Cell) -> list[_Word] | None:
        """The words of a line that stand in the cell; None if the line is no further line of its row."""
        line = self._line(number)
        if not self._is_next(line, cell.lines[-1]):
            return None
        if any(self._is_of_another_row(word, cell) for word in line):
            return None
        piece = self._from_edge(line, cell.lines[0])
        if not piece:
            return None
        before = line[: line.index(piece[0])]
        if not all(map(self._has_digit, before)):
            return None  # only codes may stand beside it
        if before and self._is_number(before[0]) and self._is_number(cell.row[0]) and _over(before[0], cell.row[0]):
            return None  # another row, with its number
        said = self.document.text[piece[0].start : piece[-1].end]
        return None if piece[-1].x1 > cell.right or _APART.match(said) else piece

    def _is_next(self, line: list[_Word], above: list[_Word]) -> bool:
        """Whether a line follows right below the words ``above``, on the same page."""
        height = above[0].y1 - above[0].y0
        return (
            bool(line)
            and -height / 2 < line[0].y0 - above[0].y1 < NEXT_LINE * height
            and self.document.page_of(line[0].start) == self.document.page_of(above[0].start)
        )

    def _line(self, number: int) -> list[_Word]:
        """The words of a line."""
        if number not in self._words:
            line = self.document.lines[number]
            places = [
                (line.start + found.start(), line.start + found.end())
                for found in re.finditer(r"\S+", self.document.text[line.start : line.end])
            ]
            words = [self._word(start, end, line.start) for start, end in places]
            self._words[number] = [word for word in words if word is not None]
        return self._words[number]

    def _word(self, start: int, end: int, line: int) -> _Word | None:
        if not self.document.on_paper:
            row = self.document.text.count("\n", 0, line)
            return _Word(start, end, start - line, end - line, row, row + 1)
        corners = self.document.char_boxes[start:end]
        corners = corners[~np.isnan(corners[:, 0])]
        if not len(corners):
            return None
        low, high = corners.min(axis=0), corners.max(axis=0)
        return _Word(start, end, float(low[0]), float(high[2]), float(low[1]), float(high[3]))

    def _is_of_another_row(self, word: _Word, cell: _Cell) -> bool:
        """Whether a word beside the cell is a number, or stands where the row has one."""
        over = (other for other in cell.row if other.x0 >= cell.right and _over(word, other))
        return word.x0 >= cell.right and (self._has_digit(word) or any(map(self._has_digit, over)))

    def _begins_with_number(self, word: _Word) -> bool:
        """Whether a word is the number with which a cell begins."""
        gap = self.document.text[max(0, word.start - 3) : word.start]
        number = _NUMBER.fullmatch(self.document.text, word.start, word.end)
        return number is not None and (not gap.strip() or gap.endswith(("\t", "| ")))

    def _has_digit(self, word: _Word) -> bool:
        return any(map(str.isdigit, self.document.text[word.start : word.end]))

    def _is_number(self, word: _Word) -> bool:
        return self.document.text[word.start : word.end].strip(".)").isdigit()


class _Cell:
    """A cell so far: its lines, the words of its row, where the next column begins and how far this one reaches."""

    def __init__(self, first: list[_Word], row: list[_Word], right: float, longest: float) -> None:
        self.lines, self.row, self.right, self.longest = [first], row, right, longest

    def goes_on(self, piece: list[_Word]) -> bool:
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
