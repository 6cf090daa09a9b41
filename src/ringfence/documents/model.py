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

    def as_json(self) -> dict[str, float]:
        """The contract's form, rounded to a tenth of a point."""
        corners = {name: round(getattr(self, name), 1) for name in ("x0", "y0", "x1", "y1")}
        return {"page": self.page, **corners}


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

    ``char_boxes`` holds one entry a character (x0, y0, x1, y1), or None for a character that is not on paper (the
    spaces and newlines that the reader adds). It is empty for formats without a page.
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
    char_boxes: Sequence[tuple[float, float, float, float] | None] = ()

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The smallest units that a span is made of."""
        return cut_segments(self.text)

    def page_of(self, offset: int) -> int:
        """The number of the page that holds the character at ``offset``."""
        position = bisect.bisect_right([page.start for page in self.pages], offset) - 1
        return self.pages[max(position, 0)].number

    def boxes(self, start: int, end: int) -> list[Box]:
        """The rectangles that cover ``text[start:end]``: one for each line that the span touches."""
        if not self.char_boxes:
            return []
        found: list[Box] = []
        for line in self.lines:
            if line.end <= start or line.start >= end:
                continue
            spots = [box for box in self.char_boxes[max(start, line.start) : min(end, line.end)] if box]
            if spots:
                found.append(
                    Box(
                        self.page_of(max(start, line.start)),
                        min(box[0] for box in spots),
                        min(box[1] for box in spots),
                        max(box[2] for box in spots),
                        max(box[3] for box in spots),
                    )
                )
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
