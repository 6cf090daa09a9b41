"""The lines of a table's head, which stand before every passage of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["goes_on", "head_lines", "table_head"]

MOST_CHARACTERS, MOST_LINES = 240, 4  # of a head, as it is shown
_CELL = re.compile(r"\t| \| |   +")
# What a head may say with digits, word by word: years, days, quarters and lengths of time.
_TIME = re.compile(
    r"(?:(?:19|20)\d\d(?:/\d\d)?|\d{1,2}(?:st|nd|rd|th)?|\d{1,2}[./-]\d{1,2}[./-](?:\d\d){1,2}|[QHTS][1-4]|FY\d*|"
    r"(?:jan|feb|mar|mär|apr|may|mai|mag|mei|jun|jui|giu|jul|lug|aug|aoû|ago|sep|set|oct|okt|ott|nov|dec|dez|déc|dic)\w*|"
    r"months?|weeks?|days?|years?|quarters?|fiscal|monate?|tage?|jahre?|quartal|mois|an(?:née)?s?|trimestre|"
    r"three|six|nine|twelve|less|than|or|more|greater|to|as|of|at|bis|zum|am|au|al|ended?|ending|through|and|[-–/])[.,]?",
    re.I,
)
_EMPTY = re.compile(r"[-–—]+|n/?a|k\.? ?A\.?", re.I)
_TELLS_TIME = re.compile(r"(?:19|20)\d\d|[^\W\d]{3}|[QHTS][1-4]|[./-]\d", re.I)


def head_lines(lines: Sequence[str]) -> int:
    """How many lines at the top of a table are its head: those before the first row of data; 0 if that is the first.

    A table without numbers has one line of head, and so has one whose head would be too long.
    """
    wide = 0  # lines of the head that have columns
    named = False
    for count, line in enumerate(lines):
        cells = [cell.strip() for cell in _CELL.split(line) if cell.strip()]
        if _is_data(cells, named) or (count and _is_entry(cells)):
            return count if wide <= MOST_LINES else 1
        wide += len(cells) > 1
        named = named or (len(cells) > 1 and not re.search(r"\d", line))
    return 1


def _is_entry(cells: Sequence[str]) -> bool:
    """True for a label with a time, a row of a form: Term   24 months."""
    return len(cells) == 2 and not re.search(r"\d", cells[0]) and re.match(r"\d", cells[1]) is not None


def _is_data(cells: Sequence[str], named: bool) -> bool:
    """True for a row with a number that is no time, or, under a head of words, with a time beside several words."""
    if len(cells) < 2:
        return False
    times = [bool(_TELLS_TIME.search(cell)) and all(map(_TIME.fullmatch, cell.split())) for cell in cells]
    numbers = [re.search(r"\d", cell) is not None or _EMPTY.fullmatch(cell) is not None for cell in cells]
    if any(number and not time for number, time in zip(numbers, times, strict=True)):
        return True
    return named and any(numbers) and not all(times)


def table_head(lines: Sequence[str], count: int) -> str:
    """The last lines of a head, without the label of the section that its first rows belong to."""
    own = [line.strip() for line in lines[: max(1, count)]]
    while len(own) > 1 and own[-1].endswith(":") and not _CELL.search(own[-1]):
        own.pop()
    head = ""
    for line in reversed(own[-MOST_LINES:]):
        if len(line) + len(head) >= MOST_CHARACTERS:
            break
        head = f"{line}\n{head}" if head else line
    return head or own[-1][:MOST_CHARACTERS]


def goes_on(table: Sequence[str], lines: Sequence[str]) -> bool:
    """True if a block without a head of its own has rows as wide as those that the block before it ends with."""
    last = len(_CELL.split(table[-1].strip()))
    first = next((len(_CELL.split(line.strip())) for line in lines if _CELL.search(line.strip())), 0)
    return last > 1 and last == first
