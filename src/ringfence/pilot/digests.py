"""The digests of everything that a verdict rests on: stated with it, and checked again before a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..evaluation.calibrator import Calibrator
from ..evaluation.gold import GoldEntry, gold_digest
from ..evaluation.splitting import Split
from ..locks import canonical_digest
from ..tasks import Example, Task
from .spec import PilotSpec

__all__ = ["answers_digest", "digests_of"]


def digests_of(
    spec: PilotSpec,
    task: Task,
    gold: Mapping[str, GoldEntry],
    split: Split,
    pool: Sequence[Example],
    chosen: str,
    lock: str,
    results: Mapping[str, Mapping[str, Any]],
    calibrator: Calibrator | None,
) -> dict[str, str]:
    """By name. ``lock`` and ``results`` are those of the run of the contender ``chosen``."""
    found = {
        "terms (bar, comparison, target error, gold, split)": spec.terms_digest,
        "task": canonical_digest(task.canonical()),
        "gold": gold_digest(gold),
        "split": split.digest,
        f"lock of {chosen}": lock,
        f"answers of {chosen}": answers_digest(results, gold),
    }
    if pool:
        found["pool"] = canonical_digest(sorted([one.text, *one.labels] for one in pool))
    if calibrator:
        found["calibrator"] = calibrator.digest
    return found


def answers_digest(results: Mapping[str, Mapping[str, Any]], gold: Mapping[str, GoldEntry]) -> str:
    """The sha256 of what a run answered for the documents that have gold."""
    said = {i: [one["status"], one["values"]] for i, one in results.items() if i in gold}
    return canonical_digest(said)
