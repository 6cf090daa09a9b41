"""report.html of a pilot: one page with the verdict and its evidence."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..evaluation.items import ERRORS
from ..files import write_whole
from ..gold.values import as_text
from ..pilot import PilotOutcome
from .evaluation_report import item_rows, page_environment
from .plots import coverage_plot, label_curve

__all__ = ["next_step", "write_pilot_report"]


def write_pilot_report(outcome: PilotOutcome, target: Path) -> Path:
    """Write the page, which only its owner can read, and return its path."""
    items, _ = item_rows(outcome.test.items)
    error = outcome.calibrator.target_error if outcome.calibrator else 0.0
    marks = {
        f"{unit.unit}s": (unit.share, unit.wrong / unit.accepted)
        for unit in outcome.accepted
        if unit.accepted and unit.bound
    }
    test = outcome.test
    totals = [("*found", test.all_values), ("*judged", test.judged)] if len(test.fields) > 1 else []
    text = (
        page_environment()
        .get_template("pilot.html.j2")
        .render(
            p=outcome,
            next=next_step(outcome),
            dev=max((len({item.document for item in row.evaluation.items}) for row in outcome.contenders), default=0),
            test_documents=outcome.test.documents.total,
            errors=[name for name in ERRORS if any(item.outcome == name for item in outcome.test.items)],
            shown_fields=[(figures, figures.name) for figures in test.fields],
            totals=[(figures, key) for key, figures in totals if figures and test.all_values],
            target=error,
            label_curve=label_curve(outcome.label_points, outcome.verdict.bar, outcome.unit),
            coverage=coverage_plot(outcome.coverage, error, marks) if any(outcome.coverage.values()) else "",
            items=[asdict(row) for row in items],
            shown=lambda value: "nothing" if value is None else as_text(value)[:200],
        )
    )
    write_whole(target, text, private=True)
    return target


def next_step(outcome: PilotOutcome) -> str:
    """Return advice on what to do after this verdict, in a sentence or two."""
    word, chosen = outcome.verdict.word, outcome.chosen
    share = next((accepted.share for accepted in outcome.accepted if accepted.unit == "document"), 0.0)
    if word == "PASS":
        review = f"; {1 - share:.0%} of the documents still go to a person" if outcome.accepted else ""
        return (
            f"Release it (in the folder of the pilot: ringfence release . --contender {chosen}), run it, "
            f"and continue the spot-checks{review}."
        )
    if word == "FAIL":
        weakest = min(outcome.test.fields, key=lambda figures: figures.exact.share)
        several = len(outcome.test.fields) > 1
        where = f"The weakest field is {weakest.name} ({weakest.exact.share:.0%}): look" if several else "Look"
        drop = ", or drop the field" if several else ""
        return (
            f"Do not release. {where} at the failures below, correct descriptions or examples in the task, "
            f"try larger weights{drop}. Then label new gold for a test part that nobody has seen."
        )
    if outcome.verdict.further:
        return (
            f"Label about {outcome.verdict.further} more {outcome.unit}s for the test part and run the pilot again, "
            "or choose a bar for the next pilot that these labels can decide."
        )
    return "The share is at the bar: improve the task or the weights instead of labelling more."
