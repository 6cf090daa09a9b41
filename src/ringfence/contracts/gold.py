"""A line of gold.jsonl: what a person confirmed about one document."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from ..clock import now
from .base import Contract

__all__ = ["GoldLine", "Origin"]

Origin = Literal["blind", "pre-filled"]
_OF_A_QUESTION = {"answers": str, "documents": str, "pages": int, "sentences": str}


class GoldLine(Contract):
    """What a person confirmed about one document.

    ``origin`` is ``pre-filled`` if the person saw the program's answer first, ``blind`` if not. ``spans`` are the
    places that the person marked (``{path: [[start, end], ...]}``). ``old`` holds the values that this line replaced.
    A line of gold questions for a corpus is one too: its ``values`` are question, answers, documents, pages and
    sentences, its ``columns`` whatever else it says.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)
    omitted: ClassVar[frozenset[str]] = frozenset({"spans", "old", "columns"})

    schema_version: Literal[1] = Field(default=1, alias="schema")
    document: str
    values: dict[str, Any]
    by: str = ""
    at: str = Field(default_factory=now)
    note: str | None = None
    origin: Origin = "blind"
    spans: dict[str, list[list[int]]] = Field(default_factory=dict)
    old: dict[str, Any] | None = None
    columns: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _of_a_question(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "values" in data or not isinstance(data.get("question"), str):
            return data
        values: dict[str, Any] = {"question": data["question"]}
        for name, kind in _OF_A_QUESTION.items():
            values[name] = data.get(name) or []
            if not isinstance(values[name], list) or not all(isinstance(one, kind) for one in values[name]):
                raise ValueError(f"{name} is not a list, or has other entries than texts or pages")
        known = {name: data[name] for name in ("by", "at", "note", "origin") if name in data}
        others = data.keys() - {*values, *cls.model_fields, "id", "draft", "schema"}
        columns = {name: str(data[name]) for name in sorted(others) if isinstance(data[name], str | int | bool)}
        identity = data.get("id", data.get("document"))
        return {**known, "document": None if identity is None else str(identity), "values": values, "columns": columns}
