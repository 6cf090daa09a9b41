"""Write docs/cli.md from the command line itself, and docs/task.schema.json from the task model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ringfence.cli import cli
from ringfence.tasks import task_schema

HERE = Path(__file__).parent


def sections(command: click.Command, name: str, parent: click.Context | None = None) -> list[str]:
    """The help of a command and of all commands below it."""
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100, terminal_width=100)
    found = [f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            below = command.get_command(context, child)
            assert below is not None
            found += sections(below, child, context)
    return found


def reference() -> str:
    """The whole page."""
    return "# Command line reference\n\nMade by `make docs`; do not edit.\n\n" + "\n".join(sections(cli, "ringfence"))


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(reference())
    else:
        (HERE / "cli.md").write_text(reference(), encoding="utf-8")
        (HERE / "task.schema.json").write_text(json.dumps(task_schema(), indent=2) + "\n", encoding="utf-8")
