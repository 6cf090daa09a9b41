"""The lock's canonical form: everything that determines an answer, as sorted compact JSON, and its sha256."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path
from typing import Any

__all__ = ["Lock", "canonical_json", "processor_features"]


def canonical_json(data: Any) -> str:
    """Sorted, compact JSON: the same data gives the same bytes everywhere."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Lock:
    """What determines an answer. ``data`` is plain JSON data; ``digest`` is stamped on every answer."""

    def __init__(self, **parts: Any) -> None:
        self.data: dict[str, Any] = {"schema": 1, **parts}
        self.digest = "sha256:" + hashlib.sha256(canonical_json(self.data).encode()).hexdigest()

    def differences(self, other: dict[str, Any]) -> list[str]:
        """The paths at which ``other`` (the data of another lock) differs, as dotted names."""
        return sorted(_differences(self.data, other))


def _differences(one: Any, two: Any, path: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(two, dict):
        found = []
        for key in {*one, *two}:
            found += _differences(one.get(key), two.get(key), f"{path}.{key}" if path else str(key))
        return found
    return [] if one == two else [path]


def processor_features() -> dict[str, str]:
    """The processor's architecture and instruction sets, which decide the arithmetic that an engine picks."""
    features = {"architecture": platform.machine()}
    try:
        for row in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = row.partition(":")
            if name.strip() in ("flags", "Features"):
                flags = sorted(
                    flag
                    for flag in value.split()
                    if flag.startswith(("avx", "amx", "sse", "fma", "f16c", "asimd", "sve", "i8mm", "bf16"))
                )
                features["instructions"] = " ".join(flags)
                break
    except OSError:
        features["instructions"] = platform.processor()
    return features
