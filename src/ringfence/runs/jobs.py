"""What a run does for one document: ask the engine, read what comes, ask on, and write one line of results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from ..documents import Document
from ..engines import Completion, Request, Score, ScoreRequest

__all__ = ["Asked", "Job", "Told", "add_usage"]

Asked = Request | ScoreRequest
Told = Completion | Score


class Job(Protocol):
    """One document under way. ``reason`` says why it failed."""

    reason: str
    usage: dict[str, Any]

    @property
    def document(self) -> Document:
        """The document."""
        ...

    @property
    def finished(self) -> bool:
        """Whether nothing more is to be asked."""
        ...

    @property
    def moved(self) -> tuple[int, int]:
        """How many of its parts are done, of how many."""
        ...

    def first(self) -> Iterator[Asked]:
        """What is asked at first, made when it is needed."""
        ...

    def take(self, told: Told) -> Sequence[Asked]:
        """Read what came; returns what is asked on."""
        ...

    def result(self, **about: Any) -> dict[str, Any]:
        """The line of results.jsonl of a document that was answered or abstained from."""
        ...


def add_usage(usage: dict[str, Any], told: Told, first: bool = True) -> dict[str, Any]:
    """The usage with one more answer; the prompt of what is asked on of the same text counts once."""
    return {
        "prompt_tokens": usage.get("prompt_tokens", 0) + (told.prompt_tokens if first else 0),
        "cached_tokens": told.cached_tokens,
        "generated_tokens": usage.get("generated_tokens", 0)
        + (len(told.tokens) if isinstance(told, Completion) else 0),
        "seconds": round(usage.get("seconds", 0.0) + told.seconds, 3),
        "looks": usage.get("looks", 0) + 1,
    }
