"""Choose the reader for a file and read it: the door through which every format comes in.

Everything here happens in the process that calls it. ``worker_pool.py`` offers the same in a worker process
with limits; that is what the rest of the program uses.
"""

from __future__ import annotations

import hashlib
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Protocol

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
    """What one file may cost. A file that needs more ends as failed, and nothing else suffers.

    ``seconds`` bounds the time between two signs of progress (a page, a child document), ``total_seconds`` the whole.
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
    """What the person said about the input: passwords to try, how CSV and JSONL are to be taken, when to use OCR."""

    passwords: tuple[str, ...] = field(default=(), repr=False)
    csv_rows: bool = False
    text_field: str = "text"
    id_field: str = "id"
    ocr: str = "auto"  # auto: where there is no text layer worth having; never; always
    limits: ReadingLimits = ReadingLimits()

    def facts(self, folder: str) -> ReadingFacts:
        """What a run records to read its documents the same way again, relative to ``folder``; no passwords."""
        kept = {name: getattr(self, name) for name in ("csv_rows", "text_field", "id_field", "ocr")}
        return ReadingFacts(folder=folder, limits=asdict(self.limits), **kept)

    @classmethod
    def of_run(cls, facts: ReadingFacts, passwords: tuple[str, ...] = ()) -> ReadingOptions:
        """The options that a run recorded."""
        kept = {name: getattr(facts, name) for name in ("csv_rows", "text_field", "id_field", "ocr")}
        whole = {name: int(value) for name, value in facts.limits.items() if not name.endswith("seconds")}
        limits = ReadingLimits(**{**facts.limits, **whole})  # type: ignore[arg-type]  # the names are the file's
        return cls(passwords=passwords, limits=limits, **kept)


class Expansion:
    """What one file has unfolded into so far: children of mails and archives count against its limits."""

    def __init__(self, limits: ReadingLimits, progress: Callable[[], None] = lambda: None) -> None:
        self.limits, self.progress = limits, progress
        self.bytes = 0
        self.children = 0

    def add_child(self) -> None:
        """Count a child document. Raises DocumentError beyond the limit."""
        self.children += 1
        if self.children > self.limits.children:
            raise DocumentError("too-many-children", f"it holds more than {self.limits.children:,} documents")
        self.progress()

    def add_bytes(self, count: int) -> None:
        """Count unpacked bytes. Raises DocumentError beyond the limit."""
        self.bytes += count
        if self.bytes > self.limits.expanded_mib * 2**20:
            raise DocumentError("expands-too-far", f"it unpacks to more than {self.limits.expanded_mib:,} MiB")


@dataclass(frozen=True)
class Source:
    """A file on disk, or a document inside one, and the id that it gets.

    ``root`` is the id of the file itself where this is a child (``mail.eml!contract.pdf``), ``depth`` how many
    containers it lies in.
    """

    path: Path
    id: str
    root: str | None = None
    depth: int = 0
    expansion: Expansion | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The file name that tells the format: that of the child where this is one."""
        return self.id.rpartition("!")[2] if self.depth else self.path.name

    @property
    def extension(self) -> str:
        """The file name's ending in lower case, without the dot."""
        return PurePosixPath(self.name).suffix.lower().lstrip(".")

    def child(self, name: str) -> Source:
        """The source of a document inside this one. Raises DocumentError where containers are nested too deep."""
        expansion = self.expansion or Expansion(ReadingLimits())
        if self.depth >= expansion.limits.depth:
            raise DocumentError("nested-too-deep", f"it is nested deeper than {expansion.limits.depth} containers")
        expansion.add_child()
        return replace(self, id=f"{self.id}!{name}", root=self.root or self.id, depth=self.depth + 1)

    def progress(self) -> None:
        """Say that work goes on, so that a long file is not taken for a stuck one."""
        if self.expansion:
            self.expansion.progress()


@dataclass(frozen=True)
class Unreadable:
    """A document that could not be read: it is counted, never skipped. ``code`` is a stable word for totals."""

    id: str
    path: str
    code: str
    reason: str
    sha256: str | None = None
    source: str | None = None


class Reader(Protocol):
    """One file format family. ``name`` and ``version`` are stamped on every document that it reads.

    A reader may set ``libraries``: the distributions whose code turns bytes into text. Their versions go into the lock.
    """

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
    for make in load_plugins("readers").values():
        reader: Reader = make()
        found.update(dict.fromkeys(reader.extensions, reader))
    return found


def reading_libraries() -> list[str]:
    """The distributions that readers, OCR and the recognition of file types declare."""
    from . import file_type, ocr

    declared = [getattr(reader, "libraries", ()) for reader in readers().values()]
    return sorted({name for names in (*declared, file_type.LIBRARIES, ocr.LIBRARIES) for name in names})


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


def sha256_of_file(path: Path, most_mib: int = ReadingLimits.file_mib) -> str | None:
    """The hexadecimal sha256 of a file; None where it cannot be read, is larger than that, or is a pipe or a device."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > most_mib * 2**20:
            return None
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def read_here(
    source: Source, options: ReadingOptions | None = None, progress: Callable[[], None] = lambda: None
) -> Iterator[Document | Unreadable]:
    """Read one file in this process, without its limits on time and memory.

    What cannot be read is yielded as Unreadable with its reason, so that every input is accounted for.
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
    """Read the content of a file or of a child document; what fails is yielded as Unreadable."""
    sha256 = sha256_of(data)

    own = False  # whether the file's own document is out; what fails behind it is the rest of the file

    def failed(code: str, reason: str) -> Unreadable:
        identity, root = (f"{source.id}!rest", source.root or source.id) if own else (source.id, source.root)
        return Unreadable(identity, source.path.as_posix(), code, reason, sha256, root)

    try:
        if not data.strip(b"\0\t\n\r "):
            raise DocumentError("empty", "the file is empty")
        for outcome in _within(reader_for(source, data).read(source, data, options), options.limits):
            yield outcome
            own = own or outcome.id == source.id
    except DocumentError as error:
        yield failed(error.code, str(error))
    except MemoryError:
        yield failed("too-much-memory", f"reading it takes more than {options.limits.memory_mib:,} MiB of memory")
    except RecursionError:
        yield failed("nested-too-deep", "its structure is nested too deep")
    except Exception as error:  # a reader that breaks down on one file must not take the run with it
        yield failed("reader-fault", f"the reader met a fault of its own ({type(error).__name__})")


def _within(outcomes: Iterator[Document | Unreadable], limits: ReadingLimits) -> Iterator[Document | Unreadable]:
    for outcome in outcomes:
        if isinstance(outcome, Document) and len(outcome.text) > limits.characters:
            raise DocumentError("too-long", f"it has more than {limits.characters:,} characters of text")
        yield outcome


def _bytes_of(path: Path, limits: ReadingLimits) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError("unreadable", "it is a pipe or a device, not a file")
        if status.st_size > limits.file_mib * 2**20:
            raise DocumentError("too-large", f"the file is larger than {limits.file_mib:,} MiB")
        return path.read_bytes()
    except FileNotFoundError:
        raise DocumentError("missing", "the file does not exist any more") from None
    except OSError as error:
        raise DocumentError("unreadable", f"the file cannot be opened ({error.strerror})") from None


def reader_for(source: Source, data: bytes) -> Reader:
    """The reader for a content: what the first bytes say counts more than the name. Raises DocumentError."""
    named = source.extension
    kind = kind_of(data, named)
    reader = readers().get(kind) if kind else None
    if reader is None:
        what = f".{kind or named} files" if kind or named else "files without an ending, whose content is not known,"
        raise DocumentError("unsupported", f"{what} cannot be read")
    return reader
