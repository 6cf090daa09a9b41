"""Pictures of pages for reports: small, and inside the page that shows them."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from ..documents.pdf import open_pdf, render_page
from ..errors import DocumentError

__all__ = ["page_pictures"]

SCALE = 1.4  # 100 dots an inch: body text stays legible
QUALITY = 55


def page_pictures(
    path: Path, pages: list[int], passwords: tuple[str, ...] = (), scale: float = SCALE
) -> dict[int, str]:
    """Pages (from 1) of a PDF as data addresses; empty when the file cannot be opened any more."""
    try:
        pdf = open_pdf(path.read_bytes(), passwords)
    except (OSError, DocumentError):
        return {}
    try:
        return {number: _address(render_page(pdf, number, scale)) for number in pages if number <= len(pdf)}
    finally:
        pdf.close()


def _address(image: Any) -> str:
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "WEBP", quality=QUALITY, method=2)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()
