"""replay.html: how many answers are identical, and where the others diverge."""

from __future__ import annotations

from pathlib import Path

from ..clock import now
from ..files import write_whole
from ..gold.values import as_text
from ..replay import ReplayReport
from ..runs import RunFolder
from .evaluation_report import page_environment

__all__ = ["write_replay"]


def write_replay(replayed: ReplayReport, folder: RunFolder, target: Path) -> Path:
    """Write the page, which only its owner can read, and return its path."""
    diverged = {outcome.document for outcome in replayed.outcomes if not outcome.same}
    values = {result.document.id: result.values for result in folder.latest() if result.document.id in diverged}
    facts = folder.read_facts()
    drift = max((outcome.drift for outcome in replayed.outcomes), default=0.0)
    text = page_environment().get_template("replay.html.j2").render(
        r=replayed, facts=facts, values=values, drift=drift, made_at=now(), shown=_shown,
    )  # fmt: skip
    write_whole(target, text, private=True)
    return target


def _shown(values: dict[str, object] | None, path: str) -> str:
    """Return a single value as text; empty for values inside lists, which the page names only by path."""
    value: object = values
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return as_text(value)[:200] if value is not None else ""
