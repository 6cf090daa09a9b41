"""Read plain text files, such as TXT and MD, as they are, as one page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..contracts import UnreadPart
from ..errors import DocumentError
from . import charset
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

__all__ = ["TextReader", "document_from_text"]

_XML_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""")


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
    version = 2
    libraries = charset.LIBRARIES
    extensions = (
        "txt",
        "md",
        "text",
        "markdown",
        "rst",
        "log",
        "json",
        "xml",
        "yaml",
        "yml",
        "ics",
        "vcf",
        "tex",
        "bin",
    )

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document]:
        """Yield the file as one document."""
        declared = _XML_ENCODING.match(data[:200])
        text, unread = charset.decode(data, declared[1].decode() if declared else None)
        if text.lstrip().startswith(("BEGIN:VCALENDAR", "BEGIN:VCARD")):
            text = _unfolded(text)
        yield document_from_text(source, text, sha256_of(data), f"{self.name}/{self.version}", None, unread)


def _unfolded(text: str) -> str:
    """Return the text of a calendar or a card with its long lines whole and without escapes."""
    text = re.sub(r"\r?\n[ \t]", "", text)
    return re.sub(r"\\([,;\\nN])", lambda match: "\n" if match[1] in "nN" else match[1], text)
