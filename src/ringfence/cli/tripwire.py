"""ringfence tripwire: has anything changed without my knowledge?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..documents import ReadingOptions, expand_inputs
from ..errors import InputError, UserError
from ..locks import Difference
from ..replay import NEAR_TIE, Replayed
from ..replay.tripwire import copy_documents, record_check, told
from ..runs import RunFolder, Windowing
from ..tasks import task_from
from .options import engine_options_of, passwords_from
from .replay import LockDiffers, replay_folder
from .screen import note
from .working import labelled_texts, work

__all__ = ["command"]


@click.group()
def command() -> None:
    """A few documents whose answers are replayed from time to time; any difference is an alarm."""


@command.command("set")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("tripwire"), show_default=True, help="The tripwire."
)
@click.option("--sample", type=click.IntRange(1), default=20, show_default=True, help="How many documents.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line.")
def set_command(run: Path, out: Path, sample: int, password_file: Path | None) -> int:
    """Copy documents of RUN into a tripwire, and answer them one at a time with what RUN ran with."""
    if (out / "run").exists():
        raise InputError(f"There is a tripwire in {out} already.", "Check it, or name another folder.")
    folder = RunFolder.open(run)
    facts = folder.read_facts()
    task, data = task_from(facts["task"]), facts["lock"]["data"]
    said = facts["sessions"][-1]["arguments"]
    if "weights_name" not in said:
        raise InputError("The run does not say what it ran with.", "Set a tripwire on a run of `ringfence run`.")
    inputs = copy_documents(folder, sample, out / "documents")
    arguments = engine_options_of(facts["sessions"][-1]) | {"engine_name": data["engine"]["name"], "mode": "solo"}
    pool = said.get("pool")
    base = folder.base()
    reading = ReadingOptions.of_run(facts["reading"], passwords_from(password_file))
    windowing = Windowing(**data["windows"])
    summary = work(
        task, expand_inputs(inputs), out / "run", arguments, reading, windowing, labelled_texts(base / pool if pool else None, task),
        arguments={**arguments, "pool": str(base / pool) if pool else None}, quiet=True,
    )  # fmt: skip
    note(f"{out}: {summary.totals}. From now on, in cron: ringfence tripwire check {out}")
    return 0


@command.command("check")
@click.argument("tripwire", type=click.Path(path_type=Path), default=Path("tripwire"))
@click.option("--webhook", help="An address inside your walls that is told of an alarm (POST, JSON, no content).")
@click.option("--password-file", type=click.Path(path_type=Path), help="Passwords for encrypted documents, one a line.")
def check_command(tripwire: Path, webhook: str | None, password_file: Path | None) -> int:
    """Replay the tripwire. Prints one JSON line and appends it to checks.jsonl. Exit code 1: an alarm.

    A lock that does not hold any more is an alarm, with everything that differs; so are weights whose bytes were changed.
    """
    if webhook and not webhook.startswith(("http://", "https://")):
        raise InputError(f"{webhook!r} is no address.", "Give it like http://alarms.intern/ringfence.")
    replayed: Replayed | None = None
    differences: list[Difference] = []
    fault: str | None = None
    RunFolder.open(tripwire / "run")
    try:
        replayed = replay_folder(tripwire / "run", None, NEAR_TIE, False, {}, passwords_from(password_file))
    except LockDiffers as error:
        differences = error.differences
    except UserError as error:
        fault = str(error)
    rows = [{"path": d.path, "expected": d.expected, "found": d.found, "why": d.why} for d in differences]
    line = told(replayed, rows, fault)
    record_check(tripwire, line)
    click.echo(json.dumps(line))
    if line["alarm"] and webhook:
        _tell(webhook, line)
    return 1 if line["alarm"] else 0


def _tell(webhook: str, line: dict[str, Any]) -> None:
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    try:
        request = Request(webhook, json.dumps(line).encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=20) as answer:
            note(f"Told {webhook} ({answer.status}).")
    except (OSError, ValueError, HTTPException) as error:  # an alarm stays an alarm, whoever could not be told
        note(f"{webhook} could not be told: {error}.")
