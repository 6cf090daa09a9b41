"""A release: the lock of a contender with its verdict; refused unless it is PASS, or a named person takes it on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..evaluation.calibrator import read_calibrator
from ..evaluation.evaluating import run_results
from ..evaluation.gold import GoldFile
from ..evaluation.splitting import SplitFile
from ..files import add_line, write_whole
from ..runs import RunFolder, read_pool
from ..tasks import ClassifyTask, load_task
from ..weights import now
from .digests import digests_of
from .spec import load_pilot

__all__ = ["write_release"]


def write_release(folder: Path, contender: str, override_by: str | None, why: str | None) -> Path:
    """Write ``releases/NAME.json`` with the lock, the verdict and what it rests on, and a line in ``releases/log.jsonl``,
    which keeps every release. Raises InputError where the pilot has no verdict for the contender, the verdict is not
    PASS, or anything that it rests on has changed since."""
    outcome = _outcome(folder)
    names = [one["name"] for one in outcome["contenders"] if not one["baseline"]]
    if contender not in names:
        raise InputError(f"The pilot has no contender {contender!r}.", f"It has: {', '.join(names)}.")
    facts = RunFolder.open(folder / "runs" / contender).read_facts()
    stated = next(one["lock"] for one in outcome["contenders"] if one["name"] == contender)
    faults = _changed(folder, outcome)
    if facts["lock"]["digest"] != stated:
        faults.append(f"the lock of {contender}")
    if faults:
        raise InputError(
            f"The verdict does not hold any more; what has changed since: {', '.join(dict.fromkeys(faults))}.",
            f"Put it back, or run the pilot again: ringfence pilot run {folder}.",
        )
    word = outcome["verdict"] if contender == outcome["chosen"] else "NONE"
    if word != "PASS" and not (override_by and why):
        reason = (
            outcome["sentence"]
            if word != "NONE"
            else f"{contender} was not the one that was looked at on the test part ({outcome['chosen']} was)."
        )
        raise InputError(
            f"{contender} is not released: {reason}",
            "Reach PASS first; or take it on by name: --override-by NAME --why REASON, which is recorded.",
        )
    release = {
        "schema": 1,
        "pilot": outcome["pilot"],
        "contender": contender,
        "verdict": word,
        "sentence": outcome["sentence"],
        "override": {"by": override_by, "why": why} if word != "PASS" else None,
        "released_at": now(),
        "bar": outcome["bar"],
        "digests": outcome["digests"],
        "licence": next(one["licence"] for one in outcome["contenders"] if one["name"] == contender),
        "calibrator": outcome["calibrator"] if contender == outcome["chosen"] else None,
        "lock": facts["lock"],
    }
    target = folder / "releases" / f"{contender}.json"
    write_whole(target, json.dumps(release, ensure_ascii=False, indent=1) + "\n")
    add_line(target.with_name("log.jsonl"), {**release, "lock": stated})
    return target


def _outcome(folder: Path) -> dict[str, Any]:
    path = folder / "pilot.json"
    if not path.exists():
        raise InputError(f"{folder} has no verdict yet.", f"Run it first: ringfence pilot run {folder}.")
    try:
        outcome: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError(f"{path} is damaged.", f"Run the pilot again: ringfence pilot run {folder}.") from None
    return outcome


def _changed(folder: Path, outcome: Mapping[str, Any]) -> list[str]:
    """The names of what differs now from what the verdict was reached with."""
    spec, chosen, stated = load_pilot(folder), outcome["chosen"], outcome["digests"]
    gold_file = GoldFile(folder / spec.gold)
    split = SplitFile(gold_file.path).read()
    if split is None:
        return ["split"]
    task = load_task(folder / spec.task)
    pool = read_pool(folder / spec.pool, task) if spec.pool and isinstance(task, ClassifyTask) else []
    _, results, lock = run_results(RunFolder.open(folder / "runs" / chosen))
    calibrator = read_calibrator(folder / "calibrator.json") if "calibrator" in stated else None
    found = digests_of(spec, task, gold_file.latest(), split, pool, chosen, lock, results, calibrator)
    return [name for name in {**stated, **found} if stated.get(name) != found.get(name)]
