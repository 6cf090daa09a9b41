"""ringfence budget: how many labels a bar takes, before anybody labels."""

from __future__ import annotations

import json

import click
from rich.table import Table

from ..evaluation.calibrating import least_accepted
from ..evaluation.statistics import exact_bound, labels_for_difference, right_needed
from ..extras import need
from .screen import note, stderr

__all__ = ["command"]

SIZES = (20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)


@click.command()
@click.option(
    "--bar",
    required=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="The share right that is to be certified.",
)
@click.option("--n", "size", type=click.IntRange(1, 1_000_000), help="For this many labels only.")
@click.option("--confidence", type=click.FloatRange(0.5, 0.9999), default=0.95, show_default=True, help="Of the bound.")
@click.option(
    "--difference",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.03,
    show_default=True,
    help="Between two systems, that is to show.",
)
@click.option(
    "--discordant",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.15,
    show_default=True,
    help="Share of items that one system has right and the other wrong.",
)
@click.option(
    "--values-per-document",
    "values",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Gold values of each document, for a bar over values.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(
    bar: float, size: int | None, confidence: float, difference: float, discordant: float, values: int, as_json: bool
) -> int:  # fmt: skip
    """How many right out of how many certify the bar, and how many labels until a difference shows.

    Exact (Clopper-Pearson) one-sided bounds over independent items; values of one document are worth less than as many
    documents, so count documents where you can.
    """
    need("evaluation", "scipy")
    rows = []
    for total in (size,) if size else SIZES:
        right = right_needed(total, bar, confidence)
        rows.append(
            {
                "labels": total,
                "right_needed": right,
                "share_needed": None if right is None else right / total,
                "certified_if_all_right": exact_bound(total, total, "lower", confidence),
            }
        )
    least = least_accepted(1 - bar, confidence)  # all right certifies a bar as none wrong certifies a target
    pairs = labels_for_difference(difference, discordant, confidence=confidence)
    facts = {
        "schema": 1, "bar": bar, "confidence": confidence, "rows": rows, "least": least,
        "difference": difference, "discordant": discordant, "labels_for_difference": pairs,
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(facts))
        return 0
    table = Table(
        box=None, pad_edge=False, title=f"To certify {bar:.0%} with {confidence:.0%} confidence", title_justify="left"
    )
    for title in ("labels", "right needed", "share", "the most that all right would certify"):
        table.add_column(title, justify="right")
    for row in rows:
        needed, share = row["right_needed"], row["share_needed"]
        table.add_row(
            str(row["labels"]),
            "not even all" if needed is None else f"{needed}/{row['labels']}",
            "" if share is None else f"{share:.3f}",
            f"{row['certified_if_all_right']:.3f}",
        )
    stderr.print(table)
    note(f"Fewer than {least} labels certify nothing at this bar, whatever the answers are.")
    if values > 1:
        note(
            f"With {values} values of each document: between {-(-least // values)} documents (values independent) and {least} (errors come together)."
        )
    if pairs is None:
        note(f"A difference of {difference:.0%} cannot be where only {discordant:.0%} of the items differ.")
    else:
        note(
            f"A difference of {difference:.0%} between two systems shows (power 80 %) with {pairs} labels, where they differ on {discordant:.0%} of the items."
        )
    return 0
