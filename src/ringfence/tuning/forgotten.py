"""What tuned weights forgot: other tasks with gold, answered by the base and by the tuned weights."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contracts import GoldLine, ModelOptions
from ..documents import Document
from ..errors import InputError
from ..evaluation.comparison import compare_items
from ..evaluation.evaluator import items_of_results
from ..evaluation.items import proportion_of
from ..evaluation.statistics import Proportion
from ..gold.agreement import Compare
from ..gold.faults import require_gold_fits
from ..gold.file import GoldFile
from ..gold.near_duplicates import families_of, near_duplicates, twins_of
from ..gold.source import GoldSource
from ..gold.split import SplitFile
from ..runs import Progress, RunFolder
from ..tasks import Task, task_from
from .contender_runs import ContenderRuns, sources_of

__all__ = ["Forgotten", "OtherDocuments", "OtherTask", "forgotten", "labelled_documents"]

MOST = 50  # documents of each other task


@dataclass(frozen=True)
class OtherTask:
    """Another task that the weights should still do: a run of it, for task and documents, and its gold."""

    run: Path
    gold: Path


@dataclass(frozen=True)
class OtherDocuments:
    """The documents of another task that are asked: their gold, and the family of each."""

    task: Task
    lines: Mapping[str, GoldLine]
    families: Mapping[str, str]


@dataclass(frozen=True)
class Forgotten:
    """The share right of another task before and after, and the difference (after less before) with its interval.

    ``shown`` tells whether the difference is more than chance, over the ``families`` of the documents.
    """

    task: str
    documents: int
    before: Proportion
    after: Proportion
    change: tuple[float, float, float]
    shown: bool = False
    families: int = 0

    @property
    def sentence(self) -> str:
        """What is shown, for people."""
        middle, low, high = (100 * each for each in self.change)
        shown = f"{middle:+.1f} points [{low:+.1f}, {high:+.1f}] on {self.task} ({self.documents} documents)"
        if not self.shown:
            return f"Nothing is shown to be forgotten: {shown}."
        return f"Forgot: {shown}." if high < 0 else f"Better at another task too: {shown}."

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "task": self.task, "documents": self.documents, "before": self.before.as_json(),
            "after": self.after.as_json(), "change": list(self.change), "shown": self.shown, "families": self.families,
        }  # fmt: skip


def forgotten(
    others: Sequence[OtherTask],
    trained: Mapping[str, Document],
    weights: Mapping[str, ModelOptions],
    out: Path,
    hooks: Any,
    compare: Compare = "words",
) -> list[Forgotten]:
    """Answer up to fifty documents of every other task with both ``weights``: the ``base`` and the ``tuned`` ones.

    Raises InputError for gold that is unfit.
    """
    found = []
    for number, other in enumerate(others, 1):
        asked = labelled_documents(other, trained)
        found.append(_forgotten(other, asked, weights, out / f"other-{number}", hooks, compare))
    return found


def labelled_documents(other: OtherTask, trained: Mapping[str, Document]) -> OtherDocuments:
    """Up to fifty documents of another task that can be read.

    Those that were trained on, near-duplicates of them, and the test part of the other gold stay out: a look at that
    is for a proof of its own. Raises InputError for gold that is unfit or if no document is left, or RunError.
    """
    folder = RunFolder.open(other.run)
    task = task_from(folder.read_facts().task)
    lines = GoldFile(other.gold).latest()
    require_gold_fits(task, lines, other.gold)
    split = SplitFile(other.gold).read()
    sealed = set(split.parts.get("test", ())) if split else set()
    known = {document.sha256 for document in trained.values()}
    documents = {
        name: one
        for name, one in GoldSource(other.run).read_documents(set(lines) - sealed).items()
        if one.sha256 not in known
    }
    texts = {name: one.text for name, one in documents.items()}
    twins = twins_of(texts, {name: one.text for name, one in trained.items()})
    left = sorted(set(documents) - set(twins))
    if not left:
        raise InputError(
            f"{other.gold} has no gold for a document of {other.run} that can be read, is not in its test part and was "
            "not trained on.",
            "Give a run and its own gold.",
        )
    chosen = random.Random(0).sample(left, min(MOST, len(left)))
    pairs = near_duplicates({name: texts[name] for name in chosen})
    families = families_of(chosen, pairs, split.families if split else {})
    return OtherDocuments(task, {name: lines[name] for name in chosen}, families)


def _forgotten(
    other: OtherTask, asked: OtherDocuments, weights: Mapping[str, ModelOptions], out: Path, hooks: Any,
    compare: Compare,
) -> Forgotten:  # fmt: skip
    task = asked.task

    def event(name: str, documents: int, progress: Progress) -> None:
        hooks.on_event(f"{task.name}: {name}", documents, progress)

    runs = ContenderRuns(task, sources_of(GoldSource(other.run)), out, hooks.say, event)
    items = {}
    for name in ("tuned", "base"):
        results = {one.document.id: one for one in runs.answer(name, weights[name], set(asked.lines)).latest()}
        lines = {name: asked.lines[name] for name in sorted(asked.lines)}
        items[name] = items_of_results(task, results, lines, asked.families, compare)
    paired = compare_items(items)[0]
    shares = {name: proportion_of(each) for name, each in items.items()}
    change = (round(paired.difference, 6), round(paired.interval[0], 6), round(paired.interval[1], 6))
    return Forgotten(
        task.name, len(asked.lines), shares["base"], shares["tuned"], change, paired.shown, paired.families
    )
