"""Learn a ranker from gold: one model of each field, in folds by family, and how much the language model counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import numpy.typing as npt

from ..clock import now
from ..contracts import GoldLine, Result, value_at
from ..documents import Document
from ..gold.agreement import Compare, values_match
from ..tasks import ExtractTask
from ..tasks.extract.answer import Weighed
from .conditional_logit import LabelledPlaces, fit_weights
from .features import OWN, Surroundings
from .places import NOTHING, Place, places_of
from .ranker import (
    FLOOR,
    Belief,
    FieldModel,
    Mixture,
    Ranker,
    RankerCard,
    about,
    beliefs_of,
    model_shares,
    task_digest,
    text_digest,
)

__all__ = ["Labelled", "fit_ranker", "label"]

FOLDS = 5
LEAST_DOCUMENTS = 3  # that have a feature, of different families; 2 if there are fewer than MANY
MANY = 20
MOST_FEATURES = 3000  # of a model: those with the largest weights
NULL_FEATURE = "no value"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class LabelledField:
    """The places of one field in a labelled document, their features, and whether each states the gold's value."""

    places: Sequence[Place]
    features: Sequence[set[str]]
    right: npt.NDArray[np.bool_]
    null: bool

    @property
    def right_keys(self) -> set[str]:
        """The keys of the right values."""
        keys = {place.key for place, right in zip(self.places, self.right, strict=True) if right}
        return keys | {NOTHING} if self.null else keys


@dataclass(frozen=True)
class Labelled:
    """A labelled document: its family, the sha256 of its text, and its fields by path."""

    family: str
    text: str
    fields: Mapping[str, LabelledField]


def label(
    task: ExtractTask, document: Document, gold: GoldLine, family: str, compare: Compare = "words"
) -> Labelled:
    """Find the places of a document, and mark those that state what the gold says.

    Raises ValueError if a recogniser takes too long on this document.
    """
    around, fields = Surroundings(document), {}
    for path, places in places_of(task, document).items():
        try:
            stated = value_at(gold.values, path)
        except (KeyError, TypeError):
            continue  # the gold says nothing about this field
        kind = task.flat[path].kind
        right = np.array([_states(kind, place, stated, compare) for place in places], bool)
        fields[path] = LabelledField(places, around.features(places, about(task, path)), right, stated is None)
    return Labelled(family, text_digest(document), fields)


def _states(kind: str, place: Place, gold: Any, compare: Compare) -> bool:
    """True if a place states the gold's value, or if one of its readings is that value."""
    if gold is None:
        return False
    if place.value is not None:
        return values_match(kind, place.value, gold, compare)
    wanted = str(gold["amount"] if isinstance(gold, dict) and "amount" in gold else gold)
    return any(reading == wanted or _same_number(reading, wanted) for reading in place.readings)


def _same_number(first: str, second: str) -> bool:
    try:
        return Decimal(first) == Decimal(second)
    except InvalidOperation:
        return False


def fit_ranker(
    task: ExtractTask,
    documents: Sequence[Labelled],
    results: Mapping[str, Result],
    card: RankerCard | None = None,
    on_progress: Progress = lambda done, total: None,
) -> Ranker:
    """Learn from labelled documents; ``results`` are the model's answers by the sha256 of the text, if it has any.

    Fields that no document states right are left out. Families stay together in a fold, drawn by their names.
    """
    fold_of = _folds([each.family for each in documents])
    folds = max(fold_of.values(), default=0)
    data = _Encoded.of(documents)
    models = []
    for fold in range(folds + 1):
        inside = [n for n, each in enumerate(documents) if fold == 0 or fold_of[each.family] != fold]
        models.append(data.fit(inside))
        on_progress(fold + 1, folds + 1)
    known = set(models[0])
    models = [{path: model for path, model in each.items() if path in known} for each in models]
    card = card or RankerCard("", len(documents), len(fold_of), (), now())
    assigned = {each.text: fold_of[each.family] for each in documents}
    ranker = Ranker(task_digest(task), models, assigned, Mixture(), card)
    return replace(ranker, mixture=_fit_mixture(ranker, documents, results)) if results else ranker


def _folds(families: Sequence[str]) -> dict[str, int]:
    """The fold of each family, from 1."""
    names = sorted(set(families))
    order = np.random.default_rng(0).permutation(len(names))
    count = min(FOLDS, len(names)) if len(names) > 1 else 0
    return {names[place]: number % count + 1 if count else 0 for number, place in enumerate(order)}


@dataclass(frozen=True)
class _Encoded:
    """Labelled documents with their features by number."""

    documents: Sequence[Labelled]
    names: Sequence[str]
    fields: Mapping[str, Sequence[LabelledPlaces | None]]

    @classmethod
    def of(cls, documents: Sequence[Labelled]) -> _Encoded:
        numbers: dict[str, int] = {NULL_FEATURE: 0}
        paths = sorted({path for each in documents for path in each.fields})
        fields: dict[str, list[LabelledPlaces | None]] = {path: [] for path in paths}
        for each in documents:
            for path in paths:
                field = each.fields.get(path)
                if field is None:
                    fields[path].append(None)
                    continue
                rows = [
                    np.array(sorted(numbers.setdefault(name, len(numbers)) for name in features), np.int32)
                    for features in field.features
                ]
                right = np.append(field.right, field.null)
                fields[path].append(LabelledPlaces([*rows, np.array([0], np.int32)], right))
        return cls(documents, list(numbers), fields)

    def fit(self, inside: Sequence[int]) -> dict[str, FieldModel]:
        """A model of each field that some of the documents ``inside`` state right."""
        found = {}
        for path, places in self.fields.items():
            chosen = [(self.documents[n], each) for n in inside if (each := places[n]) is not None]
            weights = fit_weights([each for _, each in chosen], self._kept(path, chosen))
            if weights:
                null = weights.pop(0, 0.0)
                largest = sorted(weights.items(), key=lambda item: -abs(item[1]))[:MOST_FEATURES]
                found[path] = FieldModel({self.names[n]: round(weight, 4) for n, weight in largest}, round(null, 4))
        return found

    def _kept(self, path: str, chosen: Sequence[tuple[Labelled, LabelledPlaces]]) -> npt.NDArray[np.int32]:
        """The features that several families have, without words that only one or two right values hold.

        So no value of the gold can be read from a ranker.
        """
        families: dict[int, set[str]] = {}
        holders: dict[int, set[str]] = {}
        for document, places in chosen:
            field = document.fields[path]
            for number in np.unique(np.concatenate(places.features)).tolist():
                families.setdefault(number, set()).add(document.family)
            for row, place, right in zip(places.features, field.places, field.right, strict=False):
                if right:
                    for number in row.tolist():
                        if self.names[number].startswith(OWN):
                            holders.setdefault(number, set()).add(place.key)
        many = len({document.family for document, _ in chosen}) >= MANY
        least = LEAST_DOCUMENTS if many else 2
        kept = [
            number
            for number, having in families.items()
            if number == 0 or (len(having) >= least and not 0 < len(holders.get(number, ())) < LEAST_DOCUMENTS)
        ]
        return np.array(sorted(kept), np.int32)


def _fit_mixture(ranker: Ranker, documents: Sequence[Labelled], results: Mapping[str, Result]) -> Mixture:
    """How much each side counts, fitted on answers of folds that have not seen them: one conditional logit."""
    from scipy.optimize import minimize

    tables: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]] = []
    for each in documents:
        if each.text in results:
            tables += list(_table(ranker, each, results[each.text]))
    if not tables:
        return Mixture()
    before = np.array([1.0, 0.0, 0.0])  # the ranker alone: what stands if the labels say nothing

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        total, pull = float(((weights - before) ** 2).sum()), 2 * (weights - before)
        for rows, right in tables:
            scores = rows @ weights
            shares = np.exp(scores - scores.max())
            hits = np.where(right, shares, 0.0)
            total += math.log(shares.sum()) - math.log(max(float(hits.sum()), 1e-300))
            pull = pull + rows.T @ (shares / shares.sum() - hits / max(float(hits.sum()), 1e-300))
        return total, pull

    fitted = minimize(loss, before, jac=True, method="L-BFGS-B", bounds=[(0, None)] * 3)
    return Mixture(*(round(float(weight), 4) for weight in fitted.x))


def _table(ranker: Ranker, document: Labelled, result: Result) -> Any:
    """For each field: what both sides say of each value, a row each, and which values are right."""
    models = ranker.models[ranker.folds[document.text]]
    for path, field in document.fields.items():
        entry = (result.fields or {}).get(path)
        if path not in models or entry is None:
            continue
        beliefs: dict[str, Belief] = beliefs_of(models[path], field.places, field.features)
        chosen = Weighed(result.value(path), entry, 0.0)
        listed = [
            Weighed(each.value, entry.model_copy(update={"readings": None}), math.log(max(FLOOR, each.probability)))
            for each in entry.alternatives
            if each.probability is not None
        ]
        keys = list(dict.fromkeys([*beliefs, chosen.key]))
        said = model_shares(chosen, listed, keys)
        rows = [
            [math.log(max(FLOOR, beliefs[key].probability if key in beliefs else 0.0)), said[key], key == chosen.key]
            for key in keys
        ]
        right = np.array([key in field.right_keys for key in keys], bool)
        if right.any():
            yield np.array(rows, float), right
