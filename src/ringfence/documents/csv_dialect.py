"""Find how the rows of a CSV file are cut into cells: by the delimiter under which its columns are most consistent."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ..contracts import UnreadPart

__all__ = ["Dialect", "dialect_of", "rows_of"]

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAMPLE = 1_000_000
_CLOSE = 0.05  # two delimiters whose scores differ by less fit equally
_DECIMAL_COMMA = re.compile(r"[-+(]?\s*(?:\d{1,3}(?:[.' ]\d{3})+|\d+),\d{1,2}\s*[-%€)]?")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.I)


class Dialect(NamedTuple):
    """How the cells are told apart: the delimiter, the width of most rows, and what else would have fitted."""

    delimiter: str
    width: int
    start: int = 0  # of the rows: a line ``sep=;`` stands before them
    escape: str | None = None
    unread: tuple[UnreadPart, ...] = ()


class _Fit(NamedTuple):
    score: float
    delimiter: str
    width: int
    rows: list[list[str]]


def dialect_of(text: str, default: str = ",") -> Dialect:
    """Return the dialect of a file; ``default`` is the delimiter if no other fits."""
    # A backslash before the last quote of a cell is a letter of a path, and escapes nothing.
    inside = re.search(r'\\"(?!\s*(?:[,;\t|]|\r?\n|\Z))', text) is not None
    escape = "\\" if inside and '""' not in text.replace('\\""', "") else None
    if match := _SEPARATOR_LINE.match(text):
        rows = list(_cells(text[match.end() : _SAMPLE], match[1], escape))
        return Dialect(match[1], _usual_width(rows), match.end(), escape)
    sample = text if len(text) <= _SAMPLE else text[: text.rfind("\n", 0, _SAMPLE) + 1]
    fits = sorted(
        (_fit(sample, delimiter, escape) for delimiter in (default, *_NAMES)), key=lambda fit: -fit.score
    )  # stable: the default comes first among equals
    best = fits[0]
    if best.width < 2:
        return Dialect(default, 1, 0, escape)
    if len(best.rows) > 2 and sum(len(row) == best.width for row in best.rows) < 2:  # prose with commas
        return Dialect("\t", 1, 0, escape, _doubt("as one column, because no two lines agree"))
    pairs = [",".join(row) for row in best.rows if len(row) == 2]
    if (best.delimiter, best.width) == (",", 2) and all(_DECIMAL_COMMA.fullmatch(pair) for pair in pairs):
        return Dialect("\t", 1, 0, escape, _doubt("as one column of amounts with a decimal comma"))
    rivals = [fit for fit in fits[1:] if fit.delimiter != best.delimiter and fit.score > best.score - _CLOSE]
    unread = _doubt(f"by {_NAMES[best.delimiter]}; {_NAMES[rivals[0].delimiter]} fit equally") if rivals else ()
    return Dialect(best.delimiter, best.width, 0, escape, unread)


def _doubt(what: str) -> tuple[UnreadPart, ...]:
    return (UnreadPart(code="guessed-dialect", what=f"how cells are separated, which was guessed: {what}"),)


def _fit(text: str, delimiter: str, escape: str | None) -> _Fit:
    """Return how well a delimiter fits: the share of rows of the usual width, times that of plausible cells."""
    try:
        rows = [row for row in _cells(text, delimiter, escape) if any(cell.strip() for cell in row)]
    except csv.Error:
        rows = []
    width = _usual_width(rows)
    if width < 2:
        return _Fit(0, delimiter, width, rows)
    usual = [row for row in rows if len(row) == width]
    plausible = sum(not re.search(r"[;\t|]", cell) for row in usual for cell in row) / (width * len(usual))
    return _Fit(len(usual) / len(rows) * plausible, delimiter, width, rows)


def _usual_width(rows: list[list[str]]) -> int:
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    several = {width: count for width, count in widths.items() if width > 1}
    return max(several, key=lambda width: (several[width], width)) if several else 1


def _cells(text: str, delimiter: str, escape: str | None) -> Iterator[list[str]]:
    yield from csv.reader(io.StringIO(_doubled(text, escape), newline=""), delimiter=delimiter)


def _doubled(text: str, escape: str | None) -> str:
    """A text whose quotes inside cells are doubled, not escaped; other backslashes are letters of a path."""
    return re.sub(r'(?<!\\)((?:\\\\)*)\\"', r'\1""', text) if escape else text


def rows_of(text: str, dialect: Dialect, quoted: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their line numbers; quotes are letters unless ``quoted``.

    Raises csv.Error with the line in its second argument.
    """
    skipped = text.count("\n", 0, dialect.start)
    stream = io.StringIO(_doubled(text[dialect.start :], dialect.escape), newline="")
    reader = (
        csv.reader(stream, delimiter=dialect.delimiter, strict=True)
        if quoted
        else csv.reader(stream, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)
    )
    try:
        for row in reader:
            yield reader.line_num + skipped, row
    except csv.Error as error:
        raise csv.Error(str(error), reader.line_num + skipped) from None
