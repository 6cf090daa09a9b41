"""Read pilot.json: what a release and an assessment need to know about a pilot's outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import InputError

__all__ = ["ContenderRecord", "PilotRecord", "read_record"]


class ContenderRecord(BaseModel):
    """One contender or baseline of a pilot."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    lock: str
    baseline: bool
    licence: str | None = None
    documents_per_hour: float | None = None


class PilotRecord(BaseModel):
    """The verdict of a pilot, its contender, and what it rests on: digests, terms, openings of the test part."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pilot: str
    verdict: str
    sentence: str
    bar: str
    chosen: str
    contenders: tuple[ContenderRecord, ...]
    calibrator: str | None = None
    digests: dict[str, str] = {}
    terms: tuple[dict[str, Any], ...] = ()
    test_openings: tuple[dict[str, Any], ...] = ()

    @property
    def names(self) -> list[str]:
        """The contenders, without the baselines."""
        return [contender.name for contender in self.contenders if not contender.baseline]

    def contender(self, name: str) -> ContenderRecord:
        """The contender or baseline of this name. Raises KeyError for another."""
        return {contender.name: contender for contender in self.contenders}[name]


def read_record(folder: Path) -> PilotRecord | None:
    """The outcome of the pilot in a folder; None if it has none yet. Raises InputError if the file is damaged."""
    path = folder / "pilot.json"
    if not path.exists():
        return None
    try:
        return PilotRecord.model_validate_json(path.read_bytes())
    except ValidationError:
        raise InputError(f"{path} is damaged.", f"Run the pilot again: ringfence pilot run {folder}") from None
