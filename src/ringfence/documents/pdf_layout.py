"""Put glyphs into reading order: blocks of lines, with a table row as one line and columns kept apart.

The steps: glyphs -> words -> lines (by baseline) -> cells (by wide gaps) -> bands of lines that share a gutter. If the
two sides of a band have different baselines, or both contain prose, the band is two columns and is read one column
after the other. Any other band is a table and is read row by row, with three spaces between cells.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cached_property
from statistics import median

from .page_words import Extent, Glyph, Word, reads_leftwards, words_of
from .right_to_left import in_reading_order

__all__ = ["Extent", "Glyph", "lay_out"]

CELL_GAP = 1.1  # in line heights; justified prose stays below 0.9
UNEVEN, UNEVEN_GAP = 0.25, 0.5  # words of one size on two baselines: a narrower gap parts them
COLUMN_GAP = 1.6
NEAR = 12  # lines above and below that show the columns of a table
PROSE = 4.0  # words a line, on average
SENTENCE_GAP = 3.0  # in line heights; some set a wide space between two sentences
BLOCK_GAP = 0.75  # in line heights; the gap between two lines of a block is smaller


SPACE = Glyph(" ", None)


class Cell:
    """Words in a line with ordinary spaces between them."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.x0, self.x1 = words[0].x0, max(word.x1 for word in words)

    def add(self, word: Word) -> None:
        """Add a word on the right."""
        self.words.append(word)
        self.x1 = max(self.x1, word.x1)

    @cached_property
    def middle(self) -> float:
        """The height of its middle on the page."""
        return sum(word.middle for word in self.words) / len(self.words)

    @cached_property
    def text(self) -> str:
        """Its words, in the order on the page."""
        return " ".join(word.text for word in self.words)


Row = list[Cell]


def lay_out(glyphs: Sequence[Glyph]) -> list[list[list[Glyph]]]:
    """Return blocks of lines of glyphs in reading order; text rotated relative to the page comes last."""
    upright = words_of(glyph for glyph in glyphs if glyph.turns == 0)
    blocks = [[_glyphs_of(row) for row in block] for block in _blocks(_rows(upright))] if upright else []
    for turns in (1, 2, 3):
        turned = [_turned_back(glyph, turns) for glyph in glyphs if glyph.turns == turns]
        words = words_of(turned)
        if words:
            origin = {
                id(turned_glyph): glyph
                for turned_glyph, glyph in zip(turned, (g for g in glyphs if g.turns == turns), strict=True)
            }
            for block in _blocks(_rows(words)):
                blocks.append([[origin.get(id(glyph), glyph) for glyph in _glyphs_of(row)] for row in block])
    return blocks


def _turned_back(glyph: Glyph, turns: int) -> Glyph:
    assert glyph.box is not None
    x0, y0, x1, y1 = glyph.box
    box = {1: (y0, -x1, y1, -x0), 2: (-x1, -y1, -x0, -y0), 3: (-y1, x0, -y0, x1)}[turns]
    return glyph._replace(box=box, on_paper=None)


def _rows(words: list[Word]) -> list[Row]:
    """Return the lines from top to bottom, each as its cells from left to right."""
    lines: list[list[Word]] = []
    centres: list[float] = []
    for word in sorted(words, key=lambda word: (word.middle, word.x0)):
        for position in range(len(lines) - 1, max(len(lines) - 6, -1), -1):
            smallest = min(word.height, median(other.height for other in lines[position][-5:]))
            if abs(centres[position] - word.middle) < 0.42 * smallest:
                lines[position].append(word)
                centres[position] += (word.middle - centres[position]) / len(lines[position])
                break
        else:
            lines.append([word])
            centres.append(word.middle)
    order = sorted(range(len(lines)), key=centres.__getitem__)
    return _numbers_apart([_cells(sorted(lines[position], key=lambda word: word.x0)) for position in order])


def _cells(line: list[Word]) -> Row:
    cells = [Cell([line[0]])]
    for word in line[1:]:
        gap, last = word.x0 - cells[-1].x1, cells[-1].words[-1]
        height = min(word.height, last.height)
        uneven = abs(word.middle - last.middle) > UNEVEN * height and abs(word.height - last.height) < UNEVEN * height
        if gap > (UNEVEN_GAP if uneven else CELL_GAP) * height:
            cells.append(Cell([word]))
        else:
            cells[-1].add(word)
    return cells


def _numbers_apart(rows: list[Row]) -> list[Row]:
    """Cut cells between two numbers that belong to two columns: a quantity and a price are not one number.

    A space inside a number is no wider than a digit, nor wider than the other spaces of its line. A narrower gap parts
    two numbers if cells of a line nearby end at both of them.
    """
    apart = []
    for position, row in enumerate(rows):
        cells: Row = []
        for cell in row:
            start = 0
            for index in range(1, len(cell.words)):
                if cell.words[index - 1].text[-1].isdigit() and cell.words[index].text[0].isdigit():
                    near = rows[max(0, position - NEAR) : position] + rows[position + 1 : position + NEAR]
                    if _is_wide(cell, index) or _parts_columns(cell, index, near):
                        cells.append(Cell(cell.words[start:index]))
                        start = index
            cells.append(Cell(cell.words[start:]))
        apart.append(cells)
    return apart


def _is_wide(cell: Cell, index: int) -> bool:
    """Return whether the gap before a word is wider than a digit and than the other gaps of the cell.

    A gap nearly as wide as a digit parts as well if the others are much narrower, but not before three digits, which
    such a gap may group.
    """
    gaps = [right.x0 - left.x1 for left, right in itertools.pairwise(cell.words)]
    others = gaps[: index - 1] + gaps[index:]
    word = cell.words[index - 1]
    digit = (word.x1 - word.x0) / len(word.glyphs)
    usual = median(others) if others else 0.0
    if gaps[index - 1] > max(1.1 * digit, 1.4 * usual):
        return True
    grouped = re.match(r"\d{3}(?!\d)", cell.words[index].text) is not None
    return bool(others) and not grouped and gaps[index - 1] > max(0.8 * digit, 1.7 * usual)


def _parts_columns(cell: Cell, index: int, near: list[Row]) -> bool:
    """Return whether a line nearby has one cell that ends with each of two neighbouring words."""
    left, right = cell.words[index - 1], cell.words[index]
    slack = 0.15 * left.height
    for row in near:
        ends = [other.x1 for other in row]
        if any(abs(end - left.x1) < slack for end in ends) and any(abs(end - right.x1) < slack for end in ends):
            return True
    return False


def _blocks(rows: list[Row]) -> list[list[Row]]:
    """Split rows into bands with or without columns, and those bands into blocks at wide vertical gaps."""
    blocks: list[list[Row]] = []
    start = 0
    while start < len(rows):
        end, gutter = _column_band(rows, start)
        if gutter is None:
            stop = start + 1
            while stop < len(rows) and _column_band(rows, stop)[1] is None:
                stop += 1
            blocks.extend(_paragraphs(rows[start:stop]))
            start = stop
        else:
            band = rows[start:end]
            for left in (False, True) if _reads_leftwards(band) else (True, False):
                side = [cells for row in band if (cells := [cell for cell in row if (cell.x0 < gutter) == left])]
                blocks.extend(_blocks(side))
            start = end
    return blocks


def _reads_leftwards(band: list[Row]) -> bool:
    """Return whether most letters of a band belong to right-to-left scripts: its right column comes first."""
    letters = [letter for row in band for cell in row for letter in cell.text if letter.isalpha()]
    return sum(map(reads_leftwards, letters)) > len(letters) / 2


def _column_band(rows: list[Row], start: int) -> tuple[int, float | None]:
    """Find the longest band from ``start`` that one gutter divides into columns.

    Return its end and the horizontal position of the gutter; ``start`` and None if there is no such band.
    """
    for left, right in zip(rows[start], rows[start][1:], strict=False):
        low, high = left.x1, right.x0
        height = left.words[-1].height
        if high - low < COLUMN_GAP * height:
            continue
        end = start + 1
        while end < len(rows):
            low_now, high_now = low, high
            for cell in rows[end]:
                if cell.x1 <= (low + high) / 2:
                    low_now = max(low_now, cell.x1)
                elif cell.x0 >= (low + high) / 2:
                    high_now = min(high_now, cell.x0)
                else:
                    high_now = low_now - 1
            if high_now - low_now < 0.8 * COLUMN_GAP * height:
                break
            low, high = low_now, high_now
            end += 1
        middle = (low + high) / 2
        if _is_columns(rows[start:end], middle, height):
            return end, middle
        end = min(end, start + len(_paragraphs(rows[start:end])[0]))
        if _are_addresses(rows[start:end], middle) and high - low > 3 * height:
            return end, middle
    return start, None


def _sides(band: list[Row], gutter: float) -> tuple[list[Row], list[Row]]:
    """Return the cells left and right of the gutter, row by row; empty if a row has none on that side."""
    left, right = ([[cell for cell in row if (cell.x0 < gutter) == side] for row in band] for side in (True, False))
    return left, right


def _is_columns(band: list[Row], gutter: float, height: float) -> bool:
    """Return whether a band is two columns of text: prose on both sides, or different baselines."""
    left, right = _sides(band, gutter)
    present = [[position for position, cells in enumerate(side) if cells] for side in (left, right)]
    if not all(present):
        return False
    first, last = max(side[0] for side in present), min(side[-1] for side in present)
    left, right = left[first : last + 1], right[first : last + 1]
    fewest = min(sum(map(bool, left)), sum(map(bool, right)))
    if fewest < 3:
        return False
    pairs = [(cells, others) for cells, others in zip(left, right, strict=True) if cells and others]
    aligned = sum(abs(cells[-1].middle - others[0].middle) < 0.12 * height for cells, others in pairs)
    # In a table whose cells have several lines the baselines differ too, but its rows have many cells.
    few_cells = sum(map(len, left)) <= 1.3 * sum(map(bool, left)) and sum(map(len, right)) <= 2.5 * sum(
        map(bool, right)
    )
    if aligned < 0.5 * fewest and few_cells:
        return True
    return all(_is_text(side, words=PROSE) for side in (left, right))


def _are_addresses(band: list[Row], gutter: float) -> bool:
    """Return whether a band is two short text blocks, such as two addresses, and not labels with values."""
    left, right = _sides(band, gutter)
    labels = any(cells and cells[-1].text.endswith(":") for cells in left)
    return 3 <= len(band) <= 8 and not labels and all(_is_text(side, words=1.6) and all(side) for side in (left, right))


def _is_text(side: list[Row], words: float) -> bool:
    lines = [cells for cells in side if cells]
    texts = [cells[0].text for cells in lines]
    letters = sum(character.isalpha() for text in texts for character in text) / max(1, sum(map(len, texts)))
    cut = [cells for cells in lines if len(cells) > 1]
    prose = len(cut) <= len(lines) / 3 and all(map(_is_one_line, cut))
    return (
        (prose if words >= PROSE else not cut)
        and letters > 0.62
        and sum(len(text.split()) for text in texts) >= words * (len(texts) - len(cut))
    )


def _is_one_line(cells: Row) -> bool:
    """Return whether the gaps in a line are those between its sentences, and not between the cells of a table."""
    narrow = all(right.x0 - left.x1 < SENTENCE_GAP * left.words[-1].height for left, right in itertools.pairwise(cells))
    return narrow and all(any(letter.islower() for letter in cell.text) for cell in cells)


def _paragraphs(rows: list[Row]) -> list[list[Row]]:
    blocks: list[list[Row]] = []
    bottom = 0.0
    for row in rows:
        words = [word for cell in row for word in cell.words]
        top, height = min(word.y0 for word in words), median(word.height for word in words)
        if not blocks or top - bottom > BLOCK_GAP * height:
            blocks.append([])
        blocks[-1].append(row)
        bottom = max(word.y1 for word in words)
    return blocks


def _glyphs_of(row: Row) -> list[Glyph]:
    glyphs: list[Glyph] = []
    for cell in row:
        if glyphs:
            glyphs += [SPACE] * 3
        for position, word in enumerate(cell.words):
            if position:
                glyphs.append(SPACE)
            glyphs += word.glyphs
    return in_reading_order(glyphs)
