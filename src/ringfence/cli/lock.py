"""ringfence lock: record everything that determines an answer, in a file for version control."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..api.lock import compare_locks, find_lock, lock_in
from ..contracts import ModelOptions
from ..documents import ReadingOptions
from ..locks import sign_lock, verify_lock, write_lock
from ..locks.bom import bill_of_materials
from ..runs import require_output
from ..signatures import SigningKey, TrustedKeys
from ..tasks import load_task
from .console import echo, note, opened
from .options import (
    AnswerFiles,
    answer_options,
    json_option,
    model_options,
    reading_options,
    signing_options,
    trust_options,
)

__all__ = ["command"]

PATH = click.Path(path_type=Path)


class _MakeFirst(click.Group):
    """Makes `ringfence lock TASK` short for `ringfence lock make TASK`; the other commands have their names."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Insert `make` if the first argument is not a verb."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["make", *args]
        return super().parse_args(context, args)


@click.group(cls=_MakeFirst)
def command() -> None:
    """Record everything that determines an answer (`ringfence lock TASK.yaml`); compare, sign and verify locks."""


@command.command("make")
@click.argument("task_file", type=PATH)
@model_options
@reading_options
@answer_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("ringfence.lock"),
    show_default=True,
    help="The lock file to write.",
)
def make_command(task_file: Path, model: ModelOptions, reading: ReadingOptions, answers: AnswerFiles, out: Path) -> int:
    """Load weights and engine as `ringfence run TASK_FILE` does with these options, and write the lock."""
    require_output(out, task_file)
    task = load_task(task_file)
    options = answers.options(task, reading)
    with opened(model) as loaded:
        lock = loaded.lock(task, options)
        name = loaded.name
    write_lock(lock, out)
    licence = lock.facts.weights.licence or "licence unknown"
    note(f"{out}: {lock.digest[:19]}; weights {name} ({licence}). Run with: --locked {out} and the same options.")
    return 0


@command.command("bom")
@click.argument("lock", type=PATH)
def bom_command(lock: Path) -> int:
    """Print the bill of materials of LOCK (a lock, a run or a release): CycloneDX 1.6, an ML-BOM."""
    click.echo(bill_of_materials(find_lock(lock)), nl=False)
    return 0


@command.command("sign")
@click.argument("lock", type=PATH)
@signing_options
def sign_command(lock: Path, signing: SigningKey) -> int:
    """Sign LOCK (a lock or a release) offline (OpenSSF model signing); writes LOCK.sig beside it."""
    note(f"Signed: {sign_lock(lock, signing, lock_in)}. A policy can require it: [signatures] public_keys.")
    return 0


@command.command("verify")
@click.argument("lock", type=PATH)
@trust_options
def verify_command(lock: Path, trusted: TrustedKeys) -> int:
    """Check the signature and the digest of LOCK (a lock or a release). Exit code 2: one of them is wrong."""
    verified = verify_lock(lock, trusted, lock_in)
    note(f"{lock}: {verified.lock.digest[:19]}, signed under {verified.confirmed_by}.")
    return 0


@command.command("diff")
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@json_option
def diff_command(first: Path, second: Path, as_json: bool) -> int:
    """Show how two locks differ, and why each difference can change answers.

    Each argument is a lock, a run or a release. Exit code 1: they differ.
    """
    comparison = compare_locks(first, second)
    differences = comparison.differences
    if as_json:
        click.echo(json.dumps(comparison.as_json()))
    else:
        for difference in differences:
            echo(difference.describe("first", "second"))
        number = len(differences)
        count = "1 difference" if number == 1 else f"{number or 'No'} differences"
        note(f"{count} between {first} and {second}.")
    return 1 if differences else 0
