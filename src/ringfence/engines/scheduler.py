"""Continuous batching: requests arrive from any thread while others are under way, outputs leave when they are ready.

One thread runs the engine (a subclass of ``Scheduled``) step by step: admit what fits, advance, deliver. Two kinds of
callers share it. ``submit`` is for serving: any caller, at any time. ``lockstep`` is for reproducible runs: the caller
and the engine take turns, so that the same requests always share the same batches. On some processors the other
requests in a batch change the last bits of a number, so a run could not be replayed otherwise.
"""

from __future__ import annotations

import atexit
import itertools
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from ..errors import EngineBusyError, EngineError
from .protocol import Completion, Request, Score, ScoreRequest
from .ticket import EngineOutput, EngineRequest, FairQueue, Ticket
from .writer import Writer

__all__ = ["Delivery", "Scheduled"]

CLOSE_SECONDS = 60
QUEUED = 1024  # tickets that may wait; beyond that `submit` blocks, then refuses
Delivery = tuple[Ticket, EngineOutput | BaseException]


class Scheduled(Writer):
    """The serving half of an engine. A subclass defines how to begin, advance and abandon a request.

    ``slots`` is the maximum number of requests under way. ``thread_safe_start``: ``begin`` may be called while another
    thread is inside ``advance``.
    """

    slots: int = 1
    thread_safe_start = False

    # defined by subclasses -------------------------------------------------------------------------------------

    def begin(self, ticket: Ticket) -> EngineOutput | None:
        """Begin a request; returns its output if it is ready immediately (a refusal)."""
        raise NotImplementedError

    def advance(self) -> Iterable[Delivery]:
        """Do the next piece of work and return what it finished; wait if another process does the work."""
        return ()

    def abandon(self, ticket: Ticket) -> None:
        """Drop a request that is under way."""

    def wake(self) -> None:
        """Make ``advance`` return soon if it is waiting."""

    def has_room(self, request: EngineRequest, under_way: Sequence[EngineRequest]) -> bool:
        """Return whether ``request`` fits beside the requests ``under_way``."""
        return True

    # used by callers --------------------------------------------------------------------------------------------

    def submit(
        self,
        request: EngineRequest,
        *,
        client: str = "",
        priority: int = 0,
        timeout: float | None = None,
        on_done: Callable[[Ticket], None] | None = None,
    ) -> Ticket:
        """Submit a request from any thread; returns immediately with a ticket, the future of its output.

        Lower ``priority`` numbers go first; clients of one priority take turns. If the queue is full, ``submit`` waits
        up to ``timeout`` seconds (None: without limit), then raises EngineBusyError. The engine's thread calls
        ``on_done(ticket)`` when the output is ready: keep it short.
        """
        return self._scheduler.submit(request, client, priority, timeout, on_done)

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """Complete requests, out of order. A separate thread reads ``requests``, so a slow source delays no answer.

        Every request yields exactly one completion; one that cannot be completed is "failed" with a reason. Closing the
        iterator cancels what is under way.
        """
        return self._each(requests)

    def score(self, requests: Iterable[ScoreRequest]) -> Iterator[Score]:
        """Score continuations, out of order; a request that cannot be scored comes back with an error.

        Raises EngineError if ``capabilities.score`` is false.
        """
        return self._each(requests)

    def lockstep(self, requests: Iterable[Any]) -> Iterator[Any]:
        """Answer requests in turns with the caller: ``requests`` is read only between two steps of the engine.

        The same requests then share the same batches, whatever else the machine does, as long as no other client uses
        the engine. The engine waits for ``requests`` while it has room for more.
        """
        return self._scheduler.lockstep(requests)

    def close(self) -> None:
        """Cancel what is under way and stop the engine's thread."""
        if "_scheduler_made" in self.__dict__:
            self._scheduler.close()

    def _each(self, requests: Iterable[Any]) -> Iterator[Any]:
        if isinstance(requests, Sequence):  # nothing to wait for
            return self._scheduler.lockstep(requests)
        return self._scheduler.stream(requests)

    @property
    def _scheduler(self) -> _Scheduler:
        made: _Scheduler | None = self.__dict__.get("_scheduler_made")
        if made is None:
            made = self.__dict__.setdefault("_scheduler_made", _Scheduler(self))
        return made


class _Scheduler:
    """The queue and the thread behind one engine."""

    def __init__(self, engine: Scheduled) -> None:
        self._engine = engine
        self._changed = threading.Condition()
        self._queue = FairQueue()
        self._under_way: dict[Ticket, None] = {}
        self._cancelled: deque[Ticket] = deque()
        self._turns: dict[str, _Turns] = {}
        self._names = itertools.count(1)
        self._thread: threading.Thread | None = None
        self._advancing = self._closed = False

    # submitting -------------------------------------------------------------------------------------------------

    def submit(
        self, request: EngineRequest, client: str, priority: int, timeout: float | None,
        on_done: Callable[[Ticket], None] | None = None,
    ) -> Ticket:  # fmt: skip
        ticket = Ticket(request, client, priority, self._give_up)
        if on_done:
            ticket.add_done_callback(on_done)  # type: ignore[arg-type]  # the callback gets the ticket itself
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or len(self._queue) < QUEUED, timeout):
                raise EngineBusyError(len(self._queue))
            self._push(ticket)
        return ticket

    def _push(self, ticket: Ticket) -> None:
        if self._closed:
            raise EngineError("The engine is closed.", "Open it again.")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="ringfence-engine", daemon=True)
            self._thread.start()
            _open_schedulers.add(self)
        self._queue.push(ticket)
        if self._engine.thread_safe_start:
            self._admit()
        self._changed.notify_all()

    def _give_up(self, ticket: Ticket) -> None:
        with self._changed:
            if not self._queue.remove(ticket) and ticket in self._under_way:
                self._cancelled.append(ticket)
                if self._engine.thread_safe_start:
                    self._abort_cancelled()
            self._changed.notify_all()

    # iterators --------------------------------------------------------------------------------------------------

    def stream(self, requests: Iterable[Any]) -> Iterator[Any]:
        """Yield outputs when they are ready; a thread reads the requests, a little ahead of the engine."""
        client = f"stream-{next(self._names)}"
        done: SimpleQueue[Ticket | BaseException | None] = SimpleQueue()
        ahead = threading.Semaphore(self._engine.slots + 1)
        open_tickets: set[Ticket] = set()
        stopped = threading.Event()

        def finished(ticket: Ticket) -> None:
            ahead.release()
            done.put(ticket)

        def read() -> None:
            try:
                for request in requests:
                    ahead.acquire()
                    if stopped.is_set():
                        return
                    ticket = self.submit(request, client, 0, None)
                    open_tickets.add(ticket)
                    if stopped.is_set():  # closed in the meantime
                        ticket.cancel()
                    ticket.add_done_callback(finished)  # type: ignore[arg-type]
                done.put(None)
            except BaseException as error:
                done.put(error)

        threading.Thread(target=read, name="ringfence-requests", daemon=True).start()
        exhausted = False
        try:
            while not exhausted or open_tickets:
                one = done.get()
                if one is None:
                    exhausted = True
                elif isinstance(one, BaseException):
                    raise one
                else:
                    open_tickets.discard(one)
                    yield one.result()
        finally:
            stopped.set()
            ahead.release()
            for ticket in list(open_tickets):
                ticket.cancel()

    def lockstep(self, requests: Iterable[Any]) -> Iterator[Any]:
        """Take turns: fill the engine from ``requests``, let it work until a request finishes, and yield its output."""
        turns = _Turns(f"lockstep-{next(self._names)}")
        source = iter(requests)
        exhausted = False
        with self._changed:
            self._turns[turns.client] = turns
        try:
            while True:
                while not exhausted and self._wants_more(turns):
                    request = next(source, None)
                    if request is None:
                        exhausted = True
                    else:
                        self._ask(turns, request)
                with self._changed:
                    turns.waiting = True
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: bool(turns.outputs) or not turns.open or self._closed)
                    turns.waiting = False
                    outputs, turns.outputs = turns.outputs, []
                    if not outputs and not turns.open and exhausted:
                        return
                if not outputs and self._closed:
                    raise EngineError("The engine was closed while requests were under way.", "Open it again.")
                yield from (output for output in outputs if not isinstance(output, BaseException))
                for output in outputs:
                    if isinstance(output, BaseException):
                        raise output
        finally:
            with self._changed:
                del self._turns[turns.client]
            for ticket in list(turns.open):
                ticket.cancel()

    def _wants_more(self, turns: _Turns) -> bool:
        """Return whether a lockstep client's next request could begin now; it could not while another one waits."""
        with self._changed:
            if turns.outputs or len(turns.open) >= self._engine.slots:
                return False
            return all(ticket in self._under_way for ticket in turns.open)

    def _ask(self, turns: _Turns, request: EngineRequest) -> None:
        ticket = Ticket(request, turns.client, 0, self._give_up)
        with self._changed:
            turns.open[ticket] = None
            self._push(ticket)
            if not self._advancing:
                self._admit()

    # the engine's thread ----------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._serve()
        except BaseException as error:  # without this thread every caller would wait for ever
            self._end(error)

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._abort_cancelled()
                self._admit()
                while not self._closed and (not self._under_way or self._kept_waiting()):
                    self._changed.wait()
                    self._abort_cancelled()
                    self._admit()
                if self._closed:
                    return
                self._advancing = True
            try:
                finished = list(self._engine.advance())
            except BaseException as error:  # a failing engine fails the requests under way, not its callers
                finished = [(ticket, error) for ticket in list(self._under_way)]
                for ticket, _ in finished:
                    self._abandon(ticket)
            with self._changed:
                self._advancing = False
                for ticket, output in finished:
                    self._deliver(ticket, output)
                self._changed.notify_all()

    def _kept_waiting(self) -> bool:
        """Return whether all work belongs to one lockstep client that has not taken its turn yet."""
        clients = {ticket.client for ticket in self._under_way}
        if len(clients) != 1 or (len(self._queue) and self._queue.only_client() not in clients):
            return False
        turns = self._turns.get(next(iter(clients)))
        return turns is not None and not turns.waiting

    def _admit(self) -> None:
        while (ticket := self._queue.head()) is not None and len(self._under_way) < self._engine.slots:
            under_way = [each.request for each in self._under_way]
            try:
                if under_way and not self._engine.has_room(ticket.request, under_way):
                    return
                self._queue.pop()
                self._under_way[ticket] = None
                output: EngineOutput | BaseException | None = self._engine.begin(ticket)
            except BaseException as error:  # deliver it to the caller, Ctrl-C included; this thread must not end
                self._queue.remove(ticket)
                output = error
            if output is not None:
                self._deliver(ticket, output)
            self._changed.notify_all()

    def _deliver(self, ticket: Ticket, output: EngineOutput | BaseException) -> None:
        self._under_way.pop(ticket, None)
        turns = self._turns.get(ticket.client)
        if turns is not None and ticket in turns.open:
            del turns.open[ticket]
            turns.outputs.append(output)
            turns.waiting = False
        ticket.deliver(output)

    def _abort_cancelled(self) -> None:
        while self._cancelled:
            ticket = self._cancelled.popleft()
            if ticket in self._under_way:
                del self._under_way[ticket]
                self._abandon(ticket)

    def _abandon(self, ticket: Ticket) -> None:
        with suppress(Exception):  # nobody waits for it any more
            self._engine.abandon(ticket)

    def _end(self, error: BaseException) -> None:
        """Accept nothing more, and fail everything that is open."""
        with self._changed:
            self._closed = True
            left = [*self._under_way]
            while len(self._queue):
                left.append(self._queue.pop())
            for ticket in left:
                self._deliver(ticket, error)
            self._changed.notify_all()

    def close(self) -> None:
        if self._closed:
            return
        self._end(EngineError("The engine was closed.", "Open it again."))
        self._engine.wake()
        _open_schedulers.discard(self)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(CLOSE_SECONDS)
            if self._thread.is_alive():  # freeing the weights under it would crash the process
                raise EngineError(f"The engine did not stop within {CLOSE_SECONDS} seconds.", "End the process.")


class _Turns:
    """A lockstep client: its open tickets, the outputs it has not taken, and whether it waits for the engine."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.open: dict[Ticket, None] = {}
        self.outputs: list[EngineOutput | BaseException] = []
        self.waiting = False


_open_schedulers: weakref.WeakSet[_Scheduler] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Stop all engine threads: one inside native code at interpreter exit could crash the process."""
    for scheduler in list(_open_schedulers):
        with suppress(EngineError):
            scheduler.close()
