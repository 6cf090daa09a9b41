"""Check results of classify tasks: the scores, and the label that they support."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ..contracts import Result
from ..documents import Document
from .kind import Fault, KindChecker

__all__ = ["CHECKER", "columns", "faults_of_result"]


def columns(task: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The label, or the labels."""
    options = [*task["labels"], *(["other"] if task["other"] else [])]
    kind, name = ("choices", "labels") if task["several"] else ("choice", "label")
    return {name: {"kind": kind, "options": options, "required": True}}


def faults_of_result(result: Result, task: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    """Scores that are not those of the task's labels, do not sum to one, or do not support the label."""
    ((name, spec),) = columns(task).items()
    scores = result.scores or {}
    if set(scores) != set(spec["options"]):
        yield None, "its scores are not those of the task's labels"
        return
    if not all(0 <= score <= 1 for score in scores.values()) or not math.isclose(sum(scores.values()), 1, abs_tol=1e-4):
        yield None, "its scores do not sum to one"
        return
    best = max(scores.values())
    if result.status == "abstained":
        limit = task["abstain_below"]
        if limit is None or best > limit + 1e-6:
            yield None, "it abstained, but no rule of the task asks for it"
        return
    value = result.value(name)
    first = value[0] if task["several"] else value
    if scores[first] < best - 1e-6:
        yield None, "the label is not the one with the best score"


CHECKER = KindChecker(columns, faults_of_result, scored=True)
