"""Compare runs over the same documents, paired: which errors differ, and whether chance explains the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contracts import Result
from ..errors import InputError
from ..extras import need
from ..gold.agreement import Compare
from ..gold.file import GoldFile
from ..runs import RunFolder
from .evaluator import gold_part, items_of_results, run_results
from .items import Item, proportion_of
from .statistics import (
    Proportion,
    bootstrap_ratio,
    holm,
    mcnemar,
    sign_flip,
)

__all__ = ["Comparison", "RunComparison", "compare_items", "compare_runs", "require_same_documents"]


CHANCE = 0.05


@dataclass(frozen=True)
class Comparison:
    """The difference between two runs over the same documents.

    ``difference`` is the first share less the second, over the values. McNemar's test counts documents (all values
    right or not), since the values of one document are not independent; ``adjusted`` is its p-value after Holm over all
    pairs. ``chance`` is that of a difference as large if whole families had been right or wrong the other way round:
    of a few families a bootstrap alone draws an interval that is far too narrow.
    """

    first: str
    second: str
    shares: tuple[Proportion, Proportion]
    difference: float
    interval: tuple[float, float]
    first_only: Sequence[str]
    second_only: Sequence[str]
    p_value: float
    adjusted: float
    chance: float
    families: int

    @property
    def shown(self) -> bool:
        """Whether the data show a difference: zero is outside the interval, and chance hardly gives as much."""
        return self.chance <= CHANCE and (self.interval[0] > 0 or self.interval[1] < 0)

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
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
            "p_value_families": self.chance,
            "families": self.families,
        }


def require_same_documents(runs: Mapping[str, Mapping[str, Result]]) -> None:
    """Raise InputError if the runs read different documents: different ids, or different content under one id."""
    (first, reference), *others = runs.items()
    expected = {identity: result.document.sha256 for identity, result in reference.items()}
    for name, results in others:
        digests = {identity: result.document.sha256 for identity, result in results.items()}
        if missing := sorted(set(expected) ^ set(digests)):
            raise InputError(
                f"{first} and {name} read different documents: "
                f"{len(missing)} are in one run only ({', '.join(missing[:3])}).",
                "Run both over the same documents; otherwise their figures do not compare.",
            )
        if changed := sorted(identity for identity in expected if expected[identity] != digests[identity]):
            raise InputError(
                f"{first} and {name} read different content under the same names ({', '.join(changed[:3])}).",
                "Run both over the same files.",
            )


@dataclass(frozen=True)
class RunComparison:
    """The comparisons of every pair of runs, over the same gold.

    ``documents`` is the number of documents with gold, ``not_answered`` how many of them each run left unanswered.
    """

    part: str | None
    documents: int
    comparisons: Sequence[Comparison]
    not_answered: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        rows = [comparison.as_json() for comparison in self.comparisons]
        return {"schema": 1, "part": self.part, "documents": self.documents, "comparisons": rows}


def compare_runs(
    runs: Sequence[Path], gold: Path, part: str | None = None, compare: Compare = "words"
) -> RunComparison:
    """Compare runs with each other on the same gold. A look at the test part is recorded.

    Raises InputError unless there are two or more runs that read the same documents and ask for the same values.
    """
    need("evaluation", "scipy")
    if len(runs) < 2:
        raise InputError("A comparison takes at least two runs.", "Give two or more; `ringfence evaluate` shows one.")
    loaded = {str(run): run_results(RunFolder.open(run)) for run in runs}
    if len(loaded) < len(runs):
        raise InputError("The same run is given twice.", "Name each run once.")
    require_same_documents({name: results for name, (_, results, _) in loaded.items()})
    first, *others = (task for task, _, _ in loaded.values())
    if not all(first.asks_as(task) for task in others):
        raise InputError(
            "The runs ask for different fields or labels.", "Compare runs of one task; its wording may differ."
        )
    locks = ",".join(lock for _, _, lock in loaded.values())
    lines, split = gold_part(GoldFile(gold), part, f"compare {' '.join(loaded)}", locks, first)
    families = split.families if split else {}
    items = {
        name: items_of_results(task, results, lines, families, compare) for name, (task, results, _) in loaded.items()
    }
    not_answered = {
        name: len({item.document for item in listed if not item.answered}) for name, listed in items.items()
    }
    return RunComparison(part, len(lines), compare_items(items), not_answered)


def compare_items(runs: Mapping[str, Sequence[Item]]) -> list[Comparison]:
    """Compare every pair of runs, by value and by document."""
    names = list(runs)
    pairs = [(first, second) for place, first in enumerate(names) for second in names[place + 1 :]]
    tests = []
    for first, second in pairs:
        of_first, of_second = _whole(runs[first]), _whole(runs[second])
        # If the gold states nothing about a document, only invented records are listed: a run without any is right.
        every = list(dict.fromkeys([*of_first, *of_second]))
        only_first = [i for i in every if of_first.get(i, True) and not of_second.get(i, True)]
        only_second = [i for i in every if of_second.get(i, True) and not of_first.get(i, True)]
        tests.append((only_first, only_second, mcnemar(len(only_first), len(only_second))))
    adjusted = holm([p for _, _, p in tests])
    found = []
    for (first, second), (only_first, only_second, p_value), after in zip(pairs, tests, adjusted, strict=True):
        shares = (proportion_of(runs[first]), proportion_of(runs[second]))
        gains, families = _gains(runs[first], runs[second])
        found.append(
            Comparison(
                first,
                second,
                shares,
                sum(gains) / len(gains),
                bootstrap_ratio(gains, [1.0] * len(gains), families),
                only_first,
                only_second,
                p_value,
                after,
                sign_flip(gains, families),
                len({*families}),
            )
        )
    return found


def _whole(items: Sequence[Item]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for item in items:
        found[item.document] = found.get(item.document, True) and item.right
    return found


def _gains(first: Sequence[Item], second: Sequence[Item]) -> tuple[list[float], list[str]]:
    """The first's gain over the second, and the family, for each value.

    A record that only one of the answers invents counts for the other.
    """
    by_path = {(item.document, item.path): item for item in second}
    gains, families = [], []
    for item in first:
        paired = by_path.pop((item.document, item.path), None)
        gains.append(float(item.right) - (float(paired.right) if paired else 1.0))
        families.append(item.family)
    for item in by_path.values():
        gains.append(1.0 - float(item.right))
        families.append(item.family)
    return gains, families
