"""Classify: one label or several of a closed list, with a score for every label."""

from ..kind import TaskKind
from .task import ClassifyTask

__all__ = ["KIND", "ClassifyTask"]

KIND = TaskKind(
    ClassifyTask,
    executor="ringfence.inference.classify:ClassifyExecutor",
    checker="ringfence.checker.classify:CHECKER",
    baselines=("ringfence.pilot.baselines:majority_label", "ringfence.pilot.baselines:embedding_classifier"),
    training="ringfence.tuning.classify_examples:training_examples",
)
