"""An adapter (LoRA) in a GGUF file: what llama.cpp would take without a word, or crash on, is refused before."""

from __future__ import annotations

from pathlib import Path

from ..errors import EngineError
from .gguf_facts import field_of

__all__ = ["adapter_file"]

COMPUTED = {"F32", "F16", "BF16", "Q8_0", "Q5_0", "Q5_1", "Q4_0", "Q4_1"}  # of 64-bit numbers llama.cpp crashes


def adapter_file(folder: Path, weights: Path) -> Path:
    """The adapter in ``folder``. Raises EngineError where there is none, or none for the GGUF file ``weights``."""
    from gguf import GGUFReader

    files = sorted(folder.glob("*.gguf"))
    if len(files) != 1:
        raise EngineError("The adapter is no single GGUF file.", "Convert it with llama.cpp's convert_lora_to_gguf.py.")
    reader, base = GGUFReader(str(files[0])), GGUFReader(str(weights))
    if (field_of(reader, "general.type"), field_of(reader, "adapter.type")) != ("adapter", "lora"):
        raise EngineError(f"{files[0].name} is no adapter.", "Give it with --weights, if these are weights.")
    kinds = [field_of(one, "general.architecture", "nothing") for one in (reader, base)]
    if kinds[0] != kinds[1]:
        raise EngineError(
            f"The adapter is for weights of the kind {kinds[0]}, and these are {kinds[1]}.",
            "Choose the weights it was made on.",
        )
    known = {tensor.name for tensor in base.tensors}
    for tensor in reader.tensors:
        if tensor.tensor_type.name not in COMPUTED or tensor.name.rpartition(".lora_")[0] not in known:
            raise EngineError(
                f"The adapter holds {tensor.name} ({tensor.tensor_type.name}), which these weights cannot take.",
                "Choose the weights it was made on, and convert it to F32 or F16.",
            )
    return files[0]
