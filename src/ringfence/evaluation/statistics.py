"""The statistics of a pilot: intervals, bounds, verdicts at a bar, paired tests, and how many labels each takes.

scipy does the arithmetic. Wilson intervals show a proportion; exact (Clopper-Pearson) bounds decide. Values of one
document are not independent, so pooled figures count families of documents: bounds take the effective sample size of
Korn and Graubard (1998, Survey Methodology 24), and bootstraps draw families.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "Proportion",
    "Verdict",
    "bootstrap_interval",
    "bootstrap_ratio",
    "exact_bound",
    "further_needed",
    "holm",
    "labels_for_difference",
    "mcnemar",
    "right_needed",
    "sign_flip",
    "verdict_on",
    "wilson",
]

DRAWS = 4000
EXACT_FAMILIES = 12
FURTHER_FAMILY = 0.75  # of the mean size; 0.5 left 6.3 % wrong, 1 cost more power than it won
FloatArray = npt.NDArray[np.float64]


def wilson(right: float, total: float, confidence: float = 0.95) -> tuple[float, float]:
    """The Wilson interval of a proportion (Wilson 1927). (0, 1) for no items. Takes effective sizes too."""
    if total <= 0:
        return 0.0, 1.0
    from scipy.stats import norm

    z = float(norm.ppf(1 - (1 - confidence) / 2))
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def exact_bound(right: float, total: float, side: str, confidence: float = 0.95) -> float:
    """The one-sided Clopper-Pearson bound of a proportion; ``side`` is lower or upper. Takes effective sizes too."""
    from scipy.stats import beta

    if total <= 0:
        return 0.0 if side == "lower" else 1.0
    if side == "lower":
        return 0.0 if right <= 0 else float(beta.ppf(1 - confidence, right, total - right + 1))
    return 1.0 if right >= total else float(beta.ppf(confidence, right + 1, total - right))


@dataclass(frozen=True)
class Proportion:
    """``right`` of ``total`` items in families; ``effective`` is how many independent items they are worth."""

    right: int
    total: int
    families: int
    effective: float

    @classmethod
    def of(cls, right: Sequence[bool], families: Sequence[str], confidence: float = 0.95) -> Proportion:
        """The proportion of items, each with its family: a document, or near-duplicates of it."""
        counts: dict[str, tuple[int, int]] = {}
        for hit, family in zip(right, families, strict=True):
            hits, size = counts.get(family, (0, 0))
            counts[family] = (hits + int(hit), size + 1)
        hits, total = sum(map(int, right)), len(right)
        return cls(hits, total, len(counts), _effective(list(counts.values()), confidence))

    @property
    def share(self) -> float:
        """The share right; 0 for no items."""
        return self.right / self.total if self.total else 0.0

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """The Wilson interval over the effective size. It is shown with the share."""
        return wilson(self.share * self.effective, self.effective, confidence)

    def bound(self, side: str, confidence: float = 0.95) -> float:
        """The one-sided exact bound over the effective size. It decides."""
        return exact_bound(self.share * self.effective, self.effective, side, confidence)

    def as_json(self) -> dict[str, float | int | list[float]]:
        """The proportion as plain data."""
        low, high = self.interval()
        return {
            "right": self.right,
            "n": self.total,
            "families": self.families,
            "effective_n": round(self.effective, 2),
            "share": round(self.share, 6),
            "interval": [round(low, 6), round(high, 6)],
        }


def _effective(counts: list[tuple[int, int]], confidence: float) -> float:
    """Korn and Graubard's effective sample size: p(1-p) over the variance between families, at most all items.

    It includes their correction for few families. If all items agree, nothing shows how alike the items of a family
    are; then each family counts once. If few families hold all the errors, the variance comes out too small by chance:
    bars near 1 passed wrongly in 6.5 % of the draws instead of 5 (`make bench-statistics`). So part of one more family,
    wholly in the minority, is added.
    """
    from scipy.stats import t

    families, total = len(counts), sum(size for _, size in counts)
    if families in (0, total):
        return float(total)
    right = sum(hits for hits, _ in counts)
    if families == 1 or right in (0, total):
        return float(families)
    extra = FURTHER_FAMILY * total / families
    added = [*counts, (0.0 if 2 * right >= total else extra, extra)]
    items = total + extra
    share = sum(hits for hits, _ in added) / items
    spread = (families + 1) / families * sum((hits - share * size) ** 2 for hits, size in added) / items**2
    tail = 1 - (1 - confidence) / 2
    few = float(t.ppf(tail, total - 1) / t.ppf(tail, families - 1)) ** 2
    return min(float(total), share * (1 - share) / spread * few)


@dataclass(frozen=True)
class Verdict:
    """PASS, FAIL or UNDECIDED at a bar, with the bounds that decide.

    ``further`` is how many more labels decide at the share seen so far; None if it is decided, or no number will do.
    """

    word: str
    bar: float
    confidence: float
    lower: float
    upper: float
    further: int | None

    @property
    def passed(self) -> bool:
        """Whether it is PASS."""
        return self.word == "PASS"


def verdict_on(proportion: Proportion, bar: float, confidence: float = 0.95) -> Verdict:
    """PASS if the one-sided lower bound reaches the bar, FAIL if the upper bound is under it, else UNDECIDED."""
    lower, upper = proportion.bound("lower", confidence), proportion.bound("upper", confidence)
    word = "PASS" if lower >= bar else "FAIL" if upper < bar else "UNDECIDED"
    further = further_needed(proportion, bar, confidence) if word == "UNDECIDED" else None
    return Verdict(word, bar, confidence, lower, upper, further)


def further_needed(proportion: Proportion, bar: float, confidence: float = 0.95, most: int = 1_000_000) -> int | None:
    """How many more items decide at the share seen so far; None if not even ``most`` do."""
    share, now = proportion.share, proportion.effective
    if not proportion.total:
        return None

    def decided(total: float) -> bool:
        right = share * total
        side = exact_bound(right, total, "lower", confidence) >= bar
        return side or exact_bound(right, total, "upper", confidence) < bar

    step = max(1.0, now)
    while not decided(now + step):
        step *= 2
        if step > most:
            return None
    low, high = 0.0, step
    while high - low > 1:
        middle = (low + high) / 2
        low, high = (low, middle) if decided(now + middle) else (middle, high)
    return math.ceil(high * proportion.total / max(now, 1e-9))


def right_needed(total: int, bar: float, confidence: float = 0.95) -> int | None:
    """The fewest right of ``total`` independent items whose lower bound reaches the bar; None if all are too few."""
    if exact_bound(total, total, "lower", confidence) < bar:
        return None
    low, high = 0, total  # `low` is too few
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if exact_bound(middle, total, "lower", confidence) >= bar else (middle, high)
    return high


def labels_for_difference(
    difference: float, discordant: float, power: float = 0.8, confidence: float = 0.95
) -> int | None:
    """How many paired items it takes to show a difference of two shares (Connor 1987, Biometrics 43).

    ``discordant`` is the share of items that one system has right and the other wrong. None if the difference
    exceeds it.
    """
    from scipy.stats import norm

    if not 0 < difference <= discordant:
        return None
    alpha, beta = norm.ppf(1 - (1 - confidence) / 2), norm.ppf(power)
    root = alpha * math.sqrt(discordant) + beta * math.sqrt(discordant - difference**2)
    return math.ceil(float(root / difference) ** 2)


def mcnemar(first_only: int, second_only: int) -> float:
    """The p-value of the exact McNemar test, from the items that only the first, or only the second, has right."""
    from scipy.stats import binomtest

    both = first_only + second_only
    return float(binomtest(first_only, both, 0.5).pvalue) if both else 1.0


def sign_flip(gains: Sequence[float], families: Sequence[str], seed: int = 0) -> float:
    """The p-value of a paired difference, from the signs that the gains of whole families might have had by chance.

    Exact for up to 12 families that differ, else by draws (Pitman 1937). One family, or two, can never show anything.
    """
    sums: dict[str, float] = {}
    for family, gain in zip(families, gains, strict=True):
        sums[family] = sums.get(family, 0.0) + gain
    apart = np.array([each for each in sums.values() if each])
    if not len(apart):
        return 1.0
    if len(apart) <= EXACT_FAMILIES:
        signs = 1 - 2 * ((np.arange(2 ** len(apart))[:, None] >> np.arange(len(apart))) & 1)
        return float(np.mean(np.abs(signs @ apart) >= abs(apart.sum()) - 1e-9))
    draw = np.random.default_rng(seed)
    flipped = np.abs((1 - 2 * draw.integers(0, 2, (DRAWS, len(apart)))) @ apart)
    return float((1 + np.sum(flipped >= abs(apart.sum()) - 1e-9)) / (1 + DRAWS))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for multiple tests, in the order given (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def bootstrap_ratio(
    above: Sequence[float], below: Sequence[float], families: Sequence[str], confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """The percentile interval of sum(above) / sum(below) over items, drawing families with replacement.

    A mean is such a ratio, with ones below; F1 is one, and a paired difference of two shares.
    """
    places: dict[str, int] = {}
    for family in families:
        places.setdefault(family, len(places))
    if not places:
        return math.nan, math.nan
    of_item = np.array([places[family] for family in families])
    top = np.bincount(of_item, weights=np.asarray(above, float), minlength=len(places))
    bottom = np.bincount(of_item, weights=np.asarray(below, float), minlength=len(places))
    draw = np.random.default_rng(seed)
    found: list[FloatArray] = []
    for _ in range(0, DRAWS, 500):  # in pieces, for memory
        picks = draw.integers(0, len(places), (500, len(places)))
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(top[picks].sum(1) / bottom[picks].sum(1))
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(np.concatenate(found), [tail, 1 - tail])
    return float(low), float(high)


def bootstrap_interval(
    statistic: Callable[[npt.NDArray[np.intp]], float],
    families: Sequence[str],
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float]:
    """The percentile interval of ``statistic(places of items)``, drawing families with replacement."""
    by_family: dict[str, list[int]] = {}
    for place, family in enumerate(families):
        by_family.setdefault(family, []).append(place)
    groups = [np.array(places, dtype=np.intp) for places in by_family.values()]
    if not groups:
        return math.nan, math.nan
    draw = np.random.default_rng(seed)
    found = [
        statistic(np.concatenate([groups[g] for g in draw.integers(0, len(groups), len(groups))])) for _ in range(draws)
    ]
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(np.array(found, dtype=float), [tail, 1 - tail])
    return float(low), float(high)
