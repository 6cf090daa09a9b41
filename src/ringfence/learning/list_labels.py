"""Labelled lists: at which units of a document the records of the gold begin, and which places state their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..gold.agreement import Compare, match_key
from .labelled_field import LabelledField, states
from .places import Place
from .rows import MOST_LINES, Rows

__all__ = ["LabelledList", "LabelledRecord", "label_list"]

NEARER = 0.05  # of a value, that each line between it and the beginning of its record costs
LEAST_FOUND = 0.5  # of the values of a record, for it to be found


@dataclass(frozen=True)
class LabelledRecord:
    """A record of the gold that was found: the unit where it begins, and its fields that the gold states."""

    unit: int
    fields: Mapping[str, LabelledField]


@dataclass(frozen=True)
class LabelledList:
    """A list of a labelled document.

    ``stated`` are the records of the gold that have a value. ``known`` are the units of which the gold tells whether a
    record begins there; of those that have values of a record which was not found it does not.
    """

    rows: Rows
    stated: Sequence[Mapping[str, Any]]
    known: npt.NDArray[np.bool_]
    records: Sequence[LabelledRecord]
    compare: Compare

    @property
    def begun(self) -> set[int]:
        """The units at which a record of the gold begins."""
        return {record.unit for record in self.records}

    def begun_at(self) -> set[tuple[int, int]]:
        """The spans of those units."""
        return {self.rows.units[unit] for unit in self.begun}

    def spans(self) -> Iterator[tuple[int, int]]:
        """The places that state values of the gold."""
        for record in self.records:
            for field in record.fields.values():
                for place, right in zip(field.places, field.right, strict=True):
                    if right and not place.judged:
                        yield place.start, place.end

    def texts(self) -> Iterator[str]:
        """The values of the gold that are text, found or not."""
        yield from (str(value) for record in self.stated for value in record.values() if isinstance(value, str))


def label_list(rows: Rows, gold: Sequence[Mapping[str, Any]], compare: Compare) -> LabelledList:
    """Find the records of the gold: each begins at the unit that has most of its values in it or soon after it."""
    stated = [record for record in gold if any(record.get(leaf) is not None for leaf in rows.spec.fields)]
    finder = _Finder(rows, compare)
    hits = [finder.units_of(record) for record in stated]
    begun = _begun(hits, len(rows.units), 1 if rows.of_parts else MOST_LINES)
    known = np.ones(len(rows.units), bool)
    for number, by_leaf in enumerate(hits):
        if number not in begun or rows.of_places:  # of a value that is printed twice, either place may be meant
            for units in by_leaf.values():
                known[sorted(units)] = False
    order = sorted(begun, key=lambda number: begun[number])
    records = []
    for place, number in enumerate(order):
        unit = begun[number]
        following = begun[order[place + 1]] if place + 1 < len(order) else None
        records.append(LabelledRecord(unit, _fields(rows, unit, following, stated[number], compare)))
    known[[record.unit for record in records]] = True
    return LabelledList(rows, stated, known, records, compare)


def _fields(
    rows: Rows, unit: int, following: int | None, record: Mapping[str, Any], compare: Compare
) -> dict[str, LabelledField]:
    if rows.of_places:
        return {}
    found = {}
    for leaf, (places, features) in rows.cells(unit, following).items():
        if leaf in record:
            says = partial(states, rows.spec.fields[leaf].kind, record[leaf], compare)
            found[leaf] = LabelledField(places, features, np.array([says(place) for place in places], bool), says)
    return found


class _Finder:
    """Finds in which units the values of a record are stated."""

    def __init__(self, rows: Rows, compare: Compare) -> None:
        self.rows, self.compare = rows, compare
        self.kinds = {leaf: spec.kind for leaf, spec in rows.spec.fields.items()}
        self._by_key: dict[str, dict[Any, list[Place]]] = {}
        for leaf, places in rows.places.items():
            by_key = self._by_key.setdefault(leaf, {})
            for place in places:
                if not place.judged:
                    by_key.setdefault(self._key(leaf, place.value), []).append(place)

    def units_of(self, record: Mapping[str, Any]) -> dict[str, set[int]]:
        """For each field that the record states, the units that state its value."""
        return {
            leaf: {
                self.rows.unit_of(place)
                for key in (self._key(leaf, record[leaf]), None)  # what reads several ways has no value
                for place in by_key.get(key, ())
                if states(self.kinds[leaf], record[leaf], self.compare, place)
            }
            for leaf, by_key in self._by_key.items()
            if by_key and record.get(leaf) is not None
        }

    def _key(self, leaf: str, value: Any) -> Any:
        return None if value is None else match_key(self.kinds[leaf], value, self.compare)


def _begun(hits: Sequence[Mapping[str, set[int]]], units: int, reach: int) -> dict[int, int]:
    """The unit at which each record begins, by its number: the assignment with the most values, nearest by."""
    from scipy.optimize import linear_sum_assignment

    if not hits or not units:
        return {}
    gains = np.zeros((len(hits), units))
    for number, by_leaf in enumerate(hits):
        for unit in set().union(*by_leaf.values()):
            for found in by_leaf.values():
                near = next((step for step in range(reach) if unit + step in found), None)
                gains[number, unit] += 0 if near is None else 1 - NEARER * near
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if gains[row, column] > 0 and gains[row, column] >= LEAST_FOUND * len(hits[row]) * (1 - NEARER * MOST_LINES)
    }
