"""ringfence audit: the log of every inference and decision."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ..audit import AuditLog, audit_here
from ..audit.recording import audit_folder, document_name, who
from ..errors import InputError
from .screen import note

__all__ = ["command"]


@click.group()
def command() -> None:
    """Who answered what, when, under which lock: a log that only grows, without content, chained by a key.

    It lies where RINGFENCE_AUDIT says, else with this user's data. Once made, every run and every decision is recorded.
    """


@command.command("init")
@click.option(
    "--key",
    "key_path",
    type=click.Path(path_type=Path),
    help="Where the key lies, or is made; beside the log when left out.",
)
@click.option(
    "--content",
    is_flag=True,
    help="Keep values too, apart from the log, which commits to them; `erase` removes them by age.",
)
def init_command(key_path: Path | None, content: bool) -> int:
    """Make the log."""
    folder = audit_folder()
    log = AuditLog.make(folder, key_path or folder / "key", content)
    log.append("log made", who=who())
    note(f"The audit log lies in {folder}, its key in {log.key_path}.")
    if key_path is None:
        note(
            "Who can read that key can write another log: keep it elsewhere (--key), and an anchor where this machine cannot write."
        )
    return 0


def _log() -> AuditLog:
    log = audit_here()
    if log is None:
        raise InputError("There is no audit log here.", "Make one: ringfence audit init.")
    return log


@command.command("verify")
@click.option("--anchor", help="What `ringfence audit anchor` printed: finds a tail that was cut since.")
@click.option("--json", "as_json", is_flag=True, help="Print what is wrong as JSON.")
def verify_command(anchor: str | None, as_json: bool) -> int:
    """Check every record against the key and the one before it. Exit code 1: the log was tampered with, or is damaged."""
    log = _log()
    faults = log.verify(anchor)
    total = log.path.read_bytes().count(b"\n") if log.path.exists() else 0
    if as_json:
        click.echo(json.dumps({"schema": 1, "records": total, "faults": [one.__dict__ for one in faults]}))
    else:
        for one in faults:
            click.echo(f"record {one.record}: {one.what}")
        note(f"{total} records, {len(faults) or 'no'} faults. The key lies in {log.key_path}.")
        if not anchor:
            note("Without --anchor a tail that was cut off whole cannot be seen.")
    return 1 if faults else 0


@command.command("anchor")
def anchor_command() -> int:
    """Print the anchor of the log as it is now. Keep it where this machine cannot write: paper, another machine."""
    click.echo(_log().anchor())
    return 0


@command.command("query")
@click.option("--since", help="From this time on (2026-11-25, or 2026-11-25T08:00:00Z).")
@click.option("--until", help="Up to this time.")
@click.option("--lock", "lock", help="Only this lock (or the beginning of its digest).")
@click.option(
    "--document", help="A document's file, its id in a run, or the digest of its content: everything about it."
)
@click.option("--locks", is_flag=True, help="Not the records, but which lock answered from when to when.")
def query_command(since: str | None, until: str | None, lock: str | None, document: str | None, locks: bool) -> int:
    """Print records as JSON lines: which lock answered between these times; everything about this document."""
    log = _log()
    names = _names(document) if document else None
    kept = log.content() if log.keeps_content else {}
    spans: dict[str, list[str]] = {}
    count = 0
    for record in log.records():
        at = record["at"]
        if (since and at < since) or (until and at > until + ("" if "T" in until else "T99")):
            continue
        if lock and not str(record.get("lock", "")).removeprefix("sha256:").startswith(lock.removeprefix("sha256:")):
            continue
        if names is not None and not names & {record.get("document"), record.get("name")}:
            continue
        count += 1
        if locks and "lock" in record:
            span = spans.setdefault(record["lock"], [at, at, "0"])
            span[1:] = [at, str(int(span[2]) + 1)]
        elif not locks:
            click.echo(json.dumps({**record, **({"content": kept[record["n"]]} if record["n"] in kept else {})}))
    for digest, (first, last, number) in spans.items():
        click.echo(json.dumps({"lock": digest, "first": first, "last": last, "records": int(number)}))
    note(f"{count} records.")
    return 0


def _names(document: str) -> set[str]:
    found = {document.removeprefix("sha256:"), document_name(document)}
    if Path(document).is_file():
        found.add(hashlib.sha256(Path(document).read_bytes()).hexdigest())
    return found


@command.command("erase")
@click.option(
    "--older-than", "days", type=click.IntRange(0), required=True, metavar="DAYS", help="The retention time, in days."
)
def erase_command(days: int) -> int:
    """Erase content that is older than its retention time. The chain stays whole: it holds commitments only."""
    before = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    note(f"The content of {_log().erase(before)} records was erased; the records stay.")
    return 0
