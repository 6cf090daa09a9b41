"""Make weights of another precision: new weights with their own digest, never a silent form.

llama.cpp has fast kernels for some precisions (Q8_0, Q4_0) but not for others (Q4_1). Other numbers give other answers,
so this happens only on request, and the result is weights in their own right. Safetensors become a GGUF file.
"""

from __future__ import annotations

from ..gguf_copy import Progress
from .derivation import publish_derived
from .model_files import PRECISIONS, files_of
from .store import Store, StoredWeights

__all__ = ["PRECISIONS", "requantise"]


def requantise(
    origin: StoredWeights,
    precision: str,
    store: Store,
    name: str | None = None,
    progress: Progress = lambda done, total: None,
) -> StoredWeights:
    """Verify weights, and make new ones in ``precision``: matrices are converted, everything else is copied.

    Raises WeightsError if the weights were changed, or are neither a single GGUF file nor safetensors that are known.
    """
    origin.verify()
    files, label = files_of(origin), name or f"{origin.manifest.name}-as-{precision}"
    return publish_derived(
        origin, store, label, "requantised from",
        lambda folder: files.write(folder / f"{label}.gguf", precision, progress),
    )  # fmt: skip
