"""The tensors of a language model, from a GGUF file or a hub's folder of safetensors, and the same ones as new GGUF.

Tensors have their GGUF names and llama.cpp's order of rows, whatever they are read from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from ..errors import WeightsError
from ..gguf_header import GgufHeader
from .store import StoredWeights

__all__ = ["PRECISIONS", "Change", "GgufFiles", "ModelFiles", "Progress", "files_of", "gguf_of", "has_safetensors"]

PRECISIONS = ("q8_0", "q4_0", "f16")
Change = Callable[[str, Any], Any]
"""(name of a tensor, its numbers) -> the numbers to write; the very same object if nothing changes."""
Progress = Callable[[int, int], None]
"""(tensors written, all tensors)"""
ROTATED_BY_HALVES = ("attn_q.", "attn_k.")  # in GGUF files of the architecture llama


class ModelFiles(Protocol):
    """Where the tensors of a model lie: its architecture by llama.cpp's name, its shape, and the tensors' names."""

    @property
    def architecture(self) -> str:
        """The architecture, such as ``llama`` or ``qwen2``."""
        ...

    @property
    def layers(self) -> int:
        """The number of layers."""
        ...

    @property
    def heads(self) -> tuple[int, int]:
        """The numbers of attention heads, and of heads of keys and values."""
        ...

    @property
    def tensors(self) -> Collection[str]:
        """The names of the tensors."""
        ...

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        ...

    def write(self, target: Path, precision: str, progress: Progress, change: Change | None = None) -> str:
        """Write a GGUF file in another precision; returns the version of the conversion.

        ``change`` receives every matrix as float32; one that it returns as it is, and that has the precision, is
        copied. Raises WeightsError if a precision cannot be read.
        """
        ...


def interleaved_heads(files: ModelFiles, tensor: str) -> int:
    """For a query or key matrix whose rows llama.cpp interleaves, its number of heads; else 0."""
    if files.architecture != "llama" or not any(part in tensor for part in ROTATED_BY_HALVES):
        return 0
    return files.heads[0] if "attn_q." in tensor else files.heads[1]


def in_pairs(rows: Any, heads: int) -> Any:
    """The rows of a query or key matrix, or its bias, as llama.cpp stores them: the halves of each head interleaved."""
    import numpy as np

    shape = rows.shape
    return np.ascontiguousarray(
        rows.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)
    )


def tensor_names(architecture: str, layers: int) -> Callable[[str], str | None]:
    """The function from a tensor's name in transformers to that in GGUF; None for one that GGUF does not have.

    Raises WeightsError for an architecture that the gguf library does not know.
    """
    import gguf

    known = {name: arch for arch, name in gguf.MODEL_ARCH_NAMES.items()}
    if architecture not in known:
        raise WeightsError(f"Weights of the architecture {architecture} cannot be tuned here.", "Choose others.")
    names = gguf.get_tensor_name_map(known[architecture], layers)
    return lambda name: names.get_name(name, (".weight", ".bias"))


def gguf_kinds(precision: str) -> tuple[Any, Any]:
    """The precision of matrices by gguf's names: the type of a tensor, and that of a file."""
    import gguf

    kind, file = {"q8_0": ("Q8_0", "MOSTLY_Q8_0"), "q4_0": ("Q4_0", "MOSTLY_Q4_0")}.get(
        precision, ("F16", "MOSTLY_F16")
    )
    return gguf.GGMLQuantizationType[kind], gguf.LlamaFileType[file]


def finish(writer: Any) -> None:
    """Write a GGUF file out."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_of(weights: StoredWeights) -> Path:
    """The file of weights that are a single GGUF file. Raises WeightsError if they are not."""
    files = sorted(weights.files.glob("*.gguf"))
    if len(files) != 1:
        raise WeightsError(
            f"{weights.manifest.name} is not a single GGUF file.", "Use weights that consist of one GGUF file."
        )
    return files[0]


def has_safetensors(weights: StoredWeights) -> bool:
    """Whether weights are a hub's folder of safetensors."""
    return any(weights.files.glob("*.safetensors"))


def files_of(weights: StoredWeights) -> ModelFiles:
    """The tensors of weights. Raises WeightsError if they are neither one GGUF file nor safetensors that are known."""
    if has_safetensors(weights):
        from .safetensors_files import SafetensorsFiles

        return SafetensorsFiles(weights.files)
    return GgufFiles(gguf_of(weights))


class GgufFiles:
    """The tensors of one GGUF file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _header(self) -> GgufHeader:
        return GgufHeader(self.path)

    @property
    def architecture(self) -> str:
        """The architecture that the header states."""
        return str(self._header.get("general.architecture"))

    @property
    def layers(self) -> int:
        """The number of layers."""
        return int(self._header.get(f"{self.architecture}.block_count", 0))

    @property
    def heads(self) -> tuple[int, int]:
        """The numbers of attention heads, and of heads of keys and values."""
        heads = int(self._header.get(f"{self.architecture}.attention.head_count", 1))
        return heads, int(self._header.get(f"{self.architecture}.attention.head_count_kv", heads))

    @property
    def tensors(self) -> Collection[str]:
        """The names of the tensors."""
        return self._header.tensors

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        return self._header.parameters

    def write(self, target: Path, precision: str, progress: Progress, change: Change | None = None) -> str:
        """Write the file in another precision. Raises WeightsError if a precision cannot be read."""
        import gguf
        from gguf.quants import dequantize, quantize

        reader = gguf.GGUFReader(str(self.path))
        wanted, file_type = gguf_kinds(precision)
        writer = gguf.GGUFWriter(str(target), self.architecture, use_temp_file=True)
        for field in reader.fields.values():
            if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
                continue
            kind = field.types[0]
            inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
        writer.add_file_type(file_type)
        for number, tensor in enumerate(reader.tensors, 1):
            data, kind = tensor.data, tensor.tensor_type
            if len(tensor.shape) >= 2 and int(tensor.shape[0]) % 32 == 0 and (change or kind != wanted):
                try:
                    numbers = dequantize(tensor.data, kind)
                    changed = change(tensor.name, numbers) if change else numbers
                    if changed is not numbers or kind != wanted:
                        data, kind = quantize(changed, wanted), wanted
                except NotImplementedError:
                    raise WeightsError(
                        f"Cannot convert the precision {kind.name} of these weights.", "Start from other weights."
                    ) from None
            writer.add_tensor(tensor.name, data, raw_dtype=kind)
            progress(number, len(reader.tensors))
        finish(writer)
        return f"gguf {version('gguf')}; requantise {precision} 1"
