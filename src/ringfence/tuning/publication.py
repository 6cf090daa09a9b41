"""What a training leaves in the store, once it is shown that serving it answers as the trainer does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from typing import Any

from ..engines.selection import state_of
from ..errors import RingfenceError
from ..inference import open_engine
from ..inference.model import settings_of
from ..locks import canonical_digest
from ..weights import Store, StoredWeights, file_name
from ..weights.lora import LoraMatrices, merge, publish_adapter, publish_folder
from ..weights.model_files import has_safetensors
from .parity import Parity, compare_with
from .preparation import Prepared, TuneHooks

__all__ = ["Published", "publish"]

DIFFERS = "differs from what was trained"


@dataclass(frozen=True)
class Published:
    """What a training left in the store: merged weights, and the adapter for llama.cpp and, as a folder, for vLLM.

    An adapter with which its engine answers unlike the trainer is None.
    """

    merged: StoredWeights
    adapter: StoredWeights | None
    folder: StoredWeights | None

    @property
    def by_name(self) -> dict[str, StoredWeights]:
        """The weights by their names in the card."""
        return {each.name: made for each in fields(self) if (made := getattr(self, each.name))}

    @classmethod
    def of_card(cls, card: Mapping[str, Any], store: Store) -> Published | None:
        """What a card names; None if some of it is not in the store."""
        found = {each.name: store.find(card[each.name]) if card.get(each.name) else None for each in fields(cls)}
        missing = [name for name, made in found.items() if made is None and card.get(name)]
        return cls(**found) if found["merged"] and not missing else None  # type: ignore[arg-type]


def publish(
    prepared: Prepared, lora: LoraMatrices, made: Mapping[str, Any], trained: Sequence[float], hooks: TuneHooks
) -> tuple[list[Parity], Published | None]:
    """Publish adapter and merged weights, unless the served answers differ from the trainer's."""
    store, base = Store(), prepared.base.manifest.name
    name = prepared.terms.name or file_name(f"{base}-{prepared.labels.task.name}")
    name = f"{name}-{canonical_digest([prepared.digest, prepared.choice, made]).removeprefix('sha256:')[:8]}"
    merged = merge(prepared.base, lora, store, name, prepared.plan.merged)
    adapter = publish_adapter(prepared.served, lora, store, f"{name}-adapter")
    folder = publish_folder(prepared.base, lora, store, f"{name}-lora")
    published = Published(merged, adapter, folder)
    ways: list[tuple[str, str, StoredWeights, StoredWeights | None]] = [
        ("merged weights", engine, merged, None) for engine in dict.fromkeys((prepared.engine, "llamacpp"))
    ]
    ways.append(("adapter on its base", "llamacpp", prepared.served, adapter))
    if has_safetensors(prepared.base) and state_of("vllm").usable:
        ways.append(("adapter on its base", "vllm", prepared.base, folder))
    parity = []
    for served, engine, weights, extra in ways:
        try:
            options = prepared.options(weights).model_copy(update={"engine": engine})
            with closing(open_engine(engine, weights, store, settings_of(options), adapter=extra)) as model:
                parity.append(compare_with(served, model.engine, prepared.dev, trained))
        except RingfenceError as error:
            parity.append(Parity(served, engine, 0, 0.0, 0.0, str(error)))
    if not parity[0].holds:
        why = f"could not be compared with what was trained ({parity[0].error})" if parity[0].error else DIFFERS
        hooks.say(f"Not published: what is served {why}.")
        for each in published.by_name.values():
            store.remove(each.manifest.name)
        return parity, None
    for compared, (_, _, weights, extra) in zip(parity, ways, strict=True):
        if compared.holds or not state_of(compared.engine).usable:
            continue  # an engine that is not here can compare nothing; the table says so
        why = f"could not be compared with what was trained ({compared.error})" if compared.error else DIFFERS
        if extra is None:
            hooks.say(f"On {compared.engine} {weights.manifest.name} {why}: do not serve it there.")
            continue
        hooks.say(f"Not published: {extra.manifest.name}; on {compared.engine} it {why}.")
        store.remove(extra.manifest.name)
        published = replace(published, adapter=None) if extra is adapter else replace(published, folder=None)
    return parity, published
