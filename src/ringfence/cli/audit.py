"""ringfence audit: the log of every inference and decision."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ..audit import AuditLog, AuditQuery, find_records, lock_periods, make_log, require_log
from .console import echo, note
from .options import json_option

__all__ = ["command"]

_UNCHECKED = {
    "key": "Not checked: the key itself. The log names its own key, {fingerprint}, and whoever can write the log can "
    "write it anew under another. Give --key or --anchor.",
    "tail": "Not checked: the tail. Records that were cut off the end show only with --anchor.",
}


@click.group()
def command() -> None:
    """Record who answered what, when and under which lock, in an append-only log without content, chained by a key.

    The log is in the folder that RINGFENCE_AUDIT names, or in this user's data folder. Once it exists, it records every
    run and every decision.
    """


@command.command("init")
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="The key file; created if it does not exist. By default it is beside the log.",
)
@click.option(
    "--content",
    is_flag=True,
    help="Also store values, in a file beside the log, which commits to them; `erase` deletes them by age.",
)
def init_command(key: Path | None, content: bool) -> int:
    """Create the log."""
    log = make_log(key, content)
    note(f"The audit log is in {log.folder}, its key in {log.key_path}.")
    note(f"The key's fingerprint is {log.key_fingerprint}: keep it elsewhere, for `ringfence audit verify --key`.")
    if key is None:
        note(
            "Anyone who can read the key can forge the log: keep the key elsewhere (--key), and store an anchor where "
            "this machine cannot write."
        )
    return 0


@command.command("verify")
@click.option(
    "--key",
    metavar="FILE|FINGERPRINT",
    help="A copy of the key, kept elsewhere, or its fingerprint, to detect a log written anew under another key.",
)
@click.option("--anchor", help="The output of `ringfence audit anchor`, to detect a tail that was cut off since.")
@json_option
def verify_command(key: str | None, anchor: str | None, as_json: bool) -> int:
    """Check every record against the key, the previous record and its content. Exit code 1: the log was changed."""
    log = require_log()
    faults = log.verify(anchor, AuditLog.fingerprint_of(key) if key else None)
    total = log.count()
    unchecked = [name for name, given in (("key", key or anchor), ("tail", anchor)) if not given]
    if as_json:
        data = {"schema": 1, "records": total, "faults": [asdict(fault) for fault in faults], "unchecked": unchecked}
        click.echo(json.dumps(data))
    else:
        for fault in faults:
            echo(f"record {fault.record}: {fault.what}" if fault.record else fault.what)
        found = f"{len(faults) or 'no'} fault{'' if len(faults) == 1 else 's'}"
        note(f"{total} records, {found}. The key is in {log.key_path}.")
        for name in unchecked:
            note(_UNCHECKED[name].format(fingerprint=log.key_fingerprint))
    return 1 if faults else 0


@command.command("anchor")
def anchor_command() -> int:
    """Print the current anchor of the log. Keep it where this machine cannot write: on paper, on another machine."""
    echo(require_log().anchor())
    return 0


@command.command("query")
@click.option("--since", help="Records from this time on (2026-11-25, or 2026-11-25T08:00:00Z).")
@click.option("--until", help="Records up to this time.")
@click.option("--lock", help="Only records under this lock (its digest, or the beginning of it).")
@click.option("--document", help="Only records about this document: a file, its id in a run, or its digest.")
@click.option("--locks", is_flag=True, help="Print when each lock answered, instead of the records.")
def query_command(since: str | None, until: str | None, lock: str | None, document: str | None, locks: bool) -> int:
    """Print records as JSON lines, such as all records about a document or under a lock."""
    log, query = require_log(), AuditQuery(since, until, lock, document)
    count = 0
    if locks:
        for period in lock_periods(log, query):
            count += period.records
            click.echo(json.dumps(period.as_json()))
    else:
        for record in find_records(log, query):
            count += 1
            click.echo(json.dumps(record))
    note(f"{count} records.")
    return 0


@command.command("erase")
@click.option(
    "--older-than", "days", type=click.IntRange(0), required=True, metavar="DAYS", help="The retention time in days."
)
def erase_command(days: int) -> int:
    """Erase content older than its retention time. The chain stays intact, because it contains only commitments."""
    note(f"Erased the content of {require_log().erase_older_than(days)} records; the records stay.")
    return 0
