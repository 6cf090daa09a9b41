"""Check that the memory of a run does not grow with the number of documents.

    python benchmarks/memory.py [--documents 10000] [--engine fake|openvino]

With ``--engine fake``, everything except the engine is real, and 10,000 documents take a minute. With
``--engine openvino``, the small weights answer each document. Prints the resident memory at the start, at each tenth,
and the maximum.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from pathlib import Path

from ringfence.documents import expand_inputs
from ringfence.engines import EngineSettings, FakeEngine
from ringfence.inference import Answerer, LoadedModel, open_engine
from ringfence.reports import write_report
from ringfence.runs import Progress, RunHooks, run_task
from ringfence.tasks import task_from
from ringfence.weights import Listener, Store, pull


def resident_mb() -> float:
    """Return the resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--engine", choices=["fake", "openvino"], default="fake")
    options = parser.parse_args()
    task = task_from({"name": "memory", "fields": {"total": {"kind": "money"}}})
    if options.engine == "fake":
        model = LoadedModel(FakeEngine(lambda request, prompt: " 5.00\n"), None, None)
    else:
        store = Store()
        model = open_engine(
            "openvino", pull("tests", store), store, EngineSettings(cache_gib=1), listener=Listener(say=print)
        )
    engine, answerer = model.engine, Answerer(model, task)
    weights_mb = sum(file.size for file in model.form.manifest.files) / 1e6 if model.form else 0.0
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
                engine.seen.clear()  # the fake stores every request, for tests
            largest = max(largest, resident_mb())
            if sum(progress.seen.values()) % step == 0:
                print(f"{sum(progress.seen.values()):6} documents: {resident_mb():.0f} MB", flush=True)

        out, hooks = Path(scratch) / "run", RunHooks(on_progress=watch)
        summary = run_task(answerer, expand_inputs([inbox]), out, hooks=hooks)
        report = write_report(out)
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
