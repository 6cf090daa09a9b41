"""Runs over the same documents, paired: what one has right and the other wrong, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from .outcomes import Item
from .statistics import Proportion, bootstrap_ratio, holm, mcnemar

__all__ = ["Comparison", "compare_items", "same_documents"]


@dataclass(frozen=True)
class Comparison:
    """Two runs. ``difference`` is first less second over the values; McNemar counts documents (all values right or not),
    since values of one document are not independent; ``adjusted`` is its p-value after Holm over all pairs."""

    first: str
    second: str
    shares: tuple[Proportion, Proportion]
    difference: float
    interval: tuple[float, float]
    first_only: Sequence[str]
    second_only: Sequence[str]
    p_value: float
    adjusted: float

    @property
    def shown(self) -> bool:
        """Whether a difference is shown: the interval leaves out zero."""
        return self.interval[0] > 0 or self.interval[1] < 0

    def as_json(self) -> dict[str, Any]:
        """The comparison for machines."""
        return {
            "first": self.first,
            "second": self.second,
            "first_share": self.shares[0].as_json(),
            "second_share": self.shares[1].as_json(),
            "difference": round(self.difference, 6),
            "interval": [round(edge, 6) for edge in self.interval],
            "first_only": list(self.first_only),
            "second_only": list(self.second_only),
            "p_value": self.p_value,
            "p_value_holm": self.adjusted,
        }


def same_documents(runs: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Raises InputError where runs are over different documents: other ids, or other content under one id."""
    (first, reference), *others = runs.items()
    shas = {identity: result["document"]["sha256"] for identity, result in reference.items()}
    for name, results in others:
        other = {identity: result["document"]["sha256"] for identity, result in results.items()}
        if missing := sorted(set(shas) ^ set(other)):
            raise InputError(
                f"{first} and {name} are over different documents: {len(missing)} are in one only ({', '.join(missing[:3])}).",
                "Run both over the same documents; a comparison of different ones tells nothing.",
            )
        if changed := sorted(identity for identity in shas if shas[identity] != other[identity]):
            raise InputError(
                f"{first} and {name} read other content under the same names ({', '.join(changed[:3])}).",
                "Run both over the same files.",
            )


def compare_items(runs: Mapping[str, Sequence[Item]]) -> list[Comparison]:
    """Every pair of runs, paired by value and document."""
    names = list(runs)
    pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    tests = []
    for one, other in pairs:
        first, second = _whole(runs[one]), _whole(runs[other])
        # Gold that states nothing of a document leaves only what an answer invented: the other one is right.
        every = list(dict.fromkeys([*first, *second]))
        only_first = [i for i in every if first.get(i, True) and not second.get(i, True)]
        only_second = [i for i in every if second.get(i, True) and not first.get(i, True)]
        tests.append((only_first, only_second, mcnemar(len(only_first), len(only_second))))
    adjusted = holm([p for _, _, p in tests])
    found = []
    for (one, other), (only_first, only_second, p_value), after in zip(pairs, tests, adjusted, strict=True):
        shares = (_proportion(runs[one]), _proportion(runs[other]))
        gains, families = _gains(runs[one], runs[other])
        found.append(
            Comparison(
                one,
                other,
                shares,
                sum(gains) / len(gains),
                bootstrap_ratio(gains, [1.0] * len(gains), families),
                only_first,
                only_second,
                p_value,
                after,
            )
        )
    return found


def _proportion(items: Sequence[Item]) -> Proportion:
    return Proportion.of([item.right for item in items], [item.family for item in items])


def _whole(items: Sequence[Item]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for item in items:
        found[item.document] = found.get(item.document, True) and item.right
    return found


def _gains(first: Sequence[Item], second: Sequence[Item]) -> tuple[list[float], list[str]]:
    """What the first has more for each value that the gold states. Records that only one of the answers invented count
    for the one that did not."""
    by_path = {(item.document, item.path): item for item in second}
    gains, families = [], []
    for item in first:
        other = by_path.pop((item.document, item.path), None)
        gains.append(float(item.right) - (float(other.right) if other else 1.0))
        families.append(item.family)
    for item in by_path.values():
        gains.append(1.0 - float(item.right))
        families.append(item.family)
    return gains, families
