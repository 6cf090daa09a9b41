"""Check a LoRA adapter in peft's form: adapter_config.json and adapter_model.safetensors."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import EngineError

__all__ = ["adapter_modules", "adapter_rank"]

MOST = 512  # the highest rank that vLLM serves


def adapter_rank(folder: Path) -> int:
    """The rank of the adapter in ``folder``. Raises EngineError if it is not a LoRA adapter that vLLM serves."""
    return _read(folder)[0]


def adapter_modules(folder: Path) -> list[str]:
    """The modules that the adapter in ``folder`` changes, sorted; none if it names them by a pattern."""
    return _read(folder)[1]


def _read(folder: Path) -> tuple[int, list[str]]:
    try:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        kind, rank, named = config["peft_type"], int(config["r"]), config.get("target_modules")
    except (OSError, ValueError, KeyError, TypeError):
        kind, rank, named = None, 0, None
    if kind != "LORA" or not 1 <= rank <= MOST or not (folder / "adapter_model.safetensors").is_file():
        raise EngineError(
            "The adapter is not a LoRA adapter that vLLM serves: a folder with adapter_config.json and "
            "adapter_model.safetensors.",
            "Name one in peft's form; `ringfence tune` publishes it beside the GGUF adapter.",
        )
    return rank, sorted(map(str, named)) if isinstance(named, list) else []
