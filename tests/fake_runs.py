"""Runs on engines that a test makes itself, and their results as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ringfence.contracts import MadeWith, ModelOptions, Result
from ringfence.documents import ReadingOptions, Source
from ringfence.engines import Engine
from ringfence.inference import Answerer, AnswerOptions, ExamplePool, ExecutorSetup, LoadedModel, Windowing
from ringfence.locks import Lock
from ringfence.runs import Progress, RunControl, RunFolder, RunHooks, RunSummary, run_task
from ringfence.tasks import Task

__all__ = ["answerer_on", "latest", "lines", "opens_engine", "run", "run_fake"]


def answerer_on(
    engine: Engine,
    task: Task,
    *,
    lock: Lock | None = None,
    options: ReadingOptions | None = None,
    windowing: Windowing | None = None,
    choose: Any = None,
    pool: ExamplePool | None = None,
) -> Answerer:
    """The task on an engine, under ``lock`` or its own; ``choose`` and ``pool`` stand for what an embedder gives."""
    windowing = windowing or Windowing()
    answerer = Answerer(LoadedModel(engine, None, None), task, AnswerOptions(options or ReadingOptions()))
    answerer.setup = ExecutorSetup(windowing, choose, pool, answerer.weighed)
    if lock:
        answerer.lock = lock
    return answerer


def run(
    task: Task,
    sources: Iterable[Source],
    engine: Engine,
    lock: Lock | None,
    out: Path,
    *,
    resume: bool = False,
    limit: int | None = None,
    arguments: dict[str, Any] | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    record: Callable[[Result], None] | None = None,
    **setup: Any,
) -> RunSummary:
    """Run a task on an engine; ``setup`` is that of ``answerer_on``, ``arguments`` are options of a model."""
    made_with = MadeWith(model=ModelOptions(**arguments)) if arguments is not None else None
    answerer = answerer_on(engine, task, lock=lock, **setup)
    control = RunControl(resume=resume, limit=limit)
    return run_task(answerer, sources, out, control, RunHooks(on_progress, record), made_with)


def run_fake(
    task: Task, sources: Iterable[Source], engine: Engine, out: Path, *, resume: bool = False, **lock_parts: Any
) -> RunSummary:
    """Answer documents into a run folder; ``lock_parts`` make the lock another one."""
    lock = Answerer(LoadedModel(engine, None, None), task).lock.but(**lock_parts)
    return run(task, sources, engine, lock, out, resume=resume)


def latest(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """The results that count, as plain data."""
    return (result.as_json() for result in folder.latest())


def lines(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """Every result of the journal, as plain data."""
    return (result.as_json() for result in folder.lines())


def opens_engine(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    """Let replays open this engine, whatever their run ran on."""
    model = LoadedModel(engine, None, None)
    monkeypatch.setattr(engine, "close", lambda: None)  # a run of several sessions opens it again for each
    monkeypatch.setattr("ringfence.replay.replayer.load_model", lambda options, **_: model)
