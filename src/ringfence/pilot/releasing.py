"""A release: the lock of a contender with its verdict; refused unless it is PASS, or a named person takes it on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..runs import RunFolder
from ..weights import now
from .spec import load_pilot

__all__ = ["write_release"]


def write_release(folder: Path, contender: str, override_by: str | None, why: str | None) -> Path:
    """Write ``releases/NAME.json`` with the lock, the verdict and what it rests on. Raises InputError where the pilot has
    no verdict for the contender, the verdict is not PASS, or what it rests on has changed since."""
    spec = load_pilot(folder)
    path = folder / "pilot.json"
    if not path.exists():
        raise InputError(f"{folder} has no verdict yet.", f"Run it first: ringfence pilot run {folder}.")
    outcome: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    names = [one["name"] for one in outcome["contenders"] if not one["baseline"]]
    if contender not in names:
        raise InputError(f"The pilot has no contender {contender!r}.", f"It has: {', '.join(names)}.")
    facts = RunFolder.open(folder / "runs" / contender).read_facts()
    stated = next(one["lock"] for one in outcome["contenders"] if one["name"] == contender)
    faults = []
    if facts["lock"]["digest"] != stated:
        faults.append(f"the run of {contender} has another lock than the verdict was reached with")
    if outcome["bar_digest"] != spec.bar.digest:
        faults.append("the bar was changed since the verdict")
    if faults:
        raise InputError(
            f"The verdict does not hold any more: {'; '.join(faults)}.", f"Run it again: ringfence pilot run {folder}."
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
    target.parent.mkdir(exist_ok=True)
    temporary = target.with_name(f".{target.name}")
    temporary.write_text(json.dumps(release, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(target)
    return target
