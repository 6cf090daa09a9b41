"""What a pilot remembers between its runs: the bar as it was before the first one, and every later change of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..weights import now
from .spec import Bar

__all__ = ["bar_history"]


def bar_history(folder: Path, bar: Bar) -> list[dict[str, Any]]:
    """Record the bar before anything runs; returns every bar that was in force, the first one first."""
    path = folder / "pilot.bars.jsonl"
    known = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines() if row] if path.exists() else []
    if not known or known[-1]["digest"] != bar.digest:
        entry = {"at": now(), "digest": bar.digest, "bar": bar.model_dump(mode="json")}
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
        known.append(entry)
    return known
