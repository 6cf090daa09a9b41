"""Questions to the audit log: which records concern a document, which lock answered when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .log import AuditLog, Record
from .records import audit_here, document_name

__all__ = ["AuditQuery", "LockPeriod", "find_records", "kept_in_audit", "lock_periods"]

_LOCK = "lock"


@dataclass(frozen=True)
class AuditQuery:
    """A selection of records; empty criteria select every record.

    ``since`` and ``until`` are a date or a time (2026-11-25, 2026-11-25T08:00:00Z); a date as ``until`` includes that
    day. ``lock`` is the beginning of a lock's digest. ``document`` is a file, the id of a document in a run, or the
    digest of its content.
    """

    since: str | None = None
    until: str | None = None
    lock: str | None = None
    document: str | None = None


@dataclass(frozen=True)
class LockPeriod:
    """The first and the last record of a lock, and the number of its records."""

    lock: str
    first: str
    last: str
    records: int

    def as_json(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def find_records(log: AuditLog, query: AuditQuery) -> Iterator[Record]:
    """The records that match, in order; with their ``content``, if the log still holds it."""
    names = _document_digests(query.document) if query.document else None
    kept = log.content() if log.keeps_content else {}
    for record in log.records():
        if _matches(record, query, names):
            yield {**record, "content": kept[record["n"]]} if record["n"] in kept else record


def lock_periods(log: AuditLog, query: AuditQuery) -> list[LockPeriod]:
    """For each lock in the matching records, the period in which it answered."""
    periods: dict[str, LockPeriod] = {}
    for record in find_records(log, query):
        if _LOCK not in record:
            continue
        lock, at = str(record[_LOCK]), str(record["at"])
        before = periods.get(lock)
        periods[lock] = LockPeriod(lock, before.first if before else at, at, before.records + 1 if before else 1)
    return list(periods.values())


def kept_in_audit(documents: Iterable[str]) -> int:
    """How many of these documents, by id, the log of this user still holds values of."""
    log = audit_here()
    if log is None or not log.keeps_content:
        return 0
    names, kept = {document_name(identity) for identity in documents}, log.content()
    return len({record["name"] for record in log.records() if record["n"] in kept and record.get("name") in names})


def _matches(record: Record, query: AuditQuery, names: set[str] | None) -> bool:
    at = str(record["at"])
    if query.since and at < query.since:
        return False
    if query.until and at > query.until + ("" if "T" in query.until else "T99"):
        return False
    digest = str(record.get(_LOCK, "")).removeprefix("sha256:")
    if query.lock and not digest.startswith(query.lock.removeprefix("sha256:")):
        return False
    return names is None or bool(names & {record.get("document"), record.get("name")})


def _document_digests(document: str) -> set[str]:
    """The digests under which the log may hold a document: as a digest, as an id, and as a file."""
    digests = {document.removeprefix("sha256:"), document_name(document)}
    if Path(document).is_file():
        digests.add(hashlib.sha256(Path(document).read_bytes()).hexdigest())
    return digests
