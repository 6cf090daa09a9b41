"""Confirm the verdict of a pilot: work it out again from answers and gold, and compare everything that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..evaluation.calibrator import read_calibrator
from ..evaluation.evaluator import run_results
from ..extras import need
from ..gold.file import GoldFile
from ..gold.split import SplitFile
from ..runs import RunFolder
from .digests import VerdictBasis, digests_of
from .look import Look
from .outcome import sentence_of, share_of
from .record import PilotRecord
from .setup import load_setup
from .terms import known_terms

__all__ = ["ConfirmedVerdict", "confirm"]


@dataclass(frozen=True)
class ConfirmedVerdict:
    """A verdict that was worked out again from answers and gold; ``looks`` counts the openings of the test part.

    ``loose_looks`` are those on record that no later line holds fast: an earlier version wrote them without a chain.
    """

    word: str
    sentence: str
    bar: str
    looks: int
    loose_looks: int


def confirm(folder: Path, record: PilotRecord) -> ConfirmedVerdict:
    """Work out the verdict of the pilot in ``folder`` again.

    Raises InputError if anything that it rests on has changed, if pilot.json states another verdict, or if the record
    of openings does not hold the look that it took.
    """
    need("evaluation", "scipy")
    setup = load_setup(folder)
    gold_file = GoldFile(folder / setup.spec.gold)
    file = SplitFile(gold_file.path)
    split, openings = file.read(), file.openings()
    if split is None:
        raise _no_longer_holds(folder, ["split"])
    run_folder = RunFolder.open(folder / "runs" / record.chosen)
    run_folder.lock()  # raises if somebody edited it
    run = run_results(run_folder)
    calibrator = read_calibrator(folder / "calibrator.json") if "calibrator" in record.digests else None
    basis = VerdictBasis(setup, gold_file.latest(), split, record.chosen, run.lock, run.results, calibrator)
    found, stated = digests_of(basis), record.digests
    changed = [name for name in {**stated, **found} if stated.get(name) != found.get(name)]
    if list(record.terms) != known_terms(folder)[: len(record.terms)]:
        changed.append("the record of the terms")
    if list(record.test_openings) != openings[: len(record.test_openings)] or not Look.at(basis).on_record(openings):
        changed.append("the record of openings")
    if changed:
        raise _no_longer_holds(folder, changed)
    evaluation = basis.evaluation()
    verdict, bar = basis.verdict(evaluation), setup.spec.bar
    if verdict.word != record.verdict:
        raise _no_longer_holds(folder, [f"the verdict in pilot.json: it is {verdict.word}, not {record.verdict}"])
    sentence = sentence_of(verdict, record.chosen, share_of(evaluation, bar.unit), bar.unit)
    return ConfirmedVerdict(
        verdict.word, sentence, str(bar), len(openings), sum("before" not in opening for opening in openings)
    )


def _no_longer_holds(folder: Path, changed: list[str]) -> InputError:
    return InputError(
        f"The verdict no longer holds; changed since: {', '.join(changed)}.",
        f"Undo the change, or run the pilot again: ringfence pilot run {folder}",
    )
