"""What a run leaves to larger weights: documents that it did not answer well enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..contracts import Result
from ..documents import Source
from ..errors import InputError, RunError
from ..runs import RunFolder
from ..runs.source_documents import sources_of
from ..tasks import Task, task_from
from .doubts import DoubtReader

__all__ = ["LeftOver", "left_by"]


@dataclass(frozen=True)
class LeftOver:
    """The ``documents`` (ids) that a run of ``total`` documents leaves, and the files with them."""

    run: Path
    documents: frozenset[str]
    sources: list[Source]
    total: int

    @property
    def sentence(self) -> str:
        """What goes on, for people."""
        return f"{self.run} leaves {len(self.documents)} of {self.total} documents."


def left_by(run: Path, task: Task, doubt: float | None = None) -> LeftOver:
    """Find what a finished run leaves: what it did not answer, and answers that are not good enough.

    Good enough are answers that its calibrator accepted, or with ``doubt`` those with no more doubt than that (see
    ``DoubtReader.about``). Raises RunError for a run that is not finished, InputError for one of another task, or
    without decisions where no doubt is given.
    """
    folder = RunFolder.open(run)
    facts = folder.read_facts()
    if facts.totals is None:
        raise RunError(f"The run in {run} is not finished.", "Continue it first: the same command with --resume.")
    if not task_from(facts.task).asks_as(task):
        raise InputError(
            f"The run in {run} answers another task than {task.name}.", "Name a run of a task with the same values."
        )
    leaves = _accepted_by_nobody(folder) if doubt is None else _more_than(doubt, task)
    left = [result for result in folder.latest() if not result.answered or leaves(result)]
    return LeftOver(
        run, frozenset(result.document.id for result in left), sources_of(left, folder.base()), len(folder.index())
    )


def _accepted_by_nobody(folder: RunFolder) -> Callable[[Result], bool]:
    if folder.lock().facts.calibrator is None:
        raise InputError(
            f"Nothing in {folder.path} says which of its answers are good enough.",
            "Decide it with a calibrator (`ringfence decide`), or give --doubt; `ringfence tune --against` names one.",
        )
    return lambda result: result.decision not in ("accept", "spot-check")


def _more_than(doubt: float, task: Task) -> Callable[[Result], bool]:
    reader = DoubtReader(task)
    return lambda result: reader.about(result) > doubt
