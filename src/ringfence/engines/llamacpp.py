"""The engine for GGUF files of any architecture on any machine: llama.cpp in this process, from xllamacpp's wheels."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..hardware import processors
from .dialects import LLAMACPP, ServerFacts
from .embedding_recipe import prefixed
from .gguf_adapter import adapter_file
from .gguf_metadata import FormFacts, facts_of_gguf
from .http_client import Client
from .http_engine import HttpEngine
from .protocol import Capabilities, EngineSettings, Purpose
from .ticket import EngineOutput, Ticket
from .unconverted import RunsOrigin

__all__ = ["LlamaCppEngine"]

TEXTS_PER_POST = 32
BYTES_PER_CACHED_NUMBER = 2  # llama.cpp keeps keys and values as half floats


class LlamaCppEngine(RunsOrigin, HttpEngine):
    """A loaded GGUF file, which writes or, if it says how to pool, embeds.

    Its server listens on loopback and requires a key that only this process has.
    """

    name = "llamacpp"
    libraries: tuple[str, ...] = ("gguf", "jinja2", "numpy", "urllib3", "xllamacpp")
    runs_adapters = True

    def __init__(self, folder: Path, settings: EngineSettings) -> None:
        library = _library()
        files = sorted(folder.glob("*.gguf"))
        if not files:
            raise EngineError("The llamacpp engine runs only GGUF files.", "Choose GGUF weights, or another engine.")
        model = facts_of_gguf(files[0])
        solo = settings.mode == "solo"
        key = secrets.token_hex(32)
        params = library.CommonParams()
        params.model.path = str(files[0])
        params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
        params.n_parallel = 1 if solo else settings.max_in_flight
        params.kv_unified = True  # one cache for all slots
        params.ctx_shift = False  # refuse what does not fit, instead of forgetting its beginning
        params.n_ctx = _cache_tokens(model, settings)
        params.cache_prompt = settings.keeps_prefixes
        params.ui = params.endpoint_slots = params.warmup = False
        params.offline, params.verbosity = True, 0
        if model.embeds:
            params.embedding = True
            params.n_batch = params.n_ubatch = model.context  # an encoder reads a text in one piece
        if settings.adapter:
            params.lora_adapters = [library.CommonAdapterLoraInfo(str(adapter_file(settings.adapter, files[0])), 1.0)]
        if settings.threads:
            params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads
        try:
            self._server = library.Server(params)
        except (RuntimeError, MemoryError) as error:
            raise EngineError(
                f"llama.cpp cannot load these weights ({type(error).__name__}).",
                "Check that they fit into memory (`ringfence weights list --catalog`), and that this version of "
                "llama.cpp supports their architecture.",
            ) from None
        tokens = tuple(model.special_tokens.items())
        context = min(model.context, params.n_ctx)
        facts = ServerFacts(LLAMACPP, version("xllamacpp"), (), context, model.chat_template, tokens)
        client = Client(self._server.listening_address, key, params.n_parallel)
        self._token_budget = params.n_ctx
        super().__init__(
            client, facts, settings, "", LLAMACPP.grammars[0], LLAMACPP.schemas[0], tuple(model.control_tokens)
        )
        if model.embeds:
            most = min(context, settings.recipe.context or context)
            self.capabilities = Capabilities(most, False, False, embed=True, generate=False, token_ids=False)

    @classmethod
    def open(cls, folder: Path, settings: EngineSettings) -> LlamaCppEngine:
        """Load the GGUF file in ``folder``."""
        return cls(folder, settings)

    def begin(self, ticket: Ticket) -> EngineOutput | None:
        """Send the request. Raises EngineError if these weights embed."""
        if self.capabilities.embed:
            raise EngineError("These weights embed texts; they do not write.", "Choose instruction-tuned weights.")
        return super().begin(ticket)

    def embed(self, texts: Sequence[str], *, purpose: Purpose = "passage") -> npt.NDArray[np.float32]:
        """Embeddings of length 1, float32, pooled as the file says; texts are truncated to the context.

        llama.cpp packs texts without padding; in another batch a row differs by up to 0.0001 (nomic-embed-text).
        """
        if not self.capabilities.embed:
            return super().embed(texts, purpose=purpose)
        rows: list[list[float]] = []
        contents = [self._content(text) for text in prefixed(list(texts), self.settings.recipe, purpose)]
        for start in range(0, len(contents), TEXTS_PER_POST):
            entries = self._post("/embedding", {"content": contents[start : start + TEXTS_PER_POST]})
            rows += [entry["embedding"][0] for entry in sorted(entries, key=lambda entry: entry["index"])]
        return np.array(rows, np.float32).reshape(len(rows), -1 if rows else 0)

    def _content(self, text: str) -> str | list[int]:
        """The text, or the tokens of its beginning if it may be too long: a token has a character or more."""
        most = self.capabilities.context
        if len(text) + 2 <= most:
            return text
        ids = self._tokens({"content": text, "add_special": True, "parse_special": False})
        return list(ids if len(ids) <= most else (*ids[: most - 1], ids[-1]))

    def describe(self) -> dict[str, Any]:
        """Name, version, build and settings for the lock."""
        common = super().describe()
        devices = [device["description"] for device in _library().get_device_info()]
        settings = {
            **common["settings"],
            "prefix_caching": self.settings.keeps_prefixes,
            "threads": self.settings.threads or f"auto:{processors()}",
            "devices": devices,
        }
        if self.capabilities.embed:
            recipe = self.settings.recipe
            settings["prefixes"] = {"question": recipe.question, "passage": recipe.passage}
        return {**common, "build": _build(), "settings": settings}

    def close(self) -> None:
        """Stop the server and free the weights."""
        super().close()
        self._server = None


def _cache_tokens(model: FormFacts, settings: EngineSettings) -> int:
    """How many tokens the cache holds for all requests under way together."""
    most = model.context * (1 if settings.mode == "solo" else settings.max_in_flight)
    if not model.cached_numbers:
        return min(most, model.context)
    return min(most, settings.cache_gib * 2**30 // (model.cached_numbers * BYTES_PER_CACHED_NUMBER))


def _library() -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise EngineError(
            f"The llamacpp engine cannot be imported ({error}).", "Install it: pip install 'ringfence[llamacpp]'."
        ) from None
    return xllamacpp


@cache
def _build() -> str:
    """The sha256 of the shared libraries: their own build information is "unknown"."""
    folder = Path(_library().__file__).parent
    digest = hashlib.sha256()
    for library in sorted(folder.glob("*.so*")):
        digest.update(library.read_bytes())
    return f"sha256:{digest.hexdigest()}"
