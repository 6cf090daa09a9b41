"""The text layer of a document: canonical text, and where each character of it sits on the page.

Offsets are Unicode code points into ``Document.text``, end exclusive. Pages count from 1. Boxes are in PDF points with
the origin at the top left, rotation applied.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contracts import BoxFacts
from .segments import Segment, cut_segments

__all__ = ["Block", "Box", "Document", "Line", "Page"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in PDF points from the top left corner."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float

    def facts(self) -> BoxFacts:
        """The form of results, rounded to a tenth of a point."""
        corners = (round(one, 1) for one in (self.x0, self.y0, self.x1, self.y1))
        return BoxFacts(page=self.page, **dict(zip(("x0", "y0", "x1", "y1"), corners, strict=True)))


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number, its size in points (0 where the format has no pages) and its range of the text."""

    number: int
    width: float
    height: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; a row of a table is one line."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: a paragraph, an address, a table."""

    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """One source file, or one record of it, and its text layer.

    ``char_boxes`` holds a row (x0, y0, x1, y1) for each character, NaN for one that is not on paper (the spaces and
    newlines that the reader adds). It has no rows for formats without a page. ``addresses`` are ranges of the text
    with a place that people know where there is no page (``Sheet1!B7``, ``paragraph 12``), in order and apart.
    ``ocr`` are ranges that were read from a picture, with the confidence of the reader (0 to 1), in order and apart.
    """

    id: str
    path: str
    sha256: str
    text: str
    pages: Sequence[Page]
    blocks: Sequence[Block]
    lines: Sequence[Line]
    read_by: str
    metadata: dict[str, Any] = field(default_factory=dict)
    char_boxes: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 4), np.float32), compare=False)
    addresses: Sequence[tuple[int, int, str]] = ()
    ocr: Sequence[tuple[int, int, float]] = ()

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The smallest units that a span is made of."""
        return cut_segments(self.text)

    @property
    def on_paper(self) -> bool:
        """Whether its characters have places on pages."""
        return len(self.char_boxes) > 0

    def address(self, start: int, end: int) -> str | None:
        """Where ``text[start:end]`` stands in a format without pages; a span over several places names the first."""
        position = bisect.bisect_right(self.addresses, start, key=lambda entry: entry[0]) - 1
        if position < 0 or self.addresses[position][1] <= start:
            return None
        return self.addresses[position][2]

    def ocr_confidence(self, start: int, end: int) -> float | None:
        """The lowest confidence of the words in ``text[start:end]``; None where nothing of it was read from a picture."""
        first = bisect.bisect_right(self.ocr, start, key=lambda entry: entry[1])
        found = []
        for position in range(first, len(self.ocr)):
            if self.ocr[position][0] >= end:
                break
            found.append(self.ocr[position][2])
        return min(found, default=None)

    def page_of(self, offset: int) -> int:
        """The number of the page that holds the character at ``offset``."""
        position = bisect.bisect_right([page.start for page in self.pages], offset) - 1
        return self.pages[max(position, 0)].number

    def boxes(self, start: int, end: int) -> list[Box]:
        """The rectangles that cover ``text[start:end]``: one for each line that the span touches."""
        if not self.on_paper:
            return []
        found: list[Box] = []
        first = bisect.bisect_right(self.lines, start, key=lambda line: line.end)
        for line in self.lines[first:]:
            if line.start >= end:
                break
            spots = self.char_boxes[max(start, line.start) : min(end, line.end)]
            spots = spots[~np.isnan(spots[:, 0])]
            if len(spots):
                low, high = spots.min(axis=0), spots.max(axis=0)
                page = self.page_of(max(start, line.start))
                found.append(Box(page, float(low[0]), float(low[1]), float(high[2]), float(high[3])))
        return found


def lines_of(text: str, offset: int = 0) -> Iterable[Line]:
    """The lines of ``text`` that are not blank, shifted by ``offset``."""
    start = 0
    for row in text.split("\n"):
        if row.strip():
            yield Line(offset + start, offset + start + len(row))
        start += len(row) + 1


def blocks_of(text: str, lines: Sequence[Line]) -> Iterable[Block]:
    """Runs of lines with no blank line between them."""
    first: Line | None = None
    last: Line | None = None
    for line in lines:
        if first is None or last is None:
            first = line
        elif line.start - last.end > 1:
            yield Block(first.start, last.end)
            first = line
        last = line
    if first is not None and last is not None:
        yield Block(first.start, last.end)
