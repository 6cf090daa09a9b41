"""The protocol of a store: the folder or database that holds the documents, passages and versions of a corpus."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..contracts import BoxFacts, Span, UnreadPart

__all__ = ["Failure", "Numbers", "Store", "StoredDocument", "StoredPassage", "Version", "View", "Visible"]

Numbers = npt.NDArray[np.int64]
"""Numbers of passages."""


@dataclass(frozen=True)
class StoredPassage:
    """A passage of a document: its span, page, lead, text, and the boxes of its lines (span of the line, box)."""

    span: Span
    page: int
    lead: str = ""
    text: str = field(default="", repr=False)
    boxes: tuple[tuple[Span, BoxFacts], ...] = ()


@dataclass(frozen=True)
class StoredDocument:
    """A document of a corpus: its identity, its text, and how it was read.

    ``added`` is the first version that has it, ``removed`` the first that has it no more; None if the newest has it.
    ``source`` is the id of the file that contains it, ``title`` what it calls itself; ``text_sha256`` is the digest of
    its text.
    """

    id: str
    path: str
    sha256: str
    text: str = field(repr=False)
    text_sha256: str
    read_by: str
    pages: int = 1
    language: str = ""
    title: str = ""
    source: str | None = None
    unread: tuple[UnreadPart, ...] = ()
    number: int = 0
    added: int = 0
    removed: int | None = None

    @property
    def file(self) -> str:
        """The id of the file that it is or stands in."""
        return self.source or self.id

    @property
    def inner(self) -> str | None:
        """Its id, if it stands inside a file as a file of its own; the id of a record is content, and is none."""
        return self.id if self.id.startswith(f"{self.file}!") else None

    @property
    def fingerprint(self) -> str:
        """The digest of its id, its bytes and its text."""
        return hashlib.sha256(json.dumps([self.id, self.sha256, self.text_sha256]).encode()).hexdigest()


@dataclass(frozen=True)
class Failure:
    """A document that could not be read: counted in every version until it can be."""

    id: str
    path: str
    code: str
    reason: str
    sha256: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Version:
    """A finished version: its number, its digest over all that it contains, when it was made, and its totals."""

    number: int
    digest: str
    made_at: str
    documents: int
    passages: int
    failures: int


@dataclass(frozen=True)
class View:
    """What may be seen: one version, and of it the documents of ``groups``; None where access is not declared."""

    version: int
    groups: frozenset[str] | None = None


@dataclass(frozen=True)
class Visible:
    """The passages of a view, as arrays: their numbers (ascending), their documents' numbers, their words."""

    passages: Numbers
    documents: Numbers
    words: Numbers
    view: View


class Store(Protocol):
    """Holds one corpus. Every method that writes is one transaction: it happens wholly or not at all.

    Documents are written under a version that is not finished yet, the pending one; ``finish`` makes it a version.
    ``libraries`` are the distributions that it needs.
    """

    libraries: tuple[str, ...]

    def lock(self) -> bool:
        """Keep other writers out, until ``unlock`` or the end of the process; False if one is writing."""
        ...

    def unlock(self) -> None:
        """Let other writers in."""
        ...

    def get(self, key: str) -> Any:
        """Return a setting of the corpus as plain data; None if it was never set."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Write a setting of the corpus."""
        ...

    def add(
        self,
        document: StoredDocument,
        passages: Sequence[StoredPassage],
        words: Sequence[Sequence[str]],
        vectors: npt.NDArray[np.float32],
    ) -> None:
        """Add a document to the pending version with its passages, their words and their vectors (one row each).

        A document with the same id leaves the pending version.
        """
        ...

    def withdraw(self, identities: Iterable[str]) -> None:
        """Take documents out of the pending version; earlier versions keep them."""
        ...

    def fail(self, failure: Failure) -> None:
        """Record that a document of the pending version cannot be read; what earlier versions had of it leaves it."""
        ...

    def failures(self) -> list[Failure]:
        """Return what cannot be read at present, sorted by id."""
        ...

    def files(self) -> dict[str, str]:
        """Return the sha256 of each file whose documents are all in the pending version, by the file's id."""
        ...

    def keep_file(self, identity: str, sha256: str | None) -> None:
        """Record that all documents of a file are in the pending version; with None, that they are not."""
        ...

    def finish(self, made_at: str, digest: str) -> Version:
        """Make the pending version a version."""
        ...

    def versions(self) -> list[Version]:
        """Return the finished versions, oldest first."""
        ...

    def documents(self, view: View, *, text: bool = False) -> Iterator[StoredDocument]:
        """Yield the documents of a view, sorted by id; without ``text`` their texts are empty."""
        ...

    def document(self, number: int) -> StoredDocument:
        """Return a document with its text. Raises KeyError if it was erased."""
        ...

    def set_groups(self, groups: Mapping[int, Sequence[str]] | None) -> None:
        """Declare the groups of every document by its number, in place of all earlier ones; None opens the corpus.

        By its number and not its id: another content under the same id has no groups until they are declared.
        """
        ...

    def visible(self, view: View) -> Visible:
        """Return the passages of a view."""
        ...

    def postings(self, forms: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Return the passages that contain a word in any of its forms, ascending, and how often each does."""
        ...

    def nearest(
        self, vector: npt.NDArray[np.float32], visible: Visible, count: int
    ) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """Return the passages nearest to a vector by cosine, best first, and their cosines; exact, not approximate."""
        ...

    def passages(self, numbers: Sequence[int]) -> list[tuple[StoredDocument, StoredPassage]]:
        """Return passages with their documents (without texts), in the order of ``numbers``."""
        ...

    def passages_of(self, document: int) -> list[StoredPassage]:
        """Return the passages of one document, in order."""
        ...

    def erase(self, numbers: Sequence[int]) -> None:
        """Erase documents from every version: text, passages, words and vectors are overwritten.

        What stays of each is its fingerprint, so that the digests of its versions can still be confirmed.
        """
        ...

    def erased(self, version: int) -> list[str]:
        """Return the fingerprints of the erased documents that a version had."""
        ...

    def prune(self, before: int) -> int:
        """Forget versions older than ``before``, and erase what only they contain; returns the number of documents."""
        ...

    def faults(self) -> list[str]:
        """Return what is wrong with the store itself, as sentences; empty if nothing is."""
        ...

    def wrong_words(self, words_of: Callable[[StoredDocument, StoredPassage], Sequence[str]]) -> list[str]:
        """Return the ids of the documents with passages whose words are not those of ``words_of``.

        It gets documents without texts, and passages with their text.
        """
        ...

    def size(self) -> int:
        """Return the size of the store in bytes."""
        ...

    def close(self) -> None:
        """Close the store."""
        ...

    def drop(self) -> None:
        """Close the store, and delete what it holds outside the folder of the corpus."""
        ...
