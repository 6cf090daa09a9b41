"""Documents inside documents: attachments of mails and members of archives."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable

from ..errors import DocumentError
from .model import Document
from .reader import (
    ReadingOptions,
    Source,
    Unreadable,
    read_bytes,
    reader_for,
    readers,
)

__all__ = ["Container", "ChildNames", "ContainerReader", "content_of", "holds_several", "read_children", "unreadable"]

Child = tuple[Source, bytes] | Unreadable


@runtime_checkable
class Container(Protocol):
    """A reader whose files contain other documents."""

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Yield each child with its content, or an Unreadable with the reason."""
        ...


class ContainerReader:
    """Base class of readers whose files consist only of child documents."""

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Yield each child with its content, or an Unreadable with the reason."""
        raise NotImplementedError

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield the documents of each child."""
        yield from read_children(self.children(source, data, options), options)


def unreadable(child: Source, code: str, reason: str) -> Unreadable:
    """Return an Unreadable for a child whose content cannot be extracted."""
    return Unreadable(child.id, child.path.as_posix(), code, reason, None, child.root)


class ChildNames:
    """Safe, unique names for children: no parent or absolute paths, no control characters, no duplicates."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, original: str, fallback: str) -> str:
        """Return a unique name for a child from its ``original`` name, or ``fallback`` if nothing of it is safe."""
        clean = "".join(
            " " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in original.replace("\\", "/")
        )
        parts = [part.strip() for part in clean.replace("!", "_").split("/")]
        name = "/".join(part for part in parts if part not in ("", ".", "..") and not re.fullmatch("[A-Za-z]:", part))
        name = name[-200:] or fallback
        distinct, number = name, 1
        while distinct in self._taken:
            number += 1
            path = PurePosixPath(name)
            distinct = str(path.with_name(f"{path.stem}#{number}{path.suffix}"))
        self._taken.add(distinct)
        return distinct


def holds_several(source: Source) -> bool:
    """Return whether a file may contain more than one document, judging by its name.

    Of a PDF, this says no: few hold other files, and a run over thousands of them should know its length.
    """
    reader = readers().get(source.extension)
    return (isinstance(reader, Container) and source.extension != "pdf") or source.extension in (
        "jsonl",
        "ndjson",
        "csv",
        "tsv",
    )


def read_children(children: Iterator[Child], options: ReadingOptions) -> Iterator[Document | Unreadable]:
    """Read each child with the reader for its content."""
    for child in children:
        if isinstance(child, Unreadable):
            yield child
        else:
            yield from read_bytes(*child, options)


def content_of(source: Source, data: bytes, wanted: str, options: ReadingOptions) -> tuple[Source, bytes] | None:
    """Return the source and bytes of the document with the id ``wanted`` in ``source``; None if it is not found."""
    if source.id == wanted:
        return source, data
    try:
        reader = reader_for(source, data)
        if not isinstance(reader, Container):
            return None
        for child in reader.children(source, data, options):
            if isinstance(child, Unreadable):
                continue
            if wanted == child[0].id or wanted.startswith(f"{child[0].id}!"):
                return content_of(*child, wanted, options)
    except DocumentError:
        pass
    return None
