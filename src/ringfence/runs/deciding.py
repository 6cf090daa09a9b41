"""Decisions for a run that is there already: the same answers under the lock that names the calibrator, without inference."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import RunError
from ..weights import now
from .folder import RunFolder

__all__ = ["decide_again"]


def decide_again(
    source: RunFolder,
    out: Path,
    calibrator: str,
    decide: Callable[[dict[str, Any]], None],
    record: Callable[[dict[str, Any]], None] = lambda result: None,
) -> RunFolder:
    """A new run folder with the answers of ``source`` and the decisions of a calibrator (its digest); ``record`` (an audit
    log's) sees each.

    It appears in one step: killed half way, nothing is there. Raises RunError where ``out`` is taken, or ``source`` has
    not finished.
    """
    if source.read_facts()["totals"] is None:
        raise RunError(
            f"The run in {source.path} has not finished.", "Go on with it first: the same command with --resume."
        )
    RunFolder.create(out).path.rmdir()
    building = out.with_name(f".{out.name}.deciding")
    shutil.rmtree(building, ignore_errors=True)
    target = RunFolder.create(building)
    target.exclusive()
    try:
        facts = copy.deepcopy(source.read_facts())
        lock = source.lock().but(calibrator=calibrator)
        facts["decided"] = {"from": str(source.path), "lock": facts["lock"]["digest"], "at": now()}
        facts["lock"] = {"digest": lock.digest, "data": lock.data}
        facts["totals"] = None
        target.write_facts(facts)
        for result in source.latest():
            decided = {**copy.deepcopy(result), "lock": lock.digest}
            decide(decided)
            record(decided)
            target.append(decided)
        if source.trace.exists():
            shutil.copyfile(source.trace, target.trace)
            target.trace.chmod(0o600)
        facts["totals"] = dict(target.totals())
        target.write_facts(facts)
    finally:
        target.release()
    building.rename(out)
    return RunFolder.open(out)
