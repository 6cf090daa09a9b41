"""What the engine said, in the order in which it was asked: the trace of a run, against which a replay is held.

One line an answer of the engine: ``n`` is its place in the order of asking (in batched mode that order decides what is
computed side by side), ``s`` the session, ``prompt`` the digest of the prompt's token ids, and the tokens with their
log-probabilities, or the scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..documents import Document
from ..engines import Completion
from .jobs import Asked, Told

__all__ = ["Tracer", "prompt_digest", "traces_by_document"]


def prompt_digest(prompt: Iterable[int]) -> str:
    """A short sha256 of token ids."""
    return hashlib.sha256(np.fromiter(prompt, np.int64).tobytes()).hexdigest()[:16]


class Tracer:
    """Numbers what is asked, and makes the line of what came of it."""

    def __init__(self, session: int) -> None:
        self.session = session
        self._count = 0
        self._asked: dict[str, tuple[int, str]] = {}

    def asks(self, request: Asked) -> None:
        """Note a request that is handed to the engine now."""
        self._count += 1
        self._asked[request.id] = (self._count, prompt_digest(request.prompt))

    def line(self, document: Document, told: Told) -> dict[str, Any]:
        """The line for what came."""
        number, prompt = self._asked.pop(told.id)
        line: dict[str, Any] = {
            "document": document.id,
            "sha256": document.sha256,
            "id": told.id,
            "s": self.session,
            "n": number,
            "prompt": prompt,
        }
        if told.error:
            return {**line, "error": told.error}
        if isinstance(told, Completion):
            return {**line, "tokens": list(told.tokens), "logprobs": [round(float(p), 5) for p in told.logprobs]}
        return {**line, "scores": [round(float(p), 5) for p in told.logprobs]}


def traces_by_document(
    lines: Iterable[Mapping[str, Any]], contents: Mapping[str, str | None]
) -> dict[str, dict[str, list[Mapping[str, Any]]]]:
    """By document and request, what the last session that asked it heard, in order; of each document's content (its sha256
    in ``contents``) only."""
    found: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for line in lines:
        if line["sha256"] != contents.get(line["document"]):
            continue
        heard = found.setdefault(line["document"], {}).setdefault(line["id"], [])
        if heard and heard[-1]["s"] != line["s"]:
            heard.clear()
        heard.append(line)
    return found
