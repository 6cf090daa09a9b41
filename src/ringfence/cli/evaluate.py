"""ringfence evaluate: compare a run with its gold."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..evaluation.evaluator import document_languages, evaluate_run
from ..evaluation.items import ERRORS
from ..evaluation.metrics import Evaluation, FieldFigures
from ..evaluation.statistics import Proportion
from ..gold.agreement import Compare
from ..reports.evaluation_report import write_evaluation
from ..runs import GOLD, RunFolder, note_product, require_output
from ..runs.joined_run import join_runs
from .console import PlainTable, note, stderr
from .options import json_option, password_option

__all__ = ["command"]


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
@click.option("--languages", is_flag=True, help="Read the documents again, and also show figures by language.")
@click.option("--out", type=click.Path(path_type=Path), help="The report; by default evaluation.html in the run.")
@password_option
@json_option
def command(
    *, runs: tuple[Path, ...], gold_path: Path, part: str | None, compare: Compare, languages: bool, out: Path | None,
    passwords: tuple[str, ...], as_json: bool,
) -> int:  # fmt: skip
    """Compare the answers of RUNS with the gold: figures with n and interval, as a table and as a page.

    With several runs a document has the answer of the first that answered it.

    Failed documents and abstentions count as errors. Each use of the test part is recorded.
    """
    folder = join_runs([RunFolder.open(run) for run in runs])
    target = require_output(out or folder.path / "evaluation.html", gold_path, run=folder)
    comparison = evaluate_run(
        folder, gold_path, part, compare,
        (lambda gold: document_languages(folder, gold, passwords)) if languages else None,
    )  # fmt: skip
    page = write_evaluation(comparison, target)
    for what, path in ((GOLD, gold_path), ("report of an evaluation", page)):
        note_product(folder, what, path)
    if as_json:
        click.echo(json.dumps(comparison.as_json()))
    else:
        _show_fields(comparison.evaluation)
        _show_totals(comparison.evaluation)
    for warning in comparison.facts.warnings:
        note(warning)
    note(f"Open this in a browser: {page.resolve().as_uri()}")
    return 0


def _show_fields(evaluation: Evaluation) -> None:
    kinds = [name for name in ERRORS if any(item.outcome == name for item in evaluation.items)]
    shares = ("right", "exact", "95 % interval", "F1", "answered only")
    table = PlainTable("field", *shares, right=shares, title="Answers beside the gold")
    errors = PlainTable("field", *kinds, right=kinds, title="Errors")
    rows: list[tuple[FieldFigures, str]] = [(figures, "") for figures in evaluation.fields]
    if evaluation.all_values and len(evaluation.fields) > 1:
        rows.append((evaluation.all_values, "bold"))
    if evaluation.judged and evaluation.all_values:
        rows.append((evaluation.judged, "bold"))
    for figures, style in rows:
        low, high = figures.exact.interval()
        name = figures.name + (" (judged)" if figures.judged and not style else "")
        errors.add_row(name, *(str(figures.errors.get(kind, "")) for kind in kinds), style=style)
        table.add_row(
            name,
            f"{figures.exact.right}/{figures.exact.total}", f"{figures.exact.share:.3f}", f"{low:.3f} to {high:.3f}",
            "" if figures.f1 is None else f"{figures.f1:.3f}",
            f"{figures.answered.share:.3f}" if figures.answered.total < figures.exact.total else "",
            style=style,
        )  # fmt: skip
    stderr.print(table)
    if kinds:
        stderr.print(errors)


def _show_totals(evaluation: Evaluation) -> None:
    note(f"Documents with every value right: {_with_interval(evaluation.documents)}.")
    if labels := evaluation.labels:
        low, high = labels.macro_f1_interval
        note(f"Macro F1 {labels.macro_f1:.3f} [{low:.3f}, {high:.3f}].")
        if labels.out_of_scope:
            note(f"Out-of-scope recall: {_with_interval(labels.out_of_scope)}.")
    for name, figure in (evaluation.summaries or {}).items():
        low, high = figure["interval"]
        note(f"{name}: {figure['mean']:.3f} [{low:.3f}, {high:.3f}], n = {figure['n']}.")


def _with_interval(proportion: Proportion) -> str:
    low, high = proportion.interval()
    return f"{proportion.right}/{proportion.total}, {proportion.share:.3f} [{low:.3f}, {high:.3f}]"
