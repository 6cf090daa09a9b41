"""A reader: files that end in .shout become documents in capital letters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ringfence.documents import Document, ReadingOptions, Source, Unreadable
from ringfence.documents.text import document_from_text

__all__ = ["ShoutReader"]


class ShoutReader:
    """Text, in capital letters."""

    name = "shout"
    version = 1  # raise it whenever the same file may give another text
    extensions = ("shout",)
    libraries: tuple[str, ...] = ()  # distributions that turn the bytes into text; their versions go into the lock

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield the one document of the file."""
        text = data.decode("utf-8", errors="replace").upper()
        yield document_from_text(source, text, hashlib.sha256(data).hexdigest(), f"{self.name}/{self.version}")
