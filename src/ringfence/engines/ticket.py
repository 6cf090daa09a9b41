"""A submitted request, and the queue in which it waits: by priority, fair between clients."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future

from .protocol import Completion, Request, Score, ScoreRequest

__all__ = ["EngineOutput", "EngineRequest", "FairQueue", "Ticket"]

EngineRequest = Request | ScoreRequest
"""A request to an engine."""
EngineOutput = Completion | Score
"""The engine's answer to one request."""


class Ticket(Future[EngineOutput]):
    """The future of one output; ``asyncio.wrap_future`` makes it awaitable.

    ``cancel`` works until the output is ready, also while the engine works on it; the engine then frees its slot.
    """

    def __init__(self, request: EngineRequest, client: str, priority: int, on_cancel: Callable[[Ticket], None]) -> None:
        super().__init__()
        self.request, self.client, self.priority = request, client, priority
        self._on_cancel = on_cancel
        self._settling = threading.Lock()
        self._end = ""  # cancelled or delivered

    def _settle(self, end: str) -> bool:
        """Claim the one end of the ticket. Two threads that end it at once would break the state of the future."""
        with self._settling:
            first = not self._end
            self._end = self._end or end
        return first

    def cancel(self) -> bool:
        """Cancel the request. Returns False if its output is already there."""
        # The state stays "pending" until the output is ready: a running Future could not be cancelled.
        if self._settle("cancelled"):
            super().cancel()
            self.set_running_or_notify_cancel()  # so that concurrent.futures.wait counts it as done
            self._on_cancel(self)
        return self._end == "cancelled"

    def deliver(self, output: EngineOutput | BaseException) -> None:
        """Set the output, or the error that ended the engine; does nothing if the ticket was cancelled."""
        if not self._settle("delivered"):
            return
        self.set_running_or_notify_cancel()
        if isinstance(output, BaseException):
            self.set_exception(output)
        else:
            self.set_result(output)


class FairQueue:
    """Waiting tickets: the lowest priority number first, then each client in turn, then first in, first out."""

    def __init__(self) -> None:
        self._levels: dict[int, OrderedDict[str, deque[Ticket]]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, ticket: Ticket) -> None:
        """Add a ticket at the end of its client's queue."""
        clients = self._levels.setdefault(ticket.priority, OrderedDict())
        clients.setdefault(ticket.client, deque()).append(ticket)
        self._size += 1

    def head(self) -> Ticket | None:
        """The next ticket; None if none waits."""
        if not self._size:
            return None
        clients = self._levels[min(self._levels)]
        return next(iter(clients.values()))[0]

    def pop(self) -> Ticket:
        """Remove and return the next ticket; its client moves to the end of the round."""
        level = min(self._levels)
        client, line = next(iter(self._levels[level].items()))
        ticket = line.popleft()
        self._levels[level].move_to_end(client)
        self._dropped(ticket, line)
        return ticket

    def remove(self, ticket: Ticket) -> bool:
        """Remove a ticket from anywhere in the queue; returns False if it is not waiting."""
        clients = self._levels.get(ticket.priority)
        line = clients.get(ticket.client) if clients else None
        if line is None or ticket not in line:
            return False
        line.remove(ticket)
        self._dropped(ticket, line)
        return True

    def only_client(self) -> str | None:
        """The client that owns all waiting tickets; None if no client or several do."""
        clients = {client for level in self._levels.values() for client in level}
        return clients.pop() if len(clients) == 1 else None

    def _dropped(self, ticket: Ticket, line: deque[Ticket]) -> None:
        self._size -= 1
        if not line:
            del self._levels[ticket.priority][ticket.client]
            if not self._levels[ticket.priority]:
                del self._levels[ticket.priority]
