"""What the program finds out for the readiness questions itself: the machine, the weights, gold, the bar, the speed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..evaluation.gold import GoldFile
from ..evaluation.statistics import exact_bound
from ..weights import Store, find_entry
from ..weights.known import find_known
from ..weights.sizing import WORKING_SHARE, machine, verdict
from .readiness import Evidence
from .spec import load_pilot

__all__ = ["gather"]

SEQUENCES, TOKENS = 8, 4096  # for which keys and values are reckoned


def gather(
    weights: list[str], pilot: Path | None, usable: list[str], per_day: int | None
) -> tuple[dict[str, dict[str, Evidence]], str | None]:
    """Evidence by question and part, and the verdict of the pilot where it has one."""
    found: dict[str, dict[str, Evidence]] = {"infrastructure": {}, "evaluation": {}, "cost": {}}
    outcome: dict[str, Any] | None = None
    if pilot:
        spec = load_pilot(pilot)
        weights = weights or [one.weights for one in spec.contenders if not one.server]
        found["evaluation"]["bar"] = Evidence("yes", f"pilot.yaml says: {spec.bar}.")
        found["evaluation"]["gold"] = _gold(pilot / spec.gold, spec.bar.at_least, spec.bar.confidence, spec.split.test)
        if (pilot / "pilot.json").exists():
            outcome = json.loads((pilot / "pilot.json").read_text(encoding="utf-8"))
    found["infrastructure"]["fits"] = _fits(weights or ["demo"], usable)
    hourly = next(
        (
            one["documents_per_hour"]
            for one in (outcome or {}).get("contenders", [])
            if one["name"] == (outcome or {}).get("chosen")
        ),
        None,
    )
    if hourly:
        found["cost"]["measured"] = Evidence("yes", f"{hourly:,.0f} documents an hour, by the pilot's run.")
        if per_day:
            day = hourly * 24
            found["infrastructure"]["fast_enough"] = Evidence(
                "yes" if day >= per_day else "no",
                f"{day:,.0f} documents in 24 hours are measured, {per_day:,} a day are asked for.",
            )
    return found, outcome["verdict"] if outcome else None


def _fits(names: list[str], usable: list[str]) -> Evidence:
    here = machine()
    has = f"This machine: {os.cpu_count()} cores, {here.memory_gb:.0f} GB of memory, " + (
        f"{len(here.gpus_gb)} GPUs with {sum(here.gpus_gb):.0f} GB." if here.gpus_gb else "no GPU."
    )
    said, words = [], []
    for name in names:
        if known := find_known(name):
            fits, why = verdict(known, here, usable, TOKENS, SEQUENCES)
        else:
            entry = find_entry(name)
            stored = Store().find(entry.name if entry else name)
            size = sum(file.size or 0 for file in entry.files) if entry else 0
            size = size or (sum(file.size for file in stored.manifest.files) if stored else 0)
            if not size:
                words.append("unknown")
                said.append(f"{name}: its size is not known here")
                continue
            need, room = (
                size * 1.2 / 1e9 + 1,
                here.memory_gb * WORKING_SHARE,
            )  # the cache, and what the engine makes of it
            fits, why = need <= room, f"about {need:.1f} of {room:.0f} GB"
        words.append("yes" if fits else "no")
        said.append(f"{name}: {why}")
    word: Any = "yes" if "yes" in words else "unknown" if "unknown" in words else "no"
    return Evidence(word, f"{has} {'; '.join(said)}.")


def _gold(path: Path, bar: float, confidence: float, test: float) -> Evidence:
    if not path.exists():
        return Evidence("no", f"{path} does not exist.")
    count = len(GoldFile(path).latest())
    in_test = round(count * test)
    most = exact_bound(in_test, in_test, "lower", confidence) if in_test else 0.0
    if most < bar:
        return Evidence(
            "no",
            f"{count} documents, about {in_test} of them in the test part: all right would certify {most:.0%}, the bar is {bar:.0%}.",
        )
    return Evidence(
        "yes", f"{count} documents, about {in_test} of them in the test part; all right would certify {most:.0%}."
    )
