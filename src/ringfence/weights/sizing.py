"""What weights need of a machine: memory for the numbers themselves, and for keys and values; and what this one has."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from .known import KnownWeights

__all__ = ["GPU_GB", "Machine", "Need", "cached_bytes", "gpus_needed", "machine", "need_of", "verdict"]

Q4_BITS = 4.85  # of a weight in Q4_K_M, with its scales; measured over published files of 7B to 70B
Q8_BITS = 8.5
BF16_BITS = 16.0
CPU_CACHE_BYTES = 1.13  # OpenVINO keeps keys and values in 8 bits, with a scale and a zero point for each head
GPU_CACHE_BYTES = 2.0
WORKING_SHARE = 0.85  # of the memory; the rest is for activations, documents and the system
GPU_GB = 80.0


@dataclass(frozen=True)
class Machine:
    """Memory in GB (10^9 bytes), of the machine and of each GPU."""

    memory_gb: float
    gpus_gb: tuple[float, ...] = ()


@dataclass(frozen=True)
class Need:
    """Memory in GB for one form of the weights, with keys and values of ``sequences`` times ``tokens``."""

    weights_gb: float
    cache_gb: float
    tokens: int
    sequences: int

    @property
    def total_gb(self) -> float:
        """Both together."""
        return self.weights_gb + self.cache_gb

    def __str__(self) -> str:
        return f"{self.weights_gb:.1f} + {self.cache_gb:.1f} = {self.total_gb:.1f} GB"


def machine() -> Machine:
    """What this machine has, as the system and nvidia-smi tell it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if hasattr(os, "sysconf") else 0.0
    return Machine(memory, _gpus())


def _gpus() -> tuple[float, ...]:
    if shutil.which("nvidia-smi") is None:
        return ()
    query = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(float(line) * 2**20 / 1e9 for line in done.stdout.split() if line.strip().isdigit())


def cached_bytes(known: KnownWeights, tokens: int, bytes_each: float) -> float:
    """Bytes of keys and values for one sequence of ``tokens``: 2 x layers x key-value heads x head size, for each token.

    Layers with a sliding window keep no more than its length.
    """
    per_layer = 2 * known.kv_heads * known.head_size * bytes_each
    short = min(tokens, known.window) if known.window else tokens
    return per_layer * ((known.layers - known.window_layers) * tokens + known.window_layers * short)


def need_of(known: KnownWeights, bits: float, bytes_each: float, tokens: int, sequences: int) -> Need:
    """The need of a form with ``bits`` a weight."""
    tokens = min(tokens, known.context)
    cache = cached_bytes(known, tokens, bytes_each) * sequences if known.kind == "chat" else 0.0
    return Need(known.parameters * bits / 8 / 1e9, cache / 1e9, tokens, sequences)


def gpus_needed(need: Need, each_gb: float = GPU_GB) -> int:
    """How many GPUs of ``each_gb``, as a power of two: heads are split evenly among them."""
    least = max(1, math.ceil(need.total_gb / (each_gb * WORKING_SHARE)))
    return int(2 ** math.ceil(math.log2(least)))


def verdict(known: KnownWeights, here: Machine, usable: Sequence[str], tokens: int, sequences: int) -> tuple[bool, str]:
    """Whether the weights fit this machine in a form that an engine runs here, and the arithmetic of it."""
    gpu_total = sum(here.gpus_gb)
    full = need_of(known, BF16_BITS, GPU_CACHE_BYTES, tokens, sequences)
    if "vllm" in known.engines and "vllm" in usable and gpu_total:
        room = gpu_total * WORKING_SHARE
        if full.total_gb <= room:
            return True, f"vllm in 16 bits: {full} of {room:.0f} GB"
    small = need_of(
        known, Q4_BITS, CPU_CACHE_BYTES if "openvino" in known.engines else GPU_CACHE_BYTES, tokens, sequences
    )
    by = next((name for name in ("openvino", "llamacpp", "onnx") if name in known.engines and name in usable), None)
    room = here.memory_gb * WORKING_SHARE
    if by is None:
        needed = ", ".join(known.engines) or "an engine"
        return False, f"{needed} is not here; in 16 bits {full}"
    if small.total_gb <= room:
        return True, f"{by} in 4 bits: {small} of {room:.0f} GB"
    return False, f"{by} in 4 bits: {small}, and there are {room:.0f} GB"
