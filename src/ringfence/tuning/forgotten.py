"""What tuned weights forgot: other tasks with gold, answered by the base and by the tuned weights."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contracts import GoldLine, ModelOptions
from ..errors import InputError
from ..evaluation.comparison import compare_items
from ..evaluation.evaluator import items_of_results
from ..evaluation.items import proportion_of
from ..evaluation.statistics import Proportion
from ..gold.faults import require_gold_fits
from ..gold.file import GoldFile
from ..gold.source import GoldSource
from ..runs import Progress, RunFolder
from ..tasks import Task, task_from
from .contender_runs import ContenderRuns, sources_of

__all__ = ["Forgotten", "OtherTask", "forgotten", "labelled_documents"]

MOST = 50  # documents of each other task


@dataclass(frozen=True)
class OtherTask:
    """Another task that the weights should still do: a run of it, for task and documents, and its gold."""

    run: Path
    gold: Path


@dataclass(frozen=True)
class Forgotten:
    """The share right of another task before and after, and the difference (after less before) with its interval."""

    task: str
    documents: int
    before: Proportion
    after: Proportion
    change: tuple[float, float, float]

    @property
    def sentence(self) -> str:
        """What is shown, for people."""
        middle, low, high = (100 * each for each in self.change)
        shown = f"{middle:+.1f} points [{low:+.1f}, {high:+.1f}] on {self.task} ({self.documents} documents)"
        if high < 0:
            return f"Forgot: {shown}."
        return f"Better at another task too: {shown}." if low > 0 else f"Nothing is shown to be forgotten: {shown}."

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "task": self.task, "documents": self.documents, "before": self.before.as_json(),
            "after": self.after.as_json(), "change": list(self.change),
        }  # fmt: skip


def forgotten(
    others: Sequence[OtherTask], base: ModelOptions, tuned: ModelOptions, out: Path, hooks: Any
) -> list[Forgotten]:
    """Answer up to fifty documents of every other task with both weights. Raises InputError for gold that is unfit."""
    return [_forgotten(other, base, tuned, out / f"other-{number}", hooks) for number, other in enumerate(others, 1)]


def labelled_documents(other: OtherTask) -> tuple[Task, dict[str, GoldLine]]:
    """The task, and the gold of up to fifty of its documents. Raises InputError for gold that is unfit, or RunError."""
    folder = RunFolder.open(other.run)
    task = task_from(folder.read_facts().task)
    lines = GoldFile(other.gold).latest()
    require_gold_fits(task, lines, other.gold)
    answered = sorted({result.document.id for result in folder.latest()} & set(lines))
    if not answered:
        raise InputError(f"{other.gold} has no gold for a document of {other.run}.", "Give a run and its own gold.")
    return task, {name: lines[name] for name in random.Random(0).sample(answered, min(MOST, len(answered)))}


def _forgotten(other: OtherTask, base: ModelOptions, tuned: ModelOptions, out: Path, hooks: Any) -> Forgotten:
    task, lines = labelled_documents(other)
    chosen = set(lines)

    def event(name: str, documents: int, progress: Progress) -> None:
        hooks.on_event(f"{task.name}: {name}", documents, progress)

    runs = ContenderRuns(task, sources_of(GoldSource(other.run)), out, hooks.say, event)
    items = {}
    for name, options in (("tuned", tuned), ("base", base)):
        results = {one.document.id: one for one in runs.answer(name, options, chosen).latest()}
        items[name] = items_of_results(task, results, {i: lines[i] for i in sorted(chosen)}, {})
    paired = compare_items(items)[0]
    shares = {name: proportion_of(each) for name, each in items.items()}
    change = (round(paired.difference, 6), round(paired.interval[0], 6), round(paired.interval[1], 6))
    return Forgotten(task.name, len(chosen), shares["base"], shares["tuned"], change)
