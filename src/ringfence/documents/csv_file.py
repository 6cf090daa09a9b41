"""Read CSV: one document with one line per row, or one document per row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from ..contracts import UnreadPart
from ..errors import DocumentError
from . import charset
from .csv_dialect import Dialect, dialect_of, rows_of
from .flow_text import LayerBuilder
from .model import Document
from .reader import ReadingOptions, Source, sha256_of
from .text import document_from_text

__all__ = ["CsvReader"]


class CsvReader:
    """Reader for values separated by commas, semicolons, tabs or bars; the first full row is the header."""

    name = "csv"
    version = 4
    libraries = charset.LIBRARIES
    extensions = ("csv", "tsv")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield one document, or one per row with ``options.csv_rows``.

        The document of a row has the id ``file#line`` and one ``name: value`` line per cell.
        """
        text, unread = charset.decode(data)
        csv.field_size_limit(16_000_000)
        dialect = dialect_of(text, "\t" if source.extension == "tsv" else ",")
        unread += dialect.unread
        rows, doubt = _rows(text, dialect)
        unread += doubt
        unread += _uneven(rows, dialect.width)
        stamp = f"{self.name}/{self.version}"
        if options.csv_rows:
            yield from _records(source, rows, dialect.width, unread, stamp)
            return
        layer = LayerBuilder()
        layer.unread += unread
        layer.table([(cell, None) for cell in row] for _, row in rows)
        yield layer.document(source, sha256_of(data), stamp, {"rows": len(rows)})


def _rows(text: str, dialect: Dialect) -> tuple[list[tuple[int, list[str]]], tuple[UnreadPart, ...]]:
    """The rows with their line numbers, and what is doubtful about their quotes. Raises DocumentError."""
    try:
        return _stripped(rows_of(text, dialect)), ()
    except csv.Error as error:
        reason, line = error.args
    try:  # blanks behind a closing quote: "A" ,"B"
        close = rf'(?<=[^"])"[ \t]+(?={re.escape(dialect.delimiter)}|\r?\n|\Z)'
        return _stripped(rows_of(re.sub(close, '"', text), dialect)), ()
    except csv.Error:
        pass
    if rows := _unquoted(text, dialect):
        what = f"which quotes belong to the cells: line {line} has one that encloses nothing, so all are kept"
        return rows, (UnreadPart(code="stray-quotes", what=what),)
    raise DocumentError("damaged", f"line {line} is not valid CSV ({reason})")


def _stripped(rows: Iterator[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    return [(line, [cell.strip() for cell in row]) for line, row in rows if any(cell.strip() for cell in row)]


def _unquoted(text: str, dialect: Dialect) -> list[tuple[int, list[str]]]:
    """The rows of a file whose quotes are letters; none if they are not all of one width then."""
    rows = []
    for line, row in rows_of(text, dialect, quoted=False):
        cells = [cell.strip() for cell in row]
        if any(cells):
            rows.append((line, [cell[1:-1] if re.fullmatch(r'"[^"]*"', cell) else cell for cell in cells]))
    return rows if len({len(row) for _, row in rows}) == 1 and len(rows[0][1]) > 1 else []


def _header(rows: list[tuple[int, list[str]]], width: int) -> int:
    """Return the place of the header: the first full row, unless it holds amounts and the row above it names."""
    first = next((place for place, (_, row) in enumerate(rows) if len(row) >= width), 0)
    amounts = any(re.fullmatch(r"[\d.,' +-]*\d", cell) for cell in rows[first][1]) if rows else False
    if first and amounts and len(rows[first - 1][1]) > 1 and not any(map(str.isdigit, "".join(rows[first - 1][1]))):
        return first - 1
    return first


def _uneven(rows: list[tuple[int, list[str]]], width: int) -> tuple[UnreadPart, ...]:
    """Name the rows whose cells may belong to other columns than they seem to: too long, or a header too short."""
    odd = [str(line) for line, row in rows if len(row) > width > 1]
    first = next((place for place, (_, row) in enumerate(rows) if len(row) >= width), 0)
    odd = [str(line) for line, row in rows[:first] if len(row) > 1] + odd
    if not odd:
        return ()
    more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
    what = (
        f"which columns the cells belong to on line {', '.join(odd[:5])}{more}: their number differs from other lines"
    )
    return (UnreadPart(code="uneven-rows", what=what),)


def _records(
    source: Source, rows: list[tuple[int, list[str]]], width: int, unread: tuple[UnreadPart, ...], stamp: str
) -> Iterator[Document]:
    """Yield one document per row below the header, which is the first row of the usual width."""
    first = _header(rows, width)
    if len(rows) - first < 2:
        raise DocumentError("empty", "no rows follow the header")
    if first:
        said = f"{first} line{'s' if first > 1 else ''} above the header of the columns"
        unread += (UnreadPart(code="title-lines", what=said),)
    header = [" ".join(name.split()) for name in rows[first][1]]
    for line, row in rows[first + 1 :]:
        names = [*header, *(f"column {number}" for number in range(len(header) + 1, len(row) + 1))]
        cells = [" ".join(cell.split()) for cell in row]
        body = "\n".join(f"{name}: {cell}" for name, cell in zip(names, cells, strict=False) if cell)
        record = Source(source.path, f"{source.id}#{line}")
        metadata = {"line": line, "source": source.root or source.id}
        yield document_from_text(record, body, sha256_of(body.encode()), stamp, metadata, unread)
