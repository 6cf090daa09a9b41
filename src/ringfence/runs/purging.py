"""Remove what documents said from a run, and keep what proves that it happened: digests and totals."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import Any, BinaryIO

from ..locks import canonical_json
from ..weights import now
from .folder import RunFolder, Totals

__all__ = ["purge"]

_KEPT = ("schema", "status", "mode", "grounding", "decision", "windows", "usage", "lock")
_CONTENT = ("report.html", "windows.jsonl", "trace.jsonl", "replay.html", "replay.json", "evaluation.html")


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
        totals = folder.totals()
        # The journal is replaced in one step, and its old bytes are overwritten through the open file: a kill at any
        # moment leaves either journal whole, and purging again is always possible until the last line is written.
        with folder.results.open("r+b") as old:
            os.replace(fresh, folder.results)
            _overwrite(old)
        for name in _CONTENT:
            if (folder.path / name).exists():
                with (folder.path / name).open("r+b") as stream:
                    _overwrite(stream)
                (folder.path / name).unlink()
        left = folder.path / ".replay"  # of a replay that was killed
        for path in (one for one in left.rglob("*") if one.is_file()):
            with path.open("r+b") as stream:
                _overwrite(stream)
        shutil.rmtree(left, ignore_errors=True)
        facts = folder.read_facts()
        facts["reading"]["folder"] = None
        for session in facts["sessions"]:
            session["arguments"] = {key: session["arguments"].get(key) for key in ("mode", "engine_name", "limit")}
        facts["totals"] = dict(totals)
        facts["purged_at"] = now()
        folder.write_facts(facts)
        return totals
    finally:
        folder.release()


def _purged(result: dict[str, Any]) -> dict[str, Any]:
    if "purged" in result:  # a purge that was interrupted goes on
        return result
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


def _overwrite(stream: BinaryIO) -> None:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    for start in range(0, size, 1 << 20):
        stream.write(b"\0" * min(1 << 20, size - start))
    stream.flush()
    os.fsync(stream.fileno())
