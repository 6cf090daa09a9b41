"""The amounts that stand under a head with a scale: below *in thousands of EUR* or *TEUR* 1,250 are 1.25 million."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from ..columns import MOST_ROWS, PROSE
from ..units import scale_heads

__all__ = ["under_scale_head"]

_LINE = re.compile(r"\n([^\n]*)")
_GAP = re.compile(r"\S\s{2,}\S|\||\t")
_OTHER_NUMBER = re.compile(r"\d[.,]\d|(?<![\d.,/])(?!(?:19|20)\d\d(?!\d))\d+(?![\d/])")


def under_scale_head(text: str) -> Callable[[int], bool]:
    """Whether a place stands below such a head, or behind it in its line.

    The head of one row, such as *Revenue in EUR million*, is for that row alone. That of a table counts for the lines
    below it, at most 60, until running text follows.
    """
    places: list[tuple[int, int]] = []
    last_numbers: dict[int, int] = {}  # of a line, by its end
    for _, head in scale_heads(text):
        end = text.find("\n", head.end())
        end = len(text) if end < 0 else end
        if end not in last_numbers:
            begin = text.rfind("\n", 0, head.end()) + 1
            last_numbers[end] = max((found.start() for found in _OTHER_NUMBER.finditer(text, begin, end)), default=-1)
        if last_numbers[end] < head.end():
            end = _end_of_table(text, end)
        places.append((head.end(), end))
    places.sort()
    starts = [start for start, _ in places]
    reach = list(accumulate((end for _, end in places), max))
    return lambda place: bool((number := bisect_right(starts, place)) and place < reach[number - 1])


def _end_of_table(text: str, start: int) -> int:
    """Where the table below a head ends."""
    end = start
    for number, line in enumerate(_LINE.finditer(text, start)):
        if number == MOST_ROWS or (len(line[1]) >= PROSE and not _GAP.search(line[1])):
            break
        end = line.end()
    return end
