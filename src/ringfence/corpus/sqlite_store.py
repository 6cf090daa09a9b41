"""The embedded store: a folder with one SQLite file and one file of vectors, no server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from .database import Database, damaged
from .relational_store import TABLES, Erased, RelationalStore
from .rows import word_sum
from .store import Numbers, Version, Visible
from .vectors import VectorFile

__all__ = ["SQLITE_FILE", "SqliteStore"]

SQLITE_FILE = "corpus.sqlite"

# The words come as the index needs them, separated by spaces. Nothing else may divide them, so the tokenizer is
# `ascii`: to unicode61 a letter of a later Unicode than its own is no letter.
_WORDS = """
create virtual table words using fts5(
  body, content='', contentless_delete=1, tokenize="ascii tokenchars '-./:,_+&@#'''"
);
insert into words(words, rank) values ('secure-delete', 1);
create virtual table terms using fts5vocab(words, instance);
"""


class SqliteStore(RelationalStore):
    """A corpus in the folder ``path``. One process writes at a time; many may read.

    The folder and its files are for their owner alone (0700, 0600). Raises InputError if apsw is not installed, and
    wherever the file proves damaged.
    """

    libraries = ("apsw",)

    def __init__(self, path: Path) -> None:
        self._folder = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._database = Database(path / SQLITE_FILE)
        for pragma in ("journal_mode = wal", "synchronous = normal", "secure_delete = on", "foreign_keys = off"):
            self._rows(f"pragma {pragma}")
        if not self._rows("select 1 from sqlite_master where name = 'versions'"):
            with self._database:
                self._rows(TABLES + _WORDS)
        self._vectors: VectorFile | None = None
        self._lock = FileLock(path / "writer.lock", timeout=0)

    def lock(self) -> bool:
        """Keep other writers out; False if one is writing."""
        try:
            self._lock.acquire()
        except Timeout:
            return False
        return True

    def unlock(self) -> None:
        """Let other writers in."""
        self._lock.release()

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._database.rows(statement, tuple(values))

    def _many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self._database.many(statement, rows)

    def _transaction(self) -> AbstractContextManager[Any]:
        return self._database

    def _among(self, column: str) -> str:
        return f"{column} in (select value from json_each(?))"

    def _listed(self, values: Sequence[Any]) -> Any:
        return json.dumps(values)

    def _file(self) -> VectorFile:
        if self._vectors is None:
            width = self.get("width")  # None until there is a vector
            if width is not None and not (isinstance(width, int) and width > 0):
                raise damaged(self._folder / SQLITE_FILE, "the width of its vectors is no number")
            file = VectorFile(self._folder / "vectors.f32", int(width or 1))
            if width is None:
                return file
            self._vectors = file
        return self._vectors

    def _index(
        self, document: int, first: int, words: Sequence[Sequence[str]], vectors: npt.NDArray[np.float32]
    ) -> None:
        self._file().write(first, vectors)  # rows that no transaction follows are written over
        statement = "insert into words(rowid, body) values (?, ?)"
        self._many(statement, [(number, " ".join(entry)) for number, entry in enumerate(words, first)])

    def _unindex(self, erased: Sequence[Erased]) -> None:
        for _, first, count in erased:
            if count:
                self._file().erase(first, count)
            self._rows("delete from words where rowid >= ? and rowid < ?", (first, first + count))

    def _overwrite(self) -> None:
        # A deleted row of an index without content is only marked; its words stay until the index is merged anew.
        self._rows("insert into words(words) values ('optimize')")
        self._file().sync()
        self.set("overwrite", self._checkpoint_is_blocked())  # if so, for the next writer

    def _checkpoint_is_blocked(self) -> bool:
        """Write the log into the file and empty it; True if another process reads what the log replaces."""
        return bool(self._rows("pragma wal_checkpoint(truncate)")[0][0])

    def _vectors_of(self, first: int, count: int) -> npt.NDArray[np.float32]:
        return np.ascontiguousarray(self._file().rows[first : first + count])

    def finish(self, made_at: str, digest: str) -> Version:
        """Make the pending version a version, after everything is on the disk."""
        self._file().sync()
        version = super().finish(made_at, digest)
        if self.get("overwrite"):
            self._overwrite()
        else:
            self._checkpoint_is_blocked()
        return version

    def postings(self, forms: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Return the passages with a word in any of its forms, and how often it occurs in each."""
        # One string of numbers, and not a row for each: a word of 29,000 passages takes 5 ms in place of 30.
        statement = "select group_concat(doc, ' ') from terms where term = ?"
        found = [text for form in forms if (text := self._one(statement, (form,)))]
        return np.unique(np.fromstring(" ".join(found), np.int64, sep=" "), return_counts=True)

    def nearest(
        self, vector: npt.NDArray[np.float32], visible: Visible, count: int
    ) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """Return the passages nearest to a vector, and their cosines."""
        return self._file().nearest(vector, visible.passages, count)

    def _word_sums(self) -> dict[int, int]:
        sums: dict[int, int] = {}
        for passage, term, times in self._database.each("select doc, term, count(*) from terms group by doc, term"):
            sums[passage] = sums.get(passage, 0) + word_sum(term, times)
        return sums

    def faults(self) -> list[str]:
        """Return what is wrong with the file, the texts and the vectors."""
        faults = [f"The database is damaged: {row[0]}." for row in self._rows("pragma quick_check") if row[0] != "ok"]
        self._rows("insert into words(words) values ('integrity-check')")
        return faults + super().faults()

    def size(self) -> int:
        """Return the size of the folder in bytes."""
        return sum(file.stat().st_size for file in self._folder.iterdir() if file.is_file())

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def drop(self) -> None:
        """Close the database; all that it holds lies in the folder."""
        self.close()
