"""Find the sentences in a range of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..contracts import Span

__all__ = ["sentences_of"]

# A sentence ends at a mark that a capital, a digit or a quotation mark follows; not after an abbreviation.
_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s+[\"'“‘(\[]?[^\W_a-zß-ÿ])|\n(?=\s*\n)|\n(?=[-#>•*] )")
_ABBREVIATED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|No|Nos|Nr|Art|Abs|Sec|Fig|Inc|Ltd|Co|Corp|approx|ca|bzw|vgl|etc|e\.g|i\.e|"
    r"z\.B|d\.h|U\.S|U\.K|Hr|Fr|Str|Tel|Bd)|\b[^\W\d_])\.$"
)


def sentences_of(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the sentences of ``text[start:end]`` in order, without the white space around them."""
    at = start
    for mark in _END.finditer(text, start, end):
        if mark.end() < end and not _ABBREVIATED.search(text[max(at, mark.end() - 12) : mark.end()]):
            yield from _trimmed(text, at, mark.end())
            at = mark.end()
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
