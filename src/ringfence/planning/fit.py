"""The catalog for one machine: everything that can be pulled by name, the memory it needs, and whether it fits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..engines import engine_names
from ..engines.selection import state_of
from ..hardware import Machine, machine
from ..weights import CatalogEntry, Store, catalog
from ..weights.known import KnownWeights, known_weights
from ..weights.pins import pins
from .memory import BF16_BITS, GPU_CACHE_BYTES, Q4_BITS, cached_bytes, gpus_needed, machine_fit, need_of

__all__ = ["CatalogFit", "KnownFit", "ReadyWeights", "catalog_fit"]


@dataclass(frozen=True)
class ReadyWeights:
    """An entry of the catalog, and whether it is in the store."""

    entry: CatalogEntry
    pulled: bool

    @property
    def size(self) -> int:
        """The size of the files in bytes."""
        return sum(file.size or 0 for file in self.entry.files)


@dataclass(frozen=True)
class KnownFit:
    """Well-known weights on one machine.

    Sizes are in GB. ``cache_gb`` is for all sequences. ``gpus`` is the number of GPUs with ``GPU_GB`` each that 16 bits
    need. ``why`` is the sum that shows whether the weights fit. ``pinned`` is the digest of the first pull.
    """

    known: KnownWeights
    gb_16_bits: float
    gb_4_bits: float
    cache_bytes_per_token: int
    cache_gb: float
    gpus: int
    fits: bool
    why: str
    pulled: bool
    pinned: str | None


@dataclass(frozen=True)
class CatalogFit:
    """Everything that can be pulled by name, for ``sequences`` of ``tokens`` on one machine."""

    machine: Machine
    tokens: int
    sequences: int
    ready: list[ReadyWeights]
    known: list[KnownFit]

    def as_json(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        known = []
        for row in self.known:
            facts = asdict(row)
            known.append({**facts.pop("known"), **facts})
        ready = [{**asdict(row.entry), "pulled": row.pulled} for row in self.ready]
        return {"schema": 1, "machine": asdict(self.machine), "ready": ready, "known": known}


def catalog_fit(tokens: int = 8192, sequences: int = 8, store: Store | None = None) -> CatalogFit:
    """Return the catalog for this machine and its usable engines, for ``sequences`` of ``tokens`` each."""
    store = store or Store()
    stored = {weights.manifest.name for weights in store.list()}
    pinned, here = pins(store.root), machine()
    usable = [name for name in engine_names() if state_of(name).usable]
    rows = []
    for known in known_weights():
        full = need_of(known, BF16_BITS, GPU_CACHE_BYTES, tokens, sequences)
        fits, why = machine_fit(known, here, usable, tokens, sequences)
        rows.append(
            KnownFit(
                known=known,
                gb_16_bits=round(full.weights_gb, 2),
                gb_4_bits=round(known.parameters * Q4_BITS / 8 / 1e9, 2),
                cache_bytes_per_token=round(cached_bytes(known, 1, GPU_CACHE_BYTES)),
                cache_gb=round(full.cache_gb, 2),
                gpus=gpus_needed(full),
                fits=fits,
                why=why,
                pulled=known.name in stored,
                pinned=pinned.get(known.name, {}).get("digest"),
            )
        )
    ready = [ReadyWeights(entry, entry.name in stored) for entry in catalog()]
    return CatalogFit(here, tokens, sequences, ready, rows)
