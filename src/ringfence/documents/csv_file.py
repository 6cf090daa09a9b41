"""Read CSV: one document with one line per row, or one document per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ..errors import DocumentError
from .model import Document
from .reader import ReadingOptions, Source, sha256_of
from .text import decode, document_from_text

__all__ = ["CsvReader"]


class CsvReader:
    """Reader for values separated by commas, semicolons or tabs; the first row is the header."""

    name = "csv"
    version = 1
    extensions = ("csv", "tsv")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield one document, or one per row with ``options.csv_rows``.

        The document of a row has the id ``file#line`` and one ``name: value`` line per cell.
        """
        text = decode(data)
        try:
            dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
        except csv.Error:
            dialect = csv.excel_tab if source.extension == "tsv" else csv.excel
        csv.field_size_limit(16_000_000)
        reader = csv.reader(io.StringIO(text, newline=""), dialect, strict=True)
        rows: list[tuple[int, list[str]]] = []
        try:
            for row in reader:
                if any(cell.strip() for cell in row):
                    rows.append((reader.line_num, [" ".join(cell.split()) for cell in row]))
        except csv.Error as error:
            raise DocumentError("damaged", f"line {reader.line_num} is not valid CSV ({error})") from None
        stamp = f"{self.name}/{self.version}"
        if not options.csv_rows:
            body = "\n".join("   ".join(row) for _, row in rows)
            yield document_from_text(source, body, sha256_of(data), stamp, {"rows": len(rows)})
            return
        if len(rows) < 2:
            raise DocumentError("empty", "no rows follow the header")
        header = rows[0][1]
        for line, row in rows[1:]:
            names = [*header, *(f"column {number}" for number in range(len(header) + 1, len(row) + 1))]
            body = "\n".join(f"{name}: {cell}" for name, cell in zip(names, row, strict=False) if cell)
            record = Source(source.path, f"{source.id}#{line}")
            yield document_from_text(
                record, body, sha256_of(body.encode()), stamp, {"line": line, "source": source.root or source.id}
            )
