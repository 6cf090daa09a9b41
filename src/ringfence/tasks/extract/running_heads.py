"""Running heads and feet: lines at the edges of pages that stand there on other pages too. They are no rows."""

from __future__ import annotations

import bisect
import re
from collections import Counter

from ...contracts import Span
from ...documents import Document, cells_of

__all__ = ["running_heads"]

_AMOUNT = re.compile(r"\d[.,]\d\d(?!\d)")
LEAST_WORDS = 3
EDGE = 2  # lines at the top and at the bottom of a page


def running_heads(document: Document) -> frozenset[Span]:
    """The lines among the first or the last two of a page that other pages have there too, and no page elsewhere.

    ``ZUGFeRD 2.2, (c) FeRD 2022`` was a row of 3 invoices of 45, with the year as every number. Rows may be alike, and
    at the edges of pages (*Delivery   1   25.00*), but have numbers in cells of their own, or amounts.
    """
    text = document.text
    found: list[tuple[bool, str, Span]] = []
    for page in document.pages if len(document.pages) > 1 else ():
        first, last = (
            bisect.bisect_left(document.lines, place, key=lambda line: line.start) for place in (page.start, page.end)
        )
        lines = document.lines[first:last]
        for number in {*range(len(lines))[:EDGE], *range(len(lines))[-EDGE:]}:
            line = lines[number]
            if not _may_be_a_row(text, line.start, line.end):
                found.append((number < EDGE, text[line.start : line.end].strip(), (line.start, line.end)))
    pages = Counter((at_top, said) for at_top, said, _ in found)
    return frozenset(
        span for at_top, said, span in found if pages[at_top, said] > 1 and text.count(said) == pages[at_top, said]
    )


def _may_be_a_row(text: str, start: int, end: int) -> bool:
    """Whether a line has a number in a cell of its own, an amount, or hardly any words."""
    cells = [text[slice(*cell)].strip() for cell in cells_of(text, start, end)]
    words = re.findall(r"[^\W\d_]{2,}", text[start:end])
    return len(words) < LEAST_WORDS or any(cell[:1].isdigit() or _AMOUNT.search(cell) for cell in cells)
