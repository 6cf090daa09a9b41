"""The outcome of a pilot as data: the report draws it, pilot.json holds it, a release refers to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..evaluation import Proportion, Verdict
from ..evaluation.calibrator import Calibrator
from ..evaluation.comparison import Comparison
from ..evaluation.items import Item, proportion_of
from ..evaluation.metrics import Evaluation

__all__ = ["AcceptanceOutcome", "ContenderOutcome", "Failure", "PilotOutcome", "sentence_of", "share_of"]


@dataclass(frozen=True)
class ContenderOutcome:
    """One contender or baseline on the dev part.

    ``hourly`` is documents an hour on this machine, None for a baseline; ``licence`` is that of the weights; ``failed``
    counts documents without an answer.
    """

    name: str
    weights: str
    engine: str
    lock: str
    baseline: bool
    evaluation: Evaluation
    share: Proportion
    hourly: float | None
    licence: str | None = None
    failed: int = 0


@dataclass(frozen=True)
class AcceptanceOutcome:
    """How much of the test part passes the threshold from the calibration part, and how much of that is wrong."""

    unit: str
    items: int
    accepted: int
    wrong: int
    bound: float | None  # promised; None without a threshold
    sentence: str

    @property
    def share(self) -> float:
        """The share that needs no person."""
        return self.accepted / self.items if self.items else 0.0


@dataclass(frozen=True)
class Failure:
    """An error that looked sure, with the place that its value comes from."""

    item: Item
    confidence: float | None
    before: str
    span: str
    after: str


@dataclass(frozen=True)
class PilotOutcome:
    """Everything about one pilot. ``test`` evaluates the chosen contender on the test part."""

    name: str
    question: str
    bar: str
    terms_digest: str
    terms: Sequence[Mapping[str, Any]]
    contenders: Sequence[ContenderOutcome]
    chosen: str
    verdict: Verdict
    unit: str
    test: Evaluation
    against: Comparison | None
    calibrator: Calibrator | None
    accepted: Sequence[AcceptanceOutcome]
    coverage: Mapping[str, Sequence[tuple[float, float]]]
    label_points: Sequence[tuple[int, float, float, float]]
    failures: Sequence[Failure]
    costs: Mapping[str, Any]
    untested: Sequence[str]
    warnings: Sequence[str]
    openings: Sequence[Mapping[str, Any]]
    sizes: Mapping[str, int]
    digests: Mapping[str, str]
    normalisation: str
    made_at: str
    slices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        return sentence_of(self.verdict, self.chosen, self.share, self.unit)

    @property
    def share(self) -> Proportion:
        """The share that the verdict is about."""
        return share_of(self.test, self.unit)

    def as_json(self) -> dict[str, Any]:
        """The content of pilot.json."""
        return {
            "schema": 1,
            "pilot": self.name,
            "question": self.question,
            "verdict": self.verdict.word,
            "sentence": self.sentence,
            "bar": self.bar,
            "terms_digest": self.terms_digest,
            "terms": list(self.terms),
            "chosen": self.chosen,
            "test": self.share.as_json(),
            "bounds": [self.verdict.lower, self.verdict.upper],
            "further": self.verdict.further,
            "contenders": [
                {
                    "name": one.name, "weights": one.weights, "engine": one.engine, "lock": one.lock,
                    "baseline": one.baseline, "dev": one.share.as_json(), "documents_per_hour": one.hourly,
                    "licence": one.licence, "not_done": one.failed,
                }
                for one in self.contenders
            ],
            "against_best_baseline": self.against.as_json() if self.against else None,
            "accepted": [{**asdict(outcome), "share": outcome.share} for outcome in self.accepted],
            "calibrator": self.calibrator.digest if self.calibrator else None,
            "costs": dict(self.costs),
            "untested": list(self.untested),
            "warnings": list(self.warnings),
            "test_openings": list(self.openings),
            "sizes": dict(self.sizes),
            "digests": dict(self.digests),
            "made_at": self.made_at,
        }  # fmt: skip


def share_of(evaluation: Evaluation, unit: str) -> Proportion:
    """The share right of an evaluation, by the bar's unit; the values include judged ones."""
    if unit == "document":
        return evaluation.documents
    return proportion_of(evaluation.items)


def sentence_of(verdict: Verdict, chosen: str, share: Proportion, unit: str) -> str:
    """A verdict in one sentence."""
    seen = f"{share.right} of {share.total} {unit}s right ({share.share:.1%})"
    if verdict.word == "PASS":
        return (
            f"PASS: {chosen} reaches the bar of {verdict.bar:.0%}: {seen}, "
            f"at least {verdict.lower:.1%} with {verdict.confidence:.0%} confidence."
        )
    if verdict.word == "FAIL":
        return (
            f"FAIL: {chosen} is under the bar of {verdict.bar:.0%}: {seen}, "
            f"at most {verdict.upper:.1%} with {verdict.confidence:.0%} confidence."
        )
    advice = (
        f"about {verdict.further} more labelled {unit}s will decide if the share stays"
        if verdict.further
        else "the share lies at the bar, so more labels will hardly decide"
    )
    return (
        f"UNDECIDED: {chosen} may or may not reach the bar of {verdict.bar:.0%}: {seen}, "
        f"between {verdict.lower:.1%} and {verdict.upper:.1%}; {advice}."
    )
