"""Audit: who answered what, when, under which lock; appended, chained by a key, and without content."""

from .log import AuditLog, LogFault, Record
from .query import AuditQuery, LockPeriod, find_records, kept_in_audit, lock_periods
from .records import audit_here, make_log, recorder, require_log, who

__all__ = [
    "AuditLog",
    "AuditQuery",
    "LockPeriod",
    "LogFault",
    "Record",
    "audit_here",
    "find_records",
    "kept_in_audit",
    "lock_periods",
    "make_log",
    "recorder",
    "require_log",
    "who",
]
