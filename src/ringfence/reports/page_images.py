"""Page images for reports: small, and embedded in the HTML page."""

from __future__ import annotations

import base64

from ..documents import PagePicture

__all__ = ["SCALE", "address_of"]

SCALE = 1.4  # 100 dots per inch: body text stays legible


def address_of(picture: PagePicture) -> str:
    """Return an image as a data URL."""
    return "data:image/webp;base64," + base64.b64encode(picture.webp).decode()
