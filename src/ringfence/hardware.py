"""What this machine is: processors, instruction sets, memory and GPUs. The one place that asks the system."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "Machine",
    "accelerators",
    "energy_joules",
    "gpu_names",
    "has_bfloat16",
    "has_gpu",
    "host_facts",
    "is_x86",
    "machine",
    "processor_features",
    "processors",
]

_LOCKED_INSTRUCTIONS = ("avx", "amx", "sse", "fma", "f16c", "asimd", "sve", "i8mm", "bf16")


@dataclass(frozen=True)
class Machine:
    """Memory in GB (10^9 bytes), of the machine and of each GPU."""

    memory_gb: float
    gpus_gb: tuple[float, ...] = ()


def machine() -> Machine:
    """The memory of this machine, from the system and nvidia-smi."""
    sizes = tuple(float(line) for line in _nvidia_smi("memory.total", units=False) if line.isdigit())
    return Machine(_memory_bytes() / 1e9, tuple(size * 2**20 / 1e9 for size in sizes))


def processors() -> int:
    """The number of logical processors."""
    return os.cpu_count() or 1


def is_x86() -> bool:
    """Whether the processor is of the x86 family."""
    return platform.machine().lower() in ("x86_64", "amd64", "i686")


def has_bfloat16() -> bool:
    """Whether this is an x86 processor that multiplies matrices of bf16 numbers."""
    instructions = processor_features().get("instructions", "").split()
    return is_x86() and not {"amx_bf16", "avx512_bf16"}.isdisjoint(instructions)


def has_gpu() -> bool:
    """Whether NVIDIA's tools are installed, which takes a driver and a GPU."""
    return shutil.which("nvidia-smi") is not None


def gpu_names() -> list[str]:
    """Each GPU with its driver and memory, a line each."""
    return _nvidia_smi("name,driver_version,memory.total")


def host_facts() -> dict[str, Any]:
    """Operating system, Python, processors and memory; no name of the machine or of a person."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "memory_gib": round(_memory_bytes() / 2**30, 1),
    }


def accelerators() -> dict[str, Any] | None:
    """NVIDIA's driver and the GPUs, from the kernel; None if there are none."""
    driver = Path("/proc/driver/nvidia")
    try:
        version = (driver / "version").read_text().splitlines()[0]
        models = [
            row.partition(":")[2].strip()
            for about in sorted(driver.glob("gpus/*/information"))
            for row in about.read_text().splitlines()
            if row.startswith("Model:")
        ]
    except (OSError, IndexError):
        return None
    return {"driver": " ".join(version.split()), "gpus": models}


def processor_features() -> dict[str, str]:
    """The processor's architecture and instruction sets: an engine picks its arithmetic by them."""
    features = {"architecture": platform.machine()}
    try:
        for row in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = row.partition(":")
            if name.strip() in ("flags", "Features"):
                flags = sorted(flag for flag in value.split() if flag.startswith(_LOCKED_INSTRUCTIONS))
                features["instructions"] = " ".join(flags)
                break
    except OSError:
        features["instructions"] = platform.processor()
    return features


def energy_joules() -> float | None:
    """What the processors have used since some moment, in joules; None where the system does not tell (RAPL)."""
    zones = sorted(Path("/sys/class/powercap").glob("intel-rapl:?"))
    try:
        return sum(int((zone / "energy_uj").read_text()) for zone in zones) / 1e6 if zones else None
    except (OSError, ValueError):
        return None


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0


def _nvidia_smi(what: str, *, units: bool = True) -> list[str]:
    if not has_gpu():
        return []
    form = "csv,noheader" if units else "csv,noheader,nounits"
    query = ["nvidia-smi", f"--query-gpu={what}", f"--format={form}"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [" ".join(line.split()) for line in done.stdout.splitlines() if line.strip()]
