"""The lock's canonical form: everything that determines an answer, as sorted compact JSON, and its sha256.

What a lock does not have (an adapter, a graphics processor) is left out of it, so that TOML, which knows no null, holds
the same lock.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Lock", "accelerators", "canonical_digest", "canonical_json", "differing", "processor_features"]


def canonical_json(data: Any) -> str:
    """Sorted, compact JSON: the same data gives the same bytes everywhere."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_digest(data: Any) -> str:
    """The sha256 of the canonical form of plain data, as ``sha256:...``."""
    return "sha256:" + hashlib.sha256(canonical_json(data).encode("utf-8", "backslashreplace")).hexdigest()


class Lock:
    """What determines an answer. ``data`` is plain JSON data without nulls; ``digest`` is stamped on every answer."""

    def __init__(self, **parts: Any) -> None:
        self.data: dict[str, Any] = _stated({"schema": 1, **parts})
        self.digest = canonical_digest(self.data)

    def but(self, **parts: Any) -> Lock:
        """The same lock with other parts; None leaves a part out."""
        return Lock(**{**self.data, **parts})

    def differences(self, other: Mapping[str, Any]) -> list[str]:
        """The paths at which ``other`` (the data of another lock) differs, as dotted names."""
        return [path for path, _, _ in differing(other, self.data)]


def _stated(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _stated(value) for key, value in data.items() if value is not None}
    if isinstance(data, list | tuple):
        return [_stated(one) for one in data]
    return data


def differing(expected: Any, found: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Where two locks' data differ: (dotted path, what the first has, what the second has), None where it has nothing."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        keys = sorted({*expected, *found})
        pairs = ((expected.get(key), found.get(key), f"{path}.{key}" if path else key) for key in keys)
        return [row for one, two, name in pairs for row in differing(one, two, name)]
    # By their canonical form: 1, 1.0 and true are equal in Python, and are other locks.
    return [] if canonical_json(expected) == canonical_json(found) else [(path, expected, found)]


def accelerators() -> dict[str, Any] | None:
    """NVIDIA's driver and the graphics processors here, as the kernel tells them; None where there are none."""
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
