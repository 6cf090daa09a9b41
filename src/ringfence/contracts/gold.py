"""A line of gold.jsonl: what a person confirmed about one document."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from ..clock import now
from .base import Contract

__all__ = ["GoldLine", "Origin"]

Origin = Literal["blind", "pre-filled"]


class GoldLine(Contract):
    """What a person confirmed about one document.

    ``origin`` is ``pre-filled`` if the person saw the program's answer first, ``blind`` if not. ``spans`` are the
    places that the person marked (``{path: [[start, end], ...]}``). ``old`` holds the values that this line replaced.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)
    omitted: ClassVar[frozenset[str]] = frozenset({"spans", "old"})

    schema_version: Literal[1] = Field(default=1, alias="schema")
    document: str
    values: dict[str, Any]
    by: str = ""
    at: str = Field(default_factory=now)
    note: str | None = None
    origin: Origin = "blind"
    spans: dict[str, list[list[int]]] = Field(default_factory=dict)
    old: dict[str, Any] | None = None
