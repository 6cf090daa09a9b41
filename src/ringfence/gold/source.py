"""Where the task and the documents behind gold come from: a run, or a task and inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..documents import Document, ReadingOptions, expand_inputs, read_ahead
from ..errors import InputError
from ..runs import RunFolder
from ..runs.source_documents import reread
from ..tasks import Task, load_task, task_from

__all__ = ["GoldSource", "OnProgress", "reread_documents"]

OnProgress = Callable[[int, int], None]
"""Receives how many documents have been read, and how many there are to read."""


def _ignore(done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class GoldSource:
    """A run (its task and documents), or a task and ``inputs`` (files, folders or globs).

    ``task`` takes precedence over the task of the run; ``on_progress`` follows the reading of documents.
    """

    run: Path | None = None
    task: str | Path | dict[str, Any] | Task | None = None
    inputs: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()
    on_progress: OnProgress = _ignore

    @property
    def has_documents(self) -> bool:
        """Whether it names documents."""
        return bool(self.run or self.inputs)

    @property
    def paths(self) -> list[Path]:
        """The files that ``inputs`` and ``task`` name."""
        task = [Path(self.task)] if isinstance(self.task, str | Path) else []
        return [*task, *(source.path for source in expand_inputs(self.inputs) if self.inputs)]

    def load_task(self) -> Task:
        """The task that the gold answers. Raises InputError if neither a run nor a task is given."""
        if self.task is not None:
            return load_task(self.task)
        if self.run:
            return task_from(RunFolder.open(self.run).read_facts().task)
        raise InputError("Cannot tell which task this gold belongs to.", "Give --run RUN or --task TASK.yaml.")

    def read_documents(self, wanted: Collection[str]) -> dict[str, Document]:
        """The documents with these ids that can be read, by id; empty without a run and inputs."""
        if self.run:
            return reread_documents(RunFolder.open(self.run), wanted, self.passwords, self.on_progress)
        found: dict[str, Document] = {}
        if self.inputs:
            for _, outcomes in read_ahead(iter(expand_inputs(self.inputs)), ReadingOptions(self.passwords)):
                found |= {one.id: one for one in outcomes if isinstance(one, Document) and one.id in wanted}
                self.on_progress(len(found), len(wanted))
        return found


def reread_documents(
    folder: RunFolder, wanted: Collection[str], passwords: tuple[str, ...] = (), on_progress: OnProgress = _ignore
) -> dict[str, Document]:
    """Read the wanted documents of a run again; missing, changed and unreadable documents are left out."""
    found: dict[str, Document] = {}
    for document in reread(folder, wanted, passwords):
        found[document.id] = document
        on_progress(len(found), len(wanted))
    return found
