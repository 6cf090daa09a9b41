"""Run one task over many documents: read, ask, check off, write down. Every input ends with a status."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..documents import Container, Document, ReadingOptions, Source, Unreadable, read_ahead, readers, sha256_of_file
from ..engines import Engine
from ..errors import RingfenceError, RunError
from ..locks import Lock
from ..seal import evidence, evidence_at_the_end
from ..tasks import Task
from ..weights import now
from . import results
from .asking import Chooser, Windowing
from .dispatch import work_for
from .examples import ExamplePool
from .folder import RunFolder, Totals
from .host import host_facts, package_versions
from .jobs import Asked, Job, Told
from .traces import Tracer

__all__ = ["Progress", "RunSummary", "run"]


FINAL = ("done", "abstained")  # what is not done again while the document is the same


@dataclass
class Progress:
    """What a run tells while it works. ``seen`` counts documents as they end; ``kept`` those of an earlier session;
    ``window`` names the long document that moved last, its windows that are done and all of them."""

    seen: Totals = field(default_factory=Totals)
    kept: int = 0
    changed: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    generated_tokens: int = 0
    window: tuple[str, int, int] | None = None


@dataclass(frozen=True)
class RunSummary:
    """How a run ended. ``totals`` is over the whole folder, ``progress`` over this session."""

    folder: Path
    totals: Totals
    progress: Progress


def run(
    task: Task,
    sources: Iterable[Source],
    engine: Engine,
    lock: Lock,
    out: Path,
    *,
    resume: bool = False,
    limit: int | None = None,
    only: Set[str] | None = None,
    options: ReadingOptions | None = None,
    windowing: Windowing | None = None,
    choose: Chooser | None = None,
    pool: ExamplePool | None = None,
    decide: Callable[[dict[str, Any]], None] | None = None,
    arguments: dict[str, Any] | None = None,
    weights_name: str = "",
    on_progress: Callable[[Progress], None] = lambda progress: None,
    record: Callable[[dict[str, Any]], None] | None = None,
) -> RunSummary:
    """Run ``task`` over ``sources`` into the folder ``out``; with ``resume`` only what is new, changed or failed.

    ``limit`` bounds the documents of this session; ``only`` are the ids of those to do, of all that the files hold.
    ``choose`` names the windows of a long document that are worth reading where ``windowing.relevant`` asks for a choice; ``pool`` holds the labelled texts that a classify task takes
    its examples from; ``decide`` (a calibrator's) writes confidences and the decision into each result; ``record`` (an
    audit log's) sees each result before it is written. Raises RunError when the folder cannot be used, or belongs to
    another lock. An interruption (KeyboardInterrupt) leaves a folder that can be resumed.
    """
    folder = RunFolder.open(out) if resume and (out / "run.json").exists() else RunFolder.create(out)
    folder.exclusive()
    try:
        facts = _begin(folder, task, lock, options or ReadingOptions(), arguments or {}, weights_name)
        worker = _Worker(
            task,
            engine,
            lock,
            folder,
            options or ReadingOptions(),
            windowing or Windowing(),
            choose,
            pool,
            decide,
            limit,
            only,
            on_progress,
            Tracer(len(facts["sessions"]) - 1),
            record,
        )
        worker.work(sources)
        folder.forget_windows()
        facts["sessions"][-1] |= {"ended_at": now(), "documents": sum(worker.progress.seen.values())}
        facts["totals"] = dict(folder.totals())
        if seal := facts["sessions"][-1]["seal"]:
            facts["sessions"][-1]["seal"] = evidence_at_the_end(seal)
        folder.write_facts(facts)
        return RunSummary(out, folder.totals(), worker.progress)
    finally:
        folder.release()


def _begin(
    folder: RunFolder, task: Task, lock: Lock, options: ReadingOptions, arguments: dict[str, Any], weights_name: str
) -> dict[str, Any]:
    """Write run.json, or check that the run in the folder is the same run."""
    session = {
        "started_at": now(), "ended_at": None, "arguments": arguments, "host": host_facts(), "seal": evidence(),
    }  # fmt: skip
    reading = {
        **options.as_facts(),
        "folder": str(Path.cwd()),  # what relative paths of documents are relative to
    }
    if (folder.path / "run.json").exists():
        facts = folder.read_facts()
        # Limits only decide what fails, and what failed is read again: they may be raised between sessions.
        other = [key for key, value in reading.items() if key != "limits" and facts["reading"].get(key) != value]
        if other:
            changed = ", ".join(other)
            raise RunError(
                f"The run in {folder.path} read its documents in another way; what differs: {changed}.",
                "Resume it from the same folder with the same options for reading.",
            )
        facts["totals"] = None
        facts["reading"] = reading
        if facts["lock"]["digest"] != lock.digest:
            changed = ", ".join(lock.differences(facts["lock"]["data"])[:6])
            raise RunError(
                f"The run in {folder.path} was made under another lock; what differs: {changed}.",
                "Give --out a new folder, or go back to the task, weights and settings of that run.",
            )
        facts["sessions"].append(session)
    else:
        facts = {
            "schema": 1,
            "task": task.canonical(),
            "weights": weights_name,
            "lock": {"digest": lock.digest, "data": lock.data},
            "packages": package_versions(),
            "reading": reading,
            "sessions": [session],
            "totals": None,
        }
    folder.write_facts(facts)
    return facts


class _Worker:
    """The state of one session."""

    def __init__(
        self,
        task: Task,
        engine: Engine,
        lock: Lock,
        folder: RunFolder,
        options: ReadingOptions,
        windowing: Windowing,
        choose: Chooser | None,
        pool: ExamplePool | None,
        decide: Callable[[dict[str, Any]], None] | None,
        limit: int | None,
        only: Set[str] | None,
        on_progress: Callable[[Progress], None],
        tracer: Tracer,
        record: Callable[[dict[str, Any]], None] | None,
    ) -> None:
        self.task, self.engine, self.lock, self.folder = task, engine, lock, folder
        self.options, self.limit, self.only, self.on_progress = options, limit, only, on_progress
        self.tracer, self.record = tracer, record
        self.decide = decide
        self.earlier = folder.index()
        self.inside: dict[str, list[str]] = {}  # by file, the earlier documents inside it
        for identity in self.earlier:
            if "!" in identity:
                self.inside.setdefault(identity.partition("!")[0], []).append(identity)
        self.begun: set[str] = set()
        self.kept: set[str] = set()
        self.doing = work_for(task, engine, windowing, choose, pool)
        self.pending: dict[str, Job] = {}
        self.follow_ups: deque[Asked] = deque()
        self.repeats = 0
        self.progress = Progress()
        self.mode = engine.describe()["settings"]["mode"]

    def work(self, sources: Iterable[Source]) -> None:
        """Everything, with memory for no more documents than are in flight."""
        fresh = self._requests(sources)
        while True:
            for told in self.doing.ask(self._follow_ups_then(fresh)):
                self._take(self.pending.pop(told.id), told)
            if not self.follow_ups:  # those of the last documents come when nothing fresh is left
                break
        for job in {id(job): job for job in self.pending.values()}.values():  # nothing is lost silently
            if not job.finished:
                job.reason = "engine: it ended without an answer"
                self._write(self._result(job))

    def _follow_ups_then(self, fresh: Iterator[Asked]) -> Iterator[Asked]:
        """What is asked on first: what it needs of its document is still in the engine's cache."""
        while True:
            request = self.follow_ups.popleft() if self.follow_ups else next(fresh, None)
            if request is None:
                return
            self.tracer.asks(request)
            yield request

    def _take(self, job: Job, told: Told) -> None:
        self.folder.keep_trace(self.tracer.line(job.document, told))
        if job.finished:  # a part of a document that has failed already
            job.take(told)
            return
        before = job.moved
        try:
            for request in job.take(told):
                self.pending[request.id] = job
                self.follow_ups.append(request)
        except RingfenceError:
            raise
        except Exception as error:  # a fault of ours on one document is that document's failure, never the run's
            job.reason = f"answer: reading it met a fault of its own ({type(error).__name__})"
        if job.moved != before and job.moved[1] > 1:
            self.progress.window = (job.document.id, *job.moved)
            self.on_progress(self.progress)
        if job.finished:
            self._write(self._result(job))

    def _requests(self, sources: Iterable[Source]) -> Iterator[Asked]:
        for outcome in self._outcomes(sources):
            if isinstance(outcome, Unreadable):
                self._write(self._failure(outcome, f"{outcome.code}: {outcome.reason}"))
                continue
            try:
                job, asked = self.doing.job(outcome, self.folder), 0
                for request in job.first():
                    self.pending[request.id] = job
                    asked += 1
                    yield request
                if asked == 0:  # every part was done before an interruption
                    self._write(self._result(job))
            except ValueError as error:
                self._write(self._failure(outcome, f"recogniser: {error}"))
            except RingfenceError:
                raise
            except Exception as error:  # a fault of ours on one document is that document's failure, never the run's
                self._write(self._failure(outcome, f"recogniser: it met a fault of its own ({type(error).__name__})"))

    def _outcomes(self, sources: Iterable[Source]) -> Iterator[Document | Unreadable]:
        """Documents that are to be done now: not those that this folder holds already, not beyond the limit."""
        fresh = (source for source in sources if not self._kept_whole(source))
        for source, outcomes in read_ahead(fresh, self.options):
            seen: set[str] = set()
            for outcome in outcomes:
                if self.only is not None and outcome.id not in self.only:
                    continue
                if self.limit is not None and len(self.begun) >= self.limit:
                    return
                seen.add(outcome.id)
                if outcome.id in self.begun or outcome.id in self.kept:
                    self.repeats += 1
                    yield Unreadable(
                        f"{outcome.id}#again-{self.repeats}",
                        outcome.path,
                        "duplicate-id",
                        f"a document with the id {outcome.id} came before",
                        outcome.sha256,
                        outcome.metadata.get("source") if isinstance(outcome, Document) else outcome.source,
                    )
                    continue
                if self._kept(outcome.id, outcome.sha256):
                    continue
                if outcome.id in self.earlier and self.earlier[outcome.id].sha256 != outcome.sha256:
                    self.progress.changed.append(outcome.id)
                self.begun.add(outcome.id)
                yield outcome
            self._take_back(source, seen)

    def _take_back(self, source: Source, seen: set[str]) -> None:
        """Earlier results of what a file no longer holds do not count: a member that was removed, a failure of the whole
        archive where its members can be read now."""
        earlier = [*self.inside.get(source.id, []), *([source.id] if any("!" in identity for identity in seen) else [])]
        for identity in earlier:
            if identity in self.earlier and identity not in seen:
                self.folder.append(results.superseded(identity))

    def _kept_whole(self, source: Source) -> bool:
        """Whether a file need not be read again: it is done, and it held nothing else."""
        earlier = self.earlier.get(source.id)
        if (
            earlier is None
            or earlier.status not in FINAL
            or source.id in self.inside
            or _may_hold_more(earlier.read_by)
        ):
            return False
        return self._kept(source.id, sha256_of_file(source.path, self.options.limits.file_mib))

    def _kept(self, identity: str, sha256: str | None) -> bool:
        earlier = self.earlier.get(identity)
        unchanged = earlier is not None and earlier.sha256 == sha256 and earlier.status in FINAL
        if unchanged and identity not in self.begun and identity not in self.kept:
            self.kept.add(identity)
            self.progress.kept = len(self.kept)
            return True
        return False

    def _result(self, job: Job) -> dict[str, Any]:
        self.progress.prompt_tokens += job.usage.get("prompt_tokens", 0)
        self.progress.generated_tokens += job.usage.get("generated_tokens", 0)
        if job.reason:
            return self._failure(job.document, job.reason, job.usage)
        return job.result(mode=self.mode, usage=job.usage or None, lock=self.lock.digest)

    def _failure(
        self, outcome: Document | Unreadable, reason: str, usage: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return results.failed(outcome, reason, mode=self.mode, usage=usage, lock=self.lock.digest)

    def _write(self, result: dict[str, Any]) -> None:
        if self.decide:
            self.decide(result)
        if self.record:  # first: killed between the two, the log tells of an answer that is given again
            self.record(result)
        self.folder.append(result)
        self.progress.seen[result["status"]] += 1
        self.on_progress(self.progress)


def _may_hold_more(read_by: str | None) -> bool:
    """Whether the reader of a document is one whose files hold documents of their own."""
    name = (read_by or "").partition("/")[0]
    return any(reader.name == name and isinstance(reader, Container) for reader in readers().values())
