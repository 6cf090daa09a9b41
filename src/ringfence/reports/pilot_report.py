"""report.html of a pilot: one page with the verdict and the evidence behind it."""

from __future__ import annotations

from pathlib import Path

from ..evaluation.items import ERRORS
from ..files import write_whole
from ..gold.values import as_text
from ..pilot import PilotOutcome
from .evaluation_report import item_rows, page_environment
from .plots import coverage_plot, label_curve

__all__ = ["next_step", "write_pilot_report"]


def write_pilot_report(outcome: PilotOutcome, target: Path) -> Path:
    """Write the page."""
    items, _ = item_rows(outcome.test.items)
    error = outcome.calibrator.target_error if outcome.calibrator else 0.0
    marks = {
        f"{one.unit}s": (one.share, one.wrong / one.accepted) for one in outcome.accepted if one.accepted and one.bound
    }
    totals = [outcome.test.all_values] if outcome.test.all_values and len(outcome.test.fields) > 1 else []
    text = (
        page_environment()
        .get_template("pilot.html.j2")
        .render(
            p=outcome,
            next=next_step(outcome),
            dev=max((len({item.document for item in one.evaluation.items}) for one in outcome.contenders), default=0),
            test_documents=outcome.test.documents.total,
            errors=[name for name in ERRORS if any(item.outcome == name for item in outcome.test.items)],
            shown_fields=[*outcome.test.fields, *totals],
            target=error,
            label_curve=label_curve(outcome.label_points, outcome.verdict.bar, outcome.unit),
            coverage=coverage_plot(outcome.coverage, error, marks) if any(outcome.coverage.values()) else "",
            items=items,
            shown=lambda value: "nothing" if value is None else as_text(value)[:200],
        )
    )
    write_whole(target, text, private=True)
    return target


def next_step(outcome: PilotOutcome) -> str:
    """What to do after this verdict, in a sentence or two."""
    word, chosen = outcome.verdict.word, outcome.chosen
    share = next((one.share for one in outcome.accepted if one.unit == "document"), 0.0)
    if word == "PASS":
        review = f"; {1 - share:.0%} of the documents still go to a person" if outcome.accepted else ""
        return (
            f"Release it (ringfence release . --contender {chosen}), run with its calibrator, "
            f"and keep the spot-checks going{review}."
        )
    if word == "FAIL":
        weakest = min(outcome.test.fields, key=lambda one: one.exact.share)
        several = len(outcome.test.fields) > 1
        where = f"The weakest field is {weakest.name} ({weakest.exact.share:.0%}): look" if several else "Look"
        drop = ", or drop the field" if several else ""
        return (
            f"Do not release. {where} at the failures below, correct descriptions or examples in the task, "
            f"try larger weights{drop}; then take new gold for a test part that nobody has seen."
        )
    if outcome.verdict.further:
        return (
            f"Label about {outcome.verdict.further} more {outcome.unit}s for the test part and run the pilot again; "
            "or set a bar that these labels can decide, for the next pilot."
        )
    return "The share lies at the bar: improve the task or the weights rather than labelling more."
