"""Pictures of pages for reports: small, and inside the page that shows them."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from ..documents import ReadingOptions, Source, page_pictures

__all__ = ["SCALE", "picture_addresses"]

SCALE = 1.4  # 100 dots an inch: body text stays legible


def picture_addresses(
    source: Source, document: str, pages: Sequence[int], options: ReadingOptions | None = None
) -> dict[int, str]:
    """Pages (from 1) of a document as data addresses; empty when the file cannot be opened any more."""
    pictures = page_pictures(source, document, pages, SCALE, options)
    return {
        number: "data:image/webp;base64," + base64.b64encode(picture).decode() for number, picture in pictures.items()
    }
