"""Bring weights and engine together: verify, convert once, load, and say what the lock has to hold of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..documents import ReadingOptions, ocr_weights, readers
from ..engines import Engine, EngineSettings, engine_type
from ..errors import EngineError, WeightsError
from ..locks import Lock, accelerators, processor_features
from ..tasks import CLASSIFY_PROMPT, PROMPT_VERSION, SUMMARISE_PROMPT, Task
from ..weights import Store, StoredWeights, now
from ..weights.policy import require_allowed, require_form
from .asking import Windowing
from .host import package_versions

__all__ = ["Opened", "lock_of", "open_engine", "open_server"]


_PROMPTS = {"extract": PROMPT_VERSION, "classify": CLASSIFY_PROMPT, "summarise": SUMMARISE_PROMPT}


@dataclass(frozen=True)
class Opened:
    """An engine that is ready, the weights that it runs and the form of them that it loaded; a server has its own."""

    engine: Engine
    weights: StoredWeights | None
    form: StoredWeights | None
    adapter: StoredWeights | None = None

    @property
    def name(self) -> str:
        """The name of the weights."""
        if self.weights:
            return self.weights.manifest.name
        return str(self.engine.describe()["settings"].get("model", self.engine.name))

    @property
    def facts(self) -> dict[str, Any]:
        """The weights' part of a lock. Those of a server are known by the name that it gives them, and by no digest."""
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
        """The adapter's part of a lock; None where there is none."""
        if self.adapter is None:
            return None
        manifest = self.adapter.manifest
        return {
            "digest": f"sha256:{manifest.digest}",
            "licence": manifest.licence,
            "files": manifest.file_digests,
        }


def open_engine(
    name: str,
    weights: StoredWeights,
    store: Store,
    settings: EngineSettings,
    say: Callable[[str], None] = lambda sentence: None,
    trusting: bool = False,
    adapter: StoredWeights | None = None,
) -> Opened:
    """Verify the weights and the ``adapter`` on them, make the engine's form of them if there is none, and load it.

    Raises WeightsError for a changed byte (with ``trusting`` it is loaded under the digest of what is there) and
    EngineError for what the engine cannot do.
    """
    kind = engine_type(name)
    require_allowed(weights, store)
    weights = _verified(weights, trusting)
    if adapter:
        if not getattr(kind, "runs_adapters", False):
            raise EngineError(f"The {name} engine runs no adapters.", "Choose --engine llamacpp.")
        require_allowed(adapter, store)
        adapter = _verified(adapter, trusting)
        made_on = adapter.manifest.origin
        if made_on not in (None, weights.manifest.digest):
            raise WeightsError(
                f"{adapter.manifest.name} was made on other weights (sha256:{str(made_on)[:12]}...) than {weights.manifest.name}.",
                "Give those weights.",
            )
        settings = replace(settings, adapter=adapter.files)

    def convert(origin: Any, target: Any) -> None:
        say(
            f"Making the form of {weights.manifest.name} that {name} runs (once; half a minute for each billion parameters)."
        )
        kind.convert(origin, target)

    form = store.form(weights, kind.form, kind.converter_version(), convert, now())
    require_form(form, weights)
    form = _verified(form, trusting)
    return Opened(kind.open(form.files, settings), weights, form, adapter)


def _verified(stored: StoredWeights, trusting: bool) -> StoredWeights:
    try:
        stored.verify()
    except WeightsError:
        if not trusting:
            raise
        return stored.as_found()
    return stored


def open_server(settings: EngineSettings) -> Opened:
    """Connect to the server that ``settings`` name. Raises EngineError where it cannot be used."""
    return Opened(engine_type("openai").open(Path(), settings), None, None)


def lock_of(
    task: Task,
    opened: Opened,
    options: ReadingOptions | None = None,
    windowing: Windowing | None = None,
    embedding: str | None = None,
    pool: str | None = None,
    calibrator: str | None = None,
) -> Lock:
    """The lock of a run of ``task`` with what was opened; ``embedding`` is the digest of the weights that choose windows
    and examples, ``pool`` that of the labelled texts, ``calibrator`` that of what decides."""
    return Lock(
        weights=opened.facts,
        template=f"sha256:{hashlib.sha256(opened.engine.chat_template.encode()).hexdigest()}",
        adapter=opened.adapter_facts,
        calibrator=calibrator,
        few_shot=pool,
        embedding=embedding,
        engine=opened.engine.describe(),
        processor=processor_features(),
        gpu=accelerators(),
        packages=package_versions(),
        task=task.canonical(),
        prompt=_PROMPTS[task.kind],
        readers={reader.name: reader.version for reader in readers().values()},
        ocr={"use": (options or ReadingOptions()).ocr, "weights": ocr_weights()},
        windows=asdict(windowing or Windowing()),
        sampling={"method": "greedy", "seed": 0},
    )
