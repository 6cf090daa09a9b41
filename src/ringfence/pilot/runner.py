"""A pilot from pilot.yaml to its outcome: run every contender, choose on dev, look at test once, calibrate, cost."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..clock import now
from ..contracts import GoldLine, RunFacts
from ..documents import ReadingOptions
from ..errors import InputError
from ..evaluation import Proportion
from ..evaluation.calibrator import Calibrator, read_calibrator
from ..evaluation.comparison import Comparison, compare_items
from ..evaluation.evaluator import evaluate, gold_slices, items_of_results, run_results, slices_of
from ..evaluation.items import NORMALISATION, Item
from ..files import write_whole
from ..gold.split import SplitFile
from ..runs import RunFolder
from ..tasks import kind_of
from ..weights import find_entry
from .acceptance import calibrate_and_accept, costs_of
from .baselines import BaselineData, Embed, write_baselines
from .data import PilotData, read_data
from .digests import VerdictBasis, digests_of
from .findings import Looks, untested, warnings_of, worst_failures
from .look import Look
from .outcome import ContenderOutcome, PilotOutcome, share_of
from .record import read_record
from .setup import load_setup
from .spec import Contender
from .terms import terms_history

__all__ = ["PilotSupport", "RunContender", "licence_of", "run_pilot"]

RunContender = Callable[[Contender, PilotData, Path], None]
"""Runs the documents of a pilot through a contender, into a run folder; resumes an existing run."""


def licence_of(weights: str) -> str | None:
    """The licence of weights in the catalog; None for others."""
    entry = find_entry(weights)
    return entry.licence if entry else None


@dataclass(frozen=True)
class PilotSupport:
    """What a caller may provide to a pilot.

    ``embedder`` opens an embedding model for a baseline, or returns None; ``licence_of`` finds the licence of weights;
    ``say`` receives sentences about progress.
    """

    embedder: Callable[[], Embed | None] = lambda: None
    licence_of: Callable[[str], str | None] = licence_of
    say: Callable[[str], None] = lambda sentence: None


def run_pilot(
    folder: Path, reading: ReadingOptions, run_contender: RunContender, support: PilotSupport | None = None
) -> PilotOutcome:
    """Run a pilot and write pilot.json. It resumes: ``runs/`` keeps finished work.

    The paths in pilot.yaml are relative to the folder, so the working directory is the folder while this runs.
    """
    with contextlib.chdir(folder):
        outcome = _run(reading, run_contender, support or PilotSupport())
        write_whole(Path("pilot.json"), json.dumps(outcome.as_json(), ensure_ascii=False, indent=1) + "\n")
    return outcome


def _run(reading: ReadingOptions, run_contender: RunContender, support: PilotSupport) -> PilotOutcome:
    setup = load_setup(Path())
    spec = setup.spec
    terms = terms_history(setup.folder, spec)
    data = read_data(setup, reading, support.say)
    _require_records(setup.folder, terms, SplitFile(data.gold_file.path).openings())
    for contender in spec.contenders:
        run_contender(contender, data, setup.runs / contender.name)
    found = _contenders_on_dev(data, _baselines(data, support), support)
    chosen = max((one for one in found if not one.baseline), key=lambda one: one.share.share)  # of equals, the first
    results = run_results(RunFolder.open(setup.runs / chosen.name)).results
    basis = VerdictBasis(setup, data.gold, data.split, chosen.name, chosen.lock, results, None)
    openings = _open_test(SplitFile(data.gold_file.path), basis)
    slices = {**slices_of(results.values()), **gold_slices(setup.task, data.gold)}
    test = basis.evaluation(slices)
    acceptance = calibrate_and_accept(data, results, chosen, test.items)
    calibrator = acceptance.calibrator
    if calibrator and not _same_calibrator(setup.folder / "calibrator.json", calibrator):
        calibrator.write(setup.folder / "calibrator.json")
    return PilotOutcome(
        name=spec.name,
        question=spec.question,
        bar=str(spec.bar),
        terms_digest=spec.terms_digest,
        terms=terms,
        contenders=found,
        chosen=chosen.name,
        verdict=basis.verdict(test),
        unit=spec.bar.unit,
        test=test,
        against=_against_baseline(data, chosen, found, test.items, basis.test_gold),
        calibrator=calibrator,
        accepted=acceptance.accepted,
        coverage=acceptance.coverage,
        label_points=_label_points(test.items, spec.bar.unit),
        failures=worst_failures(test.items, acceptance.confidences, results, data),
        costs=costs_of(spec, chosen, acceptance.accepted),
        untested=untested(data, test.items, slices),
        warnings=warnings_of(data, found, chosen, Looks(terms, openings)),
        openings=openings,
        sizes={name: len(data.part(name)) for name in data.split.parts},
        digests=digests_of(replace(basis, calibrator=calibrator)),
        normalisation=NORMALISATION[spec.compare],
        made_at=now(),
        slices=slices,
    )


def _require_records(folder: Path, terms: Sequence[Any], openings: Sequence[Any]) -> None:
    """Raise InputError if a record lacks what the last outcome held: a look or a change of terms was taken away."""
    try:
        last = read_record(folder)
    except InputError:  # damaged; it is written anew
        return
    for name, before, now_there in (
        ("pilot.terms.jsonl", last.terms if last else (), terms),
        ("the record of openings", last.test_openings if last else (), openings),
    ):
        if list(before) != list(now_there[: len(before)]):
            raise InputError(
                f"In {name} something is missing, or other than when pilot.json was written.",
                "Restore it from version control: a verdict counts every look at the test part.",
            )


def _same_calibrator(path: Path, calibrator: Calibrator) -> bool:
    """Whether the file already holds this calibrator. If so, it stays, and the runs that it decided stay valid."""
    try:
        return path.exists() and read_calibrator(path).digest == calibrator.digest
    except InputError:
        return False


def _baselines(data: PilotData, support: PilotSupport) -> list[str]:
    """Fit and write the cheap baselines anew; they take seconds."""
    setup = data.setup
    if not kind_of(setup.task.kind).baselines:
        return []
    for old in setup.runs.glob("baseline-*"):
        shutil.rmtree(old)
    first = RunFolder.open(setup.runs / setup.spec.contenders[0].name).read_facts()
    support.say("Fitting the cheap baselines on the calibration part.")
    known = BaselineData(setup.task, data.documents, data.part("calibration"), setup.pool, support.embedder)
    return write_baselines(known, setup.runs, first)


def _contenders_on_dev(data: PilotData, baselines: Sequence[str], support: PilotSupport) -> list[ContenderOutcome]:
    dev = data.part("dev")
    if not dev:
        dev = data.part("calibration")
        support.say("The dev part is empty; the calibration part decides between contenders.")
    names = [*(contender.name for contender in data.setup.spec.contenders), *baselines]
    return [_on_dev(data, name, dev, support, baseline=name in baselines) for name in names]


def _on_dev(
    data: PilotData, name: str, dev: Mapping[str, GoldLine], support: PilotSupport, baseline: bool
) -> ContenderOutcome:
    folder, spec = RunFolder.open(data.setup.runs / name), data.setup.spec
    task, results, lock = run_results(folder)
    facts = folder.read_facts()
    evaluation = evaluate(task, results, dev, data.split.families, None, spec.compare)
    return ContenderOutcome(
        name=name,
        weights=facts.weights,
        engine=facts.lock.data["engine"]["name"],
        lock=lock,
        baseline=baseline,
        evaluation=evaluation,
        share=share_of(evaluation, spec.bar.unit),
        hourly=None if baseline else _hourly(facts),
        licence=None if baseline else support.licence_of(facts.weights),
        failed=sum(not result.answered for result in results.values()),
    )


def _hourly(facts: RunFacts) -> float | None:
    """Documents an hour, loading included, over the sessions that ended and did something; None if none did."""
    documents, seconds = 0, 0.0
    for session in facts.sessions:
        if not session.ended_at or not session.documents:
            continue
        documents += session.documents
        start, end = (datetime.fromisoformat(moment) for moment in (session.started_at, session.ended_at))
        seconds += (end - start).total_seconds()
    return 3600 * documents / seconds if seconds > 0 else None


def _open_test(file: SplitFile, basis: VerdictBasis) -> list[dict[str, Any]]:
    """Record this look at the test part, and return all looks.

    Looking again at the same answers, with the same gold and terms, does not count as another look.
    """
    look = Look.at(basis)
    if not look.on_record(file.openings()):
        file.opened(look.command, look.lock, look.looked_at, look.answers)
    return file.openings()


def _against_baseline(
    data: PilotData,
    chosen: ContenderOutcome,
    found: Sequence[ContenderOutcome],
    items: Sequence[Item],
    gold: Mapping[str, GoldLine],
) -> Comparison | None:
    """Compare the chosen contender with the baseline that is best on dev, paired on the test part."""
    best = max((one for one in found if one.baseline), key=lambda one: one.share.share, default=None)
    if best is None or not items:
        return None
    setup = data.setup
    results = run_results(RunFolder.open(setup.runs / best.name)).results
    of_baseline = items_of_results(setup.task, results, gold, data.split.families, setup.spec.compare)
    return compare_items({chosen.name: items, best.name: of_baseline})[0]


def _label_points(items: Sequence[Item], unit: str) -> list[tuple[int, float, float, float]]:
    """The share right and its exact bounds over the first n items, in a seeded order of documents."""
    by_document: dict[str, list[Item]] = {}
    for item in items:
        by_document.setdefault(item.document, []).append(item)
    names = sorted(by_document)
    random.Random(0).shuffle(names)
    if unit == "value":
        rows = [(item.right, item.family) for name in names for item in by_document[name]]
    else:
        rows = [(all(item.right for item in by_document[n]), by_document[n][0].family) for n in names]
    if not rows:
        return []
    found = []
    for size in sorted({round(size) for size in np.geomspace(min(10, len(rows)), len(rows), 14)}):
        seen = Proportion.of([right for right, _ in rows[:size]], [family for _, family in rows[:size]])
        found.append((size, seen.share, seen.bound("lower"), seen.bound("upper")))
    return found
