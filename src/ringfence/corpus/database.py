"""One SQLite file: what is damaged in it is an error with a remedy, whichever statement meets it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError

__all__ = ["Database", "damaged"]

WAIT = 30_000  # milliseconds that a reader waits for a writer


def damaged(path: Path | str, what: str) -> InputError:
    """The error for a file that does not hold what was written."""
    return InputError(
        f"{path} is damaged ({what}).", "Restore the corpus from a copy, or make it again from its files."
    )


class Database:
    """A connection to the file ``path``, which is made for its owner alone (0600). A ``with`` block is a transaction.

    Raises InputError if apsw is not installed, and wherever the file proves damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            import apsw
        except ImportError:
            raise InputError("A corpus needs apsw.", "Install it: pip install 'ringfence[corpus]'.") from None
        self._path = path
        # Our statements are right, so that one which cannot run met other tables than ours.
        self._faults = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError, apsw.SQLError, UnicodeDecodeError)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._named():
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(WAIT)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except self._faults as error:
            raise damaged(self._path, type(error).__name__) from None

    def __enter__(self) -> Database:
        with self._named():
            self._connection.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        with self._named():
            self._connection.__exit__(*error)

    def rows(self, statement: str, bindings: Any = None) -> list[tuple[Any, ...]]:
        """Run statements, and return their rows."""
        return list(self.each(statement, bindings))

    def each(self, statement: str, bindings: Any = None) -> Iterator[tuple[Any, ...]]:
        """Run a statement, and yield its rows one by one."""
        with self._named():
            yield from self._connection.execute(statement, bindings)

    def many(self, statement: str, bindings: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of ``bindings``."""
        with self._named():
            self._connection.executemany(statement, bindings)

    @property
    def last_row(self) -> int:
        """The number of the row that was inserted last."""
        return int(self._connection.last_insert_rowid())

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
