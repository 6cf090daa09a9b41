"""A task on a loaded model: its lock, and its answers to documents, without a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from ..contracts import Result, TraceLine
from ..documents import Document, ReadingOptions, Unreadable, ocr_weights, readers, reading_libraries
from ..engines import Engine
from ..errors import InputError
from ..hardware import accelerators, processor_features
from ..libraries import library_versions
from ..locks import Lock
from ..tasks import LIBRARIES, Example, Task
from .alternatives import AlternativesOption
from .board import BoardHooks, JobBoard
from .corpus_reader import CorpusReader
from .example_pool import NO_POOL, ExamplePool
from .executor import ExecutorSetup, TaskExecutor, executor_for
from .job import WindowKeeper
from .model import LoadedModel, load_embedder
from .prompts import Windowing
from .ranker import Ranking
from .sentence_choice import sentence_choice
from .trace import Tracer
from .window_selection import window_selector

__all__ = ["AnswerOptions", "Answerer", "Decider", "TracedAnswer"]


class Decider(Protocol):
    """The part of a calibrator that inference uses: it writes confidences and decisions into a result."""

    @property
    def for_lock(self) -> str:
        """The digest of the lock whose answers the calibrator was fitted on."""
        ...

    @property
    def digest(self) -> str:
        """The digest of everything that determines the decisions."""
        ...

    def decide(self, result: Result) -> None:
        """Write the confidence and the decision of each value and of the document into ``result``."""
        ...


@dataclass(frozen=True)
class AnswerOptions:
    """How documents are read and answered, on any model. Part of the lock, except passwords and limits.

    ``pool`` holds the labelled texts from which a task takes its examples. ``alternatives`` says which values
    of an extract task are weighed against others of the document, on an engine that can score. ``ranker`` weighs the
    places of an extract task by what it learned from gold; with ``cascade`` it answers alone what it is sure of.
    ``corpus`` holds the passages that an answer task is answered from.
    """

    reading: ReadingOptions = field(default_factory=ReadingOptions)
    windowing: Windowing = field(default_factory=Windowing)
    pool: Sequence[Example] = ()
    calibrator: Decider | None = None
    alternatives: AlternativesOption = "checks"
    ranker: Ranking | None = None
    cascade: bool = False
    corpus: CorpusReader | None = None

    def embeds_for(self, task: Task) -> bool:
        """Whether embedding weights are needed: to choose windows, sentences, or examples."""
        return self.windowing.relevant is not None or task.asks_sentences or bool(self.pool and task.ranks_examples)


@dataclass(frozen=True)
class TracedAnswer:
    """The result of one document, and the engine's answers behind it."""

    result: Result
    trace: Sequence[TraceLine]


class Answerer:
    """One task on one loaded model.

    Construction embeds the pool, but sends no request to the model. Raises InputError if the task takes no pool, or if
    the calibrator belongs to another lock. ``executor`` and ``board`` raise EngineError if the engine cannot run the
    task.
    """

    def __init__(
        self,
        model: LoadedModel,
        task: Task,
        options: AnswerOptions | None = None,
        embedder: LoadedModel | None = None,
    ) -> None:
        self.model, self.task, options = model, task, options or AnswerOptions()
        self.options = replace(options, reading=replace(options.reading, mail=task.mail))
        if self.options.pool and not task.takes_examples:
            raise InputError(NO_POOL, "Omit the pool.")
        _require_ranker_fits(task, self.options)
        _require_corpus_fits(task, self.options)
        selects = self.options.windowing.relevant is not None
        self._embedder = (embedder or load_embedder()) if self.options.embeds_for(task) else None
        engine = self._embedder.engine if self._embedder else None
        nearest = getattr(task, "shown", "nearest") == "nearest"
        pool = ExamplePool(self.options.pool, engine, nearest) if self.options.pool else None
        selector = window_selector(engine) if engine and selects else None
        self.setup = ExecutorSetup(
            self.options.windowing,
            selector,
            pool,
            self.weighed,
            self.options.ranker,
            self.options.cascade,
            self.options.corpus,
            sentence_choice(engine) if engine and task.asks_sentences else None,
        )
        self.lock = self._build_lock()
        self._executor: TaskExecutor | None = None

    @property
    def engine(self) -> Engine:
        """The engine of the model."""
        return self.model.engine

    @property
    def weighed(self) -> AlternativesOption:
        """Which values are weighed against others; none if the task has none, or if the engine cannot."""
        return "off" if self.why_unweighed or not self.task.weighs_values else self.options.alternatives

    @property
    def why_unweighed(self) -> str:
        """Why values are not weighed though the options ask for it, as a sentence; empty if they are."""
        able = self.engine.capabilities.score and self.engine.capabilities.grammar
        if able or self.options.alternatives == "off" or not self.task.weighs_values:
            return ""
        return f"No alternatives: the engine {self.engine.name} cannot score given values here."

    @property
    def executor(self) -> TaskExecutor:
        """The executor of the task on the model."""
        if self._executor is None:
            self._executor = executor_for(self.task, self.engine, self.setup)
        return self._executor

    def board(self, hooks: BoardHooks, tracer: Tracer | None = None, keeper: WindowKeeper | None = None) -> JobBoard:
        """Return a board for documents in progress, whose results carry this answerer's lock and decisions."""
        calibrator = self.options.calibrator

        def on_result(result: Result) -> None:
            if calibrator:
                calibrator.decide(result)
            hooks.on_result(result)

        deciding = BoardHooks(on_result, hooks.on_trace, hooks.on_progress)
        return JobBoard(self.executor, (self.model.mode, self.lock.digest), deciding, tracer, keeper)

    def answer(self, document: Document | Unreadable) -> TracedAnswer:
        """Answer one document, without writing to disk. Raises EngineError if the engine dies."""
        finished: list[Result] = []
        trace: list[TraceLine] = []
        board = self.board(BoardHooks(finished.append, trace.append))
        for output in self.engine.lockstep(board.requests([document])):
            board.take(output)
        while board.waiting:
            for output in self.engine.lockstep(board.requests([])):
                board.take(output)
        board.give_up()
        return TracedAnswer(finished[0], trace)

    def _build_lock(self) -> Lock:
        options, engine, embedder = self.options, self.engine, self._embedder
        lock = Lock(
            weights=self.model.facts,
            template=f"sha256:{hashlib.sha256(engine.chat_template.encode()).hexdigest()}",
            adapter=self.model.adapter_facts,
            ranker=options.ranker.digest if options.ranker else None,
            cascade=options.cascade or None,
            few_shot=self.setup.pool.digest if self.setup.pool else None,
            embedding=embedder.facts["digest"] if embedder else None,
            engine=_engine_facts(engine),
            processor=processor_features(),
            gpu=accelerators(),
            packages=library_versions(
                LIBRARIES,
                reading_libraries(),
                getattr(engine, "libraries", ()),
                getattr(embedder.engine, "libraries", ()) if embedder else (),
                options.corpus.libraries if options.corpus else (),
            ),
            task=self.task.canonical(),
            prompt=self.task.prompt_version,
            readers={reader.name: reader.version for reader in readers().values()},
            reading=options.reading.locked_facts(),
            ocr={"use": options.reading.ocr, "weights": ocr_weights()},
            windows=asdict(options.windowing),
            sampling={"method": "greedy", "seed": 0},
            # A lock without it is one of an earlier version, which weighed nothing.
            alternatives=None if self.weighed == "off" else self.weighed,
            corpus=options.corpus.facts if options.corpus else None,
        )
        calibrator = options.calibrator
        if calibrator is None:
            return lock
        if calibrator.for_lock != lock.digest:
            raise InputError(
                "The calibrator was fitted on answers under another lock (other weights, task, settings or machine).",
                "Run the gold's documents with the options of this run, and apply `ringfence calibrate` to that run.",
            )
        return lock.but(calibrator=calibrator.digest)


def _require_ranker_fits(task: Task, options: AnswerOptions) -> None:
    if options.ranker is None:
        if options.cascade:
            raise InputError("A cascade needs a ranker.", "Give --ranker FILE, or omit --cascade.")
        return
    options.ranker.require_task(task)
    if options.cascade:
        options.ranker.require_cascade()


def _require_corpus_fits(task: Task, options: AnswerOptions) -> None:
    if task.asks_corpus and options.corpus is None:
        raise InputError(f"The task {task.name} answers questions from a corpus.", "Name it: --corpus NAME.")
    if options.corpus is not None and not task.asks_corpus:
        raise InputError(f"The task {task.name} reads no corpus.", "Omit --corpus, or use a task of the kind answer.")


def _engine_facts(engine: Engine) -> dict[str, Any]:
    """The engine's part of the lock. It says so if the engine takes no grammar, for then answers must be verified."""
    facts = engine.describe()
    if not engine.capabilities.grammar:
        facts["settings"] = {**facts["settings"], "grammar": False}
    return facts
