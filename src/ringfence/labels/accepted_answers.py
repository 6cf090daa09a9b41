"""Training labels from a run: its answers that a person, a calibrator, the checks or nobody accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..contracts import AcceptedBy, GoldLine, Result, TrainingLabel
from ..errors import InputError
from ..gold.corrections import corrected_run
from ..gold.file import GoldFile
from ..gold.source import GoldSource
from ..gold.split import key_in
from ..runs import TRAINING_LABELS, RunFolder, note_product
from ..runs.doubts import doubts_about, required_paths
from ..tasks import task_from
from ..tasks.extract.assignment import CHOSEN_BY_CHECK
from .held_out import HeldOut
from .training_labels import add_labels

__all__ = ["TakeTerms", "TakenLabels", "take_labels"]

Judge = Callable[[Result], Mapping[str, Any] | str]
"""What a label says of an accepted answer, or in words why the answer is left out."""


@dataclass(frozen=True)
class TakeTerms:
    """Who accepted the answers, and what is left out.

    Documents of the dev and test parts of ``gold`` are left out, and so are near-duplicates of them and documents with
    the same key, if the gold was split by one. The gold's documents are looked for in the run, and among ``documents``
    (files, folders or globs). ``corrections`` holds what persons confirmed, by default the gold.
    """

    accepted_by: AcceptedBy
    gold: Path | None = None
    corrections: Path | None = None
    documents: tuple[str, ...] = ()
    passwords: tuple[str, ...] = ()


@dataclass(frozen=True)
class TakenLabels:
    """How many accepted answers there are by origin, how many of them are new, and why others were left out.

    ``held_out`` counts the documents that the gold holds out. ``unread`` are those that the run does not have, so that
    likeness to them is not known.
    """

    added: int
    origins: Mapping[str, int]
    left_out: Mapping[str, int]
    held_out: int = 0
    unread: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"schema": 1, **vars(self)}


def take_labels(folder: RunFolder, out: Path, terms: TakeTerms) -> TakenLabels:
    """Add answers of a run to a file of training labels; its last line of a document counts.

    Raises InputError if nobody could have accepted an answer: no calibrator decided the run, its task has no checks,
    or there are no corrections. A file that holds something else, such as gold, is refused.
    """
    facts = folder.read_facts()
    judge = _JUDGES[terms.accepted_by](folder, terms)
    made = {"accepted_by": terms.accepted_by, "run": str(folder.path.resolve()), "weights": facts.weights}
    labels: dict[str, TrainingLabel] = {}
    left_out: Counter[str] = Counter()
    held = HeldOut.of(terms.gold, GoldSource(folder.path, passwords=terms.passwords))
    if terms.documents:
        held = held.over(HeldOut.of(terms.gold, GoldSource(None, None, terms.documents, terms.passwords)))
    for result in folder.latest():
        said = judge(result) if result.answered and result.values else "without an answer"
        if result.document.id in held.parts:
            said = "in the dev or test part of the gold"
        if isinstance(said, str):
            left_out[said] += 1
            continue
        about = {"document": result.document.id, "sha256": result.document.sha256, "lock": result.lock or ""}
        label = TrainingLabel(**{"values": result.values, **about, **made, **said})
        family = key_in({**(result.values or {}), **label.values}, held.key)
        label = label.model_copy(update={"family": family})
        if held.holds_family_of(label):
            left_out["of a family that those parts hold"] += 1
            continue
        labels[label.document] = label
    for twin in _twins(folder, held, labels, terms):
        del labels[twin]
        left_out["nearly the same as a document of those parts"] += 1
    origins = Counter[str](label.origin for label in labels.values())
    added, weaker = add_labels(out, labels.values()) if labels else (0, [])
    if weaker:
        left_out["with a label that counts more"] += len(weaker)
    if labels:
        note_product(folder, TRAINING_LABELS, out)
    return TakenLabels(added, dict(origins), dict(left_out), len(held.parts), held.unread)


def _twins(folder: RunFolder, held: HeldOut, labels: Mapping[str, TrainingLabel], terms: TakeTerms) -> list[str]:
    if not held.texts:
        return []
    documents = GoldSource(folder.path, passwords=terms.passwords).read_documents(labels)
    return list(held.twins({identity: document.text for identity, document in documents.items()}))


def _by_person(folder: RunFolder, terms: TakeTerms) -> Judge:
    path = terms.corrections or terms.gold
    if path is None:
        raise InputError("Nothing says what a person confirmed.", "Give the corrections: --corrections gold.jsonl.")
    corrections, lines = corrected_run(folder, path).corrections, GoldFile(path).latest()

    def judge(result: Result) -> Mapping[str, Any] | str:
        correction = corrections.get(result.document.id)
        if correction is None or not correction.values:
            return "that no person confirmed"
        line: GoldLine = lines[result.document.id]
        return {
            "values": {name: line.values[name] for name in correction.values},
            "origin": "corrected" if correction.former else "accepted",
            "by": line.by, "at": line.at, "note": line.note, "old": dict(correction.former) or None,
        }  # fmt: skip

    return judge


def _by_calibrator(folder: RunFolder, terms: TakeTerms) -> Judge:
    calibrator = folder.lock().facts.calibrator
    if not calibrator:
        raise InputError(
            f"No calibrator decided the run in {folder.path}.",
            "Decide it first: ringfence decide RUN --calibrator calibrator.json --out DECIDED.",
        )

    def judge(result: Result) -> Mapping[str, Any] | str:
        if result.decision == "accept":
            return {"origin": "accepted", "calibrator": calibrator}
        # What is drawn for a spot-check is to prove the calibrator, and becomes gold.
        return "drawn for a spot-check" if result.decision == "spot-check" else "that the calibrator did not accept"

    return judge


def _by_checks(folder: RunFolder, terms: TakeTerms) -> Judge:
    required = required_paths(task_from(folder.read_facts().task).columns())
    if not any(result.checks for result in folder.latest()):
        raise InputError(
            f"The task of {folder.path} has no checks, so none accepted an answer.",
            "Add checks to the task and run it again, or take what a calibrator accepted.",
        )

    def judge(result: Result) -> Mapping[str, Any] | str:
        if "holds" not in (result.checks or {}).values():
            return "of which no check holds"
        return (
            "in doubt (a broken check, a flag, a gap)"
            if any(doubts_about(result, required))
            # The search made the check hold, so that it holds is no evidence for what it chose.
            else "with a value that a check chose"
            if any(answer.chosen_by == CHOSEN_BY_CHECK for answer in (result.fields or {}).values())
            else {"origin": "accepted"}
        )

    return judge


def _by_nobody(folder: RunFolder, terms: TakeTerms) -> Judge:
    return lambda result: {"origin": "synthetic"}


_JUDGES: Mapping[AcceptedBy, Callable[[RunFolder, TakeTerms], Judge]] = {
    "person": _by_person,
    "calibrator": _by_calibrator,
    "checks": _by_checks,
    "nobody": _by_nobody,
}
