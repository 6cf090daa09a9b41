"""A request that was handed to an engine, and the queue in which it waits: by priority, fair between clients."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future

from .protocol import Completion, Request, Score, ScoreRequest

__all__ = ["EngineOutput", "EngineRequest", "FairQueue", "Ticket"]

EngineRequest = Request | ScoreRequest
"""What an engine is asked."""
EngineOutput = Completion | Score
"""The engine's answer to one request."""


class Ticket(Future[EngineOutput]):
    """The promise of one output; ``asyncio.wrap_future`` makes it awaitable.

    ``cancel`` works until the output is there, also while the engine is at work on it; the engine then frees its slot.
    """

    def __init__(self, request: EngineRequest, client: str, priority: int, on_cancel: Callable[[Ticket], None]) -> None:
        super().__init__()
        self.request, self.client, self.priority = request, client, priority
        self._on_cancel = on_cancel

    def cancel(self) -> bool:
        """Give the request up. Returns False if its output is there already."""
        # The state stays "pending" until the output is there: a running Future could not be cancelled.
        if not super().cancel():
            return False
        self._on_cancel(self)
        return True

    def deliver(self, output: EngineOutput | BaseException) -> None:
        """Hand over the output, or the error that the engine died of; nothing happens if the ticket was cancelled."""
        if self.done() or not self.set_running_or_notify_cancel():
            return
        if isinstance(output, BaseException):
            self.set_exception(output)
        else:
            self.set_result(output)


class FairQueue:
    """Waiting tickets: the lowest priority number first; within a priority each client in turn, a client's own in order."""

    def __init__(self) -> None:
        self._levels: dict[int, OrderedDict[str, deque[Ticket]]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, ticket: Ticket) -> None:
        """Add a ticket at the end of its client's line."""
        clients = self._levels.setdefault(ticket.priority, OrderedDict())
        clients.setdefault(ticket.client, deque()).append(ticket)
        self._size += 1

    def head(self) -> Ticket | None:
        """The ticket whose turn it is; None if nothing waits."""
        if not self._size:
            return None
        clients = self._levels[min(self._levels)]
        return next(iter(clients.values()))[0]

    def pop(self) -> Ticket:
        """Take the head; its client goes to the end of the round."""
        level = min(self._levels)
        client, line = next(iter(self._levels[level].items()))
        ticket = line.popleft()
        self._levels[level].move_to_end(client)
        self._dropped(ticket, line)
        return ticket

    def remove(self, ticket: Ticket) -> bool:
        """Take a ticket out wherever it stands; returns False if it does not wait here."""
        clients = self._levels.get(ticket.priority)
        line = clients.get(ticket.client) if clients else None
        if line is None or ticket not in line:
            return False
        line.remove(ticket)
        self._dropped(ticket, line)
        return True

    def only_client(self) -> str | None:
        """The client that everything waiting belongs to; None if there are none or several."""
        clients = {client for level in self._levels.values() for client in level}
        return clients.pop() if len(clients) == 1 else None

    def _dropped(self, ticket: Ticket, line: deque[Ticket]) -> None:
        self._size -= 1
        if not line:
            del self._levels[ticket.priority][ticket.client]
            if not self._levels[ticket.priority]:
                del self._levels[ticket.priority]
