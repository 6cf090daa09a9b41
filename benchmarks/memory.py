"""Memory over many documents: does a run grow with the number of documents?

    python benchmarks/memory.py [--documents 10000] [--engine fake|openvino]

With ``--engine fake`` everything but the engine is real and 10,000 documents take a minute; with ``--engine openvino``
the small weights answer each of them. Prints the resident memory at the start, at each tenth, and the largest.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from pathlib import Path

from ringfence.documents import expand_inputs
from ringfence.engines import Engine, EngineSettings, FakeEngine
from ringfence.locks import Lock
from ringfence.reports import write_report
from ringfence.runs import (
    Progress,
    lock_of,
    open_engine,
    run,
)
from ringfence.tasks import task_from
from ringfence.weights import Store, pull


def resident_mb() -> float:
    """The resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--engine", choices=["fake", "openvino"], default="fake")
    options = parser.parse_args()
    task = task_from({"name": "memory", "fields": {"total": {"kind": "money"}}})
    engine: Engine
    if options.engine == "fake":
        engine = FakeEngine(lambda request, prompt: " 5.00\n")
        lock, weights_mb = Lock(engine=engine.describe(), task=task.canonical()), 0.0
    else:
        store = Store()
        opened = open_engine("openvino", pull("tests", store), store, EngineSettings(cache_gib=1), print)
        engine, lock = opened.engine, lock_of(task, opened)
        weights_mb = sum(file.size for file in opened.form.manifest.files) / 1e6
    with tempfile.TemporaryDirectory() as scratch:
        inbox = Path(scratch) / "in"
        inbox.mkdir()
        for number in range(options.documents):
            (inbox / f"{number:05d}.txt").write_text(
                f"Order {number}\n" + "Some words about it. " * 40 + "\nTotal EUR 5.00\n"
            )
        print(f"start: {resident_mb():.0f} MB (weights {weights_mb:.0f} MB on disk)", flush=True)
        step = max(1, options.documents // 10)
        largest = 0.0

        def watch(progress: Progress) -> None:
            nonlocal largest
            if isinstance(engine, FakeEngine):
                engine.seen.clear()  # the fake remembers every request for tests to look at
            largest = max(largest, resident_mb())
            if sum(progress.seen.values()) % step == 0:
                print(f"{sum(progress.seen.values()):6} documents: {resident_mb():.0f} MB", flush=True)

        summary = run(task, expand_inputs([inbox]), engine, lock, Path(scratch) / "run", on_progress=watch)
        report = write_report(Path(scratch) / "run")
        print(
            json.dumps(
                {
                    "totals": dict(summary.totals),
                    "largest_mb": round(max(largest, resident_mb())),
                    "weights_mb": round(weights_mb),
                    "report_mb": round(report.stat().st_size / 1e6, 1),
                }
            )
        )


if __name__ == "__main__":
    main()
