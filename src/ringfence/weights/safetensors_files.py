"""The tensors of a hub's folder of safetensors, as they stand in a GGUF file: names, order of rows, tokens, shape.

Names follow the gguf library, the rest llama.cpp's converter (convert_hf_to_gguf.py). Architectures and tokenizers that
are not in the tables below are refused: a file with another shape or other tokens would answer nonsense.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import WeightsError
from ..gguf_copy import Change, Progress, gguf_kinds
from ..gguf_rows import in_pairs, interleaved_heads
from .model_files import finish, tensor_names

__all__ = ["SafetensorsFiles"]

ARCHITECTURES = {
    "LlamaForCausalLM": "llama", "MistralForCausalLM": "llama", "Qwen2ForCausalLM": "qwen2", "Qwen3ForCausalLM": "qwen3"
}  # fmt: skip
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PRE_TOKENIZERS = {
    ("Split", f"{_WORDS}\\p{{N}}{_REST}", "ByteLevel"): "qwen2",
    ("Split", f"{_WORDS}\\p{{N}}{{1,3}}{_REST}", "ByteLevel"): "llama-bpe",
    ("Digits", "each", "ByteLevel"): "smollm",
    ("ByteLevel",): "gpt-2",
}
"""How a tokenizer cuts text before it joins pieces, and llama.cpp's name for that."""
_NUMBERS: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
_SHAPE = (
    "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings",
    "vocab_size",
)  # fmt: skip
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5  # types of tokens in GGUF


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor lies in a file: the type of its numbers, its shape, and its first byte."""

    file: Path
    kind: str
    shape: tuple[int, ...]
    start: int

    def read(self) -> Any:
        """The numbers as float32."""
        stored = np.fromfile(self.file, _NUMBERS[self.kind], prod(self.shape), offset=self.start).reshape(self.shape)
        if self.kind == "BF16":  # the upper half of a float32
            return (stored.astype(np.uint32) << 16).view(np.float32)
        return stored.astype(np.float32)


class SafetensorsFiles:
    """The tensors of a folder with config.json, tokenizer.json and safetensors. Unknown ones raise WeightsError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if (folder / "adapter_config.json").exists():
            raise WeightsError("These weights are an adapter, which is no base.", "Name the base that it was made for.")
        self.config = self._json("config.json")
        if fault := _config_fault(self.config):
            raise WeightsError(f"{_NO_FORM}: {fault}.", _REMEDY)
        (name,) = self.config["architectures"]
        self.architecture: str = ARCHITECTURES[name]
        self.layers = int(self.config["num_hidden_layers"])
        heads = int(self.config["num_attention_heads"])
        self.heads = (heads, int(self.config.get("num_key_value_heads") or heads))

    def _json(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise WeightsError(
                f"{name} beside the safetensors is missing or damaged.", "Pull the whole folder of the publisher."
            ) from None
        return found

    @cached_property
    def _tensors(self) -> dict[str, _Tensor]:
        named, found = tensor_names(self.architecture, self.layers), {}
        for file in sorted(self.folder.glob("*.safetensors")):
            for own, tensor in _tensors_of(file):
                name = named(own)
                if name is None or tensor.kind not in _NUMBERS:
                    raise WeightsError(
                        f"{_NO_FORM}: it has no place for {own} ({tensor.kind}).",
                        _REMEDY,
                    )
                found[name] = tensor
        if self.config.get("tie_word_embeddings"):
            found.pop("output.weight", None)
        return found

    @property
    def tensors(self) -> Collection[str]:
        """The names of the tensors in GGUF."""
        return self._tensors

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        return sum(prod(tensor.shape) for tensor in self._tensors.values())

    def write(self, target: Path, precision: str, progress: Progress, change: Change | None = None) -> str:
        """Write a GGUF file: matrices in ``precision``, the rest in float32."""
        import gguf
        from gguf.quants import quantize

        wanted, file_type = gguf_kinds(precision)
        writer = gguf.GGUFWriter(str(target), self.architecture, use_temp_file=True)
        writer.add_file_type(file_type)
        self._write_shape(writer)
        self._write_tokens(writer)
        for number, (name, tensor) in enumerate(self._tensors.items(), 1):
            numbers = tensor.read()
            if heads := interleaved_heads(self, name):
                numbers = in_pairs(numbers, heads)
            if len(tensor.shape) >= 2 and tensor.shape[-1] % 32 == 0:
                numbers = change(name, numbers) if change else numbers
                writer.add_tensor(name, quantize(numbers, wanted), raw_dtype=wanted)
            else:
                writer.add_tensor(name, numbers)
            progress(number, len(self._tensors))
        finish(writer)
        return f"gguf {version('gguf')}; safetensors to {precision} 1"

    def _write_shape(self, writer: Any) -> None:
        config, (heads, kv_heads) = self.config, self.heads
        size = int(config.get("head_dim") or config["hidden_size"] // heads)
        writer.add_context_length(config["max_position_embeddings"])
        writer.add_embedding_length(config["hidden_size"])
        writer.add_feed_forward_length(config["intermediate_size"])
        writer.add_block_count(self.layers)
        writer.add_head_count(heads)
        writer.add_head_count_kv(kv_heads)
        writer.add_key_length(size)
        writer.add_value_length(size)
        writer.add_rope_dimension_count(size)
        writer.add_rope_freq_base(float(_rope(config).get("rope_theta", 10_000.0)))
        writer.add_layer_norm_rms_eps(config.get("rms_norm_eps", 1e-6))
        writer.add_vocab_size(config["vocab_size"])

    def _write_tokens(self, writer: Any) -> None:
        import gguf

        tokenizer, count = self._json("tokenizer.json"), int(self.config["vocab_size"])
        cut, model = _pre_tokenizer(tokenizer), tokenizer.get("model") or {}
        added = tokenizer.get("added_tokens") or []
        if model.get("type") != "BPE" or cut is None:
            raise WeightsError(
                f"{_NO_FORM}: llama.cpp has no name for the way their tokenizer cuts text.",
                _REMEDY,
            )
        tokens = [(f"[PAD{number}]", _UNUSED) for number in range(count)]
        if max([*model["vocab"].values(), *(each["id"] for each in added)]) >= count:
            raise WeightsError(f"{_NO_FORM}: their tokenizer has more tokens than the model ({count}).", _REMEDY)
        for text, number in model["vocab"].items():
            tokens[number] = text, _NORMAL
        for each in added:
            tokens[each["id"]] = each["content"], _CONTROL if each["special"] else _USER_DEFINED
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(cut)
        writer.add_token_list([text for text, _ in tokens])
        writer.add_token_types([kind for _, kind in tokens])
        gguf.SpecialVocab(self.folder, load_merges=True, n_vocab=count).add_to_gguf(writer, quiet=True)


_NO_FORM = "These safetensors cannot become a GGUF file"
_REMEDY = "Pull the GGUF file of the same weights, or serve these with vLLM."


def _tensors_of(file: Path) -> Iterator[tuple[str, _Tensor]]:
    """The names of a file's tensors in transformers, and their places. Format: 8 bytes of length, JSON, numbers."""
    with file.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
    for name, facts in header.items():
        if name != "__metadata__":
            yield name, _Tensor(file, facts["dtype"], tuple(facts["shape"]), 8 + size + facts["data_offsets"][0])


def _rope(config: dict[str, Any]) -> dict[str, Any]:
    """How positions turn: one mapping since transformers 5, two keys before."""
    return config.get("rope_parameters") or {
        **(config.get("rope_scaling") or {}),
        "rope_theta": config.get("rope_theta", 1e4),
    }


def _config_fault(config: dict[str, Any]) -> str | None:
    """Why a model of this shape has no GGUF form here; None if it has one."""
    if unstated := [name for name in _SHAPE if not isinstance(config.get(name), int)]:
        return f"config.json does not state {unstated[0]}"
    rope, names = _rope(config), config.get("architectures") or ["unknown"]
    turning = rope.get("rope_type", rope.get("type", "default"))
    if len(names) != 1 or names[0] not in ARCHITECTURES:
        return f"the architecture {names[0]} is none of {', '.join(ARCHITECTURES)}"
    if turning != "default":
        return f"their positions are scaled ({turning})"
    if config.get("sliding_window") and config.get("use_sliding_window", True):
        return "their layers look back over a window only"
    if config.get("quantization_config"):
        return "their numbers are packed by another program"
    return None if config.get("hidden_act", "silu") == "silu" else f"they compute with {config['hidden_act']}"


def _pre_tokenizer(tokenizer: dict[str, Any]) -> str | None:
    """llama.cpp's name for the way a tokenizer cuts text; None if it has none that is known here."""
    whole = tokenizer.get("pre_tokenizer") or {}
    steps: list[str] = []
    for step in whole.get("pretokenizers", [whole]):
        steps.append(str(step.get("type")))
        if step.get("type") == "Split":
            steps.append(str(step.get("pattern", {}).get("Regex")))
        elif step.get("type") == "Digits":
            steps.append("each" if step.get("individual_digits") else "runs")
        elif step.get("add_prefix_space"):
            steps.append("with a space before")
    return PRE_TOKENIZERS.get(tuple(steps))
