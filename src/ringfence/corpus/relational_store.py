"""What the stores in SQL databases have in common: the tables of documents, passages and versions."""

from __future__ import annotations

import hashlib
import json
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import numpy.typing as npt

from .rows import boxes_text, document_of_row, lengths_of, passage_of_row, value_of_json, word_sum
from .store import Failure, Store, StoredDocument, StoredPassage, Version, View, Visible

__all__ = ["TABLES", "Erased", "RelationalStore"]

# The passages of a document have numbers without a gap, from ``first`` on; ``lengths`` holds the number of words of
# each (int32), so that a view of a million passages opens without reading a row for each.
TABLES = """
create table settings (key text primary key, value text);
create table documents (
  number integer primary key, id text, path text, sha256 text, text text, text_sha256 text, read_by text,
  pages integer, language text, title text, source text, unread text, added integer, removed integer,
  vectors integer, first integer, lengths blob
);
create index by_id on documents (id, added);
create table passages (
  number integer primary key, document integer, "from" integer, "to" integer, page integer, lead text, boxes text
);
create table groups (id text, name text, primary key (id, name));
create table failures (id text primary key, path text, code text, reason text, sha256 text, source text);
create table files (id text primary key, sha256 text);
create table erased (fingerprint text, added integer, removed integer);
create table versions (
  number integer primary key, digest text, made_at text, documents integer, passages integer, failures integer
);
"""
_DOCUMENT = (
    "number, id, path, sha256, text, text_sha256, read_by, pages, language, title, source, unread, added, removed"
)
_WITHOUT_TEXT = _DOCUMENT.replace(" text,", " '',")
_TEXT = 'substr(d.text, cast(p."from" + 1 as integer), cast(p."to" - p."from" as integer))'
_PASSAGE = f'p."from", p."to", p.page, p.lead, {_TEXT}, p.boxes'
_SEEN = "d.added <= ? and (d.removed is null or d.removed > ?)"
BY_NUMBER = "#number:"  # before a document in its groups; earlier ones were by id, and count for nothing
PAGE, PAGE_OF_TEXTS = 10_000, 100  # documents that are fetched at once

Erased = tuple[int, int, int]
"""A document that is erased: its number, the number of its first passage, and how many it has."""


class RelationalStore(Store, ABC):
    """A corpus in a SQL database. Statements have ``?`` for each value, in both dialects."""

    @abstractmethod
    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute a statement, and return its rows."""

    @abstractmethod
    def _many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute a statement for each of the rows."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[Any]:
        """Make what is executed inside one transaction; transactions may contain each other."""

    @abstractmethod
    def _among(self, column: str) -> str:
        """Return the condition that a column has one of the values of ``_listed``."""

    @abstractmethod
    def _listed(self, values: Sequence[Any]) -> Any:
        """Return several values as one."""

    @abstractmethod
    def _index(
        self, document: int, first: int, words: Sequence[Sequence[str]], vectors: npt.NDArray[np.float32]
    ) -> None:
        """Store the words and vectors of the passages from number ``first`` on."""

    @abstractmethod
    def _unindex(self, erased: Sequence[Erased]) -> None:
        """Erase the words and vectors of documents."""

    @abstractmethod
    def _overwrite(self) -> None:
        """Leave nothing in the files of what was erased."""

    @abstractmethod
    def _vectors_of(self, first: int, count: int) -> npt.NDArray[np.float32]:
        """Return the vectors of ``count`` passages from number ``first`` on; fewer if some are missing."""

    @abstractmethod
    def _word_sums(self) -> dict[int, int]:
        """Return for each passage in the index the sum of ``word_sum`` over its words."""

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._rows(statement, values)[0][0]

    @property
    def _pending(self) -> int:
        return int(self._one("select coalesce(max(number), 0) + 1 from versions"))

    def get(self, key: str) -> Any:
        """Return a setting; None if it was never set."""
        rows = self._rows("select value from settings where key = ?", (key,))
        return value_of_json(rows[0][0]) if rows else None

    def set(self, key: str, value: Any) -> None:
        """Write a setting."""
        statement = "insert into settings values (?, ?) on conflict (key) do update set value = excluded.value"
        self._rows(statement, (key, json.dumps(value)))

    def _numbers(self, key: str, count: int) -> int:
        """Return the first of ``count`` new numbers; none is ever used again."""
        first = int(self.get(key) or 1)
        self.set(key, first + count)
        return first

    def add(
        self,
        document: StoredDocument,
        passages: Sequence[StoredPassage],
        words: Sequence[Sequence[str]],
        vectors: npt.NDArray[np.float32],
    ) -> None:
        """Add a document to the pending version, in place of one with the same id."""
        with self._transaction():
            pending = self._pending
            self._leave(document.id, pending)
            self._rows("delete from failures where id = ?", (document.id,))
            number, first = self._numbers("next_document", 1), self._numbers("next_passage", len(passages))
            if self.get("width") is None and len(vectors):
                self.set("width", vectors.shape[1])
            self._index(number, first, words, vectors)
            lengths = np.array([len(entry) for entry in words], "<i4").tobytes()
            self._rows(
                f"insert into documents ({_DOCUMENT}, vectors, first, lengths) values (?{', ?' * 16})",
                (
                    *(number, document.id, document.path, document.sha256, document.text, document.text_sha256),
                    *(document.read_by, document.pages, document.language, document.title, document.source),
                    *(json.dumps([part.as_json() for part in document.unread]), pending, None),
                    *(zlib.crc32(vectors.tobytes()), first, lengths),
                ),
            )
            self._many(
                "insert into passages values (?, ?, ?, ?, ?, ?, ?)",
                [(first + at, number, *p.span, p.page, p.lead, boxes_text(p)) for at, p in enumerate(passages)],
            )

    def _leave(self, identity: str, pending: int) -> None:
        """End a document with the pending version; one that no finished version has is erased."""
        never = self._rows(
            "select number from documents where id = ? and removed is null and added = ?", (identity, pending)
        )
        self._erase([row[0] for row in never])
        self._rows("update documents set removed = ? where id = ? and removed is null", (pending, identity))

    def withdraw(self, identities: Iterable[str]) -> None:
        """Take documents out of the pending version, and their failures too."""
        with self._transaction():
            pending = self._pending
            for identity in identities:
                self._leave(identity, pending)
                self._rows("delete from failures where id = ?", (identity,))

    def fail(self, failure: Failure) -> None:
        """Record a document that cannot be read."""
        with self._transaction():
            self._leave(failure.id, self._pending)
            self._rows("delete from failures where id = ?", (failure.id,))
            self._rows(
                "insert into failures values (?, ?, ?, ?, ?, ?)",
                (failure.id, failure.path, failure.code, failure.reason, failure.sha256, failure.source),
            )

    def failures(self) -> list[Failure]:
        """Return what cannot be read at present."""
        return [Failure(*row) for row in self._rows("select * from failures order by id")]

    def files(self) -> dict[str, str]:
        """Return the sha256 of each file that was read to its end, by id."""
        return dict(self._rows("select id, sha256 from files"))

    def keep_file(self, identity: str, sha256: str | None) -> None:
        """Record that a file was read to its end; with None, that it was not."""
        with self._transaction():
            self._rows("delete from files where id = ?", (identity,))
            if sha256 is not None:
                self._rows("insert into files values (?, ?)", (identity, sha256))

    def finish(self, made_at: str, digest: str) -> Version:
        """Make the pending version a version."""
        with self._transaction():
            pending = self._pending
            documents, passages = self._rows(
                f"select count(*), coalesce(sum(length(lengths) / 4), 0) from documents d where {_SEEN}",
                (pending, pending),
            )[0]
            failures = int(self._one("select count(*) from failures"))
            version = Version(pending, digest, made_at, int(documents), int(passages), failures)
            self._rows("insert into versions values (?, ?, ?, ?, ?, ?)", tuple(vars(version).values()))
        return version

    def versions(self) -> list[Version]:
        """Return the finished versions, oldest first."""
        return [Version(*row) for row in self._rows("select * from versions order by number")]

    def _where(self, view: View) -> tuple[str, tuple[Any, ...]]:
        """Return the condition that a document ``d`` is in a view, with its values."""
        values = (view.version, view.version)
        if view.groups is None:
            return _SEEN, values
        granted = f"exists (select 1 from groups g where g.id = '{BY_NUMBER}' || d.number and {self._among('g.name')})"
        return f"{_SEEN} and {granted}", (*values, self._listed(sorted(view.groups)))

    def documents(self, view: View, *, text: bool = False) -> Iterator[StoredDocument]:
        """Yield the documents of a view, sorted by id."""
        where, values = self._where(view)
        columns, page, last = (_DOCUMENT, PAGE_OF_TEXTS, "") if text else (_WITHOUT_TEXT, PAGE, "")
        statement = f"select {columns} from documents d where {where} and id > ? order by id limit {page}"
        while rows := self._rows(statement, (*values, last)):
            yield from map(document_of_row, rows)
            last = rows[-1][1]

    def document(self, number: int) -> StoredDocument:
        """Return a document with its text."""
        rows = self._rows(f"select {_DOCUMENT} from documents where number = ?", (number,))
        if not rows:
            raise KeyError(number)
        return document_of_row(rows[0])

    def set_groups(self, groups: Mapping[int, Sequence[str]] | None) -> None:
        """Declare the groups of every document."""
        with self._transaction():
            self.set("access", groups is not None)
            self._rows("delete from groups")
            self._many(
                "insert into groups values (?, ?)",
                [(f"{BY_NUMBER}{n}", name) for n, names in (groups or {}).items() for name in sorted(set(names))],
            )
            self._count_change()

    def _count_change(self) -> None:
        """Tell those who hold a view that what they may see is another."""
        self.set("generation", int(self.get("generation") or 0) + 1)

    def visible(self, view: View) -> Visible:
        """Return the passages of a view."""
        where, values = self._where(view)
        rows = self._rows(f"select number, first, lengths from documents d where {where} order by first", values)
        counts = np.array([len(row[2]) // 4 for row in rows], np.int64)
        places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return Visible(
            np.repeat(np.array([row[1] for row in rows], np.int64), counts) + places,
            np.repeat(np.array([row[0] for row in rows], np.int64), counts),
            lengths_of(b"".join(row[2] for row in rows)).astype(np.int64),
            view,
        )

    def passages(self, numbers: Sequence[int]) -> list[tuple[StoredDocument, StoredPassage]]:
        """Return passages with their documents, without texts."""
        document = ", ".join(f"d.{name}" for name in _DOCUMENT.split(", ")).replace("d.text,", "'',")
        rows = self._rows(
            f"select p.number, {_PASSAGE}, {document} from passages p "
            f"join documents d on d.number = p.document where {self._among('p.number')}",
            (self._listed([int(number) for number in numbers]),),
        )
        found = {row[0]: (document_of_row(row[7:]), passage_of_row(row[1:7])) for row in rows}
        return [found[int(number)] for number in numbers]

    def passages_of(self, document: int) -> list[StoredPassage]:
        """Return the passages of one document, in order."""
        rows = self._rows(
            f"select {_PASSAGE} from documents d join passages p on p.number >= d.first "
            "and p.number < d.first + length(d.lengths) / 4 where d.number = ? order by p.number",
            (document,),
        )
        return [passage_of_row(row) for row in rows]

    def erase(self, numbers: Sequence[int]) -> None:
        """Erase documents from every version."""
        with self._transaction():
            rows = self._rows(
                f"select {_WITHOUT_TEXT} from documents where {self._among('number')}", (self._listed(list(numbers)),)
            )
            self.set("overwrite", True)  # until it is done: a kill in between must not leave words in the files
            pending = self._pending  # what the newest version still had, the next one has no more
            lives = [(each.fingerprint, each.added, each.removed or pending) for each in map(document_of_row, rows)]
            self._many("insert into erased values (?, ?, ?)", lives)
            self._erase(numbers)
            self._count_change()
        self._overwrite()

    def erased(self, version: int) -> list[str]:
        """Return the fingerprints of the erased documents that a version had."""
        rows = self._rows(f"select fingerprint from erased d where {_SEEN} order by fingerprint", (version, version))
        return [row[0] for row in rows]

    def _erase(self, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        condition, listed = self._among("number"), self._listed(list(numbers))
        erased = self._rows(f"select number, first, length(lengths) / 4 from documents where {condition}", (listed,))
        self._unindex(erased)
        self._many("delete from passages where number >= ? and number < ?", [(f, f + count) for _, f, count in erased])
        self._many("delete from groups where id = ?", [(f"{BY_NUMBER}{number}",) for number in numbers])
        self._rows(f"delete from documents where {condition}", (listed,))

    def prune(self, before: int) -> int:
        """Forget versions older than ``before``, and erase what only they contain."""
        with self._transaction():
            gone = [row[0] for row in self._rows("select number from documents where removed <= ?", (before,))]
            self.set("overwrite", True)
            self._erase(gone)
            self._rows("delete from versions where number < ?", (before,))
            self._rows("delete from erased where removed <= ?", (before,))
        self._overwrite()
        return len(gone)

    def faults(self) -> list[str]:
        """Return which documents have other texts, passages or vectors than were stored."""
        faults, last = [], -1
        columns = "number, id, text, text_sha256"
        texts = f"select {columns} from documents where number > ? order by number limit {PAGE_OF_TEXTS}"
        while page := self._rows(texts, (last,)):
            faults += [
                f"The text of {identity} was changed."
                for _, identity, text, stated in page
                if hashlib.sha256(str(text).encode()).hexdigest() != stated
            ]
            last = page[-1][0]
        rows = self._rows("select number, id, vectors, first, length(lengths) / 4 from documents order by number")
        held = dict(self._rows("select document, count(*) from passages group by document"))
        for number, identity, crc, first, count in rows:
            if zlib.crc32(self._vectors_of(first, count).tobytes()) != crc:
                faults.append(f"The vectors of {identity} were changed.")
            if held.get(number, 0) != count:
                faults.append(f"Passages of {identity} are missing.")
        return faults

    def wrong_words(self, words_of: Callable[[StoredDocument, StoredPassage], Sequence[str]]) -> list[str]:
        """Return the ids of the documents with passages whose words are not those of ``words_of``."""
        indexed, wrong = self._word_sums(), set()
        rows = self._rows(f"select {_WITHOUT_TEXT}, first, lengths from documents order by number")
        for *row, first, lengths in rows:
            document = document_of_row(row)
            counts = lengths_of(lengths)
            for at, passage in enumerate(self.passages_of(document.number)):
                words = words_of(document, passage)
                made = sum(word_sum(word, times) for word, times in Counter(words).items())
                if indexed.pop(first + at, 0) != made or at >= len(counts) or counts[at] != len(words):
                    wrong.add(document.id)
        return sorted(wrong | ({"a document that is gone"} if indexed else set()))
