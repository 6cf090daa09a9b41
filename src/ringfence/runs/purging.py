"""Remove what documents said from a run, and keep what proves that it happened: digests and totals."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from ..locks import canonical_json
from ..weights import now
from .folder import RunFolder, Totals

__all__ = ["purge"]

_KEPT = ("schema", "status", "mode", "grounding", "decision", "windows", "usage", "lock")
_CONTENT = ("report.html", "windows.jsonl")


def purge(folder: RunFolder) -> Totals:
    """Rewrite the journal without any value, text, name or reason, and delete the report.

    Of each document the digests remain: of its content, of its name, and of the line that held its values, so that a
    copy kept elsewhere can be recognised. The run can be counted and audited afterwards, not resumed or checked. The
    old journal is overwritten before it is removed; a disk that writes elsewhere (flash, snapshots) may still hold it.
    """
    folder.exclusive()
    try:
        fresh = folder.path / ".results.jsonl.purged"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            for result in folder.latest():
                stream.write(json.dumps(_purged(result), separators=(",", ":")) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        facts = folder.read_facts()
        facts["purged_at"] = now()
        facts["reading"]["folder"] = None
        for session in facts["sessions"]:
            session["arguments"] = {key: session["arguments"].get(key) for key in ("mode", "engine_name", "limit")}
        totals = folder.totals()
        facts["totals"] = dict(totals)
        folder.write_facts(facts)
        for name in (folder.results.name, *_CONTENT):
            _overwrite(folder.path / name)
        os.replace(fresh, folder.results)
        for name in _CONTENT:
            (folder.path / name).unlink(missing_ok=True)
        return totals
    finally:
        folder.release()


def _purged(result: dict[str, Any]) -> dict[str, Any]:
    document = result["document"]
    name = hashlib.sha256(document["id"].encode("utf-8", "surrogatepass")).hexdigest()
    answer = hashlib.sha256(canonical_json(result).encode("utf-8", "surrogatepass")).hexdigest()
    return {
        **{key: result.get(key) for key in _KEPT},
        "document": {
            "id": f"sha256:{name}",
            "path": None,
            "sha256": document["sha256"],
            "pages": document["pages"],
            "read_by": document["read_by"],
        },
        "reason": result["reason"].partition(":")[0] if result["reason"] else None,
        "values": None,
        "fields": None,
        "checks": None,
        "purged": f"sha256:{answer}",
    }


def _overwrite(path: Any) -> None:
    if not path.exists():
        return
    size = path.stat().st_size
    with path.open("r+b") as stream:
        for start in range(0, size, 1 << 20):
            stream.write(b"\0" * min(1 << 20, size - start))
        stream.flush()
        os.fsync(stream.fileno())
