"""ringfence tripwire: detect changes of answers over time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..api.tripwire import check_tripwire, set_tripwire
from ..errors import InputError
from .console import note
from .options import password_option

__all__ = ["command"]


@click.group()
def command() -> None:
    """Replay a few documents from time to time; any difference is an alarm."""


@command.command("set")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("tripwire"), show_default=True, help="The tripwire folder."
)
@click.option("--sample", type=click.IntRange(1), default=20, show_default=True, help="The number of documents.")
@password_option
def set_command(run: Path, out: Path, sample: int, passwords: tuple[str, ...]) -> int:
    """Copy documents of RUN into a tripwire, and answer them one at a time with the model and settings of RUN."""
    made = set_tripwire(run, out, sample, passwords)
    note(f"{out}: {made.totals}. From now on, in cron: ringfence tripwire check {out}")
    return 0


@command.command("check")
@click.argument("tripwire", type=click.Path(path_type=Path), default=Path("tripwire"))
@click.option("--webhook", help="An address inside your walls that receives alarms (POST, JSON, no content).")
@password_option
def check_command(tripwire: Path, webhook: str | None, passwords: tuple[str, ...]) -> int:
    """Replay the tripwire. Prints one JSON line and appends it to checks.jsonl. Exit code 1: an alarm.

    It is an alarm if an answer differs, if this machine no longer matches the lock, or if the bytes of the weights have
    changed.
    """
    if webhook and not webhook.startswith(("http://", "https://")):
        raise InputError(
            "The address of --webhook is not a web address.", "Write it as http://alarms.intern/ringfence."
        )
    line = check_tripwire(tripwire, passwords)
    click.echo(json.dumps(line))
    if line["alarm"] and webhook:
        _send_alarm(webhook, line)
    return 1 if line["alarm"] else 0


def _send_alarm(webhook: str, line: dict[str, Any]) -> None:
    from http.client import HTTPException
    from urllib.parse import urlsplit
    from urllib.request import Request, urlopen

    host = urlsplit(webhook).hostname  # the rest of the address may be a secret
    try:
        request = Request(webhook, json.dumps(line).encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=20) as answer:
            note(f"Sent the alarm to {host} ({answer.status}).")
    except (OSError, ValueError, HTTPException) as error:  # it is still an alarm, even if the webhook fails
        note(f"Cannot send the alarm to {host}: {error}.")
