"""ringfence tasks: check a task file, print the schema of task files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..tasks import load_task, task_schema
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
    note(f"{task_file}: {len(task.fields)} fields, {len(task.checks)} checks, no faults.")


@command.command("schema")
def schema_command() -> None:
    """Print the JSON schema of task files, for editors."""
    click.echo(json.dumps(task_schema(), indent=2))
