"""Fit a calibrator on gold: cross-fitted confidences, and the lowest threshold whose error bound holds."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..clock import now
from ..contracts import Result
from .calibrator import POOLED, AcceptanceTerms, Calibrator, Logistic, Threshold
from .features import FEATURES, feature_vector, raw_confidence
from .items import Item
from .statistics import Proportion, exact_bound

__all__ = [
    "CalibrationFit",
    "Reliability",
    "allowed_errors",
    "choose_threshold",
    "coverage_curve",
    "fit",
    "least_accepted",
    "reliability",
]

FOLDS = 5
ENOUGH = (200, 20)  # a field with this many labels, and this many of its rarer outcome, gets its own model
STRENGTH = 0.5  # inverse of the L2 penalty (scikit-learn's C)
GRID = 60  # thresholds to try
HOPELESS = 0.2  # if the first test is less likely to hold than this, distrust the confidences
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CalibrationFit:
    """The outcome of a fit.

    ``confidence`` is cross-fitted: the models behind a value's confidence saw nothing of its family. ``raw`` is what
    the language model itself says. ``documents`` holds each document's least confidence, whether all its values are
    right, and its family. ``stated`` are the fields that the gold states.
    """

    models: Mapping[str, Logistic]
    items: Sequence[Item]
    confidence: FloatArray
    raw: FloatArray
    documents: Mapping[str, tuple[float, bool, str]]
    stated: tuple[str, ...] = ()

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each value is right."""
        return np.array([item.right for item in self.items], bool)

    def accepted_by(self, unit: str) -> tuple[FloatArray, npt.NDArray[np.bool_], list[str]]:
        """Confidence, error and family of every value, or of every document."""
        if unit == "value":
            return self.confidence, ~self.right, [item.family for item in self.items]
        scores = np.array([least for least, _, _ in self.documents.values()])
        wrong = np.array([not right for _, right, _ in self.documents.values()], bool)
        return scores, wrong, [family for _, _, family in self.documents.values()]

    def threshold(self, unit: str, target: float, confidence: float) -> Threshold | None:
        """The threshold for values or for whole documents; None if the labels allow none."""
        return choose_threshold(*self.accepted_by(unit), target, confidence)

    def needed(self, unit: str, target: float, confidence: float) -> str:
        """A sentence: how many labels allow a threshold, if errors stay as they are among the surest."""
        scores, wrong, families = self.accepted_by(unit)
        if not len(scores):
            return f"The gold states no {unit} wholly; state every value of some documents."
        order = np.argsort(-scores, kind="stable")
        best: tuple[int, float] | None = None
        for share in np.linspace(0.1, 1, 10):
            surest = order[: max(1, round(share * len(order)))]
            error = float(wrong[surest].mean())
            if error >= target:
                continue
            size = least_accepted(target, confidence)
            while exact_bound(error * size, size, "upper", confidence) > target:
                size = math.ceil(size * 1.05)
            worth = Proportion.of([bool(wrong[n]) for n in surest], [families[n] for n in surest], confidence).effective
            labels = math.ceil(size * len(surest) / worth / share)
            if best is None or labels < best[0]:
                best = (labels, share)
        if best is None:
            return (
                f"More than {target:.0%} are wrong even among the surest tenth: "
                "better weights or a better task will help, more labels will not."
            )
        # Testing costs a little more than the bound alone: the sequence may begin at a wrong place by chance.
        labels = max(best[0], math.ceil(1.2 * len(order)))
        estimate = f"About {labels} labels ({len(order)} now) would allow one that passes {best[1]:.0%}"
        return f"{estimate}, if errors stay as they are among the surest."

    def calibrator(self, terms: AcceptanceTerms, lock: str, gold: str) -> Calibrator:
        """The calibrator for answers under ``lock``, fitted on gold with the digest ``gold``."""
        value, document = (self.threshold(unit, terms.target_error, terms.confidence) for unit in ("value", "document"))
        return Calibrator(
            self.models, value, document, terms.target_error, terms.confidence, terms.spot_check, lock, gold, now(),
            terms.compare, self.stated,
        )  # fmt: skip


def fit(
    items: Sequence[Item], results: Mapping[str, Result], seed: int = 0, complete: Collection[str] | None = None
) -> CalibrationFit:
    """Fit on the values that answers have; a document without an answer is never accepted and needs no confidence.

    ``complete`` names the documents of which the gold states every value, by default all: if no stated value of
    another is wrong, nobody knows whether it is wholly right, and a threshold for documents takes no notice of it.

    One pooled logistic model has the field as a feature; a field with enough labels of both outcomes gets its own.
    """
    kept = [item for item in items if item.answered and item.entry is not None]
    if not kept:
        return CalibrationFit({}, [], np.zeros(0), np.zeros(0), {})
    features = np.array([feature_vector(str(item.entry), results[item.document]) for item in kept], float).reshape(
        -1, len(FEATURES)
    )
    right = np.array([item.right for item in kept], bool)
    fields = np.array([item.field for item in kept])
    models = _models(features, right, fields)
    confidence = np.zeros(len(kept))
    for inside, outside in _folds([item.family for item in kept], seed):
        partial = _models(features[inside], right[inside], fields[inside], like=models)
        confidence[outside] = _applied(partial, features[outside], fields[outside])
    raw = np.array([raw_confidence(str(item.entry), results[item.document]) for item in kept], float)
    stated = tuple(sorted({item.field for item in items}))
    known = None if complete is None else set(complete)
    documents = {
        name: document
        for name, document in _documents(items, kept, confidence).items()
        if known is None or name in known or not document[1]
    }
    return CalibrationFit(models, kept, np.round(confidence, 6), raw, documents, stated)


def _models(
    features: FloatArray,
    right: npt.NDArray[np.bool_],
    fields: npt.NDArray[Any],
    like: Mapping[str, Logistic] | None = None,
) -> dict[str, Logistic]:
    """Fit the pooled model, and models of single fields; with ``like``, of the fields that it has."""
    models = {POOLED: _logistic(features, right, fields)}
    for name in sorted(set(fields.tolist())):
        chosen = fields == name
        rarer = min(int(right[chosen].sum()), int((~right[chosen]).sum()))
        wanted = name in like if like is not None else chosen.sum() >= ENOUGH[0] and rarer >= ENOUGH[1]
        if wanted and rarer:
            models[name] = _logistic(features[chosen], right[chosen], None)
    return models


def _logistic(features: FloatArray, right: npt.NDArray[np.bool_], fields: npt.NDArray[Any] | None) -> Logistic:
    """scikit-learn's logistic regression on standardised features; if all labels agree, Laplace's estimate."""
    means, scales = features.mean(0), features.std(0)
    scales[scales < 1e-9] = 1.0
    names = sorted(set(fields.tolist())) if fields is not None else []
    if right.all() or not right.any():
        share = (right.sum() + 1) / (len(right) + 2)
        return Logistic(math.log(share / (1 - share)), (0.0,) * features.shape[1], tuple(means), tuple(scales))
    from sklearn.linear_model import LogisticRegression

    columns = (features - means) / scales
    if fields is not None:
        columns = np.hstack([columns, np.array([[float(field == name) for name in names] for field in fields])])
    model = LogisticRegression(C=STRENGTH, max_iter=5000).fit(columns, right)
    weights = [float(weight) for weight in model.coef_[0]]
    inner = features.shape[1]
    return Logistic(
        float(model.intercept_[0]),
        tuple(weights[:inner]),
        tuple(map(float, means)),
        tuple(map(float, scales)),
        dict(zip(names, weights[inner:], strict=True)),
    )


def _applied(models: Mapping[str, Logistic], features: FloatArray, fields: npt.NDArray[Any]) -> FloatArray:
    return np.array(
        [
            models.get(name, models[POOLED]).confidence(row.tolist(), name)
            for row, name in zip(features, fields.tolist(), strict=True)
        ]
    )


def _folds(families: Sequence[str], seed: int) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    """Deal families into folds at random; each fold is (values to fit on, values to predict)."""
    names = sorted(set(families))
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[place]: number % min(FOLDS, max(2, len(names))) for number, place in enumerate(order)}
    folds = np.array([fold_of[family] for family in families])
    return [(folds != fold, folds == fold) for fold in sorted(set(folds.tolist()))] if len(names) > 1 else []


def _documents(
    items: Sequence[Item], kept: Sequence[Item], confidence: FloatArray
) -> dict[str, tuple[float, bool, str]]:
    """The least confidence of each answered document, whether all its values are right, and its family."""
    least: dict[str, float] = {}
    for item, value in zip(kept, confidence, strict=True):
        least[item.document] = min(least.get(item.document, 1.0), round(float(value), 6))
    found: dict[str, tuple[float, bool, str]] = {}
    for item in items:
        if item.answered:
            right = found[item.document][1] if item.document in found else True
            # A document without any value goes to review in use, so it counts as unsure here.
            found[item.document] = (least.get(item.document, 0.0), right and item.right, item.family)
    return found


def choose_threshold(
    scores: FloatArray,
    wrong: npt.NDArray[np.bool_],
    families: Sequence[str],
    target: float,
    confidence: float = 0.95,
) -> Threshold | None:
    """The lowest threshold that fixed-sequence testing reaches, or None.

    It tests thresholds from strict to lax, each by the exact upper bound on the error among the accepted (over their
    effective size), and stops at the first that fails. So the chance of a false bound is at most 1 - ``confidence``,
    however many it tries (Angelopoulos et al. 2021, "Learn then Test"). The sequence begins where the first test is
    most likely to hold according to the scores; labels take no part in that choice.
    """
    if not len(scores):
        return None
    cuts = np.unique(np.quantile(scores, np.linspace(0, 1, GRID), method="lower"))[::-1]
    begin, best = None, 0.0
    for place, cut in enumerate(cuts):
        accepted = scores >= cut
        # Values of one document are worth a little less than independent ones; only the labels say how much less.
        chance = _chance(int(0.95 * accepted.sum()), float((1 - scores[accepted]).mean()), target, confidence)
        if chance > best:
            begin, best = place, chance
    if best < HOPELESS:
        # The confidences may be too low at the top; begin where enough are accepted to allow two errors.
        forgiving = [
            n
            for n, cut in enumerate(cuts)
            if (allowed_errors(int((scores >= cut).sum()), target, confidence) or 0) >= 2
        ]
        begin = forgiving[0] if forgiving else None
    if begin is None:
        return None
    found = None
    for cut in cuts[begin:]:
        accepted = scores >= cut
        hits = wrong[accepted].tolist()
        proportion = Proportion.of(hits, [f for f, kept in zip(families, accepted, strict=True) if kept], confidence)
        bound = proportion.bound("upper", confidence)
        if bound > target:
            break
        found = Threshold(float(cut), len(scores), proportion.total, proportion.right, bound)
    return found


def _chance(total: int, error: float, target: float, confidence: float) -> float:
    """The chance that ``total`` items with this expected error pass the bound."""
    from scipy.stats import binom

    most = allowed_errors(total, target, confidence)
    return 0.0 if most is None else float(binom.cdf(most, total, error))


def allowed_errors(total: int, target: float, confidence: float = 0.95) -> int | None:
    """The most errors among ``total`` accepted items whose bound is within the target; None if even 0 is too many."""
    if exact_bound(0, total, "upper", confidence) > target:
        return None
    low, high = 0, total + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if exact_bound(middle, total, "upper", confidence) <= target else (low, middle)
    return low


def least_accepted(target: float, confidence: float = 0.95) -> int:
    """The fewest accepted items, all right, whose bound is within the target: 59 for 5 %, 149 for 2 %."""
    return math.ceil(math.log1p(-confidence) / math.log1p(-target) - 1e-9)


def coverage_curve(scores: Sequence[float], wrong: Sequence[bool], total: int) -> list[tuple[float, float]]:
    """Points (share of ``total`` accepted, share wrong among them), the surest first; at most a hundred.

    Ties are accepted together.
    """
    if not len(scores):
        return []
    levels, faults = np.array(scores, float), np.array(wrong, float)
    order = np.argsort(-levels, kind="stable")
    errors = np.cumsum(faults[order])
    last = np.flatnonzero(np.append(np.diff(levels[order]) != 0, True))
    picked = last[np.unique(np.linspace(0, len(last) - 1, 100).astype(int))]
    return [((int(place) + 1) / total, float(errors[place]) / (int(place) + 1)) for place in picked]


@dataclass(frozen=True)
class Reliability:
    """How well confidences match outcomes: Brier score, expected calibration error, and the bins it is taken over.

    A bin is (mean confidence, share right, number of values). The scores are None for no values.
    """

    brier: float | None
    ece: float | None
    bins: Sequence[tuple[float, float, int]]

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def reliability(confidence: FloatArray, right: npt.NDArray[np.bool_], bins: int = 10) -> Reliability:
    """Compare confidences with outcomes, over bins that hold equally many values."""
    if not len(confidence):
        return Reliability(None, None, [])
    order = np.argsort(confidence, kind="stable")
    groups = [group for group in np.array_split(order, min(bins, len(order))) if len(group)]
    rows = [(float(confidence[g].mean()), float(right[g].mean()), len(g)) for g in groups]
    gap = sum(abs(mean - share) * size for mean, share, size in rows) / len(order)
    return Reliability(float(((confidence - right) ** 2).mean()), gap, rows)
