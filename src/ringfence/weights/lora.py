"""LoRA adapters as GGUF weights: an adapter of its own, or merged into the weights that it was trained on.

Both are weights in the store, with their own digest and with the digest of their base. Merging runs on every engine
that runs the base; the adapter alone only where an engine applies it. Tensor names and the order of rows follow
llama.cpp's converters (convert_hf_to_gguf.py and convert_lora_to_gguf.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..clock import now
from ..errors import WeightsError
from ..gguf_header import GgufHeader
from .requantisation import gguf_of, write_precision
from .store import Manifest, Store, StoredWeights, digest_of, disk_error, record_files

__all__ = ["LoraMatrices", "merge", "publish_adapter"]

Matrix = npt.NDArray[np.float32]
ROTATED_BY_HALVES = ("attn_q.weight", "attn_k.weight")  # in GGUF files of the architecture llama


@dataclass(frozen=True)
class LoraMatrices:
    """What LoRA adds: for each matrix, named as in transformers, A (rank x inputs) and B (outputs x rank).

    A matrix becomes W + alpha / rank * B @ A (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models").
    """

    matrices: Mapping[str, tuple[Matrix, Matrix]]
    rank: int
    alpha: float

    def in_gguf(self, base: Path) -> dict[str, tuple[Matrix, Matrix]]:
        """The matrices by their names in the GGUF file ``base``, in the order of its rows. Raises WeightsError."""
        import gguf

        header = GgufHeader(base)
        architecture = str(header.get("general.architecture"))
        known = {name: arch for arch, name in gguf.MODEL_ARCH_NAMES.items()}
        if architecture not in known:
            raise WeightsError(f"Weights of the architecture {architecture} cannot be tuned here.", "Choose others.")
        names = gguf.get_tensor_name_map(known[architecture], int(header.get(f"{architecture}.block_count", 0)))
        heads = int(header.get(f"{architecture}.attention.head_count", 1))
        kv_heads = int(header.get(f"{architecture}.attention.head_count_kv", heads))
        tensors, found = header.tensors, {}
        for name, (down, up) in self.matrices.items():
            stored = names.get_name(f"{name}.weight", (".weight",))
            if stored is None or stored not in tensors:
                raise WeightsError(
                    f"The adapter changes {name}, which {base.name} does not have.",
                    "Use the weights that the adapter was made for.",
                )
            if architecture == "llama" and stored.endswith(ROTATED_BY_HALVES):
                found[stored] = down, _in_pairs(up, heads if stored.endswith(ROTATED_BY_HALVES[0]) else kv_heads)
            else:
                found[stored] = down, up
        return found


def _in_pairs(up: Matrix, heads: int) -> Matrix:
    """The rows of a query or key matrix as llama.cpp stores them: the halves of each head interleaved."""
    rows, rank = up.shape
    return np.ascontiguousarray(up.reshape(heads, 2, rows // heads // 2, rank).swapaxes(1, 2).reshape(rows, rank))


def merge(
    base: StoredWeights,
    lora: LoraMatrices,
    store: Store,
    name: str,
    precision: str = "q8_0",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> StoredWeights:
    """Make weights of ``base`` with the adapter merged into them, written in ``precision`` (8 bits by default).

    Raises WeightsError if the adapter does not fit, or if ``base`` was changed.
    """
    base.verify()
    source = gguf_of(base)
    changes = lora.in_gguf(source)
    scale = lora.alpha / lora.rank

    def change(tensor: str, numbers: Any) -> Any:
        if tensor not in changes:
            return numbers
        down, up = changes[tensor]
        return (numbers + np.float32(scale) * (up @ down)).astype(np.float32)

    def write(target: Path) -> str:
        return write_precision(source, target / f"{name}.gguf", precision, progress, change)

    return _published(base, store, name, write, "merged; ", "tuned from")


def publish_adapter(base: StoredWeights, lora: LoraMatrices, store: Store, name: str) -> StoredWeights:
    """Make weights of the adapter alone: a GGUF file that llama.cpp applies to ``base``. Raises WeightsError."""
    source = gguf_of(base)
    matrices = lora.in_gguf(source)

    def write(target: Path) -> str:
        import gguf

        architecture = str(GgufHeader(source).get("general.architecture"))
        writer = gguf.GGUFWriter(str(target / f"{name}.gguf"), architecture)
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(lora.alpha))
        for tensor, (down, up) in matrices.items():
            writer.add_tensor(f"{tensor}.lora_a", np.ascontiguousarray(down, np.float32))
            writer.add_tensor(f"{tensor}.lora_b", np.ascontiguousarray(up, np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return "adapter 1"

    return _published(base, store, name, write, "", "adapter of")


def _published(
    base: StoredWeights, store: Store, name: str, write: Callable[[Path], str], remark: str, relation: str
) -> StoredWeights:
    staging = store.staging(f"lora-{name}")
    target = staging / "files"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    try:
        converter = remark + write(target)
        records = record_files(target)
        digest = digest_of(records)
        if (namesake := store.find(name)) and namesake.manifest.digest != digest:
            raise WeightsError(f"Other weights already have the name {name}.", "Choose another name: --name NAME.")
        manifest = Manifest(
            name, digest, records, base.manifest.licence, f"{relation} {base.manifest.name}", now(),
            base.manifest.digest, converter,
        )  # fmt: skip
        return store.publish(target, manifest)
    except OSError as error:
        raise disk_error(error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
