"""Tuned weights first, larger ones where the tuned are unsure: worked out from the runs of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contracts import Result
from ..evaluation.items import Item
from ..labels.doubts import UNANSWERED, DoubtReader
from ..tasks import Task
from .contender import Contender, contender_of

__all__ = ["Cascade", "Side", "by_document", "cascade_of", "threshold"]


@dataclass(frozen=True)
class Side:
    """One side of a cascade: its results and items by document, its pace in documents a minute, its bytes."""

    name: str
    results: Mapping[str, Result]
    items: Mapping[str, Sequence[Item]]
    pace: float | None
    size: int | None

    def minutes(self, documents: Sequence[str]) -> float | None:
        """The time of ``documents``: the run's whole time, shared out by the engine seconds of each document."""
        if not self.pace:
            return None
        seconds = {name: result.usage.seconds if result.usage else 0.0 for name, result in self.results.items()}
        whole, total = len(self.results) / self.pace, sum(seconds.values())
        if not total:
            return len(documents) / self.pace
        return whole * sum(seconds.get(name, 0.0) for name in documents) / total

    def right(self, documents: Sequence[str]) -> dict[str, int]:
        """The number of right values of each document."""
        return {name: sum(item.right for item in self.items.get(name, ())) for name in documents}


@dataclass(frozen=True)
class Cascade:
    """The cascade as a contender. Documents with more doubt than ``above`` go to the larger weights.

    ``above`` was chosen on the dev part; ``sent`` of the test part's ``documents`` go on.
    """

    contender: Contender
    above: float
    sent: int
    documents: int

    @property
    def sentence(self) -> str:
        """What was done, for people."""
        name = f"{self.contender.name[:1].upper()}{self.contender.name[1:]}"
        if not self.sent:
            return f"{name}: nothing is passed on, since on the dev part that made no answer better."
        return (
            f"{name}: {self.sent} of {self.documents} documents are passed on, those with more doubt than "
            f"{self.above:g}, as the dev part chose. Worked out from both runs; "
            f"`ringfence run --left-by RUN --doubt {self.above:g}` does it."
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**self.contender.as_json(), "doubt_above": self.above, "sent": self.sent}


def by_document(items: Sequence[Item]) -> dict[str, list[Item]]:
    """The items of each document."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.document, []).append(item)
    return found


def cascade_of(task: Task, tuned: Side, larger: Side, dev: Sequence[str], test: Sequence[str]) -> Cascade:
    """Work out the cascade: the dev part chooses how much doubt is passed on, the test part says what that brings."""
    reader = DoubtReader(task)
    doubts = dict.fromkeys((*dev, *test), UNANSWERED) | {
        name: reader.about(result) for name, result in tuned.results.items()
    }
    above = threshold(tuned.right(dev), larger.right(dev), {name: doubts[name] for name in dev})
    sent = [name for name in test if doubts[name] > above]
    chosen = [item for name in test for item in (larger if name in sent else tuned).items.get(name, ())]
    name = f"{tuned.name}, then {larger.name}"
    items = {tuned.name: [item for one in test for item in tuned.items.get(one, ())], name: chosen}
    times = tuned.minutes(test), larger.minutes(sent)
    minutes = None if None in times else sum(time for time in times if time)
    size = None if tuned.size is None or larger.size is None else tuned.size + larger.size
    pace = round(len(test) / minutes, 1) if minutes else None
    return Cascade(contender_of(name, items, pace, size, tuned.name), above, len(sent), len(test))


def threshold(tuned: Mapping[str, int], larger: Mapping[str, int], doubts: Mapping[str, float]) -> float:
    """The doubt with the most right values when the larger side answers all above it; of equal ones the highest.

    0 passes everything on, for no answer is without doubt.

    ``tuned`` and ``larger`` are the numbers of right values by document.
    """

    def right(above: float) -> int:
        return sum((larger if doubt > above else tuned)[name] for name, doubt in doubts.items())

    return max(sorted({1.0, 0.0, *(min(doubt, 1.0) for doubt in doubts.values())}, reverse=True), key=right)
