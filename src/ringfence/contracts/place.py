"""Places in a document: spans of its text and boxes on its pages."""

from __future__ import annotations

from .base import Contract

__all__ = ["BoxFacts", "Span"]

Span = tuple[int, int]
"""Offsets into the text layer in Unicode code points, end exclusive."""


class BoxFacts(Contract):
    """A rectangle on a page, in PDF points from the top left corner, after rotation; pages count from 1."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float
