"""A tripwire: a few documents and their answers, replayed from time to time; any difference is an alarm.

<folder>/documents/    copies, so that what is asked stays the same
<folder>/run/          their answers, solo, so that equality is to be expected
<folder>/checks.jsonl  what every check found
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import add_line
from ..runs import RunFolder
from ..weights import now
from .replaying import Replayed, order_of

__all__ = ["copy_documents", "record_check", "told"]


def copy_documents(folder: RunFolder, count: int, target: Path) -> list[Path]:
    """Copy the files of ``count`` answered documents, spread over the run. Raises InputError where none is there any more."""
    base, order = folder.base(), order_of(folder.traces())
    done = [result for result in folder.latest() if result["status"] == "done"]
    done.sort(key=lambda result: order.get(result["document"]["id"], (0, 0)))
    paths = list(dict.fromkeys(base / result["document"]["path"] for result in done))
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise InputError(
            "No document of the run is where it was.", "Put the documents back, or set a tripwire on another run."
        )
    chosen = [paths[len(paths) * n // count] for n in range(count)] if count < len(paths) else paths
    target.mkdir(parents=True, mode=0o700)
    copies = []
    for number, path in enumerate(chosen, start=1):
        copies.append(target / f"{number:03}-{path.name}")
        shutil.copyfile(path, copies[-1])
    return copies


def told(replayed: Replayed | None, differences: Sequence[Mapping[str, Any]], fault: str | None) -> dict[str, Any]:
    """What a check found, as one line for machines; no content."""
    parted = [one for one in replayed.verdicts if one.word != "IDENTICAL"] if replayed else []
    return {
        "schema": 1,
        "at": now(),
        "alarm": bool(differences or parted or fault or not (replayed and replayed.verdicts)),
        "fault": fault,
        "lock_differences": differences,
        "totals": dict(replayed.totals) if replayed else None,
        "documents": [{"document": v.document, "word": v.word, "why": v.why, "fields": list(v.fields)} for v in parted],
    }


def record_check(folder: Path, line: dict[str, Any]) -> None:
    """Append it to the tripwire's own journal."""
    add_line(folder / "checks.jsonl", line)
