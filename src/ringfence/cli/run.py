"""ringfence run: one task over many documents."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from ..documents import expand_inputs
from ..evaluation.calibrator import read_calibrator
from ..reports import write_report
from ..runs import RunFolder, RunSummary, Windowing
from ..tasks import load_task
from .options import answer_options, engine_options, engine_options_from, reading_options, reading_options_from
from .screen import note
from .working import labelled_texts, work

__all__ = ["command"]


@click.command()
@click.argument("task_file", type=click.Path(path_type=Path))
@click.argument("inputs", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The run folder.")
@engine_options
@reading_options
@answer_options
@click.option(
    "--locked", type=click.Path(path_type=Path),
    help="A lock (`ringfence lock`): refuse to start where anything that determines an answer differs.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), help="Take no more than this many documents now.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out: what is new, changed or failed.")
@click.option("--json", "as_json", is_flag=True, help="Print the totals as JSON.")
def command(
    task_file: Path,
    inputs: tuple[str, ...],
    out: Path,
    window_tokens: int,
    relevant: int | None,
    pool_file: Path | None,
    calibrator_file: Path | None,
    locked: Path | None,
    limit: int | None,
    resume: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Run TASK_FILE over INPUTS (files, folders, globs) into the folder --out.

    Leaves run.json, results.jsonl and report.html there. Interrupted at any moment, it goes on with --resume.
    """
    engine_arguments = engine_options_from(options)
    reading = reading_options_from(**options)
    task = load_task(task_file)
    labelled = labelled_texts(pool_file, task)
    sources = expand_inputs(inputs)
    if not (resume and (out / "run.json").exists()):
        RunFolder.create(out)  # whatever is wrong with it is said before the weights are loaded
    arguments = {
        "task": str(task_file), "inputs": list(inputs), "limit": limit, "resume": resume, **engine_arguments,
        "calibrator": str(calibrator_file) if calibrator_file else None, "pool": str(pool_file) if pool_file else None,
    }  # fmt: skip
    calibrator = read_calibrator(calibrator_file) if calibrator_file else None
    try:
        summary = work(
            task, sources, out, engine_arguments, reading, Windowing(window_tokens, relevant), labelled, calibrator,
            limit=limit, resume=resume, arguments=arguments, quiet=as_json, locked=locked,
        )  # fmt: skip
    except KeyboardInterrupt:
        note(f"Interrupted. What was finished is kept in {out}; go on with the same command and --resume.")
        return 130
    report = write_report(out, reading.passwords)
    _tell(summary, report, as_json)
    if calibrator and not as_json:
        decisions = Counter(str(result["decision"]) for result in RunFolder.open(out).latest())
        note("Decisions: " + ", ".join(f"{count} {name}" for name, count in sorted(decisions.items())) + ".")
    return 3 if summary.totals["failed"] else 0


def _tell(summary: RunSummary, report: Path, as_json: bool) -> None:
    progress = summary.progress
    for identity in progress.changed[:20]:
        note(f"Changed since it was last read, and done again: {identity}")
    if len(progress.changed) > 20:
        note(f"... and {len(progress.changed) - 20} more that changed.")
    if as_json:
        click.echo(
            json.dumps(
                {
                    "schema": 1,
                    "run": str(summary.folder),
                    "totals": dict(summary.totals),
                    "kept": progress.kept,
                    "changed": progress.changed,
                    "report": str(report),
                }
            )
        )
        return
    note(f"{summary.totals}." + (f" {progress.kept} of them were done before and are kept." if progress.kept else ""))
    note(f"Report: {report.resolve().as_uri()}")
