"""ringfence lock: everything that determines an answer, in a file for version control."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..errors import InputError
from ..evaluation.calibrator import read_calibrator
from ..locks import Lock, differences, read_lock, write_lock
from ..locks.bom import bill_of_materials
from ..runs import RunFolder, Windowing
from ..signing import sign_path, verify_path
from ..tasks import load_task
from .options import (
    answer_options,
    engine_options,
    engine_options_from,
    open_for,
    reading_options,
    reading_options_from,
    signing_options,
    trust_options,
)
from .screen import note
from .working import labelled_texts, locked_by, signature_of

__all__ = ["command"]


class _MakeFirst(click.Group):
    """`ringfence lock TASK` makes a lock; `ringfence lock diff A B` is a verb of its own."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Put `make` before what is no verb."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["make", *args]
        return super().parse_args(context, args)


@click.group(cls=_MakeFirst)
def command() -> None:
    """Write down what determines an answer (`ringfence lock TASK.yaml ...`), and tell two locks apart."""


@command.command("make")
@click.argument("task_file", type=click.Path(path_type=Path))
@engine_options
@reading_options
@answer_options
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("ringfence.lock"), show_default=True
)
def make_command(
    task_file: Path, window_tokens: int, relevant: int | None, pool_file: Path | None, calibrator_file: Path | None, out: Path,
    **options: Any,
) -> int:  # fmt: skip
    """Load weights and engine as `ringfence run TASK_FILE` would with the same options, and write the lock to --out."""
    engine_arguments = engine_options_from(options)
    reading = reading_options_from(**options)
    task = load_task(task_file)
    labelled = labelled_texts(pool_file, task)
    calibrator = read_calibrator(calibrator_file) if calibrator_file else None
    opened = open_for(**engine_arguments)
    with closing(opened.engine):
        lock, _, _ = locked_by(task, opened, reading, Windowing(window_tokens, relevant), labelled, calibrator)
    write_lock(lock, out)
    licence = lock.data["weights"].get("licence", "not known")
    note(
        f"{out}: {lock.digest[:19]}; weights {opened.name} ({licence}). Run with: --locked {out} and the same options."
    )
    return 0


@command.command("bom")
@click.argument("lock", type=click.Path(path_type=Path))
def bom_command(lock: Path) -> int:
    """Print the bill of materials of LOCK (a lock, a run or a release): CycloneDX 1.6, an ML-BOM."""
    click.echo(bill_of_materials(_lock(lock), f"ringfence {__version__}"), nl=False)
    return 0


@command.command("sign")
@click.argument("lock", type=click.Path(path_type=Path))
@signing_options
def sign_command(lock: Path, key: Path, certificate: Path | None, chain: tuple[Path, ...]) -> int:
    """Sign a lock (OpenSSF model signing; offline): LOCK.sig beside it."""
    read_lock(lock)
    sign_path(lock, signature_of(lock), key, os.environ.get("RINGFENCE_KEY_PASSWORD"), certificate, chain)
    note(f"Signed: {signature_of(lock)}. A policy can demand it: [signatures] public_keys.")
    return 0


@command.command("verify")
@click.argument("lock", type=click.Path(path_type=Path))
@trust_options
def verify_command(lock: Path, keys: tuple[Path, ...], authorities: tuple[Path, ...]) -> int:
    """Check the signature of a lock, and that it was not changed. Exit code 2: it does not hold."""
    by = verify_path(lock, signature_of(lock), keys, authorities)
    note(f"{lock}: {read_lock(lock).digest[:19]}, signed under {by}.")
    return 0


@command.command("diff")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def diff_command(first: Path, second: Path, as_json: bool) -> int:
    """What differs between two locks, and why it can change answers. A run or a release may stand for its lock.

    Exit code 1 where something differs.
    """
    one, two = _lock(first), _lock(second)
    found = differences(one.data, two.data)
    if as_json:
        rows = [{"path": d.path, "first": d.expected, "second": d.found, "why": d.why} for d in found]
        click.echo(json.dumps({"schema": 1, "first": one.digest, "second": two.digest, "differences": rows}))
    else:
        for difference in found:
            click.echo(str(difference).replace("expected", "first", 1).replace(", found", ", second", 1))
        note(f"{len(found) or 'No'} differences between {first} and {second}.")
    return 1 if found else 0


def _lock(path: Path) -> Lock:
    """The lock in a TOML file, of a run folder, or of a release. Raises InputError."""
    if path.is_dir():
        return RunFolder.open(path).lock()
    if path.suffix == ".json":
        try:
            stated = json.loads(path.read_text(encoding="utf-8"))["lock"]
            lock = Lock(**stated["data"])
            if lock.digest != stated["digest"]:
                raise ValueError
            return lock
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"{path} is no release, or was changed.", "Give a lock, a run folder, or a release."
            ) from None
    return read_lock(path)
