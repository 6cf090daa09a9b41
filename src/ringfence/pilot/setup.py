"""Read a pilot folder: pilot.yaml, the task, and the labelled texts that the task takes its examples from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..contracts import CorpusChoice
from ..documents import ReadingOptions
from ..errors import InputError
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

    @property
    def corpus(self) -> CorpusChoice | None:
        """The corpus that questions are put to; a path in pilot.yaml is relative to the folder."""
        chosen = self.spec.corpus
        if chosen is None or "/" not in chosen.name:
            return chosen
        return chosen.model_copy(update={"name": str((self.folder / Path(chosen.name).expanduser()).absolute())})

    def reading(self, options: ReadingOptions) -> ReadingOptions:
        """How the documents are read: a question stands in the field ``question`` of its line, other texts in text."""
        field = self.spec.text_field or ("question" if self.task.asks_corpus else options.text_field)
        return replace(options, text_field=field)

    def task_of(self, contender: Contender) -> Task:
        """The task as a contender words it. Raises InputError if its fields or labels differ from the pilot's."""
        asked = load_task(self.folder / contender.task) if contender.task else self.task
        if not self.task.asks_as(asked):
            raise InputError(
                f"The task of contender {contender.name} asks for other fields or labels than the pilot's.",
                "A contender may word the task differently, but must ask for the same values.",
            )
        return asked


def load_setup(folder: Path) -> PilotSetup:
    """Read a pilot folder. Raises InputError or TaskError with what is wrong in its files."""
    spec = load_pilot(folder)
    task = load_task(folder / spec.task)
    if task.asks_corpus and spec.corpus is None:
        raise InputError(
            f"The task {task.name} answers questions from a corpus, and pilot.yaml names none.",
            "Add its name: a line such as  corpus: manuals",
        )
    if spec.corpus is not None and not task.asks_corpus:
        raise InputError(
            f"pilot.yaml names a corpus, but the task {task.name} reads none.", "Omit it, or use the kind answer."
        )
    return PilotSetup(folder, spec, task, read_examples(folder / spec.pool, task) if spec.pool else [])
