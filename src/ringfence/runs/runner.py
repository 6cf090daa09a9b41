"""Run one task over many documents into a folder. Every input ends with a status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from pathlib import Path

from ..clock import now
from ..contracts import LockFacts, MadeWith, Result, RunFacts, SessionFacts
from ..documents import ReadingOptions, Source
from ..errors import OtherLockError, RunError
from ..hardware import host_facts
from ..inference import Answerer, BoardHooks, Tracer
from ..inference.example_pool import write_pool
from ..seal import evidence, evidence_at_the_end
from ..version import __version__
from .intake import Intake
from .pace import Costs, Pace, PaceMeter
from .run_folder import RunFolder, Totals

__all__ = ["Progress", "RunControl", "RunHooks", "RunSummary", "run_task"]


@dataclass
class Progress:
    """The progress of a session.

    ``seen`` counts the documents that have ended in this session, ``kept`` those of earlier sessions. ``changed`` are
    the ids of documents that have changed since. ``window`` names the long document that advanced last, with the number
    of its finished windows and of all its windows.
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
    """The end of a run: ``totals`` covers the whole folder, ``progress`` this session."""

    folder: Path
    totals: Totals
    progress: Progress


@dataclass(frozen=True)
class RunControl:
    """The scope of one session.

    ``resume`` continues an existing run. ``limit`` is the largest number of documents in the session. ``only``
    restricts the session to documents with these ids.
    """

    resume: bool = False
    limit: int | None = None
    only: Set[str] | None = None


def _ignore(*_: object) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class RunHooks:
    """Callbacks of a run.

    ``on_progress`` is called after each document and window. ``record`` receives each result before it is written, for
    an audit log. ``on_pace`` is called with the pace of the session whenever a document has ended.
    """

    on_progress: Callable[[Progress], None] = _ignore
    record: Callable[[Result], None] | None = None
    on_pace: Callable[[Pace], None] = _ignore


def run_task(
    answerer: Answerer,
    sources: Iterable[Source],
    out: Path,
    control: RunControl | None = None,
    hooks: RunHooks | None = None,
    made_with: MadeWith | None = None,
) -> RunSummary:
    """Answer every document of ``sources`` into the folder ``out``; with ``resume``, only new, changed or failed ones.

    Raises RunError if the folder cannot be used, or if its run has another lock. An interruption (KeyboardInterrupt)
    leaves a folder that can be resumed.
    """
    control, hooks = control or RunControl(), hooks or RunHooks()
    folder = RunFolder.open(out) if control.resume and (out / "run.json").exists() else RunFolder.create(out)
    folder.exclusive()
    try:
        facts = _begin(folder, answerer, made_with or MadeWith())
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
    """Write run.json, or check that the existing run has the same lock and reading options."""
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
        if options.ranker:
            options.ranker.write(folder.ranker)
    folder.write_facts(facts)
    return facts


def _require_same_documents(folder: RunFolder, before: str) -> None:
    """Raise RunError unless the documents of a run lie under the working directory as they lay under ``before``."""
    paths = dict.fromkeys(result.document.path for result in folder.latest())
    if missing := [path for path in paths if not Path(path).exists()]:
        raise RunError(
            f"The run in {folder.path} read its documents from {before}; of {len(paths)} files {len(missing)} "
            f"are not in the same place seen from here: {', '.join(missing[:3])}.",
            "If folders were moved, move the documents along with them; else resume it from that folder.",
        )


def _require_same_run(folder: RunFolder, facts: RunFacts, answerer: Answerer, reading: ReadingOptions) -> None:
    # Limits may change between sessions: they only decide which documents fail, and failed ones are read again.
    before, after = facts.reading.as_json(), reading.facts(folder=str(Path.cwd())).as_json()
    if before["folder"] != after["folder"]:
        _require_same_documents(folder, str(before["folder"]))
    if changed := [key for key, value in after.items() if key not in ("limits", "folder") and before.get(key) != value]:
        raise RunError(
            f"The run in {folder.path} read its documents differently: {', '.join(changed)} changed.",
            "Resume it with the same reading options.",
        )
    lock = answerer.lock
    if facts.lock.digest != lock.digest:
        raise OtherLockError(
            f"The run in {folder.path} has another lock: {', '.join(lock.differences(facts.lock.data)[:6])} changed.",
            "Give --out a new folder, or use the task, weights and settings of that run.",
        )


class _Session:
    """One session on a run folder."""

    def __init__(
        self, answerer: Answerer, folder: RunFolder, control: RunControl, hooks: RunHooks, number: int
    ) -> None:
        self._answerer, self._folder, self._hooks = answerer, folder, hooks
        self.progress = Progress()
        costs = Costs.of(answerer.engine, answerer.executor.shared_tokens, answerer.model.mode)
        self._pace = PaceMeter(costs, hooks.on_pace)
        self._intake = Intake(folder, answerer.options.reading, control.limit, control.only, self.progress)
        board_hooks = BoardHooks(self._write, folder.keep_trace, self._on_window)
        self._board = answerer.board(board_hooks, Tracer(number), folder)

    def work(self, sources: Iterable[Source]) -> None:
        """Process all sources; only documents in progress are in memory."""
        # In lockstep with the engine, so that a replay computes the same documents together.
        requests = self._board.requests(self._intake.outcomes(sources))
        while True:
            for output in self._answerer.engine.lockstep(self._pace.count(requests)):
                self._board.take(output)
                self._pace.take(output, self._board.waiting)
            if not self._board.waiting:  # the last documents make follow-ups after the sources are exhausted
                break
            requests = self._board.requests(())
        self._board.give_up()

    def _on_window(self, identity: str, done: int, total: int) -> None:
        self.progress.window = (identity, done, total)
        self._hooks.on_progress(self.progress)

    def _write(self, result: Result) -> None:
        if result.usage:
            self.progress.prompt_tokens += result.usage.prompt_tokens
            self.progress.generated_tokens += result.usage.generated_tokens
        if self._hooks.record:  # before the journal: a kill between the two records an answer that is repeated
            self._hooks.record(result)
        self._folder.append(result)
        self.progress.seen[result.status] += 1
        self._pace.end(result.document.id)
        self._hooks.on_progress(self.progress)
