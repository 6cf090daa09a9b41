"""Choose the engine that suits the machine and the weights, with a reason."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from ..errors import EngineError
from ..gguf_header import GgufHeader
from ..hardware import has_gpu, is_x86, machine

__all__ = [
    "READ_EXACTLY",
    "EngineState",
    "choose_engine",
    "encoder_engine",
    "require_engine",
    "slow_precision",
    "state_of",
    "unread_by_openvino",
]

# What GenAI's GGUF reader supports, as of 2026.4.
OPENVINO_ARCHITECTURES = ("llama", "qwen2", "qwen3")
# GenAI's reader rounds the zero points of Q4_1 and of the K precisions: 8 to 12 % rms from the file. It keeps these.
READ_EXACTLY = {"F32", "F16", "BF16", "Q8_0", "Q4_0"}
# Those that its form can be made of: what gguf turns back into numbers, tried one by one. Newer ones are llama.cpp's.
OPENVINO_PRECISIONS = READ_EXACTLY | {
    "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "TQ1_0",
    "TQ2_0", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS",
}  # fmt: skip
FORM_BITS = 8.5  # per number in OpenVINO's form: 8, and a scale of 16 for each 32 numbers
WEIGHTS_SHARE = 0.7  # of the memory; the rest is for the cache, the documents and the system
SLOW_IN_LLAMACPP = ("Q4_1", "Q5_1")
_MODULES = {
    "openvino": ("openvino_genai", "openvino", "openvino_tokenizers"),
    "llamacpp": ("xllamacpp", "urllib3"),
    "onnx": ("onnxruntime", "onnx", "tokenizers"),
    "openai": ("urllib3",),
}
_PURPOSES = {
    "openvino": "GGUF (llama, qwen2, qwen3) and OpenVINO exports on x86 processors: fastest on those",
    "llamacpp": "GGUF of any architecture, on any machine: Apple and ARM processors, small GPUs",
    "vllm": "safetensors on GPUs: starts and supervises its own server",
    "openai": "an existing server: vLLM, llama.cpp, Ollama, TGI, NIM (--server)",
    "onnx": "encoders in ONNX: embeddings, rerankers, entailment",
}


@dataclass(frozen=True)
class EngineState:
    """Whether an engine can run on this machine, the reason if it cannot, and its purpose."""

    usable: bool
    reason: str
    purpose: str


def state_of(name: str) -> EngineState:
    """The state of the engine ``name``, found without importing its libraries."""
    purpose = _PURPOSES.get(name, "")
    if name == "vllm":
        from .vllm import installed

        if not installed():
            return EngineState(False, "pip install vllm, on a machine with a GPU", purpose)
        return EngineState(True, "", purpose)
    if any(importlib.util.find_spec(module) is None for module in _MODULES.get(name, ())):
        return EngineState(False, f"pip install 'ringfence[{name}]'", purpose)
    return EngineState(True, "", purpose)


def require_engine(name: str) -> None:
    """Raises EngineError, with what to install, if an engine cannot run here; for ``auto``, if none can run GGUF files.

    Call it before anything is pulled or read.
    """
    if name != "auto":
        if not (state := state_of(name)).usable:
            raise EngineError(f"The engine {name} is not installed.", f"Install it: {state.reason}.")
    elif not any(state_of(local).usable for local in ("openvino", "llamacpp")):
        best = "openvino" if is_x86() else "llamacpp"
        raise EngineError("No engine is installed.", f"Install one: pip install 'ringfence[{best}]'.")


def choose_engine(files: Path | None, server: str) -> tuple[str, str]:
    """The name of the engine for the weights in the folder ``files`` (None: any weights), and the reason.

    Raises EngineError if no installed engine can run them.
    """
    if server:
        return "openai", "openai, because --server names one"
    names = {path.suffix for path in files.iterdir()} if files else {".gguf"}
    gpu, x86 = has_gpu(), is_x86()
    if ".safetensors" in names and ".gguf" not in names and not (files and (files / "openvino_model.xml").exists()):
        if state_of("vllm").usable:
            return "vllm", "vllm, because these are safetensors weights" + ("" if gpu else " (no NVIDIA GPU found)")
        raise EngineError(
            "Safetensors weights need vLLM, which is not installed.",
            "Install it on a machine with a GPU, or make a GGUF file of them: ringfence weights requantise NAME",
        )
    architecture = _architecture(files) if files else None
    headers = [GgufHeader(path) for path in sorted(files.glob("*.gguf"))] if files else []
    unread, too_large = unread_by_openvino(headers), _too_large_for_openvino(headers)
    fits = architecture in (None, *OPENVINO_ARCHITECTURES) and not unread
    usable = {name for name in ("openvino", "llamacpp") if state_of(name).usable}
    kind = f"{architecture} weights" if architecture else "an OpenVINO export" if files else "most weights"
    if unread:
        kind = f"{kind} in {unread}"
    if ".xml" in names:
        if "openvino" in usable:
            return "openvino", "openvino, because this is an OpenVINO export"
        raise EngineError("An OpenVINO export needs OpenVINO.", "Install it: pip install 'ringfence[openvino]'.")
    if gpu and "llamacpp" in usable and _llamacpp_sees_a_gpu():
        return "llamacpp", f"llamacpp, because the installed build uses the GPU and reads {kind}"
    if x86 and fits and too_large and "llamacpp" in usable:
        return "llamacpp", f"llamacpp, because OpenVINO {too_large}"
    if x86 and fits and "openvino" in usable:
        return "openvino", f"openvino, because it is the fastest on an x86 processor and reads {kind}"
    if "llamacpp" in usable:
        why = (
            f"OpenVINO does not read {kind}"
            if x86 and not fits
            else "this is not an x86 processor"
            if not x86
            else "OpenVINO is not installed"
        )
        return "llamacpp", f"llamacpp, because {why}"
    if fits and "openvino" in usable:
        return "openvino", "openvino, because llama.cpp is not installed"
    raise EngineError(f"No installed engine reads {kind}.", "Install one: pip install 'ringfence[llamacpp]'.")


def encoder_engine(files: Path) -> str:
    """The name of the engine that embeds texts, or judges pairs of them, with the weights in the folder ``files``."""
    return "llamacpp" if any(files.glob("*.gguf")) else "onnx"


def _llamacpp_sees_a_gpu() -> bool:
    import xllamacpp

    return any("GPU" in str(device["type"]) for device in xllamacpp.get_device_info())


def _architecture(files: Path) -> str | None:
    """The architecture of the weights, from the header of a GGUF file or from config.json; None if unknown."""
    for path in sorted(files.glob("*.gguf")):
        architecture: str | None = GgufHeader(path, only="general.architecture").get("general.architecture")
        return architecture
    try:
        return str(json.loads((files / "config.json").read_text(encoding="utf-8")).get("model_type"))
    except (OSError, ValueError):
        return None


def unread_by_openvino(headers: Sequence[GgufHeader]) -> str | None:
    """A precision in GGUF files that OpenVINO's form cannot be made of; None if it can be made of all."""
    return min({kind for header in headers for kind in header.tensors.values()} - OPENVINO_PRECISIONS, default=None)


def _too_large_for_openvino(headers: Sequence[GgufHeader]) -> str | None:
    """Why OpenVINO's form of GGUF weights leaves no memory for the rest; None if it does.

    What its reader keeps has the size of the file, everything else 8 bits.
    """
    needed = sum(
        place.size if kinds[name] in READ_EXACTLY else prod(place.sides) * FORM_BITS / 8
        for header in headers
        for kinds in [header.tensors]
        for name, place in header.places.items()
    ) / 1e9  # fmt: skip
    here = machine().memory_gb
    if needed <= here * WEIGHTS_SHARE:
        return None
    return f"needs {needed:.0f} of {here:.0f} GB of memory for these weights"


def slow_precision(files: Path) -> str | None:
    """The precision of most matrices of a GGUF file if llama.cpp has no fast kernel for it, else None."""
    for path in sorted(files.glob("*.gguf")):
        precision = GgufHeader(path).matrix_precision
        return precision if precision in SLOW_IN_LLAMACPP else None
    return None
