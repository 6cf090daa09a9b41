"""The text layer as plain data, for `ringfence documents read --json`."""

from __future__ import annotations

import math
from typing import Any

from .model import Document

__all__ = ["text_layer"]


def text_layer(document: Document) -> dict[str, Any]:
    """Return the text layer as JSON-compatible data: text, pages, blocks, lines, segments and a box per character."""
    return {
        "schema": 1,
        "id": document.id,
        "path": document.path,
        "sha256": document.sha256,
        "read_by": document.read_by,
        "metadata": document.metadata,
        "text": document.text,
        "pages": [[page.number, page.width, page.height, page.start, page.end] for page in document.pages],
        "blocks": [[block.start, block.end] for block in document.blocks],
        "lines": [[line.start, line.end] for line in document.lines],
        "segments": [[segment.start, segment.end] for segment in document.segments],
        "boxes": [None if math.isnan(box[0]) else [round(v, 1) for v in box] for box in document.char_boxes.tolist()],
        "addresses": document.addresses,
        "ocr": document.ocr,
        "unread": [part.as_json() for part in document.unread],
    }
