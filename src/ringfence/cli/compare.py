"""ringfence compare: compare runs over the same documents, paired."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..evaluation.comparison import RunComparison, compare_runs
from ..gold.agreement import Compare
from .console import PlainTable, echo, note, stderr
from .options import json_option

__all__ = ["command"]

COLUMNS = ("runs", "shares", "difference", "95 % interval", "only one", "p", "p, Holm")


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--gold", "gold_path", required=True, type=click.Path(path_type=Path), help="The gold file.")
@click.option(
    "--part", type=click.Choice(["calibration", "dev", "test", "all"]), help="The part to use, if the gold is split."
)
@click.option(
    "--compare", type=click.Choice(["words", "letters"]), default="words", show_default=True,
    help="Compare text by its words, without case, or by its letters and digits only.",
)  # fmt: skip
@json_option
def command(runs: tuple[Path, ...], gold_path: Path, part: str | None, compare: Compare, as_json: bool) -> int:
    """Compare RUNS with each other on the same gold: paired differences, and the documents on which they differ.

    The runs must be over the same documents. McNemar's exact test counts documents, the interval of the difference is
    a bootstrap over families, and p-values are adjusted by Holm over all pairs.
    """
    comparison = compare_runs(runs, gold_path, part, compare)
    if as_json:
        click.echo(json.dumps(comparison.as_json()))
        return 0
    _show(comparison)
    for row in comparison.comparisons:
        for name, ids in ((row.first, row.first_only), (row.second, row.second_only)):
            for identity in ids:
                echo(f"{row.first} {row.second}: only {name} has all of {identity}")
    for name, count in comparison.not_answered.items():
        if count:
            note(f"{name}: {count} documents have no answer and count as errors.")
    return 0


def _show(comparison: RunComparison) -> None:
    number = {name: str(n) for n, name in enumerate(comparison.not_answered, 1)}
    table = PlainTable(*COLUMNS, title=f"Paired over {comparison.documents} documents")
    for row in comparison.comparisons:
        table.add_row(
            f"{number[row.first]}, {number[row.second]}",
            f"{row.shares[0].share:.3f}, {row.shares[1].share:.3f}",
            f"{row.difference:+.3f}" + ("" if row.shown else "\nnone shown"),
            f"{row.interval[0]:+.3f} to {row.interval[1]:+.3f}",
            f"{len(row.first_only)} to {len(row.second_only)}", f"{row.p_value:.4f}", f"{row.adjusted:.4f}",
        )  # fmt: skip
    stderr.print(table)
    for name, n in number.items():
        note(f"Run {n}: {name}")
    note("Only one: the documents that only the first or only the second run has right.")
