"""The embedded store: a folder with one SQLite file and one file of vectors, no server."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contracts import BoxFacts, UnreadPart
from .database import Database, damaged
from .store import Failure, Numbers, StoredDocument, StoredPassage, Version, View, Visible
from .vectors import VectorFile

__all__ = ["LIBRARIES", "SqliteStore"]

LIBRARIES = ("apsw",)

# The words come as the index needs them, separated by spaces: nothing else may divide them.
_WORDS = (
    "fts5(body, content='', contentless_delete=1, "
    """tokenize="unicode61 remove_diacritics 0 tokenchars '-./:,_+&@#'''")"""
)
_SCHEMA = """
create table settings (key text primary key, value text) without rowid;
create table documents (
  number integer primary key autoincrement, id text, path text, sha256 text, text text, text_sha256 text, read_by text,
  pages integer, language text, title text, source text, unread text, added integer, removed integer, vectors integer
);
create index by_id on documents (id, added);
create table passages (
  number integer primary key autoincrement, document integer, "from" integer, "to" integer, page integer, lead text,
  words integer, boxes text
);
create index by_document on passages (document);
create table groups (id text, name text, primary key (id, name)) without rowid;
create table failures (id text primary key, path text, code text, reason text, sha256 text, source text) without rowid;
create table files (id text primary key, sha256 text) without rowid;
create table erased (fingerprint text, added integer, removed integer);
create table versions (
  number integer primary key, digest text, made_at text, documents integer, passages integer, failures integer
);
create virtual table words using WORDS;
insert into words(words, rank) values ('secure-delete', 1);
create virtual table terms using fts5vocab(words, instance);
""".replace("WORDS", _WORDS)
_DOCUMENT = (
    "number, id, path, sha256, text, text_sha256, read_by, pages, language, title, source, unread, added, removed"
)
_PASSAGE = 'p."from", p."to", p.page, p.lead, substr(d.text, p."from" + 1, p."to" - p."from"), p.boxes'
_SEEN = "d.added <= :version and (d.removed is null or d.removed > :version)"
_GRANTED = " and exists (select 1 from groups g where g.id = d.id and g.name in (select value from json_each(:groups)))"


class SqliteStore:
    """A corpus in the folder ``path``. One process writes at a time; many may read.

    The folder and its files are for their owner alone (0700, 0600). Raises InputError if apsw is not installed, and
    wherever the file proves damaged.
    """

    def __init__(self, path: Path) -> None:
        self._folder = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._database = Database(path / "corpus.sqlite")
        for pragma in (
            "journal_mode = wal",
            "synchronous = normal",
            "secure_delete = on",
            "temp_store = memory",
            "foreign_keys = off",
        ):
            self._rows(f"pragma {pragma}")
        if not self._rows("select 1 from sqlite_master where name = 'versions'"):
            with self._database:
                self._rows(_SCHEMA)
        self._vectors: VectorFile | None = None

    def _rows(self, statement: str, bindings: Any = None) -> list[tuple[Any, ...]]:
        return self._database.rows(statement, bindings)

    def _one(self, statement: str, bindings: Any = None) -> Any:
        return self._rows(statement, bindings)[0][0]

    @property
    def _pending(self) -> int:
        return int(self._one("select coalesce(max(number), 0) + 1 from versions"))

    def get(self, key: str) -> Any:
        """Return a setting; None if it was never set."""
        rows = self._rows("select value from settings where key = ?", (key,))
        return _json(rows[0][0]) if rows else None

    def set(self, key: str, value: Any) -> None:
        """Write a setting."""
        self._rows("insert or replace into settings values (?, ?)", (key, json.dumps(value)))

    def _file(self) -> VectorFile:
        if self._vectors is None:
            self._vectors = VectorFile(self._folder / "vectors.f32", int(self.get("width") or 1))
        return self._vectors

    def add(
        self,
        document: StoredDocument,
        passages: Sequence[StoredPassage],
        words: Sequence[Sequence[str]],
        vectors: npt.NDArray[np.float32],
    ) -> None:
        """Add a document to the pending version, in place of one with the same id."""
        with self._database:
            pending = self._pending
            self._leave(document.id, pending)
            self._rows("delete from failures where id = ?", (document.id,))
            first = 1 + int(self._one("select coalesce(max(seq), 0) from sqlite_sequence where name = 'passages'"))
            if self.get("width") is None and len(vectors):
                self.set("width", vectors.shape[1])
            self._file().write(first, vectors)  # rows that no transaction follows are written over
            unread = json.dumps([part.as_json() for part in document.unread])
            self._rows(
                f"insert into documents ({_DOCUMENT}, vectors) values (null{', ?' * 14})",
                (
                    *(document.id, document.path, document.sha256, document.text, document.text_sha256),
                    *(document.read_by, document.pages, document.language, document.title, document.source),
                    *(unread, pending, None, zlib.crc32(vectors.tobytes())),
                ),
            )
            number = self._database.last_row
            self._database.many(
                "insert into passages values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (first + place, number, *p.span, p.page, p.lead, len(words[place]), _boxes_text(p))
                    for place, p in enumerate(passages)
                ],
            )
            self._database.many(
                "insert into words(rowid, body) values (?, ?)",
                [(first + place, " ".join(entry)) for place, entry in enumerate(words)],
            )

    def _leave(self, identity: str, pending: int) -> None:
        """End a document with the pending version; one that no finished version has is erased."""
        never = [
            row[0]
            for row in self._rows(
                "select number from documents where id = ? and removed is null and added = ?", (identity, pending)
            )
        ]
        self._erase(never)
        self._rows("update documents set removed = ? where id = ? and removed is null", (pending, identity))

    def withdraw(self, identities: Iterable[str]) -> None:
        """Take documents out of the pending version, and their failures too."""
        with self._database:
            pending = self._pending
            for identity in identities:
                self._leave(identity, pending)
                self._rows("delete from failures where id = ?", (identity,))

    def fail(self, failure: Failure) -> None:
        """Record a document that cannot be read."""
        with self._database:
            self._leave(failure.id, self._pending)
            self._rows(
                "insert or replace into failures values (?, ?, ?, ?, ?, ?)",
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
        if sha256 is None:
            self._rows("delete from files where id = ?", (identity,))
        else:
            self._rows("insert or replace into files values (?, ?)", (identity, sha256))

    def finish(self, made_at: str, digest: str) -> Version:
        """Make the pending version a version, after everything is on the disk."""
        self._file().sync()
        with self._database:
            pending = self._pending
            seen = _SEEN.replace(":version", str(pending))
            version = Version(
                pending,
                digest,
                made_at,
                self._one(f"select count(*) from documents d where {seen}"),
                self._one(f"select count(*) from passages p join documents d on d.number = p.document where {seen}"),
                self._one("select count(*) from failures"),
            )
            self._rows(
                "insert into versions values (?, ?, ?, ?, ?, ?)",
                (pending, digest, made_at, version.documents, version.passages, version.failures),
            )
        self._rows("pragma wal_checkpoint(truncate)")
        return version

    def versions(self) -> list[Version]:
        """Return the finished versions, oldest first."""
        columns = "number, digest, made_at, documents, passages, failures"
        return [Version(*row) for row in self._rows(f"select {columns} from versions order by number")]

    def documents(self, view: View, *, text: bool = False) -> Iterator[StoredDocument]:
        """Yield the documents of a view, sorted by id."""
        columns = _DOCUMENT if text else _DOCUMENT.replace(" text,", " '',")
        where, bindings = _where(view)
        for row in self._database.each(f"select {columns} from documents d where {where} order by id", bindings):
            yield _document(row)

    def document(self, number: int) -> StoredDocument:
        """Return a document with its text."""
        rows = self._rows(f"select {_DOCUMENT} from documents where number = ?", (number,))
        if not rows:
            raise KeyError(number)
        return _document(rows[0])

    def set_groups(self, groups: Mapping[str, Sequence[str]] | None) -> None:
        """Declare the groups of every document."""
        with self._database:
            self.set("access", groups is not None)
            self._rows("delete from groups")
            self._database.many(
                "insert into groups values (?, ?)",
                [(identity, name) for identity, names in (groups or {}).items() for name in sorted(set(names))],
            )

    def visible(self, view: View) -> Visible:
        """Return the passages of a view."""
        where, bindings = _where(view)
        rows = self._rows(
            "select p.number, p.document, p.words from passages p join documents d on d.number = p.document "
            f"where {where} order by p.number",
            bindings,
        )
        columns = np.array(rows, np.int64).reshape(-1, 3)
        return Visible(*(np.ascontiguousarray(columns[:, place]) for place in range(3)))

    def postings(self, forms: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Return the passages with a word in any of its forms, and how often it occurs in each."""
        rows = self._rows(
            "select doc, count(*) from terms where term in (select value from json_each(?)) group by doc order by doc",
            (json.dumps(list(forms)),),
        )
        columns = np.array(rows, np.int64).reshape(-1, 2)
        return np.ascontiguousarray(columns[:, 0]), np.ascontiguousarray(columns[:, 1])

    def nearest(
        self, vector: npt.NDArray[np.float32], visible: Visible, count: int
    ) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """Return the passages nearest to a vector, and their cosines."""
        return self._file().nearest(vector, visible.passages, count)

    def passages(self, numbers: Sequence[int]) -> list[tuple[StoredDocument, StoredPassage]]:
        """Return passages with their documents, without texts."""
        document = ", ".join(f"d.{name}" for name in _DOCUMENT.split(", ")).replace("d.text,", "'',")
        found = {
            row[0]: (_document(row[7:]), _passage(row[1:7]))
            for row in self._rows(
                f"select p.number, {_PASSAGE}, {document} from passages p "
                "join documents d on d.number = p.document where p.number in (select value from json_each(?))",
                (json.dumps([int(number) for number in numbers]),),
            )
        }
        return [found[int(number)] for number in numbers]

    def passages_of(self, document: int) -> list[StoredPassage]:
        """Return the passages of one document, in order."""
        statement = f"select {_PASSAGE} from passages p join documents d on d.number = p.document where d.number = ?"
        return [_passage(row) for row in self._rows(f"{statement} order by p.number", (document,))]

    def erase(self, numbers: Sequence[int]) -> None:
        """Erase documents from every version."""
        with self._database:
            for document in map(self.document, numbers):
                life = (document.fingerprint, document.added, document.removed)
                self._rows("insert into erased values (?, ?, ?)", life)
            self._erase(numbers)
        self._rows("pragma wal_checkpoint(truncate)")
        self._file().sync()

    def erased(self, version: int) -> list[str]:
        """Return the fingerprints of the erased documents that a version had."""
        seen = "added <= ? and (removed is null or removed > ?)"
        return [row[0] for row in self._rows(f"select fingerprint from erased where {seen}", (version, version))]

    def _erase(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            first, count = self._rows("select min(number), count(*) from passages where document = ?", (number,))[0]
            if count:
                self._file().erase(first, count)
            self._rows("delete from words where rowid in (select number from passages where document = ?)", (number,))
            self._rows("delete from passages where document = ?", (number,))
            self._rows("delete from documents where number = ?", (number,))

    def prune(self, before: int) -> int:
        """Forget versions older than ``before``, and erase what only they contain."""
        with self._database:
            gone = [row[0] for row in self._rows("select number from documents where removed <= ?", (before,))]
            self._erase(gone)
            self._rows("delete from versions where number < ?", (before,))
            self._rows("delete from erased where removed <= ?", (before,))
        self._rows("pragma wal_checkpoint(truncate)")
        return len(gone)

    def faults(self) -> list[str]:
        """Return what is wrong with the file, the texts and the vectors."""
        faults = [f"The database is damaged: {row[0]}." for row in self._rows("pragma quick_check") if row[0] != "ok"]
        self._rows("insert into words(words) values ('integrity-check')")
        for identity, text, stated in self._database.each("select id, text, text_sha256 from documents order by id"):
            if hashlib.sha256(str(text).encode()).hexdigest() != stated:
                faults.append(f"The text of {identity} was changed.")
        for number, identity, crc in self._rows("select number, id, vectors from documents"):
            first, count = self._rows("select min(number), count(*) from passages where document = ?", (number,))[0]
            rows = self._file().rows[first : first + count] if count else np.zeros((0, 1), np.float32)
            if zlib.crc32(np.ascontiguousarray(rows).tobytes()) != crc:
                faults.append(f"The vectors of {identity} were changed.")
        return faults

    def wrong_words(self, words_of: Callable[[StoredDocument, StoredPassage], Sequence[str]]) -> list[str]:
        """Return the ids of the documents with passages whose words are not those of ``words_of``."""
        self._rows("drop table if exists temp.made_terms; drop table if exists temp.made")
        self._rows(f"create virtual table temp.made using {_WORDS}")
        self._rows("create virtual table temp.made_terms using fts5vocab(temp, made, instance)")
        document = ", ".join(f"d.{name}" for name in _DOCUMENT.split(", ")).replace("d.text,", "'',")
        of_passage: dict[int, str] = {}
        wrong: set[str] = set()
        for number, count, *row in self._database.each(
            f"select p.number, p.words, {_PASSAGE}, {document} from passages p "
            "join documents d on d.number = p.document"
        ):
            stored = _document(row[6:])
            of_passage[number] = stored.id
            words = words_of(stored, _passage(row[:6]))
            self._rows("insert into temp.made(rowid, body) values (?, ?)", (number, " ".join(words)))
            if count != len(words):
                wrong.add(stored.id)
        indexed, made = self._sums("terms"), self._sums("temp.made_terms")
        differing = [number for number in {**indexed, **made} if indexed.get(number) != made.get(number)]
        return sorted(wrong | {of_passage.get(number, "a document that is gone") for number in differing})

    def _sums(self, terms: str) -> dict[int, int]:
        """Return a sum over the words of each passage with their places; the order of the rows does not count."""
        sums: dict[int, int] = {}
        for passage, term, place in self._database.each(f"select doc, term, offset from {terms}"):
            sums[passage] = sums.get(passage, 0) + zlib.crc32(f"{place} {term}".encode())
        return sums

    def size(self) -> int:
        """Return the size of the folder in bytes."""
        return sum(file.stat().st_size for file in self._folder.iterdir() if file.is_file())

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def _where(view: View) -> tuple[str, dict[str, Any]]:
    bindings: dict[str, Any] = {"version": view.version}
    if view.groups is None:
        return _SEEN, bindings
    return _SEEN + _GRANTED, {**bindings, "groups": json.dumps(sorted(view.groups))}


def _document(row: Sequence[Any]) -> StoredDocument:
    number, identity, path, sha256, text, text_sha256, read_by, pages, language, title, source, unread, *life = row
    return StoredDocument(
        *(identity, path, sha256, text, text_sha256, read_by, pages, language, title, source),
        unread=tuple(UnreadPart(**part) for part in _json(unread)),
        number=number,
        added=life[0],
        removed=life[1],
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        raise damaged("corpus.sqlite", "a value is not JSON") from None


def _boxes_text(passage: StoredPassage) -> str:
    return json.dumps([[*span, *box.model_dump().values()] for span, box in passage.boxes], separators=(",", ":"))


def _passage(row: Sequence[Any]) -> StoredPassage:
    start, end, page, lead, text, boxes = row
    placed = tuple(
        ((entry[0], entry[1]), BoxFacts(**dict(zip(("page", "x0", "y0", "x1", "y1"), entry[2:], strict=True))))
        for entry in _json(boxes)
    )
    return StoredPassage((start, end), page, lead, text, placed)
