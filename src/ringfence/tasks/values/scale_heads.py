"""The amounts that stand under a head with a scale: below *in thousands of EUR* or *TEUR* 1,250 are 1.25 million."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from ..columns import MOST_ROWS, PROSE
from ..units import scale_heads

__all__ = ["under_scale_head"]

_OTHER_NUMBER = re.compile(r"\d[.,]\d|(?<![\d.,/])(?!(?:19|20)\d\d(?!\d))\d+(?![\d/])")


def under_scale_head(text: str) -> Callable[[int], bool]:
    """Whether a place stands below such a head, or behind it in its line.

    The head of one row, such as *Revenue in EUR million*, is for that row alone. That of a table counts for the lines
    below it, at most 60, until running text follows.
    """
    places: list[tuple[int, int]] = []
    for head in scale_heads(text):
        end = (text + "\n").index("\n", head.end())
        if not _OTHER_NUMBER.search(text, head.end(), end):
            end = _end_of_table(text, end)
        places.append((head.end(), end))
    places.sort()
    starts = [start for start, _ in places]
    reach = [max(end for _, end in places[: number + 1]) for number in range(len(places))]
    return lambda place: bool((number := bisect_right(starts, place)) and place < reach[number - 1])


def _end_of_table(text: str, start: int) -> int:
    """Where the table below a head ends."""
    end = start
    for line in re.compile(r"\n([^\n]*)").finditer(text, start):
        if len(line[1]) >= PROSE and not re.search(r"\S\s{2,}\S|\||\t", line[1]):
            return end
        end = line.end()
        if text.count("\n", start, end) > MOST_ROWS:
            return end
    return end
