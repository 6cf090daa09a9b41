"""What ranker and language model say of each value of a labelled document, and which values are right."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..contracts import Result
from ..tasks.extract.answer import Weighed
from .labels import Labelled
from .places import Place
from .ranker import FLOOR, Mixture, Ranker, beliefs_of, key_of, model_shares

__all__ = ["ValueTable", "tables_of"]


@dataclass(frozen=True)
class ValueTable:
    """The values that one field could have, a row each.

    The columns of ``rows`` are those that a Mixture weighs: the log-probability by the ranker, that by the language
    model, and 1 for the value that the model chose.
    """

    path: str
    rows: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]

    def choice(self, mixture: Mixture) -> tuple[bool, float]:
        """Whether the value that both sides prefer is right, and its probability."""
        scores = self.rows @ np.array([mixture.ranker, mixture.model, mixture.choice])
        best = int(np.argmax(scores))
        return bool(self.right[best]), float(1 / np.exp(scores - scores[best]).sum())

    @property
    def model_right(self) -> bool:
        """Whether the language model's own choice is right."""
        return bool(self.right[int(np.argmax(self.rows[:, 2]))])


def tables_of(ranker: Ranker, document: Labelled, result: Result | None) -> Iterator[ValueTable]:
    """The tables of a labelled document, by models that have not seen it; without a result the ranker speaks alone."""
    models = ranker.models[ranker.folds.get(document.text, 0)]
    for path, field in document.fields.items():
        if path not in models:
            continue
        beliefs = beliefs_of(models[path], field.places, field.features)
        right = field.right_keys()
        entry = (result.fields or {}).get(path) if result else None
        if result is None or entry is None:
            rows = [[math.log(max(FLOOR, each.probability)), 0.0, 0.0] for each in beliefs.values()]
            yield ValueTable(path, np.array(rows), np.array([key in right for key in beliefs], bool))
            continue
        chosen = Weighed(result.value(path), entry, 0.0)
        own = key_of(chosen)
        if field.states(Place(0, 0, chosen.value, readings=tuple(entry.readings or ()))):
            right = right | {own}
        listed = [
            Weighed(each.value, entry.model_copy(update={"readings": None}), math.log(max(FLOOR, each.probability)))
            for each in entry.alternatives
            if each.probability is not None
        ]
        keys = list(dict.fromkeys([*beliefs, own]))
        said = model_shares(chosen, listed, keys)
        rows = [
            [math.log(max(FLOOR, beliefs[key].probability if key in beliefs else 0.0)), said[key], float(key == own)]
            for key in keys
        ]
        yield ValueTable(path, np.array(rows), np.array([key in right for key in keys], bool))
