"""The default, embedded engine: OpenVINO GenAI with continuous batching, prefix caching and grammars per request."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..errors import EngineError
from ..hardware import processors
from .chat import Templated
from .gguf_metadata import FormFacts
from .openvino_convert import converter_version, make_form
from .openvino_runtime import (
    build_digest,
    explain,
    last_words,
    runtime,
)
from .openvino_scorer import OpenVinoScorer, pass_holds
from .protocol import (
    Capabilities,
    Completion,
    EngineSettings,
    Request,
    Score,
    ScoreRequest,
    ShareDone,
)
from .scheduler import Delivery, Scheduled
from .ticket import EngineOutput, EngineRequest, Ticket

__all__ = ["OpenVinoEngine"]

KV_PRECISION = "u8"
MIN_ANSWER_TOKENS = 64
BYTES_PER_CACHED_NUMBER = 1.13  # one byte, plus a scale and a zero point for each head of 64 numbers or more
CACHE_SHARE = 0.85  # of the cache that requests under way may claim: blocks are whole, answers vary in length


@dataclass
class _InFlight:
    request: Request
    handle: Any
    started: float


class OpenVinoEngine(Scheduled, Templated):
    """Loaded weights in OpenVINO's format."""

    name = "openvino"
    form = "openvino"
    libraries: tuple[str, ...] = ("gguf", "jinja2", "numpy", "openvino", "openvino-genai", "openvino-tokenizers")

    def __init__(self, folder: Path, settings: EngineSettings) -> None:
        self.settings = settings
        self._folder = folder
        self._facts = FormFacts.read(folder)
        self.chat_template = self._facts.chat_template
        self.special_tokens = self._facts.special_tokens
        self.control_tokens = tuple(self._facts.control_tokens)
        self.capabilities = Capabilities(context=self._facts.context, grammar=True, json_schema=True, score=True)
        try:
            self._tokenizer = runtime().genai.Tokenizer(str(folder))
        except RuntimeError as error:
            raise explain(error, "loading the tokenizer") from None
        self.slots = 1 if self._solo else settings.max_in_flight
        self._serial = itertools.count(1)
        self._in_flight: dict[Ticket, _InFlight] = {}
        self._to_score: dict[Ticket, None] = {}
        self._alone: deque[Ticket] = deque()
        self._pipeline: Any = None  # loaded for the first Request
        self._scorer: OpenVinoScorer | None = None  # loaded for the first ScoreRequest

    @classmethod
    def converter_version(cls) -> str:
        """The versions of OpenVINO GenAI and of Ringfence's own part."""
        return converter_version()

    @classmethod
    def convert(cls, origin: Path, target: Path, progress: ShareDone) -> None:
        """Convert the weights in ``origin`` to OpenVINO's format in ``target``."""
        make_form(origin, target, progress)

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> OpenVinoEngine:
        """Load the converted weights in ``folder``."""
        return cls(folder, settings)

    @property
    def _solo(self) -> bool:
        return self.settings.mode == "solo"

    def _scheduler_config(self) -> Any:
        scheduler = runtime().genai.SchedulerConfig()
        scheduler.cache_size = self.settings.cache_gib
        scheduler.enable_prefix_caching = self.settings.keeps_prefixes
        scheduler.max_num_seqs = 1 if self._solo else self.settings.max_in_flight
        return scheduler

    def _build(self) -> None:
        """Load the graph into a new pipeline; drop a broken one first so that memory never holds both."""
        self._pipeline = None
        genai = runtime().genai
        try:
            self._pipeline = genai.ContinuousBatchingPipeline(
                str(self._folder), self._scheduler_config(), "CPU", self._properties()
            )
        except (RuntimeError, MemoryError) as error:
            raise explain(error, "loading the weights") from None

    def _properties(self) -> dict[str, Any]:
        threads = {"INFERENCE_NUM_THREADS": self.settings.threads} if self.settings.threads else {}
        return {"KV_CACHE_PRECISION": KV_PRECISION, **threads}

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Token ids of ``text``. Control tokens in it are recognised; none are added."""
        ids = self._tokenizer.encode(text, add_special_tokens=False).input_ids.data
        return tuple(int(token) for token in ids[0])

    def begin(self, ticket: Ticket) -> EngineOutput | None:
        """Begin a request; returns a refusal if it cannot fit."""
        request = ticket.request
        if isinstance(request, ScoreRequest):
            try:
                refusal = self._loaded_scorer().refusal(request)
            except EngineError as error:  # a graph that cannot score still answers
                return _unscored(request, error)
            if refusal is None:
                self._to_score[ticket] = None
            return refusal
        if too_long := self._refusal(request):
            return too_long
        if self._pipeline is None:
            self._build()
        try:
            self._in_flight[ticket] = _InFlight(request, self._add(request), time.monotonic())
        except RuntimeError:
            self._alone.append(ticket)
        return None

    def has_room(self, request: EngineRequest, under_way: Sequence[EngineRequest]) -> bool:
        """True if the cache, or the next scoring pass, has room for ``request`` beside what is under way."""
        if self._alone:
            return False
        if isinstance(request, ScoreRequest):
            waiting = [other for other in under_way if isinstance(other, ScoreRequest)]
            return not waiting or pass_holds([*waiting, request])
        # Beyond its cache the pipeline sets requests to IGNORED, also those that would fit.
        requests = [request, *(other for other in under_way if isinstance(other, Request))]
        tokens = sum(len(each.prompt) + min(each.max_new_tokens, MIN_ANSWER_TOKENS) for each in requests)
        needed = tokens * self._facts.cached_numbers * BYTES_PER_CACHED_NUMBER
        return len(requests) == 1 or needed < CACHE_SHARE * self.settings.cache_gib * 2**30

    def advance(self) -> Iterable[Delivery]:
        """Run one scoring pass and one step of the pipeline."""
        if self._to_score:
            tickets, self._to_score = list(self._to_score), {}
            requests = [cast(ScoreRequest, ticket.request) for ticket in tickets]
            try:
                scores = self._loaded_scorer().score(requests)
            except EngineError as error:
                scores = [_unscored(request, error) for request in requests]
            yield from zip(tickets, scores, strict=True)
        if self._in_flight:
            yield from self._step()
        elif self._alone:  # the engine failed on them in a batch: run each alone
            ticket = self._alone.popleft()
            yield ticket, self._complete_alone(cast(Request, ticket.request))

    def _step(self) -> Iterator[Delivery]:
        """Run one step of the pipeline; if it fails, run each request alone to find the one that caused it."""
        try:
            self._pipeline.step()
        except RuntimeError:
            self._alone.extend(self._in_flight)
            self._in_flight.clear()
            self._build()
            return
        statuses = runtime().genai.GenerationStatus
        for ticket in [
            each for each, flight in self._in_flight.items() if flight.handle.get_status() != statuses.RUNNING
        ]:
            flight = self._in_flight.pop(ticket)
            if flight.handle.get_status() == statuses.FINISHED:
                yield ticket, self._completion(flight)
            else:  # IGNORED: too little cache for all, which also hits requests that would fit
                self._alone.append(ticket)

    def abandon(self, ticket: Ticket) -> None:
        """Cancel a request; the pipeline drops it in its next step."""
        self._to_score.pop(ticket, None)
        if ticket in self._alone:
            self._alone.remove(ticket)
        flight = self._in_flight.pop(ticket, None)
        if flight is None:
            return
        flight.handle.cancel()
        try:
            if not self._in_flight:  # otherwise the next step frees its part of the cache
                self._pipeline.step()
        except RuntimeError:
            self._build()

    def _complete_alone(self, request: Request) -> Completion:
        statuses = runtime().genai.GenerationStatus
        try:
            flight = _InFlight(request, self._add(request), time.monotonic())
            while flight.handle.get_status() == statuses.RUNNING:
                self._pipeline.step()
        except RuntimeError as error:
            self._build()
            return self._failed(request, f"the engine failed on this request ({last_words(error)})")
        if flight.handle.get_status() != statuses.FINISHED:
            return self._failed(
                request,
                f"its {len(request.prompt)} tokens do not fit into a cache of {self.settings.cache_gib} GiB; "
                "give a larger --cache",
            )
        return self._completion(flight)

    def _refusal(self, request: Request) -> Completion | None:
        """Refuse requests beyond the trained context: the engine raises nothing for them and writes rubbish."""
        room = self.capabilities.context - len(request.prompt)
        if room >= min(request.max_new_tokens, MIN_ANSWER_TOKENS):
            return None
        return self._failed(
            request,
            f"it is too long: {len(request.prompt)} tokens with its prompt, "
            f"and these weights hold {self.capabilities.context}",
        )

    def _add(self, request: Request) -> Any:
        core, genai = runtime()
        config = genai.GenerationConfig()
        config.max_new_tokens = min(request.max_new_tokens, self.capabilities.context - len(request.prompt))
        config.do_sample = False
        config.logprobs = 1
        config.rng_seed = request.seed
        config.stop_token_ids = set(self._facts.end_ids)
        if request.grammar is not None or request.json_schema is not None:
            structure = genai.StructuredOutputConfig()
            if request.grammar is not None:
                structure.grammar = request.grammar
            else:
                structure.json_schema = request.json_schema
            config.structured_output_config = structure
        ids = core.Tensor(np.array([request.prompt], dtype=np.int64))
        return self._pipeline.add_request(next(self._serial), ids, config)

    def _completion(self, flight: _InFlight) -> Completion:
        output = flight.handle.read_all()[0]
        tokens, logprobs = list(output.generated_ids), list(output.generated_log_probs)
        stopped = bool(tokens) and tokens[-1] in self._facts.end_ids
        if stopped:
            tokens, logprobs = tokens[:-1], logprobs[: len(tokens) - 1]
        prefixes = [tokens[: position + 1] for position in range(len(tokens))]
        texts = self._tokenizer.decode(prefixes, skip_special_tokens=True) if prefixes else []
        # A prefix may end inside a character; its replacement mark is not part of the text.
        ends = tuple(len(text.rstrip("\ufffd")) for text in texts)
        return Completion(
            id=flight.request.id,
            text=texts[-1] if texts else "",
            tokens=tuple(tokens),
            logprobs=tuple(logprobs),
            token_ends=ends,
            finish_reason="stop" if stopped or output.finish_reason.name == "STOP" else "length",
            prompt_tokens=len(flight.request.prompt),
            seconds=time.monotonic() - flight.started,
        )

    @staticmethod
    def _failed(request: Request, reason: str) -> Completion:
        return Completion(request.id, "", (), (), (), "failed", len(request.prompt), error=reason)

    def _loaded_scorer(self) -> OpenVinoScorer:
        if self._scorer is None:
            self._scorer = OpenVinoScorer(self._folder, self.capabilities.context, self._properties(), self._solo)
        return self._scorer

    def describe(self) -> dict[str, Any]:
        """Name, version, build and settings: the engine's part of the lock."""
        core, genai = runtime()
        return {
            "name": self.name,
            "version": genai.__version__,
            "build": build_digest(),
            "settings": {
                "mode": self.settings.mode,
                "device": "CPU",
                "context": self.capabilities.context,
                "cache_gib": self.settings.cache_gib,
                "max_in_flight": 1 if self._solo else self.settings.max_in_flight,
                "prefix_caching": self.settings.keeps_prefixes,
                "threads": self.settings.threads or f"auto:{processors()}",
                "kv_precision": KV_PRECISION,
                "compute_precision": str(core.Core().get_property("CPU", "INFERENCE_PRECISION_HINT")),
            },
        }

    def close(self) -> None:
        """Cancel what is under way and free the weights."""
        super().close()
        self._in_flight.clear()
        self._pipeline = self._scorer = None


def _unscored(request: ScoreRequest, error: EngineError) -> Score:
    return Score(request.id, (), len(request.prompt), error=str(error).rstrip("."))
