"""The learning curve: smaller trainings on shares of the labels, and what more labels would bring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from ..gold.source import GoldSource
from .preparation import Prepared, TuneHooks, prepare
from .tuner import Tuned, Until, train

__all__ = ["SEEDS", "CurvePoint", "NextLabels", "next_labels", "points_of"]

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


def points_of(
    whole: Tuned, gold: Path, source: GoldSource, out: Path, shares: Sequence[float], hooks: TuneHooks,
    seeds: Sequence[int] = SEEDS,
) -> list[CurvePoint]:  # fmt: skip
    """Train on each share of the labels with each seed; what is done already is kept.

    A training whose share and seed are those of ``whole`` is not done twice. All choose their epoch on the dev part,
    so the figures are a little too good, and comparable with one another. Where ``whole`` has not chosen its own yet,
    none does, and there are no points.
    """
    terms = whole.prepared.terms
    own = whole.prepared.plan.seed
    until: Until = "chosen" if whole.best else "trained"
    points = []
    for share in sorted(set(shares)):
        dev, documents = [], 0
        for seed in seeds:
            if share == 1.0 and seed == own:
                prepared, best = whole.prepared, whole.best
            else:
                hooks.say(f"Learning curve: {share:.0%} of the labels, seed {seed}.")
                settings = replace(terms.settings, seed=seed)
                prepared = prepare(gold, source, replace(terms, settings=settings, share=share), hooks)
                folder = out / f"{round(100 * share)}-{seed}"
                best = train(prepared, folder, hooks, resume=True, until=until).best
            if best and best.dev is not None:
                dev.append(best.dev)
            documents = _documents(prepared)
        if dev:
            points.append(CurvePoint(share, documents, tuple(dev)))
    return points


def _documents(prepared: Prepared) -> int:
    return len({each.example.document for each in prepared.train})


@dataclass(frozen=True)
class NextLabels:
    """What the next hundred labels are worth beyond ``documents``: a gain of the share right on the dev part.

    ``interval`` is its 95 % interval over all trainings of the curve; None where they are too few for one.
    """

    documents: int
    gain: float
    interval: tuple[float, float] | None

    @property
    def sentence(self) -> str:
        """What is shown, for people."""
        if self.interval is None:
            return f"the next {MORE} about {100 * self.gain:+.1f} points; too few trainings for an interval"
        low, high = (100 * each for each in self.interval)
        shown = f"{100 * self.gain:+.1f} points [{low:+.1f}, {high:+.1f}]"
        return f"the next {MORE} {shown}" if low > 0 else f"no more visible gain from the next {MORE} ({shown})"

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "labels": MORE}


def next_labels(points: Sequence[CurvePoint]) -> list[tuple[CurvePoint, NextLabels | None]]:
    """Each point, and what the next hundred labels are worth there: the share right grows with their logarithm.

    The line goes through every training of the curve, whose spread over the seeds is its doubt.
    """
    from scipy.stats import t

    if len({each.documents for each in points}) < 2:
        return [(each, None) for each in points]
    at, right = np.array([(math.log(each.documents), one) for each in points for one in each.dev]).T
    across = at - at.mean()
    slope = float(across @ right / (across @ across))
    left = len(at) - 2
    residuals = right - right.mean() - slope * across
    error = math.sqrt(float(residuals @ residuals) / left / float(across @ across)) if left else None
    found: list[tuple[CurvePoint, NextLabels | None]] = []
    for each in points:
        more = math.log((each.documents + MORE) / each.documents)
        half = None if error is None else float(t.ppf(0.975, left)) * error
        interval = None if half is None else (more * (slope - half), more * (slope + half))
        found.append((each, NextLabels(each.documents, more * slope, interval)))
    return found
