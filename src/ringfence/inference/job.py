"""The protocol of a job: one document in progress, with its requests, their outputs, and the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..contracts import Result, Span, Usage
from ..documents import Document
from ..engines import Completion, EngineOutput, EngineRequest, Score

__all__ = ["Job", "NothingKept", "WindowKeeper", "add_usage", "as_completion", "as_score", "sum_usage"]


class WindowKeeper(Protocol):
    """Stores the answer of each window of a long document, so that an interruption loses only requests in progress."""

    def keep_window(self, document: Document, window: Span, part: dict[str, Any]) -> None:
        """Store one window's part of the answer, as plain data."""
        ...

    def kept_windows(self, document: Document) -> Mapping[Span, dict[str, Any]]:
        """Return the stored parts of a document from earlier sessions, by window."""
        ...


class NothingKept:
    """A keeper that stores nothing, for answers without a folder."""

    def keep_window(self, document: Document, window: Span, part: dict[str, Any]) -> None:
        """Do nothing."""

    def kept_windows(self, document: Document) -> Mapping[Span, dict[str, Any]]:
        """Return an empty mapping."""
        return {}


class Job(Protocol):
    """The work on one document. ``reason`` is the reason for its failure; empty if it has not failed."""

    reason: str
    usage: Usage | None

    @property
    def document(self) -> Document:
        """The document."""
        ...

    @property
    def finished(self) -> bool:
        """True if the job needs no further engine calls."""
        ...

    @property
    def progress(self) -> tuple[int, int]:
        """The number of finished parts, and of all parts."""
        ...

    def first(self) -> Iterator[EngineRequest]:
        """Yield the first requests, each created on demand."""
        ...

    def take(self, output: EngineOutput) -> Sequence[EngineRequest]:
        """Process an output, and return the requests that follow from it."""
        ...

    def result(self) -> Result:
        """Return the result of a document that was answered, or for which the task abstains."""
        ...


def add_usage(usage: Usage | None, output: EngineOutput, *, new_prompt: bool = True) -> Usage:
    """Return the usage including one more output. ``new_prompt`` is False if its prompt was already counted."""
    usage = usage or Usage()
    return Usage(
        prompt_tokens=usage.prompt_tokens + (output.prompt_tokens if new_prompt else 0),
        cached_tokens=output.cached_tokens,
        generated_tokens=usage.generated_tokens + (len(output.tokens) if isinstance(output, Completion) else 0),
        seconds=round(usage.seconds + output.seconds, 3),
        looks=usage.looks + 1,
    )


def sum_usage(parts: Sequence[Usage]) -> Usage:
    """Return what parts of the work on a document cost together."""
    cached = [part.cached_tokens for part in parts if part.cached_tokens is not None]
    return Usage(
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        cached_tokens=cached[-1] if cached else None,
        generated_tokens=sum(part.generated_tokens for part in parts),
        seconds=round(sum(part.seconds for part in parts), 3),
        looks=sum(part.looks for part in parts),
    )


def as_completion(output: EngineOutput) -> Completion:
    """Return ``output`` as the completion of a request for text. Raises TypeError for scores."""
    if not isinstance(output, Completion):
        raise TypeError("an engine answered a request for text with scores")
    return output


def as_score(output: EngineOutput) -> Score:
    """Return ``output`` as the scores of a request for scores. Raises TypeError for text."""
    if not isinstance(output, Score):
        raise TypeError("an engine answered a request for scores with text")
    return output
