"""The records of a list by a ranker: alone, or together with those that the language model wrote."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ..contracts import FieldAnswer
from ..tasks.extract.answer import Answer, Distribution, Weighed
from ..tasks.fields import TextField
from .beliefs import Belief, FieldModel, Mixture, beliefs_of, key_of, mixed, without_null
from .places import Place
from .rows import Rows

__all__ = ["CHOSEN_BY_RANKER", "ListMixture", "RankedList", "Side", "WrittenRecord", "records_of", "side_of"]

CHOSEN_BY_RANKER = "ranker"
UNITS_AROUND = 4  # of a record that the model wrote: its values may stand on the lines before the one it names


@dataclass(frozen=True)
class ListMixture:
    """How much each side counts in a list: for its rows the ranker's log-odds, a record of the model's, a constant.

    ``cells`` weighs the values of a record that both sides have.
    """

    ranker: float = 1.0
    model: float = 0.0
    constant: float = 0.0
    cells: Mixture = field(default_factory=Mixture)


@dataclass(frozen=True)
class WrittenRecord:
    """A record that the language model wrote: the start of its row, and its values with what else was weighed."""

    anchor: int
    values: Mapping[str, Weighed]
    distributions: Mapping[str, Distribution]


def records_of(name: str, answer: Answer) -> list[WrittenRecord] | None:
    """The records of a list in an answer; None if the answer does not tell where they begin."""
    anchors = answer.rows.get(name)
    if anchors is None or len(anchors) != len(answer.values.get(name) or []):
        return None
    found = []
    for number, (anchor, record) in enumerate(zip(anchors, answer.values[name] or [], strict=True)):
        at = f"{name}[{number}]"
        values = {leaf: Weighed(value, answer.fields[f"{at}.{leaf}"], 0.0) for leaf, value in record.items()}
        weighed = {leaf: answer.distributions.get(f"{at}.{leaf}", ()) for leaf in record}
        found.append(WrittenRecord(anchor, values, weighed))
    return found


@dataclass(frozen=True)
class RankedRecord:
    """A record: where it begins, each value with the others that it could be, and the record that the model wrote."""

    anchor: int
    cells: Mapping[str, Sequence[Weighed]]
    beliefs: Mapping[str, Mapping[str, Belief]]
    written: WrittenRecord | None

    def weighed(self, leaf: str) -> Distribution:
        """What the language model weighed for a field."""
        return self.written.distributions.get(leaf, ()) if self.written else ()


@dataclass(frozen=True)
class RankedList:
    """The records of a list, in order.

    ``least`` is the least probability of anything in it: of a value, of a row, of a line that it holds to be none.
    """

    records: Sequence[RankedRecord]
    least: float

    def values(self) -> list[dict[str, Any]]:
        """The records as plain values."""
        return [{leaf: each[0].value for leaf, each in record.cells.items()} for record in self.records]

    def anchors(self) -> list[int]:
        """Where each record begins."""
        return [record.anchor for record in self.records]

    def entries(self, name: str) -> Iterator[tuple[str, FieldAnswer, Distribution]]:
        """The path, the evidence and the distribution of each value."""
        for number, record in enumerate(self.records):
            for leaf, weighed in record.cells.items():
                known = tuple(weighed) if leaf in record.beliefs else record.weighed(leaf)
                yield f"{name}[{number}].{leaf}", _entry(record, leaf, weighed[0]), known


def _entry(record: RankedRecord, leaf: str, best: Weighed) -> FieldAnswer:
    said = record.written.values.get(leaf) if record.written else None
    if leaf not in record.beliefs:
        return best.answer
    mine = record.beliefs[leaf].get(key_of(best))
    features: dict[str, Any] = {"ranker": round(mine.probability if mine else 0.0, 6)}
    same = said is not None and key_of(said) == key_of(best)
    if said is not None:
        mixture = {"mixed": round(math.exp(best.logprob), 6), "model_chose": same}
        features = {**said.answer.features, **features, **mixture}
    return best.answer.model_copy(update={"features": features, "chosen_by": None if same else CHOSEN_BY_RANKER})


@dataclass(frozen=True)
class Side:
    """What the models of a fold say of one list in one document."""

    rows: Rows
    models: Mapping[str, FieldModel]

    @cached_property
    def odds(self) -> list[float]:
        """The log-odds that a record begins at each unit."""
        model = self.models[self.rows.name]
        return [model.score(features) - model.null for features in self.rows.features]

    def paired(self, written: Sequence[WrittenRecord]) -> dict[int, WrittenRecord]:
        """The unit of each record that the model wrote: of those that hold values of it, a likely one that is free."""
        found: dict[int, WrittenRecord] = {}
        for record in written:
            first = self.rows.unit_at(record.anchor)
            units = [
                self.rows.unit_at(value.answer.spans[0][0]) for value in record.values.values() if value.answer.spans
            ]
            if self.rows.of_places:
                spans = [value.answer.spans[0] for value in record.values.values() if value.answer.spans]
                near = {self.rows.units.index(span) for span in spans if span in self.rows.units}
            else:
                near = {first, *(unit for unit in units if abs(unit - first) <= UNITS_AROUND)}
            free = near - set(found)
            if free:
                best = max(free, key=lambda unit: (self.odds[unit] > 0, units.count(unit), self.odds[unit], -unit))
                found[best] = record
        return found

    def beliefs(self, unit: int, following: int | None) -> dict[str, dict[str, Belief]]:
        """What is held of each value in the record that begins at a unit, for the fields that have a model."""
        if self.rows.of_places:
            ((leaf, placed),) = self.rows.places.items()
            place, probability = placed[unit], _share(self.odds[unit])
            return {leaf: {place.key: Belief(place.value, (place,), probability)}}
        found = {}
        for leaf, (places, features) in self.rows.cells(unit, following).items():
            if (model := self.models.get(f"{self.rows.name}.{leaf}")) is not None:
                held = beliefs_of(model, places, features)
                found[leaf] = without_null(held) if self.rows.spec.fields[leaf].required else held
        return found

    def ranked(self, mixture: ListMixture, written: Sequence[WrittenRecord] = ()) -> RankedList:
        """The records by both sides; without ``written`` by the ranker alone."""
        said = self.paired(written)
        scores = [
            mixture.ranker * odds + mixture.model * (unit in said) + mixture.constant
            for unit, odds in enumerate(self.odds)
        ]
        chosen = self._apart([unit for unit, score in enumerate(scores) if score > 0], scores)
        least = min((_share(abs(score)) for score in scores), default=1.0)
        records = []
        for place, unit in enumerate(chosen):
            following = chosen[place + 1] if place + 1 < len(chosen) else None
            record = self._record(unit, following, mixture, said.get(unit), _share(scores[unit]))
            if self._is_record(record):
                records.append(record)
                least = min([least, *(math.exp(cell[0].logprob) for cell in record.cells.values())])
        return RankedList(records, least)

    def _record(
        self, unit: int, following: int | None, mixture: ListMixture, said: WrittenRecord | None, probability: float
    ) -> RankedRecord:
        held = self.beliefs(unit, following)
        cells: dict[str, Sequence[Weighed]] = {}
        for leaf in self.rows.spec.fields:
            own = said.values.get(leaf) if said else None
            if leaf in held:
                weights = mixture.cells if own else Mixture()
                weighed = said.distributions[leaf] if said and own else ()
                cells[leaf] = mixed(weights, held[leaf], own, weighed, self.rows.document)
            else:
                cells[leaf] = (own or Weighed(None, FieldAnswer(kind="null"), 0.0),)
        if self.rows.of_places:
            cells = {leaf: [replace(cell[0], logprob=math.log(probability))] for leaf, cell in cells.items()}
        return RankedRecord(self.rows.units[unit][0], cells, held, said)

    def _is_record(self, record: RankedRecord) -> bool:
        """False for a row without any value, or without one that every record has."""
        empty = {leaf for leaf, cell in record.cells.items() if cell[0].answer.kind == "null"}
        specs = self.rows.spec.fields
        return len(empty) < len(specs) and not any(specs[leaf].required for leaf in empty)

    def _apart(self, chosen: Sequence[int], scores: Sequence[float]) -> list[int]:
        """The units that are left if no place counts twice, the likeliest first; of one text the likeliest place."""
        if not self.rows.of_places:
            return list(chosen)
        ((leaf, places),) = self.rows.places.items()
        kept: list[int] = []
        for unit in sorted(chosen, key=lambda each: (-scores[each], each)):
            start, end = self.rows.units[unit]
            apart = all(end <= self.rows.units[other][0] or self.rows.units[other][1] <= start for other in kept)
            text = isinstance(self.rows.spec.fields[leaf], TextField)
            if apart and not (text and any(places[other].key == places[unit].key for other in kept)):
                kept.append(unit)
        return sorted(kept)


def side_of(rows: Rows, models: Mapping[str, FieldModel], written: Sequence[WrittenRecord] = ()) -> Side:
    """What the models say of a list; places of its only field that the language model found are among the units."""
    if rows.of_places:
        values = [value for record in written for value in record.values.values() if value.answer.spans]
        rows = rows.with_places(
            [
                Place(
                    *each.answer.spans[0],
                    each.value,
                    tuple(each.answer.flags),
                    tuple(each.answer.readings or ()),
                    tuple(each.answer.spans[1:]),
                )
                for each in values
            ]
        )
    return Side(rows, models)


def _share(odds: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0
