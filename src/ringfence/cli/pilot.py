"""ringfence pilot: create a pilot folder, run its contenders, and reach a verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ..api.pilot import PilotHooks, run_pilot_folder
from ..documents import ReadingOptions
from ..pilot.new import DEFAULT_QUESTION, CreatedPilot, NewPilot, create_pilot
from ..runs import Progress
from .console import RunProgressBar, echo, note
from .options import json_option, password_option

__all__ = ["command", "pilot_progress"]


@click.group()
def command() -> None:
    """Create and run pilots: one task, a bar set in advance, contenders, and one page with the verdict."""


@command.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--question", default=DEFAULT_QUESTION, show_default=True, help="The question for the pilot to answer.")
@click.option(
    "--task", "task_file", type=click.Path(path_type=Path),
    help="A task file to copy; by default an example to edit.",
)  # fmt: skip
@click.option(
    "--documents", multiple=True, help="The documents, which stay in their place; by default FOLDER/documents."
)
@click.option("--gold", "gold_file", type=click.Path(path_type=Path), help="A gold file to copy, if you have one.")
@click.option("--weights", default="demo", show_default=True, help="Contenders: names of weights, separated by commas.")
@click.option(
    "--bar", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.9, show_default=True,
    help="The share that must be right.",
)  # fmt: skip
@click.option(
    "--unit", type=click.Choice(["value", "document"]), default="value", show_default=True, help="The unit of the bar."
)
@click.option(
    "--corpus", default="", help="The corpus that the gold's questions are put to; for tasks of the kind answer."
)
def new_command(
    *, folder: Path, question: str, task_file: Path | None, documents: tuple[str, ...], gold_file: Path | None,
    weights: str, bar: float, unit: str, corpus: str,
) -> int:  # fmt: skip
    """Create FOLDER with pilot.yaml, task.yaml and .gitignore. Keep it in git, without documents and answers."""
    names = [name for name in (part.strip() for part in weights.split(",")) if name]
    new = NewPilot(question, task_file, documents, gold_file, names, bar, unit, corpus)
    _print_next_steps(create_pilot(folder, new), new)
    return 0


def _print_next_steps(created: CreatedPilot, new: NewPilot) -> None:
    folder, step = created.folder, iter(range(1, 9))
    if created.kept_gitignore:
        note(f"{folder}/.gitignore stays as it is; make sure it keeps documents, gold and runs out of version control.")
    note(f"Created {folder}. Next:")
    if not new.task_file:
        note(f"  {next(step)}. Describe the task in {folder}/task.yaml (ringfence tasks check {folder}/task.yaml).")
    if not new.documents and not new.corpus:
        note(f"  {next(step)}. Put documents into {folder}/documents (they stay out of git).")
    note(
        f"  {next(step)}. Read the bar in {folder}/pilot.yaml; "
        f"`ringfence budget --bar {new.at_least}` shows how many labels it needs."
    )
    if not new.gold_file and new.corpus:
        note(
            f"  {next(step)}. Gold: ringfence corpus draft {new.corpus} --out {folder}/gold.jsonl      "
            "(correct each question and answer; add some that the documents do not answer)"
        )
    elif not new.gold_file:
        inputs = " ".join(new.documents) or f"{folder}/documents"
        note(f"  {next(step)}. Gold: ringfence run {folder}/task.yaml {inputs} --out {folder}/runs/first")
        note(
            f"           ringfence gold draft {folder}/runs/first --out gold.xlsx      "
            "(correct it, put an x under `confirmed`)"
        )
        note(f"           ringfence gold import gold.xlsx --gold {folder}/gold.jsonl --by YOU")
    note(f"  {next(step)}. ringfence pilot run {folder}")


@command.command("run")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@password_option
@json_option
def run_command(folder: Path, passwords: tuple[str, ...], as_json: bool) -> int:
    """Run every contender and the baselines of FOLDER, choose on dev, and reach the verdict on test.

    If you interrupt it, the same command continues. Exit code 1: FAIL or UNDECIDED.
    """
    from ..reports.pilot_report import next_step

    try:
        with pilot_progress() as hooks:
            outcome = run_pilot_folder(folder, ReadingOptions(passwords=passwords), hooks)
    except KeyboardInterrupt:
        note(f"Interrupted. Finished work is kept in {folder}; continue with the same command.")
        return 130
    if as_json:
        click.echo(json.dumps(outcome.as_json()))
    else:
        echo(outcome.sentence)
        for accepted in outcome.accepted:
            note(f"Per {accepted.unit}: {accepted.sentence}")
        for warning in outcome.warnings:
            note(warning)
        note(f"Next: {next_step(outcome)}")
    note(f"Open this in a browser: {(folder / 'report.html').resolve().as_uri()}")
    return 0 if outcome.verdict.passed else 1


@contextmanager
def pilot_progress() -> Iterator[PilotHooks]:
    """Yield callbacks that print a pilot's sentences, and show a progress bar for each contender's run."""
    bars: dict[str, RunProgressBar] = {}

    def stop() -> None:
        for bar in bars.values():
            bar.__exit__()
        bars.clear()

    def say(sentence: str) -> None:
        if sentence.startswith("Contender "):
            stop()
        note(sentence)

    def on_event(contender: str, documents: int, progress: Progress) -> None:
        if contender not in bars:
            bars[contender] = RunProgressBar(documents, ()).__enter__()
        bars[contender].update(progress)
        if sum(progress.seen.values()) + progress.kept >= documents:
            stop()

    try:
        yield PilotHooks(say, on_event)
    finally:
        stop()
