"""Choose the reader for a file and read it: the door through which every format comes in."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import Protocol

from ..errors import DocumentError
from .model import Document

__all__ = [
    "Reader",
    "ReadingOptions",
    "Source",
    "Unreadable",
    "canonical",
    "read_document",
    "read_documents",
    "readers",
    "sha256_of",
]

# The first bytes of formats that people hand over under a wrong name.
_SIGNATURES = {
    b"%PDF-": "pdf",
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "ole",
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpg",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"{\\rtf": "rtf",
    b"\x1f\x8b": "gz",
}
_LATER = {"zip", "ole", "rtf", "docx", "xlsx", "pptx", "eml", "html", "htm", "odt", "doc", "xls", "msg"}
_IMAGES = {"png", "jpg", "jpeg", "tif", "tiff"}


@dataclass(frozen=True)
class ReadingOptions:
    """What the person said about the input: passwords to try, how CSV and JSONL are to be taken."""

    passwords: tuple[str, ...] = field(default=(), repr=False)
    csv_rows: bool = False
    text_field: str = "text"
    id_field: str = "id"


@dataclass(frozen=True)
class Source:
    """A file on disk and the id that its document gets."""

    path: Path
    id: str


@dataclass(frozen=True)
class Unreadable:
    """A document that could not be read: it is counted, never skipped. ``code`` is a stable word for totals."""

    id: str
    path: str
    code: str
    reason: str
    sha256: str | None = None


class Reader(Protocol):
    """One file format family. ``name`` and ``version`` are stamped on every document that it reads."""

    name: str
    version: int
    extensions: tuple[str, ...]

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield the documents of one file, in place of a damaged record an Unreadable.

        Raises DocumentError with the reason when the file as a whole cannot be read.
        """
        ...


@cache
def readers() -> dict[str, Reader]:
    """Every installed reader by file extension (without the dot), built-in and third-party alike."""
    found: dict[str, Reader] = {}
    for entry in entry_points(group="ringfence.readers"):
        reader: Reader = entry.load()()
        found.update(dict.fromkeys(reader.extensions, reader))
    return found


def canonical(text: str) -> str:
    """Canonical text: NFC, newlines as \\n, no byte order mark and no control characters but tab and newline."""
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        character if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs") else " "
        for character in text
    )


def sha256_of(data: bytes) -> str:
    """The hexadecimal sha256 of ``data``."""
    return hashlib.sha256(data).hexdigest()


def read_documents(source: Source, options: ReadingOptions | None = None) -> Iterator[Document | Unreadable]:
    """Read one file; a JSONL file, and a CSV file taken by rows, yields many documents.

    What cannot be read is yielded as Unreadable with its reason, so that every input is accounted for.
    """
    sha256 = None
    try:
        data = _bytes_of(source.path)
        sha256 = sha256_of(data)
        yield from _reader_for(source.path, data).read(source, data, options or ReadingOptions())
    except DocumentError as error:
        yield Unreadable(source.id, source.path.as_posix(), error.code, str(error), sha256)
    except Exception as error:  # a reader that breaks down on one file must not take the run with it
        reason = f"the reader met a fault of its own ({type(error).__name__})"
        yield Unreadable(source.id, source.path.as_posix(), "reader-fault", reason, sha256)


def _bytes_of(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DocumentError("missing", "the file does not exist any more") from None
    except OSError as error:
        raise DocumentError("unreadable", f"the file cannot be opened ({error.strerror})") from None
    if not data.strip():
        raise DocumentError("empty", "the file is empty")
    return data


def _reader_for(path: Path, data: bytes) -> Reader:
    extension = path.suffix.lower().lstrip(".")
    content = next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), None)
    reader = readers().get(extension)
    if reader and content and content != extension:
        raise DocumentError("wrong-extension", f"the name ends in .{extension} but the content is {content}")
    if reader is None and extension in _IMAGES:
        raise DocumentError("no-text-layer", "it is an image without a text layer; reading scans (OCR) comes later")
    if reader is None and extension in _LATER:
        raise DocumentError("unsupported", f".{extension} files cannot be read yet")
    if reader is None:
        raise DocumentError(
            "unsupported", f"no reader is installed for {'.' + extension if extension else 'this file'}"
        )
    return reader


def read_document(path: str | Path, options: ReadingOptions | None = None) -> Document:
    """Read a file that holds one document. Raises DocumentError when it cannot, or when it holds several."""
    path = Path(path)
    documents = list(islice(read_documents(Source(path, path.name), options), 2))
    if len(documents) != 1:
        raise DocumentError("several", "the file does not hold exactly one document; use read_documents")
    if isinstance(documents[0], Unreadable):
        raise DocumentError(documents[0].code, documents[0].reason)
    return documents[0]
