"""ringfence run: one task over many documents."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from ..documents import Source, expand_inputs, holds_several
from ..errors import InputError
from ..reports import write_report
from ..runs import ExamplePool, RunFolder, RunSummary, Windowing, chooser, estimate, lock_of, read_pool, run
from ..runs import Progress as RunProgress
from ..tasks import ClassifyTask, Example, Task, load_task
from .options import engine_options, engine_options_from, open_embedder, open_for, reading_options, reading_options_from
from .screen import note, stderr

__all__ = ["command"]


@click.command()
@click.argument("task_file", type=click.Path(path_type=Path))
@click.argument("inputs", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The run folder.")
@engine_options
@reading_options
@click.option(
    "--window",
    "window_tokens",
    type=click.IntRange(128),
    default=Windowing.tokens,
    show_default=True,
    help="Read documents that are longer than this many tokens in windows of that size.",
)
@click.option(
    "--relevant",
    type=click.IntRange(1),
    help="Of a long document, read only this many windows for each field, chosen by meaning; without it, all.",
)
@click.option(
    "--pool",
    "pool_file",
    type=click.Path(path_type=Path),
    help="Labelled texts (JSONL: text, label) that a classify task takes its examples from, by likeness.",
)
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
    labelled = _labelled(pool_file, task)
    sources = expand_inputs(inputs)
    if not (resume and (out / "run.json").exists()):
        RunFolder.create(out)  # whatever is wrong with it is said before the weights are loaded
    opened = open_for(**engine_arguments)
    with closing(opened.engine):
        windowing = Windowing(window_tokens, relevant)
        embedder = open_embedder() if relevant or labelled else None
        pool = ExamplePool(labelled, embedder.engine) if labelled and embedder else None
        if not as_json and len(sources) >= 10:
            note(str(estimate(task, sources, opened.engine, reading, limit, windowing)))
        digest = embedder.facts["digest"] if embedder else None
        lock = lock_of(task, opened, reading, windowing, digest, pool.digest if pool else None)
        arguments = {
            "task": str(task_file),
            "inputs": list(inputs),
            "limit": limit,
            "resume": resume,
            **engine_arguments,
        }
        try:
            with _Bar(len(sources) if limit is None else min(limit, len(sources)), sources) as bar:
                summary = run(
                    task, sources, opened.engine, lock, out, resume=resume, limit=limit, options=reading,
                    windowing=windowing, choose=chooser(embedder.engine) if embedder and relevant else None, pool=pool,
                    arguments=arguments, weights_name=opened.name, on_progress=bar.update,
                )  # fmt: skip
        except KeyboardInterrupt:
            note(f"Interrupted. What was finished is kept in {out}; go on with the same command and --resume.")
            return 130
    report = write_report(out, reading.passwords)
    _tell(summary, report, as_json)
    return 3 if summary.totals["failed"] else 0


def _labelled(pool_file: Path | None, task: Task) -> list[Example]:
    """The labelled texts that were given. Raises InputError where the task has no use for them."""
    if pool_file is None:
        return []
    if not isinstance(task, ClassifyTask) or not (task.examples or task.likeness):
        raise InputError(
            "Only a classify task that shows examples or weighs likeness takes a pool.", "Leave --pool out."
        )
    return read_pool(pool_file, task)


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


class _Bar:
    """Documents per minute, time left and failures, while a run is under way."""

    def __init__(self, total: int, sources: list[Source]) -> None:
        many = any(holds_several(source) for source in sources)
        self._bars = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[rate]}"), console=stderr, disable=not stderr.is_terminal,
        )  # fmt: skip
        self._task = self._bars.add_task("documents", total=None if many else total, rate="")
        self._started = time.monotonic()
        self._spoken = self._started

    def __enter__(self) -> _Bar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def update(self, progress: RunProgress) -> None:
        ended = sum(progress.seen.values())
        minutes = (time.monotonic() - self._started) / 60
        rate = f"{ended / minutes:.1f}/min" if minutes > 0.02 else ""
        failed = f", {progress.seen['failed']} failed" if progress.seen["failed"] else ""
        where = ""
        if progress.window and progress.window[1] < progress.window[2]:
            where = f", {progress.window[0][-30:]}: window {progress.window[1]} of {progress.window[2]}"
        self._bars.update(self._task, completed=ended + progress.kept, rate=rate + failed + where)
        if not stderr.is_terminal and time.monotonic() - self._spoken > 30:
            self._spoken = time.monotonic()
            note(f"{ended} documents ended, {rate}{failed}{where}")
