"""The pace of a session: the work that the engine has done, and the work that a document makes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..engines import Completion, Engine, EngineOutput, EngineRequest, Request

__all__ = ["Costs", "Pace", "PaceMeter"]

WRITTEN_TOKEN = 8.0  # the cost of a written token in tokens read, in batched mode (1.5B and 135M, OpenVINO)


@dataclass(frozen=True)
class Costs:
    """What work costs, in tokens read: ``written`` for each token written; ``shared`` are read once for all prompts."""

    shared: int = 0
    written: float = WRITTEN_TOKEN
    keeps_prompts: bool = False

    @classmethod
    def of(cls, engine: Engine, shared_tokens: Callable[[], int], mode: str) -> Costs:
        """The costs on an engine."""
        keeps = bool(engine.describe()["settings"].get("prefix_caching"))
        # In solo mode, an answer takes about twice as long as in batched mode.
        return cls(shared_tokens() if keeps else 0, WRITTEN_TOKEN * (2 if mode == "solo" else 1), keeps)

    def reading(self, prompt_tokens: int) -> int:
        """The work of reading a prompt of so many tokens."""
        return max(0, prompt_tokens - self.shared)

    def of_request(self, request: EngineRequest, again: bool) -> int:
        """The work of reading a request. The prompt of a generation that was asked ``again`` may still be kept.

        A score reads its prompt whole, because no kept prefix serves it; continuations that begin alike are read once.
        """
        if isinstance(request, Request):
            return 0 if again and self.keeps_prompts else self.reading(len(request.prompt))
        beginnings = {one[:end] for one in request.continuations for end in range(1, len(one) + 1)}
        return len(request.prompt) + len(beginnings)


@dataclass(frozen=True)
class Pace:
    """The pace so far: in ``seconds`` the engine did this ``work``; ``before`` passed until its first request.

    A document makes the work of reading its prompts, and ``more`` work on average: what is written, and what is asked
    because of it. ``written`` is the average number of tokens written for it. The first answer of
    ``answered`` documents is there.
    """

    before: float
    seconds: float
    work: float
    more: float
    written: float
    answered: int = 0


@dataclass
class _Work:
    """What is known of the work of a document beside reading its first prompts: ``outputs`` of it are there.

    ``generations`` counts those that were asked for.
    """

    reading: int = 0
    written: int = 0
    generations: int = 0
    outputs: int = 0


@dataclass
class _Open:
    """A request without an output; ``since`` is None until the engine has it."""

    document: str
    reading: int
    writes: bool
    since: float | None = None


class PaceMeter:
    """Counts requests and outputs, and tells the pace whenever a document has ended; ``clock`` gives seconds."""

    def __init__(
        self, costs: Costs, on_pace: Callable[[Pace], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._costs, self._on_pace, self._clock = costs, on_pace, clock
        self._open: dict[str, _Open] = {}
        self._documents: dict[str, _Work] = {}  # those in progress
        self._ended, self._ended_count = _Work(), 0
        self._done = 0.0
        self._written = self._generated = 0  # tokens, and in how many answers
        self._latencies: deque[float] = deque(maxlen=64)  # of the last generations, in seconds
        self._started, self._first, self._new_end = clock(), 0.0, False

    def count(self, requests: Iterable[EngineRequest]) -> Iterator[EngineRequest]:
        """Yield ``requests`` to the engine, and count them."""
        for request in requests:
            known = self._open.get(request.id) or self._know(request, follows=False)
            known.since = self._clock()
            self._first = self._first or known.since
            yield request

    def end(self, document: str) -> None:
        """Note that a document has ended; one that made no request says nothing of the pace."""
        if work := self._documents.pop(document, None):
            self._ended.reading += work.reading
            self._ended.written += work.written
            self._ended.generations += work.generations
            self._ended_count += 1
            self._new_end = True

    def take(self, output: EngineOutput, waiting: Iterable[EngineRequest]) -> None:
        """Count an output and what is ``waiting`` because of outputs, then tell the pace if a document has ended."""
        if (answered := self._open.pop(output.id, None)) and answered.since is not None:
            written = len(output.tokens) if isinstance(output, Completion) else 0
            document = self._documents.get(answered.document, self._ended)  # its last output ended it
            document.written += written
            document.outputs += 1
            self._done += answered.reading + self._costs.written * written
            if answered.writes:
                self._written += written
                self._generated += 1
                self._latencies.append(self._clock() - answered.since)
        for request in waiting:
            if request.id not in self._open:
                self._know(request, follows=True)
        if self._new_end:
            self._new_end = False
            self._on_pace(self._pace())

    def _know(self, request: EngineRequest, follows: bool) -> _Open:
        name = request.id.partition("\0")[0]
        known = _Open(name, self._costs.of_request(request, follows), isinstance(request, Request))
        work = self._documents.setdefault(name, _Work())
        work.reading += known.reading - (0 if follows else self._costs.reading(len(request.prompt)))
        work.generations += known.writes
        self._open[request.id] = known
        return known

    def _pace(self) -> Pace:
        """The pace now.

        Documents whose first output is there count too: as far as their work is known, and as those that have ended at
        least, for what they ask next is not known yet.
        """
        answer = self._written / self._generated if self._generated else 0.0
        least = self._ended.reading / self._ended_count, self._ended.generations / self._ended_count
        begun = [work for work in self._documents.values() if work.outputs]
        count = self._ended_count + len(begun)
        reading = (self._ended.reading + sum(max(work.reading, least[0]) for work in begun)) / count
        written = (self._ended.written + answer * sum(max(work.generations, least[1]) for work in begun)) / count
        now, usual = self._clock(), sum(self._latencies) / max(1, len(self._latencies))
        under_way = sum(
            (each.reading + self._costs.written * answer) * min(1.0, (now - each.since) / max(usual, 1e-9))
            for each in self._open.values()
            if each.writes and each.since is not None
        )
        more = reading + self._costs.written * written
        seconds, work = now - self._first, self._done + under_way
        return Pace(self._first - self._started, seconds, work, more, written, count)
