"""ringfence calibrate: confidences fitted on gold, and the thresholds at which answers need no person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..errors import InputError
from ..evaluation.agreement import Compare
from ..evaluation.calibrating import Fitted, allowed_errors, fit, least_accepted, reliability
from ..evaluation.calibrator import POOLED, Calibrator, Threshold
from ..evaluation.evaluating import gold_part, items_of_results, run_results
from ..evaluation.gold import GoldFile, gold_digest
from ..extras import need
from ..reports.calibration_report import write_calibration
from ..runs import RunFolder
from ..weights import now
from .screen import note

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--gold", "gold_path", required=True, type=click.Path(path_type=Path), help="The gold file.")
@click.option(
    "--part",
    type=click.Choice(["calibration", "dev", "all"]),
    help="Which part of gold that is split; calibration when left out.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("calibrator.json"),
    show_default=True,
    help="The calibrator.",
)
@click.option(
    "--target-error",
    type=click.FloatRange(0.001, 0.5),
    default=0.05,
    show_default=True,
    help="The most that may be wrong among what is accepted.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="Of the bound on that error.",
)
@click.option(
    "--spot-check",
    "spot_check",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="The share of accepted documents that a person looks at all the same.",
)
@click.option(
    "--compare",
    type=click.Choice(["words", "letters"]),
    default="words",
    show_default=True,
    help="How text is compared with the gold.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    run: Path, gold_path: Path, part: str | None, out: Path, target_error: float, confidence: float, spot_check: float,
    compare: Compare, as_json: bool,
) -> int:  # fmt: skip
    """Fit a calibrator on the gold of RUN, and choose what later runs accept without a person.

    `ringfence run --calibrator FILE` applies it. Exit code 1: the labels allow no threshold; it says how many would.
    """
    need("evaluation", "scipy", "sklearn", "matplotlib")
    folder = RunFolder.open(run)
    task, results, lock = run_results(folder)
    if task.kind == "summarise":
        raise InputError("Summaries have no values to accept.", "Calibrate extract and classify tasks.")
    if folder.read_facts()["lock"]["data"].get("calibrator"):
        raise InputError("This run was decided by a calibrator already.", "Calibrate a run without --calibrator.")
    gold_file = GoldFile(gold_path)
    chosen_part = part or ("calibration" if gold_path.with_suffix(".split.json").exists() else None)
    gold, split = gold_part(gold_file, chosen_part, f"calibrate {run}", lock, task)
    items = items_of_results(task, results, gold, split.families if split else {}, compare)
    fitted = fit(items, results)
    if not any(item.answered for item in items):
        raise InputError("No document of the gold was answered in the run.", "Run the gold's documents first.")
    if len({item.family for item in fitted.items}) < 2:
        raise InputError(
            "The gold's values come from fewer than two documents (or families of near-duplicates).",
            "Label more: a confidence for one document is fitted on others. `ringfence budget` says how many it takes.",
        )
    least = least_accepted(target_error, confidence)
    feasible = (
        f"A bound of {target_error:.0%} takes at least {least} accepted without an error. There are {len(fitted.items)} values of "
        f"{len(fitted.documents)} documents: {_allowed(len(fitted.items), target_error, confidence)} values, or "
        f"{_allowed(len(fitted.documents), target_error, confidence)} documents, if all were accepted."
    )
    note(feasible)
    thresholds = {unit: fitted.threshold(unit, target_error, confidence) for unit in ("value", "document")}
    calibrator = Calibrator(
        fitted.models, thresholds["value"], thresholds["document"], target_error, confidence, spot_check, lock,
        gold_digest(gold), now(), compare, fitted.stated,
    )  # fmt: skip
    calibrator.write(out)
    rows = [
        {"unit": unit, "threshold": one, "sentence": _sentence(unit, one, fitted, target_error, confidence)}
        for unit, one in thresholds.items()
    ]
    own = sorted(set(calibrator.models) - {POOLED})
    fields = (
        f"Own models: {', '.join(own)}; the other fields share one."
        if own
        else "All fields share one model, with the field as a feature."
    )
    about = {"task": task.name, "run": str(run), "feasible": feasible, "rows": rows, "fields": fields}
    page = write_calibration(fitted, calibrator, about, out.with_suffix(".html"))
    before, after = reliability(fitted.raw, fitted.right), reliability(fitted.confidence, fitted.right)
    if as_json:
        facts: dict[str, Any] = {
            "schema": 1, "calibrator": str(out), "digest": calibrator.digest, "before": before, "after": after,
            "thresholds": {unit: one and {**one.__dict__, "share": one.share} for unit, one in thresholds.items()},
        }  # fmt: skip
        click.echo(json.dumps(facts))
    else:
        note(
            f"Brier score {before['brier']:.4f} before, {after['brier']:.4f} after; expected calibration error {before['ece']:.4f}, {after['ece']:.4f}."
        )
        for row in rows:
            click.echo(row["sentence"])
        note(f"{fields} Calibrator: {out} ({calibrator.digest[:19]}).")
        note(f"Open this in a browser: {page.resolve().as_uri()}")
    return 0 if any(thresholds.values()) else 1


def _allowed(total: int, target: float, confidence: float) -> str:
    most = allowed_errors(total, target, confidence)
    return "no" if most is None else f"at most {most} wrong"


def _sentence(unit: str, chosen: Threshold | None, fitted: Fitted, target: float, confidence: float) -> str:
    if chosen:
        return (
            f"Per {unit}: accept at {chosen.at:.4f} or more; {chosen.accepted} of {chosen.items} pass ({chosen.share:.0%}), {chosen.errors} of "
            f"them wrong, with {confidence:.0%} confidence at most {chosen.bound:.2%}. {1 - chosen.share:.0%} for review."
        )
    return f"Per {unit}: no threshold; everything goes to review. {fitted.needed(unit, target, confidence)}"
