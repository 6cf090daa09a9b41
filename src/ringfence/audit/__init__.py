"""Audit: who answered what, when, under which lock; appended, chained by a key, and without content."""

from .log import AuditLog, Fault, Record
from .recording import audit_here, recorder

__all__ = ["AuditLog", "Fault", "Record", "audit_here", "recorder"]
