"""One document under way: what is asked about it, what came, and the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..contracts import Result, Span, Usage
from ..documents import Document
from ..engines import Completion, EngineOutput, EngineRequest, Score

__all__ = ["Job", "NothingKept", "WindowKeeper", "add_usage", "as_completion", "as_score"]


class WindowKeeper(Protocol):
    """Keeps what each window of a long document gave, so that an interruption costs no more than what is under way."""

    def keep_window(self, document: Document, window: Span, part: dict[str, Any]) -> None:
        """Keep one window's part of the answer, as plain data."""
        ...

    def kept_windows(self, document: Document) -> Mapping[Span, dict[str, Any]]:
        """What earlier sessions kept of a document, by window."""
        ...


class NothingKept:
    """A keeper that keeps nothing, for answers without a folder."""

    def keep_window(self, document: Document, window: Span, part: dict[str, Any]) -> None:
        """Forget it."""

    def kept_windows(self, document: Document) -> Mapping[Span, dict[str, Any]]:
        """Nothing."""
        return {}


class Job(Protocol):
    """The work on one document. ``reason`` says why it failed."""

    reason: str
    usage: Usage | None

    @property
    def document(self) -> Document:
        """The document."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the job needs no further engine calls."""
        ...

    @property
    def progress(self) -> tuple[int, int]:
        """How many of its parts are done, of how many."""
        ...

    def first(self) -> Iterator[EngineRequest]:
        """The first requests, each made when it is needed."""
        ...

    def take(self, output: EngineOutput) -> Sequence[EngineRequest]:
        """Read an output; returns the requests that follow from it."""
        ...

    def result(self) -> Result:
        """The result of a document that was answered or abstained from."""
        ...


def add_usage(usage: Usage | None, output: EngineOutput, *, new_prompt: bool = True) -> Usage:
    """The usage with one more output. ``new_prompt``: its prompt is not one that was counted before."""
    usage = usage or Usage()
    return Usage(
        prompt_tokens=usage.prompt_tokens + (output.prompt_tokens if new_prompt else 0),
        cached_tokens=output.cached_tokens,
        generated_tokens=usage.generated_tokens + (len(output.tokens) if isinstance(output, Completion) else 0),
        seconds=round(usage.seconds + output.seconds, 3),
        looks=usage.looks + 1,
    )


def as_completion(output: EngineOutput) -> Completion:
    """The output of a request for text. Raises TypeError for scores."""
    if not isinstance(output, Completion):
        raise TypeError("an engine answered a request for text with scores")
    return output


def as_score(output: EngineOutput) -> Score:
    """The output of a request for scores. Raises TypeError for text."""
    if not isinstance(output, Score):
        raise TypeError("an engine answered a request for scores with text")
    return output
