"""ringfence budget: the number of labels that a bar needs."""

from __future__ import annotations

import json

import click

from ..evaluation.budget import SIZES, LabelBudget, label_budget
from .console import PlainTable, note, stderr
from .options import json_option

__all__ = ["command"]

COLUMNS = ("labels", "right needed", "share", "certified if all are right")


@click.command()
@click.option(
    "--bar", required=True, type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="The share right to certify.",
)  # fmt: skip
@click.option("--n", "size", type=click.IntRange(1, 1_000_000), help="Show this number of labels only.")
@click.option(
    "--confidence", type=click.FloatRange(0.5, 0.9999), default=0.95, show_default=True,
    help="The confidence of the bound.",
)  # fmt: skip
@click.option(
    "--difference", type=click.FloatRange(0, 1, min_open=True), default=0.03, show_default=True,
    help="The difference between two systems to detect.",
)  # fmt: skip
@click.option(
    "--discordant", type=click.FloatRange(0, 1, min_open=True), default=0.15, show_default=True,
    help="The share of items that exactly one of the systems has right.",
)  # fmt: skip
@click.option(
    "--values-per-document", "values", type=click.IntRange(1), default=1, show_default=True,
    help="Gold values per document, for a bar over values.",
)  # fmt: skip
@json_option
def command(
    bar: float, size: int | None, confidence: float, difference: float, discordant: float, values: int, as_json: bool
) -> int:
    """Show how many labels must be right to certify the bar, and how many labels detect a difference.

    The bounds are exact (Clopper-Pearson), one-sided, and assume independent items. Several values of one document are
    worth less than the same number of documents, so count documents where you can.
    """
    budget = label_budget(bar, (size,) if size else SIZES, confidence, difference, discordant)
    if as_json:
        click.echo(json.dumps(budget.as_json()))
        return 0
    _show(budget)
    note(f"Fewer than {budget.least} labels cannot certify this bar, even if all are right.")
    if values > 1:
        fewest, most = budget.documents(values)
        note(
            f"With {values} values per document: between {fewest} documents (if errors are independent) "
            f"and {most} (if errors occur together)."
        )
    if budget.labels_for_difference is None:
        note(f"The systems cannot differ by {difference:.0%} if they disagree on only {discordant:.0%} of the items.")
    else:
        note(
            f"{budget.labels_for_difference} labels detect a difference of {difference:.0%} between two systems that "
            f"disagree on {discordant:.0%} of the items (power 80 %)."
        )
    return 0


def _show(budget: LabelBudget) -> None:
    title = f"To certify {budget.bar:.0%} with {budget.confidence:.0%} confidence"
    table = PlainTable(*COLUMNS, right=COLUMNS, title=title)
    for row in budget.rows:
        table.add_row(
            str(row.labels),
            "not even all" if row.right_needed is None else f"{row.right_needed}/{row.labels}",
            "" if row.share_needed is None else f"{row.share_needed:.3f}",
            f"{row.certified_if_all_right:.3f}",
        )
    stderr.print(table)
