"""report.html of a training: the verdict, what it was compared with, how it went, and what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..files import write_whole
from ..tuning.curve import CurvePoint, next_labels
from ..tuning.data import TRAIN
from ..tuning.examples import learned_share
from ..tuning.proof import Proof
from ..tuning.receipt import shown_examples, trained_tokens
from ..tuning.tuner import Tuned
from .evaluation_report import page_environment
from .plots import curve_plot, epochs_plot

__all__ = ["write_tune_report"]


def write_tune_report(tuned: Tuned, proof: Proof | None, curve: Sequence[CurvePoint], target: Path) -> Path:
    """Write the page, which only its owner can read, and return its path. Plots are SVG inside the page."""
    prepared = tuned.prepared
    labels = prepared.labels
    assert tuned.before is not None  # a training is chosen before it is proved
    page = page_environment().get_template("tune.html.j2")
    text = page.render(
        task=labels.task.name,
        base=prepared.base.manifest,
        published=tuned.published,
        proof=proof,
        cascades=[each.contender for each in proof.cascades] if proof else [],
        best_share=max((each.share.share for each in proof.contenders), default=0) if proof else 0,
        plan=_plan_rows(tuned),
        warnings=prepared.guarded.warnings,
        origins=labels.origins,
        parts={name: len(labels.part(name)) for name in (TRAIN, "dev", "test")},
        learned=learned_share([each.example for each in prepared.train]),
        examples=shown_examples(prepared.train),
        trained=trained_tokens(prepared.train),
        before=tuned.before,
        epochs=tuned.epochs,
        best=tuned.best,
        parity=tuned.parity,
        minutes=float(tuned.card["seconds"]) / 60,
        card=tuned.card,
        epochs_svg=epochs_plot([(each.number, each.dev or 0.0, each.loss) for each in tuned.epochs], tuned.before),
        curve=next_labels(curve),
        curve_svg=curve_plot([(each.documents, each.dev) for each in curve], tuned.before) if curve else "",
    )
    write_whole(target, text, private=True)
    return target


def _plan_rows(tuned: Tuned) -> list[tuple[str, str, str]]:
    """The settings of the training; another machine than this one may have computed it in other parts."""
    used = tuned.card["plan"]
    return [
        (name, value, why)
        if used.get(name) in (None, getattr(tuned.prepared.plan, name))
        else (name, str(used[name]), "chosen by the machine that trained")
        for name, value, why in tuned.prepared.plan.rows()
    ]
