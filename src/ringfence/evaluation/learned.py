"""Learn a ranker from gold, and show what it brings on documents that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..clock import now
from ..contracts import GoldLine, Result
from ..documents import Document
from ..errors import InputError
from ..extras import need
from ..gold.agreement import Compare
from ..gold.file import GoldFile, gold_digest
from ..gold.near_duplicates import families_of, near_duplicates
from ..gold.source import GoldSource
from ..gold.split import SplitFile, key_of
from ..learning import Labelled, Mixture, Ranker, RankerCard, Sureness, ValueTable, fit_ranker, label, tables_of
from ..runs import RunFolder
from ..tasks import ExtractTask
from .calibration import choose_threshold
from .evaluator import gold_part, run_results, same_answers
from .statistics import bootstrap_ratio, exact_bound

__all__ = ["FieldGain", "LearnTerms", "LearnedRanker", "LookGain", "learn"]

CURVE = (10, 25, 50, 100, 200)
DRAWS = 3
MOST_TESTED = 100  # documents of one draw of the learning curve
# Of receipts of one company 90 % of pairs share this much, of other pairs 2 %; of orders of other advertisers 4 %.
SAME_LOOK = 0.5  # of the words beside the values of two documents
LEAST = 6  # labelled documents
LEAST_TESTED = 10  # documents behind a point of the learning curve


@dataclass(frozen=True)
class LearnTerms:
    """How to learn: the part of split gold, how text is compared, and what a cascade may cost.

    ``target_error`` is the most documents with a wrong value among those that the ranker answers alone; None takes the
    language model's own on the same gold. ``key`` is a field whose equal values count as one family.
    """

    part: str | None = None
    compare: Compare = "words"
    target_error: float | None = None
    confidence: float = 0.95
    key: str | None = None
    curve: bool = True


@dataclass(frozen=True)
class FieldGain:
    """Right values of one field among the labelled documents: by model, ranker alone, and both. None: not known."""

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
class LearnedRanker:
    """A ranker with what it brings on documents that it has not seen.

    ``gain`` is the paired difference in mean field accuracy, both against the model alone, with its 95 % interval; None
    without a run. ``curve`` holds (labelled documents, share right by the ranker, share right by both). ``unread`` are
    labelled documents that could not be read.
    """

    task: str
    ranker: Ranker
    fields: Sequence[FieldGain]
    looks: Sequence[LookGain]
    gain: tuple[float, float, float] | None
    curve: Sequence[tuple[int, float, float | None]]
    model_error: float | None
    unread: Sequence[str]

    @property
    def verdict(self) -> str:
        """What the gold shows, as a sentence."""
        if self.gain is None:
            return "There is no run, so nothing is known of it beside the language model. Give --run RUN."
        middle, low, high = self.gain
        shown = f"{100 * middle:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}] right against the model alone"
        if low > 0:
            return f"Ranker and model together: {shown}."
        if high < 0:
            return f"The ranker does harm here: {shown}. Do not use it."
        return f"The ranker brings nothing here that these labels show: {shown}."

    def as_json(self) -> dict[str, Any]:
        """Every figure as plain data."""
        return {
            "schema": 1,
            "digest": self.ranker.digest,
            "documents": self.ranker.card.documents,
            "families": self.ranker.card.families,
            "fields": [vars(each) for each in self.fields],
            "looks": [vars(each) for each in self.looks],
            "gain": self.gain,
            "verdict": self.verdict,
            "curve": [list(point) for point in self.curve],
            "mixture": vars(self.ranker.mixture),
            "model_error": self.model_error,
            "sureness": vars(self.ranker.sureness) if self.ranker.sureness else None,
            "unread": list(self.unread),
        }


def learn(gold: Path, source: GoldSource, runs: Sequence[Path] = (), terms: LearnTerms | None = None) -> LearnedRanker:
    """Fit a ranker on gold. Its documents come from ``source``, or from the first of ``runs``.

    ``runs`` hold the language model's answers to the same task. Raises InputError if the task is no extract task, if
    a run used a ranker or answers another task, or if too few labelled documents can be read.
    """
    need("evaluation", "scipy", "sklearn")
    terms = terms or LearnTerms()
    if not source.has_documents and runs:
        source = replace(source, run=runs[0])
    loaded = source.load_task()
    if not loaded.weighs_values:
        raise InputError(f"A {loaded.kind} task has no values to rank.", "Learn for an extract task.")
    task = cast(ExtractTask, loaded)
    part = terms.part or ("calibration" if SplitFile(gold).path.exists() else None)
    lines, split = gold_part(GoldFile(gold), part, "learn", "", task)
    documents = _documents(source, runs, lines)
    unread = sorted(set(lines) - set(documents))
    if len(documents) < LEAST:
        raise InputError(
            f"Only {len(documents)} of {len(lines)} labelled documents can be read; a ranker takes at least {LEAST}.",
            "Label more, or name where the documents lie: --run RUN or --documents FOLDER.",
        )
    keys = {name: key_of(lines[name], task, terms.key) for name in documents} if terms.key else {}
    families = split.families if split and not terms.key else _families(documents, keys)
    labelled = _labelled(task, documents, lines, families, terms.compare)
    results, locks = _results(task, runs, documents)
    by_text = {labelled[name].text: result for name, result in results.items() if name in labelled}
    every = [labelled[name] for name in sorted(labelled)]
    card = RankerCard(gold_digest(lines), len(every), len({each.family for each in every}), tuple(locks), now())
    ranker = fit_ranker(task, every, by_text, card)
    if not ranker.models[0]:
        raise InputError(
            "No value of the gold stands in its document, so there is nothing to learn from.",
            "Check the gold: ringfence gold check --run RUN.",
        )
    proof = _Proof(ranker, every, by_text)
    error = proof.model_error(terms.confidence)
    ranker = replace(ranker, sureness=proof.sureness(task, terms, error))
    curve = _curve(task, every, by_text, ranker.mixture) if terms.curve else []
    return LearnedRanker(task.name, ranker, proof.fields(), proof.looks(), proof.gain(), curve, error, unread)


def _documents(source: GoldSource, runs: Sequence[Path], lines: Mapping[str, GoldLine]) -> dict[str, Document]:
    found = source.read_documents(lines)
    for run in runs:
        missing = set(lines) - set(found)
        if missing and run != source.run:
            found |= replace(source, run=run, inputs=()).read_documents(missing)
    return found


def _families(documents: Mapping[str, Document], keys: Mapping[str, str | None]) -> dict[str, str]:
    return families_of(documents, near_duplicates({name: each.text for name, each in documents.items()}), keys)


def _labelled(
    task: ExtractTask,
    documents: Mapping[str, Document],
    lines: Mapping[str, GoldLine],
    families: Mapping[str, str],
    compare: Compare,
) -> dict[str, Labelled]:
    found = {}
    for name, document in documents.items():
        try:
            found[name] = label(task, document, lines[name], families.get(name, name), compare)
        except ValueError as error:
            raise InputError(f"{name}: {error}.", "Simplify the pattern, or leave the document out.") from None
    return found


def _results(
    task: ExtractTask, runs: Sequence[Path], documents: Mapping[str, Document]
) -> tuple[dict[str, Result], list[str]]:
    """The language model's answers, by document, and the locks behind them."""
    found: dict[str, Result] = {}
    locks = []
    for path in runs:
        folder = RunFolder.open(path)
        of_run, results, lock = run_results(folder)
        if not same_answers(of_run, task):
            raise InputError(f"The run in {path} answers another task.", "Give runs of the task that you learn for.")
        if folder.lock().facts.ranker:
            raise InputError(f"The run in {path} used a ranker.", "Learn from a run without --ranker.")
        locks.append(lock)
        for name, result in results.items():
            known = documents.get(name)
            if result.answered and known is not None and known.sha256 == result.document.sha256:
                found.setdefault(name, result)
    return found, locks


@dataclass(frozen=True)
class _Proof:
    """The answers to labelled documents by models that have not seen them."""

    ranker: Ranker
    documents: Sequence[Labelled]
    results: Mapping[str, Result]

    @cached_property
    def tables(self) -> list[tuple[Labelled, list[ValueTable]]]:
        """The tables of each document, with the model's answers where there are any."""
        return [(each, list(tables_of(self.ranker, each, self.results.get(each.text)))) for each in self.documents]

    def fields(self) -> list[FieldGain]:
        """The right values by field."""
        rows: dict[str, list[list[bool]]] = {}
        for each, tables in self.tables:
            for table in tables:
                rows.setdefault(table.path, []).append(self._right(each, table))
        return [FieldGain(path, *_counted(found)) for path, found in sorted(rows.items())]

    def looks(self) -> list[LookGain]:
        """The right values by whether the models that answered a document had seen one of its look."""
        found = []
        for known in (True, False):
            mine = [(each, tables) for each, tables in self.tables if self._look_is_known(each) == known]
            if self.results:
                mine = [(each, tables) for each, tables in mine if each.text in self.results]
            rows = [self._right(each, table) for each, tables in mine for table in tables]
            found.append(LookGain(known, len(mine), *_counted(rows)))
        return found

    def _right(self, each: Labelled, table: ValueTable) -> list[bool]:
        """Whether the ranker alone is right; with the model's answer also whether the model and both are."""
        alone = table.choice(Mixture())[0]
        if each.text not in self.results:
            return [alone]
        return [alone, table.model_right, table.choice(self.ranker.mixture)[0]]

    def _look_is_known(self, document: Labelled) -> bool:
        """True if a labelled document outside its fold has mostly the same words beside the values."""
        fold = self.ranker.folds.get(document.text)
        others = (each.said for each in self.documents if self.ranker.folds.get(each.text) != fold)
        return any(len(document.said & said) >= SAME_LOOK * len(document.said | said) for said in others)

    def gain(self) -> tuple[float, float, float] | None:
        differences, families = [], []
        for each, tables in self.tables:
            if tables and each.text in self.results:
                model = np.mean([table.model_right for table in tables])
                both = np.mean([table.choice(self.ranker.mixture)[0] for table in tables])
                differences.append(float(both - model))
                families.append(each.family)
        if not differences:
            return None
        low, high = bootstrap_ratio(differences, [1.0] * len(differences), families)
        return float(np.mean(differences)), low, high

    def model_error(self, confidence: float) -> float | None:
        """The upper bound on the share of documents in which the model has a wrong value; None without a run."""
        wrong = [
            not all(table.model_right for table in tables) for each, tables in self.tables if each.text in self.results
        ]
        return exact_bound(sum(wrong), len(wrong), "upper", confidence) if wrong else None

    def sureness(self, task: ExtractTask, terms: LearnTerms, model_error: float | None) -> Sureness | None:
        """From which probability on the ranker may answer alone; None if the gold allows it nowhere."""
        target = terms.target_error if terms.target_error is not None else model_error
        if target is None or set(task.flat) - set(self.ranker.models[0]):
            return None
        scores, wrong, families = [], [], []
        for each in self.documents:
            choices = [table.choice(Mixture()) for table in tables_of(self.ranker, each, None)]
            if len(choices) < len(task.flat):
                continue  # the gold does not state every field
            scores.append(round(min(probability for _, probability in choices), 6))
            wrong.append(not all(right for right, _ in choices))
            families.append(each.family)
        found = choose_threshold(np.array(scores), np.array(wrong, bool), families, target, terms.confidence)
        return (
            None
            if found is None
            else Sureness(found.at, found.items, found.accepted, found.errors, found.bound, target)
        )


def _counted(rows: Sequence[Sequence[bool]]) -> tuple[int, int | None, int, int | None]:
    """How many values there are, and how many are right by model, ranker and both; of all that the model answered."""
    paired = [row for row in rows if len(row) == 3]
    shown = paired or rows
    model, both = (sum(row[place] for row in paired) if paired else None for place in (1, 2))
    return len(shown), model, sum(row[0] for row in shown), both


def _curve(
    task: ExtractTask, documents: Sequence[Labelled], results: Mapping[str, Result], mixture: Mixture
) -> list[tuple[int, float, float | None]]:
    """What the ranker would get right from fewer labels: means over draws, tested on families that it has not seen."""
    points = []
    for size in (size for size in CURVE if size + LEAST_TESTED <= len(documents)):
        alone: list[float] = []
        both: list[float] = []
        for seed in range(DRAWS):
            names = sorted({each.family for each in documents})
            order = {
                names[place]: rank for rank, place in enumerate(np.random.default_rng(seed).permutation(len(names)))
            }
            drawn = sorted(documents, key=lambda each: (order[each.family], each.text))
            inside = drawn[:size]
            seen = {each.family for each in inside}
            tested = [each for each in drawn[size:] if each.family not in seen][-MOST_TESTED:]
            ranker = fit_ranker(task, inside, {}, folds=False)
            for each in tested:
                for table in tables_of(ranker, each, results.get(each.text)):
                    alone.append(table.choice(Mixture())[0])
                    if each.text in results:
                        both.append(table.choice(mixture)[0])
        if alone:
            points.append((size, float(np.mean(alone)), float(np.mean(both)) if both else None))
    return points
