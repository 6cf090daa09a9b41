"""Build the text layer of a document with structure but no page layout: headings, lists, table rows, addresses.

The marks for structure (``# `` before a heading, ``## `` before one below it, ``- `` before an item, ``> `` before a
quoted line) are part of the text layer, so that spans and prompts refer to the same text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..contracts import UnreadPart
from ..errors import DocumentError
from .model import (
    Block,
    Document,
    Line,
    Page,
)
from .reader import Source, canonical

__all__ = ["BLANK_CELL", "LayerBuilder", "heading_mark"]

BLANK_CELL = "\u00b7"  # a middle dot: columns stay told apart by counting
# Characters nobody sees (soft hyphen, zero width space, word joiner, byte order mark), and the no-break hyphen.
_UNSEEN = {0xAD: None, 0x200B: None, 0x2060: None, 0xFEFF: None, 0x2011: "-"}


def heading_mark(level: int) -> str:
    """Return what stands before a heading of a level, from 1; nothing for level 0."""
    return f"{'#' * min(level, 6)} " if level else ""


class LayerBuilder:
    """Collects blocks in reading order. An ``address`` is a place that people recognise, such as ``Sheet1!B7``."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0
        self._lines: list[Line] = []
        self._blocks: list[Block] = []
        self._page_starts: list[int] = []
        self._addresses: list[tuple[int, int, str]] = []
        self._block_start: int | None = None
        self.unread: list[UnreadPart] = []

    @property
    def empty(self) -> bool:
        """True if nothing has been written."""
        return not self._lines

    def rows(self) -> list[str]:
        """Return the lines written so far."""
        text = "".join(self._pieces)
        return [text[line.start : line.end] for line in self._lines]

    def _write(self, text: str) -> tuple[int, int]:
        start = self._size
        self._pieces.append(text)
        self._size += len(text)
        return start, self._size

    def page(self) -> None:
        """Start a new page, slide or sheet."""
        self.end_block()
        self._page_starts.append(self._size)

    def end_block(self) -> None:
        """End the open block, if any."""
        if self._block_start is not None:
            self._blocks.append(Block(self._block_start, self._lines[-1].end))
            self._block_start = None

    def line(self, parts: Iterable[tuple[str, str | None]], gap: str = "   ") -> None:
        """Add a line to the open block: parts with their addresses, separated by ``gap``. Blank parts are dropped."""
        cleaned = [(_spaced(canonical(text.translate(_UNSEEN))), address) for text, address in parts]
        cleaned = [(text, address) for text, address in cleaned if text]
        if not cleaned:
            return
        if self._size:
            self._write("\n" if self._block_start is not None else "\n\n")
        line_start = self._size
        if self._block_start is None:
            self._block_start = line_start
        for position, (text, address) in enumerate(cleaned):
            if position:
                self._write(gap)
            start, end = self._write(text)
            if address:
                self._addresses.append((start, end, address))
        self._lines.append(Line(line_start, self._size))

    def paragraph(self, text: str, address: str | None = None, mark: str = "") -> None:
        """Add a block of one or more lines, each with ``mark`` (``# ``, ``- ``, ``> ``) before it."""
        self.end_block()
        self.lines(text, address, mark)
        self.end_block()

    def lines(self, text: str, address: str | None = None, mark: str = "") -> None:
        """Add lines to the open block, each with ``mark`` before it."""
        for row in canonical(text).split("\n"):
            if row.strip():
                self.line([(f"{mark}{row}", address)])

    def table(
        self, rows: Iterable[Sequence[tuple[str, str | None]]], mark: str = "", columns: Iterable[int] = ()
    ) -> None:
        """Add rows of cells (text and address) to the open block, so that each value shows which column it is in.

        A blank cell before the last filled one of its row is written as a middle dot. Columns that are blank in all
        rows are left out, unless they are among the ``columns`` that rows elsewhere fill.
        """
        spaced = [[(_in_cell(text), address) for text, address in row] for row in rows]
        kept = [row for row in spaced if any(text for text, _ in row)]
        filled = sorted({*columns, *(column for row in kept for column, (text, _) in enumerate(row) if text)})
        for row in kept:
            last = max(column for column, (text, _) in enumerate(row) if text)
            cells = [row[column] for column in filled if column <= last]
            cells = [cell if cell[0] else (BLANK_CELL, None) for cell in cells]
            self.line([(f"{mark}{cells[0][0]}", cells[0][1]), *cells[1:]])

    def document(
        self,
        source: Source,
        sha256: str,
        read_by: str,
        metadata: dict[str, Any] | None = None,
        ocr: Iterable[tuple[int, int, float]] = (),
    ) -> Document:
        """Return the finished document. Raises DocumentError if nothing was written."""
        self.end_block()
        if self.empty:
            parts = ", ".join(part.what for part in self.unread)
            raise DocumentError("empty", f"it contains no text; not read: {parts}" if parts else "it contains no text")
        starts = self._page_starts or [0]
        starts[0] = 0
        starts = [min(start + 2, self._size) if start else 0 for start in starts]
        ends = [max(start, following - 2) for start, following in itertools.pairwise(starts)] + [self._size]
        pages = tuple(
            Page(number, 0, 0, start, end)
            for number, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
        )
        return Document(
            id=source.id,
            path=source.path.as_posix(),
            sha256=sha256,
            text="".join(self._pieces),
            pages=pages,
            blocks=tuple(self._blocks),
            lines=tuple(self._lines),
            read_by=read_by,
            metadata={**(metadata or {}), **({"source": source.root} if source.root else {})},
            char_boxes=np.empty((0, 4), np.float32),
            addresses=tuple(self._addresses),
            ocr=tuple(ocr),
            unread=tuple(self.unread),
        )


# What keeps the words on both sides apart: a tab, three spaces, or two between numbers: EUR 95  760.00 are two.
_GAP = re.compile(r"[ \u00a0]*\t[ \u00a0\t]*|[ \u00a0]{3,}|(?:(?<=\d)|(?<=\d[%€$£)]))[ \u00a0]{2}(?=[-+(€$£]{0,2}\d)")


def _spaced(text: str) -> str:
    """Return a line with single spaces, but for the gaps that keep words apart."""
    return "   ".join(" ".join(part.split()) for part in _GAP.split(text) if part.strip())


def _in_cell(text: str) -> str:
    """Return the words of a cell on one line without a gap, which would look like the next column.

    Numbers on lines of their own stay apart: 250 above 300 is not 250 300.
    """
    joined = ""
    for part in (part for row in text.split("\n") for part in _GAP.split(row)):
        words = " ".join(part.split())
        apart = re.search(r"\d\W{0,2}$", joined) and re.match(r"\W{0,2}\d", words)
        joined += f"{' | ' if apart else ' ' if joined and words else ''}{words}"
    return joined
