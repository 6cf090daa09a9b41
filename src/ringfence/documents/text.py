"""Read plain text files, such as TXT and MD, as they are, as one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..contracts import UnreadPart
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
    """Decode by byte order mark (UTF-16), else as UTF-8, else as Windows-1252.

    Raises DocumentError for binary content.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in data[:4096]:
        raise DocumentError("wrong-extension", "the name suggests text but the content is binary")
    else:
        encoding = "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise DocumentError("damaged", "the file is not valid UTF-16 text") from None
        return data.decode("cp1252", errors="replace")


def document_from_text(
    source: Source,
    text: str,
    sha256: str,
    read_by: str,
    metadata: dict[str, Any] | None = None,
    unread: Sequence[UnreadPart] = (),
) -> Document:
    """Return a one-page document from text without layout. Raises DocumentError if the text is blank."""
    text = canonical(text)
    if not text.strip():
        raise DocumentError("empty", "it contains no text")
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
        unread=tuple(unread),
    )


class TextReader:
    """Reader for plain text, including JSON, XML, YAML and other text formats, as it is."""

    name = "text"
    version = 1
    extensions = ("txt", "md", "text", "markdown", "rst", "log", "json", "xml", "yaml", "yml", "ics", "tex", "bin")

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document."""
        yield document_from_text(source, decode(data), sha256_of(data), f"{self.name}/{self.version}")
