"""ringfence tasks: check a task file, print the schema of task files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..tasks import ClassifyTask, ExtractTask, Task, load_task, task_schema
from .screen import note

__all__ = ["command"]


@click.group()
def command() -> None:
    """Task files: what is asked of every document."""


@command.command("check")
@click.argument("task_file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the task with every default written out.")
def check_command(task_file: Path, as_json: bool) -> None:
    """Read TASK_FILE and name every fault with its line."""
    task = load_task(task_file)
    if as_json:
        click.echo(json.dumps(task.canonical()))
    note(f"{task_file}: {_said(task)}, no faults.")


def _said(task: Task) -> str:
    if isinstance(task, ExtractTask):
        return f"{len(task.fields)} fields, {len(task.checks)} checks"
    if isinstance(task, ClassifyTask):
        return f"{len(task.options)} labels, {'several' if task.several else 'one'} for each document"
    return f"a summary of about {task.words} words"


@command.command("schema")
def schema_command() -> None:
    """Print the JSON schema of task files, for editors."""
    click.echo(json.dumps(task_schema(), indent=2))
