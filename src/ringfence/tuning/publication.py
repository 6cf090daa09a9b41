"""What a training leaves in the store, once it is shown that serving it answers as the trainer does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from typing import Any

from ..engines.selection import state_of
from ..errors import RingfenceError
from ..inference import open_engine
from ..inference.model import settings_of
from ..locks import canonical_digest
from ..weights import Store, StoredWeights
from ..weights.lora import LoraMatrices, merge, publish_adapter, publish_folder
from ..weights.model_files import has_safetensors
from .parity import Parity, compare_with
from .preparation import Prepared, TuneHooks

__all__ = ["Published", "publish"]


@dataclass(frozen=True)
class Published:
    """What a training left in the store: merged weights, and the adapter for llama.cpp and, as a folder, for vLLM."""

    merged: StoredWeights
    adapter: StoredWeights
    folder: StoredWeights

    @property
    def by_name(self) -> dict[str, StoredWeights]:
        """The weights by their names in the card."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def of_card(cls, card: Mapping[str, Any], store: Store) -> Published | None:
        """What a card names; None if some of it is not in the store."""
        found = {each.name: store.find(card[each.name]) for each in fields(cls) if card.get(each.name)}
        return cls(**found) if len(found) == len(fields(cls)) and all(found.values()) else None  # type: ignore[arg-type]


def publish(
    prepared: Prepared, lora: LoraMatrices, made: Mapping[str, Any], trained: Sequence[float], hooks: TuneHooks
) -> tuple[list[Parity], Published | None]:
    """Publish adapter and merged weights, unless the served answers differ from the trainer's."""
    store, name = Store(), prepared.terms.name or f"{prepared.base.manifest.name}-{prepared.labels.task.name}"
    name = f"{name}-{canonical_digest([prepared.digest, made]).removeprefix('sha256:')[:8]}"
    published = Published(
        merge(prepared.base, lora, store, name, prepared.plan.merged),
        publish_adapter(prepared.served, lora, store, f"{name}-adapter"),
        publish_folder(prepared.base, lora, store, f"{name}-lora"),
    )
    ways: list[tuple[str, str, StoredWeights, StoredWeights | None]] = [
        ("merged weights", engine, published.merged, None) for engine in dict.fromkeys((prepared.engine, "llamacpp"))
    ]
    ways.append(("adapter on its base", "llamacpp", prepared.served, published.adapter))
    if has_safetensors(prepared.base) and state_of("vllm").usable:
        ways.append(("adapter on its base", "vllm", prepared.base, published.folder))
    parity = []
    for served, engine, weights, extra in ways:
        try:
            options = prepared.options(weights).model_copy(update={"engine": engine})
            with closing(open_engine(engine, weights, store, settings_of(options), adapter=extra)) as model:
                parity.append(compare_with(served, model.engine, prepared.dev, trained))
        except RingfenceError as error:
            parity.append(Parity(served, engine, 0, 0.0, 0.0, str(error)))
    if parity[0].holds:
        return parity, published
    hooks.say("Not published: what is served differs from what was trained.")
    for each in published.by_name.values():
        store.remove(each.manifest.name)
    return parity, None
