"""ringfence schema: print the JSON schema of a file that Ringfence reads or writes."""

from __future__ import annotations

import json

import click

from ..contracts import SCHEMAS, json_schema
from ..tasks import task_schema

__all__ = ["command"]

_TASK = "task"


@click.command()
@click.argument("name", metavar="|".join([_TASK, *SCHEMAS]), type=click.Choice([_TASK, *SCHEMAS]))
def command(name: str) -> None:
    """Print the JSON schema of a task file, results.jsonl, run.json, trace.jsonl, a gold file or a lock."""
    click.echo(json.dumps(task_schema() if name == _TASK else json_schema(name), indent=2))
