"""Compare the readers of Ringfence and markitdown on two folders of files: failures by reason, speed, memory.

    python benchmarks/documents.py            # prints tables; --peer none omits markitdown

A file counts as read if the reader returns words. The tables list by format the files that only one of the readers can
read; nothing of their content is printed. markitdown runs in a separate process, so that its memory and its crashes can
be measured. Install it with: pip install --group bench.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from ringfence.documents import (
    ReadingOptions,
    Source,
    Unreadable,
    read_documents,
)
from ringfence.documents import worker_pool as isolated

HERE = Path(__file__).parent
DATA = Path(os.environ.get("RINGFENCE_DATA", HERE.parent.parent / "shared" / "data"))
PEER_SECONDS = 120

PEER = """
import json, logging, re, resource, sys, time, warnings
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
from markitdown import MarkItDown
reader = MarkItDown(enable_plugins=False)
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    started = time.monotonic()
    try:
        text = re.sub(r"!\\[[^\\]]*\\]\\([^)]*\\)|^## .*$", "", reader.convert(line.strip()).text_content, flags=re.M)
        size, fault = sum(c.isalnum() for c in text), None  # neither markup nor names of sheets
    except BaseException as error:
        size, fault = 0, type(error).__name__
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"size": size, "fault": fault, "seconds": time.monotonic() - started, "peak": peak}), flush=True)
"""


def ours(paths: list[Path]) -> list[dict[str, Any]]:
    """Return for each file the characters read, the documents, the failure codes, the seconds and the peak memory."""
    rows = []
    for number, path in enumerate(paths, start=1):
        started = time.monotonic()
        size, done, codes, peak = 0, 0, [], 0.0
        for outcome in read_documents(Source(path, path.name), ReadingOptions()):
            if isinstance(outcome, Unreadable):
                codes.append(outcome.code)
            else:
                done += 1
                size += sum(c.isalnum() for c in outcome.text)
        for worker in isolated._pool._idle:
            peak = max(peak, peak_mib(worker.process.pid))
        rows.append({"size": size, "done": done, "codes": codes, "seconds": time.monotonic() - started, "peak": peak})
        if sys.stderr.isatty():
            print(f"\r{number}/{len(paths)}", end="", file=sys.stderr)
    return rows


def peak_mib(pid: int) -> float:
    """Return the peak memory of a process, in MiB."""
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmHWM"):
            return int(row.split()[1]) / 1024
    return 0.0


def peer(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the same for markitdown; a file counts as a crash if its process dies or takes too long."""
    import select

    rows: list[dict[str, Any]] = []
    process: subprocess.Popen[str] | None = None
    for path in paths:
        if process is None or process.poll() is not None:
            process = subprocess.Popen(
                [sys.executable, "-c", PEER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert process.stdout is not None
            if not process.stdout.readline():
                raise SystemExit("markitdown is not installed: pip install --group bench")
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        ready = select.select([process.stdout], [], [], PEER_SECONDS)[0]
        line = process.stdout.readline() if ready else ""
        if line:
            rows.append(json.loads(line))
        else:
            process.kill()
            process.wait()
            rows.append({"size": 0, "fault": "crashed or over time", "seconds": PEER_SECONDS, "peak": 0.0})
    if process:
        process.kill()
        process.wait()
    return rows


def main() -> None:
    """Read both folders with both readers and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", choices=["markitdown", "none"], default="markitdown")
    options = parser.parse_args()
    for name, folder in (("files", DATA / "files" / "files"), ("mail", DATA / "mail" / "messages")):
        paths = sorted(path for path in folder.iterdir() if path.is_file())
        started = time.monotonic()
        rows = ours(paths)
        seconds = time.monotonic() - started
        print_ours(name, rows, seconds)
        if options.peer == "none":
            continue
        started = time.monotonic()
        others = peer(paths)
        peer_seconds = time.monotonic() - started
        read = sum(row["size"] > 0 for row in others)
        faults = Counter(row["fault"] or "empty" for row in others if not row["size"])
        worst = max(row["peak"] for row in others)
        print(
            f"  markitdown: {read} of {len(paths)} read, {len(paths) / peer_seconds:.1f} files/s, "
            f"worst memory {worst:.0f} MiB; not read: {dict(faults.most_common(6))}"
        )
        print(f"  ratio of the times, Ringfence to markitdown: {seconds / peer_seconds:.2f}")
        print_differences(paths, rows, others)
    print(f"This process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def print_ours(name: str, rows: list[dict[str, Any]], seconds: float) -> None:
    """Print the figures of Ringfence's readers."""
    codes = Counter(code for row in rows for code in row["codes"])
    documents = sum(row["done"] for row in rows)
    crashed = codes["reader-crashed"] + codes["reader-fault"]
    read = sum(row["size"] > 0 for row in rows)
    print(
        f"\n{name}: {len(rows)} files with {documents + codes.total()} documents: {documents} done, "
        f"{codes.total()} failed, {crashed} crashed"
    )
    print(f"  failed by reason: {dict(codes.most_common())}")
    seconds_each = [row["seconds"] for row in rows]
    middle, slow = statistics.median(seconds_each), statistics.quantiles(seconds_each, n=20)[-1]
    worst = max(row["peak"] for row in rows)
    print(
        f"  Ringfence: {read} of {len(rows)} read, {len(rows) / seconds:.1f} files/s (median {middle:.3f} s, "
        f"95 % under {slow:.2f} s), worst memory of a worker {worst:.0f} MiB"
    )


def print_differences(paths: list[Path], rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    """Print by format the files that both readers, one of them or neither can read."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for path, row, other in zip(paths, rows, others, strict=True):
        who = {
            (True, True): "both",
            (True, False): "only Ringfence",
            (False, True): "only markitdown",
            (False, False): "none",
        }
        table[path.suffix.lower().lstrip(".")][who[row["size"] > 0, other["size"] > 0]] += 1
    columns = ("both", "only Ringfence", "only markitdown", "none")
    print(f"  {'format':10}" + "".join(f"{column:>17}" for column in columns))
    total: Counter[str] = Counter()
    for kind in sorted(table, key=lambda kind: -sum(table[kind].values())):
        total.update(table[kind])
        print(f"  {kind:10}" + "".join(f"{table[kind][column] or '':>17}" for column in columns))
    print(f"  {'all':10}" + "".join(f"{total[column]:>17}" for column in columns), flush=True)


if __name__ == "__main__":
    main()
