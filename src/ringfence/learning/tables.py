"""What ranker and language model say of each value of a labelled document, and which values are right."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..contracts import FieldAnswer, Result
from ..tasks.extract.answer import Answer, Weighed
from .beliefs import FLOOR, Belief, Mixture, beliefs_of, key_of, model_shares
from .labelled_field import LabelledField
from .labels import Labelled
from .lists import records_of, side_of
from .places import NOTHING, Place
from .ranker import Ranker

__all__ = ["ValueTable", "answer_of", "list_tables_of", "tables_of", "weighed_of"]


@dataclass(frozen=True)
class ValueTable:
    """The values that one field could have, a row each.

    A text that reads several ways is ``right`` to learn from if a reading is the gold's, and wrong as an answer.
    The columns of ``rows`` are those that a Mixture weighs: the log-probability by the ranker, that by the language
    model, and 1 for the value that the model chose.
    """

    path: str
    rows: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    unclear: npt.NDArray[np.bool_] | None = None

    @property
    def _given(self) -> npt.NDArray[np.bool_]:
        """Which values are right as they are given: one that reads two ways is given as null."""
        return self.right if self.unclear is None else self.right & ~self.unclear

    def choice(self, mixture: Mixture) -> bool:
        """Whether the value that both sides prefer is right."""
        scores = self.rows @ np.array([mixture.ranker, mixture.model, mixture.choice])
        return bool(self._given[int(np.argmax(scores))])

    @property
    def model_right(self) -> bool:
        """Whether the language model's own choice is right."""
        return bool(self._given[int(np.argmax(self.rows[:, 2]))])


def tables_of(ranker: Ranker, document: Labelled, result: Result | None) -> Iterator[ValueTable]:
    """The tables of a labelled document, by models that have not seen it; without a result the ranker speaks alone."""
    models = ranker.models[ranker.folds.get(document.text, 0)]
    for path, field in document.fields.items():
        if path not in models:
            continue
        beliefs = beliefs_of(models[path], field.places, field.features)
        entry = (result.fields or {}).get(path) if result else None
        if result is None or entry is None:
            yield _alone(path, beliefs, field.right_keys())
        else:
            chosen = Weighed(result.value(path), entry, 0.0)
            yield _with_model(path, beliefs, field, chosen, weighed_of(entry))


def list_tables_of(
    ranker: Ranker, document: Labelled, name: str, result: Result
) -> tuple[list[ValueTable], list[ValueTable]]:
    """The tables of a list: of its units, whether a record begins there, and of the values of records of both sides.

    A table of a unit has the row of a record and that of none; its columns are those that a ListMixture weighs.
    """
    models, of = ranker.models[ranker.folds.get(document.text, 0)], document.lists[name]
    written = records_of(name, answer_of(result))
    if name not in models or written is None:
        return [], []
    side = side_of(of.rows, models, written)
    said, begun = side.paired(written), of.begun_at()
    known = {of.rows.units[unit] for unit in np.flatnonzero(of.known).tolist()}
    rows = [
        ValueTable(
            name, np.array([[odds, unit in said, 1.0], [0.0, 0.0, 0.0]]), np.array([span in begun, span not in begun])
        )
        for unit, (span, odds) in enumerate(zip(side.rows.units, side.odds, strict=True))
        if span in known
    ]
    cells = []
    order = [*(record.unit for record in of.records), None]
    for record, following in zip(of.records, order[1:], strict=True):
        if record.unit in said and not of.rows.of_places:
            beliefs = side.beliefs(record.unit, following)
            own = said[record.unit]
            for leaf, field in record.fields.items():
                if leaf in beliefs and leaf in own.values:
                    weighed = own.distributions[leaf]
                    cells.append(_with_model(f"{name}.{leaf}", beliefs[leaf], field, own.values[leaf], weighed))
    return rows, cells


def answer_of(result: Result) -> Answer:
    """The answer of a result, with the alternatives that it lists as distributions."""
    fields = result.fields or {}
    distributions = {path: weighed_of(entry) for path, entry in fields.items() if entry.alternatives}
    return Answer(result.values or {}, fields, {}, result.rows or {}, distributions)


def weighed_of(entry: FieldAnswer) -> tuple[Weighed, ...]:
    """The alternatives of a value, as they were weighed."""
    return tuple(
        Weighed(each.value, entry.model_copy(update={"readings": None}), math.log(max(FLOOR, each.probability)))
        for each in entry.alternatives
        if each.probability is not None
    )


def _alone(path: str, beliefs: Mapping[str, Belief], right: Collection[str]) -> ValueTable:
    rows = [[math.log(max(FLOOR, each.probability)), 0.0, 0.0] for each in beliefs.values()]
    return ValueTable(path, np.array(rows), np.array([key in right for key in beliefs], bool), _unclear(beliefs))


def _unclear(keys: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Which keys are those of a text that reads several ways."""
    return np.array([key.startswith(NOTHING) and key != NOTHING for key in keys], bool)


def _with_model(
    path: str, beliefs: Mapping[str, Belief], field: LabelledField, chosen: Weighed, listed: Sequence[Weighed]
) -> ValueTable:
    """The table of a value that the model chose, among those that it ``listed``."""
    own, right = key_of(chosen), field.right_keys()
    if field.states(Place(0, 0, chosen.value, readings=tuple(chosen.answer.readings or ()))):
        right = right | {own}
    keys = list(dict.fromkeys([*beliefs, own]))
    said = model_shares(chosen, listed, keys)
    rows = [
        [math.log(max(FLOOR, beliefs[key].probability if key in beliefs else 0.0)), said[key], float(key == own)]
        for key in keys
    ]
    return ValueTable(path, np.array(rows), np.array([key in right for key in keys], bool), _unclear(keys))
