"""The lock's canonical form: everything that determines an answer, as sorted compact JSON, and its sha256.

A lock leaves out what it does not have (an adapter, a GPU), so that TOML, which has no null, holds the same lock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..contracts import LockData

__all__ = ["Lock", "canonical_digest", "canonical_json", "differing"]


def canonical_json(data: Any) -> str:
    """Sorted, compact JSON: the same data gives the same bytes everywhere."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_digest(data: Any) -> str:
    """The sha256 of the canonical form of plain data, as ``sha256:...``."""
    return "sha256:" + hashlib.sha256(canonical_json(data).encode("utf-8", "backslashreplace")).hexdigest()


class Lock:
    """What determines an answer. ``data`` is plain JSON data without nulls; every answer carries its ``digest``.

    A new lock has schema 2. ``Lock(**data)`` keeps the schema that the data state, and so the digest of an old lock.
    """

    def __init__(self, **parts: Any) -> None:
        self.data: dict[str, Any] = _without_nulls({"schema": 2, **parts})
        self.digest = canonical_digest(self.data)

    @property
    def facts(self) -> LockData:
        """A typed view of ``data``. Raises ValueError if the data are not those of a lock."""
        return LockData.model_validate(self.data)

    def but(self, **parts: Any) -> Lock:
        """The same lock with other parts; None leaves a part out."""
        return Lock(**{**self.data, **parts})

    def differences(self, expected: Mapping[str, Any]) -> list[str]:
        """The dotted paths at which this lock differs from the data of an ``expected`` one."""
        return [path for path, _, _ in differing(expected, self.data)]


def _without_nulls(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _without_nulls(value) for key, value in data.items() if value is not None}
    if isinstance(data, list | tuple):
        return [_without_nulls(value) for value in data]
    return data


def differing(expected: Any, found: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Where the data of two locks differ: (dotted path, expected value, found value), None for a missing value."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        keys = sorted({*expected, *found})
        pairs = ((expected.get(key), found.get(key), f"{path}.{key}" if path else key) for key in keys)
        return [row for left, right, name in pairs for row in differing(left, right, name)]
    # Compare the canonical forms: 1, 1.0 and true are equal in Python, but give different digests.
    return [] if canonical_json(expected) == canonical_json(found) else [(path, expected, found)]
