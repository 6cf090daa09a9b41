"""What a kind of task brings to answer documents: its executor, found through the kind's one registration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from ..documents import Document
from ..engines import Engine, EngineRequest
from ..tasks import Task, kind_of
from .example_pool import ExamplePool
from .job import Job, WindowKeeper
from .prompts import Windowing, WindowSelector

__all__ = ["ExecutorSetup", "TaskExecutor", "executor_for"]


@dataclass(frozen=True)
class ExecutorSetup:
    """How long documents are cut, which of their windows are read, and the labelled texts that examples come from."""

    windowing: Windowing = field(default_factory=Windowing)
    select_windows: WindowSelector | None = None
    pool: ExamplePool | None = None


class TaskExecutor(Protocol):
    """Answers documents for one task on one engine. Constructed as ``Executor(task, engine, setup)``."""

    def job(self, document: Document, keeper: WindowKeeper) -> Job:
        """The work on one document. Raises ValueError with a sentence if it cannot begin."""
        ...

    def warm_up(self) -> EngineRequest | None:
        """A request with the task's empty prompt: it loads the weights and fills the prefix cache. None if useless."""
        ...

    def prompt_tokens(self, document: Document) -> int:
        """About how many tokens the engine reads for a document."""
        ...

    def explain(self, document: Document, window: int) -> tuple[dict[str, Any], Job, int]:
        """What document and task fix before the model is asked (as plain data), a job for this window of the document (of
        all of it, where the kind has no windows), and how many windows there are. Raises ValueError for another window.
        """
        ...


def executor_for(task: Task, engine: Engine, setup: ExecutorSetup) -> TaskExecutor:
    """The executor of a task. Raises EngineError if the engine cannot do the work."""
    executor: TaskExecutor = kind_of(task.kind).load_executor()(task, engine, setup)
    return executor
