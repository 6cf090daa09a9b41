"""Measure how a corpus grows: seconds to add, time of a search, memory and disk, by the number of passages.

    python benchmarks/corpus_scale.py --sizes 10000 100000 1000000 --out FOLDER

Texts are made up: documents of 30 passages of 80 words, drawn from 50,000 word forms with frequencies as in language
(the n-th most frequent has 1/n of the first). A question has 8 words, none of the 20 most frequent. Vectors are 384
wide, around 2,000 centres. Each figure comes from a process of its own. Then the dense part alone: the embedded store
beside sqlite-vec, usearch, LanceDB (where installed) and PostgreSQL, on the same vectors.

Each finished figure is a line of OUT/figures.jsonl, with the load of the machine; the same command goes on after the
last one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))
from ringfence.corpus import Corpus, Embedder, Search, StoredDocument, View, build, open_embedder
from ringfence.corpus.store import StoredPassage
from ringfence.corpus.words import index_words
from ringfence.documents import ReadingOptions
from ringfence.engines import Engine
from ringfence.files import add_line, read_lines
from tests.postgres import server
from vector_search import DENSE

WIDTH, CENTRES, BLOCK = 384, 2000, 10_000
FORMS, COMMON = 50_000, 20
PASSAGES, WORDS = 30, 80  # passages of a document, words of a passage
QUESTIONS, QUESTION_WORDS = 100, 8
MANY, FEW = 1_000_000, 30  # so many passages are asked fewer questions
BUILT = 3000  # passages that are read from files, cut and stored, for the rate of the whole way
Rows = npt.NDArray[np.float32]


def forms() -> list[str]:
    """Word forms of two to four syllables, the most frequent first."""
    syllables = ["".join(pair) for pair in itertools.product("bdfgklmnprstvz", "aeiou")]
    short = itertools.chain.from_iterable(itertools.product(syllables, repeat=n) for n in (2, 3, 4))
    return ["".join(word) for word in itertools.islice(short, FORMS)]


def frequencies() -> npt.NDArray[np.float64]:
    weights = 1 / np.arange(1, FORMS + 1)
    return np.cumsum(weights / weights.sum())


def drawn(rng: np.random.Generator, count: int, first: int = 0) -> npt.NDArray[np.int64]:
    """The ranks of ``count`` words, none of the ``first`` most frequent."""
    cumulated = frequencies()
    low = cumulated[first - 1] if first else 0.0
    return np.searchsorted(cumulated, rng.uniform(low, 1, count)).clip(max=FORMS - 1)


def asked_of(passages: int) -> int:
    return QUESTIONS if passages < MANY else FEW


def vectors_of(count: int, seed: int) -> Iterator[Rows]:
    """Vectors of length 1 around the centres, in blocks."""
    centres = np.random.default_rng(0).standard_normal((CENTRES, WIDTH)).astype(np.float32)
    rng = np.random.default_rng(seed)
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        block = centres[rng.integers(0, CENTRES, size)] + rng.standard_normal((size, WIDTH)).astype(np.float32)
        yield block / np.linalg.norm(block, axis=1, keepdims=True)


class Prepared:
    """Stands for an embedder: each text gets the next of the vectors prepared for it."""

    libraries: tuple[str, ...] = ()

    def __init__(self, rows: Rows) -> None:
        self._rows = itertools.cycle(rows)

    def embed(self, texts: Sequence[str], **_: Any) -> Rows:
        return np.array([next(self._rows) for _ in texts], np.float32).reshape(len(texts), WIDTH)


def add(folder: Path, store: str, passages: int) -> dict[str, Any]:
    """Fill a corpus; returns seconds, memory and size."""
    words, rng = forms(), np.random.default_rng(1)
    stems = [index_words(word, "en")[0] for word in words]
    seconds, work, number = 0.0, 0.0, 0
    with Corpus.create(folder, store) as corpus:
        for block in vectors_of(passages, 2):
            for start in range(0, len(block), PASSAGES):
                rows = block[start : start + PASSAGES]
                ranks = drawn(rng, len(rows) * WORDS).reshape(-1, WORDS)
                texts = [" ".join(words[n] for n in entry) for entry in ranks]
                spans = np.cumsum([0, *(len(text) + 1 for text in texts)])
                placed = [StoredPassage((int(spans[n]), int(spans[n]) + len(text)), 1) for n, text in enumerate(texts)]
                name = f"{number:07}.txt"
                document = StoredDocument(name, f"/made/{name}", "0", "\n".join(texts), "0", "text/1", language="en")
                indexed = [[stems[n] for n in entry] for entry in ranks]
                started, worked = time.perf_counter(), time.process_time()
                corpus.store.add(document, placed, indexed, rows)
                seconds, work = seconds + time.perf_counter() - started, work + time.process_time() - worked
                number += 1
        started, worked = time.perf_counter(), time.process_time()
        corpus.store.finish("2026-01-01T00:00:00Z", "sha256:bench")
        seconds, work = seconds + time.perf_counter() - started, work + time.process_time() - worked
        return {"seconds": seconds, "cpu": work, "mb": peak(), "disk_mb": corpus.store.size() / 1e6}


def ask(folder: Path, passages: int) -> dict[str, Any]:
    """Ask a corpus; returns the times of each way of search in ms, of opening it in seconds, and the memory."""
    words, rng = forms(), np.random.default_rng(3)
    questions = [" ".join(words[n] for n in drawn(rng, QUESTION_WORDS, COMMON)) for _ in range(asked_of(passages))]
    queries = next(vectors_of(QUESTIONS, 4))
    with Corpus.open(folder) as corpus:
        started = time.perf_counter()
        search = Search(corpus, View(1), cast(Engine, Prepared(queries)))
        opened = time.perf_counter() - started
        assert len(search) == passages
        for question in questions[:5]:
            search.find(question, 8)  # the files are in memory
        ways: dict[str, Callable[[str], object]] = {
            "text": search.by_text,
            "dense": search.by_meaning,
            "fused": lambda question: search.find(question, 8),
        }
        return {"open_s": opened, "mb": peak(), **{name: timed(way, questions) for name, way in ways.items()}}


def timed(way: Callable[[Any], object], questions: Sequence[Any]) -> tuple[float, float, float]:
    """The median and the 95th percentile of the questions, of each the best of three, and the median of the work of
    this process's threads; in ms.
    """
    times, works = [], []
    for question in questions:
        rounds = []
        for _ in range(3):
            started, worked = time.perf_counter(), time.process_time()
            way(question)
            rounds.append(((time.perf_counter() - started) * 1000, (time.process_time() - worked) * 1000))
        times.append(min(rounds)[0])
        works.append(min(work for _, work in rounds))
    return float(np.median(times)), float(np.percentile(times, 95)), float(np.median(works))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def whole_way(folder: Path, embedder: str, documents: Path | None) -> dict[str, Any]:
    """Read files, cut, embed and store them; returns passages a second."""
    if documents is None:
        words, rng = forms(), np.random.default_rng(5)
        documents = folder / "files"
        documents.mkdir(parents=True)
        for number in range(BUILT // PASSAGES):
            sentences = [" ".join(words[n] for n in drawn(rng, 12)).capitalize() + "." for _ in range(PASSAGES * 5)]
            text = "\n\n".join(" ".join(sentences[at : at + 5]) for at in range(0, len(sentences), 5))
            (documents / f"{number}.txt").write_text(text)
    with Corpus.create(folder / "corpus") as corpus:
        loaded = open_embedder(corpus) if embedder == "default" else None
        engine = loaded.engine if loaded else cast(Engine, Prepared(next(vectors_of(1000, 6))))
        built = build(corpus, Embedder(engine, "sha256:bench"), [documents], reading=ReadingOptions())
        return {"passages": built.passages, "rate": built.rate, "mb": peak()}


def apart(*arguments: object) -> Any:
    """Measure one figure in a process of its own."""
    command = [sys.executable, __file__, "--one", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def dense(folder: Path, name: str, count: int, kept: Path) -> dict[str, Any]:
    """Search the vectors in one way; ``kept`` is the file of what the exact search, which comes first, found."""
    rows = np.empty((count, WIDTH), np.float32)
    for number, block in enumerate(vectors_of(count, 2)):
        rows[number * BLOCK : number * BLOCK + len(block)] = block
    queries = next(vectors_of(asked_of(count), 4))
    folder.mkdir(parents=True)
    try:
        search, seconds = DENSE[name](rows, folder)
    except ImportError:
        return {"missing": True}
    search(queries[0])
    median, high, work = timed(search, list(queries))
    found = [search(query) for query in queries]
    del rows
    if name == "ours":
        kept.write_text(json.dumps(found))
    exact = json.loads(kept.read_text())
    recall = float(np.mean([len({*a} & {*b}) / 10 for a, b in zip(found, exact, strict=True)]))
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    return {
        "seconds": seconds,
        "median": median,
        "p95": high,
        "cpu": work,
        "recall": recall,
        "disk_mb": disk,
        "mb": peak(),
    }


ONE = {
    "add": lambda folder, store, count: add(Path(folder), store, int(count)),
    "ask": lambda folder, count: ask(Path(folder), int(count)),
    "whole": lambda folder, embedder, *files: whole_way(Path(folder), embedder, Path(files[0]) if files else None),
    "dense": lambda folder, name, count, kept: dense(Path(folder), name, int(count), Path(kept)),
}


class Journal:
    """The figures that are finished, by what was measured."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = {json.dumps(line["of"]): line for line in read_lines(path)} if path.exists() else {}

    def get(self, *of: object, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return a figure, which is measured if it is not there, with the load before and after."""
        key = [str(part) for part in of]
        if json.dumps(key) not in self._done:
            before = os.getloadavg()[0]
            line = {"of": key, **measure(), "load": [round(before, 1), round(os.getloadavg()[0], 1)]}
            add_line(self._path, line)
            self._done[json.dumps(key)] = line
        return self._done[json.dumps(key)]


def load_of(figure: dict[str, Any]) -> str:
    return " to ".join(f"{load:.0f}" for load in figure["load"])


def growth(scratch: Path, journal: Journal, sizes: Sequence[int], stores: Sequence[str]) -> list[dict[str, Any]]:
    """Print and return a row for each store and size."""
    print(
        "Each search: median, 95th percentile, and work of the processor, in ms.\n"
        "| store | passages | added in s, of work (a second of it) | MB disk | MB adding, asking | opened in s | text "
        "| dense | fused | load |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    rows = []
    for store, count in itertools.product(stores, sizes):
        row = journal.get("growth", store, count, measure=lambda store=store, count=count: grown(scratch, store, count))  # type: ignore[misc]
        rows.append(row)
        made, asked = row["add"], row["ask"]
        times = " | ".join(", ".join(f"{ms:.1f}" for ms in asked[way]) for way in ("text", "dense", "fused"))
        print(
            f"| {store} | {count:,} | {made['seconds']:.0f}, {made['cpu']:.0f} ({count / made['cpu']:,.0f}) "
            f"| {made['disk_mb']:,.0f} | {made['mb']:.0f}, {asked['mb']:.0f} | {asked['open_s']:.2f} | {times} "
            f"| {load_of(row)} |",
            flush=True,
        )
    return rows


def grown(scratch: Path, store: str, count: int) -> dict[str, Any]:
    folder = scratch / f"{store}-{count}"
    made = apart("add", folder, store, count)
    asked = apart("ask", folder, count)
    with Corpus.open(folder) as corpus:
        corpus.drop()
    return {"store": store, "passages": count, "add": made, "ask": asked}


def contenders(
    scratch: Path, journal: Journal, out: Path, sizes: Sequence[int], names: Sequence[str]
) -> list[dict[str, Any]]:
    """Print and return a row for each way to search vectors; the ratio is to ours."""
    print(
        "\n| dense part | vectors | added in s | MB disk | MB memory | median, p95, work in ms | ratio | recall@10 "
        "| load |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    rows: list[dict[str, Any]] = []
    for count, name in itertools.product(sizes, names):
        place = scratch / f"dense-{len(rows)}-{count}"
        measure = lambda: apart("dense", place, name, count, out / f"exact-{count}.json")  # noqa: B023, E731
        found = journal.get("dense", name, count, measure=measure)
        shutil.rmtree(place, ignore_errors=True)
        if "missing" in found:
            print(f"| {name} | {count:,} | not installed | | | | | | |", flush=True)
            continue
        rows.append({"name": name, "vectors": count, **found})
        base = next(row for row in rows if (row["name"], row["vectors"]) == ("ours", count))
        print(
            f"| {name} | {count:,} | {found['seconds']:.1f} | {found['disk_mb']:,.0f} | {found['mb']:,.0f} | "
            f"{found['median']:.1f}, {found['p95']:.1f}, {found['cpu']:.1f} | {found['median'] / base['median']:.2f} | "
            f"{found['recall']:.3f} | {load_of(found)} |",
            flush=True,
        )
    return rows


def picture(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the growth: time of a search, seconds to add, disk."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(13, 4), layout="constrained")
    for store in dict.fromkeys(row["store"] for row in rows):
        own = [row for row in rows if row["store"] == store]
        sizes = [row["passages"] for row in own]
        axes[0].plot(sizes, [row["ask"]["fused"][1] for row in own], "o-", label=f"{store}, words and meaning")
        axes[0].plot(sizes, [row["ask"]["text"][1] for row in own], "s:", label=f"{store}, words alone")
        axes[1].plot(sizes, [row["add"]["seconds"] for row in own], "o-", label=store)
        axes[2].plot(sizes, [row["add"]["disk_mb"] for row in own], "o-", label=store)
    axes[0].axhline(100, color="grey", linewidth=1)
    titles = ("Time of a search, 95th percentile (ms)", "Time to add, without the embedder (s)", "Disk (MB)")
    for axis, title in zip(axes, titles, strict=True):
        axis.set(title=title, xlabel="passages", xscale="log", yscale="log")
        axis.legend(frameon=False)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--postgres-sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--dense-sizes", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--dense", nargs="*", default=list(DENSE), choices=list(DENSE))
    parser.add_argument("--documents", type=Path, help="real ones, read and embedded with the default embedder")
    parser.add_argument("--out", type=Path, default=Path("bench-results/corpus-scale"))
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(ONE[given.one[0]](*given.one[1:])))
        return
    given.out.mkdir(parents=True, exist_ok=True)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    needs_server = given.postgres_sizes or (given.dense_sizes and {"PostgreSQL", "PostgreSQL, HNSW"} & {*given.dense})
    with tempfile.TemporaryDirectory(dir=given.out) as name, server() if needs_server else nullcontext() as running:
        if running is not None:
            os.environ["RINGFENCE_POSTGRES"] = running.address
        scratch, journal = Path(name), Journal(given.out / "figures.jsonl")
        ways: list[tuple[str, list[Path]]] = [("none", [])]
        if given.documents:
            ways += [("none", [given.documents]), ("default", [given.documents])]
        for embedder, files in ways:
            with tempfile.TemporaryDirectory(dir=scratch) as place:
                measure = lambda: apart("whole", place, embedder, *files)  # noqa: B023, E731
                built = journal.get("whole", embedder, *files, measure=measure)
            print(
                f"read, cut and stored, {'real' if files else 'made-up'} documents, embedder {embedder}: "
                f"{built['rate']:.0f} passages a second ({built['passages']} passages, {built['mb']:.0f} MB, "
                f"load {load_of(built)})",
                flush=True,
            )
        rows = growth(scratch, journal, given.sizes, ["embedded"]) if given.sizes else []
        rows += growth(scratch, journal, given.postgres_sizes, ["postgres"]) if given.postgres_sizes else []
        contenders(scratch, journal, given.out, given.dense_sizes, given.dense)
    if rows:
        picture(rows, given.out / "growth.png")
    print(f"\nThe figures lie in {given.out / 'figures.jsonl'}, and their picture growth.png beside it.")


if __name__ == "__main__":
    main()
