"""The page of a replay: how many answers came out the same, and where the others part."""

from __future__ import annotations

from pathlib import Path

from ..evaluation.gold_values import as_text
from ..files import write_whole
from ..replay import Replayed
from ..runs import RunFolder
from ..weights import now
from .evaluation_report import page_environment

__all__ = ["write_replay"]


def write_replay(replayed: Replayed, folder: RunFolder, target: Path) -> Path:
    """Write the page, readable by its owner only."""
    parted = {one.document for one in replayed.verdicts if one.word != "IDENTICAL"}
    values = {r["document"]["id"]: r["values"] for r in folder.latest() if r["document"]["id"] in parted}
    facts = folder.read_facts()
    drift = max((one.drift for one in replayed.verdicts), default=0.0)
    text = page_environment().get_template("replay.html.j2").render(
        r=replayed, facts=facts, values=values, drift=drift, made_at=now(), shown=_shown,
    )  # fmt: skip
    write_whole(target, text, private=True)
    return target


def _shown(values: dict[str, object] | None, path: str) -> str:
    """A single value as text; those inside lists are named by their path alone."""
    value: object = values
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return as_text(value)[:200] if value is not None else ""
