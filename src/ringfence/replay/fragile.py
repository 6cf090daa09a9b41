"""Mark fields whose value depends on a near tie as `fragile` in the results."""

from __future__ import annotations

from collections.abc import Iterable

from ..runs import RunFolder
from .outcome import ReplayOutcome

__all__ = ["FRAGILE", "mark_fragile"]

FRAGILE = "fragile"


def mark_fragile(folder: RunFolder, outcomes: Iterable[ReplayOutcome]) -> int:
    """Append a flagged result for each document that a near tie changed. Returns the number of documents.

    Values do not change, and the earlier line stays in the journal.
    """
    fields = {outcome.document: outcome.fields for outcome in outcomes if outcome.word == "NEAR-TIE" and outcome.fields}
    if not fields:
        return 0
    marked = 0
    folder.exclusive()
    try:
        for result in list(folder.latest()):
            answers = result.fields or {}
            paths = [path for path in fields.get(result.document.id, ()) if path in answers]
            fresh = [path for path in paths if FRAGILE not in answers[path].flags]
            for path in fresh:
                answers[path].flags.append(FRAGILE)
            if fresh:
                folder.append(result)
                marked += 1
    finally:
        folder.release()
    return marked
