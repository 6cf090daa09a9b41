"""Read a pilot folder: pilot.yaml, the task, and the labelled texts that the task takes its examples from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..evaluation.evaluator import same_answers
from ..inference.example_pool import read_examples
from ..tasks import Example, Task, load_task
from .spec import Contender, PilotSpec, load_pilot

__all__ = ["PilotSetup", "load_setup"]


@dataclass(frozen=True)
class PilotSetup:
    """A pilot folder: its spec, its task, and the pool of labelled texts (empty if it has none)."""

    folder: Path
    spec: PilotSpec
    task: Task
    pool: Sequence[Example] = ()

    @property
    def runs(self) -> Path:
        """The folder that holds a run for each contender and baseline."""
        return self.folder / "runs"

    def task_of(self, contender: Contender) -> Task:
        """The task as a contender words it. Raises InputError if its fields or labels differ from the pilot's."""
        asked = load_task(self.folder / contender.task) if contender.task else self.task
        if not same_answers(self.task, asked):
            raise InputError(
                f"The task of contender {contender.name} asks for other fields or labels than the pilot's.",
                "A contender may word the task differently, but must ask for the same values.",
            )
        return asked


def load_setup(folder: Path) -> PilotSetup:
    """Read a pilot folder. Raises InputError or TaskError with what is wrong in its files."""
    spec = load_pilot(folder)
    task = load_task(folder / spec.task)
    return PilotSetup(folder, spec, task, read_examples(folder / spec.pool, task) if spec.pool else [])
