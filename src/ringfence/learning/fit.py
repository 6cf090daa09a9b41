"""Learn a ranker from gold: one model of each field, in folds by family, and how much the language model counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..clock import now
from ..contracts import Result
from ..tasks import ExtractTask
from .beliefs import FieldModel, Mixture
from .conditional_logit import LabelledPlaces, fit_weights
from .labels import Labelled
from .lists import ListMixture
from .ranker import Ranker, RankerCard, task_digest
from .tables import ValueTable, list_tables_of, tables_of

__all__ = ["fit_ranker"]

FOLDS = 5
LEAST_FAMILIES = 3  # that have a feature; 2 if there are fewer than MANY
MANY = 20
MOST_FEATURES = 3000  # of a model: those with the largest weights
NULL_FEATURE = "no value"


def fit_ranker(
    task: ExtractTask,
    documents: Sequence[Labelled],
    results: Mapping[str, Result],
    card: RankerCard | None = None,
    *,
    folds: bool = True,
) -> Ranker:
    """Learn from labelled documents; ``results`` are the model's answers by the sha256 of the text, if it has any.

    Fields that no document states right are left out. Families stay together in a fold, drawn by their names; without
    ``folds`` there is only the model that has seen everything.
    """
    fold_of = _folds([each.family for each in documents])
    count = max(fold_of.values(), default=0) if folds else 0
    data = _Encoded.of(documents)
    models = []
    for fold in range(count + 1):
        inside = [n for n, each in enumerate(documents) if fold == 0 or fold_of[each.family] != fold]
        models.append(data.fit(inside))
    known = set(models[0])
    models = [{path: model for path, model in each.items() if path in known} for each in models]
    card = card or RankerCard("", len(documents), len(fold_of), (), now())
    # By its text last: two labelled files of one text are one document.
    keys = [(key, each) for each in documents for key in each.known_by] + [(each.text, each) for each in documents]
    assigned = {key: fold_of[each.family] for key, each in keys} if count else {}
    ranker = Ranker(task_digest(task), models, assigned, Mixture(), card)
    if not results:
        return ranker
    mixture, lists = _fit_mixture(ranker, documents, results), _fit_lists(ranker, documents, results)
    return replace(ranker, mixture=mixture, lists=lists)


def _folds(families: Sequence[str]) -> dict[str, int]:
    """The fold of each family, from 1."""
    names = sorted(set(families))
    order = np.random.default_rng(0).permutation(len(names))
    count = min(FOLDS, len(names)) if len(names) > 1 else 0
    return {names[place]: number % count + 1 if count else 0 for number, place in enumerate(order)}


@dataclass(frozen=True)
class _Encoded:
    """Labelled documents with their features by number: for each path, what each document has to learn from."""

    documents: Sequence[Labelled]
    names: Sequence[str]
    paths: Mapping[str, Mapping[int, Sequence[LabelledPlaces]]]

    @classmethod
    def of(cls, documents: Sequence[Labelled]) -> _Encoded:
        numbers: dict[str, int] = {NULL_FEATURE: 0}
        paths: dict[str, dict[int, list[LabelledPlaces]]] = {}
        for n, each in enumerate(documents):
            for path, (features, right) in each.examples():
                rows = [
                    np.array(sorted(numbers.setdefault(name, len(numbers)) for name in sorted(names)), np.int32)
                    for names in features
                ]
                found = LabelledPlaces([*rows, np.array([0], np.int32)], right)
                paths.setdefault(path, {}).setdefault(n, []).append(found)
        return cls(documents, list(numbers), dict(sorted(paths.items())))

    def fit(self, inside: Sequence[int]) -> dict[str, FieldModel]:
        """A model of each path that some of the documents ``inside`` state right."""
        found = {}
        for path, places in self.paths.items():
            chosen = [(self.documents[n], each) for n in inside for each in places.get(n, ())]
            weights = fit_weights([each for _, each in chosen], self._kept(path, chosen))
            if weights:
                null = weights.pop(0, 0.0)
                largest = sorted(weights.items(), key=lambda item: -abs(item[1]))[:MOST_FEATURES]
                found[path] = FieldModel({self.names[n]: round(weight, 4) for n, weight in largest}, round(null, 4))
        return found

    def _kept(self, path: str, chosen: Sequence[tuple[Labelled, LabelledPlaces]]) -> npt.NDArray[np.int32]:
        """The features that several families have, without words that are private, so that no ranker tells a value."""
        families: dict[int, set[str]] = {}
        for document, places in chosen:
            for number in np.unique(np.concatenate(places.features)).tolist():
                families.setdefault(number, set()).add(document.family)
        private = private_words({id(document): document for document, _ in chosen}.values())
        least = LEAST_FAMILIES if len({document.family for document, _ in chosen}) >= MANY else 2
        kept = [
            number
            for number, having in families.items()
            if number == 0
            or (len(having) >= least and private.isdisjoint(self.names[number].partition(":")[2].split()))
        ]
        return np.array(sorted(kept), np.int32)


def private_words(documents: Collection[Labelled]) -> set[str]:
    """The words that fewer than three values of the gold hold, and fewer than three families outside of them."""
    values, said = Counter[str](), Counter[str]()
    for word, _ in {pair for each in documents for pair in each.values}:
        values[word] += 1
    for word, _ in {(word, each.family) for each in documents for word in each.said}:
        said[word] += 1
    return {word for word, count in values.items() if count < LEAST_FAMILIES and said[word] < LEAST_FAMILIES}


def _fit_mixture(ranker: Ranker, documents: Sequence[Labelled], results: Mapping[str, Result]) -> Mixture:
    """How much each side counts, fitted on answers of folds that have not seen them."""
    answered = [each for each in documents if each.text in results]
    tables = [table for each in answered for table in tables_of(ranker, each, results[each.text])]
    return Mixture(*_weights(tables))


def _fit_lists(ranker: Ranker, documents: Sequence[Labelled], results: Mapping[str, Result]) -> dict[str, ListMixture]:
    """The same for each list: for its rows, and for the values of those that the model has too."""
    answered = [each for each in documents if each.text in results]
    found = {}
    for name in sorted({name for each in answered for name in each.lists if name in ranker.models[0]}):
        tables = [list_tables_of(ranker, each, name, results[each.text]) for each in answered if name in each.lists]
        cells = Mixture(*_weights([table for _, tables_of_cells in tables for table in tables_of_cells]))
        ranked, model, constant = _weights([table for rows, _ in tables for table in rows], free=2)
        found[name] = ListMixture(ranked, model, constant, cells)
    return found


def _weights(tables: Sequence[ValueTable], free: int | None = None) -> list[float]:
    """One conditional logit over the columns of the tables; only the weight ``free`` may be negative."""
    from scipy.optimize import minimize

    before = np.array([1.0, 0.0, 0.0])  # the ranker alone: what stands if the labels say nothing
    known = [(table.rows, table.right) for table in tables if table.right.any()]

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        total, pull = float(((weights - before) ** 2).sum()), 2 * (weights - before)
        for rows, right in known:
            scores = rows @ weights
            shares = np.exp(scores - scores.max())
            hits = np.where(right, shares, 0.0)
            total += math.log(shares.sum()) - math.log(max(float(hits.sum()), 1e-300))
            pull = pull + rows.T @ (shares / shares.sum() - hits / max(float(hits.sum()), 1e-300))
        return total, pull

    if not known:
        return [1.0, 0.0, 0.0]
    bounds = [(None if place == free else 0, None) for place in range(3)]
    fitted = minimize(loss, before, jac=True, method="L-BFGS-B", bounds=bounds)
    return [round(float(weight), 4) for weight in fitted.x]
