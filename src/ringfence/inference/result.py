"""Make the result of one document: done, abstained or failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..contracts import DocumentFacts, FieldAnswer, Result, Span
from ..documents import Document, Unreadable

__all__ = ["abstained", "done", "failed"]

_DETAILS = ("line", "pages_without_text", "pages_by_ocr")


def done(
    document: Document, values: dict[str, Any], fields: dict[str, FieldAnswer], windows: Sequence[Span], **details: Any
) -> Result:
    """Return the result of an answered document. ``details`` are further fields of a Result, such as ``scores``."""
    return Result(
        document=_facts(document),
        status="done",
        values=values,
        fields=fields,
        windows=list(windows),
        **{"checks": {}, "rows": {}, **details},
    )


def abstained(document: Document, reason: str, windows: Sequence[Span], **details: Any) -> Result:
    """Return the result of a document for which the task gives no answer."""
    return Result(document=_facts(document), status="abstained", reason=reason, windows=list(windows), **details)


def failed(outcome: Document | Unreadable, reason: str) -> Result:
    """Return the result of a document that could not be read or answered."""
    windows = [(0, len(outcome.text))] if isinstance(outcome, Document) else []
    return Result(document=_facts(outcome), status="failed", reason=reason, windows=windows)


def _facts(outcome: Document | Unreadable) -> DocumentFacts:
    if isinstance(outcome, Unreadable):
        return DocumentFacts(id=outcome.id, path=outcome.path, sha256=outcome.sha256, source=outcome.source)
    details = {name: outcome.metadata[name] for name in _DETAILS if outcome.metadata.get(name)}
    return DocumentFacts(
        id=outcome.id,
        path=outcome.path,
        sha256=outcome.sha256,
        pages=len(outcome.pages),
        read_by=outcome.read_by,
        source=outcome.metadata.get("source"),
        unread=list(outcome.unread),
        **details,
    )
