"""Runs of a proof: contenders answer given documents, each into a run folder that goes on where it was stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import time_ns

from ..contracts import MadeWith, ModelOptions
from ..documents import Source, expand_inputs
from ..errors import OtherLockError
from ..gold.source import GoldSource
from ..inference import Answerer, AnswerOptions, load_model
from ..runs import Progress, RunFolder
from ..runs.runner import RunControl, RunHooks, run_task
from ..runs.source_documents import sources_of as sources_of_results
from ..tasks import Task

__all__ = ["ContenderRuns", "pace_of", "sources_of"]


@dataclass
class ContenderRuns:
    """Answers documents of ``sources`` for ``task`` into folders below ``out``; ``sizes`` are the bytes of weights.

    ``other`` is the same folder of another training on the same gold: a run there that would come out the same is
    copied. Those of ``own`` contenders are of other weights.
    """

    task: Task
    sources: list[Source]
    out: Path
    say: Callable[[str], None]
    on_event: Callable[[str, int, Progress], None]
    sizes: dict[str, int] = field(default_factory=dict)
    other: Path | None = None
    own: Collection[str] = ()

    def answer(
        self, name: str, model_options: ModelOptions, documents: set[str], options: AnswerOptions | None = None
    ) -> RunFolder:
        """Answer ``documents`` with a contender; what its folder has already is kept. Raises RunError, EngineError."""
        folder = self.out / name.replace(" ", "").replace("/", "-")
        copied = name not in self.own and self._copied(folder)
        self.say(f"Answering: {name}{', from the other proof' if copied else ''}")
        try:
            self._run(name, folder, model_options, documents, options or AnswerOptions())
        except OtherLockError:
            self.say(f"The earlier answers of {name} were given otherwise, so it is asked again.")
            if copied:
                shutil.rmtree(folder)
            else:
                folder.rename(folder.with_name(f"{folder.name}.before-{time_ns()}"))
            self._run(name, folder, model_options, documents, options or AnswerOptions())
        return RunFolder.open(folder)

    def _copied(self, folder: Path) -> bool:
        """Copy the run of the other proof, unless there is one already."""
        other = self.other / folder.name if self.other else None
        if other is None or folder.exists() or not (other / "run.json").exists():
            return False
        half = folder.with_name(f".{folder.name}.copy")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(other, half)
        half.rename(folder)
        return True

    def _run(
        self, name: str, folder: Path, model_options: ModelOptions, documents: set[str], options: AnswerOptions
    ) -> None:
        with closing(load_model(model_options)) as model:
            if model.weights:
                self.sizes[name] = model.weights.size
            run_task(
                Answerer(model, self.task, options),
                self.sources,
                folder,
                RunControl(resume=True, only=documents),
                RunHooks(lambda progress: self.on_event(name, len(documents), progress)),
                MadeWith(model=model_options, resume=True, made_by="tune"),
            )


def pace_of(folder: RunFolder) -> float | None:
    """Documents a minute over all sessions of a run, reading included and loading not; None if none was answered."""
    sessions = [one for one in folder.read_facts().sessions if one.ended_at and one.documents]
    seconds = sum(
        (datetime.fromisoformat(str(one.ended_at)) - datetime.fromisoformat(one.started_at)).total_seconds()
        for one in sessions
    )
    return round(60 * sum(one.documents or 0 for one in sessions) / seconds, 1) if seconds > 0 else None


def sources_of(source: GoldSource) -> list[Source]:
    """The files behind gold: the inputs, or those that a run read."""
    if source.inputs:
        return expand_inputs(source.inputs)
    assert source.run
    folder = RunFolder.open(source.run)
    return sources_of_results(folder.latest(), folder.base())
