"""The evidence of a value: its text, where that stands, and how well it was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...contracts import FieldAnswer, Span
from ...documents import Document

__all__ = ["evidence_at"]


def evidence_at(document: Document, spans: Sequence[Span], value: Any, flags: Sequence[str] = ()) -> FieldAnswer:
    """Return the evidence of ``value``, which stands at the first span and, in the same words, at the others."""
    (start, end), *others = spans
    raw = document.text[start:end]
    return FieldAnswer(
        raw=raw,
        spans=[(start, end)],
        others=others,
        boxes=[box.facts() for box in document.boxes(start, end)],
        address=document.address(start, end),
        ocr=document.ocr_confidence(start, end),
        kind="span" if value is None or value == raw else "derived",
        flags=list(flags),
    )
