"""ringfence run: run one task over many documents."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import click

from ..api import Run
from ..api.model import RunDetails
from ..contracts import ModelOptions
from ..documents import ReadingOptions, expand_inputs
from ..errors import InputError
from ..inference import AnswerOptions
from ..labels.left_over import LeftOver, left_by
from ..locks import Lock
from ..operating.released import serving_release
from ..runs import RunFolder, RunSummary
from ..runs.doubts import doubts_of
from ..tasks import Task, load_task
from .console import RunProgressBar, note, opened
from .options import AnswerFiles, answer_options, json_option, model_options, options_given, reading_options

__all__ = ["command"]


@click.command()
@click.argument("task_file", type=click.Path(path_type=Path))
@click.argument("inputs", nargs=-1)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The run folder.")
@model_options
@reading_options
@answer_options
@click.option(
    "--locked", type=click.Path(path_type=Path),
    help="A lock file (`ringfence lock`); refuse to start if anything that determines an answer differs.",
)  # fmt: skip
@click.option(
    "--release", type=click.Path(path_type=Path),
    help="A release (`ringfence release`) instead of TASK_FILE; refuse to start if anything that it fixes differs.",
)  # fmt: skip
@click.option(
    "--left-by", type=click.Path(path_type=Path),
    help="Answer what this run leaves, in place of INPUTS: unanswered, or not accepted by its calibrator.",
)  # fmt: skip
@click.option(
    "--doubt", type=click.FloatRange(0, 1),
    help="With --left-by: leave answers with more doubt than this, as chosen by `ringfence tune --against`.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), help="Process at most this many documents now.")
@click.option("--resume", is_flag=True, help="Continue the run in --out: process what is new, changed or failed.")
@json_option
def command(
    *, task_file: Path, inputs: tuple[str, ...], out: Path, model: ModelOptions, reading: ReadingOptions,
    answers: AnswerFiles, locked: Path | None, release: Path | None, left_by: Path | None, doubt: float | None,
    limit: int | None, resume: bool, as_json: bool,
) -> int:  # fmt: skip
    """Run TASK_FILE over INPUTS (files, folders, globs) into the folder --out.

    Writes run.json, results.jsonl and report.html there. You can interrupt it at any time and continue with --resume.
    With --release every argument is an input: task, weights, engine, settings and calibrator are those of the release.
    """
    work = _Work.of_release(release, reading, answers) if release else _Work.of_task(task_file, model, reading, answers)
    inputs = (str(task_file), *inputs) if release else inputs
    left = _left_over(left_by, doubt, inputs, work.task)
    if not (inputs or left):
        raise InputError("There is no input.", "Name files, folders or globs after the task file.")
    sources = left.sources if left else expand_inputs(inputs)
    if not (resume and (out / "run.json").exists()):
        RunFolder.create(out)  # report an unusable folder before the weights are loaded
    details = RunDetails(
        work.lock or locked, limit, sources, task_file=None if release else str(task_file), pool=answers.pool,
        calibrator=answers.calibrator, made_by="release" if release else "", left_by=left,
    )  # fmt: skip
    try:
        with (
            opened(work.model) as loaded,
            RunProgressBar(len(sources) if limit is None else min(limit, len(sources)), sources) as bar,
        ):
            details = replace(details, on_estimate=None if as_json else bar.expect, on_duration=bar.follow)
            run = loaded.run(
                work.task, inputs, out, resume=resume, options=work.options, on_event=bar.update, details=details
            )
            why_unweighed = loaded.answerer(work.task, work.options).why_unweighed
    except KeyboardInterrupt:
        note(f"Interrupted. Finished work is kept in {out}; continue with the same command and --resume.")
        return 130
    report = run.report(reading.passwords)
    if why_unweighed:
        note(why_unweighed)
    if run.summary:
        _print_summary(run.summary, report, as_json)
    if work.options.cascade and not as_json:
        _print_cascade(run)
    if work.options.calibrator and not as_json:
        _print_decisions(run)
    return 3 if run.totals["failed"] else 0


_BESIDE_A_RELEASE = {
    "out",
    "release",
    "left_by",
    "doubt",
    "limit",
    "resume",
    "as_json",
    "password_file",
    "pool_file",
    "corpus_name",
}


@dataclass(frozen=True)
class _Work:
    """What is run: a task on a model; ``lock`` is that of a release."""

    task: Task
    model: ModelOptions
    options: AnswerOptions
    lock: Lock | None = None

    @classmethod
    def of_task(cls, task_file: Path, model: ModelOptions, reading: ReadingOptions, answers: AnswerFiles) -> _Work:
        task = load_task(task_file)
        return cls(task, model, answers.options(task, reading))

    @classmethod
    def of_release(cls, path: Path, reading: ReadingOptions, answers: AnswerFiles) -> _Work:
        given = [option for name, option in options_given().items() if name not in _BESIDE_A_RELEASE]
        if given:
            raise InputError(
                f"A release fixes the task, the weights and every setting; {', '.join(given)} cannot be given with it.",
                "Omit these options, or run the task file without --release.",
            )
        released = serving_release(path)
        options = released.options(reading.passwords, answers.pool, answers.corpus.name if answers.corpus else None)
        return cls(released.task, released.model, options, released.lock)


def _left_over(run: Path | None, doubt: float | None, inputs: tuple[str, ...], task: Task) -> LeftOver | None:
    if run is None:
        if doubt is not None:
            raise InputError("--doubt says which answers of a run are left.", "Name the run: --left-by RUN.")
        return None
    if inputs:
        raise InputError("--left-by takes its documents from the run.", "Omit the inputs, or --left-by.")
    left = left_by(run, task, doubt)
    note(left.sentence)
    return left


def _print_cascade(run: Run) -> None:
    answered = [result.grounding for result in run.results() if result.answered]
    note(f"Answered by the ranker, without the model: {answered.count('ranked')} of {len(answered)} documents.")


def _print_decisions(run: Run) -> None:
    decisions = Counter(str(result.decision) for result in run.results())
    note("Decisions: " + ", ".join(f"{count} {name}" for name, count in sorted(decisions.items())) + ".")


def _print_summary(summary: RunSummary, report: Path, as_json: bool) -> None:
    progress, doubts = summary.progress, doubts_of(RunFolder.open(summary.folder))
    run = shlex.quote(str(summary.folder))
    step = f"ringfence gold draft {run} --out gold.html" if doubts.worst else f"ringfence check {run}"
    if summary.totals["failed"] and summary.totals["failed"] == summary.totals.total():
        step = "mend what failed, then give the same command with --resume"
    for identity in progress.changed[:20]:
        note(f"Changed since the last session, and processed again: {identity}")
    if len(progress.changed) > 20:
        note(f"{len(progress.changed) - 20} more changed.")
    if as_json:
        facts = {
            "schema": 1,
            "run": str(summary.folder),
            "totals": dict(summary.totals),
            "unread": summary.totals.unread,
            "kept": progress.kept,
            "changed": progress.changed,
            "report": str(report),
            "doubts": doubts.as_json(),
            "next": step,
        }
        click.echo(json.dumps(facts))
        return
    note(f"{summary.totals}." + (f" {progress.kept} of them are from earlier sessions." if progress.kept else ""))
    if str(doubts):
        note(f"Look at: {doubts}.")
    for doubtful in doubts.worst:
        note(f"  {doubtful}")
    note(f"Report: {report.resolve().as_uri()}")
    note(f"Next: {step}")
