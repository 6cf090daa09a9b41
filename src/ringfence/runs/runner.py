"""Run one task over many documents: read, ask, check off, write down. Every input ends with a status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from pathlib import Path

from ..clock import now
from ..contracts import LockFacts, MadeWith, Result, RunFacts, SessionFacts
from ..documents import ReadingOptions, Source
from ..errors import RunError
from ..hardware import host_facts
from ..inference import Answerer, BoardHooks, Tracer
from ..inference.example_pool import write_pool
from ..seal import evidence, evidence_at_the_end
from ..version import __version__
from .intake import Intake
from .run_folder import RunFolder, Totals

__all__ = ["Progress", "RunControl", "RunHooks", "RunSummary", "run_task"]


@dataclass
class Progress:
    """How far a session is. ``seen`` counts documents as they end, ``kept`` those of an earlier session; ``window`` names
    the long document that moved on last, its windows that are done, and all of them.
    """

    seen: Totals = field(default_factory=Totals)
    kept: int = 0
    changed: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    generated_tokens: int = 0
    window: tuple[str, int, int] | None = None

    def __str__(self) -> str:
        return f"{self.seen}" + (f" ({self.kept} kept)" if self.kept else "")


@dataclass(frozen=True)
class RunSummary:
    """How a run ended. ``totals`` is over the whole folder, ``progress`` over this session."""

    folder: Path
    totals: Totals
    progress: Progress


@dataclass(frozen=True)
class RunControl:
    """What one session does: ``resume`` goes on with a run that is there, ``limit`` bounds the documents of the session,
    ``only`` are the ids of those to do, of all that the files hold.
    """

    resume: bool = False
    limit: int | None = None
    only: Set[str] | None = None
    warm_up: bool = True


def _ignore(*_: object) -> None:
    """Nothing."""


@dataclass(frozen=True)
class RunHooks:
    """Who is told: ``on_progress`` after each document and window, ``record`` (an audit log's) of each result before it
    is written, ``on_ready`` once the model has answered its first, empty prompt (tokens read a second).
    """

    on_progress: Callable[[Progress], None] = _ignore
    record: Callable[[Result], None] | None = None
    on_ready: Callable[[float], None] = _ignore


def run_task(
    answerer: Answerer,
    sources: Iterable[Source],
    out: Path,
    control: RunControl | None = None,
    hooks: RunHooks | None = None,
    made_with: MadeWith | None = None,
) -> RunSummary:
    """Answer every document of ``sources`` into the folder ``out``, or with ``resume`` only what is new, changed or failed.

    Raises RunError if the folder cannot be used, or belongs to another lock. An interruption (KeyboardInterrupt) leaves
    a folder that can be resumed.
    """
    control, hooks = control or RunControl(), hooks or RunHooks()
    made_with = (made_with or MadeWith()).model_copy(update={"warmed": control.warm_up})
    folder = RunFolder.open(out) if control.resume and (out / "run.json").exists() else RunFolder.create(out)
    folder.exclusive()
    try:
        facts = _begin(folder, answerer, made_with)
        session = _Session(answerer, folder, control, hooks, len(facts.sessions) - 1)
        session.work(sources)
        folder.forget_windows()
        current = facts.sessions[-1]
        current.ended_at, current.documents = now(), sum(session.progress.seen.values())
        facts.totals = dict(folder.totals())
        if current.seal:
            current.seal = evidence_at_the_end(current.seal)
        folder.write_facts(facts)
        return RunSummary(out, folder.totals(), session.progress)
    finally:
        folder.release()


def _begin(folder: RunFolder, answerer: Answerer, made_with: MadeWith) -> RunFacts:
    """Write run.json, or check that the run in the folder is the same run."""
    lock, options = answerer.lock, answerer.options
    host = {**host_facts(), "ringfence": __version__}
    session = SessionFacts(started_at=now(), made_with=made_with, host=host, seal=evidence())
    reading = options.reading.facts(folder=str(Path.cwd()))
    if (folder.path / "run.json").exists():
        facts = folder.read_facts()
        _require_same_run(folder, facts, answerer, options.reading)
        facts.totals, facts.reading = None, reading
        facts.sessions.append(session)
    else:
        facts = RunFacts(
            task=answerer.task.canonical(),
            weights=answerer.model.name,
            lock=LockFacts(digest=lock.digest, data=lock.data),
            packages=lock.data.get("packages", {}),
            reading=reading,
            sessions=[session],
        )
        if options.pool:
            write_pool(folder.pool, options.pool)
    folder.write_facts(facts)
    return facts


def _require_same_run(folder: RunFolder, facts: RunFacts, answerer: Answerer, reading: ReadingOptions) -> None:
    now_read = reading.facts(folder=str(Path.cwd())).as_json()
    # Limits only decide what fails, and what failed is read again: they may be raised between sessions.
    before = facts.reading.as_json()
    if changed := [key for key, value in now_read.items() if key != "limits" and before.get(key) != value]:
        raise RunError(
            f"The run in {folder.path} read its documents differently: {', '.join(changed)} changed.",
            "Resume it from the same folder with the same options for reading.",
        )
    lock = answerer.lock
    if facts.lock.digest != lock.digest:
        raise RunError(
            f"The run in {folder.path} has another lock: {', '.join(lock.differences(facts.lock.data)[:6])} changed.",
            "Give --out a new folder, or go back to the task, weights and settings of that run.",
        )


class _Session:
    """One stretch of work on a run folder."""

    def __init__(
        self, answerer: Answerer, folder: RunFolder, control: RunControl, hooks: RunHooks, number: int
    ) -> None:
        self._answerer, self._folder, self._hooks, self._control = answerer, folder, hooks, control
        self.progress = Progress()
        self._intake = Intake(folder, answerer.options.reading, control.limit, control.only, self.progress)
        board_hooks = BoardHooks(self._write, folder.keep_trace, self._moved)
        self._board = answerer.board(board_hooks, Tracer(number), folder)

    def work(self, sources: Iterable[Source]) -> None:
        """Everything, with memory for no more documents than are in flight."""
        # In turns with the engine: the same documents then meet the same company again in a replay.
        if self._control.warm_up:
            self._hooks.on_ready(self._answerer.warm_up())
        requests = self._board.requests(self._intake.outcomes(sources))
        while True:
            for output in self._answerer.engine.lockstep(requests):
                self._board.take(output)
            if not self._board.has_follow_ups:  # those of the last documents come when nothing fresh is left
                break
            requests = self._board.requests(())
        self._board.give_up()

    def _moved(self, identity: str, done: int, total: int) -> None:
        self.progress.window = (identity, done, total)
        self._hooks.on_progress(self.progress)

    def _write(self, result: Result) -> None:
        if result.usage:
            self.progress.prompt_tokens += result.usage.prompt_tokens
            self.progress.generated_tokens += result.usage.generated_tokens
        if self._hooks.record:  # first: killed between the two, the log tells of an answer that is given again
            self._hooks.record(result)
        self._folder.append(result)
        self.progress.seen[result.status] += 1
        self._hooks.on_progress(self.progress)
