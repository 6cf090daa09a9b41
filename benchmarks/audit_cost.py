"""Measure the cost of the audit log: the same run with and without it, in alternating order, and a single record.

python benchmarks/audit_cost.py demo-run/documents --rounds 5
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from ringfence.audit import AuditLog, recorder
from ringfence.documents import expand_inputs
from ringfence.engines import EngineSettings
from ringfence.inference import Answerer, open_engine
from ringfence.runs import RunFolder, RunHooks, run_task
from ringfence.tasks import load_task
from ringfence.weights import Store, pull

HERE = Path(__file__).parent


def main() -> None:
    """Print the medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, help="a folder, such as demo-run/documents")
    parser.add_argument("--weights", default="tests")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    store = Store()
    task = load_task(HERE.parent / "examples" / "invoices" / "task.yaml")
    model = open_engine("openvino", pull(options.weights, store), store, EngineSettings(cache_gib=2))
    answerer = Answerer(model, task)
    sources = expand_inputs([options.documents])
    seconds: dict[bool, list[float]] = {True: [], False: []}
    records: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        log = AuditLog.make(Path(scratch) / "audit", Path(scratch) / "key", True)
        run_task(answerer, sources, Path(scratch) / "warm")
        for number in range(options.rounds):
            for audited in (True, False) if number % 2 else (False, True):
                out = Path(scratch) / f"{number}{audited}"
                started = time.monotonic()
                run_task(answerer, sources, out, hooks=RunHooks(record=recorder(log, "bench") if audited else None))
                seconds[audited].append(time.monotonic() - started)
        write = recorder(log, "bench")
        for result in RunFolder.open(Path(scratch) / "warm").latest():
            started = time.monotonic()
            write(result)
            records.append(time.monotonic() - started)
    with_it, without = statistics.median(seconds[True]), statistics.median(seconds[False])
    share = statistics.median(records) * len(records) / without
    print(
        f"{len(sources)} files, median of {options.rounds}: {with_it:.2f} s with, {without:.2f} s without, "
        f"ratio {with_it / without:.3f}"
    )
    print(
        f"one record takes {1000 * statistics.median(records):.2f} ms (median), {share:.2%} of the time of a document"
    )
    model.close()


if __name__ == "__main__":
    main()
