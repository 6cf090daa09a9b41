"""What a ranker brings, shown on labelled documents by models that have not seen their families."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..contracts import DocumentFacts, GoldLine, Result
from ..documents import Document
from ..gold.agreement import Compare
from ..learning import Labelled, Ranker, Sureness, fit_ranker
from ..tasks import ExtractTask
from ..tasks.fields import ListField
from .calibration import choose_threshold
from .items import items_of, states_all, wholly_right
from .learned_outcomes import ALONE, BOTH, MODEL, FieldOutcome, outcomes_of
from .statistics import Proportion, bootstrap_ratio, sign_flip

__all__ = ["CurvePoint", "FieldGain", "ListGain", "LookGain", "Proof", "curve_of"]

CURVE = (10, 25, 50, 100, 200)
DRAWS = 3
MOST_TESTED = 100  # documents of one draw of the learning curve
# Of receipts of one company 90 % of pairs share this much, of other pairs 2 %; of orders of other advertisers 4 %.
SAME_LOOK = 0.5  # of the words beside the values of two documents
LEAST_TESTED = 10  # documents behind a point of the learning curve
ANSWERED = 0.9  # of the labelled documents: what a run must have answered to say how often the model is wrong
NEVER = -1.0  # the score of a document that the ranker leaves to the model
LEAST_FAMILIES = 3  # behind a gain in a list: the interval of fewer says nothing

Interval = tuple[float, float, float]
"""A mean, and the bounds of its 95 % interval."""
CurvePoint = tuple[int, float, float | None]
"""A number of labelled documents, the share right by the ranker alone, and by both."""


@dataclass(frozen=True)
class FieldGain:
    """Right values of one field among the labelled documents: by model, ranker alone, and both. None: not known.

    Of a list (``lines``) these are whole records, an empty list counts as one; the values of records that the gold does
    not have are in no count.
    """

    field: str
    total: int
    model: int | None
    ranker: int
    both: int | None


@dataclass(frozen=True)
class LookGain:
    """Right values in the documents whose look was labelled (``known``) or was not: by model, ranker alone, and both.

    None where there is no run.
    """

    known: bool
    documents: int
    total: int
    model: int | None
    ranker: int
    both: int | None


@dataclass(frozen=True)
class ListGain:
    """What the ranker brings to a list beside the model: the paired difference in the share of right values.

    A value of a record that the gold does not have counts as a wrong one. ``used`` is False if the labels show no gain:
    then the records stay as the model wrote them.
    """

    name: str
    gain: Interval
    used: bool

    def __str__(self) -> str:
        middle, low, high = (100 * each for each in self.gain)
        shown = f"{middle:+.1f} points [{low:+.1f}, {high:+.1f}] right against the model alone"
        if self.used:
            return f"Records of {self.name}: {shown}."
        return f"Records of {self.name} stay as the model writes them: these labels show no gain, {shown}."


@dataclass(frozen=True)
class Proof:
    """The answers to labelled documents by models that have not seen them.

    By the sha256 of their text, ``results`` are the model's answers and ``sources`` the documents with their gold.
    """

    task: ExtractTask
    ranker: Ranker
    documents: Sequence[Labelled]
    results: Mapping[str, Result]
    sources: Mapping[str, tuple[Document, GoldLine]]
    compare: Compare = "words"

    @cached_property
    def outcomes(self) -> list[tuple[Labelled, list[FieldOutcome]]]:
        """The outcomes of each document, with the model's answers where there are any."""
        return [
            (each, list(outcomes_of(self.ranker, self.task, each, self.results.get(each.text))))
            for each in self.documents
        ]

    @property
    def _answered(self) -> list[tuple[Labelled, list[FieldOutcome]]]:
        return [(each, found) for each, found in self.outcomes if each.text in self.results]

    def fields(self) -> list[FieldGain]:
        """The right values by field."""
        by: dict[str, list[FieldOutcome]] = {}
        for _, found in self.outcomes:
            for each in found:
                by.setdefault(each.path, []).append(each)
        return [FieldGain(path, *_counted(found)) for path, found in sorted(by.items())]

    def looks(self) -> list[LookGain]:
        """The right values by whether the models that answered a document had seen one of its look."""
        rows = []
        for known in (True, False):
            mine = [
                (each, found)
                for each, found in (self._answered if self.results else self.outcomes)
                if self._look_is_known(each) == known
            ]
            counted = _counted([each for _, found in mine for each in found if not each.summary])
            rows.append(LookGain(known, len(mine), *counted))
        return rows

    def _look_is_known(self, document: Labelled) -> bool:
        """True if a labelled document outside its fold has mostly the same words beside the values."""
        fold = self.ranker.folds.get(document.text)
        others = (each.said for each in self.documents if self.ranker.folds.get(each.text) != fold)
        return any(len(document.said & said) >= SAME_LOOK * len(document.said | said) for said in others)

    def gain(self) -> Interval | None:
        """The paired difference in mean field accuracy, both against the model alone; None without a run."""
        return self._gain(self.task.flat)

    @property
    def chance(self) -> float:
        """How often signs at random give families as much of a gain; 1 without a run."""
        differences, families = self._differences(self.task.flat)
        return sign_flip(differences, families) if differences else 1.0

    def with_lists_that_gain(self) -> tuple[Ranker, list[ListGain]]:
        """The ranker without the lists for which the labels show no gain, and what it brings to each."""
        shown = []
        many = len({document.family for document, _ in self._answered}) >= LEAST_FAMILIES
        for name in self.ranker.lists:
            if (gain := self._gain([name])) is not None:
                shown.append(ListGain(name, gain, many and gain[1] > 0))
        kept = {each.name: self.ranker.lists[each.name] for each in shown if each.used}
        return replace(self.ranker, lists=kept), shown

    def _gain(self, flat: Iterable[str]) -> Interval | None:
        """The paired difference over some fields of the task; a field of a list counts as one field of its document."""
        differences, families = self._differences(flat)
        if not differences:
            return None
        low, high = bootstrap_ratio(differences, [1.0] * len(differences), families)
        return float(np.mean(differences)), low, high

    def _differences(self, flat: Iterable[str]) -> tuple[list[float], list[str]]:
        """The gain in each answered document, and its family."""
        differences, families, of = [], [], set(flat)
        for document, found in self._answered:
            mine = [each for each in found if not each.summary and _flat(self.task, each.path) in of]
            if mine:
                differences.append(float(np.mean([each.share(BOTH) - each.share(MODEL) for each in mine])))
                families.append(document.family)
        return differences, families

    def model_error(self, confidence: float) -> float | None:
        """The upper bound on the share of documents in which the model has a wrong value.

        None without a run, or with one that leaves out many of the labelled documents: the fewer the model answered,
        the less is known of it, and the more would be allowed to the ranker.
        """
        if len(self._answered) < ANSWERED * len(self.documents):
            return None
        wrong = [not all(each.whole[MODEL] for each in found) for _, found in self._answered]
        families = [document.family for document, _ in self._answered]
        return Proportion.of(wrong, families, confidence).bound("upper", confidence) if wrong else None

    def judged_alone(self, each: Labelled) -> tuple[float, bool | None]:
        """The least probability of the ranker's own answer to a document, and whether it is wholly right.

        None if the gold does not state every value, and none of those stated is wrong.
        """
        document, gold = self.sources[each.text]
        answer, least = self.ranker.checked(self.task, document) or (None, NEVER)
        if answer is None:
            return least, False if states_all(self.task, gold) else None
        result = Result(
            document=DocumentFacts(id=gold.document), status="done", values=answer.values, fields=answer.fields
        )
        items = list(items_of(self.task, result, gold, each.family, self.compare))
        return least, wholly_right(self.task, items, gold)

    def sureness(self, target: float | None, confidence: float) -> Sureness | None:
        """From which probability on the ranker may answer alone; None if the gold allows it nowhere.

        It is asked as a cascade asks it, and judged as an evaluation judges. A document of which the gold states not
        every value counts only if one of those stated is wrong.
        """
        if target is None or not self.ranker.knows_all(self.task):
            return None
        scores, wrong, families = [], [], []
        for each in self.documents:
            least, right = self.judged_alone(each)
            if right is not None:
                scores.append(least)
                wrong.append(not right)
                families.append(each.family)
        found_at = choose_threshold(np.array(scores), np.array(wrong, bool), families, target, confidence)
        return (
            None
            if found_at is None
            else Sureness(found_at.at, found_at.items, found_at.accepted, found_at.errors, found_at.bound, target)
        )


def _flat(task: ExtractTask, path: str) -> str:
    """The field of the task that a path belongs to: its list for a field of a list."""
    name = path.partition(".")[0]
    return name if isinstance(task.fields.get(name), ListField) else path


def _counted(found: Sequence[FieldOutcome]) -> tuple[int, int | None, int, int | None]:
    """How many values there are, and how many are right by model, ranker and both; of all that the model answered."""
    paired = [each for each in found if len(each.right) > MODEL]
    shown = paired or found
    model, both = (sum(each.right[side] for each in paired) if paired else None for side in (MODEL, BOTH))
    return sum(each.stated for each in shown), model, sum(each.right[ALONE] for each in shown), both


def curve_of(
    task: ExtractTask, ranker: Ranker, documents: Sequence[Labelled], results: Mapping[str, Result]
) -> list[CurvePoint]:
    """What the ranker would get right from fewer labels: means over draws, tested on families that it has not seen."""
    points: list[CurvePoint] = []
    for size in (size for size in CURVE if size + LEAST_TESTED <= len(documents)):
        shares: dict[int, list[float]] = {ALONE: [], BOTH: []}
        for seed in range(DRAWS):
            names = sorted({each.family for each in documents})
            order = {
                names[place]: rank for rank, place in enumerate(np.random.default_rng(seed).permutation(len(names)))
            }
            drawn = sorted(documents, key=lambda each: (order[each.family], each.text))
            inside = drawn[:size]
            seen = {each.family for each in inside}
            answered = [each for each in drawn[size:] if not results or each.text in results]
            tested = [each for each in answered if each.family not in seen][-MOST_TESTED:]
            smaller = replace(fit_ranker(task, inside, {}, folds=False), mixture=ranker.mixture, lists=ranker.lists)
            for document in tested:
                for each in outcomes_of(smaller, task, document, results.get(document.text)):
                    if not each.summary:
                        for side in range(0, len(each.right), BOTH):
                            shares[side].append(each.share(side))
        if shares[ALONE]:
            both = float(np.mean(shares[BOTH])) if shares[BOTH] else None
            points.append((size, float(np.mean(shares[ALONE])), both))
    return points
