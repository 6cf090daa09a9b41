"""What is recorded of an answer: digests, times, decisions; never words, unless content is switched on."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import platformdirs

from ..locks import canonical_json
from .log import AuditLog

__all__ = ["audit_here", "document_name", "recorder", "who"]

VARIABLE = "RINGFENCE_AUDIT"


def audit_folder() -> Path:
    """RINGFENCE_AUDIT, or the default place of this user."""
    return Path(os.environ.get(VARIABLE) or Path(platformdirs.user_data_dir("ringfence")) / "audit")


def audit_here() -> AuditLog | None:
    """The log that work is recorded in; None where none was made. Raises InputError where RINGFENCE_AUDIT names none."""
    folder = audit_folder()
    if not (folder / "about.json").exists() and not (folder / "log.jsonl").exists() and not os.environ.get(VARIABLE):
        return None
    return AuditLog(folder)


def who() -> str:
    """The user that runs this process."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def document_name(identity: str) -> str:
    """The digest under which a document's id stands in the log: names may say as much as content."""
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()


def recorder(log: AuditLog, run: str) -> Callable[[Mapping[str, Any]], None]:
    """What writes a record of each result of a run."""
    by = who()

    def record(result: Mapping[str, Any]) -> None:
        document = result["document"]
        output = canonical_json(result).encode("utf-8", "backslashreplace")
        log.append(
            "answer", {"id": document["id"], "values": result["values"]}, who=by, run=run, lock=result["lock"],
            document=document["sha256"], name=document_name(document["id"]), output=hashlib.sha256(output).hexdigest(),
            status=result["status"], decision=result["decision"],
        )  # fmt: skip

    return record
