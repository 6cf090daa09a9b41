"""Records of the audit log: digests, times and decisions; content only if the log keeps it."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from ..contracts import Result
from ..errors import InputError
from ..locks import canonical_json
from .log import AuditLog

__all__ = ["audit_folder", "audit_here", "document_name", "make_log", "recorder", "require_log", "who"]

VARIABLE = "RINGFENCE_AUDIT"


def audit_folder() -> Path:
    """The folder in RINGFENCE_AUDIT, or the default folder of this user."""
    return Path(os.environ.get(VARIABLE) or Path(platformdirs.user_data_dir("ringfence")) / "audit")


def audit_here() -> AuditLog | None:
    """The log of this user; None if there is none. Raises InputError if RINGFENCE_AUDIT does not name a log."""
    folder = audit_folder()
    if not (folder / "about.json").exists() and not (folder / "log.jsonl").exists() and not os.environ.get(VARIABLE):
        return None
    return AuditLog(folder)


def require_log() -> AuditLog:
    """The log of this user. Raises InputError if there is none."""
    log = audit_here()
    if log is None:
        raise InputError("There is no audit log.", "Create one: ringfence audit init.")
    return log


def make_log(key: Path | None = None, content: bool = False) -> AuditLog:
    """Create the log of this user, and record its creation.

    ``key`` is the file of the key, which is written if it does not exist; by default it lies beside the log. With
    ``content`` the log keeps values too. Raises InputError if there already is a log, or if the key is too short.
    """
    folder = audit_folder()
    log = AuditLog.make(folder, key or folder / "key", content)
    log.append("log made", who=who())
    return log


def who() -> str:
    """The user who runs this process."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name; a system without a list of users
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def document_name(identity: str) -> str:
    """The digest that stands for a document's id in the log: a name may reveal as much as content."""
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()


def recorder(log: AuditLog, run: str) -> Callable[[Result], None]:
    """A function that records each result of a run."""
    user = who()

    def record(result: Result) -> None:
        document = result.document
        output = canonical_json(result.as_json()).encode("utf-8", "backslashreplace")
        log.append(
            "answer",
            {"id": document.id, "values": result.values},
            who=user,
            run=run,
            lock=result.lock,
            document=document.sha256,
            name=document_name(document.id),
            output=hashlib.sha256(output).hexdigest(),
            status=result.status,
            decision=result.decision,
        )

    return record
