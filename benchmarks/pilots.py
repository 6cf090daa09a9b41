"""Make a pilot folder over real documents with gold, for `ringfence pilot run`.

    python benchmarks/pilots.py receipts /tmp/pilots/receipts --limit 300

The documents come from RINGFENCE_DATA (default ../shared/data). Never commit them: make the folder outside the
repository.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from labels import load
from ringfence.contracts import GoldLine
from ringfence.gold.file import GoldFile
from ringfence.tasks.values import type_date
from sets import GOLD_ORDER, HERE, load_set

__all__ = ["make_pilot"]

QUESTIONS = {
    "receipts": "Can the fields of shop receipts be filled in without a person reading each?",
    "adbuys": "Can orders for advertising be entered into the register without a person reading each?",
    "banking77": "Can messages of customers be routed to the right desk without a person reading each?",
}


def make_pilot(name: str, folder: Path, limit: int, weights: list[str]) -> None:
    """Write a pilot folder: task.yaml, docs/, gold.jsonl and pilot.yaml."""
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    gold = GoldFile(folder / "gold.jsonl")
    content: dict[str, Any] = {"name": name, "question": QUESTIONS[name], "task": "task.yaml", "documents": ["docs"]}
    if name == "banking77":
        bench = load(name, limit, folder / "docs")
        task = bench.task.canonical()
        (folder / "task.yaml").write_text(yaml.safe_dump(task, sort_keys=False))
        (folder / "pool.jsonl").write_text(
            "".join(json.dumps({"text": example.text, "label": example.labels[0]}) + "\n" for example in bench.pool)
        )
        content["pool"] = "pool.jsonl"
        gold.add(
            {
                i: GoldLine(document=i, values={"label": label}, by="makers of the set")
                for i, label in bench.gold.items()
            }
        )
    else:
        shutil.copy(HERE / "tasks" / f"{name}.yaml", folder / "task.yaml")
        bench_set = load_set(name, limit, folder / "docs")
        entries = {}
        for source in bench_set.sources:
            identity = f"{source.id}{source.path.suffix}"
            if not (folder / "docs" / identity).exists():
                shutil.copy(source.path, folder / "docs" / identity)
            values = {
                field: _value(name, spec.kind, bench_set.gold[source.id].get(field))
                for field, spec in bench_set.task.flat.items()
            }
            entries[identity] = GoldLine(document=identity, values=values, by="makers of the set")
        gold.add(entries)
    content |= {
        "gold": "gold.jsonl",
        "compare": "letters",
        "contenders": [{"name": name, "weights": name} for name in weights],
        "bar": {"metric": "accuracy", "unit": "value", "at_least": 0.9, "part": "test", "confidence": 0.95},
        "target_error": 0.05,
        "costs": {"currency": "EUR", "review_minute": 0.75, "review_minutes_per_document": 1.5, "machine_hour": 0.4},
    }
    (folder / "pilot.yaml").write_text(yaml.safe_dump({"schema": 1, **content}, sort_keys=False))


def _value(name: str, kind: str, stated: Any) -> Any:
    if stated is None or not str(stated).strip():
        return None
    if kind == "money":
        return {"amount": re.sub(r"[^\d.-]", "", stated), "currency": None}
    if kind == "date":
        return stated if re.fullmatch(r"\d{4}-\d\d-\d\d", stated) else type_date(stated, GOLD_ORDER[name]).value
    return stated


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=list(QUESTIONS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=400)
    parser.add_argument("--weights", default="tests,demo")
    options = parser.parse_args()
    make_pilot(options.name, options.folder, options.limit, options.weights.split(","))
    print(f"{options.folder}: ringfence pilot run {options.folder}")
