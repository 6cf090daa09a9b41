"""Flags that appear at a bound of a log-probability: the same answer may have one in a run and not in its replay."""

from __future__ import annotations

from ..contracts import Result
from ..tasks.extract.doubts import DOUBTFUL_VALUE, EVEN, UNLIKELY, UNLIKELY_TOKEN, belief_in
from .claims import differing_claims
from .outcome import RecordedAnswers, distance_of_crossing

__all__ = ["crossed_bound"]

_BOUNDED = frozenset({UNLIKELY_TOKEN, DOUBTFUL_VALUE})


def crossed_bound(
    stored: Result, replayed: Result, answers: tuple[RecordedAnswers, RecordedAnswers]
) -> tuple[float, str] | None:
    """How far from its bound a log-probability was (nats) whose flag only one of two results has, and that flag.

    The furthest counts. None if the results differ in something else, or if a flag has no such log-probability.
    """
    if differing_claims(stored, replayed, exact=False, but_flags=_BOUNDED):
        return None
    found: list[tuple[float, str]] = []
    for path, before in (stored.fields or {}).items():
        after = replayed.field(path)
        differing = _BOUNDED & (set(before.flags) ^ set(after.flags))
        if not differing:
            continue
        flag = UNLIKELY_TOKEN if UNLIKELY_TOKEN in differing else DOUBTFUL_VALUE  # an unlikely token alone is said
        if flag == UNLIKELY_TOKEN:
            distance = distance_of_crossing(*answers, UNLIKELY)
        else:
            distance = _distance(belief_in(before, stored.value(path)), belief_in(after, replayed.value(path)))
        if distance is None:
            return None
        found.append((distance, flag))
    return max(found, default=None)


def _distance(before: float | None, after: float | None) -> float | None:
    """How far the first belief is from the bound that the second crossed."""
    if before is None or after is None or (before < EVEN) == (after < EVEN):
        return None
    return abs(before - EVEN)
