"""A model that answers one document, a stream of documents, or a run into a folder."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from pydantic import BaseModel, ValidationError

from ..audit import audit_here, recorder
from ..contracts import MadeWith, ModelOptions, Result
from ..documents import (
    Document,
    ReadingOptions,
    Source,
    Unreadable,
    expand_inputs,
    read_ahead,
    read_documents,
    start_worker,
)
from ..errors import InputError
from ..inference import Answerer, AnswerOptions, LoadedModel, ResultStream, astream, load_embedder, load_model
from ..labels.left_over import LeftOver
from ..locks import Lock
from ..planning import Estimate, Forecast, recall_pace, recall_spread, remember_pace
from ..runs import Pace, Progress, RunControl, RunHooks, finished_in, run_task
from ..tasks import Task, load_task
from ..weights import Listener
from .lock import require_lock
from .run import Run

__all__ = ["Inputs", "Model", "RunDetails", "TaskLike", "open_model"]

TaskLike = Task | dict[str, Any] | type[BaseModel] | str | Path
"""A task, or anything that ``load_task`` accepts: a file, plain data or a pydantic model."""
Inputs = str | Path | Iterable[str | Path]
"""Files, folders and globs."""
PROVED_WRONG, BY_SECONDS = 1.25, 5.0  # an estimate that differs by this factor, and so many seconds, is told again
UNLIKE = 1.5  # earlier runs that differ by this factor in speed make an estimate that is told with the factor
ESTIMATED = 10  # a run over at least this many documents begins with an estimate


@dataclass(frozen=True)
class RunDetails:
    """Rarely needed options of a run.

    ``locked`` is a lock, or its file, that this machine must match. ``limit`` is the largest number of documents in
    this session. ``sources`` are the documents, if they are listed already, ``only`` the ids of those that are
    answered; ``left_by`` is what an earlier run leaves to this one, and names both. ``on_estimate`` receives an
    estimate of a long run: at the start, if runs of its kind were made on this machine, else when its first document
    has ended; and a new one when that has proved wrong by a quarter. ``on_duration`` receives the seconds that the
    whole run is expected to take, after each document. The rest is recorded in run.json: ``made_by``, and the files of
    the task, the pool and the calibrator.
    """

    locked: Path | Lock | None = None
    limit: int | None = None
    sources: Sequence[Source] | None = None
    made_by: str = ""
    on_estimate: Callable[[Estimate], None] | None = None
    on_duration: Callable[[float], None] = lambda seconds: None
    task_file: str | None = None
    pool: Path | None = None
    calibrator: Path | None = None
    only: Set[str] | None = None
    left_by: LeftOver | None = None


def open_model(
    weights: str = "demo",
    *,
    say: Callable[[str], None] = lambda sentence: None,
    listener: Listener | None = None,
    **options: Any,
) -> Model:
    """Load weights on an engine. Close the model when you are done, or use it in a ``with`` block.

    ``weights`` is a name or digest in the store, or a name in the catalog, which is pulled if it is not in the store.
    ``options`` are the fields of ``ModelOptions``: ``engine``, ``server``, ``model``, ``adapter``, ``mode``, ``cache``,
    ``in_flight``, ``threads``, ``prefix_cache``. ``say`` receives the chosen engine and the reason. Raises InputError,
    WeightsError or EngineError, each with a remedy.
    """
    start_worker()  # it starts while the model loads
    return Model(load_model(_model_options(weights, options), say, listener))


def _model_options(weights: str, options: dict[str, Any]) -> ModelOptions:
    try:
        return ModelOptions(weights=weights, **options)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        known = ", ".join(ModelOptions.model_fields)
        raise InputError(f"Invalid model options ({faults}).", f"The options are: {known}.") from None


class Model:
    """Weights loaded on an engine. Every method takes a task in any form that ``load_task`` accepts."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded
        self._last: tuple[tuple[Task, AnswerOptions], Answerer] | None = None
        self._preparing = threading.Lock()
        self._embedder: LoadedModel | None = None

    def __enter__(self) -> Model:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Model({self.name!r} on {self.loaded.engine.name}, {self.loaded.mode})"

    @property
    def name(self) -> str:
        """The name of the weights."""
        return self.loaded.name

    @property
    def options(self) -> ModelOptions | None:
        """The options that the model was opened with; None if they are not known."""
        return self.loaded.options

    def close(self) -> None:
        """Cancel pending requests, and free the weights."""
        self.loaded.close()
        if self._embedder:
            self._embedder.close()

    def answerer(self, task: TaskLike, options: AnswerOptions | None = None) -> Answerer:
        """Return the task on this model. The last answerer is kept: answering document by document prepares it once."""
        loaded_task, options = load_task(task), options or AnswerOptions()
        with self._preparing:  # two threads with two tasks must not get each other's
            if self._last is None or self._last[0] != (loaded_task, options):
                if self._embedder is None and options.embeds_for(loaded_task):
                    self._embedder = load_embedder()
                answerer = Answerer(self.loaded, loaded_task, options, self._embedder)
                self._last = ((loaded_task, options), answerer)
            return self._last[1]

    def lock(self, task: TaskLike, options: AnswerOptions | None = None) -> Lock:
        """Return the lock: everything that determines this model's answers to the task."""
        return self.answerer(task, options).lock

    def answer(self, task: TaskLike, document: str | Path | Document, options: AnswerOptions | None = None) -> Result:
        """Answer one document, without writing to disk.

        A document that cannot be read or answered gives a failed result with the reason. Raises InputError if the path
        contains no document, or several.
        """
        answerer = self.answerer(task, options)
        read = document if isinstance(document, Document) else _only_document(Path(document), answerer.options.reading)
        return answerer.answer(read).result

    def stream(self, task: TaskLike, documents: Inputs, options: AnswerOptions | None = None) -> ResultStream:
        """Answer many documents, and yield results as they finish, out of order.

        The number of documents in progress is bounded. Close the stream, or leave its ``with`` block, to cancel the
        rest.
        """
        answerer = self.answerer(task, options)
        return ResultStream(answerer, _outcomes(documents, answerer.options.reading))

    def astream(self, task: TaskLike, documents: Inputs, options: AnswerOptions | None = None) -> AsyncIterator[Result]:
        """Answer many documents in async code: ``async for result in model.astream(task, paths)``."""
        answerer = self.answerer(task, options)
        return astream(answerer, _outcomes(documents, answerer.options.reading))

    def run(
        self,
        task: TaskLike,
        inputs: Inputs,
        out: str | Path,
        *,
        resume: bool = False,
        options: AnswerOptions | None = None,
        on_event: Callable[[Progress], None] = lambda progress: None,
        details: RunDetails | None = None,
    ) -> Run:
        """Answer every document into a folder that can be resumed, checked, compared and replayed.

        ``resume`` continues the run in ``out``, if there is one. ``on_event`` receives the progress after each
        document. If there is an audit log, it records every result. Raises RunError if the folder cannot be used. An
        interruption (KeyboardInterrupt) leaves a folder that can be resumed.
        """
        details = details or RunDetails()
        if isinstance(details.locked, Lock):  # before the calibrator's own lock is compared, which names no difference
            require_lock(details.locked.but(calibrator=None), self.lock(task, _undecided(options)))
        answerer = self.answerer(task, options)
        if details.locked:
            require_lock(details.locked, answerer.lock)
        listed = _listed(inputs)  # once: it may be a generator
        if details.left_by:
            details = replace(details, sources=details.left_by.sources, only=details.left_by.documents)
        sources = details.sources if details.sources is not None else expand_inputs(listed)
        audit = audit_here()

        forecasts = _Forecasts(answerer, sources, details, finished_in(Path(out)) if resume else frozenset())
        made_with = MadeWith(
            model=self.options,
            task_file=details.task_file or (str(task) if isinstance(task, str | Path) else None),
            pool=str(details.pool) if details.pool else None,
            calibrator=str(details.calibrator) if details.calibrator else None,
            inputs=[str(path) for path in listed],
            limit=details.limit,
            resume=resume,
            corpus=answerer.options.corpus.choice if answerer.options.corpus else None,
            left_by=str(details.left_by.run) if details.left_by else None,
            made_by=details.made_by,
        )
        hooks = RunHooks(on_event, recorder(audit, str(out)) if audit else None, forecasts.at)
        control = RunControl(resume=resume, limit=details.limit, only=details.only)
        if answerer.options.corpus:  # before the first answer, so that no answer escapes an erasure
            answerer.options.corpus.note_run(Path(out))
        forecasts.begin()
        summary = run_task(answerer, sources, Path(out), control, hooks, made_with)
        forecasts.end()
        return Run(Path(out), summary)


class _Forecasts:
    """Tells the estimate of a long run, and a new one when the last has proved wrong."""

    def __init__(self, answerer: Answerer, sources: Sequence[Source], details: RunDetails, kept: Set[str]) -> None:
        self._answerer, self._sources, self._limit, self._kept = answerer, sources, details.limit, kept
        left = sum(source.id not in kept for source in sources)
        self._tell = details.on_estimate if left >= ESTIMATED else None
        self._show = details.on_duration
        self._forecast: Forecast | None = None
        self._told: float | None = None
        self._last: Pace | None = None
        self._ended = 0

    def begin(self) -> None:
        """Tell what earlier runs of this kind lead to expect; nothing, if there were none."""
        if self._tell and (pace := recall_pace(self._answerer)):
            spread = recall_spread(self._answerer)
            differ = f"; the slowest took {spread:.1f} times as long as the fastest" if spread > UNLIKE else ""
            self._consider(pace, f"by the pace of earlier runs here{differ}")

    def at(self, pace: Pace) -> None:
        """Take the pace after each document."""
        self._last, self._ended = pace, self._ended + 1
        self._consider(pace)

    def end(self) -> None:
        """Keep the pace of a long run for the next one of its kind."""
        if self._tell and self._last and self._ended >= ESTIMATED:
            remember_pace(self._answerer, self._last)

    def _consider(self, pace: Pace, basis: str = "") -> None:
        if self._tell is None:
            return
        first = self._forecast is None
        self._forecast = self._forecast or Forecast(self._answerer, self._sources, self._limit, self._kept)
        estimate = self._forecast.at(pace)
        last, seconds = self._told, estimate.seconds
        less, more = sorted((last or 0.0, seconds or 0.0))
        if first or (less and more > max(PROVED_WRONG * less, less + BY_SECONDS)):
            self._told = seconds
            self._tell(replace(estimate, corrected=not first, basis=basis))
        if seconds:
            self._show(seconds)


def _undecided(options: AnswerOptions | None) -> AnswerOptions:
    return replace(options or AnswerOptions(), calibrator=None)


def _listed(inputs: Inputs) -> list[str | Path]:
    return [inputs] if isinstance(inputs, str | Path) else list(inputs)


def _outcomes(inputs: Inputs, reading: ReadingOptions) -> Iterator[Document | Unreadable]:
    for _, outcomes in read_ahead(iter(expand_inputs(_listed(inputs))), reading):
        yield from outcomes


def _only_document(path: Path, reading: ReadingOptions) -> Document | Unreadable:
    sources = expand_inputs([path])
    outcomes = [outcome for source in sources[:2] for outcome in read_documents(source, reading)]
    if len(outcomes) != 1:
        count = "several documents" if outcomes else "no document"
        raise InputError(f"{path} contains {count}.", "Answer them with `model.stream(task, path)`.")
    return outcomes[0]
