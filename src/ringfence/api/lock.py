"""Find a lock, compare two locks, and require that this machine matches one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..locks import Difference, Lock, differences, read_lock, require, signature_of
from ..operating.released import read_release
from ..runs import RunFolder
from ..weights.policy import policy_here

__all__ = ["LockComparison", "compare_locks", "find_lock", "lock_in", "require_lock", "signature_of"]


@dataclass(frozen=True)
class LockComparison:
    """Two locks, and every difference between them."""

    first: Lock
    second: Lock
    differences: list[Difference]

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        rows = [
            {"path": row.path, "first": row.expected, "second": row.found, "why": row.why} for row in self.differences
        ]
        return {"schema": 1, "first": self.first.digest, "second": self.second.digest, "differences": rows}


def require_lock(locked: Path | Lock, found: Lock) -> None:
    """Require that ``found``, the lock of this machine, equals a lock, or the lock in a file.

    Raises InputError if it does not, and WeightsError if the policy requires a signature of the file that no trusted
    key confirms.
    """
    if isinstance(locked, Lock):
        require(locked, found, "the release")
        return
    if policy := policy_here():
        policy.require_signature(locked, signature_of(locked))
    require(read_lock(locked), found, str(locked))


def lock_in(path: Path) -> Lock:
    """Read the lock in a lock file, or in a release of which no word was changed. Raises InputError otherwise."""
    return read_release(path).lock if path.suffix == ".json" else read_lock(path)


def find_lock(path: str | Path) -> Lock:
    """Read the lock of a lock file, a run folder or a release. Raises InputError if there is none."""
    path = Path(path)
    if path.is_dir():
        return RunFolder.open(path).lock()
    if path.suffix != ".json":
        return read_lock(path)
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))["lock"]
        lock = Lock(**stated["data"])
        if lock.digest != stated["digest"]:
            raise ValueError("the digest does not match")
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"{path} is not a release, or was changed.", "Give a lock file, a run folder or a release."
        ) from None
    return lock


def compare_locks(first: str | Path, second: str | Path) -> LockComparison:
    """Compare two locks, each given as a lock file, a run folder or a release."""
    left, right = find_lock(first), find_lock(second)
    return LockComparison(left, right, differences(left.data, right.data))
