"""What fine-tuning brings on real documents, split by company: tuned against base, larger weights, ranker, baselines.

    python benchmarks/tuning.py --set receipts --weights tests --train 300 --test 100 --against demo --out FOLDER

Makes a workspace (documents, gold, split) of a shared set and calls `ringfence tune` on it. Everything in it is
resumable: the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import yaml

from labels import load as load_labels
from ranker import KEYS, typed
from ringfence.contracts import GoldLine
from ringfence.gold.file import GoldFile
from ringfence.gold.near_duplicates import near_duplicates
from ringfence.gold.split import Split, SplitFile
from sets import DATA, load_set

EVERY = 100_000


def _write(
    folder: Path, lines: list[GoldLine], families: dict[str, str], parts: dict[str, list[str]], seed: int
) -> None:
    gold = GoldFile(folder / "gold.jsonl")
    gold.path.write_text("".join(line.model_dump_json(by_alias=True) + "\n" for line in lines))
    shares = {name: len(ids) / len(lines) for name, ids in parts.items()}
    SplitFile(gold.path).write(Split(parts, families, shares, seed, None, "2026-01-01T00:00:00+00:00"))


def _parts(families: dict[str, str], sizes: dict[str, int], seed: int) -> dict[str, list[str]]:
    """Families in a seeded order, each whole, until a part has its size; the rest is left out."""
    members: dict[str, list[str]] = {}
    for name, family in families.items():
        members.setdefault(family, []).append(name)
    order = sorted(members)
    random.Random(seed).shuffle(order)
    parts: dict[str, list[str]] = {name: [] for name in sizes}
    for family in order:
        part = next((name for name in sizes if len(parts[name]) < sizes[name]), None)
        if part:
            parts[part] += members[family]
    return {name: sorted(ids) for name, ids in parts.items()}


def extract_workspace(name: str, folder: Path, sizes: dict[str, int], seed: int) -> None:
    (folder / "documents").mkdir(parents=True, exist_ok=True)
    bench = load_set(name, EVERY, folder / "documents")
    families = {i: re.sub(r"\W", "", str(gold.get(KEYS[name])).casefold()) for i, gold in bench.gold.items()}
    parts = _parts(families, sizes, seed)
    kept = {i for ids in parts.values() for i in ids}
    lines, renamed = [], {}
    for source in bench.sources:
        if source.id in kept:
            target = folder / "documents" / f"{source.id.replace('/', '_')}{source.path.suffix}"
            if target != source.path and not target.exists():
                target.symlink_to(source.path.resolve())
            renamed[source.id] = target.name
            lines.append(GoldLine(document=target.name, values=typed(bench, bench.gold[source.id])))
    for file in (folder / "documents").iterdir():
        if file.name not in renamed.values():
            file.unlink()
    families = {renamed[i]: family for i, family in families.items() if i in kept}
    _write(folder, lines, families, {part: sorted(renamed[i] for i in ids) for part, ids in parts.items()}, seed)
    (folder / "task.yaml").write_text(yaml.safe_dump(bench.task.canonical(), sort_keys=False, allow_unicode=True))


def label_workspace(name: str, folder: Path, sizes: dict[str, int], seed: int) -> None:
    bench = load_labels(name, sizes["test"], folder / "texts")
    train = [json.loads(line) for line in (DATA / name / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    random.Random(seed).shuffle(train)
    texts = {f"test-{i}": (text, bench.gold[i]) for i, text in bench.texts.items()}
    tested = {text.strip() for text, _ in texts.values()}
    train = [row for row in train if row["text"].strip() not in tested]
    parts: dict[str, list[str]] = {"calibration": [], "dev": [], "test": sorted(texts)}
    for number, row in enumerate(train[: sizes["calibration"] + sizes["dev"]]):
        part = "dev" if number < sizes["dev"] else "calibration"
        parts[part].append(f"{part}-{number}")
        texts[f"{part}-{number}"] = (row["text"], row["label"])
    # A message that nearly repeats one of another part goes, the one to train on first.
    rank = {"test": 2, "dev": 1, "calibration": 0}
    part_of = {identity: part for part, ids in parts.items() for identity in ids}
    for pair in near_duplicates({identity: text for identity, (text, _) in texts.items()}):
        first, second = (part_of.get(one) for one in (pair.first, pair.second))
        if first and second and first != second:
            part_of.pop(min((pair.first, pair.second), key=lambda one: rank[part_of[one]]))
    parts = {part: [i for i in ids if i in part_of] for part, ids in parts.items()}
    texts = {identity: texts[identity] for identity in part_of}
    (folder / "documents").mkdir(parents=True, exist_ok=True)
    with (folder / "documents" / f"{name}.jsonl").open("w") as file:
        for identity, (text, _) in texts.items():
            file.write(json.dumps({"id": identity, "text": text}) + "\n")
    lines = [GoldLine(document=identity, values={"label": label}) for identity, (_, label) in texts.items()]
    _write(folder, lines, {identity: identity for identity in texts}, parts, seed)
    task = {**bench.task.canonical(), "list_labels": False, "evidence": 0}
    (folder / "task.yaml").write_text(yaml.safe_dump(task, sort_keys=False, allow_unicode=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--set", default="receipts")
    parser.add_argument("--weights", default="tests")
    parser.add_argument("--train", type=int, default=300)
    parser.add_argument("--dev", type=int, default=40)
    parser.add_argument("--test", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("bench-results/tuning"))
    arguments, more = parser.parse_known_args()
    folder = arguments.out / f"{arguments.set}-{arguments.train}-{arguments.seed}"
    sizes = {"test": arguments.test, "dev": arguments.dev, "calibration": arguments.train}
    if not (folder / "task.yaml").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make = label_workspace if arguments.set in ("banking77", "clinc150") else extract_workspace
        make(arguments.set, folder, sizes, arguments.seed)
    command = [
        sys.executable, "-m", "ringfence", "tune", "task.yaml", "--gold", "gold.jsonl", "--documents", "documents",
        "--weights", arguments.weights, "--out", f"tuned-{arguments.weights}", "--compare", "letters", "--resume",
        *more,
    ]  # fmt: skip
    sys.exit(subprocess.run(command, cwd=folder, check=False).returncode)


if __name__ == "__main__":
    main()
