"""The parts of a block of text: the rows of a table, and the prose before and behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..contracts import Span
from ..documents import Block
from ..documents.model import lines_of
from .headings import numbering_of
from .table_heads import has_cells

__all__ = ["Part", "parts_of"]

_SENTENCE = re.compile(r"(?:\S+ ){3,}.*[.!?]")
LONGEST = 100  # characters of a line of a table that has no cells


@dataclass(frozen=True)
class Part:
    """Lines of a block that stand together."""

    lines: Sequence[Span]
    is_table: bool

    @property
    def span(self) -> Span:
        """From the first line to the end of the last."""
        return self.lines[0][0], self.lines[-1][1]


def parts_of(text: str, block: Block) -> list[Part]:
    """Return the parts of a block: it holds a table if it has several lines, most of them with cells.

    A sentence or a numbered heading before its first row, as a reader of pages joins them, is prose; so is what
    follows one behind its last row.
    """
    lines = [(line.start, line.end) for line in lines_of(text[block.start : block.end], block.start)]
    if not text[block.start : block.end].strip():
        return []
    said = [text[start:end] for start, end in lines]
    rows = [number for number, line in enumerate(said) if has_cells(line)]
    if len(lines) < 2 or len(rows) * 2 <= len(lines):
        return [Part(lines, False)]
    first, last = rows[0], rows[-1]
    begin = max((number + 1 for number in range(first) if _is_prose(said, number)), default=0)
    end = next((number for number in range(last + 1, len(lines)) if _is_prose(said, number)), len(lines))
    parts = (Part(lines[:begin], False), Part(lines[begin:end], True), Part(lines[end:], False))
    return [part for part in parts if part.lines]


def _is_prose(lines: Sequence[str], place: int) -> bool:
    line, following = lines[place].strip(), "".join(lines[place + 1 : place + 2])
    number = numbering_of(line)
    is_heading = number and line[number.end :][:1].isupper() and not has_cells(line) and not numbering_of(following)
    return len(line) > LONGEST or _SENTENCE.fullmatch(line) is not None or bool(is_heading)
