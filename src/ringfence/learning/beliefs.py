"""What is held of the values of one field: by a model of it, and by ranker and language model together."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contracts import FieldAnswer
from ..documents import Document
from ..tasks.extract.answer import Weighed
from ..tasks.extract.evidence import evidence_at
from .places import NOTHING, Place, value_key

__all__ = ["FLOOR", "Belief", "FieldModel", "Mixture", "beliefs_of", "key_of", "mixed", "model_shares", "without_null"]

FLOOR = 1e-4  # the least probability that counts: a value that one side never thought of is unlikely, not impossible


@dataclass(frozen=True)
class FieldModel:
    """The weights of the features of one field; ``null`` is the score of no value."""

    weights: Mapping[str, float]
    null: float

    def score(self, features: set[str]) -> float:
        """The score of a place with these features."""
        return math.fsum(self.weights.get(name, 0.0) for name in features)  # in whatever order a set has


@dataclass(frozen=True)
class Mixture:
    """How much each side counts: the log-probability by the ranker, that by the language model, and its choice."""

    ranker: float = 1.0
    model: float = 0.0
    choice: float = 0.0


@dataclass(frozen=True)
class Belief:
    """A value with its places and the probability that the ranker gives it."""

    value: Any
    places: Sequence[Place]
    probability: float


def beliefs_of(model: FieldModel, places: Sequence[Place], features: Sequence[set[str]]) -> dict[str, Belief]:
    """The probability of each value of a field, and of none, by the key of the value."""
    scores = [model.null, *(model.score(each) for each in features)]
    most = max(scores)
    weights = [math.exp(score - most) for score in scores]
    total = sum(weights)
    grouped: dict[str, list[tuple[float, Place]]] = {}
    for weight, place in zip(weights[1:], places, strict=True):
        grouped.setdefault(place.key, []).append((weight / total, place))
    found = {NOTHING: Belief(None, (), weights[0] / total)}
    for key, group in grouped.items():
        ordered = [place for _, place in sorted(group, key=lambda each: -each[0])]
        found[key] = Belief(ordered[0].value, ordered, sum(share for share, _ in group))
    return found


def without_null(beliefs: dict[str, Belief]) -> dict[str, Belief]:
    """What is held of a value that cannot be null, unless nothing else is possible."""
    return {key: each for key, each in beliefs.items() if key != NOTHING or len(beliefs) == 1}


def mixed(
    mixture: Mixture,
    beliefs: Mapping[str, Belief],
    chosen: Weighed | None,
    distribution: Sequence[Weighed],
    document: Document,
) -> tuple[Weighed, ...]:
    """The values of one field by both sides together, the most probable first."""
    evidence = {key_of(each): each for each in [*reversed(distribution), *([chosen] if chosen else [])]}
    keys = list(dict.fromkeys([*evidence, *beliefs]))
    said = model_shares(chosen, distribution, keys)
    scores = []
    for key in keys:
        ranked = math.log(max(FLOOR, beliefs[key].probability)) if key in beliefs else math.log(FLOOR)
        choice = chosen is not None and key == key_of(chosen)
        scores.append(mixture.ranker * ranked + mixture.model * said.get(key, 0.0) + mixture.choice * choice)
    most = max(scores)
    total = most + math.log(sum(math.exp(score - most) for score in scores))
    found = []
    for key, score in zip(keys, scores, strict=True):
        known = evidence.get(key)
        value, entry = (known.value, known.answer) if known else _evidence(beliefs[key], document)
        found.append(Weighed(value, entry, score - total))
    return tuple(sorted(found, key=lambda each: -each.logprob))


def model_shares(chosen: Weighed | None, distribution: Sequence[Weighed], keys: Sequence[str]) -> dict[str, float]:
    """The log-probability of each value by the language model.

    What it weighed, or at least wrote, has its own; the rest is shared out evenly.
    """
    if chosen is None:
        return {}
    known = {key_of(each): min(0.0, each.logprob) for each in distribution}
    if not known:
        stored = chosen.answer.features
        known = {key_of(chosen): min(0.0, (stored.get("logprob_mean") or 0.0) * (stored.get("tokens") or 1))}
    rest = max(FLOOR, 1 - sum(map(math.exp, known.values())))
    others = max(1, len(set(keys) - set(known)))
    return {key: max(math.log(FLOOR), known.get(key, math.log(rest / others))) for key in keys}


def _evidence(belief: Belief, document: Document) -> tuple[Any, FieldAnswer]:
    if not belief.places:
        return None, FieldAnswer(kind="null")
    first, *others = belief.places
    if first.judged:
        return first.value, FieldAnswer(kind="judged")
    said = _said(first, document)  # 1,200 and 1200 are one value, but not the same text
    same = sorted((place.start, place.end) for place in others if _said(place, document) == said and not place.below)
    spans = [(first.start, first.end), *same]
    answer = evidence_at(document, spans, first.value, first.flags, first.below)
    return first.value, answer.model_copy(update={"readings": list(first.readings) or None})


def _said(place: Place, document: Document) -> str:
    """What a place says, without white space; of an amount only its number, since its currency may be left out."""
    raw = document.text[place.start : place.end]
    money = isinstance(place.value, dict) and "amount" in place.value
    return re.sub(r"[^\d.,]", "", raw) if money else " ".join(raw.split())


def key_of(each: Weighed) -> str:
    """What makes two values the same answer."""
    return value_key(each.value, each.answer.readings or ())
