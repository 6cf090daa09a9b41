"""Well-known open weights: their names on the hub, their shape, their licence, and what runs them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["KnownWeights", "find_known", "known_weights", "source_of"]


@dataclass(frozen=True)
class KnownWeights:
    """Weights by name. ``parameters`` and ``active_parameters`` (of a mixture of experts, those used for one token) are
    numbers of weights, ``context`` is in tokens. ``window_layers`` of the ``layers`` look back ``window`` tokens only.
    ``gated`` is None where it is not known whether the hub asks for consent."""

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


@cache
def known_weights() -> tuple[KnownWeights, ...]:
    """Every entry, in the order of the file."""
    data = tomllib.loads((files(__package__) / "known.toml").read_text(encoding="utf-8"))
    return tuple(KnownWeights(**{**entry, "engines": tuple(entry.get("engines", ()))}) for entry in data["weights"])


def find_known(name: str) -> KnownWeights | None:
    """The entry of this name, or of this name on the hub."""
    wanted = name.lower()
    return next(
        (
            one
            for one in known_weights()
            if wanted in (one.name, one.source.partition("@")[0].removeprefix("hf:").lower())
        ),
        None,
    )


def source_of(known: KnownWeights, safetensors: bool) -> str:
    """Where to pull them from: one GGUF file, or the makers' safetensors (also where there is no GGUF)."""
    return known.source if safetensors or not known.gguf else known.gguf
