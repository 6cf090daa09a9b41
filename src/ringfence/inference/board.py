"""Documents in progress: maps requests to documents, makes follow-up requests, and finishes results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..contracts import Result, TraceLine, Usage
from ..documents import Document, Unreadable
from ..engines import EngineOutput, EngineRequest
from ..errors import RequestRefused, RingfenceError
from ..tasks.planted import PLANTED, has_planted_text
from . import result as results
from .executor import TaskExecutor
from .job import Job, NothingKept, WindowKeeper
from .trace import Tracer

__all__ = ["BoardHooks", "JobBoard"]


def _ignore(*_: object) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class BoardHooks:
    """Callbacks for each finished result, each trace line, and each step of a long document.

    ``on_progress`` receives the document's id, the number of finished windows, and the number of windows.
    """

    on_result: Callable[[Result], None] = _ignore
    on_trace: Callable[[TraceLine], None] = _ignore
    on_progress: Callable[[str, int, int], None] = _ignore


class JobBoard:
    """The jobs of one task. ``stamp``, the mode and the lock's digest, is written into every result."""

    def __init__(
        self,
        executor: TaskExecutor,
        stamp: tuple[str, str],
        hooks: BoardHooks,
        tracer: Tracer | None = None,
        keeper: WindowKeeper | None = None,
    ) -> None:
        self._executor, self._hooks = executor, hooks
        self._mode, self._lock = stamp
        self._tracer, self._keeper = tracer or Tracer(0), keeper or NothingKept()
        self._pending: dict[str, Job] = {}
        self._follow_ups: deque[EngineRequest] = deque()
        self._begun: set[str] = set()
        self._ended: set[str] = set()

    def requests(self, outcomes: Iterable[Document | Unreadable]) -> Iterator[EngineRequest]:
        """Yield the next requests: follow-ups first, then those of new documents.

        Follow-ups come first because their document's prompt is still in the cache. After the iterator ends, call this
        again for the follow-ups of the last outputs.
        """
        fresh = (request for outcome in outcomes for request in self.begin(outcome))
        while True:
            request = self._follow_ups.popleft() if self._follow_ups else next(fresh, None)
            if request is None:
                return
            self._tracer.record(request)
            yield request

    def begin(self, outcome: Document | Unreadable) -> Iterator[EngineRequest]:
        """Yield the first requests of a document. A document that cannot be read or prepared fails at once."""
        if isinstance(outcome, Unreadable):
            self._finish(results.failed(outcome, f"{outcome.code}: {outcome.reason}"), None)
            return
        if outcome.id in self._begun:
            self._finish(results.failed(outcome, "duplicate-id: a document with this id came before"), None)
            return
        self._begun.add(outcome.id)
        job: Job | None = None
        count, fault = 0, ""
        try:
            job = self._executor.job(outcome, self._keeper)
            for request in job.first():
                self._pending[request.id] = job
                count += 1
                yield request
        except ValueError as error:
            fault = f"recogniser: {error}"
        except RequestRefused as error:
            fault = f"engine: {error}"
        except RingfenceError:
            raise
        except Exception as error:  # an internal error fails its document, never the run
            fault = f"recogniser: internal error ({type(error).__name__})"
        if job is None:
            self._finish(results.failed(outcome, fault), None)
        elif fault:
            job.reason = fault  # outputs of its earlier requests no longer count
            self._close(job)
        elif count == 0:  # every part was done before an interruption
            self._close(job)

    def record_request(self, request: EngineRequest) -> None:
        """Record that a request is sent to the engine; ``requests`` does this itself."""
        self._tracer.record(request)

    def follow_ups(self) -> Iterator[EngineRequest]:
        """Yield the requests that follow from the outputs so far, each once."""
        while self._follow_ups:
            yield self._follow_ups.popleft()

    def take(self, output: EngineOutput) -> None:
        """Process an output, which finishes its document or leads to further requests."""
        job = self._pending.pop(output.id)
        self._hooks.on_trace(self._tracer.line(job.document, output))
        if job.finished:  # another part of this document has failed
            with suppress(Exception):
                job.take(output)
            return
        before = job.progress
        try:
            for request in job.take(output):
                self._pending[request.id] = job
                self._follow_ups.append(request)
        except RequestRefused as error:
            job.reason = f"engine: {error}"
        except RingfenceError:
            raise
        except Exception as error:  # an internal error fails its document, never the run
            job.reason = f"answer: internal error while it was read ({type(error).__name__})"
        done, total = job.progress
        if (done, total) != before and total > 1:
            self._hooks.on_progress(job.document.id, done, total)
        if job.finished:
            self._close(job)

    @property
    def waiting(self) -> Sequence[EngineRequest]:
        """The follow-up requests that are waiting."""
        return tuple(self._follow_ups)

    def give_up(self) -> None:
        """Fail every document that is still in progress, so that none is lost silently."""
        for job in {id(job): job for job in self._pending.values()}.values():
            if not job.finished:
                job.reason = "engine: it ended without an answer"
                self._close(job)
        self._pending.clear()

    def _close(self, job: Job) -> None:
        if job.document.id in self._ended:
            return
        self._ended.add(job.document.id)
        try:
            result = results.failed(job.document, job.reason) if job.reason else job.result()
            if result.fields and has_planted_text(job.document.text):
                for answer in result.fields.values():
                    answer.flags.append(PLANTED)
        except RingfenceError:
            raise
        except Exception as error:  # an internal error fails its document, never the run
            result = results.failed(
                job.document, f"answer: internal error while it was merged ({type(error).__name__})"
            )
        self._finish(result, job.usage)

    def _finish(self, result: Result, usage: Usage | None) -> None:
        result.usage, result.mode, result.lock = usage, self._mode, self._lock
        self._hooks.on_result(result)
