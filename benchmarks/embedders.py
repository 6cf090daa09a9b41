"""Measure the embedders of the catalog that are in the store: what they find, and how fast, in each form.

    python benchmarks/embedders.py [--sets passages filings] [--most 600] [--threads 2]

Passages: 150 answerable questions against all passages; one passage is right. Filings: 119 questions against passages
of the PDFs; gold names documents, so documents are ranked by their best passage. Intervals are a bootstrap over
questions. The cosine distance is that from the first form of the weights: ONNX Runtime in f32 by default.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ringfence.documents import Document, expand_inputs, read_documents
from ringfence.engines import Engine, EngineSettings
from ringfence.evaluation.statistics import bootstrap_interval
from ringfence.inference import load_embedder
from ringfence.weights import Store, catalog
from sets import DATA

WORDS, OVERLAP = 120, 20  # of a passage of a filing
SPEED_TEXTS, ROUNDS = 64, 3
Rows = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Retrieval:
    """Questions, and the units (passages or documents) that answer each; ``owners`` is the unit of each passage."""

    name: str
    passages: list[str]
    owners: list[str]
    questions: list[str]
    right: list[set[str]]


def passages_set() -> Retrieval:
    """The answerable questions, against the passages of all."""
    rows = [json.loads(line) for line in (DATA / "passages" / "questions.jsonl").read_text().splitlines()]
    passages = list(dict.fromkeys(row["passage"] for row in rows))
    asked = [row for row in rows if row["answerable"]]
    return Retrieval(
        "passages", passages, passages, [row["question"] for row in asked], [{row["passage"]} for row in asked]
    )


def filings_set(most: int) -> Retrieval:
    """The questions of the filings; ``most`` passages, evenly drawn (0: all)."""
    rows = [json.loads(line) for line in (DATA / "filings" / "questions.jsonl").read_text().splitlines()]
    found: list[tuple[str, str]] = []
    for source in expand_inputs([DATA / "filings" / "documents"]):
        for document in read_documents(source):
            if isinstance(document, Document):
                words = document.text.split()
                starts = range(0, max(1, len(words) - OVERLAP), WORDS - OVERLAP)
                found += [(" ".join(words[start : start + WORDS]), source.path.name) for start in starts]
    kept = [found[place] for place in np.linspace(0, len(found) - 1, min(most or len(found), len(found)), dtype=int)]
    print(f"filings: {len(found):,} passages of {WORDS} words, {len(kept):,} used")
    right = [set(row["source_docs"]) for row in rows]
    return Retrieval(
        "filings", [text for text, _ in kept], [name for _, name in kept], [row["question"] for row in rows], right
    )


def ranks(questions: Rows, passages: Rows, bench: Retrieval) -> list[list[int]]:
    """For each question, the ranks (from 1) of its right units, ascending."""
    found = []
    for row, right in zip(questions @ passages.T, bench.right, strict=True):
        order = list(dict.fromkeys(bench.owners[place] for place in np.argsort(-row, kind="stable")))
        found.append(sorted(order.index(unit) + 1 for unit in right if unit in order))
    return found


def measures(found: Sequence[list[int]]) -> dict[str, Rows]:
    """The value of each measure for each question."""
    ideal = [sum(1 / np.log2(rank + 1) for rank in range(1, min(len(ones), 10) + 1)) or 1.0 for ones in found]
    gains = [sum(1 / np.log2(rank + 1) for rank in ones if rank <= 10) for ones in found]
    return {
        "nDCG@10": np.array(gains, np.float32) / np.array(ideal, np.float32),
        "recall@5": np.array([sum(rank <= 5 for rank in ones) / max(len(ones), 1) for ones in found], np.float32),
        "MRR": np.array([1 / ones[0] if ones else 0.0 for ones in found], np.float32),
    }


def speed(engine: Engine, texts: list[str]) -> float:
    """Texts a second, the best of some rounds: others use the machine too."""
    best = 0.0
    for _ in range(ROUNDS):
        started = time.monotonic()
        engine.embed(texts)
        best = max(best, len(texts) / (time.monotonic() - started))
    return best


def shown(values: Rows) -> str:
    """A mean with its interval."""
    low, high = bootstrap_interval(lambda places: float(values[places].mean()), [str(n) for n in range(len(values))])
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def forms(options: argparse.Namespace) -> list[tuple[str, EngineSettings]]:
    """Each embedder of the catalog that is in the store, in each form that runs it."""
    store, found = Store(), []
    for entry in catalog():
        if entry.embedding and (stored := store.find(entry.name)):
            gguf = any(stored.files.glob("*.gguf"))
            runtimes: list[Any] = ["auto"] if gguf else options.runtimes
            for runtime in runtimes:
                found.append((entry.name, EngineSettings(threads=options.threads, runtime=runtime, max_in_flight=8)))
    return [one for one in found if not options.weights or one[0] in options.weights]


def main() -> None:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=["passages", "filings"], default=["passages", "filings"])
    parser.add_argument("--weights", nargs="*", help="names of the catalog; by default all that are in the store")
    parser.add_argument("--most", type=int, default=0, help="passages of the filings, evenly drawn; 0: all")
    parser.add_argument("--runtimes", nargs="+", default=["onnxruntime", "openvino"], help="those of ONNX weights")
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    for name in options.sets:
        bench = passages_set() if name == "passages" else filings_set(options.most)
        print(f"{name}: {len(bench.questions)} questions, {len(bench.passages):,} passages")
        references: dict[str, Rows] = {}
        for weights, settings in forms(options):
            engine = load_embedder(weights=weights, settings=settings).engine
            about = engine.describe()["settings"]
            started = time.monotonic()
            rows = engine.embed(bench.passages)
            rate = len(rows) / (time.monotonic() - started)
            found = ranks(engine.embed(bench.questions, purpose="question"), rows, bench)
            figures = ", ".join(f"{measure} {shown(values)}" for measure, values in measures(found).items())
            form = f"{about.get('runtime', engine.name)} {about.get('precision', '')}".strip()
            apart = 1 - (rows * references.setdefault(weights, rows)).sum(1)
            alone = max(np.abs(engine.embed([bench.passages[n]])[0] - rows[n]).max() for n in range(8))
            best = speed(engine, bench.passages[:SPEED_TEXTS])
            print(f"{weights}, {form}: {figures}")
            print(f"    {rate:.1f} passages a second, best of {ROUNDS} {best:.1f}, load {os.getloadavg()[0]:.1f}")
            print(f"    cosine distance from the first form: mean {apart.mean():.1e}, most {apart.max():.1e}")
            print(f"    a row alone and in a batch: at most {alone:.1e} apart", flush=True)
            engine.close()


if __name__ == "__main__":
    main()
