"""The lines of a table's head and the label of a section, which stand before every passage of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..documents.flow_text import BLANK_CELL

__all__ = ["Table", "first_cells", "goes_on", "has_cells", "head_lines", "table_head"]

LEAST_SECTION = 240  # characters of the rows of a section that are a passage of their own
MOST_OF_LABEL = 40
MOST_OF_KEY = 100  # characters of a row that tell it from others
MOST_CHARACTERS, MOST_LINES = 400, 4  # of a head, as it is shown
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
_YEAR = re.compile(r"(?:19|20)\d\d")
_COUNTED = re.compile(r"([^\W\d][^\d]*?) ?\d{1,2}")  # Weight 1   Weight 2
_TOTAL = re.compile(
    r"\W*(?:sub|grand |net |netto|brutto|end|zwischen|ins)?-? ?(?:totals?|summen?|gesamt(?:summe|betrag)?|somme|"
    r"totale?|suma|subtotaal|totaal)\b",
    re.I,
)
_TELLS_TIME = re.compile(r"(?:19|20)\d\d|[^\W\d]{3}|[QHTS][1-4]|[./-]\d", re.I)


def has_cells(line: str) -> bool:
    """True for a line in which cells stand apart."""
    return _CELL.search(line) is not None


def head_lines(lines: Sequence[str]) -> int:
    """How many lines at the top of a table are its head: those before the first row of data; 0 if that is the first.

    A table without numbers has one line of head, and so has one whose head would be too long.
    """
    wide = 0  # lines of the head that have columns
    above: Sequence[str] = ()
    named = False
    for count, line in enumerate(lines):
        cells = _cells(line)
        is_head = _is_counted(cells) if not count else _are_years(cells, _cells("".join(lines[count + 1 : count + 2])))
        if not is_head and (_is_data(cells, named) or (count and (_is_entry(cells) or _is_like(cells, line, above)))):
            return count if wide <= MOST_LINES else 1
        wide += len(cells) > 1
        above = cells if len(cells) > 1 else above
        named = named or (len(cells) > 1 and (is_head or not re.search(r"\d", line)))
    return 1


def _cells(line: str) -> list[str]:
    """The words of the cells that are not blank."""
    return [cell.strip() for cell in _CELL.split(line.strip("| ")) if cell.strip(f" {BLANK_CELL}")]


def _is_counted(cells: Sequence[str]) -> bool:
    """True for names that are told apart by a number: Weight 1, Weight 2."""
    names = [found[1] if (found := _COUNTED.fullmatch(cell)) else cell for cell in cells]
    return len(set(names)) < len(names) and not any(re.search(r"\d", name) for name in names)


def _are_years(cells: Sequence[str], below: Sequence[str]) -> bool:
    """True for two or more years with no other number, under which others stand: Region   2024   2025."""
    years, numbers = ([cell for cell in row if re.search(r"\d", cell)] for row in (cells, below))
    others = [number for number in numbers if not _YEAR.fullmatch(number)]
    return len(years) > 1 and all(map(_YEAR.fullmatch, years)) and len(others) > 1


def _is_entry(cells: Sequence[str]) -> bool:
    """True for a label with a time, a row of a form: Term   24 months."""
    return len(cells) == 2 and not re.search(r"\d", cells[0]) and re.match(r"\d", cells[1]) is not None


def _is_like(cells: Sequence[str], line: str, above: Sequence[str]) -> bool:
    """True for a row of words below a head with as many: Name   Role, and below it Anna   Director.

    A second line of the head leaves cells blank, repeats its words, or tells times.
    """
    blank = BLANK_CELL in line or line[:1].isspace()
    times = any(_TELLS_TIME.search(cell) and all(map(_TIME.fullmatch, cell.split())) for cell in (*cells, *above))
    is_rule = all(re.fullmatch(r"[-:]+", cell) for cell in cells)
    return len(cells) == len(above) > 1 and not (blank or times or is_rule) and len(set(cells)) == len(cells)


def _is_data(cells: Sequence[str], named: bool) -> bool:
    """True for a row with a number that is no time, or, under a head of words, with a time beside several words."""
    if len(cells) < 2:
        return False
    times = [bool(_TELLS_TIME.search(cell)) and all(map(_TIME.fullmatch, cell.split())) for cell in cells]
    numbers = [re.search(r"\d", cell) is not None or _EMPTY.fullmatch(cell) is not None for cell in cells]
    if any(number and not time for number, time in zip(numbers, times, strict=True)):
        return True
    return named and any(numbers) and not all(times)


def table_head(lines: Sequence[str], count: int) -> tuple[str, str]:
    """The last lines of a head, and the label of the section that its first rows belong to."""
    own = [line.strip() for line in lines[: max(1, count)]]
    labels: list[str] = []
    while len(own) > 1 and _is_label(own[-1]) and (own[-1].endswith(":") or any(len(_cells(line)) > 1 for line in own)):
        labels.insert(0, own.pop())
    head = ""
    for line in reversed(own[-MOST_LINES:]):
        if len(line) + len(head) >= MOST_CHARACTERS:
            break
        head = f"{line}\n{head}" if head else line
    return head or _whole_cells(own[-1]), "\n".join(labels)


def first_cells(row: str) -> str:
    """The first cells of a row, by which it is told from others."""
    cells = _cells(row)
    key = cells[0] if cells else ""
    for cell in cells[1:]:
        if len(key) + len(cell) > MOST_OF_KEY:
            break
        key = f"{key}   {cell}"
    return key[:MOST_OF_KEY]


def _whole_cells(line: str) -> str:
    """The first cells of a line that is longer than a head."""
    ends = [cell.start() for cell in _CELL.finditer(line, 0, MOST_CHARACTERS)]
    return line[: ends[-1] if ends else MOST_CHARACTERS]


def _is_label(line: str) -> bool:
    """True for a row of one cell of a few words, as stands over the rows of a section."""
    cells = _cells(line)
    if len(cells) != 1 or line[:1].isspace() or len(cells[0]) > MOST_OF_LABEL:
        return False
    return cells[0].lstrip("*")[:1].isupper() and cells[0][-1] not in ".,;"


@dataclass(frozen=True)
class Table:
    """The lines of a table, and what stands before a passage of each: ``columns`` and the ``label`` of its section.

    ``sections`` numbers the section of each line.
    """

    lines: Sequence[str]
    columns: str
    label: str
    heads: Sequence[str]
    sections: Sequence[int]

    @classmethod
    def of(cls, lines: Sequence[str], before: Table | None, on_paper: bool) -> Table:
        """The table with these lines, which goes on from the table ``before`` if it has its columns and no head.

        A single line of one cell may be the rest of a cell of the row above, as it often is on paper, or a note: only
        several tell sections. Rows of one are a passage of their own if there are enough of them.
        """
        own = head_lines(lines)
        if before and all(map(_is_label, lines[:own])) and goes_on(before.lines, lines):
            own, columns, label = 0, before.columns, before.label
        else:
            own = own or 1
            columns, label = table_head(lines, own)
        labels = bool(label) + sum(map(_is_label, lines[own:]))
        labelled = not on_paper and labels > 1
        label = label if labelled else ""
        heads, sections, section, in_labels, size = [""] * own, [0] * own, 0, False, 0
        for line in lines[own:]:
            is_label = labelled and _is_label(line)
            if is_label and not in_labels and size >= LEAST_SECTION:
                section, size = section + 1, 0
            size += len(line)
            if is_label:
                label = f"{label}\n{line.strip()}" if in_labels else line.strip()
            elif _TOTAL.match(line) or len(_cells(line)) == 1:  # a sum of all, or a note
                label = ""
            heads.append("\n".join(part for part in (columns, label) if part) if not is_label else columns)
            sections.append(section)
            in_labels = is_label
        return cls(lines, columns, label, heads, sections)


def goes_on(table: Sequence[str], lines: Sequence[str]) -> bool:
    """True if a block without a head of its own has rows as wide as those that the block before it ends with."""
    last = len(_CELL.split(table[-1].strip()))
    first = next((len(_CELL.split(line.strip())) for line in lines if _CELL.search(line.strip())), 0)
    return last > 1 and last == first
