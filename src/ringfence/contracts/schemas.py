"""The published JSON schemas of the contracts."""

from __future__ import annotations

from typing import Any

from .base import Contract
from .gold import GoldLine
from .lock import LockData
from .result import Result
from .run import RunFacts
from .trace import TraceLine
from .training_label import TrainingLabel

__all__ = ["SCHEMAS", "json_schema"]

SCHEMAS: dict[str, tuple[type[Contract], str]] = {
    "results": (Result, "A line of results.jsonl"),
    "run": (RunFacts, "run.json"),
    "trace": (TraceLine, "A line of trace.jsonl"),
    "gold": (GoldLine, "A line of gold.jsonl"),
    "training-labels": (TrainingLabel, "A line of a file of training labels"),
    "lock": (LockData, "A lock file, beside its digest"),
}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON schema of a contract. Raises KeyError if ``name`` is not in ``SCHEMAS``."""
    model, title = SCHEMAS[name]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(by_alias=True, mode="validation"),
        "title": f"Ringfence: {title}",
    }
