"""Apply a calibrator to a finished run: the same answers, under a lock that names the calibrator, without inference."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from ..clock import now
from ..contracts import DecidedFrom, LockFacts, Result
from ..errors import RunError
from .products import note_product
from .run_folder import RunFolder

__all__ = ["decide_again"]


def decide_again(
    source: RunFolder,
    out: Path,
    calibrator: str,
    decide: Callable[[Result], None],
    record: Callable[[Result], None] = lambda result: None,
) -> RunFolder:
    """Make a run folder with the answers of ``source`` and the decisions of a calibrator.

    ``calibrator`` is its digest. ``decide`` writes its decisions into a result. ``record`` receives each decided
    result, for the audit log. The folder appears in one step, so a kill leaves no part of it. Raises RunError if
    ``out`` is not empty, or if ``source`` is not finished.
    """
    facts = source.read_facts()
    if facts.totals is None:
        raise RunError(
            f"The run in {source.path} is not finished.", "Continue it first: the same command with --resume."
        )
    RunFolder.create(out).path.rmdir()
    building = out.with_name(f".{out.name}.deciding")
    shutil.rmtree(building, ignore_errors=True)
    target = RunFolder.create(building)
    target.exclusive()
    try:
        lock = source.lock().but(calibrator=calibrator)
        facts.decided = DecidedFrom.model_validate({"from": str(source.path), "lock": facts.lock.digest, "at": now()})
        facts.lock = LockFacts(digest=lock.digest, data=lock.data)
        facts.totals = None
        target.write_facts(facts)
        for result in source.latest():
            result.lock = lock.digest
            decide(result)
            record(result)
            target.append(result)
        for kept, copy in (
            (source.trace, target.trace),
            (source.pool, target.pool),
            (source.ranker, target.ranker),
        ):
            if kept.exists():
                shutil.copyfile(kept, copy)
                copy.chmod(0o600)
        facts.totals = dict(target.totals())
        target.write_facts(facts)
    finally:
        target.release()
    building.rename(out)
    note_product(source, "decided run", out)
    return RunFolder.open(out)
