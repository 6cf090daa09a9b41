"""Learn a ranker from gold, and show what it brings on documents that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

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
from ..learning import Labelled, Ranker, RankerCard, fit_ranker, label
from ..runs import RunFolder
from ..tasks import ExtractTask
from .evaluator import gold_part, run_results
from .learned_proof import CurvePoint, FieldGain, ListGain, LookGain, Proof, curve_of

__all__ = ["FieldGain", "LearnTerms", "LearnedRanker", "ListGain", "LookGain", "learn"]

LEAST = 6  # labelled documents
TELLING = 6  # families: with fewer, signs at random give any gain in more than one of twenty cases
CHANCE = 0.05


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
class LearnedRanker:
    """A ranker with what it brings on documents that it has not seen.

    ``gain`` is the paired difference in mean field accuracy, both against the model alone, with its 95 % interval; None
    without a run; ``chance`` is how often signs at random give as much, ``answered`` the documents and families behind
    it. ``curve`` holds (labelled documents, share right by the ranker, share right by both). ``unread`` are
    labelled documents that could not be read; ``target`` is the error that was allowed to a cascade, if one was given.
    """

    task: str
    ranker: Ranker
    fields: Sequence[FieldGain]
    looks: Sequence[LookGain]
    gain: tuple[float, float, float] | None
    chance: float
    answered: tuple[int, int]
    curve: Sequence[CurvePoint]
    model_error: float | None
    unread: Sequence[str]
    lists: Sequence[ListGain] = ()
    target: float | None = None

    @property
    def verdict(self) -> str:
        """What the gold shows, as a sentence."""
        if self.gain is None:
            return "There is no run, so nothing is known of it beside the language model. Give --run RUN."
        middle, low, high = self.gain
        shown = f"{100 * middle:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}] right against the model alone"
        shown += f" on {self.answered[0]} documents of {self.answered[1]} families"
        if self.too_few:
            return f"Too few labelled documents to say what the ranker brings: {shown}."
        if self.brings:
            return f"Ranker and model together: {shown}."
        if high < 0 and self.chance <= CHANCE:
            return f"The ranker does harm here: {shown}. Do not use it."
        return f"The ranker brings nothing here that these labels show: {shown}."

    @property
    def too_few(self) -> bool:
        """True if so few families were answered that no gain could be told from chance."""
        return self.answered[1] < TELLING

    @property
    def brings(self) -> bool:
        """True if a gain is shown: its interval leaves out zero, and chance seldom gives as much."""
        return self.gain is not None and not self.too_few and self.gain[1] > 0 and self.chance <= CHANCE

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
            "chance": self.chance,
            "answered": list(self.answered),
            "verdict": self.verdict,
            "curve": [list(point) for point in self.curve],
            "mixture": vars(self.ranker.mixture),
            "model_error": self.model_error,
            "sureness": vars(self.ranker.sureness) if self.ranker.sureness else None,
            "unread": list(self.unread),
            "lists": [vars(each) for each in self.lists],
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
    pairs = near_duplicates({name: each.text for name, each in documents.items()})
    families = families_of(documents, pairs, keys, split.families if split else {})
    if len(set(families.values())) < 2:
        raise InputError(
            "All labelled documents are of one family (nearly the same text, or the same key).",
            "Label others too: what a ranker brings shows only on documents unlike those that it learned from.",
        )
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
    sources = {labelled[name].text: (documents[name], lines[name]) for name in labelled}
    proof = Proof(task, ranker, every, by_text, sources, terms.compare)
    ranker, lists = proof.with_lists_that_gain()
    proof = replace(proof, ranker=ranker)
    error = proof.model_error(terms.confidence)
    target = terms.target_error if terms.target_error is not None else error
    ranker = replace(ranker, sureness=proof.sureness(target, terms.confidence))
    curve = curve_of(task, ranker, every, by_text) if terms.curve else []
    shown, answered = (
        (proof.gain(), proof.chance),
        (len(by_text), len({each.family for each in every if each.text in by_text})),
    )
    return LearnedRanker(
        task.name,
        ranker,
        proof.fields(),
        proof.looks(),
        *shown,
        answered,
        curve,
        error,
        unread,
        lists,
        terms.target_error,
    )


def _documents(source: GoldSource, runs: Sequence[Path], lines: Mapping[str, GoldLine]) -> dict[str, Document]:
    found = source.read_documents(lines)
    for run in runs:
        missing = set(lines) - set(found)
        if missing and run != source.run:
            found |= replace(source, run=run, inputs=()).read_documents(missing)
    return found


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
        if not of_run.asks_as(task):
            raise InputError(f"The run in {path} answers another task.", "Give runs of the task that you learn for.")
        if folder.lock().facts.ranker:
            raise InputError(f"The run in {path} used a ranker.", "Learn from a run without --ranker.")
        locks.append(lock)
        labelled = {name: result for name, result in results.items() if result.answered and name in documents}
        same = {name: each for name, each in labelled.items() if documents[name].sha256 == each.document.sha256}
        if not same:
            changed = f"; {len(labelled)} files were changed since" if labelled else ""
            raise InputError(
                f"The run in {path} answers none of the labelled documents as they are now{changed}.",
                "Run them again, or give a run that answers them.",
            )
        for name, result in same.items():
            found.setdefault(name, result)
    return found, locks
