"""The places of one field in a labelled document, or in one of its records, and which of them are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import numpy.typing as npt

from ..gold.agreement import Compare, values_match
from .places import NOTHING, Place

__all__ = ["LabelledField", "states"]


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


def states(kind: str, gold: Any, compare: Compare, place: Place) -> bool:
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
