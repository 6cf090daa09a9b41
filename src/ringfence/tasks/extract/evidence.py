"""The evidence of a value: its text, where that stands, and how well it was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...contracts import FieldAnswer, Span
from ...documents import Document

__all__ = ["evidence_at"]


def evidence_at(
    document: Document, spans: Sequence[Span], value: Any, flags: Sequence[str] = (), below: Sequence[Span] = ()
) -> FieldAnswer:
    """Return the evidence of ``value``, which stands at the first span and, in the same words, at the others.

    If it goes on in the lines ``below`` of its cell, all of these are its places, and it has no others.
    """
    first, *others = spans
    places = [first, *below]
    raw = "\n".join(document.text[start:end] for start, end in places)
    read = [document.ocr_confidence(start, end) for start, end in places]
    return FieldAnswer(
        raw=raw,
        spans=places,
        others=[] if below else others,
        boxes=[box.facts() for start, end in places for box in document.boxes(start, end)],
        address=document.address(*first),
        ocr=min((confidence for confidence in read if confidence is not None), default=None),
        kind="span" if value is None or value == raw else "derived",
        flags=list(flags),
    )
