"""The text layer of a document: canonical text and the position of each character on its page.

Offsets are Unicode code points into ``Document.text``, end exclusive. Pages are numbered from 1. Boxes are in
PDF points from the top left corner, with the page's rotation applied.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contracts import BoxFacts, UnreadPart
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
        """Return the box as written to results, rounded to 0.1 point."""
        corners = (round(coordinate, 1) for coordinate in (self.x0, self.y0, self.x1, self.y1))
        return BoxFacts(page=self.page, **dict(zip(("x0", "y0", "x1", "y1"), corners, strict=True)))


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its number, its size in points (0 if the format has no pages) and its range of the text."""

    number: int
    width: float
    height: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; a table row is one line."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together, such as a paragraph, an address or a table."""

    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """A source file, or one record of it, and its text layer.

    ``char_boxes`` has one row (x0, y0, x1, y1) per character, with NaN for characters that are not on the page (spaces
    and newlines that the reader adds). It has no rows if the format has no pages. ``addresses`` maps ranges of the
    text to places in formats without pages (``Sheet1!B7``, ``paragraph 12``). ``ocr`` lists the ranges read by OCR
    with their confidence (0 to 1). Both are sorted and do not overlap. ``unread`` names the parts of the file that are
    not in the text: what the reader cannot read, and what no reader of the paper sees.
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
    unread: Sequence[UnreadPart] = ()

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The smallest units of a span."""
        return cut_segments(self.text)

    @property
    def on_paper(self) -> bool:
        """True if the characters have positions on pages."""
        return len(self.char_boxes) > 0

    def address(self, start: int, end: int) -> str | None:
        """Return the address of ``text[start:end]``; None if it has none, as in formats with pages.

        A span over several addresses gets the first.
        """
        position = bisect.bisect_right(self.addresses, start, key=lambda entry: entry[0]) - 1
        if position < 0 or self.addresses[position][1] <= start:
            return None
        return self.addresses[position][2]

    def ocr_confidence(self, start: int, end: int) -> float | None:
        """Return the lowest OCR confidence of the words in ``text[start:end]``; None if OCR read none of them."""
        first = bisect.bisect_right(self.ocr, start, key=lambda entry: entry[1])
        confidences = []
        for position in range(first, len(self.ocr)):
            if self.ocr[position][0] >= end:
                break
            confidences.append(self.ocr[position][2])
        return min(confidences, default=None)

    def page_of(self, offset: int) -> int:
        """Return the number of the page that contains the character at ``offset``."""
        position = bisect.bisect_right([page.start for page in self.pages], offset) - 1
        return self.pages[max(position, 0)].number

    def line_at(self, offset: int) -> int:
        """Return the number, from 0, of the line that contains the character at ``offset``."""
        return max(0, bisect.bisect_right(self.lines, offset, key=lambda line: line.start) - 1)

    def boxes(self, start: int, end: int) -> list[Box]:
        """Return the boxes that cover ``text[start:end]``, one per line of the span."""
        if not self.on_paper:
            return []
        boxes: list[Box] = []
        first = bisect.bisect_right(self.lines, start, key=lambda line: line.end)
        for line in self.lines[first:]:
            if line.start >= end:
                break
            corners = self.char_boxes[max(start, line.start) : min(end, line.end)]
            corners = corners[~np.isnan(corners[:, 0])]
            if len(corners):
                low, high = corners.min(axis=0), corners.max(axis=0)
                page = self.page_of(max(start, line.start))
                boxes.append(Box(page, float(low[0]), float(low[1]), float(high[2]), float(high[3])))
        return boxes


def lines_of(text: str, offset: int = 0) -> Iterable[Line]:
    """Yield the non-blank lines of ``text``, shifted by ``offset``."""
    start = 0
    for row in text.split("\n"):
        if row.strip():
            yield Line(offset + start, offset + start + len(row))
        start += len(row) + 1


def blocks_of(text: str, lines: Sequence[Line]) -> Iterable[Block]:
    """Yield runs of ``lines`` without a blank line between them."""
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
