"""What an engine is: the small protocol that every engine speaks, and the values that pass through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

__all__ = [
    "Capabilities",
    "Completion",
    "Engine",
    "EngineSettings",
    "EngineType",
    "FinishReason",
    "Mode",
    "Request",
    "Score",
    "ScoreRequest",
]

FinishReason = Literal["stop", "length", "failed"]
Mode = Literal["solo", "batched"]


@dataclass(frozen=True)
class Request:
    """One generation, greedy. ``grammar`` is GBNF with the rule ``root``; None leaves the text free.

    ``json_schema`` is the alternative for answers that are plain JSON; an engine takes one of the two at most.
    ``messages`` (role, content) and ``answer_start`` say the same as ``prompt``, for servers that take no token ids.
    """

    id: str
    prompt: tuple[int, ...] = field(repr=False)
    max_new_tokens: int
    grammar: str | None = field(default=None, repr=False)
    json_schema: str | None = field(default=None, repr=False)
    seed: int = 0
    messages: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    answer_start: str = field(default="", repr=False)


@dataclass(frozen=True)
class Completion:
    """What came of a request.

    ``logprobs`` holds the natural log-probability of each chosen token before any mask, ``token_ends`` the end of each
    token in ``text`` (characters). ``finish_reason`` "failed" comes with ``error``, a sentence.
    """

    id: str
    text: str = field(repr=False)
    tokens: tuple[int, ...] = field(repr=False)
    logprobs: tuple[float, ...] = field(repr=False)
    token_ends: tuple[int, ...] = field(repr=False)
    finish_reason: FinishReason
    prompt_tokens: int
    cached_tokens: int | None = None
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class ScoreRequest:
    """Log-probabilities wanted for each of several continuations of one prompt."""

    id: str
    prompt: tuple[int, ...]
    continuations: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Score:
    """The summed natural log-probability of each continuation; none where ``error`` says why there are none."""

    id: str
    logprobs: tuple[float, ...]
    prompt_tokens: int = 0
    cached_tokens: int | None = None
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do with the weights that it has loaded. ``context`` is in tokens.

    ``raw_logprobs``: log-probabilities are those before the mask of a grammar. ``token_ids``: it takes prompts as token
    ids; an engine that does not is given messages, and its counts of tokens are estimates from above.
    """

    context: int
    grammar: bool
    json_schema: bool
    score: bool = False
    embed: bool = False
    raw_logprobs: bool = True
    token_ids: bool = True
    modes: tuple[Mode, ...] = ("solo", "batched")


@dataclass(frozen=True)
class EngineSettings:
    """How an engine is run. ``cache_gib`` is the memory for keys and values; ``server`` the address of a server that runs
    already, ``model`` its name for the weights; ``prefix_cache`` is off in solo mode in any case;
    ``adapter`` is a folder with what is added to the weights.
    """

    mode: Mode = "batched"
    cache_gib: int = 2
    max_in_flight: int = 32
    threads: int = 0
    server: str = ""
    model: str = ""
    prefix_cache: bool = True
    adapter: Path | None = None

    @property
    def keeps_prefixes(self) -> bool:
        """Whether what prompts have in common is computed once and kept."""
        return self.prefix_cache and self.mode != "solo"


class Engine(Protocol):
    """An engine with weights loaded."""

    name: str
    libraries: tuple[str, ...]
    """The distributions whose code turns a request into an answer; their versions go into the lock."""
    capabilities: Capabilities
    chat_template: str
    special_tokens: dict[str, str]
    control_tokens: tuple[str, ...]

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Token ids of a prompt in which control tokens count as such; nothing is added."""
        ...

    def prompt(self, messages: Sequence[tuple[str, str]], answer_start: str = "") -> tuple[int, ...]:
        """Token ids of a chat of (role, content), with the assistant's turn opened and its beginning written."""
        ...

    def turn_end(self) -> tuple[int, ...]:
        """The token that ends an answer; none where the weights have none."""
        ...

    def submit(
        self,
        request: Request | ScoreRequest,
        *,
        client: str = "",
        priority: int = 0,
        timeout: float | None = None,
        on_done: Callable[[Any], None] | None = None,
    ) -> Future[Completion | Score]:
        """Hand over a request from any thread at any time; returns the promise of its output.

        Lower ``priority`` numbers go first, clients of one priority take turns, and cancelling the promise frees the
        slot. The queue is bounded: waits for up to ``timeout`` seconds for a place, then raises EngineBusyError.
        """
        ...

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """Complete requests, out of order, without waiting for a slow ``requests``.

        Every request read ends as one completion; one that cannot be completed is "failed" with its reason.
        """
        ...

    def score(self, requests: Iterable[ScoreRequest]) -> Iterator[Score]:
        """Score continuations, like ``generate``; one that cannot be scored comes back with its error.

        Raises EngineError if ``capabilities.score`` is false.
        """
        ...

    def lockstep(self, requests: Iterable[Any]) -> Iterator[Any]:
        """Answer requests of both kinds in turns with the caller, so that a run can be replayed: the next request is
        read only between two steps, and no further ahead than can be under way.
        """
        ...

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embeddings, one row a text. Raises EngineError where ``capabilities.embed`` is false."""
        ...

    def describe(self) -> dict[str, Any]:
        """Name, version, build and the settings in force: the engine's part of the lock."""
        ...

    def close(self) -> None:
        """Free the weights."""
        ...


class EngineType(Protocol):
    """The class behind an entry point of ``ringfence.engines``.

    ``form`` names the form of weights that it runs; it is made once from the origin and kept in the store.
    Set ``runs_adapters = True`` to receive ``EngineSettings.adapter``.
    """

    name: str
    form: str

    @classmethod
    def converter_version(cls) -> str:
        """The version of the code that makes ``form``; a form made by another version is made anew."""
        ...

    @classmethod
    def convert(cls, origin: Path, target: Path) -> None:
        """Write the form of the weights at ``origin`` into the empty folder ``target``."""
        ...

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> Engine:
        """Load the form that lies in ``folder``."""
        ...
