"""An engine serves requests at any time from any thread, in turn, bounded, cancellable; or in lockstep with a run."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engines import Completion, Request, Ticket
from ringfence.engines.scheduler import Delivery, Scheduled
from ringfence.engines.ticket import FairQueue
from ringfence.errors import EngineBusyError, EngineError

WAIT = 20.0


def request(name: str) -> Request:
    return Request(name, (1,), 1)


def completion(name: str) -> Completion:
    return Completion(name, "", (), (), (), "stop", 1)


class Stepping(Scheduled):
    """Finishes all that is under way in one step, once it may; ``batches`` holds what was computed side by side."""

    def __init__(self, slots: int = 4) -> None:
        self.slots = slots
        self.under_way: list[Ticket] = []
        self.batches: list[list[str]] = []
        self.begun: list[str] = []
        self.aborted: list[str] = []
        self.may_step = threading.Event()
        self.may_step.set()

    def begin(self, ticket: Ticket) -> None:
        self.begun.append(ticket.request.id)
        self.under_way.append(ticket)

    def advance(self) -> Iterator[Delivery]:
        self.may_step.wait(WAIT)
        taken, self.under_way = self.under_way, []
        self.batches.append([ticket.request.id for ticket in taken])
        yield from ((ticket, completion(ticket.request.id)) for ticket in taken)

    def abandon(self, ticket: Ticket) -> None:
        self.aborted.append(ticket.request.id)
        if ticket in self.under_way:
            self.under_way.remove(ticket)


@pytest.fixture
def engine() -> Iterator[Stepping]:
    made = Stepping()
    yield made
    made.may_step.set()
    made.close()


def test_the_first_answer_does_not_wait_for_a_slow_producer(engine: Stepping) -> None:
    answered = threading.Event()

    def slowly() -> Iterator[Request]:
        yield request("first")
        assert answered.wait(WAIT), "the first answer waited for the second request"
        yield request("second")

    seen = []
    for done in engine.generate(slowly()):
        seen.append(done.id)
        answered.set()
    assert seen == ["first", "second"]


def test_two_hundred_requests_from_eight_threads_all_end(engine: Stepping) -> None:
    found: SimpleQueue[str] = SimpleQueue()

    def ask(client: int) -> None:
        tickets = [engine.submit(request(f"{client}-{n}"), client=str(client)) for n in range(25)]
        for ticket in tickets:
            found.put(ticket.result(WAIT).id)

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len({found.get() for _ in range(200)}) == 200


def test_an_urgent_request_overtakes_and_clients_take_turns(engine: Stepping) -> None:
    engine.slots = 1
    engine.may_step.clear()
    tickets = [engine.submit(request("at work"))]
    while not engine.begun:
        time.sleep(0.001)
    tickets += [engine.submit(request(f"greedy {n}"), client="greedy") for n in range(3)]
    tickets += [engine.submit(request(f"modest {n}"), client="modest") for n in range(2)]
    tickets.append(engine.submit(request("urgent"), client="greedy", priority=-1))
    engine.may_step.set()
    for ticket in tickets:
        ticket.result(WAIT)
    assert engine.begun == ["at work", "urgent", "greedy 0", "modest 0", "greedy 1", "modest 1", "greedy 2"]


def test_cancelling_frees_the_slot_and_what_waits_is_never_begun(engine: Stepping) -> None:
    engine.slots = 1
    engine.may_step.clear()
    first, waiting = engine.submit(request("first")), engine.submit(request("waiting"))
    assert waiting.cancel()
    assert first.cancel()
    after = engine.submit(request("after"))
    engine.may_step.set()
    assert after.result(WAIT).id == "after"
    assert not after.cancel()
    assert "waiting" not in engine.begun
    assert first.cancelled()


def test_a_full_queue_says_so_and_takes_more_when_there_is_room(
    engine: Stepping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.engines.scheduler.QUEUED", 2)
    engine.slots = 1
    engine.may_step.clear()
    running = engine.submit(request("running"))
    while not engine.begun:
        time.sleep(0.001)
    waiting = [engine.submit(request(f"waiting {n}")) for n in range(2)]
    with pytest.raises(EngineBusyError, match="queue is full"):
        engine.submit(request("too many"), timeout=0)
    engine.may_step.set()
    for ticket in (running, *waiting, engine.submit(request("later"))):
        ticket.result(WAIT)


def test_an_async_caller_awaits_and_its_cancellation_reaches_the_engine(engine: Stepping) -> None:
    async def ask() -> str:
        done = await asyncio.wrap_future(engine.submit(request("awaited")))
        engine.may_step.clear()
        given_up = engine.submit(request("given up"))
        task = asyncio.ensure_future(asyncio.wrap_future(given_up))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        assert given_up.cancelled()
        return done.id

    assert asyncio.run(ask()) == "awaited"


def test_lockstep_fills_the_engine_before_each_step_so_that_company_is_always_the_same(engine: Stepping) -> None:
    def slowly() -> Iterator[Request]:
        for n in range(10):
            time.sleep(0.002)  # an engine that did not wait would step with fewer
            yield request(str(n))

    assert [done.id for done in engine.lockstep(slowly())] == [str(n) for n in range(10)]
    assert engine.batches == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9"]]


def test_lockstep_asks_follow_ups_in_the_very_next_step(engine: Stepping) -> None:
    follow_ups: list[Request] = []
    fresh = iter([request(str(n)) for n in range(6)])

    def requests() -> Iterator[Request]:
        while (one := follow_ups.pop(0) if follow_ups else next(fresh, None)) is not None:
            yield one

    for done in engine.lockstep(requests()):
        if done.id in ("0", "1"):
            follow_ups.append(request(f"{done.id} again"))
    assert engine.batches == [["0", "1", "2", "3"], ["0 again", "1 again", "4", "5"]]


def test_abandoning_lockstep_cancels_what_is_under_way(engine: Stepping) -> None:
    stream = engine.lockstep(request(str(n)) for n in range(9))
    assert next(stream).id == "0"
    stream.close()  # type: ignore[attr-defined]
    assert engine.submit(request("next")).result(WAIT).id == "next"


def test_an_engine_that_dies_fails_what_is_under_way_and_goes_on(engine: Stepping) -> None:
    advance = engine.advance
    died: list[bool] = []

    def dies_once() -> Iterator[Delivery]:
        if not died:
            died.append(True)
            raise EngineError("It died.")
        return advance()

    engine.advance = dies_once  # type: ignore[method-assign]
    with pytest.raises(EngineError, match="It died"):
        engine.submit(request("unlucky")).result(WAIT)
    assert engine.submit(request("next")).result(WAIT).id == "next"


def test_closing_ends_every_wait() -> None:
    engine = Stepping(slots=1)
    engine.may_step.clear()
    tickets = [engine.submit(request(str(n))) for n in range(3)]
    threading.Timer(0.01, engine.may_step.set).start()
    engine.close()
    for ticket in tickets:
        with pytest.raises(EngineError, match="closed"):
            ticket.result(WAIT)
    with pytest.raises(EngineError, match="closed"):
        engine.submit(request("late"))


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc")), max_size=30))
def test_the_queue_serves_priorities_first_keeps_each_clients_order_and_lets_nobody_be_passed_twice(
    arrivals: list[tuple[int, str]],
) -> None:
    queue = FairQueue()
    for number, (priority, client) in enumerate(arrivals):
        queue.push(Ticket(request(str(number)), client, priority, lambda ticket: None))
    served = []
    while len(queue):
        head = queue.head()
        served.append(queue.pop())
        assert served[-1] is head
    assert [ticket.priority for ticket in served] == sorted(ticket.priority for ticket in served)
    for level in range(3):
        for client in "abc":
            mine = [int(t.request.id) for t in served if (t.priority, t.client) == (level, client)]
            assert mine == sorted(mine)
        clients = [ticket.client for ticket in served if ticket.priority == level]
        for place, (first, second) in enumerate(itertools.pairwise(clients)):
            if first == second:  # only when nobody else waits
                assert set(clients[place:]) == {first}
    assert sorted(int(ticket.request.id) for ticket in served) == list(range(len(arrivals)))


@pytest.mark.parametrize("hook", ["abandon", "has_room"])
def test_a_hook_of_an_engine_that_raises_leaves_nobody_waiting(engine: Stepping, hook: str) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError("broken")

    engine.may_step.clear()
    first = engine.submit(request("first"))
    setattr(engine, hook, broken)
    second = engine.submit(request("second"))
    if hook == "abandon":
        first.cancel()
    engine.may_step.set()
    for ticket in (first, second):
        with suppress(RuntimeError, CancelledError):
            ticket.result(WAIT)
    assert {first.done(), second.done()} == {True}


def test_an_engine_that_is_closed_under_lockstep_ends_it_with_an_error(engine: Stepping) -> None:
    engine.may_step.clear()
    stream = engine.lockstep(iter([request("a"), request("b")]))
    threading.Timer(0.05, engine.close).start()
    threading.Timer(0.1, engine.may_step.set).start()
    with pytest.raises(EngineError, match="closed"):
        list(stream)


def test_a_cancelled_ticket_counts_as_done_for_the_standard_library(engine: Stepping) -> None:
    engine.may_step.clear()
    tickets = [engine.submit(request(str(n))) for n in range(2)]
    tickets[1].cancel()
    engine.may_step.set()
    assert futures.wait(tickets, WAIT).not_done == set()


def test_a_ticket_that_is_cancelled_while_it_is_delivered_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = Ticket(request("r"), "client", 0, lambda ticket: None)
    step, said = ticket.set_running_or_notify_cancel, []

    def cancelled_meanwhile() -> bool:
        monkeypatch.setattr(ticket, "set_running_or_notify_cancel", step)
        said.append(ticket.cancel())  # as another thread may do between two steps of this one
        return step()

    monkeypatch.setattr(ticket, "set_running_or_notify_cancel", cancelled_meanwhile)
    ticket.deliver(completion("r"))
    assert said == [False]
    assert ticket.result() == completion("r")


def test_a_ticket_that_is_cancelled_and_delivered_at_once_ends_once() -> None:
    """Two threads that both ended one future broke its state, and with it the engine's thread."""

    def at_once(start: threading.Barrier, end: Callable[[], object]) -> None:
        start.wait(WAIT)
        end()

    with futures.ThreadPoolExecutor(3) as pool:
        for _ in range(500):
            given_up: list[Ticket] = []
            ticket, start = Ticket(request("r"), "client", 0, given_up.append), threading.Barrier(3)
            ends = (ticket.cancel, ticket.cancel, partial(ticket.deliver, EngineError("closed", None)))
            for under_way in [pool.submit(at_once, start, end) for end in ends]:
                under_way.result(WAIT)
            assert ticket.done()
            assert len(given_up) == ticket.cancelled()
