"""ringfence tasks: check a task file, or print the schema of task files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..tasks import load_task, task_schema
from .console import note
from .options import json_option

__all__ = ["command"]


@click.group()
def command() -> None:
    """Check task files, which define the question for every document."""


@command.command("check")
@click.argument("task_file", type=click.Path(path_type=Path))
@json_option
def check_command(task_file: Path, as_json: bool) -> None:
    """Check TASK_FILE, and list every fault with its line. With --json, print the task with all defaults."""
    task = load_task(task_file)
    if as_json:
        click.echo(json.dumps(task.canonical()))
    note(f"{task_file}: {task.describe()}; no faults.")
    for sentence in task.advice():
        note(sentence)


@command.command("schema")
def schema_command() -> None:
    """Print the JSON schema of task files, for editors."""
    click.echo(json.dumps(task_schema(), indent=2))
