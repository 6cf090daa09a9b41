"""The protocol that every engine implements, and the values that pass through it."""

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
    "EmbeddingRecipe",
    "EncoderRuntime",
    "Engine",
    "EngineSettings",
    "EngineType",
    "FinishReason",
    "Mode",
    "Purpose",
    "Request",
    "Score",
    "ScoreRequest",
    "ShareDone",
]

FinishReason = Literal["stop", "length", "failed"]
Mode = Literal["solo", "batched"]
EncoderRuntime = Literal["auto", "openvino", "onnxruntime"]
Purpose = Literal["question", "passage"]
ShareDone = Callable[[float], None]
"""Hears how much of a long work is done, from 0 to 1."""


@dataclass(frozen=True)
class Request:
    """One greedy generation.

    ``prompt`` holds token ids. ``grammar`` is GBNF with the rule ``root``; None leaves the text free. ``json_schema``
    is the alternative for plain JSON answers; pass at most one of the two. ``messages`` (role, content) and
    ``answer_start`` repeat the prompt as text, for servers that do not accept token ids.
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
    """The engine's answer to one Request.

    ``logprobs`` holds the natural log-probability of each chosen token before any mask, ``token_ends`` the end of each
    token in ``text``, in characters. If ``finish_reason`` is "failed", ``error`` holds the reason.
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
    """A request for the log-probability of each of several continuations of one prompt, all as token ids."""

    id: str
    prompt: tuple[int, ...]
    continuations: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Score:
    """The summed natural log-probability of each continuation; empty if ``error`` gives a reason."""

    id: str
    logprobs: tuple[float, ...]
    prompt_tokens: int = 0
    cached_tokens: int | None = None
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class Capabilities:
    """What an engine can do with its loaded weights. ``context`` is in tokens.

    ``raw_logprobs``: log-probabilities are those before the mask of a grammar. ``token_ids``: the engine accepts
    prompts as token ids; if not, it uses the messages, and its token counts are upper bounds. ``generate`` is false for
    an encoder. ``labels`` are the columns of ``judge``, in lower case: one for a reranker; none: it cannot judge.
    """

    context: int
    grammar: bool
    json_schema: bool
    score: bool = False
    embed: bool = False
    raw_logprobs: bool = True
    token_ids: bool = True
    modes: tuple[Mode, ...] = ("solo", "batched")
    generate: bool = True
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class EmbeddingRecipe:
    """How embedding weights want to be used.

    ``question`` and ``passage`` are the prefixes of texts of that purpose; ``context`` is in tokens, 0 for all that the
    weights have; ``normalise`` makes rows of length 1.
    """

    question: str = ""
    passage: str = ""
    pooling: str = "mean"
    normalise: bool = True
    context: int = 0


@dataclass(frozen=True)
class EngineSettings:
    """How to run an engine.

    ``cache_gib`` is the memory for keys and values, in GiB; ``threads`` is 0 for the engine's own choice; ``server`` is
    the address of an existing server, ``model`` its name for the weights; solo mode never uses ``prefix_cache``;
    ``adapter`` is the folder of the adapter for the weights, ``served_adapter`` the name under which an existing server
    serves one; ``runtime`` runs the graph of an encoder, by default the
    faster one; ``recipe`` is how to embed where the files of the weights do not say.
    """

    mode: Mode = "batched"
    cache_gib: int = 2
    max_in_flight: int = 32
    threads: int = 0
    server: str = ""
    model: str = ""
    prefix_cache: bool = True
    adapter: Path | None = None
    served_adapter: str = ""
    ca_file: str = ""
    runtime: EncoderRuntime = "auto"
    recipe: EmbeddingRecipe = EmbeddingRecipe()

    @property
    def keeps_prefixes(self) -> bool:
        """True if the engine caches common prefixes of prompts."""
        return self.prefix_cache and self.mode != "solo"


class Engine(Protocol):
    """An engine with loaded weights."""

    name: str
    libraries: tuple[str, ...]
    """The Python distributions whose code turns a request into an answer; the lock records their versions."""
    capabilities: Capabilities
    chat_template: str
    special_tokens: dict[str, str]
    control_tokens: tuple[str, ...]

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Token ids of a prompt. Control tokens in it are recognised; none are added."""
        ...

    def prompt(self, messages: Sequence[tuple[str, str]], answer_start: str = "") -> tuple[int, ...]:
        """Token ids of a chat of (role, content) pairs, with the assistant's turn opened and ``answer_start`` in it."""
        ...

    def turn_end(self) -> tuple[int, ...]:
        """The token that ends an answer; empty if the weights have none."""
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
        """Submit a request from any thread at any time; returns a future of its output.

        Lower ``priority`` numbers go first, clients of one priority take turns, and cancelling the future frees the
        slot. The queue is bounded: ``submit`` waits up to ``timeout`` seconds for a place, then raises EngineBusyError.
        """
        ...

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """Complete requests, out of order, without waiting for a slow ``requests``.

        Every request yields exactly one completion; one that cannot be completed is "failed" with a reason.
        """
        ...

    def score(self, requests: Iterable[ScoreRequest]) -> Iterator[Score]:
        """Score continuations, out of order; a request that cannot be scored comes back with an error.

        Raises EngineError if ``capabilities.score`` is false.
        """
        ...

    def lockstep(self, requests: Iterable[Any]) -> Iterator[Any]:
        """Answer requests of both kinds in turns with the caller, so that a run can be replayed.

        Requests are read only between two steps of the engine, and no further ahead than it can work on at once.
        """
        ...

    def embed(self, texts: Sequence[str], *, purpose: Purpose = "passage") -> npt.NDArray[np.float32]:
        """Embeddings, one row per text, from any thread. ``purpose`` is whether texts ask or answer.

        Raises EngineError if ``capabilities.embed`` is false.
        """
        ...

    def judge(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        """Judge pairs of texts: (question, passage) for a reranker, (premise, claim) for entailment weights.

        Returns an array (pairs, ``capabilities.labels``) of natural log-probabilities, or of raw logits if there is one
        label. Raises EngineError if there is none.
        """
        ...

    def describe(self) -> dict[str, Any]:
        """Name, version, build and settings: the engine's part of the lock."""
        ...

    def close(self) -> None:
        """Free the weights."""
        ...


class EngineType(Protocol):
    """The class behind an entry point of ``ringfence.engines``.

    ``form`` names the weights format that the engine runs; the store converts the origin once and keeps the result.
    Set ``runs_adapters = True`` to receive ``EngineSettings.adapter``, ``reads_gguf = False`` if it runs no GGUF file,
    and ``uses_server = True`` for an engine that connects to ``EngineSettings.server`` and takes no weights from the
    store: ``open`` then gets an empty path.
    """

    name: str
    form: str

    @classmethod
    def converter_version(cls) -> str:
        """The version of the converter; the store converts again what another version converted."""
        ...

    @classmethod
    def convert(cls, origin: Path, target: Path, progress: ShareDone) -> None:
        """Convert the weights in the folder ``origin`` into the empty folder ``target``, and tell ``progress``."""
        ...

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> Engine:
        """Load the converted weights in ``folder``."""
        ...
