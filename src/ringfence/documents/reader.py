"""Choose the reader for a file by its content and name, and read the file.

These functions run in the calling process. The rest of the program uses ``worker_pool.py``, which runs them in worker
processes with limits on time and memory.
"""

from __future__ import annotations

import hashlib
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from ..contracts import ReadingFacts
from ..errors import DocumentError
from ..plugins import load_plugins
from .file_type import kind_of
from .model import Document

__all__ = [
    "Expansion",
    "Reader",
    "ReadingLimits",
    "ReadingOptions",
    "Source",
    "Unreadable",
    "canonical",
    "read_bytes",
    "read_here",
    "reader_for",
    "reading_libraries",
    "readers",
    "sha256_of",
    "sha256_of_file",
]


@dataclass(frozen=True)
class ReadingLimits:
    """Limits for reading one file. A file that exceeds one fails; other files are not affected.

    ``seconds`` limits the time between two signs of progress (a page, a child document), ``total_seconds`` the total:
    time in which the reader works; ten times as long where it waits, as for a processor of a busy machine.
    """

    seconds: float = 120.0
    total_seconds: float = 3600.0
    memory_mib: int = 4096
    file_mib: int = 512
    expanded_mib: int = 1024
    children: int = 10_000
    depth: int = 8
    pages: int = 5_000
    characters: int = 20_000_000


@dataclass(frozen=True)
class ReadingOptions:
    """Options for reading: passwords to try, how to split CSV and JSONL into documents, when to use OCR, and limits.

    ``hidden`` keeps text that no reader of the document sees: white, off the page, hidden by a style or in a hidden
    sheet. By default it is left out, and ``Document.unread`` says so. ``mail`` is "documents" (the words of a mail and
    its attachments), "attachments" (these alone, where a mail has any) or "case" (all of it as one document).
    """

    passwords: tuple[str, ...] = field(default=(), repr=False)
    csv_rows: bool = False
    text_field: str = "text"
    id_field: str = "id"
    hidden: bool = False
    mail: str = "documents"
    ocr: str = "auto"  # auto (pages without a usable text layer), never or always
    limits: ReadingLimits = ReadingLimits()

    def locked_facts(self) -> dict[str, Any]:
        """Return what decides which text of a file is read; OCR stands apart in a lock, with its weights."""
        facts = {name: getattr(self, name) for name in ("csv_rows", "text_field", "id_field")}
        return (
            facts
            | ({"hidden": True} if self.hidden else {})
            | ({} if self.mail == "documents" else {"mail": self.mail})
        )

    def facts(self, folder: str) -> ReadingFacts:
        """Return what a run records to read its documents again in the same way, without passwords.

        ``folder`` is the folder that recorded paths are relative to.
        """
        return ReadingFacts(folder=folder, limits=asdict(self.limits), ocr=self.ocr, **self.locked_facts())

    @classmethod
    def of_run(cls, facts: ReadingFacts, passwords: tuple[str, ...] = ()) -> ReadingOptions:
        """Restore the options that a run recorded; ``passwords`` are never recorded."""
        kept = {name: getattr(facts, name) for name in ("csv_rows", "text_field", "id_field", "hidden", "mail", "ocr")}
        whole = {name: int(value) for name, value in facts.limits.items() if not name.endswith("seconds")}
        limits = ReadingLimits(**{**facts.limits, **whole})  # type: ignore[arg-type]  # the names are the file's
        return cls(passwords=passwords, limits=limits, **kept)


class Expansion:
    """Count the child documents and unpacked bytes of one file and check them against its limits."""

    def __init__(self, limits: ReadingLimits, progress: Callable[[], None] = lambda: None) -> None:
        self.limits, self.progress = limits, progress
        self.bytes = 0
        self.children = 0

    def add_child(self) -> None:
        """Count a child document. Raises DocumentError above the limit."""
        self.children += 1
        if self.children > self.limits.children:
            raise DocumentError("too-many-children", f"it contains more than {self.limits.children:,} documents")
        self.progress()

    def add_bytes(self, count: int) -> None:
        """Count unpacked bytes. Raises DocumentError above the limit."""
        self.bytes += count
        if self.bytes > self.limits.expanded_mib * 2**20:
            raise DocumentError("expands-too-far", f"it unpacks to more than {self.limits.expanded_mib:,} MiB")


@dataclass(frozen=True)
class Source:
    """A file on disk, or a document inside one, and its id.

    For a child document (``mail.eml!contract.pdf``), ``root`` is the id of the file on disk. ``depth`` is the number
    of containers around the document.
    """

    path: Path
    id: str
    root: str | None = None
    depth: int = 0
    expansion: Expansion | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name of the file or of the child document."""
        return self.id.rpartition("!")[2] if self.depth else self.path.name

    @property
    def extension(self) -> str:
        """The extension of the name, in lower case and without the dot."""
        return PurePosixPath(self.name).suffix.lower().lstrip(".")

    def child(self, name: str) -> Source:
        """Return the source of a document inside this one and count it.

        Raises DocumentError if containers are nested too deeply or there are too many children.
        """
        expansion = self.expansion or Expansion(ReadingLimits())
        if self.depth >= expansion.limits.depth:
            raise DocumentError("nested-too-deep", f"it is nested more than {expansion.limits.depth} containers deep")
        expansion.add_child()
        return replace(self, id=f"{self.id}!{name}", root=self.root or self.id, depth=self.depth + 1)

    def progress(self) -> None:
        """Report progress, so that a long file is not mistaken for a hung reader."""
        if self.expansion:
            self.expansion.progress()


@dataclass(frozen=True)
class Unreadable:
    """A document that could not be read: counted, never skipped. ``code`` is a stable identifier for totals."""

    id: str
    path: str
    code: str
    reason: str
    sha256: str | None = None
    source: str | None = None


class Reader(Protocol):
    """Reader of one family of file formats. Each document records the ``name`` and ``version`` of its reader.

    A reader may set ``libraries``, the distributions that turn bytes into text. The lock records their versions.
    """

    name: str
    version: int
    extensions: tuple[str, ...]

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield the documents of one file, and an Unreadable in place of each damaged record.

        Raises DocumentError with the reason if the file as a whole cannot be read.
        """
        ...


@cache
def readers() -> dict[str, Reader]:
    """Return every installed reader, built-in or third-party, by file extension without the dot."""
    by_extension: dict[str, Reader] = {}
    for make in load_plugins("readers").values():
        reader: Reader = make()
        by_extension.update(dict.fromkeys(reader.extensions, reader))
    return by_extension


def reading_libraries() -> list[str]:
    """Return the distributions declared by readers, OCR and file type detection, sorted."""
    from . import file_type, ocr

    declared = [getattr(reader, "libraries", ()) for reader in readers().values()]
    return sorted({name for names in (*declared, file_type.LIBRARIES, ocr.LIBRARIES) for name in names})


def canonical(text: str) -> str:
    """Return canonical text.

    It is in NFC, uses line feeds as newlines, has no byte order mark and no control characters except tab and newline.
    """
    if text.isascii() and text.isprintable():  # most cells and lines
        return text
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        character if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs") else " "
        for character in text
    )


def sha256_of(data: bytes) -> str:
    """Return the sha256 of ``data`` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path, max_mib: int = ReadingLimits.file_mib) -> str | None:
    """Return the sha256 of a file in hexadecimal.

    None if the file cannot be read, is larger than ``max_mib`` MiB, or is a pipe or a device.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > max_mib * 2**20:
            return None
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def read_here(
    source: Source, options: ReadingOptions | None = None, progress: Callable[[], None] = lambda: None
) -> Iterator[Document | Unreadable]:
    """Read one file in this process, without limits on time and memory.

    A document that cannot be read is yielded as an Unreadable with the reason, so that every input is accounted for.
    """
    options = options or ReadingOptions()
    source = replace(source, expansion=Expansion(options.limits, progress))
    try:
        data = _bytes_of(source.path, options.limits)
    except DocumentError as error:
        yield Unreadable(source.id, source.path.as_posix(), error.code, str(error))
        return
    yield from read_bytes(source, data, options)


def read_bytes(source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
    """Read the content of a file or a child document; failures are yielded as Unreadable."""
    sha256 = sha256_of(data)
    own_document_read = False  # a failure after the file's own document concerns the rest of the file

    def failed(code: str, reason: str) -> Unreadable:
        identity, root = (
            (f"{source.id}!rest", source.root or source.id) if own_document_read else (source.id, source.root)
        )
        return Unreadable(identity, source.path.as_posix(), code, reason, sha256, root)

    try:
        if not data.strip(b"\0\t\n\r "):
            raise DocumentError("empty", "the file is empty")
        for outcome in _within(reader_for(source, data).read(source, data, options), options.limits):
            yield outcome
            own_document_read = own_document_read or outcome.id == source.id
    except DocumentError as error:
        yield failed(error.code, str(error))
    except MemoryError:
        yield failed("too-much-memory", f"reading it takes more than {options.limits.memory_mib:,} MiB of memory")
    except RecursionError:
        yield failed("nested-too-deep", "its structure is nested too deeply")
    except Exception as error:  # a reader that crashes on one file must not end the run
        yield failed("reader-fault", f"internal error in the reader ({type(error).__name__})")


def _within(outcomes: Iterator[Document | Unreadable], limits: ReadingLimits) -> Iterator[Document | Unreadable]:
    for outcome in outcomes:
        if isinstance(outcome, Document) and len(outcome.text) > limits.characters:
            raise DocumentError("too-long", f"it has more than {limits.characters:,} characters of text")
        yield outcome


def _bytes_of(path: Path, limits: ReadingLimits) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a link to a folder, which is not followed" if path.is_dir() else "a pipe or a device, not a file"
            raise DocumentError("unreadable", f"it is {what}")
        if status.st_size > limits.file_mib * 2**20:
            raise DocumentError("too-large", f"the file is larger than {limits.file_mib:,} MiB")
        return path.read_bytes()
    except FileNotFoundError:
        raise DocumentError("missing", "the file no longer exists") from None
    except OSError as error:
        raise DocumentError("unreadable", f"the file cannot be opened ({error.strerror})") from None


def reader_for(source: Source, data: bytes) -> Reader:
    """Return the reader for ``data``; its first bytes take precedence over the name.

    Raises DocumentError if no reader fits.
    """
    named = source.extension
    kind = kind_of(data, named)
    reader = readers().get(kind) if kind else None
    if reader is None:
        what = f".{kind or named} files" if kind or named else "files without an extension and with unknown content"
        raise DocumentError("unsupported", f"{what} are not supported")
    return reader
