"""Measure long documents: the recall of windows that are chosen by meaning, and the memory for a very long document.

    python benchmarks/windows.py         # a document of 400 pages and a million characters, then recall on contracts

Recall is the share of the clauses that lawyers marked in the contracts which lie entirely in a window to read, beside
the share of the text that is read. A clause counts once for each field; the first window is always read. A window has
1,000 words (about 1,300 tokens).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from ringfence.documents import Document, Source, read_documents
from ringfence.documents import worker_pool as isolated
from ringfence.engines import EngineSettings, FakeEngine, Purpose
from ringfence.evaluation import wilson
from ringfence.inference import Answerer, AnswerOptions, LoadedModel, Windowing, open_engine, window_selector
from ringfence.runs import RunFolder, RunHooks, run_task
from ringfence.tasks import task_from, windows_of
from ringfence.weights import Listener, Store, pull
from sets import CLAUSES, load_set


def recall(limit: int) -> None:
    """Print the share of marked clauses in the chosen windows, for several numbers of windows."""
    store = Store()
    embedder = open_engine("onnx", pull("embedding", store), store, EngineSettings(), listener=Listener(say=print))
    embeddings: dict[tuple[Purpose, str], Any] = {}
    embed = embedder.engine.embed

    def embed_once(texts: Any, *, purpose: Purpose = "passage") -> Any:
        """Embed each text once for all choices."""
        missing = [text for text in dict.fromkeys(texts) if (purpose, text) not in embeddings]
        if missing:
            rows = embed(missing, purpose=purpose)
            embeddings.update(((purpose, text), row) for text, row in zip(missing, rows, strict=True))
        return np.stack([embeddings[purpose, text] for text in texts])

    embedder.engine.embed = embed_once
    choose = window_selector(embedder.engine)
    with tempfile.TemporaryDirectory() as scratch:
        bench = load_set("contracts", limit, Path(scratch))
        outcomes = [outcome for source in bench.sources for outcome in read_documents(source)]
    documents = [outcome for outcome in outcomes if isinstance(outcome, Document)]
    print(f"{len(documents)} contracts, {sum(len(d.text) for d in documents):,} characters, {len(CLAUSES)} clauses")
    for relevant in (1, 2, 3, 5):
        inside = total = read = characters = 0
        for document in documents:
            windows = windows_of(document, 1000, lambda text: len(text.split()))
            chosen = [windows[n] for n in choose(bench.task, document, windows, relevant)]
            read += sum(window.end - window.start for window in chosen)
            characters += sum(window.end - window.start for window in windows)
            for clause in CLAUSES.values():
                for start, end in bench.gold[document.id][clause]["spans"]:
                    total += 1
                    inside += any(window.start <= start and end <= window.end for window in chosen)
        low, high = wilson(inside, total)
        print(
            f"  {relevant} windows per field: {inside}/{total} clauses in the windows, {inside / total:.3f} "
            f"[{low:.3f}, {high:.3f}]; {read / characters:.2f} of the text read",
            flush=True,
        )


def very_long() -> None:
    """Print the peak memory of this process and of the reader, for a PDF of 400 pages and a million characters."""
    from reportlab.pdfgen.canvas import Canvas

    task = task_from(
        {"name": "long", "fields": {"total": {"kind": "money"}, "who": {"kind": "text", "within": "block"}}}
    )
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "long.pdf"
        pen = Canvas(str(path))
        for page in range(400):
            for row in range(48):
                number = page * 48 + row
                pen.setFont("Helvetica", 9)
                pen.drawString(
                    50, 800 - row * 16, f"{number} the parties agree that word{number} shall be paid by the buyer"
                )
            pen.showPage()
        pen.save()
        engine = FakeEngine(lambda request, prompt: " null\nwho: null\n")
        started = time.monotonic()
        moments: list[tuple[int, float]] = []

        def watch(progress: object) -> None:
            moments.append((len(moments), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))

        answerer = Answerer(LoadedModel(engine, None, None), task, AnswerOptions(windowing=Windowing(6000)))
        out, hooks = Path(scratch) / "run", RunHooks(on_progress=watch)
        run_task(answerer, [Source(path, "long.pdf")], out, hooks=hooks)
        result = next(RunFolder.open(out).latest())
        peak = max(
            int(row.split()[1]) / 1024
            for worker in isolated._pool._idle
            for row in Path(f"/proc/{worker.process.pid}/status").read_text().splitlines()
            if row.startswith("VmHWM")
        )
        print(
            f"400 pages, {result.windows[-1][1]:,} characters, {len(result.windows)} windows in "
            f"{time.monotonic() - started:.0f} s without a model; "
            f"this process {moments[len(moments) // 4][1]:.0f} MiB after a quarter of the windows, "
            f"{moments[-1][1]:.0f} MiB at the end; the reader {peak:.0f} MiB"
        )


def main() -> None:
    """Run both measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=30)
    options = parser.parse_args()
    very_long()
    recall(options.limit)


if __name__ == "__main__":
    main()
