"""Read TXT and MD: the text as it stands, one page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import DocumentError
from .model import (
    Document,
    Page,
    blocks_of,
    lines_of,
)
from .reader import (
    ReadingOptions,
    Source,
    canonical,
    sha256_of,
)

__all__ = ["TextReader", "decode", "document_from_text"]


def decode(data: bytes) -> str:
    """Decode as UTF-8 or UTF-16 by byte order mark, else UTF-8, else Windows-1252; binary content is refused."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in data[:4096]:
        raise DocumentError("wrong-extension", "the name says text but the content is binary")
    else:
        encoding = "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise DocumentError("damaged", "the file is not valid UTF-16 text") from None
        return data.decode("cp1252", errors="replace")


def document_from_text(
    source: Source, text: str, sha256: str, read_by: str, metadata: dict[str, Any] | None = None
) -> Document:
    """A document of one page from text that has no layout. Raises DocumentError when there is nothing to read."""
    text = canonical(text)
    if not text.strip():
        raise DocumentError("empty", "there is no text in it")
    lines = tuple(lines_of(text))
    return Document(
        id=source.id,
        path=source.path.as_posix(),
        sha256=sha256,
        text=text,
        pages=(Page(1, 0, 0, 0, len(text)),),
        blocks=tuple(blocks_of(text, lines)),
        lines=lines,
        read_by=read_by,
        metadata={**(metadata or {}), **({"source": source.root} if source.root else {})},
    )


class TextReader:
    """Plain text and what is written as such: the text as it stands."""

    name = "text"
    version = 1
    extensions = ("txt", "md", "text", "markdown", "rst", "log", "json", "xml", "yaml", "yml", "ics", "tex", "bin")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the one document of the file."""
        yield document_from_text(source, decode(data), sha256_of(data), f"{self.name}/{self.version}")
