"""The learning curve: smaller trainings on shares of the labels, and what more labels would bring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev

from ..gold.source import GoldSource
from .tuner import Prepared, Tuned, TuneHooks, prepare, train

__all__ = ["SEEDS", "CurvePoint", "next_labels", "points_of"]

SEEDS = (0, 1, 2)
MORE = 100  # labels


@dataclass(frozen=True)
class CurvePoint:
    """Trainings on ``documents`` labels: the share right on the dev part of each seed, at its best epoch."""

    share: float
    documents: int
    dev: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The mean over the seeds."""
        return mean(self.dev)

    @property
    def spread(self) -> float:
        """The standard deviation over the seeds; 0 with one seed."""
        return stdev(self.dev) if len(self.dev) > 1 else 0.0


def points_of(
    whole: Tuned, gold: Path, source: GoldSource, out: Path, shares: Sequence[float], hooks: TuneHooks,
    seeds: Sequence[int] = SEEDS,
) -> list[CurvePoint]:  # fmt: skip
    """Train on each share of the labels with each seed; what is done already is kept.

    A training whose share and seed are those of ``whole`` is not done twice. All choose their epoch on the dev part,
    so the figures are a little too good, and comparable with one another.
    """
    terms = whole.prepared.terms
    own = whole.prepared.plan.seed
    points = []
    for share in sorted(set(shares)):
        dev, documents = [], 0
        for seed in seeds:
            if share == 1.0 and seed == own:
                prepared, best = whole.prepared, whole.best.dev
            else:
                hooks.say(f"Learning curve: {share:.0%} of the labels, seed {seed}.")
                settings = replace(terms.settings, seed=seed)
                prepared = prepare(gold, source, replace(terms, settings=settings, share=share), hooks)
                best = train(prepared, out / f"{round(100 * share)}-{seed}", hooks, resume=True, publish=False).best.dev
            dev.append(best)
            documents = _documents(prepared)
        points.append(CurvePoint(share, documents, tuple(dev)))
    return points


def _documents(prepared: Prepared) -> int:
    return len({each.example.document for each in prepared.train})


def next_labels(points: Sequence[CurvePoint]) -> str:
    """What the next hundred labels are worth, from the last two points: a share right grows with the logarithm."""
    if len(points) < 2:
        return ""
    first, last = points[-2:]
    slope = (last.middle - first.middle) / math.log(last.documents / first.documents)
    gain = slope * math.log((last.documents + MORE) / last.documents)
    doubt = math.hypot(first.spread, last.spread) / math.log(last.documents / first.documents)
    doubt *= math.log((last.documents + MORE) / last.documents)
    return (
        f"The next {MORE} labels would bring about {100 * gain:+.1f} points on the dev part "
        f"(plus or minus {100 * 2 * doubt:.1f}, by the spread of the seeds)."
    )
