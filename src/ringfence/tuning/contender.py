"""A contender of a proof: one way to answer the test part, paired with the tuned weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..evaluation.comparison import compare_items
from ..evaluation.items import Item, proportion_of
from ..evaluation.metrics import document_proportion
from ..evaluation.statistics import Proportion

__all__ = ["TUNED", "TUNED_FORMS", "WITH_LIKENESS", "Contender", "contender_of"]

TUNED = "tuned"
"""The name of the tuned weights among the contenders."""
WITH_LIKENESS = f"{TUNED} + likeness"
"""The tuned weights with the likeness to the labels that they learned weighed in."""
TUNED_FORMS = (TUNED, WITH_LIKENESS)


@dataclass(frozen=True)
class Contender:
    """One way to answer the test part: its share of right values, paired with the tuned weights.

    ``gain`` is the tuned share less this one, with its 95 % interval; None for what the others are paired with.
    ``shown`` tells whether that difference is more than chance, and ``families`` how many it rests on.
    ``pace`` is in documents a minute, ``size`` the bytes of the weights; None without a language model.
    """

    name: str
    share: Proportion
    documents: Proportion
    gain: tuple[float, float, float] | None
    pace: float | None = None
    size: int | None = None
    shown: bool = False
    families: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name, "values": self.share.as_json(), "documents": self.documents.as_json(),
            "gain": self.gain, "shown": self.shown, "families": self.families, "documents_a_minute": self.pace,
            "bytes": self.size,
        }  # fmt: skip


def contender_of(
    name: str, items: Mapping[str, Sequence[Item]], pace: float | None = None, size: int | None = None,
    form: str = TUNED,
) -> Contender:  # fmt: skip
    """The contender ``name`` of ``items``, paired with the ``form`` of the tuned weights that they hold too."""
    own = items[name]
    whole = (proportion_of(own), document_proportion(own))
    if name == form:
        return Contender(name, *whole, None, pace, size)
    paired = compare_items({form: items[form], name: own})[0]
    gain = (round(paired.difference, 6), round(paired.interval[0], 6), round(paired.interval[1], 6))
    return Contender(name, *whole, gain, pace, size, paired.shown, paired.families)
