"""Build the text layer of a document with pages: every character with its position on the page."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..contracts import UnreadPart
from .model import (
    Block,
    Document,
    Line,
    Page,
)
from .page_words import Glyph
from .pdf_layout import lay_out
from .reader import Source

__all__ = ["PaperBuilder"]

_NOWHERE = (float("nan"),) * 4


class PaperBuilder:
    """Collects pages of glyphs."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._boxes: list[tuple[float, float, float, float]] = []
        self._pages: list[Page] = []
        self._blocks: list[Block] = []
        self._lines: list[Line] = []
        self._ocr: list[tuple[int, int, float]] = []
        self.pages_by_ocr: dict[int, str] = {}  # reason for OCR by page number
        self.unread: list[UnreadPart] = []
        self._left_out: dict[tuple[str, str, str], dict[int, int]] = {}  # counts by page, by code and noun

    @property
    def empty(self) -> bool:
        """True if no page has any text."""
        return not self._lines

    @property
    def size(self) -> int:
        """The number of characters so far."""
        return len(self._text)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._text)

    def leave_out(self, code: str, nouns: tuple[str, str], page: int, count: int = 1) -> None:
        """Count parts of a page that are not in the text; ``nouns`` name one and several of them."""
        if count:
            pages = self._left_out.setdefault((code, *nouns), {})
            pages[page] = pages.get(page, 0) + count

    def _write(self, piece: str, box: tuple[float, float, float, float] | None = None) -> None:
        self._text.append(piece)
        self._boxes.append(box or _NOWHERE)

    def add_page(self, width: float, height: float, glyphs: list[Glyph]) -> None:
        """Add a page of ``width`` x ``height`` points; its glyphs are put into reading order."""
        if self._pages:
            self._write("\n")
            self._write("\n")
        page_start = len(self._text)
        for block in lay_out(glyphs):
            if len(self._text) > page_start:
                self._write("\n")
                self._write("\n")
            block_start = len(self._text)
            for row in block:
                if len(self._text) > block_start:
                    self._write("\n")
                line_start = len(self._text)
                for glyph in row:
                    self._write_glyph(glyph)
                self._lines.append(Line(line_start, len(self._text)))
            self._blocks.append(Block(block_start, len(self._text)))
        self._pages.append(Page(len(self._pages) + 1, width, height, page_start, len(self._text)))

    def _write_glyph(self, glyph: Glyph) -> None:
        start = len(self._text)
        for character in glyph.text:  # a letter and its accents
            self._write(character, glyph.on_paper or glyph.box)
        if glyph.confidence is not None:
            if self._ocr and self._ocr[-1][1] == start and self._ocr[-1][2] == glyph.confidence:
                self._ocr[-1] = (self._ocr[-1][0], len(self._text), glyph.confidence)
            else:
                self._ocr.append((start, len(self._text), glyph.confidence))

    def document(self, source: Source, sha256: str, read_by: str, metadata: dict[str, Any]) -> Document:
        """Return the finished document."""
        blank = [page.number for page in self._pages if page.start == page.end]
        facts: dict[str, Any] = {"pages_without_text": blank} if blank else {}
        if self.pages_by_ocr:
            facts["pages_by_ocr"] = {str(number): reason for number, reason in self.pages_by_ocr.items()}
        if source.root:
            facts["source"] = source.root
        for (code, one, several), pages in self._left_out.items():
            count = sum(pages.values())
            what = f"{count:,} {one if count == 1 else several} on {_places(list(pages))}"
            self.unread.append(UnreadPart(code=code, what=what))
        return Document(
            id=source.id,
            path=source.path.as_posix(),
            sha256=sha256,
            text="".join(self._text),
            pages=tuple(self._pages),
            blocks=tuple(self._blocks),
            lines=tuple(self._lines),
            read_by=read_by,
            metadata=metadata | facts,
            char_boxes=np.array(self._boxes, np.float32).reshape(-1, 4),
            ocr=tuple(self._ocr),
            unread=tuple(self.unread),
        )


def _places(pages: list[int]) -> str:
    """Return ``page 2``, ``pages 2 and 5`` or, of many, the first ones and their number."""
    if len(pages) == 1:
        return f"page {pages[0]}"
    if len(pages) > 6:
        return f"{len(pages)} pages, first on page {pages[0]}"
    return f"pages {', '.join(map(str, pages[:-1]))} and {pages[-1]}"
