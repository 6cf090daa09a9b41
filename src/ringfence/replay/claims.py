"""Compare what two results of one document state beside values and places: flags, windows, grounding and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from ..contracts import Result

__all__ = ["differing_claims"]

# Time, and what a calibrator, a lock or the place of the run folder adds, are no part of an answer; how much a cache
# held depends on what the engine did before.
_NOT_OF_THE_ANSWER = {"seconds", "cached_tokens", "lock", "decision", "confidence", "path"}
_COMPUTED = {"features", "alternatives", "scores"}  # follow the log-probabilities
_ADDED_LATER = frozenset({"fragile"})


def differing_claims(
    stored: Result, replayed: Result, exact: bool, but_flags: Set[str] = frozenset()
) -> tuple[str, ...]:
    """Return the paths at which two results with the same answer differ, such as ``fields.total.flags``.

    With ``exact`` the engine gave the same log-probabilities, so that what is computed from them counts too. Counts of
    tokens and requests are compared as well; seconds are no evidence. The flags ``but_flags`` are not compared.
    """
    flags = _ADDED_LATER | but_flags
    return tuple(dict.fromkeys(_differences(stored.as_json(), replayed.as_json(), "", exact, flags)))


def _differences(left: Any, right: Any, path: str, exact: bool, but_flags: Set[str]) -> Iterator[str]:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for name in {**left, **right}:
            if name in _NOT_OF_THE_ANSWER or (name in _COMPUTED and not exact):
                continue
            below = f"{path}.{name}" if path else str(name)
            yield from _differences(left.get(name), right.get(name), below, exact, but_flags)
    elif isinstance(left, list) and isinstance(right, list):
        if path.endswith(".flags"):
            left, right = ([flag for flag in flags if flag not in but_flags] for flags in (left, right))
        if len(left) != len(right):
            yield path
            return
        for one, other in zip(left, right, strict=True):
            yield from _differences(one, other, path, exact, but_flags)
    elif isinstance(left, float) and isinstance(right, float):
        if abs(left - right) > 1e-3:
            yield path
    elif left != right and (left or right):  # an empty part equals a missing one
        yield path
