"""The store on a server: one schema of a PostgreSQL database with pgvector."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import secrets
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..seal import sealed_here
from ..seal.forwarder import FORWARD, dial_for
from .relational_store import TABLES, Erased, RelationalStore
from .rows import word_sum
from .store import Numbers, Version, Visible
from .vectors import best_products

__all__ = ["ADDRESS", "PostgresStore", "new_schema"]

ADDRESS = "RINGFENCE_POSTGRES"
CONNECT_SECONDS = "10"
MORE = 32  # passages beyond those asked for: pgvector adds up in another order, so the last bits of its products differ

_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,62}")
# ``places`` holds pairs of a passage and how often the word is in it (uint32): one row for each word of a document.
_INDEX = """
create table postings (term text, document integer, places blob, primary key (term, document));
create index postings_of_document on postings using brin (document);
create table vectors (
  passage integer primary key, document integer, vector vector
) with (toast_tuple_target = 8160);
create index vectors_of_document on vectors using brin (document);
"""
_TYPES = {"integer": "bigint", "blob": "bytea", "text": 'text collate "C"'}  # "C" sorts as SQLite does
_CONTENT = (
    "select table_name, column_name from information_schema.columns "
    "where table_schema = ? and data_type in ('text', 'bytea', 'USER-DEFINED')"
)
_SIZE = (
    "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c "
    "join pg_namespace n on n.oid = c.relnamespace where n.nspname = ? and c.relkind = 'r'"
)


def new_schema(name: str) -> str:
    """Return a name for the schema of a new corpus, which no other corpus has."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:32]
    return f"ringfence_{plain}_{secrets.token_hex(4)}"


class PostgresStore(RelationalStore):
    """A corpus in one schema of the database that the environment variable RINGFENCE_POSTGRES names.

    The variable holds an address (``postgresql://user:password@host:5432/database``); it is written nowhere. Raises
    InputError if the server cannot be reached, or lacks pgvector or the schema.
    """

    libraries = ("psycopg",)

    def __init__(self, schema: str, *, make: bool = False) -> None:
        if not _SCHEMA.fullmatch(schema):
            raise InputError("The corpus names no schema of PostgreSQL.", "Restore its file store.json from a copy.")
        self._schema, self._database = schema, _connected()
        weakref.finalize(self, self._database.close)  # many views of a corpus are opened and never closed
        try:
            with self._transaction():
                found = self._rows("select 1 from pg_namespace where nspname = ?", (schema,))
                if make:
                    self._require_vectors()
                    self._rows(f"create schema {schema}")
                elif not found:
                    raise InputError(
                        f"The database has no schema {schema}.", f"Let {ADDRESS} name the database of this corpus."
                    )
                path = "select extnamespace::regnamespace::text from pg_extension where extname = 'vector'"
                self._rows(f"set search_path to {schema}, {self._one(path)}")
                if make:
                    self._make_tables()
        except BaseException:
            self.close()
            raise

    def _require_vectors(self) -> None:
        if self._rows("select 1 from pg_extension where extname = 'vector'"):
            return
        try:
            self._rows("create extension vector")
        except InputError:
            raise InputError(
                "The database has no pgvector.", "Let its administrator install it, then: create extension vector."
            ) from None

    def _make_tables(self) -> None:
        pattern = rf'(?<=[\w"]) ({"|".join(_TYPES)})\b'
        self._rows(re.sub(pattern, lambda found: f" {_TYPES[found[1]]}", TABLES + _INDEX))
        # The planner keeps samples of what columns hold, which an erasure would not reach: of content it keeps none.
        for table, column in self._rows(_CONTENT, (self._schema,)):
            self._rows(f'alter table {table} alter column "{column}" set statistics 0')

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise InputError in place of the errors of psycopg, which may repeat content."""
        import psycopg

        try:
            yield
        except psycopg.OperationalError:
            raise InputError(
                "The work on PostgreSQL was cut off.", "Look whether the server runs, then repeat the command."
            ) from None
        except psycopg.Error as error:
            raise InputError(
                f"PostgreSQL refuses a statement ({type(error).__name__}).",
                f"Look whether the user of {ADDRESS} may create and write schemas.",
            ) from None

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._translated():
            # Several statements at once can have no values, and give no binary rows.
            cursor = self._database.execute(
                statement.replace("?", "%s"), tuple(values) or None, binary=statement.startswith("select")
            )
            return list(cursor.fetchall()) if cursor.description else []

    def _many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._translated(), self._database.cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s"), rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._translated(), self._database.transaction():
            yield

    def _among(self, column: str) -> str:
        return f"{column} = any(?)"

    def _listed(self, values: Sequence[Any]) -> Any:
        return list(values)

    def lock(self) -> bool:
        """Keep other writers out, on any machine; False if one is writing."""
        return bool(self._one("select pg_try_advisory_lock(?)", (self._key,)))

    def unlock(self) -> None:
        """Let other writers in."""
        self._rows("select pg_advisory_unlock(?)", (self._key,))

    @property
    def _key(self) -> int:
        return int.from_bytes(hashlib.sha256(self._schema.encode()).digest()[:8], "big", signed=True)

    def _index(
        self, document: int, first: int, words: Sequence[Sequence[str]], vectors: npt.NDArray[np.float32]
    ) -> None:
        with self._translated(), self._database.cursor() as cursor:
            with cursor.copy("copy postings from stdin") as copy:
                for term, places in _postings(words, first).items():
                    copy.write_row((term, document, np.array(places, "<u4").tobytes()))
            with cursor.copy("copy vectors from stdin (format binary)") as copy:
                copy.write(_copied(document, first, vectors))

    def _unindex(self, erased: Sequence[Erased]) -> None:
        numbers = [number for number, _, _ in erased]
        for table in ("postings", "vectors"):
            self._rows(f"delete from {table} where {self._among('document')}", (numbers,))
        self.set("overwrite", True)  # deleted rows stay in their files until these are written anew

    def _overwrite(self) -> None:
        self._each_table("vacuum (full, analyze)")
        self.set("overwrite", False)

    def _each_table(self, command: str) -> None:
        for (table,) in self._rows("select tablename from pg_tables where schemaname = ?", (self._schema,)):
            self._rows(f"{command} {table}")

    def _vectors_of(self, first: int, count: int) -> npt.NDArray[np.float32]:
        statement = "select vector from vectors where passage >= ? and passage < ? order by passage"
        return _vectors(row[0] for row in self._rows(statement, (first, first + count)))

    def finish(self, made_at: str, digest: str) -> Version:
        """Make the pending version a version."""
        version = super().finish(made_at, digest)
        if self.get("overwrite"):
            self._overwrite()
        else:
            self._each_table("analyze")
        return version

    def postings(self, forms: Sequence[str]) -> tuple[Numbers, Numbers]:
        """Return the passages with a word in any of its forms, and how often it occurs in each."""
        places = self._one("select string_agg(places, ''::bytea) from postings where term = any(?)", (list(forms),))
        pairs = np.frombuffer(places or b"", "<u4").reshape(-1, 2).astype(np.int64)
        passages, at = np.unique(pairs[:, 0], return_inverse=True)
        return passages, np.bincount(at, pairs[:, 1], len(passages)).astype(np.int64)

    def nearest(
        self, vector: npt.NDArray[np.float32], visible: Visible, count: int
    ) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """Return the passages nearest to a vector, and their cosines."""
        where, values = self._where(visible.view)
        rows = self._rows(
            "select v.passage, v.vector from vectors v join documents d on d.number = v.document "
            f"where {where} order by v.vector <#> ?::vector, v.passage limit ?",
            (*values, _vector_text(vector), count + MORE),
        )
        rows.sort(key=lambda row: row[0])
        numbers = np.array([row[0] for row in rows], np.int64)
        products = np.einsum("ij,j->i", _vectors(row[1] for row in rows), vector) if rows else np.zeros(0, np.float32)
        return best_products(numbers, products, count)

    def _word_sums(self) -> dict[int, int]:
        sums: dict[int, int] = {}
        for (document,) in self._rows("select number from documents order by number"):
            for term, places in self._rows("select term, places from postings where document = ?", (document,)):
                for passage, times in np.frombuffer(places, "<u4").reshape(-1, 2).tolist():
                    sums[passage] = sums.get(passage, 0) + word_sum(term, times)
        return sums

    def size(self) -> int:
        """Return the size of the tables and their indexes in bytes."""
        return int(self._one(_SIZE, (self._schema,)))

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def drop(self) -> None:
        """Delete the schema."""
        self._rows(f"drop schema {self._schema} cascade")
        self.close()


def _connected() -> Any:
    """Return a connection to the database of RINGFENCE_POSTGRES. No error repeats the address or a part of it."""
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict, make_conninfo
    except ImportError:
        raise InputError(
            "A corpus on PostgreSQL needs psycopg.", "Install it: pip install 'ringfence[postgres]'."
        ) from None
    address = os.environ.get(ADDRESS, "")
    remedy = f"Set {ADDRESS} to an address such as postgresql://user:password@host:5432/database."
    if not address.strip():
        raise InputError("This corpus lies on PostgreSQL, and no address of a server is set.", remedy)
    try:
        parts = conninfo_to_dict(address)
        host, port = str(parts.get("host") or ""), str(parts.get("port") or "5432")
        dialled, number = dial_for(host, int(port), os.environ.get(FORWARD, ""))
    except (psycopg.ProgrammingError, ValueError):
        raise InputError(f"{ADDRESS} holds no address of PostgreSQL.", remedy) from None
    if (dialled, number) != (host, int(port)):  # inside a seal; certificates remain those of the host
        parts |= {"hostaddr": dialled, "port": str(number)}
    try:
        return psycopg.connect(make_conninfo("", **{"connect_timeout": CONNECT_SECONDS, **parts}), autocommit=True)
    except psycopg.Error as error:
        said = str(error)
    for sign in ("password", "authentication", "does not exist"):
        if sign in said:
            raise InputError(f"PostgreSQL refuses the user, the password or the database of {ADDRESS}.", remedy)
    if sealed_here() and (dialled, number) == (host, int(port)):
        raise InputError(
            "The seal lets nothing reach the PostgreSQL server.", "Declare it as the one exit: --exit HOST:PORT."
        )
    raise InputError(f"The PostgreSQL server of {ADDRESS} cannot be reached.", "Start it, or correct the address.")


def _postings(words: Sequence[Sequence[str]], first: int) -> dict[str, list[tuple[int, int]]]:
    """Return for each word the passages that contain it, from number ``first`` on, and how often each does."""
    found: dict[str, list[tuple[int, int]]] = {}
    for number, entry in enumerate(words, first):
        for word, group in itertools.groupby(sorted(entry)):
            found.setdefault(word, []).append((number, sum(1 for _ in group)))
    return found


def _copied(document: int, first: int, vectors: npt.NDArray[np.float32]) -> bytes:
    """Return rows of the table of vectors as COPY reads them; as text, each vector would be 8 kB to write and parse."""
    fields = [("fields", ">i2"), ("a", ">i4"), ("passage", ">i8"), ("b", ">i4"), ("document", ">i8"), ("c", ">i4")]
    width = vectors.shape[1]
    rows = np.zeros(len(vectors), [*fields, ("width", ">i2"), ("none", ">i2"), ("vector", ">f4", (width,))])
    rows["fields"], rows["a"], rows["b"], rows["c"], rows["width"] = 3, 8, 8, 4 + 4 * width, width
    rows["passage"], rows["document"], rows["vector"] = np.arange(first, first + len(vectors)), document, vectors
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"


def _vector_text(vector: npt.NDArray[np.float32]) -> str:
    return str(vector.tolist())


def _vectors(rows: Iterator[bytes]) -> npt.NDArray[np.float32]:
    """Return vectors from their binary form: two numbers of 16 bits, then float32, all with the high byte first."""
    found = [np.frombuffer(row, ">f4", offset=4) for row in rows]
    return np.array(found, np.float32) if found else np.zeros((0, 1), np.float32)
