"""What Ringfence itself can find out for the readiness questions: machine, weights, gold, bar and speed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..engines import engine_names
from ..engines.selection import state_of
from ..errors import InputError
from ..evaluation.statistics import exact_bound
from ..extras import need
from ..gold.file import GoldFile
from ..hardware import machine, processors
from ..planning.memory import WORKING_SHARE, machine_fit
from ..weights import Store, find_entry
from ..weights.known import find_known
from .confirmation import confirm
from .readiness import Evidence, ReadinessEvidence, Word
from .record import PilotRecord, read_record
from .spec import load_pilot

__all__ = ["gather_evidence"]

SEQUENCES, TOKENS = 8, 4096  # the memory for keys and values must hold these


def gather_evidence(
    weights: Sequence[str] = (), pilot: Path | None = None, per_day: int | None = None
) -> ReadinessEvidence:
    """Look up what this machine and a pilot folder say.

    ``weights`` are the weights in question: by default those of the pilot, or else ``demo``. ``per_day`` is the number
    of documents that must be processed in a day.
    """
    need("evaluation", "scipy")
    found: dict[str, dict[str, Evidence]] = {"infrastructure": {}, "evaluation": {}, "cost": {}}
    record: PilotRecord | None = None
    verdict: str | None = None
    if pilot:
        spec = load_pilot(pilot)
        weights = weights or [contender.weights for contender in spec.contenders if not contender.server]
        found["evaluation"]["bar"] = Evidence("yes", f"pilot.yaml says: {spec.bar}.")
        found["evaluation"]["gold"] = _gold(pilot / spec.gold, spec.bar.at_least, spec.bar.confidence, spec.split.test)
        record = read_record(pilot)
        if record:
            try:
                verdict = confirm(pilot, record).word
            except InputError as error:
                found["evaluation"]["bar"] = Evidence("yes", f"pilot.yaml says: {spec.bar}. {error}")
    found["infrastructure"]["fits"] = _fits(weights or ["demo"])
    hourly = record.contender(record.chosen).documents_per_hour if record else None
    if hourly:
        found["cost"]["measured"] = Evidence("yes", f"{hourly:,.0f} documents an hour in the pilot's run.")
        if per_day:
            day = hourly * 24
            found["infrastructure"]["fast_enough"] = Evidence(
                "yes" if day >= per_day else "no",
                f"Measured: {day:,.0f} documents in 24 hours; needed: {per_day:,} a day.",
            )
    return ReadinessEvidence(found, verdict)


def _fits(names: Sequence[str]) -> Evidence:
    here, usable = machine(), [name for name in engine_names() if state_of(name).usable]
    has = f"This machine: {processors()} cores, {here.memory_gb:.0f} GB of memory, " + (
        f"{len(here.gpus_gb)} GPUs with {sum(here.gpus_gb):.0f} GB." if here.gpus_gb else "no GPU."
    )
    said, words = [], []
    for name in names:
        if known := find_known(name):
            fits, why = machine_fit(known, here, usable, TOKENS, SEQUENCES)
        else:
            entry = find_entry(name)
            stored = Store().find(entry.name if entry else name)
            size = sum(file.size or 0 for file in entry.files) if entry else 0
            size = size or (sum(file.size for file in stored.manifest.files) if stored else 0)
            if not size:
                words.append("unknown")
                said.append(f"{name}: unknown size")
                continue
            needed = size * 1.2 / 1e9 + 1  # the cache, and what the engine adds
            room = here.memory_gb * WORKING_SHARE
            fits, why = needed <= room, f"about {needed:.1f} of {room:.0f} GB"
        words.append("yes" if fits else "no")
        said.append(f"{name}: {why}")
    word: Word = "yes" if "yes" in words else "unknown" if "unknown" in words else "no"
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
            f"{count} documents, about {in_test} of them in the test part: "
            f"if all are right, they certify {most:.0%}, but the bar is {bar:.0%}.",
        )
    return Evidence(
        "yes",
        f"{count} documents, about {in_test} of them in the test part; if all are right, they certify {most:.0%}.",
    )
