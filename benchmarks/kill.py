"""Kill a run with kill -9 at random moments, and check that no document is lost, repeated or answered differently.

    python benchmarks/kill.py [--kills 20] [--documents 160] [--seed 1] [--modes solo,batched]

One run is killed and resumed the given number of times. Then it finishes, and is compared with an uninterrupted run.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TASK = (
    "name: kill\nlocale: {date_order: dmy}\nfields:\n  total: {kind: money}\n  who: {kind: text}\n  day: {kind: date}\n"
)


def command(folder: Path, out: str, mode: str, weights: str) -> list[str]:
    """Return the command line of one session."""
    program = "from ringfence.cli import main; main()"
    return [
        sys.executable, "-c", program, "run", str(folder / "task.yaml"), str(folder / "in.jsonl"),
        "--out", str(folder / out), "--weights", weights, "--mode", mode, "--cache", "1", "--resume", "--json",
    ]  # fmt: skip


def lines(journal: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a journal."""
    if not journal.exists():
        return []
    return [
        json.loads(line)
        for line in journal.read_text(encoding="utf-8").splitlines(keepends=True)
        if line.endswith("\n")
    ]


def trial(folder: Path, mode: str, kills: int, weights: str, source: random.Random) -> None:
    """Kill one run ``kills`` times, let it finish, and print the differences from an uninterrupted run."""
    subprocess.run(command(folder, f"unbroken-{mode}", mode, weights), check=True, capture_output=True)
    journal = folder / f"killed-{mode}" / "results.jsonl"
    died = 0
    while died < kills:
        before = len(lines(journal))
        process = subprocess.Popen(
            command(folder, f"killed-{mode}", mode, weights), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # Half of the kills happen during start-up and the first answers, half later.
        wanted, patience = before + source.randint(0, 4), source.random() * (6 if source.random() < 0.3 else 0.4)
        while process.poll() is None and len(lines(journal)) < wanted:
            time.sleep(0.01)
        time.sleep(patience)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        died += 1
    subprocess.run(command(folder, f"killed-{mode}", mode, weights), check=True, capture_output=True)
    expected = {line["document"]["id"]: line for line in lines(folder / f"unbroken-{mode}" / "results.jsonl")}
    journaled = lines(journal)
    got = {line["document"]["id"]: line for line in journaled}
    differing = [
        i
        for i in expected
        if i in got and (expected[i]["values"], expected[i]["fields"]) != (got[i]["values"], got[i]["fields"])
    ]
    values = [i for i in differing if expected[i]["values"] != got[i]["values"]]
    print(
        f"{mode}: killed {died} times; {len(expected)} documents expected, {len(got)} found, "
        f"{len(journaled) - len(got)} done twice, {len(expected.keys() - got.keys())} lost"
    )
    equal = got.keys() == expected.keys() and all(expected[i]["status"] == got[i]["status"] for i in got)
    print(
        f"  ids and statuses {'equal' if equal else 'DIFFER'}; {len(differing)} answers differ in any way, "
        f"{len(values)} in a value {values[:10]}"
    )


def main() -> None:
    """Run the trials."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--documents", type=int, default=160)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", default="tests")
    parser.add_argument("--modes", default="solo,batched")
    options = parser.parse_args()
    source = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "task.yaml").write_text(TASK)
        names = ["Ann Smith", "Bob Jones", "Cleo Marsh", "Dora Quill"]
        rows = [
            {
                "id": f"n{n}",
                "text": f"Receipt {n}\n{names[n % 4]} paid EUR {source.randint(1, 900)}.{n % 100:02d} "
                f"on {n % 28 + 1:02d}.03.2024.\nBefore: EUR {source.randint(1, 900)}.00 on 01.02.2023.",
            }
            for n in range(options.documents)
        ]
        (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        for mode in options.modes.split(","):
            trial(folder, mode, options.kills, options.weights, source)


if __name__ == "__main__":
    main()
