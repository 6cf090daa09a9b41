"""replay.html: how many answers are the same, and where the others part."""

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
    """Write the page; only its owner can read it."""
    parted = {outcome.document for outcome in replayed.outcomes if outcome.word != "IDENTICAL"}
    values = {r.document.id: r.values for r in folder.latest() if r.document.id in parted}
    facts = folder.read_facts()
    drift = max((outcome.drift for outcome in replayed.outcomes), default=0.0)
    text = page_environment().get_template("replay.html.j2").render(
        r=replayed, facts=facts, values=values, drift=drift, made_at=now(), shown=_shown,
    )  # fmt: skip
    write_whole(target, text, private=True)
    return target


def _shown(values: dict[str, object] | None, path: str) -> str:
    """A single value as text; empty for values inside lists, which the page names by path only."""
    value: object = values
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return as_text(value)[:200] if value is not None else ""
