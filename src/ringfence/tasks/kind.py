"""The door for kinds of task: one package each, one registration in the entry point group ``ringfence.task_kinds``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from ..errors import TaskError
from ..plugins import load_plugin, load_plugins, plugin_names, resolve
from .task import Task

__all__ = ["TaskKind", "kind_of", "task_kinds"]


@dataclass(frozen=True)
class TaskKind:
    """All that Ringfence needs to know about a kind of task.

    ``task`` is the model of its task files, whose field ``kind`` is a literal with the kind's name. The other parts
    belong to layers above; each is ``package.module:name`` and imported when it is needed:

    - ``executor``: a ``ringfence.inference.TaskExecutor``, which answers documents;
    - ``checker``: ``faults(result, task, document)``, what is wrong with a stored result beyond its single values;
    - ``baselines``: functions of pilots that answer without a language model.
    """

    task: type[Task]
    executor: str
    checker: str | None = None
    baselines: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The word in the task file."""
        return str(get_args(self.task.model_fields["kind"].annotation)[0])

    def load_executor(self) -> Any:
        """The class of the executor."""
        return resolve(self.executor)

    def load_baselines(self) -> list[Any]:
        """The baselines' functions, in order."""
        return [resolve(reference) for reference in self.baselines]


def task_kinds() -> dict[str, TaskKind]:
    """Every installed kind by name."""
    return load_plugins("task_kinds")


def kind_of(name: object) -> TaskKind:
    """The kind of this name. Raises TaskError for one that is not installed."""
    kind = load_plugin("task_kinds", name) if isinstance(name, str) else None
    if not isinstance(kind, TaskKind):
        known = ", ".join(plugin_names("task_kinds"))
        raise TaskError([f"kind: {name!r} is unknown; installed kinds: {known}"], "The task")
    return kind
