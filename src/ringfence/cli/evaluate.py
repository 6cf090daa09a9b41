"""ringfence evaluate: a run beside its gold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from ..evaluation.agreement import Compare
from ..evaluation.evaluating import evaluate, gold_part, run_results, slices_of
from ..evaluation.figures import Evaluation, FieldFigures
from ..evaluation.gold import GoldFile
from ..evaluation.outcomes import ERRORS, NORMALISATION
from ..evaluation.splitting import SplitFile
from ..extras import need
from ..reports.evaluation_report import write_evaluation
from ..runs import RunFolder
from ..runs.rereading import reread
from .options import passwords_from
from .screen import note, stderr

__all__ = ["command"]


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--gold", "gold_path", required=True, type=click.Path(path_type=Path), help="The gold file.")
@click.option(
    "--part", type=click.Choice(["calibration", "dev", "test", "all"]), help="Which part of gold that is split."
)
@click.option(
    "--compare", type=click.Choice(["words", "letters"]), default="words", show_default=True,
    help="Text by its words, without case; or by its letters and digits only.",
)  # fmt: skip
@click.option("--languages", is_flag=True, help="Read the documents again, and slice by their language too.")
@click.option("--out", type=click.Path(path_type=Path), help="The report; evaluation.html in the run when left out.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def command(
    run: Path, gold_path: Path, part: str | None, compare: Compare, languages: bool, out: Path | None, password_file: Path | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Compare the answers of RUN with the gold: figures with n and interval, a table and a page.

    Documents that failed or were abstained from count as errors. Looking at the test part is recorded.
    """
    need("evaluation", "scipy", "sklearn", "rouge_score")
    folder = RunFolder.open(run)
    task, results, lock = run_results(folder)
    gold, split = gold_part(GoldFile(gold_path), part, f"evaluate {run}", lock, task)
    slices = slices_of(results.values())
    if languages:
        slices["language"] = _languages(folder, gold, password_file)
    evaluation = evaluate(task, results, gold, split.families if split else {}, slices, compare)
    warnings = _warnings(results, gold, split is not None)
    facts = folder.read_facts()
    about = {
        "task": task.name, "run": str(run), "weights": facts["weights"], "lock": lock, "gold": str(gold_path), "part": part,
        "warnings": warnings, "openings": SplitFile(gold_path).openings(),
        "normalisation": NORMALISATION[compare],
    }  # fmt: skip
    page = write_evaluation(evaluation, about, slices, out or run / "evaluation.html")
    if as_json:
        click.echo(json.dumps(_as_json(evaluation, about)))
    else:
        _show(evaluation)
    for warning in warnings:
        note(warning)
    note(f"Open this in a browser: {page.resolve().as_uri()}")
    return 0


def _warnings(results: Mapping[str, Any], gold: Mapping[str, Any], split: bool) -> list[str]:
    found = []
    if absent := [identity for identity in gold if identity not in results]:
        found.append(
            f"{len(absent)} documents of the gold are not in the run and count as not answered: {', '.join(absent[:4])}."
        )
    if guided := sum(entry.origin == "pre-filled" for entry in gold.values()):
        found.append(
            f"{guided} of {len(gold)} documents were confirmed with the program's answers in view; such gold leans towards them."
        )
    if not split:
        found.append(
            "Near-duplicates count as documents of their own here; `ringfence gold split` finds families of them."
        )
    return found


def _languages(folder: RunFolder, gold: Mapping[str, Any], password_file: Path | None) -> dict[str, str]:
    need("evaluation", "py3langid")
    import py3langid

    texts = reread(folder, gold, passwords_from(password_file))
    return {document.id: py3langid.classify(document.text[:5000])[0] for document in texts}


def _show(evaluation: Evaluation) -> None:
    kinds = [name for name in ERRORS if any(item.outcome == name for item in evaluation.items)]
    table = Table(box=None, pad_edge=False, title="Answers beside the gold", title_justify="left")
    for title in ("field", "right", "exact", "95 % interval", "F1", "answered only", *kinds):
        table.add_column(title, justify="left" if title == "field" else "right")
    rows: list[tuple[FieldFigures, str]] = [(figures, "") for figures in evaluation.fields]
    if evaluation.all_values and len(evaluation.fields) > 1:
        rows.append((evaluation.all_values, "bold"))
    if evaluation.judged and evaluation.all_values:
        rows.append((evaluation.judged, "bold"))
    for figures, style in rows:
        low, high = figures.exact.interval()
        table.add_row(
            escape(figures.name) + (" (judged)" if figures.judged and not style else ""),
            f"{figures.exact.right}/{figures.exact.total}", f"{figures.exact.share:.3f}", f"{low:.3f} to {high:.3f}",
            "" if figures.f1 is None else f"{figures.f1:.3f}",
            f"{figures.answered.share:.3f}" if figures.answered.total < figures.exact.total else "",
            *(str(figures.errors.get(kind, "")) for kind in kinds), style=style,
        )  # fmt: skip
    stderr.print(table)
    low, high = evaluation.documents.interval()
    note(
        f"Documents with every value right: {evaluation.documents.right}/{evaluation.documents.total}, "
        f"{evaluation.documents.share:.3f} [{low:.3f}, {high:.3f}]."
    )
    if evaluation.labels:
        low, high = evaluation.labels.macro_f1_interval
        note(f"Macro F1 {evaluation.labels.macro_f1:.3f} [{low:.3f}, {high:.3f}].")
        if outside := evaluation.labels.out_of_scope:
            low, high = outside.interval()
            note(
                f"Out of scope seen as such: {outside.right}/{outside.total}, {outside.share:.3f} [{low:.3f}, {high:.3f}]."
            )
    for name, figure in (evaluation.summaries or {}).items():
        low, high = figure["interval"]
        note(f"{name}: {figure['mean']:.3f} [{low:.3f}, {high:.3f}], n = {figure['n']}.")


def _as_json(evaluation: Evaluation, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "schema": 1,
        **about,
        "fields": [figures.as_json() for figures in evaluation.fields],
        "all_values": evaluation.all_values.as_json() if evaluation.all_values else None,
        "judged": evaluation.judged.as_json() if evaluation.judged else None,
        "documents": evaluation.documents.as_json(),
        "documents_without_not_answered": evaluation.documents_answered.as_json(),
        "labels": evaluation.labels.as_json() if evaluation.labels else None,
        "summaries": evaluation.summaries,
        "slices": {
            name: {value: figures.as_json() for value, figures in groups.items()}
            for name, groups in evaluation.slices.items()
        },
        "errors": [
            {"document": item.document, "path": item.path, "outcome": item.outcome}
            for item in evaluation.items
            if not item.right
        ],
    }
