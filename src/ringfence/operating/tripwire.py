"""A tripwire: a few documents and their answers, replayed from time to time; any difference is an alarm.

<folder>/documents/    copies of the documents, so that the input stays the same
<folder>/run/          their answers, made solo, so that a replay should equal them
<folder>/checks.jsonl  the findings of every check
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..clock import now
from ..errors import InputError
from ..files import add_line, fresh_file
from ..locks import Difference
from ..replay.replayer import ReplayReport, order_of
from ..runs import RunFolder

__all__ = ["check_line", "copy_documents", "record_check"]


def copy_documents(folder: RunFolder, count: int, target: Path) -> list[Path]:
    """Copy the files of ``count`` answered documents, spread over the run. Raises InputError if no file is left."""
    base, order = folder.base(), order_of(folder.traces())
    done = [result for result in folder.latest() if result.answered]
    done.sort(key=lambda result: order.get(result.document.id, (0, 0)))
    paths = list(dict.fromkeys(base / result.document.path for result in done))
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise InputError(
            "None of the run's documents is still in its place.",
            "Put the documents back, or set a tripwire on another run.",
        )
    chosen = [paths[len(paths) * n // count] for n in range(count)] if count < len(paths) else paths
    target.mkdir(parents=True, mode=0o700)
    copies = []
    for number, path in enumerate(chosen, start=1):
        copies.append(target / f"{number:03}-{path.name}")
        with fresh_file(copies[-1]) as fresh:
            shutil.copyfile(path, fresh)
    return copies


def check_line(report: ReplayReport | None, differences: Sequence[Difference], fault: str | None) -> dict[str, Any]:
    """The findings of a check as plain data, without any content of documents.

    ``report`` is None if the replay did not take place: the lock has ``differences``, or a ``fault`` got in the way.
    """
    changed = [outcome for outcome in report.outcomes if not outcome.same] if report else []
    return {
        "schema": 1,
        "at": now(),
        "alarm": bool(differences or changed or fault or not (report and report.outcomes)),
        "fault": fault,
        "lock_differences": [
            {"path": d.path, "expected": d.expected, "found": d.found, "why": d.why} for d in differences
        ],
        "totals": dict(report.totals) if report else None,
        "documents": [
            {"document": v.document, "word": v.word, "why": v.why, "fields": list(v.fields)} for v in changed
        ],
    }


def record_check(folder: Path, line: dict[str, Any]) -> None:
    """Append the findings of a check to the tripwire's journal."""
    add_line(folder / "checks.jsonl", line)
