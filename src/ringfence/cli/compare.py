"""ringfence compare: runs over the same documents, paired."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from ..errors import InputError
from ..evaluation.agreement import Compare
from ..evaluation.comparing import compare_items, same_documents
from ..evaluation.evaluating import gold_part, items_of_results, run_results, same_answers
from ..evaluation.gold import GoldFile
from ..extras import need
from ..runs import RunFolder
from .screen import note, stderr

__all__ = ["command"]


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--gold", "gold_path", required=True, type=click.Path(path_type=Path), help="The gold file.")
@click.option(
    "--part", type=click.Choice(["calibration", "dev", "test", "all"]), help="Which part of gold that is split."
)
@click.option(
    "--compare", type=click.Choice(["words", "letters"]), default="words", show_default=True,
    help="Text by its words, without case; or by its letters and digits only.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(runs: tuple[Path, ...], gold_path: Path, part: str | None, compare: Compare, as_json: bool) -> int:
    """Compare RUNS with each other on the same gold: paired differences, and the documents on which they differ.

    Only runs over the same documents are compared. McNemar's exact test counts documents, the interval of the
    difference is a bootstrap over families, p-values are adjusted by Holm over all pairs.
    """
    need("evaluation", "scipy")
    if len(runs) < 2:
        raise InputError("One run alone is no comparison.", "Give two runs or more; `ringfence evaluate` shows one.")
    loaded = {str(run): run_results(RunFolder.open(run)) for run in runs}
    if len(loaded) < len(runs):
        raise InputError("A run is given twice.", "Name each run once.")
    same_documents({name: results for name, (_, results, _) in loaded.items()})
    first, *others = (task for task, _, _ in loaded.values())
    if not all(same_answers(first, other) for other in others):
        raise InputError(
            "The runs ask for different fields or labels.", "Compare runs of one task; its wording may differ."
        )
    locks = ",".join(lock for _, _, lock in loaded.values())
    gold, split = gold_part(GoldFile(gold_path), part, f"compare {' '.join(loaded)}", locks, first)
    families = split.families if split else {}
    items = {
        name: items_of_results(task, results, gold, families, compare) for name, (task, results, _) in loaded.items()
    }
    comparisons = compare_items(items)
    if as_json:
        rows = [one.as_json() for one in comparisons]
        click.echo(json.dumps({"schema": 1, "part": part, "documents": len(gold), "comparisons": rows}))
        return 0
    table = Table(box=None, pad_edge=False, title=f"Paired over {len(gold)} documents", title_justify="left")
    for title in (
        "first",
        "second",
        "shares",
        "difference",
        "95 % interval",
        "documents only one has right",
        "p",
        "p, Holm",
    ):
        table.add_column(title)
    for one in comparisons:
        table.add_row(
            escape(one.first), escape(one.second), f"{one.shares[0].share:.3f}, {one.shares[1].share:.3f}", f"{one.difference:+.3f}",
            f"{one.interval[0]:+.3f} to {one.interval[1]:+.3f}" + ("" if one.shown else ", none shown"),
            f"{len(one.first_only)} to {len(one.second_only)}", f"{one.p_value:.4f}", f"{one.adjusted:.4f}",
        )  # fmt: skip
    stderr.print(table)
    for one in comparisons:
        for name, ids in ((one.first, one.first_only), (one.second, one.second_only)):
            for identity in ids:
                click.echo(f"{one.first} {one.second}: only {name} has all of {identity}")
    for name, listed in items.items():
        if lacking := {item.document for item in listed if not item.answered}:
            note(f"{name}: {len(lacking)} documents were not answered and count as errors.")
    return 0
