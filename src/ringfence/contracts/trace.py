"""A line of trace.jsonl: the engine's answer to one request."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from .base import Contract

__all__ = ["TraceLine"]


class TraceLine(Contract):
    """One answer of the engine.

    ``n`` is the number of the request in its session, ``s`` the session, and ``prompt`` the digest of the prompt's
    token ids. A completion has ``tokens`` with their ``logprobs``, a scoring has ``scores``, and a failure has
    ``error``. ``text`` is the sha256 of the completion's text, if the engine tells no tokens.
    """

    omitted: ClassVar[frozenset[str]] = frozenset({"tokens", "logprobs", "scores", "error", "schema", "text"})

    schema_version: int | None = Field(default=None, alias="schema")
    document: str
    sha256: str | None = None
    id: str
    s: int
    n: int
    prompt: str
    error: str | None = None
    tokens: list[int] | None = None
    logprobs: list[float] | None = None
    scores: list[float] | None = None
    text: str | None = None

    @property
    def tells_tokens(self) -> bool:
        """True unless this is a completion whose tokens the engine did not tell."""
        return bool(self.scores or self.error or any(self.tokens or ()))
