"""The embedded default engine: OpenVINO GenAI with continuous batching, prefix caching and a grammar per request."""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .chat import Templated
from .gguf_facts import FormFacts
from .openvino_form import converter_version, make_form
from .openvino_runtime import build_digest, explain, last_words, runtime
from .openvino_scorer import OpenVinoScorer
from .protocol import Capabilities, Completion, EngineSettings, Request, Score, ScoreRequest

__all__ = ["OpenVinoEngine"]

KV_PRECISION = "u8"
MIN_ANSWER_TOKENS = 64
BYTES_PER_CACHED_NUMBER = 1.13  # one byte, and for each head of 64 numbers or more a scale and a zero point
CACHE_SHARE = 0.85  # of the cache may be promised to requests under way: blocks are whole, answers vary


@dataclass
class _InFlight:
    request: Request
    handle: Any
    started: float


class OpenVinoEngine(Templated):
    """Weights in OpenVINO's form, loaded."""

    name = "openvino"
    form = "openvino"

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
        self._serial = itertools.count(1)
        self._pipeline: Any = None  # loaded when something is to be written
        self._scorer: OpenVinoScorer | None = None  # loaded when something is to be scored

    @classmethod
    def converter_version(cls) -> str:
        """OpenVINO GenAI's version and that of our own part."""
        return converter_version()

    @classmethod
    def convert(cls, origin: Path, target: Path) -> None:
        """Write OpenVINO's form of the weights at ``origin`` into ``target``."""
        make_form(origin, target)

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> OpenVinoEngine:
        """Load the form in ``folder``."""
        return cls(folder, settings)

    @property
    def _solo(self) -> bool:
        return self.settings.mode == "solo"

    def _scheduler(self) -> Any:
        scheduler = runtime().genai.SchedulerConfig()
        scheduler.cache_size = self.settings.cache_gib
        scheduler.enable_prefix_caching = self.settings.keeps_prefixes
        scheduler.max_num_seqs = 1 if self._solo else self.settings.max_in_flight
        return scheduler

    def _build(self) -> None:
        """Load the graph into a new pipeline; a poisoned one is dropped first so that both never share the memory."""
        self._pipeline = None
        genai = runtime().genai
        try:
            self._pipeline = genai.ContinuousBatchingPipeline(
                str(self._folder), self._scheduler(), "CPU", self._properties()
            )
        except (RuntimeError, MemoryError) as error:
            raise explain(error, "loading the weights") from None

    def _properties(self) -> dict[str, Any]:
        threads = {"INFERENCE_NUM_THREADS": self.settings.threads} if self.settings.threads else {}
        return {"KV_CACHE_PRECISION": KV_PRECISION, **threads}

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Token ids of ``text``; control tokens in it count as such, nothing is added."""
        ids = self._tokenizer.encode(text, add_special_tokens=False).input_ids.data
        return tuple(int(token) for token in ids[0])

    def generate(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """Complete requests out of order, as many under way as the cache holds and ``settings.max_in_flight`` allows."""
        if self._pipeline is None:
            self._build()
        source = iter(requests)
        waiting: Request | None = None  # read, and kept back until there is room for it
        limit = 1 if self._solo else self.settings.max_in_flight
        alone: deque[Request] = deque()  # to be run with nothing beside them: the engine failed in their company
        flying: dict[str, _InFlight] = {}
        try:
            exhausted = False
            while True:
                while len(flying) < limit and not exhausted and not alone:
                    request, waiting = waiting or next(source, None), None
                    if request is None:
                        exhausted = True
                    elif refusal := self._refusal(request):
                        yield refusal
                    elif flying and not self._has_room(request, flying):
                        waiting = request
                        break
                    else:
                        self._launch(request, flying, alone)
                if alone and not flying:
                    request = alone.popleft()
                    yield self._complete_alone(request)
                    continue
                if not flying:
                    if exhausted and not alone:
                        return
                    continue
                yield from self._advance(flying, alone)
        finally:
            if flying:  # abandoned (Ctrl-C, or the caller stopped reading): dropping the handles cancels the requests
                for flight in flying.values():
                    flight.handle.cancel()
                flying.clear()
                self._build()

    def _has_room(self, request: Request, flying: dict[str, _InFlight]) -> bool:
        """Whether the cache holds ``request`` beside what is under way (more than it holds is IGNORED, all of it)."""
        requests = [request, *(flight.request for flight in flying.values())]
        tokens = sum(len(each.prompt) + min(each.max_new_tokens, MIN_ANSWER_TOKENS) for each in requests)
        needed = tokens * self._facts.cached_numbers * BYTES_PER_CACHED_NUMBER
        return needed < CACHE_SHARE * self.settings.cache_gib * 2**30

    def _launch(self, request: Request, flying: dict[str, _InFlight], alone: deque[Request]) -> None:
        try:
            handle = self._add(request)
        except RuntimeError:
            alone.append(request)
            return
        flying[request.id] = _InFlight(request, handle, time.monotonic())

    def _advance(self, flying: dict[str, _InFlight], alone: deque[Request]) -> Iterator[Completion]:
        """One step of the pipeline; whatever it throws is laid at nobody's door until each has been run alone."""
        try:
            self._pipeline.step()
        except RuntimeError:
            alone.extend(flight.request for flight in flying.values())
            flying.clear()
            self._build()
            return
        statuses = runtime().genai.GenerationStatus
        for identity in [name for name, flight in flying.items() if flight.handle.get_status() != statuses.RUNNING]:
            flight = flying.pop(identity)
            if flight.handle.get_status() == statuses.FINISHED:
                yield self._completion(flight)
            else:  # IGNORED: too little cache for all of them; innocent neighbours are hit too
                alone.append(flight.request)

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
                f"its {len(request.prompt)} tokens do not fit into a cache of {self.settings.cache_gib} GiB; give a larger --cache",
            )
        return self._completion(flight)

    def _refusal(self, request: Request) -> Completion | None:
        """Beyond the trained context the engine raises nothing and writes rubbish, so it is never asked."""
        room = self.capabilities.context - len(request.prompt)
        if room >= min(request.max_new_tokens, MIN_ANSWER_TOKENS):
            return None
        return self._failed(
            request,
            f"it is too long: {len(request.prompt)} tokens with its prompt, and these weights hold {self.capabilities.context}",
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
        # A prefix may end inside a character; the mark for that is not a character of the text yet.
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

    def score(self, requests: Iterable[ScoreRequest]) -> Iterator[Score]:
        """Score continuations in the order of the requests, several in one pass in batched mode."""
        if self._scorer is None:
            self._scorer = OpenVinoScorer(self._folder, self.capabilities.context, self._properties(), self._solo)
        yield from self._scorer.score(requests)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Not offered: ``capabilities.embed`` is false."""
        raise EngineError("The openvino engine does not embed texts.", "Use an embedding engine.")

    def describe(self) -> dict[str, Any]:
        """Name, version, build and settings for the lock."""
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
                "threads": self.settings.threads or f"auto:{os.cpu_count()}",
                "kv_precision": KV_PRECISION,
                "compute_precision": str(core.Core().get_property("CPU", "INFERENCE_PRECISION_HINT")),
            },
        }

    def close(self) -> None:
        """Free the weights."""
        self._pipeline = self._scorer = None
