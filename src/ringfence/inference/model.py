"""Load weights and an adapter on an engine: verify them, convert them once, and describe them for the lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..clock import now
from ..contracts import ModelOptions
from ..engines import EmbeddingRecipe, Engine, EngineSettings, engine_type
from ..engines.selection import choose_engine, encoder_engine, require_engine, slow_precision
from ..errors import EngineError, InputError, WeightsError
from ..server_address import ServerAddress
from ..weights import Listener, Store, StoredWeights, catalog, find_entry, pull
from ..weights.known import find_known
from ..weights.policy import require_allowed, require_form

__all__ = [
    "LoadedModel",
    "load_embedder",
    "load_model",
    "load_reranker",
    "open_engine",
    "open_server",
    "settings_of",
    "stored_weights",
]

Say = Callable[[str], None]


def _silent(sentence: str) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class LoadedModel:
    """A ready engine, its weights, and the converted form that it loaded.

    ``weights`` and ``form`` are None for a server, which has its own weights. ``options`` are the options that the
    model was loaded with, if they are known.
    """

    engine: Engine
    weights: StoredWeights | None
    form: StoredWeights | None
    adapter: StoredWeights | None = None
    options: ModelOptions | None = None

    @property
    def name(self) -> str:
        """The name of the weights."""
        if self.weights:
            return self.weights.manifest.name
        return str(self.engine.describe()["settings"].get("model", self.engine.name))

    @property
    def mode(self) -> str:
        """``solo`` or ``batched``."""
        return str(self.engine.describe()["settings"]["mode"])

    @property
    def facts(self) -> dict[str, Any]:
        """The weights' part of a lock. A server's weights have a declared name, but no digest."""
        if self.weights is None or self.form is None:
            return {"digest": None, "declared": self.name, "form": None, "converter": None}
        manifest, form = self.weights.manifest, self.form.manifest
        return {
            "digest": f"sha256:{manifest.digest}",
            "form": f"sha256:{form.digest}",
            "converter": form.converter,
            "licence": manifest.licence,
            "files": manifest.file_digests,
            "form_files": form.file_digests,
        }

    @property
    def adapter_facts(self) -> dict[str, Any] | None:
        """The adapter's part of a lock; None without an adapter."""
        if self.adapter is None:
            return None
        manifest = self.adapter.manifest
        return {"digest": f"sha256:{manifest.digest}", "licence": manifest.licence, "files": manifest.file_digests}

    def close(self) -> None:
        """Free the weights."""
        self.engine.close()


def settings_of(options: ModelOptions) -> EngineSettings:
    """Return the part of the options that an engine uses."""
    return EngineSettings(
        mode=options.mode,
        cache_gib=options.cache,
        max_in_flight=options.in_flight,
        threads=options.threads,
        server=options.server,
        model=options.model,
        prefix_cache=options.prefix_cache,
        ca_file=options.ca_file,
    )


def load_model(
    options: ModelOptions, say: Say = _silent, listener: Listener | None = None, *, trust_changed: bool = False
) -> LoadedModel:
    """Find the weights, choose the engine, and load them. A name in the catalog is pulled if it is not in the store.

    ``trust_changed`` loads weights whose bytes have changed, under the digest of their present bytes. Raises
    WeightsError, EngineError, or InputError for options that contradict each other.
    """
    if options.server:
        ServerAddress.parse(options.server)
    settings = settings_of(options)
    name = "openai" if options.engine == "auto" and options.server else options.engine
    if name != "auto" and getattr(engine_type(name), "uses_server", False):
        require_engine(name)
        return replace(open_server(replace(settings, served_adapter=options.adapter), name), options=options)
    if options.server:
        raise InputError(f"The engine {name} does not connect to a server.", "Omit --engine or --server.")
    store = Store()
    if name != "auto" or store.find(options.weights) is None:
        require_engine(name)
    weights = stored_weights(options.weights, store, listener)
    adapter = store.get(options.adapter) if options.adapter else None
    if name == "auto" and adapter and any(adapter.files.glob("*.gguf")):
        name = "llamacpp"
        say("Engine: llamacpp, because it runs adapters.")
    if name == "auto":
        name, why = choose_engine(weights.files, options.server)
        say(f"Engine: {why}.")
    if name == "llamacpp" and (slow := slow_precision(weights.files)):
        say(
            f"llama.cpp has no fast kernel for {slow}. `ringfence weights requantise {weights.manifest.name}` makes "
            "faster weights; their answers differ slightly."
        )
    heard = replace(listener or Listener(), say=say)
    loaded = open_engine(name, weights, store, settings, listener=heard, trust_changed=trust_changed, adapter=adapter)
    return replace(loaded, options=options)


def stored_weights(name: str, store: Store, listener: Listener | None = None) -> StoredWeights:
    """Weights of the store by name; those of the catalog are pulled if they are not there. Raises WeightsError."""
    entry = find_entry(name)
    weights = store.find(entry.name if entry else name)
    if weights is None and entry:
        weights = pull(entry.name, store, listener)
    return weights or store.get(name)


def load_embedder(
    say: Say = _silent,
    listener: Listener | None = None,
    weights: str = "embedding",
    settings: EngineSettings = EngineSettings(),  # noqa: B008  # frozen
) -> LoadedModel:
    """Load embedding weights, by default those of the catalog. They are pulled if they are not in the store.

    Raises WeightsError or EngineError.
    """
    if weights == "embedding":
        require_engine("onnx")
    store = Store()
    stored = stored_weights(weights, store, listener)
    name = encoder_engine(stored.files)
    require_engine(name)
    return open_engine(name, stored, store, settings, listener=replace(listener or Listener(), say=say))


def load_reranker(weights: str, say: Say = _silent, listener: Listener | None = None) -> LoadedModel:
    """Load weights that judge or score passages: an encoder, or a language model in solo mode.

    They are pulled if the catalog has them and the store does not. Raises WeightsError or EngineError.
    """
    stored = stored_weights(weights, Store(), listener)
    if any(stored.files.glob("*.onnx")):
        return load_embedder(say, listener, weights)
    return load_model(ModelOptions(weights=weights, mode="solo"), say, listener)


def open_engine(
    name: str,
    weights: StoredWeights,
    store: Store,
    settings: EngineSettings,
    *,
    listener: Listener = Listener(),  # noqa: B008  # frozen
    trust_changed: bool = False,
    adapter: StoredWeights | None = None,
) -> LoadedModel:
    """Verify the weights and the adapter, convert the weights to the engine's form if necessary, and load it.

    ``listener`` hears how many bytes are converted. Raises WeightsError if a byte has changed, unless
    ``trust_changed``, which loads it under the digest of the present bytes. Raises EngineError if the engine cannot run
    the weights or the adapter.
    """
    kind = engine_type(name)
    require_allowed(weights, store)
    weights = _verified(weights, trust_changed)
    if adapter:
        if not getattr(kind, "runs_adapters", False):
            raise EngineError(
                f"The {name} engine cannot run adapters.",
                "Choose --engine llamacpp for a GGUF adapter, vllm for a folder of peft.",
            )
        require_allowed(adapter, store)
        adapter = _verified(adapter, trust_changed)
        if adapter.manifest.origin not in (None, weights.manifest.digest):
            raise WeightsError(
                f"{adapter.manifest.name} was made for other weights (sha256:{str(adapter.manifest.origin)[:12]}...) "
                f"than {weights.manifest.name}.",
                "Use the weights that the adapter was made for.",
            )
        settings = replace(settings, adapter=adapter.files)
    settings = replace(settings, recipe=_recipe(weights))

    def convert(origin: Path, target: Path) -> None:
        listener.say(
            f"Converting {weights.manifest.name} to the form that {name} runs "
            "(only once; about a minute per billion parameters)."
        )
        label, size = f"{weights.manifest.name} for {name}", weights.size
        kind.convert(origin, target, lambda share: listener.progress(label, round(share * size), size))

    form = store.form(weights, kind.form, kind.converter_version(), convert, now())
    require_form(form, weights)
    form = _verified(form, trust_changed)
    return LoadedModel(kind.open(form.files, settings), weights, form, adapter)


def _recipe(weights: StoredWeights) -> EmbeddingRecipe:
    """What the catalog, and the list of well-known weights, say of embedding weights."""
    manifest = weights.manifest
    same = next((entry for entry in catalog() if entry.digest == manifest.digest), None)
    named = (find_entry(name) or find_known(name) for name in manifest.names)
    stated = next((entry.embedding for entry in (same, *named) if entry and entry.embedding), None)
    return EmbeddingRecipe(**asdict(stated)) if stated else EmbeddingRecipe()


def _verified(stored: StoredWeights, trust_changed: bool) -> StoredWeights:
    try:
        stored.verify()
    except WeightsError:
        if not trust_changed:
            raise
        return stored.as_found()
    return stored


def open_server(settings: EngineSettings, name: str = "openai") -> LoadedModel:
    """Connect to the server in ``settings``. Raises EngineError if it cannot be used."""
    return LoadedModel(engine_type(name).open(Path(), settings), None, None)
