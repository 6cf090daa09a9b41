"""What answers of larger weights teach smaller ones: labels alone, and labels with answers about unlabelled documents.

    python benchmarks/distillation.py --teacher demo --student tests --labels 50 --unlabelled 200 --out FOLDER

Test and dev documents are those of benchmarks/tuning.py with the same seed, the unlabelled ones others that it would
train on with more labels. The proof of the second training names the first as a contender. The same command goes on
where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

from ringfence.gold.split import SplitFile
from ringfence.weights import Store
from tuning import extract_workspace

SIZES = {"test": 100, "dev": 40}


def make_workspace(folder: Path, name: str, labels: int, unlabelled: int, seed: int) -> None:
    """The labelled documents in ``documents``, and in ``asked`` those to train on and the unlabelled ones."""
    pool = folder / "pool"
    for place, count in ((pool, labels + unlabelled), (folder, labels)):
        place.mkdir(parents=True, exist_ok=True)
        extract_workspace(name, place, {**SIZES, "calibration": count}, seed)
    split, whole = (SplitFile(place / "gold.jsonl").read() for place in (folder, pool))
    assert split
    assert whole
    known, others = split.parts["calibration"], sorted({*whole.parts["calibration"]} - {*split.parts["calibration"]})
    chosen = random.Random(seed).sample(others, min(unlabelled, len(others)))
    (folder / "asked").mkdir(exist_ok=True)
    for document in [*known, *chosen]:
        link = folder / "asked" / document
        if not link.exists():
            link.symlink_to((pool / "documents" / document).resolve())


def ringfence(folder: Path, *arguments: str) -> int:
    """Run a command in the workspace; codes 0 and 1 are findings, all others end the bench."""
    code = subprocess.run([sys.executable, "-m", "ringfence", *arguments], cwd=folder, check=False).returncode
    if code not in (0, 1):
        sys.exit(code)
    return code


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--set", default="receipts")
    parser.add_argument("--teacher", default="demo")
    parser.add_argument("--student", default="tests")
    parser.add_argument("--labels", type=int, default=50)
    parser.add_argument("--unlabelled", type=int, default=200)
    parser.add_argument("--accepted-by", choices=["checks", "nobody"], default="nobody")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("bench-results/distillation"))
    arguments, more = parser.parse_known_args()
    folder = arguments.out / f"{arguments.set}-{arguments.labels}-{arguments.seed}"
    if not (folder / "asked").exists():
        make_workspace(folder, arguments.set, arguments.labels, arguments.unlabelled, arguments.seed)
    ringfence(folder, "run", "task.yaml", "asked", "--out", "teacher", "--weights", arguments.teacher, "--resume")
    ringfence(
        folder, "label", "take", "teacher", "--accepted-by", arguments.accepted_by, "--gold", "gold.jsonl",
        "--documents", "documents", "--out", "taken.jsonl",
    )  # fmt: skip
    tune = [
        "tune", "task.yaml", "--gold", "gold.jsonl", "--documents", "documents", "--weights", arguments.student,
        "--compare", "letters", "--no-ranker", "--resume", *more,
    ]  # fmt: skip
    ringfence(folder, *tune, "--out", "alone", "--name", f"{arguments.set}-alone")
    alone = Store().find(json.loads((folder / "alone" / "adapter.json").read_text())["merged"])
    assert alone
    against = ["--against", alone.manifest.name, "--against", arguments.teacher]
    taught = ["--labels", "taken.jsonl", "--reuse", "alone", "--out", "taught", "--name", f"{arguments.set}-taught"]
    sys.exit(ringfence(folder, *tune, *taught, *against))


if __name__ == "__main__":
    main()
