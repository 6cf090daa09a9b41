"""The memory that weights need, including keys and values, and whether a machine has it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..hardware import Machine
from ..weights.known import KnownWeights

__all__ = ["GPU_GB", "MemoryNeed", "cached_bytes", "gpus_needed", "machine_fit", "need_of"]

Q4_BITS = 4.85  # per weight in Q4_K_M, including scales; measured over published files from 7B to 70B
Q8_BITS = 8.5
BF16_BITS = 16.0
CPU_CACHE_BYTES = 1.13  # OpenVINO stores keys and values in 8 bits, with a scale and a zero point for each head
GPU_CACHE_BYTES = 2.0
# Bits per weight, and bytes per cached number; OpenVINO's form of 4-bit weights has 8 bits, which no number leaves far.
LOCAL_FORMS = {
    "openvino": (Q8_BITS, CPU_CACHE_BYTES),
    "llamacpp": (Q4_BITS, GPU_CACHE_BYTES),
    "onnx": (Q4_BITS, GPU_CACHE_BYTES),
}
WORKING_SHARE = 0.85  # of the memory for weights and cache; activations, documents and the system need the rest
GPU_GB = 80.0


@dataclass(frozen=True)
class MemoryNeed:
    """Memory in GB for one form of the weights, with keys and values for ``sequences`` of ``tokens`` each."""

    weights_gb: float
    cache_gb: float
    tokens: int
    sequences: int

    @property
    def total_gb(self) -> float:
        """Weights and cache together."""
        return self.weights_gb + self.cache_gb

    def __str__(self) -> str:
        return f"{self.weights_gb:.1f} + {self.cache_gb:.1f} = {self.total_gb:.1f} GB"


def cached_bytes(known: KnownWeights, tokens: int, bytes_each: float) -> float:
    """Return the bytes of keys and values for one sequence.

    This is tokens x 2 x layers x key-value heads x head size x ``bytes_each``. A layer with a sliding window stores at
    most the tokens of the window.
    """
    per_layer = 2 * known.kv_heads * known.head_size * bytes_each
    short = min(tokens, known.window) if known.window else tokens
    return per_layer * ((known.layers - known.window_layers) * tokens + known.window_layers * short)


def need_of(known: KnownWeights, bits: float, bytes_each: float, tokens: int, sequences: int) -> MemoryNeed:
    """Return the memory that a form with ``bits`` per weight needs."""
    tokens = min(tokens, known.context)
    cache = cached_bytes(known, tokens, bytes_each) * sequences if known.kind == "chat" else 0.0
    return MemoryNeed(known.parameters * bits / 8 / 1e9, cache / 1e9, tokens, sequences)


def gpus_needed(need: MemoryNeed, each_gb: float = GPU_GB) -> int:
    """Return the number of GPUs with ``each_gb`` GB each; a power of two, because heads are split evenly."""
    least = max(1, math.ceil(need.total_gb / (each_gb * WORKING_SHARE)))
    return int(2 ** math.ceil(math.log2(least)))


def machine_fit(
    known: KnownWeights, here: Machine, usable: Sequence[str], tokens: int, sequences: int
) -> tuple[bool, str]:
    """Return whether weights fit a machine in a form that a ``usable`` engine runs, and the sum that shows it."""
    gpu_total = sum(here.gpus_gb)
    full = need_of(known, BF16_BITS, GPU_CACHE_BYTES, tokens, sequences)
    if "vllm" in known.engines and "vllm" in usable and gpu_total:
        room = gpu_total * WORKING_SHARE
        if full.total_gb <= room:
            return True, f"vllm in 16 bits: {full} of {room:.0f} GB"
    room = here.memory_gb * WORKING_SHARE
    needs = {
        engine: need_of(known, *form, tokens, sequences)
        for engine, form in LOCAL_FORMS.items()
        if engine in known.engines and engine in usable
    }
    if not needs:
        return False, f"{', '.join(known.engines) or 'an engine'} is not installed; in 16 bits {full}"
    engine = next((name for name, need in needs.items() if need.total_gb <= room), "")
    if engine:
        return True, f"{engine} in {_bits(engine)} bits: {needs[engine]} of {room:.0f} GB"
    engine, least = min(needs.items(), key=lambda item: item[1].total_gb)
    return False, f"{engine} in {_bits(engine)} bits: {least}, but only {room:.0f} GB are available"


def _bits(engine: str) -> int:
    return int(LOCAL_FORMS[engine][0])
