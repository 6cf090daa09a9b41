"""Read JSONL: one document per line, with its text and id taken from named fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ..contracts import UnreadPart
from ..errors import DocumentError
from . import charset
from .model import Document
from .reader import (
    ReadingOptions,
    Source,
    Unreadable,
    sha256_of,
)
from .text import document_from_text

__all__ = ["JsonlReader"]

LONGEST_ID = 300  # characters of an id that are kept as they are


class JsonlReader:
    """Reader for files with one JSON object per line."""

    name = "jsonl"
    version = 2
    libraries = charset.LIBRARIES
    extensions = ("jsonl", "ndjson")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield one document per line. Its id is the value of the id field, else ``file#line``.

        The sha256 of a record is that of its text, so that a record is read again only if its text changes.
        """
        text, unread = charset.decode(data)
        for number, row in enumerate(text.split("\n"), start=1):
            if not row.strip():
                continue
            fallback = f"{source.id}#{number}"
            try:
                yield self._record(source, row, number, unread, options)
            except DocumentError as error:
                yield Unreadable(
                    fallback,
                    source.path.as_posix(),
                    error.code,
                    str(error),
                    sha256_of(row.encode()),
                    source.root or source.id,
                )

    def _record(
        self, source: Source, row: str, number: int, unread: tuple[UnreadPart, ...], options: ReadingOptions
    ) -> Document:
        try:
            record = json.loads(row)
        except (ValueError, RecursionError):
            raise DocumentError("damaged", f"line {number} is not valid JSON") from None
        text = record.get(options.text_field) if isinstance(record, dict) else None
        if not isinstance(text, str):
            raise DocumentError(
                "no-text-field",
                f'line {number} has no text in its field "{options.text_field}"; name the field with --text-field',
            )
        key = record.get(options.id_field)
        identity = _name(str(key)) if isinstance(key, str | int) else f"{source.id}#{number}"
        stamp = f"{self.name}/{self.version}"
        record_source = Source(source.path, identity)
        source.progress()
        return document_from_text(
            record_source,
            text,
            sha256_of(text.encode("utf-8", "replace")),
            stamp,
            {"line": number, "source": source.root or source.id},
            unread,
        )


def _name(key: str) -> str:
    """An id as a name that every store and terminal can hold: without signs of control, and of bearable length."""
    plain = re.sub(r"[\x00-\x1f\x7f]", "\ufffd", key.encode("utf-8", "replace").decode())
    if len(plain) <= LONGEST_ID:
        return plain
    return f"{plain[:LONGEST_ID]}…{sha256_of(key.encode('utf-8', 'replace'))[:12]}"
