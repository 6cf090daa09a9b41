"""The lines of results.jsonl (contract 4b): one a document, whatever became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..documents import Document, Unreadable

__all__ = ["abstained", "done", "failed", "superseded"]

_NOTHING: dict[str, Any] = {"values": None, "fields": None, "checks": None, "rows": None}
_TOLD = ("line", "pages_without_text", "pages_by_ocr")


def done(
    document: Document,
    values: dict[str, Any],
    fields: dict[str, dict[str, Any]],
    windows: Sequence[tuple[int, int]],
    grounding: str,
    *,
    checks: dict[str, str] | None = None,
    rows: dict[str, list[int]] | None = None,
    more: dict[str, Any] | None = None,
    **about: Any,
) -> dict[str, Any]:
    """The result of a document that was answered; ``more`` is what its kind of task tells beside the values (scores,
    sentences), ``about`` holds mode, usage and lock."""
    return {
        **_head(document, "done", None),
        "values": values,
        "fields": fields,
        "checks": checks or {},
        "rows": rows or {},
        **(more or {}),
        **_tail(windows, grounding, **about),
    }


def abstained(
    document: Document, reason: str, windows: Sequence[tuple[int, int]], more: dict[str, Any], **about: Any
) -> dict[str, Any]:
    """The result of a document for which the task asks to give no answer."""
    return {**_head(document, "abstained", reason), **_NOTHING, **more, **_tail(windows, None, **about)}


def failed(outcome: Document | Unreadable, reason: str, **about: Any) -> dict[str, Any]:
    """The result of a document that could not be read or answered."""
    windows = [(0, len(outcome.text))] if isinstance(outcome, Document) else []
    return {**_head(outcome, "failed", reason), **_NOTHING, **_tail(windows, None, **about)}


def superseded(identity: str) -> dict[str, Any]:
    """A line that takes an earlier result back: what it spoke of is not in its file any more."""
    return {"schema": 1, "document": {"id": identity, "sha256": None, "read_by": None}, "status": "superseded"}


def _head(outcome: Document | Unreadable, status: str, reason: str | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": outcome.id,
        "path": outcome.path,
        "sha256": outcome.sha256,
        "pages": len(outcome.pages) if isinstance(outcome, Document) else None,
        "read_by": outcome.read_by if isinstance(outcome, Document) else None,
    }
    if isinstance(outcome, Document):
        document.update({key: outcome.metadata[key] for key in _TOLD if outcome.metadata.get(key)})
    source = outcome.metadata.get("source") if isinstance(outcome, Document) else outcome.source
    if source:
        document["source"] = source
    return {"schema": 1, "document": document, "status": status, "reason": reason}


def _tail(
    windows: Sequence[tuple[int, int]], grounding: str | None, mode: str, usage: dict[str, Any] | None, lock: str
) -> dict[str, Any]:
    return {
        "grounding": grounding,
        "decision": None,
        "mode": mode,
        "windows": [list(window) for window in windows],
        "usage": usage,
        "lock": lock,
    }
