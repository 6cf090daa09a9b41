"""The interface of metrics: figures over a whole run, registered as entry points in ``ringfence.metrics``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..contracts import GoldLine, Result
from ..plugins import load_plugins
from ..tasks import Task
from .items import Item

__all__ = ["Evaluated", "Metric", "as_plain", "compute_metrics"]


@dataclass(frozen=True)
class Evaluated:
    """A run with its gold: the input of every metric.

    ``results`` and ``gold`` are keyed by document, as is ``families``, the family of near-duplicates that a document
    belongs to (a document that is not listed is a family of its own). ``items`` are the compared values.
    """

    task: Task
    results: Mapping[str, Result]
    gold: Mapping[str, GoldLine]
    families: Mapping[str, str]
    items: Sequence[Item]


class Metric(Protocol):
    """Figures over a run: one object with a name, registered as an entry point."""

    @property
    def name(self) -> str:
        """The name under which the evaluation and its JSON hold the figures."""
        ...

    def applies_to(self, task: Task) -> bool:
        """Whether the metric makes sense for this task."""
        ...

    def compute(self, evaluated: Evaluated) -> Any:
        """Plain JSON data, or an object whose ``as_json()`` gives it; None if there is nothing to show."""
        ...


def compute_metrics(evaluated: Evaluated) -> dict[str, Any]:
    """The outcome of every installed metric that applies to the task, by name."""
    installed: dict[str, Metric] = load_plugins("metrics")
    outcomes = {
        metric.name: metric.compute(evaluated) for metric in installed.values() if metric.applies_to(evaluated.task)
    }
    return {name: outcome for name, outcome in outcomes.items() if outcome is not None}


def as_plain(outcome: Any) -> Any:
    """A metric's outcome as plain data."""
    return outcome.as_json() if hasattr(outcome, "as_json") else outcome
