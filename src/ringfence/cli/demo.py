"""ringfence demo: a small pilot on example documents that the project generates."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
from rich.table import Table

from ..api.demo import DemoOutcome, run_demo
from ..runs import RunFolder
from ..weights import Store, pull
from .console import PlainTable, echo, note, pulling, stderr
from .pilot import pilot_progress

__all__ = ["command"]


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("demo-run"), show_default=True,
    help="The folder for documents, run and report.",
)  # fmt: skip
@click.option("--weights", default="demo", show_default=True, help="Name of weights in the catalog.")
@click.option(
    "--mode", type=click.Choice(["solo", "batched"]), default="batched", show_default=True,
    help="Process one document at a time with caches off, or several at once.",
)  # fmt: skip
def command(out: Path, weights: str, mode: Literal["solo", "batched"]) -> int:
    """Pull the default weights, extract values from example documents, and write the report of a small pilot.

    The folder is a pilot like any other: pilot.yaml, task.yaml, gold.jsonl, documents, runs, report.html.
    """
    with pulling() as listener:
        pull(weights, Store(), listener)
    with pilot_progress() as hooks:
        outcome = run_demo(out, weights, mode, hooks)
    stderr.print(_table(outcome))
    note(f"{RunFolder.open(outcome.run).totals()}, in {outcome.minutes:.1f} minutes.")
    values, findings = sum(outcome.check.values.values()), len(outcome.check.findings)
    note(f"Independent check: {values} values, {findings or 'no'} findings.")
    note(f"Report of the run, with each value beside its place: {outcome.report.resolve().as_uri()}")
    echo(outcome.pilot.sentence)
    note(f"Open the pilot's report in a browser: {(out / 'report.html').resolve().as_uri()}")
    return 1 if outcome.check.findings else 0


def _table(outcome: DemoOutcome) -> Table:
    title = f"Values of the {outcome.pilot.sizes['test']} documents of the test part that agree with the gold"
    figures_of = ("right", "share", "95 % interval")
    table = PlainTable("field", *figures_of, right=figures_of, title=title)
    for figures in outcome.pilot.test.fields:
        exact = figures.exact
        low, high = exact.interval()
        table.add_row(figures.name, f"{exact.right}/{exact.total}", f"{exact.share:.2f}", f"{low:.2f} to {high:.2f}")
    every = outcome.pilot.share
    table.add_row(
        "all values", f"{every.right}/{every.total}", f"{every.share:.2f}", "", style="bold", end_section=True
    )
    return table
