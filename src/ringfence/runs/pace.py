"""The pace of a model, measured on the first answer of a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..engines import Completion, EngineOutput, EngineRequest

__all__ = ["Pace", "PaceMeter"]


@dataclass(frozen=True)
class Pace:
    """The work until the first answer: in ``seconds``, the engine read and wrote about this many tokens."""

    seconds: float
    prompt_tokens: int
    written_tokens: int


class PaceMeter:
    """Counts what the engine has taken in until the first answer, then tells the pace once."""

    def __init__(self, on_first_answer: Callable[[Pace], None]) -> None:
        self._on_first_answer: Callable[[Pace], None] | None = on_first_answer
        self._requests = self._prompt_tokens = 0

    def count(self, requests: Iterable[EngineRequest]) -> Iterator[EngineRequest]:
        """Yield ``requests``, and count them."""
        for request in requests:
            self._requests += 1
            self._prompt_tokens += len(request.prompt)
            yield request

    def take(self, output: EngineOutput) -> None:
        """Tell the pace if ``output`` is the first answer: all requests under way have come about as far as it has."""
        if self._on_first_answer is None or output.error or not output.seconds:
            return
        tell, self._on_first_answer = self._on_first_answer, None
        written = self._requests * len(output.tokens) if isinstance(output, Completion) else 0
        tell(Pace(output.seconds, self._prompt_tokens, written))
