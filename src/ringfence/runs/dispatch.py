"""Which code does the work of which kind of task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from ..documents import Document
from ..engines import Engine
from ..tasks import ClassifyTask, ExtractTask, Task
from .asking import Chooser, Windowing
from .classifying import Classifying
from .examples import ExamplePool
from .extracting import Extracting
from .folder import RunFolder
from .jobs import Job, Told
from .summarising import Summarising

__all__ = ["Doing", "work_for"]


class Doing(Protocol):
    """The work of one task over a run."""

    def ask(self, requests: Iterator[Any]) -> Iterator[Told]:
        """Hand requests to the part of the engine that this kind of task needs."""
        ...

    def job(self, document: Document, folder: RunFolder) -> Job:
        """One document's job. Raises ValueError with a sentence where it cannot be begun."""
        ...


def work_for(
    task: Task, engine: Engine, windowing: Windowing, choose: Chooser | None, pool: ExamplePool | None
) -> Doing:
    """The work of ``task``. Raises EngineError where the engine cannot do it."""
    if isinstance(task, ExtractTask):
        return Extracting(task, engine, windowing, choose)
    if isinstance(task, ClassifyTask):
        return Classifying(task, engine, windowing, pool)
    return Summarising(task, engine, windowing, choose)
