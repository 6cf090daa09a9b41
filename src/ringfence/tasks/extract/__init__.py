"""Extract: typed fields, records and lists, each value a span of the document or derived from one."""

from ..kind import TaskKind
from .task import ExtractTask

__all__ = ["KIND", "ExtractTask"]

KIND = TaskKind(
    ExtractTask,
    executor="ringfence.inference.extract_executor:ExtractExecutor",
    checker="ringfence.checker.extract:CHECKER",
    baselines=("ringfence.pilot.baselines:field_rules", "ringfence.pilot.ranker_baseline:ranker_alone"),
    training="ringfence.tuning.extract_examples:training_examples",
)
