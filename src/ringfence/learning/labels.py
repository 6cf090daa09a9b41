"""Labelled documents: the places of each field, and which of them state what the gold says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contracts import GoldLine, value_at
from ..documents import Document
from ..gold.agreement import Compare, values_match
from ..tasks import ExtractTask
from .features import Surroundings, words_of
from .places import NOTHING, Place, places_of
from .ranker import about, text_digest

__all__ = ["Labelled", "LabelledField", "label"]


@dataclass(frozen=True)
class LabelledField:
    """The places of one field in a labelled document, their features, and whether each states the gold's value."""

    places: Sequence[Place]
    features: Sequence[set[str]]
    right: npt.NDArray[np.bool_]
    states: Callable[[Place], bool]

    @property
    def null(self) -> bool:
        """True if the gold says that there is no value."""
        return self.states(Place(0, 0, None))

    def right_keys(self) -> set[str]:
        """The keys of the right values."""
        keys = {place.key for place, right in zip(self.places, self.right, strict=True) if right}
        return keys | {NOTHING} if self.null else keys


@dataclass(frozen=True)
class Labelled:
    """A labelled document: its family, the sha256 of its text, and its fields by path.

    ``said`` are the words that stand outside the values of the gold, ``values`` the words inside, each with its value.
    """

    family: str
    text: str
    fields: Mapping[str, LabelledField]
    said: frozenset[str]
    values: frozenset[tuple[str, str]]


def label(task: ExtractTask, document: Document, gold: GoldLine, family: str, compare: Compare = "words") -> Labelled:
    """Find the places of a document, and mark those that state what the gold says.

    Raises ValueError if a recogniser takes too long on this document.
    """
    around, fields = Surroundings(document), {}
    for path, places in places_of(task, document).items():
        try:
            stated = value_at(gold.values, path)
        except (KeyError, TypeError):
            continue  # the gold says nothing about this field
        states = partial(_states, task.flat[path].kind, stated, compare)
        right = np.array([states(place) for place in places], bool)
        fields[path] = LabelledField(places, around.features(places, about(task, path)), right, states)
    found = {
        (place.start, place.end)
        for field in fields.values()
        for place, right in zip(field.places, field.right, strict=True)
        if right
    }
    inside = frozenset((word, value) for start, end in found for word, value in _worded(document.text[start:end]))
    return Labelled(family, text_digest(document), fields, _outside(document.text, sorted(found)), inside)


def _worded(value: str) -> list[tuple[str, str]]:
    words = words_of(value)
    return [(word, " ".join(words)) for word in words]


def _outside(text: str, spans: Sequence[tuple[int, int]]) -> frozenset[str]:
    words: set[str] = set()
    position = 0
    for start, end in spans:
        words.update(words_of(text[position : max(position, start)]))
        position = max(position, end)
    return frozenset(words.union(words_of(text[position:])))


def _states(kind: str, gold: Any, compare: Compare, place: Place) -> bool:
    """True if a place states the gold's value, or if one of its readings is that value."""
    if gold is None:
        return place.key == NOTHING
    if place.value is not None:
        return values_match(kind, place.value, gold, compare)
    wanted = str(gold["amount"] if isinstance(gold, dict) and "amount" in gold else gold)
    return any(reading == wanted or _same_number(reading, wanted) for reading in place.readings)


def _same_number(first: str, second: str) -> bool:
    try:
        return Decimal(first) == Decimal(second)
    except InvalidOperation:
        return False
