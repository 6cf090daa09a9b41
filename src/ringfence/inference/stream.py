"""Answer many documents and yield results as they finish: out of order, bounded, cancellable from any thread."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from queue import SimpleQueue
from typing import Any

from ..contracts import Result
from ..documents import Document, Unreadable
from ..engines import EngineRequest, Ticket
from .answerer import Answerer
from .board import BoardHooks

__all__ = ["ResultStream", "astream"]

AHEAD = 2  # documents that are read ahead while the engine's slots are full
_CLOSED = object()
_numbers = itertools.count(1)


class ResultStream(Iterator[Result]):
    """An iterator over results, in the order in which documents finish.

    A thread reads the documents, so a slow document delays no answer. At most as many documents are in progress as the
    engine has slots, plus ``AHEAD``. ``close``, which any thread may call, cancels them; so does leaving the ``with``
    block.
    """

    def __init__(
        self, answerer: Answerer, documents: Iterable[Document | Unreadable], client: str = "", priority: int = 0
    ) -> None:
        self._engine, self._priority = answerer.engine, priority
        self._client = client or f"stream-{next(_numbers)}"
        self._finished: deque[Result] = deque()
        self._board = answerer.board(BoardHooks(self._finished.append))
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._room = threading.Semaphore(getattr(answerer.engine, "slots", 1) + AHEAD)
        self._stopped = threading.Event()
        self._open: set[Ticket] = set()
        self._exhausted = self._ended = False
        threading.Thread(target=self._read, args=(documents,), name="ringfence-documents", daemon=True).start()

    def __enter__(self) -> ResultStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __next__(self) -> Result:
        """Return the next result. Raises StopIteration if all documents have ended, or if the stream was closed."""
        try:
            while not self._finished and not self._ended:
                if self._exhausted and not self._open:
                    self._board.give_up()
                    self._ended = True
                elif (event := self._events.get()) is _CLOSED:
                    self._ended = True
                    self._cancel()
                else:
                    self._handle(event)
        except BaseException:
            self._ended = True
            self._cancel()
            raise
        if not self._finished:
            raise StopIteration
        self._room.release()
        return self._finished.popleft()

    def close(self) -> None:
        """Stop reading documents, and cancel pending requests."""
        self._stopped.set()
        self._room.release()
        self._events.put(_CLOSED)
        self._cancel()

    def _cancel(self) -> None:
        self._stopped.set()
        for ticket in list(self._open):
            ticket.cancel()

    def _read(self, documents: Iterable[Document | Unreadable]) -> None:
        try:
            for outcome in documents:
                self._room.acquire()
                if self._stopped.is_set():
                    return
                self._events.put(outcome)
            self._events.put(None)
        except BaseException as error:
            self._events.put(error)

    def _handle(self, event: Any) -> None:
        if event is None:
            self._exhausted = True
        elif isinstance(event, BaseException):
            raise event
        elif isinstance(event, Ticket):
            self._open.discard(event)
            if not event.cancelled():
                self._board.take(event.result())
                for request in self._board.follow_ups():
                    self._ask(request)
        else:
            for request in self._board.begin(event):
                self._ask(request)

    def _ask(self, request: EngineRequest) -> None:
        self._board.record_request(request)
        ticket = self._engine.submit(request, client=self._client, priority=self._priority, on_done=self._events.put)
        self._open.add(ticket)  # type: ignore[arg-type]  # a third-party engine may return another kind of Future


async def astream(
    answerer: Answerer, documents: Iterable[Document | Unreadable], client: str = "", priority: int = 0
) -> AsyncIterator[Result]:
    """Iterate over results in async code. The event loop never blocks, and cancelling the task cancels the requests."""
    results = ResultStream(answerer, documents, client, priority)
    try:
        while (result := await asyncio.to_thread(next, results, None)) is not None:
            yield result
    finally:
        results.close()
