"""Summarise: sentences with the passages of the document that support them."""

from ..kind import TaskKind
from .task import SummariseTask

__all__ = ["KIND", "SummariseTask"]

KIND = TaskKind(
    SummariseTask,
    executor="ringfence.inference.summarise:SummariseExecutor",
    checker="ringfence.checker.summarise:CHECKER",
    baselines=(),
)
