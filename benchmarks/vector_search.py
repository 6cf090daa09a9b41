"""Ways to search vectors that lie in a file or a database: ours, and what else there is.

Each takes the vectors (rows of length 1) and a folder of its own, and returns a search (a vector to the places of the
ten nearest, best first) with the seconds that it took to store and index them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from ringfence.corpus import Corpus, StoredDocument, View
from ringfence.corpus.postgres_store import PostgresStore
from ringfence.corpus.store import StoredPassage
from ringfence.corpus.vectors import VectorFile

__all__ = ["DENSE"]

Rows = npt.NDArray[np.float32]
Made = tuple[Callable[[Rows], list[int]], float]


def ours(rows: Rows, folder: Path) -> Made:
    file, numbers = VectorFile(folder / "vectors.f32", rows.shape[1]), np.arange(1, len(rows) + 1)
    started = time.perf_counter()
    file.write(1, rows)
    file.sync()
    return lambda query: [int(n) - 1 for n in file.nearest(query, numbers, 10)[0]], time.perf_counter() - started


def sqlite_vec(rows: Rows, folder: Path) -> Made:
    import apsw
    import sqlite_vec as extension

    database = apsw.Connection(str(folder / "vec.sqlite"))
    database.enable_load_extension(True)
    database.load_extension(extension.loadable_path())
    database.execute(f"create virtual table v using vec0(embedding float[{rows.shape[1]}] distance_metric=cosine)")
    started = time.perf_counter()
    with database:
        database.executemany(
            "insert into v(rowid, embedding) values (?, ?)", ((n, r.tobytes()) for n, r in enumerate(rows))
        )
    statement = "select rowid from v where embedding match ? and k = 10 order by distance"
    seconds = time.perf_counter() - started
    return lambda query: [row[0] for row in database.execute(statement, (query.tobytes(),))], seconds


def usearch(rows: Rows, folder: Path) -> Made:
    from usearch.index import Index

    index = Index(ndim=rows.shape[1], metric="cos", dtype="f32")
    started = time.perf_counter()
    index.add(np.arange(len(rows)), rows)
    index.save(str(folder / "usearch.index"))
    return lambda query: [int(n) for n in index.search(query, 10).keys], time.perf_counter() - started


def lancedb(rows: Rows, folder: Path, index: str = "") -> Made:
    import lancedb as lance
    import pyarrow as pa

    started = time.perf_counter()
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
    table = lance.connect(folder / "lance").create_table("v", pa.table({"n": np.arange(len(rows)), "vector": vectors}))
    if index:
        table.create_index(metric="cosine", index_type=index)
    seconds = time.perf_counter() - started

    def search(query: Rows) -> list[int]:
        asked = table.search(query).distance_type("cosine").limit(10)
        found = asked.nprobes(20).refine_factor(10) if index else asked
        return cast(list[int], found.to_arrow()["n"].to_pylist())

    return search, seconds


def postgres(rows: Rows, folder: Path, index: bool = False) -> Made:
    kind = f"vector({rows.shape[1]})"
    with Corpus.create(folder / "corpus", "postgres") as corpus:
        started = time.perf_counter()
        for first in range(0, len(rows), 1000):
            block = rows[first : first + 1000]
            document = StoredDocument(str(first), str(first), "0", "", "0", "text/1")
            corpus.store.add(document, [StoredPassage((0, 0), 1)] * len(block), [[]] * len(block), block)
        corpus.store.finish("2026-01-01T00:00:00Z", "sha256:bench")
        rows_of = cast(PostgresStore, corpus.store)._rows
        if index:
            rows_of("set maintenance_work_mem = '2GB'")
            rows_of(f"create index nearest on vectors using hnsw ((vector::{kind}) vector_ip_ops)")
        seconds = time.perf_counter() - started
    again = Corpus.open(folder / "corpus")
    if index:
        near = f"select passage from vectors order by vector::{kind} <#> ?::{kind} limit 10"
        ask_for = cast(PostgresStore, again.store)._rows
        return lambda query: [int(n) - 1 for (n,) in ask_for(near, (str(query.tolist()),))], seconds
    visible = again.store.visible(View(1))
    return lambda query: [int(n) - 1 for n in again.store.nearest(query, visible, 10)[0]], seconds


DENSE = {
    "ours": ours,
    "sqlite-vec": sqlite_vec,
    "usearch": usearch,
    "LanceDB": lancedb,
    "LanceDB, IVF-PQ": lambda rows, folder: lancedb(rows, folder, "IVF_PQ"),
    "PostgreSQL": postgres,
    "PostgreSQL, HNSW": lambda rows, folder: postgres(rows, folder, index=True),
}
