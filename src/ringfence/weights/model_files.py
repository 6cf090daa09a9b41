"""The tensors of a language model, from a GGUF file or a hub's folder of safetensors, and the same ones as new GGUF.

Tensors have their GGUF names and llama.cpp's order of rows, whatever they are read from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from ..errors import WeightsError
from ..gguf_copy import Change, Progress, copy_gguf
from ..gguf_header import GgufHeader
from .store import StoredWeights

__all__ = ["PRECISIONS", "GgufFiles", "ModelFiles", "files_of", "gguf_of", "has_safetensors"]

PRECISIONS = ("q8_0", "q4_0", "f16")


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
        return self._header.architecture

    @property
    def layers(self) -> int:
        """The number of layers."""
        return int(self._header.get(f"{self.architecture}.block_count", 0))

    @property
    def heads(self) -> tuple[int, int]:
        """The numbers of attention heads, and of heads of keys and values."""
        return self._header.heads

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
        return copy_gguf(self.path, target, precision, change=change, progress=progress)
