"""Count identical replays by engine, mode, documents in flight, prefix cache and threads, each in a new process.

    python benchmarks/replays.py --count 200

The documents are short messages (banking77 in RINGFENCE_DATA, default ../shared/data), the task has one text field, and
the weights are those of the tests. A row `as it ran` replays a run under its own lock. A row `despite` replays a solo
run in another composition or with another number of threads, which the lock would refuse. Everything is stored under
bench-results/replays: the same command continues an interrupted measurement.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sets import DATA

HERE = Path(__file__).parent
TASK = """\
schema: 1
kind: extract
name: messages
instructions: You read messages of a bank's customers.
fields:
  topic: {kind: text, description: the words that say what it is about, max_segments: 8}
"""
SETTINGS = (  # mode, documents in flight, threads, prefix cache
    ("solo", 1, 1, False),
    ("solo", 1, 2, False),
    ("batched", 1, 2, True),
    ("batched", 4, 2, True),
    ("batched", 16, 2, True),
    ("batched", 1, 2, False),
    ("batched", 4, 2, False),
    ("batched", 16, 2, False),
    ("batched", 4, 1, True),
)
PLAIN = "import sys; from ringfence.cli import main; main(sys.argv[1:])"


def ringfence(*arguments: Any) -> str:
    """Run one command in a new process. Exit code 1 is a finding, not a failure."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr[-500:]}")
    return done.stdout


def documents(folder: Path, count: int) -> Path:
    """Write the first messages, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = (DATA / "banking77" / "test_sample.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    for number, row in enumerate(rows):
        (folder / f"{number:04}.txt").write_text(json.loads(row)["text"] + "\n", encoding="utf-8")
    return folder


def show(what: str, facts: dict[str, Any]) -> None:
    """Print a row of the table."""
    totals = facts["totals"]
    counts = " ".join(f"{totals.get(word, 0):4}" for word in ("IDENTICAL", "NEAR-TIE", "CHANGED"))
    drift = max((verdict["drift"] for verdict in facts["verdicts"]), default=0.0)
    methods = sorted({verdict["method"] for verdict in facts["verdicts"] if verdict["method"]})
    print(f"{what:70} {counts}   moved by at most {drift:.4f} {', '.join(methods)}", flush=True)


def main() -> None:
    """Make the missing runs and replays, and print every row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--engines", default="openvino,llamacpp")
    parser.add_argument("--out", type=Path, default=HERE.parent / "bench-results" / "replays")
    options = parser.parse_args()
    inputs = documents(options.out / f"documents-{options.count}", options.count)
    task = options.out / "task.yaml"
    task.write_text(TASK)
    print(f"{'':70} same  tie changed")
    for engine in options.engines.split(","):
        for mode, flight, threads, cache in SETTINGS:
            run = options.out / f"{engine}-{mode}-{flight}-{threads}-{'cache' if cache else 'none'}-{options.count}"
            how = (
                "--weights", "tests", "--engine", engine, "--cache", 1, "--threads", threads, "--mode", mode,
                "--in-flight", flight, "--prefix-cache" if cache else "--no-prefix-cache",
            )  # fmt: skip
            if not (run / "run.json").exists() or json.loads((run / "run.json").read_text())["totals"] is None:
                resume = ["--resume"] if (run / "run.json").exists() else []
                ringfence("run", task, inputs, "--out", run, *how, *resume)
            ways: dict[str, tuple[Any, ...]] = {"as it ran": ()}
            if mode == "solo" and threads == 1:
                ways["despite: 2 threads"] = ("--despite", "--threads", 2)
                ways["despite: batched, 16 in flight"] = ("--despite", "--mode", "batched", "--in-flight", 16)
            for name, changes in ways.items():
                kept = run / f"bench-{name.replace(' ', '-').replace(':', '').replace(',', '')}.json"
                if not kept.exists():
                    kept.write_text(ringfence("replay", run, "--json", *changes))
                settings = f"{engine}, {mode}, {flight} in flight, {threads} threads"
                show(f"{settings}, {'cache' if cache else 'no cache'}; {name}", json.loads(kept.read_text()))


if __name__ == "__main__":
    main()
