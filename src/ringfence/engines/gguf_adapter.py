"""Check a LoRA adapter in a GGUF file: llama.cpp silently accepts some wrong ones, and crashes on others."""

from __future__ import annotations

from pathlib import Path

from ..errors import EngineError
from ..gguf_header import GgufHeader

__all__ = ["adapter_file"]

COMPUTED = {"F32", "F16", "BF16", "Q8_0", "Q5_0", "Q5_1", "Q4_0", "Q4_1"}  # llama.cpp crashes on 64-bit numbers


def adapter_file(folder: Path, weights: Path) -> Path:
    """The adapter file in ``folder``. Raises EngineError if it does not fit the GGUF file ``weights``."""
    files = sorted(folder.glob("*.gguf"))
    if len(files) != 1:
        raise EngineError(
            "The adapter is not a single GGUF file.", "Convert it with llama.cpp's convert_lora_to_gguf.py."
        )
    adapter, base = GgufHeader(files[0]), GgufHeader(weights)
    if (adapter.get("general.type"), adapter.get("adapter.type")) != ("adapter", "lora"):
        raise EngineError(f"{files[0].name} is not an adapter.", "If it holds weights, pass it as --weights.")
    architectures = [header.get("general.architecture", "nothing") for header in (adapter, base)]
    if architectures[0] != architectures[1]:
        raise EngineError(
            f"The adapter is for the architecture {architectures[0]}, but these weights are {architectures[1]}.",
            "Choose the weights that the adapter was trained on.",
        )
    known = base.tensors
    for name, precision in adapter.tensors.items():
        if precision not in COMPUTED or name.rpartition(".lora_")[0] not in known:
            raise EngineError(
                f"The adapter holds {name} ({precision}), which does not fit these weights.",
                "Choose the weights that the adapter was trained on, and convert it to F32 or F16.",
            )
    return files[0]
