"""A pilot from pilot.yaml to its outcome: run every contender, choose on dev, look at test once, calibrate, reckon."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..documents import ReadingOptions
from ..errors import InputError
from ..evaluation import Proportion, verdict_on
from ..evaluation.calibrator import Calibrator, read_calibrator
from ..evaluation.comparing import Comparison, compare_items
from ..evaluation.evaluating import evaluate, items_of_results, run_results, slices_of
from ..evaluation.gold import gold_digest
from ..evaluation.outcomes import NORMALISATION, Item
from ..evaluation.splitting import SplitFile
from ..locks import canonical_digest
from ..runs import RunFolder
from ..tasks import Example, SummariseTask, Task
from ..weights import now
from .accepting import calibrate_and_accept, costs_of
from .baselines import Embed, write_baselines
from .digests import digests_of
from .documents import PilotDocuments, read_documents_of
from .outcome import ContenderOutcome, PilotOutcome, share_of
from .remarks import untested, warnings_of, worst_failures
from .spec import Contender, PilotSpec
from .state import terms_history

__all__ = ["run_pilot"]

RunContender = Callable[[Contender, PilotDocuments, Path], None]


def run_pilot(
    spec: PilotSpec,
    folder: Path,
    task: Task,
    pool: Sequence[Example],
    run_contender: RunContender,
    licence_of: Callable[[str], str | None],
    embed: Embed | None,
    reading: ReadingOptions,
    say: Callable[[str], None],
) -> PilotOutcome:
    """Everything, resumable: what is done is kept in ``runs/``. ``run_contender`` does the inference into a run folder."""
    terms = terms_history(folder, spec)
    docs = read_documents_of(spec, folder, task, reading, say)
    runs = folder / "runs"
    for contender in spec.contenders:
        run_contender(contender, docs, runs / contender.name)
    baselines = _baselines(spec, docs, task, pool, embed, runs, say)
    dev = docs.part("dev")
    if not dev:
        dev = docs.part("calibration")
        say("The dev part is empty; contenders are chosen on the calibration part.")
    found = [
        _on_dev(name, runs / name, dev, docs, spec, baseline=name in baselines, licence_of=licence_of)
        for name in [*(one.name for one in spec.contenders), *baselines]
    ]
    models = [one for one in found if not one.baseline]
    chosen = max(models, key=lambda one: one.share.share)  # the first of equals, so that the order is the user's
    results = run_results(RunFolder.open(runs / chosen.name))[1]
    test_gold = docs.part("test")
    openings = _open_test(docs, spec, chosen)
    slices = slices_of(results.values())
    test = evaluate(task, results, test_gold, docs.split.families, slices, spec.compare)
    verdict = verdict_on(share_of(test, spec.bar.unit), spec.bar.at_least, spec.bar.confidence)
    against = _against(chosen, [one for one in found if one.baseline], runs, test.items, test_gold, docs, task, spec)
    calibrator, accepted, coverage, confidences = calibrate_and_accept(spec, docs, task, results, chosen, test.items)
    if calibrator and not _same_calibrator(folder / "calibrator.json", calibrator):
        calibrator.write(folder / "calibrator.json")
    return PilotOutcome(
        name=spec.name,
        question=spec.question,
        bar=str(spec.bar),
        terms_digest=spec.terms_digest,
        terms=terms,
        contenders=found,
        chosen=chosen.name,
        verdict=verdict,
        unit=spec.bar.unit,
        test=test,
        against=against,
        calibrator=calibrator,
        accepted=accepted,
        coverage=coverage,
        label_points=_label_points(test.items, spec.bar.unit),
        failures=worst_failures(test.items, confidences, results, docs),
        costs=costs_of(spec, chosen, accepted),
        untested=untested(docs, test.items, slices, results),
        warnings=warnings_of(terms, openings, found, chosen, docs, pool),
        openings=openings,
        sizes={name: len(docs.part(name)) for name in docs.split.parts},
        digests=digests_of(spec, task, docs.gold, docs.split, pool, chosen.name, chosen.lock, results, calibrator),
        normalisation=NORMALISATION[spec.compare],
        made_at=now(),
        slices=slices,
    )


def _same_calibrator(path: Path, calibrator: Calibrator) -> bool:
    """Whether the file holds this calibrator, so that runs which it decided keep theirs."""
    try:
        return path.exists() and read_calibrator(path).digest == calibrator.digest
    except InputError:
        return False


def _baselines(
    spec: PilotSpec,
    docs: PilotDocuments,
    task: Task,
    pool: Sequence[Example],
    embed: Embed | None,
    runs: Path,
    say: Callable[[str], None],
) -> list[str]:
    """Fit and write the cheap baselines anew; they take seconds."""
    import shutil

    if isinstance(task, SummariseTask):
        return []
    for old in runs.glob("baseline-*"):
        shutil.rmtree(old)
    first = RunFolder.open(runs / spec.contenders[0].name).read_facts()
    about = {name: first[name] for name in ("reading", "sessions", "packages")}
    say("Fitting the cheap baselines on the calibration part.")
    return write_baselines(task, docs.documents, docs.part("calibration"), pool, embed, runs, about)


def _on_dev(
    name: str,
    run: Path,
    dev: Mapping[str, Any],
    docs: PilotDocuments,
    spec: PilotSpec,
    baseline: bool,
    licence_of: Callable[[str], str | None],
) -> ContenderOutcome:
    folder = RunFolder.open(run)
    task, results, lock = run_results(folder)
    facts = folder.read_facts()
    evaluation = evaluate(task, results, dev, docs.split.families, None, spec.compare)
    return ContenderOutcome(
        name,
        facts["weights"],
        facts["lock"]["data"]["engine"]["name"],
        lock,
        baseline,
        evaluation,
        share_of(evaluation, spec.bar.unit),
        None if baseline else _hourly(facts),
        None if baseline else licence_of(facts["weights"]),
        sum(result["status"] != "done" for result in results.values()),
    )


def _hourly(facts: Mapping[str, Any]) -> float | None:
    """Documents an hour over the sessions that ended by themselves and did something, loading included; None where none
    did."""
    documents, seconds = 0, 0.0
    for session in facts["sessions"]:
        if not session["ended_at"] or not session.get("documents"):
            continue
        documents += session["documents"]
        start, end = (
            datetime.fromisoformat(session[name].replace("Z", "+00:00")) for name in ("started_at", "ended_at")
        )
        seconds += (end - start).total_seconds()
    return 3600 * documents / seconds if seconds > 0 else None


def _open_test(docs: PilotDocuments, spec: PilotSpec, chosen: ContenderOutcome) -> list[dict[str, Any]]:
    """Record this look at the test part, unless this pilot looked at the same answers beside the same gold under the same
    terms before."""
    file = SplitFile(docs.gold_file.path)
    command = f"pilot run {spec.name}: {chosen.name}"
    looked_at = canonical_digest([spec.terms, gold_digest(docs.part("test")), docs.split.digest])
    known = [(one["command"], one["lock"], one.get("looked_at")) for one in file.openings()]
    if (command, chosen.lock, looked_at) not in known:
        file.opened(command, chosen.lock, looked_at)
    return file.openings()


def _against(
    chosen: ContenderOutcome,
    baselines: Sequence[ContenderOutcome],
    runs: Path,
    items: Sequence[Item],
    gold: Mapping[str, Any],
    docs: PilotDocuments,
    task: Task,
    spec: PilotSpec,
) -> Comparison | None:
    """The chosen contender beside the baseline that is best on dev, paired on the test part."""
    if not baselines or not items:
        return None
    best = max(baselines, key=lambda one: one.share.share)
    results = run_results(RunFolder.open(runs / best.name))[1]
    other = items_of_results(task, results, gold, docs.split.families, spec.compare)
    return compare_items({chosen.name: items, best.name: other})[0]


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
