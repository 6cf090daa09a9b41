"""Summarise: sentences with the places of the document that they rest on."""

from ..kind import TaskKind
from .task import SummariseTask

__all__ = ["KIND", "SummariseTask"]

KIND = TaskKind(
    SummariseTask,
    executor="ringfence.inference.summarise:SummariseExecutor",
    checker="ringfence.checker.summarise:CHECKER",
    baselines=(),
)
