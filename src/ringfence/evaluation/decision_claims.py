"""Whether the decisions of a run are those of its calibrator: they are worked out again from the answers."""

from __future__ import annotations

from collections.abc import Iterator

from ..contracts import Result
from ..errors import InputError
from ..runs import RunFolder
from .calibrator import Calibrator

__all__ = ["decision_faults", "is_decided"]


def is_decided(folder: RunFolder) -> bool:
    """True if the run's lock names a calibrator."""
    return folder.lock().facts.calibrator is not None


def decision_faults(folder: RunFolder, calibrator: Calibrator) -> Iterator[tuple[str, str | None, str]]:
    """Yield (document, field or None, fault) for every confidence or decision that the calibrator does not give.

    Raises InputError if it is not the calibrator of the run.
    """
    if folder.lock().facts.calibrator != calibrator.digest:
        raise InputError("The run was decided by another calibrator.", "Give the calibrator that its lock names.")
    for result in folder.latest():
        again = _undecided(result)
        calibrator.decide(again)
        if again.decision != result.decision:
            yield (
                result.document.id,
                None,
                f"its decision is {result.decision}, and the calibrator says {again.decision}",
            )
        for path, answer in (result.fields or {}).items():
            other = again.field(path)
            if (answer.confidence, answer.decision) != (other.confidence, other.decision):
                said = f"{answer.decision} at {answer.confidence}"
                yield (
                    result.document.id,
                    path,
                    f"it is {said}, and the calibrator says {other.decision} at {other.confidence}",
                )


def _undecided(result: Result) -> Result:
    copy = result.model_copy(deep=True)
    copy.decision = None
    for answer in (copy.fields or {}).values():
        answer.confidence = answer.decision = None
    return copy
