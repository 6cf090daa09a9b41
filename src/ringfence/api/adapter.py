"""Fine-tune weights on gold, and prove whether it paid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ..errors import InputError
from ..gold.source import GoldSource
from ..runs import Progress, RunFolder, note_product
from ..tasks import load_task
from ..tuning import (
    CurvePoint,
    Epoch,
    Prepared,
    Proof,
    ProofHooks,
    ProofTerms,
    Settings,
    Step,
    Tuned,
    TuneHooks,
    TuneTerms,
    Until,
    alone_in,
    points_of,
    prepare,
    proof_faults,
    prove,
    train,
)
from .model import TaskLike
from .pilot import baseline_embedder

__all__ = ["ProofTerms", "Settings", "TuneTerms", "Tuning", "TuningHooks", "TuningOptions", "tune"]


@dataclass(frozen=True)
class TuningHooks:
    """Callbacks: sentences, the plan before any work, steps, epochs, documents read, and progress of the proof."""

    say: Callable[[str], None] = lambda sentence: None
    on_plan: Callable[[Prepared], None] = lambda prepared: None
    on_step: Callable[[Step], None] = lambda step: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None
    on_documents: Callable[[int, int], None] = lambda done, total: None
    on_event: Callable[[str, int, Progress], None] = lambda name, documents, progress: None


@dataclass(frozen=True)
class TuningOptions:
    """What goes with a training: the ``run`` whose documents the gold labels, the proof, and the learning curve.

    ``curve`` are shares of the labels at which a smaller training is tried, with three seeds each. ``resume`` goes on
    with the training in the folder. ``until`` the plan: nothing is trained; until the training: no epoch is chosen,
    nothing is published or proved, and another machine can go on from the folder.
    """

    run: Path | None = None
    proof: ProofTerms = field(default_factory=ProofTerms)
    curve: Sequence[float] = ()
    resume: bool = False
    until: Literal["plan", "training", "proof"] = "proof"


@dataclass(frozen=True)
class Tuning:
    """A finished training: what it gave, the proof, and the learning curve if it was asked for."""

    tuned: Tuned
    proof: Proof | None
    curve: Sequence[CurvePoint] = field(default_factory=list)
    report: Path | None = None


def tune(
    task: TaskLike,
    gold: str | Path,
    out: str | Path,
    *,
    documents: Iterable[str] = (),
    terms: TuneTerms | None = None,
    options: TuningOptions | None = None,
    hooks: TuningHooks | None = None,
) -> Tuning | None:
    """Train an adapter on the calibration part of split gold, choose it on dev, and prove it on test.

    ``documents`` are files, folders or globs. Writes adapter.json, report.html and the runs of the proof into ``out``;
    adapter and merged weights go to the store. Returns None if only the plan is wanted. Raises InputError for labels
    or settings that cannot be trained on; an interruption leaves a folder that can be resumed.
    """
    from ..reports.tune_report import write_tune_report

    terms, options, hooks = terms or TuneTerms(), options or TuningOptions(), hooks or TuningHooks()
    out, gold, documents = Path(out), Path(gold), tuple(documents)
    _require_fit(out, options.run, documents)
    source = GoldSource(options.run, load_task(task), documents)
    tune_hooks = TuneHooks(hooks.say, hooks.on_step, hooks.on_epoch, hooks.on_documents)
    prepared = prepare(gold, source, terms, tune_hooks)
    if options.until != "training":  # another machine may prove it
        prepared.guarded.faults.extend(proof_faults(options.proof, prepared))
    hooks.on_plan(prepared)
    if options.until == "plan":
        return None
    with alone_in(out):
        until: Until = "published" if options.until == "proof" else "trained"
        behind = {*([options.run] if options.run else []), *(Path(label.run) for label, _ in prepared.labels.more)}
        for run in (*behind, *(other.run for other in options.proof.others)):
            note_product(RunFolder(run), "training", out)
        tuned = train(prepared, out, tune_hooks, resume=options.resume, until=until)
        for run in behind:
            _note_weights(RunFolder(run), tuned)
        proof = None
        if tuned.published and options.until == "proof":
            proof_terms = replace(options.proof, embedder=lambda: baseline_embedder(hooks.say))
            proof = prove(tuned, gold, source, out / "proof", proof_terms, ProofHooks(hooks.say, hooks.on_event))
        points = points_of(tuned, gold, source, out / "curve", options.curve, tune_hooks) if options.curve else []
        report = write_tune_report(tuned, proof, points, out / "report.html") if options.until == "proof" else None
    return Tuning(tuned, proof, points, report)


def _require_fit(out: Path, run: Path | None, documents: tuple[str, ...]) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is not a folder.", "Name a folder for the training.")
    if run and documents:
        raise InputError(
            "The labelled documents are those of a run or those of a folder.", "Give --run or --documents, not both."
        )


def _note_weights(run: RunFolder, tuned: Tuned) -> None:
    """Remember weights that can repeat the documents of a run, for a purge."""
    for what, weights in (tuned.published.by_name if tuned.published else {}).items():
        note_product(run, f"tuned weights ({what})", weights.folder)
