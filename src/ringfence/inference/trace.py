"""The trace of an engine: one line for each of its answers, with the number of the request.

In batched mode, the order of the requests determines which of them are computed together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from ..contracts import TraceLine
from ..documents import Document
from ..engines import Completion, EngineOutput, EngineRequest

__all__ = ["Tracer", "prompt_digest"]


def prompt_digest(prompt: Iterable[int]) -> str:
    """Return the first 16 hexadecimal digits of the sha256 of token ids."""
    return hashlib.sha256(np.fromiter(prompt, np.int64).tobytes()).hexdigest()[:16]


class Tracer:
    """Numbers the requests of a session, and makes the trace line for each answer."""

    def __init__(self, session: int) -> None:
        self.session = session
        self._count = 0
        self._pending: dict[str, tuple[int, str]] = {}

    def record(self, request: EngineRequest) -> None:
        """Record a request that is sent to the engine."""
        self._count += 1
        self._pending[request.id] = (self._count, prompt_digest(request.prompt))

    def line(self, document: Document, output: EngineOutput) -> TraceLine:
        """Return the trace line for the engine's answer about ``document``."""
        number, prompt = self._pending.pop(output.id)
        line = TraceLine(
            document=document.id, sha256=document.sha256, id=output.id, s=self.session, n=number, prompt=prompt
        )
        if output.error:
            line.error = output.error
            return line
        logprobs = [round(float(logprob), 5) for logprob in output.logprobs]
        if isinstance(output, Completion):
            line.tokens, line.logprobs = list(output.tokens), logprobs
            if not line.tells_tokens:
                line.text = hashlib.sha256(output.text.encode("utf-8", "surrogatepass")).hexdigest()
        else:
            line.scores = logprobs
        return line
