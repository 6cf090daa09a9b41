"""Documents inside documents: attachments of mails, members of archives."""

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
    """A reader whose files hold documents of their own."""

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Each child with its content, or why it cannot be had."""
        ...


class ContainerReader:
    """What readers share whose files are nothing but their children."""

    def children(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Child]:
        """Each child with its content, or why it cannot be had."""
        raise NotImplementedError

    def read(self, source: Source, data: bytes, options: ReadingOptions) -> Iterator[Document | Unreadable]:
        """Yield the documents of every child."""
        yield from read_children(self.children(source, data, options), options)


def unreadable(child: Source, code: str, reason: str) -> Unreadable:
    """A child whose content cannot be had."""
    return Unreadable(child.id, child.path.as_posix(), code, reason, None, child.root)


class ChildNames:
    """Harmless, distinct names for children: no way up, no way to the root, no control characters, none twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, told: str, fallback: str) -> str:
        """The name for a child that calls itself ``told``."""
        clean = "".join(
            " " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in told.replace("\\", "/")
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
    """Whether a file, by its name, may hold more than one document."""
    reader = readers().get(source.extension)
    return isinstance(reader, Container) or source.extension in ("jsonl", "ndjson", "csv", "tsv")


def read_children(children: Iterator[Child], options: ReadingOptions) -> Iterator[Document | Unreadable]:
    """Read each child by its own reader."""
    for child in children:
        if isinstance(child, Unreadable):
            yield child
        else:
            yield from read_bytes(*child, options)


def content_of(source: Source, data: bytes, wanted: str, options: ReadingOptions) -> tuple[Source, bytes] | None:
    """The bytes of the document ``wanted`` in ``source``; None where it is not there."""
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
