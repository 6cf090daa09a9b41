"""The protocol of a task executor, which answers documents for one kind of task, and how to find one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from ..documents import Document
from ..engines import Engine
from ..tasks import Task, kind_of
from .alternatives import AlternativesOption
from .corpus_reader import CorpusReader
from .example_pool import ExamplePool
from .job import Job, WindowKeeper
from .prompts import Windowing, WindowSelector
from .ranker import Ranking
from .sentence_choice import SentenceChoice

__all__ = ["ExecutorSetup", "TaskExecutor", "executor_for"]


@dataclass(frozen=True)
class ExecutorSetup:
    """How documents are answered.

    The size of windows, the selector of windows to read, the pool of labelled texts for examples, which values are
    weighed against others, the ranker of an extract task, the corpus of an answer task, and what chooses the likely
    sentences of an extract task. With ``cascade``, a document of which the ranker is sure is answered without the
    language model.
    """

    windowing: Windowing = field(default_factory=Windowing)
    select_windows: WindowSelector | None = None
    pool: ExamplePool | None = None
    alternatives: AlternativesOption = "off"
    ranker: Ranking | None = None
    cascade: bool = False
    corpus: CorpusReader | None = None
    choose_sentences: SentenceChoice | None = None


class TaskExecutor(Protocol):
    """Answers documents for one task on one engine. Constructed as ``Executor(task, engine, setup)``."""

    def job(self, document: Document, keeper: WindowKeeper) -> Job:
        """Return the job for one document. Raises ValueError with the reason if the document cannot be prepared."""
        ...

    def prompt_tokens(self, document: Document) -> int:
        """Return about how many tokens the engine reads for a document, with ``shared_tokens`` in each prompt."""
        ...

    def shared_tokens(self) -> int:
        """Return about how many tokens all prompts have in common; a prefix cache reads them only once."""
        ...

    @staticmethod
    def before_model(task: Any, document: Document) -> dict[str, Any]:
        """Return what task and document determine without an engine, such as the prompt, as plain data.

        A kind may lack it: its documents are then explained with a model only.
        """
        ...

    def explain(self, document: Document, window: int) -> tuple[dict[str, Any], Job, int]:
        """Return what is known before the first request (as plain data), a job, and the number of windows.

        The job covers this window of the document, or all of it for a kind without windows. Raises ValueError if there
        is no such window.
        """
        ...


def executor_for(task: Task, engine: Engine, setup: ExecutorSetup) -> TaskExecutor:
    """Return the executor of a task. Raises EngineError if the engine cannot run the task."""
    executor: TaskExecutor = kind_of(task.kind).load_executor()(task, engine, setup)
    return executor
