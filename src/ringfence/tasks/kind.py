"""Kinds of task: each is one package, registered in the entry point group ``ringfence.task_kinds``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from ..errors import TaskError
from ..plugins import load_plugin, load_plugins, plugin_names, resolve
from .task import Task

__all__ = ["TaskKind", "kind_of", "task_kinds"]


@dataclass(frozen=True)
class TaskKind:
    """Everything that Ringfence needs to support a kind of task.

    ``task`` is the model of its task files; its field ``kind`` is a literal with the name of the kind. The other parts
    belong to higher layers; each is a reference ``package.module:name``, imported on first use:

    - ``executor``: a ``ringfence.inference.TaskExecutor``, which answers documents;
    - ``checker``: ``faults(result, task, document)``, which returns faults of a stored result beyond its single values;
    - ``baselines``: functions that answer without a language model, for pilots;
    - ``training``: ``examples(task, document, gold, engine, windowing)``, the training examples of a labelled document.
    """

    task: type[Task]
    executor: str
    checker: str | None = None
    baselines: tuple[str, ...] = ()
    training: str | None = None

    @property
    def name(self) -> str:
        """The name of the kind, as in the task file."""
        return str(get_args(self.task.model_fields["kind"].annotation)[0])

    def load_executor(self) -> Any:
        """Import the executor class."""
        return resolve(self.executor)

    def load_baselines(self) -> list[Any]:
        """Import the baseline functions, in order."""
        return [resolve(reference) for reference in self.baselines]

    def load_training(self) -> Any:
        """Import the function that makes training examples."""
        assert self.training
        return resolve(self.training)


def task_kinds() -> dict[str, TaskKind]:
    """All installed kinds by name."""
    return load_plugins("task_kinds")


def kind_of(name: object) -> TaskKind:
    """The kind ``name``. Raises TaskError if it is not installed."""
    kind = load_plugin("task_kinds", name) if isinstance(name, str) else None
    if not isinstance(kind, TaskKind):
        known = ", ".join(plugin_names("task_kinds"))
        raise TaskError([f"kind: {name!r} is unknown; installed kinds: {known}"], "The task")
    return kind
