"""LoRA adapters as weights: merged into the weights that they were trained on, or alone, for llama.cpp or for vLLM.

All are weights in the store, with their own digest and with the digest of their base. Merging runs on every engine
that runs the base; the adapter alone only where an engine applies it. Tensor names and the order of rows follow
llama.cpp's converters (convert_hf_to_gguf.py and convert_lora_to_gguf.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import WeightsError
from ..gguf_copy import Progress
from ..gguf_rows import in_pairs, interleaved_heads
from .derivation import publish_derived
from .model_files import ModelFiles, files_of, finish, tensor_names
from .store import Store, StoredWeights

__all__ = ["LoraMatrices", "merge", "publish_adapter", "publish_folder"]

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LoraMatrices:
    """What LoRA adds: for each matrix, named as in transformers, A (rank x inputs) and B (outputs x rank).

    A matrix becomes W + alpha / rank * B @ A (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models").
    """

    matrices: Mapping[str, tuple[Matrix, Matrix]]
    rank: int
    alpha: float

    def in_gguf(self, base: ModelFiles) -> dict[str, tuple[Matrix, Matrix]]:
        """The matrices by their names in the GGUF form of ``base``, in the order of its rows. Raises WeightsError."""
        stored_name, tensors, found = tensor_names(base.architecture, base.layers), base.tensors, {}
        for name, (down, up) in self.matrices.items():
            stored = stored_name(f"{name}.weight")
            if stored is None or stored not in tensors:
                raise WeightsError(
                    f"The adapter changes {name}, which the weights do not have.",
                    "Use the weights that the adapter was made for.",
                )
            heads = interleaved_heads(base, stored)
            found[stored] = down, in_pairs(up, heads) if heads else up
        return found


def merge(
    base: StoredWeights,
    lora: LoraMatrices,
    store: Store,
    name: str,
    precision: str = "q8_0",
    progress: Progress = lambda done, total: None,
) -> StoredWeights:
    """Make weights of ``base`` with the adapter merged into them: a GGUF file in ``precision`` (8 bits by default).

    Raises WeightsError if the adapter does not fit, or if ``base`` was changed.
    """
    base.verify()
    files = files_of(base)
    changes = lora.in_gguf(files)
    scale = np.float32(lora.alpha / lora.rank)

    def change(tensor: str, numbers: Any) -> Any:
        if tensor not in changes:
            return numbers
        down, up = changes[tensor]
        return (numbers + scale * (up @ down)).astype(np.float32)

    return publish_derived(
        base, store, name, "tuned from",
        lambda folder: "merged; " + files.write(folder / f"{name}.gguf", precision, progress, change),
    )  # fmt: skip


def publish_adapter(base: StoredWeights, lora: LoraMatrices, store: Store, name: str) -> StoredWeights:
    """Make weights of the adapter alone: a GGUF file that llama.cpp applies to ``base``. Raises WeightsError."""
    files = files_of(base)
    matrices = lora.in_gguf(files)

    def write(target: Path) -> str:
        import gguf

        writer = gguf.GGUFWriter(str(target / f"{name}.gguf"), files.architecture)
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(lora.alpha))
        for tensor, (down, up) in matrices.items():
            writer.add_tensor(f"{tensor}.lora_a", np.ascontiguousarray(down, np.float32))
            writer.add_tensor(f"{tensor}.lora_b", np.ascontiguousarray(up, np.float32))
        finish(writer)
        return "adapter 1"

    return publish_derived(base, store, name, "adapter of", write)


def _settle_facts(file: Path) -> None:
    """Write the facts of a safetensors file in one order: the library's order differs from time to time."""
    with file.open("r+b") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
        if len(text) <= size:
            stream.seek(8)
            stream.write(text.ljust(size))


def publish_folder(base: StoredWeights, lora: LoraMatrices, store: Store, name: str) -> StoredWeights:
    """Make weights of the adapter alone in peft's form, which vLLM and transformers apply to ``base``."""

    def write(target: Path) -> str:
        from safetensors.numpy import save_file

        config = {
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base.manifest.name,
            "r": lora.rank, "lora_alpha": lora.alpha, "lora_dropout": 0.0, "bias": "none", "fan_in_fan_out": False,
            "inference_mode": True, "target_modules": sorted({each.rpartition(".")[2] for each in lora.matrices}),
        }  # fmt: skip
        (target / "adapter_config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
        numbers = {}
        for matrix, pair in lora.matrices.items():
            for side, rows in zip("AB", pair, strict=True):
                numbers[f"base_model.model.{matrix}.lora_{side}.weight"] = np.ascontiguousarray(rows, np.float32)
        facts = {"format": "pt", "base": f"sha256:{base.manifest.digest}"}
        file = target / "adapter_model.safetensors"
        save_file(numbers, file, metadata=facts)
        _settle_facts(file)
        return "peft 1"

    return publish_derived(base, store, name, "adapter of", write)
