"""Well-known open weights: their names on the hub, their shape, their licence, and the engines that run them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .catalog_entries import CatalogEmbedding

__all__ = ["KnownWeights", "find_known", "known_weights", "source_of"]


@dataclass(frozen=True)
class KnownWeights:
    """Weights by name.

    ``parameters`` and ``active_parameters`` (of a mixture of experts, those used for one token) are numbers of weights.
    ``context`` is in tokens. ``window_layers`` of the ``layers`` look back only ``window`` tokens. ``gated`` says
    whether the hub asks for consent; None if that is unknown.
    """

    name: str
    source: str
    licence: str
    parameters: int
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_size: int
    context: int
    engines: tuple[str, ...] = ()
    kind: str = "chat"
    makers: str = ""
    gated: bool | None = None
    active_parameters: int = 0
    window: int = 0
    window_layers: int = 0
    gguf: str = ""
    note: str = ""
    embedding: CatalogEmbedding | None = None


@cache
def known_weights() -> tuple[KnownWeights, ...]:
    """Every entry, in the order of the file."""
    data = tomllib.loads((files(__package__) / "known.toml").read_text(encoding="utf-8"))
    return tuple(
        KnownWeights(
            **{
                **entry,
                "engines": tuple(entry.get("engines", ())),
                "embedding": CatalogEmbedding(**entry["embedding"]) if "embedding" in entry else None,
            }
        )
        for entry in data["weights"]
    )


def find_known(name: str) -> KnownWeights | None:
    """The entry with this name, here or on the hub; None if there is none."""
    wanted = name.lower()
    for known in known_weights():
        if wanted in (known.name, known.source.partition("@")[0].removeprefix("hf:").lower()):
            return known
    return None


def source_of(known: KnownWeights, safetensors: bool) -> str:
    """The source to pull from: one GGUF file, or the publisher's safetensors (also if there is no GGUF)."""
    return known.source if safetensors or not known.gguf else known.gguf
