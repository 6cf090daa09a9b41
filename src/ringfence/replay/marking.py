"""Fields whose value rests on a near tie, marked `fragile` in the results."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from ..runs import RunFolder
from .verdicts import Verdict

__all__ = ["FRAGILE", "mark_fragile"]

FRAGILE = "fragile"


def mark_fragile(folder: RunFolder, verdicts: Iterable[Verdict]) -> int:
    """Append the results of documents that came out otherwise by a near tie, with the fields flagged; returns how many.

    Values stay as they were answered; the earlier line stays in the journal.
    """
    fields = {one.document: set(one.fields) for one in verdicts if one.word == "NEAR-TIE" and one.fields}
    if not fields:
        return 0
    marked = 0
    folder.exclusive()
    try:
        for result in list(folder.latest()):
            fresh = copy.deepcopy(result)
            for path in fields.get(result["document"]["id"], set()) & set(fresh["fields"] or {}):
                flags = fresh["fields"][path]["flags"]
                if FRAGILE not in flags:
                    flags.append(FRAGILE)
            if fresh != result:
                folder.append(fresh)
                marked += 1
    finally:
        folder.release()
    return marked
