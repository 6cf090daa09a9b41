"""One stored answer beside its replay: IDENTICAL, NEAR-TIE or CHANGED."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["NEAR_TIE", "Alternatives", "Verdict", "margin_bound", "verdict_on_document"]

NEAR_TIE = 0.1  # nats between the two best tokens; what a document is computed beside moves log-probabilities by less
Word = Literal["IDENTICAL", "NEAR-TIE", "CHANGED", "NOT REPLAYED"]
Alternatives = Callable[[str, int, Sequence[int], int, int], tuple[float, str]]
Heard = Mapping[str, Sequence[Mapping[str, Any]]]
_ANSWER = (
    "status",
    "values",
    "checks",
    "rows",
    "unsupported",
    "left_out",
)  # what of a result is the answer, besides fields


@dataclass(frozen=True)
class Verdict:
    """What a replay says of one document.

    Where the answers part: ``request`` and ``token`` (its place in the answer), the ``margin`` between both alternatives
    in nats, and ``method``: `bound` (log p - log(1-p) of the stored token is over the threshold already), `scored` (both
    alternatives were scored again), or `not known` (the engine scores nothing; it counts as CHANGED). ``fields`` are those whose value differs; ``drift`` is the most that a log-probability moved.
    """

    document: str
    word: Word
    why: str = ""
    request: str | None = None
    token: int | None = None
    margin: float | None = None
    method: str | None = None
    fields: tuple[str, ...] = ()
    drift: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The verdict for machines."""
        return asdict(self)


def margin_bound(logprob: float) -> float:
    """The least by which a token of this log-probability leads the next best: all the rest may be one token."""
    rest = -math.expm1(logprob)
    return math.inf if rest <= 0 else logprob - math.log(rest)


def verdict_on_document(
    stored: Mapping[str, Any],
    again: Mapping[str, Any],
    before: Heard,
    after: Heard,
    alternatives: Alternatives,
    threshold: float = NEAR_TIE,
) -> Verdict:
    """Compare two results of one document, with what the engine said for each (by request, in order).

    ``alternatives(request, look, tokens before, one, other)`` gives the margin between two tokens and the method.
    """
    name = stored["document"]["id"]
    fields = differing_fields(stored, again)
    same = not fields and all(_plain(stored.get(part)) == _plain(again.get(part)) for part in _ANSWER)
    same = same and _code(stored) == _code(again)
    if not before and not same:
        return Verdict(name, "CHANGED", "it differs, and the run kept no trace of what the engine said", fields=fields)
    split = _first_split(before, after, same) if before else None
    if split is None:
        if same:
            return Verdict(name, "IDENTICAL", drift=_drift(before, after))
        return Verdict(name, "CHANGED", "the engine said the same, and other values were read from it", fields=fields)
    request, look, one, other = split
    about: dict[str, Any] = {"request": _readable(request, name), "fields": fields, "drift": _drift(before, after)}
    if one is None or other is None:
        return Verdict(name, "CHANGED", "something was asked in one of the runs only", **about)
    if one["prompt"] != other["prompt"]:
        return Verdict(name, "CHANGED", "another prompt was asked", **about)
    if "error" in one or "error" in other:
        return Verdict(name, "CHANGED", str(other.get("error") or one.get("error")), **about)
    if "scores" in one:
        return _of_scores(name, one["scores"], other["scores"], threshold, about)
    place = _common(one["tokens"], other["tokens"])
    if place >= min(len(one["tokens"]), len(other["tokens"])):
        return Verdict(name, "CHANGED", "one answer ends where the other goes on", token=place, **about)
    if (margin := margin_bound(one["logprobs"][place])) > threshold:
        method = "bound"
    else:
        margin, method = alternatives(
            request, look, one["tokens"][:place], one["tokens"][place], other["tokens"][place]
        )
        if method == "not known":
            why = f"token {place + 1} differs; this engine scores nothing, so how near the two were is not known"
            return Verdict(name, "CHANGED", why, token=place, method=method, **about)
    word: Word = "NEAR-TIE" if margin <= threshold else "CHANGED"
    why = f"token {place + 1} differs; the stored one led by {'at least ' if method == 'bound' else ''}{margin:.3f}"
    return Verdict(name, word, why, token=place, margin=round(margin, 4), method=method, **about)


def differing_fields(stored: Mapping[str, Any], again: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths whose value or place differs."""
    one, two = stored.get("fields") or {}, again.get("fields") or {}
    found = [p for p in dict.fromkeys([*one, *two]) if _said(one.get(p)) != _said(two.get(p))]
    if not found and stored.get("values") != again.get("values"):
        before, after = stored.get("values") or {}, again.get("values") or {}
        found = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    return tuple(found)


def _said(entry: Mapping[str, Any] | None) -> Any:
    return None if entry is None else [entry.get(part) for part in ("raw", "spans", "kind", "value", "address")]


def _plain(value: Any) -> Any:
    return [] if value is None else value


def _code(result: Mapping[str, Any]) -> str:
    """Why a document failed or was abstained from, without the words of an engine."""
    return str(result.get("reason") or "").partition(":")[0]


def _first_split(
    before: Heard, after: Heard, same: bool
) -> tuple[str, int, Mapping[str, Any] | None, Mapping[str, Any] | None] | None:
    """The first answer of the engine that differs, in the order in which the stored run asked."""
    order = sorted(
        {(request, look) for heard in (before, after) for request in heard for look in range(len(heard[request]))},
        key=lambda one: (before.get(one[0]) or after[one[0]])[0]["n"] + one[1] / 1000,
    )
    for request, look in order:
        one, other = (heard[request][look] if look < len(heard.get(request, ())) else None for heard in (before, after))
        if one is None or other is None or any(one.get(k) != other.get(k) for k in ("prompt", "tokens", "error")):
            return request, look, one, other
        if not same and "scores" in one and one["scores"] != other["scores"]:
            return request, look, one, other
    return None


def _of_scores(
    name: str, one: Sequence[float], other: Sequence[float], threshold: float, about: Mapping[str, Any]
) -> Verdict:
    """Scores of labels, or of what a sentence says for one: how far the stored run had the replay's winner behind its own;
    where both have the same winner, how far scores moved (a threshold of the task may lie between)."""
    first, second = (max(range(len(scores)), key=scores.__getitem__) for scores in (one, other))
    moved = max(abs(a - b) for a, b in zip(one, other, strict=True))
    margin = one[first] - one[second] if first != second else moved
    word: Word = "NEAR-TIE" if margin <= threshold else "CHANGED"
    why = f"the scores differ by up to {moved:.3f}" + (
        f"; the stored winner led the other one by {margin:.3f}" if first != second else "; the winner is the same"
    )
    return Verdict(name, word, why, margin=round(margin, 4), method="scored", **about)


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _drift(before: Heard, after: Heard) -> float:
    """The most that a log-probability moved over what both runs said the same."""
    most = 0.0
    for request in set(before) & set(after):
        for one, other in zip(before[request], after[request], strict=False):
            if one["prompt"] != other["prompt"]:
                break
            if "tokens" in one and "tokens" in other:
                size = _common(one["tokens"], other["tokens"])
                pairs = zip(one["logprobs"][:size], other["logprobs"][:size], strict=True)
            else:
                pairs = zip(one.get("scores", ()), other.get("scores", ()), strict=False)
            most = max([most, *(abs(a - b) for a, b in pairs if max(a, b) > -12)])
    return round(most, 5)


def _readable(request: str, document: str) -> str:
    return request.removeprefix(document).lstrip("\0") or "the answer"
